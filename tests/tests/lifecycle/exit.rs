//! The end of the process while Python runs, and panics that do not end it.

use super::SHORT;
use gopyre::{Result, Runtime, Script, attach, detach, exec};
use gopyre_tests::{in_child, in_returning_child};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

/// Python code that does not end within the time of a test.
const LONG: &str =
    "import time\nuntil = time.monotonic() + 300\nwhile time.monotonic() < until: pass";

/// Three threads in Python: computing, sleeping, and waiting for the interpreter.
fn be_busy() {
    Runtime::start().unwrap();
    let (send, started) = channel();
    for code in [LONG, "import time; time.sleep(300)", LONG] {
        let send = send.clone();
        thread::spawn(move || {
            attach(|| {
                exec::<i64>("1", ()).unwrap();
                send.send(()).unwrap();
                exec::<()>(code, ())
            })
        });
    }
    for _ in 0..3 {
        started.recv().unwrap();
    }
    thread::sleep(Duration::from_millis(50));
}

#[test]
fn the_process_may_exit_while_threads_are_in_python() {
    let end = in_child(|| {
        be_busy();
        std::process::exit(7);
    })
    .limit(SHORT)
    .run();
    assert_eq!(end.code(), Some(7), "{end}");
}

#[test]
fn main_may_return_while_threads_are_in_python() {
    let Some(child) = in_returning_child(|| {
        be_busy();
    }) else {
        return;
    };
    child.limit(SHORT).succeeds();
}

#[test]
fn a_panic_ends_the_process_while_threads_are_in_python() {
    let end = in_child(|| {
        be_busy();
        panic!("a test's own panic");
    })
    .limit(SHORT)
    .run();
    assert_eq!(end.code(), Some(101), "{end}");
    assert!(end.stderr.contains("a test's own panic"), "{end}");
}

#[test]
fn the_process_may_exit_inside_a_call() {
    let end = in_child(|| {
        attach(|| {
            exec::<()>("print('flushed or not, no crash')", ()).unwrap();
            std::process::exit(3)
        })
        .unwrap()
    })
    .limit(SHORT)
    .run();
    assert_eq!(end.code(), Some(3), "{end}");
}

struct Panics;

impl serde::Serialize for Panics {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("a test's Serialize panics")
    }
}

#[derive(Debug)]
struct PanicsToo;

impl<'de> serde::Deserialize<'de> for PanicsToo {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        panic!("a test's Deserialize panics")
    }
}

type Call = fn(&Script);

#[test]
fn a_panic_in_a_users_code_leaves_all_usable() {
    let end = in_child(|| {
        let runtime = Runtime::start().unwrap();
        let script = Script::new("print('ran')").unwrap();
        let calls: [(&str, Call); 7] = [
            ("input", |_| drop(exec::<i64>("input", Panics))),
            ("nested input", |_| {
                drop(exec::<i64>("input", vec![(1, Panics)]))
            }),
            ("result", |_| drop(exec::<PanicsToo>("1", ()))),
            ("nested result", |_| drop(exec::<Vec<PanicsToo>>("[1]", ()))),
            ("capture", |script| {
                drop(script.input(Panics).capture::<()>())
            }),
            ("attach", |_| {
                drop(attach(|| panic!("a test's attachment panics")))
            }),
            ("detach", |_| {
                drop(attach(|| {
                    detach(|| panic!("a test's detached stretch panics"))
                }))
            }),
        ];
        for (what, call) in calls {
            for _ in 0..3 {
                // An error would be as good as the panic; that all goes on is what counts.
                let _ = std::panic::catch_unwind(|| call(&script));
                let other = thread::spawn(|| exec::<i64>("2", ()).unwrap());
                assert_eq!(other.join().unwrap(), 2, "{what}");
                assert_eq!(exec::<i64>("1", ()).unwrap(), 1, "{what}");
            }
        }
        assert_eq!(script.input(()).capture::<()>().stdout, "ran\n");
        script.exec::<()>(()).unwrap();
        runtime.finalize().unwrap();
    })
    .limit(SHORT)
    .succeeds();
    assert_eq!(end.stdout, "ran\n");
}
