//! Proves that Python starts once, ends only when asked, and that neither a thread nor a handle is in the way.
//!
//! Start, end and exit are things of a whole process: each scenario runs in one of its own, with a
//! time limit. The first test is the control: what never ends must be seen to never end.

#![allow(clippy::unwrap_used, clippy::panic)]

use gopyre::{Error, Object, Result, Runtime, Script, attach, detach, exec, run};
use gopyre_tests::{in_child, in_returning_child};
use std::cell::RefCell;
use std::sync::mpsc::channel;
use std::sync::{Barrier, Condvar, Mutex, OnceLock, RwLock};
use std::thread;
use std::time::{Duration, Instant};

const SHORT: Duration = Duration::from_secs(30);

/// Python code that does not end within the time of a test.
const LONG: &str =
    "import time\nuntil = time.monotonic() + 300\nwhile time.monotonic() < until: pass";

#[test]
fn control_a_deadlock_is_seen() {
    let end = in_child(|| {
        attach(|| {
            let other = thread::spawn(|| exec::<i64>("1", ()));
            other.join().unwrap().unwrap();
            // Without a GIL that is none; then this is.
            loop {
                thread::park();
            }
        })
        .unwrap()
    })
    .limit(Duration::from_secs(2))
    .run();
    assert!(end.timed_out(), "{end}");
}

// ---- start

#[test]
fn sixteen_threads_start_it_at_once() {
    in_child(|| {
        let barrier = Barrier::new(16);
        thread::scope(|scope| {
            for n in 0..16_i64 {
                let barrier = &barrier;
                scope.spawn(move || {
                    barrier.wait();
                    if n % 2 == 0 {
                        Runtime::start().unwrap();
                    }
                    assert_eq!(exec::<i64>("input + 1", n).unwrap(), n + 1);
                });
            }
        });
        assert!(Runtime::is_running());
    })
    .limit(SHORT)
    .succeeds();
}

#[test]
fn nothing_runs_before_the_first_use() {
    in_child(|| {
        assert!(Runtime::get().is_none());
        assert!(!Runtime::is_running());
        // Outside of an attachment `detach` does nothing, and so starts nothing.
        assert_eq!(detach(|| 5), 5);
        assert!(!Runtime::is_running());
        assert_eq!(exec::<i64>("1", ()).unwrap(), 1);
        let runtime = Runtime::get().unwrap();
        assert_eq!(runtime.version(), Runtime::start().unwrap().version());
    })
    .succeeds();
}

#[test]
fn a_second_start_takes_the_same_options_and_no_others() {
    in_child(|| {
        Runtime::builder().args(["a"]).start().unwrap();
        Runtime::builder().args(["a"]).start().unwrap();
        Runtime::start().unwrap();
        for other in [
            Runtime::builder(),
            Runtime::builder().args(["b"]),
            Runtime::builder().args(["a"]).isolated(true),
            Runtime::builder().args(["a"]).path("/elsewhere"),
            Runtime::builder().args(["a"]).stdout(gopyre::Output::Null),
        ] {
            assert!(matches!(other.start(), Err(Error::AlreadyRunning)));
        }
        assert_eq!(
            exec::<Vec<String>>("import sys; sys.argv[1:]", ()).unwrap(),
            ["a"]
        );
    })
    .succeeds();
}

#[test]
fn a_start_that_failed_can_be_tried_again() {
    in_child(|| {
        let error = Runtime::builder()
            .library("/gopyre/absent.so")
            .start()
            .unwrap_err();
        assert!(matches!(error, Error::Library(_)), "{error:?}");
        assert!(!Runtime::is_running());
        Runtime::start().unwrap();
        assert_eq!(exec::<i64>("1", ()).unwrap(), 1);
    })
    .succeeds();
}

// ---- finalize

