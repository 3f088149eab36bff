//! A CPython that another part of the process has started is taken up as it is, and never finalized.
//! Each test needs a process of its own, in which it is the host.

#![allow(clippy::unwrap_used)]

use gopyre::{Error, Runtime};
use gopyre_sys::{Config, Table};
use gopyre_tests::in_child;
use std::path::PathBuf;

const LIBRARY: &str = "GOPYRE_TEST_LIBRARY";
const PROGRAM: &str = "GOPYRE_TEST_PROGRAM";

/// Starts CPython as a host would; this thread is attached afterwards.
fn host() -> Table {
    let given = |name| PathBuf::from(std::env::var_os(name).unwrap());
    let table = Table::load(&given(LIBRARY)).unwrap();
    let config = Config {
        program: given(PROGRAM),
        ..Config::default()
    };
    // SAFETY: nothing else in this process starts a CPython.
    unsafe { table.initialize(&config) }.unwrap();
    table
}

fn with_the_library(child: gopyre_tests::Child) -> gopyre_tests::Child {
    let runtime = Runtime::start().unwrap();
    child
        .env(LIBRARY, runtime.library())
        .env(PROGRAM, runtime.executable())
}

#[test]
fn a_hosts_python_is_used_by_the_thread_that_is_attached() {
    let child = in_child(|| {
        let table = host();
        assert_eq!(gopyre::exec::<i64>("6 * 7", ()).unwrap(), 42);
        gopyre::run("import sys; sys.gopyre_test = 'kept'").unwrap();
        let runtime = Runtime::get().unwrap();
        assert_eq!(runtime.version(), table.version);
        assert!(
            runtime.to_string().contains("from this process"),
            "{runtime}"
        );
        // SAFETY: still attached, as `host` left it.
        let state = unsafe { table.PyEval_SaveThread() };
        let kept = || gopyre::exec::<String>("import sys; sys.gopyre_test", ());
        assert_eq!(kept().unwrap(), "kept");
        let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(kept)).collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap().unwrap(), "kept");
        }
        // SAFETY: this thread's own state.
        unsafe { table.PyEval_RestoreThread(state) };
        assert_eq!(kept().unwrap(), "kept");
    });
    with_the_library(child).succeeds();
}

#[test]
fn several_threads_take_up_a_hosts_python_while_one_is_attached() {
    let child = in_child(|| {
        let table = host();
        let threads: Vec<_> = (0..8)
            .map(|n| std::thread::spawn(move || gopyre::exec::<i64>("input + 1", n)))
            .collect();
        assert_eq!(gopyre::exec::<i64>("1", ()).unwrap(), 1);
        // SAFETY: still attached, as `host` left it; the others need it now.
        unsafe { table.PyEval_SaveThread() };
        for (n, thread) in (1..).zip(threads) {
            assert_eq!(thread.join().unwrap().unwrap(), n);
        }
    });
    with_the_library(child).succeeds();
}

#[test]
fn output_of_a_hosts_python_is_captured_and_otherwise_left_alone() {
    let child = in_child(|| {
        let _table = host();
        let script = gopyre::Script::new("print('captured')").unwrap();
        assert_eq!(script.input(()).capture::<()>().stdout, "captured\n");
        gopyre::exec::<()>("print('printed', flush=True)", ()).unwrap();
    });
    let end = with_the_library(child).succeeds();
    assert!(
        end.stdout.contains("printed\n") && !end.stdout.contains("captured"),
        "{end}"
    );
}

#[test]
fn a_hosts_own_streams_are_there_again_after_a_redirection() {
    let child = in_child(|| {
        let table = host();
        gopyre::run(
            "
import contextlib, io, sys, threading
mine = sys.stdout = io.StringIO()
before = sys.stdin, sys.stdout, sys.__stdout__, sys.stderr
",
        )
        .unwrap();
        let script = gopyre::Script::new(
            "
import contextlib, io, sys, threading
print('captured')
thread = threading.Thread(target=print, args=('by a thread',))
thread.start()
thread.join()
assert isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.encoding == 'utf-8'
sys.stdout.buffer.write(b'bytes\\n')
with contextlib.redirect_stdout(io.StringIO()) as text:
    print('text')
print(text.getvalue(), end='', file=sys.stderr)
",
        )
        .unwrap();
        let check = || {
            let run = script.input(()).capture::<()>();
            run.value.unwrap();
            let stdout = "captured\nby a thread\nbytes\n";
            assert_eq!((&*run.stdout, &*run.stderr), (stdout, "text\n"));
        };
        check();
        gopyre::run("assert before == (sys.stdin, sys.stdout, sys.__stdout__, sys.stderr)")
            .unwrap();
        // Another one takes the place of the first, and None is none.
        for stream in ["io.StringIO()", "None"] {
            gopyre::run(&format!("mine = sys.stdout = {stream}")).unwrap();
            check();
            gopyre::run("assert sys.stdout is mine").unwrap();
        }
        // Who is not redirected prints where it did, also while others are.
        gopyre::run("mine = sys.stdout = io.StringIO()").unwrap();
        let meanwhile =
            gopyre::Script::new("input[0].set(); input[1].wait(20); print('captured')").unwrap();
        let events: (gopyre::Object, gopyre::Object) = gopyre::exec(
            "import threading; (threading.Event(), threading.Event())",
            (),
        )
        .unwrap();
        std::thread::scope(|scope| {
            let run = scope.spawn(|| meanwhile.input(&events).capture::<()>());
            gopyre::detach(|| {
                gopyre::exec::<()>("input[0].wait(20); print('mine'); input[1].set()", &events)
                    .unwrap();
                let run = run.join().unwrap();
                run.value.unwrap();
                assert_eq!(run.stdout, "captured\n");
            });
        });
        gopyre::run("assert sys.stdout is mine and mine.getvalue() == 'mine\\n', mine.getvalue()")
            .unwrap();
        gopyre::run("sys.stdout = before[2]").unwrap();
        // SAFETY: attached; the host ends what it began.
        assert_eq!(unsafe { table.Py_FinalizeEx() }, 0);
    });
    with_the_library(child).succeeds();
}

