//! What all code shares: `sys`, `builtins`, `__main__`.

use gopyre::Script;
use gopyre_tests::{Folder, in_child};
use std::time::{Duration, Instant};

#[test]
fn a_script_that_replaces_compile_breaks_no_other() {
    in_child(|| {
        let code = "
            import builtins, types
            builtins.compile = lambda *args, **kwargs: types.SimpleNamespace(body=[1])";
        gopyre::run(code).unwrap();
        assert_eq!(gopyre::exec::<i64>("40 + 2", ()).unwrap(), 42);
        gopyre::run("answer = 6 * 7").unwrap();
        assert_eq!(
            gopyre::exec::<i64>("import __main__; __main__.answer", ()).unwrap(),
            42
        );
        assert_eq!(gopyre::exec::<i64>("x = 6\nx * 7", ()).unwrap(), 42);
    })
    .succeeds();
}

#[test]
fn what_compile_gives_is_not_run_unless_it_is_code_that_can_be() {
    // Put there while CPython starts, before gopyre can keep the true one.
    let customize = |code: &str| {
        format!(
            "import builtins
compile = builtins.compile
def closure():
    free = 1
    return lambda: free
def wrong(source, file, mode, flags=0, *args, **kwargs):
    is_tree = flags & 0x400
    if str(file).startswith('<script') and not is_tree:
        return {code}
    return compile(source, file, mode, flags, *args, **kwargs)
builtins.compile = wrong
"
        )
    };
    let cases = [
        (
            "'x' * 100",
            "expected code from `builtins.compile`, found str",
        ),
        (
            "closure().__code__",
            "expected code of its own from `builtins.compile`, found a closure's",
        ),
    ];
    for (code, message) in cases {
        let child = in_child(|| {
            let message = std::env::var("GOPYRE_TEST_MESSAGE").unwrap();
            let error = gopyre::exec::<i64>("x = 1\nx", ()).unwrap_err().to_string();
            assert!(error.contains(&message), "{error}");
        });
        let folder = Folder::new();
        folder.file("sitecustomize.py", &customize(code));
        child
            .env("PYTHONPATH", folder.path())
            .env("GOPYRE_TEST_MESSAGE", message)
            .succeeds();
    }
}

/// Calls `f` for a while, beside a thread that runs a line of Python again and again.
fn beside(line: &str, mut f: impl FnMut()) {
    let code = format!(
        "
import sys, threading
modules, main = sys.modules, type(sys)('__main__')
def change():
    while True:
        {line}
threading.Thread(target=change, daemon=True).start()"
    );
    gopyre::exec::<()>(&code, ()).unwrap();
    let end = Instant::now() + Duration::from_secs(2);
    while Instant::now() < end {
        f();
    }
}

#[test]
fn another_thread_may_replace_what_sys_holds() {
    in_child(|| {
        let folder = Folder::new();
        let file = folder.file("empty.py", "1\n");
        beside("sys.argv = [object()]", || {
            gopyre::run_file(&file).unwrap();
        });
        let mut number = 0;
        let mut compile = || {
            number += 1;
            Script::new(format!("x = {number}\nx")).unwrap();
        };
        beside("sys.modules = dict(modules)", &mut compile);
        let line = "sys.implementation = type(sys.implementation)(**vars(sys.implementation))";
        beside(line, compile);
        drop(folder);
    })
    .succeeds();
}

#[test]
fn another_thread_may_replace_the_main_module() {
    in_child(|| {
        let line = "modules['__main__'] = main = type(sys)('__main__')";
        beside(line, || gopyre::run("x = 1").unwrap());
    })
    .succeeds();
}

#[test]
fn a_script_may_leave_nothing_of_sys_as_it_was() {
    in_child(|| {
        let code = "
            import linecache, sys
            linecache.cache = sys.argv = sys.path = None
            sys.modules = {}";
        gopyre::exec::<()>(code, ()).unwrap();
        let folder = Folder::new();
        gopyre::run_file(folder.file("empty.py", "answer = 42\n")).unwrap();
        assert_eq!(gopyre::exec::<i64>("x = 6\nx * 7", ()).unwrap(), 42);
        drop(folder);
    })
    .succeeds();
}