#[test]
fn finalize_inside_a_call_is_busy() {
    in_child(|| {
        let runtime = Runtime::start().unwrap();
        assert!(matches!(
            attach(|| runtime.finalize()).unwrap(),
            Err(Error::Busy)
        ));
        assert!(matches!(
            attach(|| detach(|| runtime.finalize())).unwrap(),
            Err(Error::Busy)
        ));
        assert_eq!(exec::<i64>("1", ()).unwrap(), 1);
        runtime.finalize().unwrap();
    })
    .limit(SHORT)
    .succeeds();
}

#[test]
fn after_finalize_everything_is_finalized_and_nothing_crashes() {
    in_child(|| {
        let runtime = Runtime::start().unwrap();
        let script = Script::new("input").unwrap();
        let object: Object = exec("[1]", ()).unwrap();
        let error = exec::<()>("def f(): raise ValueError('kept')\nf()", ()).unwrap_err();
        runtime.finalize().unwrap();

        assert!(Runtime::get().is_none() && !Runtime::is_running());
        assert!(matches!(runtime.finalize(), Err(Error::Finalized)));
        assert!(matches!(exec::<i64>("1", ()), Err(Error::Finalized)));
        assert!(matches!(script.exec::<i64>(1), Err(Error::Finalized)));
        assert!(matches!(run("1"), Err(Error::Finalized)));
        assert!(matches!(attach(|| ()), Err(Error::Finalized)));
        assert!(matches!(object.str(), Err(Error::Finalized)));
        assert!(matches!(Runtime::start(), Err(Error::Finalized)));
        assert!(matches!(
            thread::spawn(|| exec::<i64>("1", ())).join().unwrap(),
            Err(Error::Finalized)
        ));
        let run = script.input(1).capture::<i64>();
        assert!(matches!(run.value, Err(Error::Finalized)));

        // What was made before can be printed, cloned and dropped.
        assert_eq!(error.to_string(), "ValueError: kept");
        assert!(format!("{error:?}").contains("in f\n"));
        let _ = (
            format!("{object:?}"),
            runtime.version(),
            runtime.to_string(),
        );
        drop((object.clone(), object, error, script));
    })
    .limit(SHORT)
    .succeeds();
}

#[test]
fn callbacks_run_at_the_end_last_one_first() {
    let end = in_child(|| {
        let runtime = Runtime::start().unwrap();
        run("
            import atexit, weakref
            class Kept: pass
            kept = Kept()
            weakref.finalize(kept, print, 'weakref')
            value = 4
            def change(f):
                global value
                value = f(value)
                print(value)
            atexit.register(change, lambda n: n + 1)
            atexit.register(change, lambda n: n * 2)
            removed = lambda: print('never')
            atexit.register(removed)
            atexit.unregister(removed)
        ")
        .unwrap();
        println!("before");
        runtime.finalize().unwrap();
        println!("after");
    })
    .limit(SHORT)
    .succeeds();
    assert_eq!(end.stdout, "before\n8\n9\nweakref\nafter\n");
}

#[test]
fn python_threads_are_waited_for_and_daemons_are_not() {
    let end = in_child(|| {
        let runtime = Runtime::start().unwrap();
        // The default depends on which thread imported `threading` first.
        run("
            import sys, threading, time
            def worker():
                time.sleep(0.2)
                print('the worker is done')
            def sleeper():
                time.sleep(300)
            def daemon():
                while True: pass
            def printer():
                while True: print('x', file=sys.stderr)
            threading.Thread(target=worker, daemon=False).start()
            threading.Thread(target=sleeper, daemon=True).start()
            # Up to 3.11 CPython itself sometimes crashes when a daemon asks for the GIL after the end.
            if sys.version_info >= (3, 12):
                threading.Thread(target=daemon, daemon=True).start()
                threading.Thread(target=printer, daemon=True).start()
        ")
        .unwrap();
        runtime.finalize().unwrap();
        println!("after");
    })
    .limit(SHORT)
    .succeeds();
    assert_eq!(end.stdout, "the worker is done\nafter\n");
}

#[test]
fn finalize_while_eight_threads_attach_in_a_loop_keeps_them_out() {
    in_child(|| {
        let runtime = Runtime::start().unwrap();
        let script = Script::new("[n * n for n in range(input)]").unwrap();
        thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|n| {
                    let script = &script;
                    scope.spawn(move || {
                        let mut kept: Vec<Object> = Vec::new();
                        loop {
                            match script.exec::<Object>(n) {
                                Ok(object) if kept.len() < 100 => kept.push(object),
                                Ok(_) => kept.clear(),
                                Err(Error::Finalized) => break,
                                Err(error) => panic!("{error:?}"),
                            }
                            // New threads come and go meanwhile.
                            if kept.len() == 50 {
                                let _ = thread::spawn(|| exec::<i64>("1", ())).join().unwrap();
                            }
                        }
                    })
                })
                .collect();
            thread::sleep(Duration::from_millis(200));
            runtime.finalize().unwrap();
            for thread in threads {
                thread.join().unwrap();
            }
        });
    })
    .limit(SHORT)
    .succeeds();
}