#[test]
fn a_fork_waits_for_no_thread_that_it_has_left_behind() {
    let child = in_child(|| {
        let table = host();
        gopyre::run("import os").unwrap();
        // SAFETY: still attached, as `host` left it.
        let state = unsafe { table.PyEval_SaveThread() };
        let (inside, is_inside) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let stay = || std::thread::sleep(std::time::Duration::from_secs(600));
            gopyre::attach(|| gopyre::detach(|| (inside.send(()).unwrap(), stay())))
        });
        is_inside.recv().unwrap();
        // SAFETY: this thread's own state.
        unsafe { table.PyEval_RestoreThread(state) };
        let ends_soon = || {
            let child: i64 = gopyre::exec("import os; os.fork()", ()).unwrap();
            if child == 0 {
                let begin = std::time::Instant::now();
                // SAFETY: attached; the host ends what it began.
                let ended = unsafe { table.Py_FinalizeEx() };
                // It would wait for a second.
                let soon = begin.elapsed() < std::time::Duration::from_millis(900);
                std::process::exit(if ended == 0 && soon { 7 } else { 8 });
            }
            let status: i64 = gopyre::exec("import os; os.waitpid(input, 0)[1]", child).unwrap();
            status == 7 << 8
        };
        // A busy machine may take as long now and then.
        assert!((0..5).any(|_| ends_soon()));
        std::process::exit(0);
    });
    with_the_library(child).succeeds();
}

#[test]
fn a_hosts_python_is_not_ours_to_finalize() {
    let child = in_child(|| {
        let table = host();
        gopyre::exec::<()>("None", ()).unwrap();
        let error = Runtime::get().unwrap().finalize().unwrap_err();
        assert!(matches!(error, Error::Argument(_)), "{error:?}");
        assert_eq!(gopyre::exec::<i64>("1", ()).unwrap(), 1);
        // SAFETY: attached; the host ends what it began.
        assert_eq!(unsafe { table.Py_FinalizeEx() }, 0);
    });
    with_the_library(child).succeeds();
}

#[test]
fn after_a_host_has_ended_its_python_everything_is_an_error() {
    let child = in_child(|| {
        let table = host();
        let object = gopyre::Object::new([1, 2]).unwrap();
        gopyre::run("import atexit; atexit.register(print, 'at exit')").unwrap();
        // SAFETY: attached; the host ends what it began.
        assert_eq!(unsafe { table.Py_FinalizeEx() }, 0);
        let finalized = |result: gopyre::Result<()>| {
            assert!(matches!(result, Err(Error::Finalized)), "{result:?}");
        };
        finalized(gopyre::exec("None", ()));
        finalized(object.repr().map(drop));
        finalized(gopyre::attach(|| ()));
        assert!(!Runtime::is_running());
        drop(object.clone());
        drop(object);
        let elsewhere = std::thread::spawn(|| gopyre::exec::<()>("None", ()));
        finalized(elsewhere.join().unwrap());
    });
    let end = with_the_library(child).succeeds();
    assert!(end.stdout.contains("at exit\n"), "{end}");
}

#[test]
fn a_hosts_end_is_noticed_where_atexit_was_cleared() {
    let child = in_child(|| {
        let table = host();
        let object = gopyre::Object::new([1, 2]).unwrap();
        gopyre::run("import atexit; atexit._clear()").unwrap();
        // SAFETY: attached; the host ends what it began.
        assert_eq!(unsafe { table.Py_FinalizeEx() }, 0);
        let finalized = || matches!(gopyre::exec::<()>("None", ()), Err(Error::Finalized));
        assert!(finalized() && std::thread::spawn(finalized).join().unwrap());
        assert!(matches!(object.repr(), Err(Error::Finalized)));
        assert!(!Runtime::is_running());
        std::process::exit(0);
    });
    with_the_library(child).succeeds();
}

#[test]
fn threads_may_be_anywhere_when_a_host_ends_its_python() {
    let child =
        in_child(|| {
            let table = host();
            gopyre::exec::<()>("None", ()).unwrap();
            for n in 0..8 {
                std::thread::spawn(move || {
                    while gopyre::exec::<i64>("sum(range(input))", 100 * n).is_ok() {}
                });
            }
            // One comes back from a detached stretch when all is over.
            std::thread::spawn(|| {
                gopyre::attach(|| {
                    gopyre::detach(|| std::thread::sleep(std::time::Duration::from_millis(1500)));
                    gopyre::exec::<i64>("1", ())
                })
            });
            // SAFETY: attached; detached meanwhile, by this thread.
            unsafe {
                let state = table.PyEval_SaveThread();
                std::thread::sleep(std::time::Duration::from_millis(100));
                table.PyEval_RestoreThread(state);
                assert_eq!(table.Py_FinalizeEx(), 0);
            }
            std::thread::sleep(std::time::Duration::from_millis(800));
            let result = gopyre::exec::<()>("None", ());
            assert!(matches!(result, Err(Error::Finalized)), "{result:?}");
        });
    with_the_library(child).succeeds();
}
