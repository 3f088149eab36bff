//! Code that does its worst, in Python and in Rust, without a word of `unsafe`: it gets a value or an error.
//!
//! Each of these once ended the process, so each has a process of its own.

use gopyre::{Output, Script, Value};
use gopyre_tests::{Folder, in_child};
use serde::ser::SerializeTuple;
use serde::{Deserialize, Serialize, Serializer};
use std::cell::RefCell;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

#[test]
fn a_cause_that_is_no_exception_is_none() {
    in_child(|| {
        for name in ["__cause__", "__context__"] {
            let code = format!("class E(Exception):\n    {name} = 'x' * 100\nraise E('m')");
            let error = gopyre::exec::<()>(&code, ()).unwrap_err();
            assert_eq!(error.to_string(), "E: m");
            let exception = error.exception().unwrap();
            assert!(exception.cause().is_none() && exception.context().is_none());
        }
    })
    .succeeds();
}

#[test]
fn a_member_of_a_group_that_is_no_exception_is_left_out() {
    in_child(|| {
        let code = "
            class BaseExceptionGroup(Exception):
                exceptions = ['x' * 100, ValueError('a member')]
            raise BaseExceptionGroup('m')";
        let error = gopyre::exec::<()>(code, ()).unwrap_err();
        assert_eq!(error.to_string(), "BaseExceptionGroup: m");
        let report = format!("{error:?}");
        assert!(
            report.contains("a member") && !report.contains("xxx"),
            "{report}"
        );
    })
    .succeeds();
}

#[test]
fn a_syntax_error_far_outside_its_line_is_marked_at_the_end() {
    in_child(|| {
        let code = "
            e = SyntaxError('m')
            e.filename, e.lineno, e.text = 'f', 1, 'abc'
            e.offset, e.end_offset = 2**32 - 2, 2**32 - 1
            raise e";
        let report = format!("{:?}", gopyre::exec::<()>(code, ()).unwrap_err());
        assert!(
            report.ends_with("    abc\n       ^\nSyntaxError: m"),
            "{report}"
        );
    })
    .succeeds();
}

/// A tuple or list of 77 elements which, while it is made, looks for itself.
struct Curious {
    as_tuple: bool,
}

impl Serialize for Curious {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let look = "
            import gc
            of_77 = [o for o in gc.get_objects() if type(o) in (list, tuple) and len(o) == 77]
            # Not the constants of a module, which a build without a GIL keeps track of.
            [type(o).__name__ for o in of_77 if o[0] == 0]";
        let look = || {
            let found = gopyre::exec::<Vec<String>>(look, ()).map_err(serde::ser::Error::custom)?;
            assert_eq!(found, Vec::<String>::new());
            Ok(())
        };
        if self.as_tuple {
            let mut tuple = serializer.serialize_tuple(77)?;
            for index in 0..77 {
                tuple.serialize_element(&index)?;
                look()?;
            }
            tuple.end()
        } else {
            use serde::ser::SerializeSeq;
            let mut list = serializer.serialize_seq(Some(77))?;
            for index in 0..77 {
                list.serialize_element(&index)?;
                look()?;
            }
            list.end()
        }
    }
}

#[test]
fn what_is_not_finished_yet_is_not_to_be_found() {
    in_child(|| {
        for as_tuple in [true, false] {
            let code = "
                import gc
                [type(input).__name__, len(input), sum(input), gc.is_tracked(input)]";
            let read: (String, i64, i64, bool) = gopyre::exec(code, Curious { as_tuple }).unwrap();
            let name = if as_tuple { "tuple" } else { "list" };
            assert_eq!(read, (name.to_owned(), 77, 2926, true));
        }
    })
    .succeeds();
}

/// Reads what the script has come upon whenever it prints.
struct Reader(Arc<Mutex<Vec<String>>>);

impl Write for Reader {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let read = gopyre::exec::<Vec<Vec<Value>>>("import gc; gc.found", ());
        let read = read.map_or_else(|error| error.to_string(), |found| format!("{found:?}"));
        self.0.lock().unwrap().push(read);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_tuple_that_python_has_not_finished_is_an_error() {
    in_child(|| {
        // `tuple()` of an iterator keeps its result where the garbage collector can see it, up to 3.14.
        let code = "
            import gc

            def items():
                yield 'first'
                gc.found = [o for o in gc.get_objects() if type(o) is tuple and o and o[0] == 'first']
                print(len(gc.found))
                yield 'second'

            try:
                tuple(items())
            except SystemError:
                pass # a tuple that somebody else has got hold of does not become shorter
            len(gc.found)";
        let heard = Arc::default();
        let output = Output::writer(Reader(Arc::clone(&heard)));
        let script = Script::new(code).unwrap();
        let expected = match script.input(()).stdout(output).exec().unwrap() {
            0usize => "[]",
            _ => "at [0][1]: expected a tuple with all its items, found one that is being filled",
        };
        assert_eq!(*heard.lock().unwrap(), [expected]);
    })
    .succeeds();
}

/// A type that has no end.
#[derive(Debug)]
struct Chain(#[allow(dead_code)] Option<Box<Chain>>);

impl<'de> Deserialize<'de> for Chain {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> std::result::Result<Chain, D::Error> {
        Option::<Box<Chain>>::deserialize(d).map(Chain)
    }
}

#[test]
fn a_type_that_holds_itself_ends_somewhere_in_an_array_too() {
    in_child(|| {
        let code = "import array\narray.array('d', [1.0])";
        let error = gopyre::exec::<Vec<Chain>>(code, ()).unwrap_err();
        assert!(error.to_string().contains("levels"), "{error}");
    })
    .succeeds();
}

struct Late;

impl Drop for Late {
    fn drop(&mut self) {
        // The thread may be too near its end for Python, but it ends.
        let _ = gopyre::exec::<i64>("1 / 0", ());
        let _ = gopyre::exec::<gopyre::Object>("object()", ());
    }
}

thread_local! {
    static LATE: RefCell<Option<Late>> = const { RefCell::new(None) };
}

#[test]
fn a_thread_may_fail_in_python_while_it_ends() {
    in_child(|| {
        let end = || {
            gopyre::exec::<i64>("1", ()).unwrap();
            LATE.with(|late| *late.borrow_mut() = Some(Late));
            assert!(gopyre::exec::<i64>("1 / 0", ()).is_err());
            assert!(gopyre::exec::<gopyre::Object>("object()", ()).is_ok());
        };
        std::thread::spawn(end).join().unwrap();
        assert_eq!(gopyre::exec::<i64>("1", ()).unwrap(), 1);
    })
    .succeeds();
}

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

#[test]
fn keyword_arguments_may_change_while_they_are_passed() {
    in_child(|| {
        let code = "
            import threading
            keywords = {'a%d' % n: object() for n in range(6)}
            def change():
                while True:
                    for n in range(40): keywords['k%d' % n] = object()
                    for n in range(40): keywords.pop('k%d' % n, None)
            threading.Thread(target=change, daemon=True).start()
            [keywords, lambda **given: len(given)]";
        let [keywords, count]: [gopyre::Object; 2] = gopyre::exec(code, ()).unwrap();
        let end = Instant::now() + Duration::from_secs(2);
        while Instant::now() < end {
            let given = count.call_with((), &keywords).unwrap();
            assert!((6..=46).contains(&given.extract::<i64>().unwrap()));
        }
    })
    .succeeds();
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