#[test]
fn a_thread_that_stays_inside_makes_finalize_busy_and_changes_nothing() {
    in_child(|| {
        let runtime = Runtime::start().unwrap();
        let (go, wait) = channel::<()>();
        let (send, inside) = channel::<()>();
        let other = thread::spawn(move || {
            attach(|| {
                // Detached stretches count as inside.
                detach(|| {
                    send.send(()).unwrap();
                    wait.recv().unwrap();
                });
                exec::<i64>("6 * 7", ()).unwrap()
            })
        });
        inside.recv().unwrap();
        let begin = Instant::now();
        assert!(matches!(runtime.finalize(), Err(Error::Busy)));
        assert!(
            begin.elapsed() < Duration::from_secs(8),
            "{:?}",
            begin.elapsed()
        );
        assert_eq!(exec::<i64>("1 + 1", ()).unwrap(), 2);
        go.send(()).unwrap();
        assert_eq!(other.join().unwrap().unwrap(), 42);
        runtime.finalize().unwrap();
    })
    .limit(SHORT)
    .succeeds();
}

#[test]
fn handles_in_statics_and_thread_locals_outlive_python() {
    static KEPT: OnceLock<Object> = OnceLock::new();
    thread_local! {
        static MINE: RefCell<Vec<Object>> = const { RefCell::new(Vec::new()) };
    }
    for finalizes in ["yes", "no"] {
        in_child(|| {
            let runtime = Runtime::start().unwrap();
            let make = || exec::<Object>("class C: pass\nC()", ()).unwrap();
            KEPT.set(make()).unwrap();
            MINE.with_borrow_mut(|mine| mine.push(make()));
            let (go, wait) = channel::<()>();
            let other = thread::spawn(move || {
                MINE.with_borrow_mut(|mine| mine.push(make()));
                wait.recv().unwrap();
            });
            let early = thread::spawn(move || MINE.with_borrow_mut(|mine| mine.push(make())));
            early.join().unwrap();
            if std::env::var("GOPYRE_TEST_FINALIZES").unwrap() == "yes" {
                // The other thread must be out of Python for that, though not at its end.
                thread::sleep(Duration::from_millis(100));
                runtime.finalize().unwrap();
            }
            go.send(()).unwrap();
            other.join().unwrap();
            MINE.with_borrow_mut(Vec::clear);
        })
        .env("GOPYRE_TEST_FINALIZES", finalizes)
        .limit(SHORT)
        .succeeds();
    }
}

// ---- the end of the process without finalize

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

// ---- panics

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

// ---- threads that come and go

#[test]
fn joining_a_thread_while_attached_waits_for_nothing_but_its_end() {
    in_child(|| {
        for _ in 0..20 {
            attach(|| {
                let (go, wait) = channel::<()>();
                let other = detach(|| {
                    let (send, done) = channel();
                    let other = thread::spawn(move || {
                        let object: Object = exec("[1]", ()).unwrap();
                        send.send(()).unwrap();
                        wait.recv().unwrap();
                        drop(object);
                    });
                    done.recv().unwrap();
                    other
                });
                // From here on the thread ends, and this one holds the interpreter.
                go.send(()).unwrap();
                other.join().unwrap();
            })
            .unwrap();
        }
    })
    .limit(SHORT)
    .succeeds();
}

#[test]
fn two_hundred_short_lived_threads_leave_nothing_behind() {
    in_child(|| {
        let runtime = Runtime::start().unwrap();
        run("
            import threading
            local = threading.local()
            class Noticed:
                gone = 0
                def __del__(self): Noticed.gone += 1
        ")
        .unwrap();
        let code =
            "from __main__ import local, Noticed; local.x = Noticed(); getattr(local, 'n', 0)";
        for _ in 0..20 {
            let threads: Vec<_> = (0..10)
                .map(|_| thread::spawn(move || exec::<i64>(code, ())))
                .collect();
            for thread in threads {
                assert_eq!(thread.join().unwrap().unwrap(), 0);
            }
        }
        assert_eq!(exec::<i64>("1", ()).unwrap(), 1);
        let frames: usize = exec("import sys; len(sys._current_frames())", ()).unwrap();
        assert!(frames < 10, "{frames} frames");
        // A debug build from 3.12 on keeps the states of threads that have ended; elsewhere all go.
        let version = runtime.version();
        if !(version.debug && version.minor >= 12) {
            let gone: i64 = exec(
                "import gc; gc.collect(); from __main__ import Noticed; Noticed.gone",
                (),
            )
            .unwrap();
            assert_eq!(gone, 200);
        }
        runtime.finalize().unwrap();
    })
    .limit(SHORT)
    .succeeds();
}

#[test]
fn what_python_keeps_for_a_thread_is_there_at_its_next_call() {
    in_child(|| {
        run("import threading; local = threading.local()").unwrap();
        exec::<()>("from __main__ import local; local.x = 1", ()).unwrap();
        assert_eq!(
            exec::<i64>("from __main__ import local; local.x", ()).unwrap(),
            1
        );
        let ident = || exec::<u64>("import threading; threading.get_ident()", ()).unwrap();
        let (first, other) = (ident(), thread::spawn(ident).join().unwrap());
        assert_eq!(first, ident());
        assert_ne!(first, other);
        let absent =
            thread::spawn(|| exec::<bool>("from __main__ import local; hasattr(local, 'x')", ()));
        assert!(!absent.join().unwrap().unwrap());
    })
    .succeeds();
}

#[test]
fn a_thread_may_use_python_in_the_destructors_of_its_thread_locals() {
    struct AtTheEnd;
    impl Drop for AtTheEnd {
        fn drop(&mut self) {
            // Either it works or it says why not; it neither hangs nor crashes.
            match exec::<i64>("6 * 7", ()) {
                Ok(value) => assert_eq!(value, 42),
                Err(error) => assert!(matches!(error, Error::Finalized), "{error:?}"),
            }
        }
    }
    thread_local! {
        static FIRST: AtTheEnd = const { AtTheEnd };
        static LAST: AtTheEnd = const { AtTheEnd };
    }
    in_child(|| {
        for _ in 0..10 {
            let thread = thread::spawn(|| {
                FIRST.with(|_| ());
                exec::<i64>("1", ()).unwrap();
                LAST.with(|_| ());
            });
            thread.join().unwrap();
        }
        exec::<i64>("1", ()).unwrap();
        Runtime::start().unwrap().finalize().unwrap();
    })
    .limit(SHORT)
    .succeeds();
}

#[test]
fn a_rust_lock_and_the_interpreter_are_no_deadlock_with_detach() {
    in_child(|| {
        static TOTAL: Mutex<i64> = Mutex::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        attach(|| {
                            let mut total = detach(|| TOTAL.lock()).unwrap();
                            *total += exec::<i64>("1", ()).unwrap();
                            // Held over a call that lets others run.
                            exec::<()>("import time; time.sleep(0)", ()).unwrap();
                            detach(|| drop(total));
                        })
                        .unwrap();
                    }
                });
            }
        });
        assert_eq!(*TOTAL.lock().unwrap(), 200);
    })
    .limit(SHORT)
    .succeeds();
}

#[test]
fn every_lock_of_rusts_can_be_waited_for_detached() {
    in_child(|| {
        static NAMES: RwLock<Vec<i64>> = RwLock::new(Vec::new());
        static ONCE: OnceLock<i64> = OnceLock::new();
        static TURN: (Mutex<i64>, Condvar) = (Mutex::new(0), Condvar::new());
        let yields = || exec::<()>("import time; time.sleep(0)", ()).unwrap();
        thread::scope(|scope| {
            for me in 0..4 {
                scope.spawn(move || {
                    attach(|| {
                        // Whoever is first runs Python while the others wait.
                        let once = detach(|| {
                            ONCE.get_or_init(|| {
                                exec("import time; time.sleep(0.05); 7", ()).unwrap()
                            })
                        });
                        assert_eq!(*once, 7);
                        for n in 0..5 {
                            let mut names = detach(|| NAMES.write()).unwrap();
                            names.push(exec("input", n).unwrap());
                            yields();
                            drop(names);
                            let names = detach(|| NAMES.read()).unwrap();
                            yields();
                            assert!(!names.is_empty());
                            drop(names);
                            // In turns.
                            let (turn, changed) = &TURN;
                            let mine = |turn: &mut i64| *turn % 4 != me;
                            let mut turn =
                                detach(|| changed.wait_while(turn.lock().unwrap(), mine)).unwrap();
                            *turn += exec::<i64>("1", ()).unwrap();
                            changed.notify_all();
                        }
                    })
                    .unwrap();
                });
            }
        });
        assert_eq!(NAMES.read().unwrap().len(), 20);
        assert_eq!(*TURN.0.lock().unwrap(), 20);
    })
    .limit(SHORT)
    .succeeds();
}

// ---- the host's own things

/// The lines of `/proc/self/status` on which signals are caught and ignored.
fn signals() -> Vec<String> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .filter(|line| line.starts_with("SigCgt") || line.starts_with("SigIgn"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn signal_handlers_stay_the_hosts() {
    in_child(|| {
        let before = signals();
        if before.is_empty() {
            println!("left out: this system has no /proc/self/status");
            return;
        }
        Runtime::start().unwrap();
        assert_eq!(signals(), before, "changed by the start");
        exec::<()>("import signal, asyncio, threading, faulthandler", ()).unwrap();
        assert_eq!(signals(), before, "changed by an import");
        exec::<()>(
            "import asyncio\nasync def main(): await asyncio.sleep(0)\nasyncio.run(main())",
            (),
        )
        .unwrap();
        assert_eq!(signals(), before, "changed by an event loop");
        Runtime::start().unwrap().finalize().unwrap();
        assert_eq!(signals(), before, "changed by the end");
    })
    .succeeds();
}

#[test]
fn the_current_directory_is_never_searched() {
    let folder = gopyre_tests::Folder::new();
    for name in [
        "json.py",
        "encodings.py",
        "site.py",
        "sitecustomize.py",
        "threading.py",
        "gopyre_here.py",
    ] {
        folder.file(
            name,
            "raise SystemError('imported from the current directory')",
        );
    }
    in_child(|| {
        assert_eq!(
            exec::<String>("import json; json.dumps([1])", ()).unwrap(),
            "[1]"
        );
        let error = exec::<()>("import gopyre_here", ()).unwrap_err();
        assert!(
            error.exception().unwrap().is("ModuleNotFoundError"),
            "{error:?}"
        );
        let here = std::env::current_dir().unwrap();
        let path: Vec<String> = exec("import sys; sys.path", ()).unwrap();
        assert!(
            !path.iter().any(|entry| entry.is_empty()
                || entry == "."
                || here.as_path() == std::path::Path::new(entry)),
            "{path:?}"
        );
        Runtime::start().unwrap().finalize().unwrap();
    })
    .current_dir(folder.path())
    .env_remove("PYTHONPATH")
    .succeeds();
}
