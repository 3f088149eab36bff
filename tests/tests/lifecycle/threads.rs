//! Threads that come and go, and that wait for each other.

use super::SHORT;
use gopyre::{Error, Interpreter, Object, Runtime, attach, detach, exec, run};
use gopyre_tests::in_child;
use std::sync::mpsc::channel;
use std::sync::{Barrier, Condvar, Mutex, OnceLock, RwLock};
use std::thread;

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

/// Three threads that import what belongs together, which nobody has imported before.
fn import_at_once(import: impl Fn(&str) + Sync) {
    let names = ["collections", "collections.abc", "traceback"];
    let start = Barrier::new(names.len());
    thread::scope(|scope| {
        for name in names {
            let (import, start) = (&import, &start);
            scope.spawn(move || {
                start.wait();
                import(&format!("import {name}"));
            });
        }
    });
}

#[test]
fn threads_that_import_at_once_for_the_first_time_find_their_modules() {
    for _ in 0..5 {
        in_child(|| {
            Runtime::start().unwrap();
            import_at_once(|text| run(text).unwrap());
        })
        .limit(SHORT)
        .succeeds();
    }
}

#[test]
fn threads_that_import_at_once_find_their_modules_in_another_interpreter() {
    in_child(|| {
        for _ in 0..5 {
            let other = Interpreter::new().unwrap();
            import_at_once(|text| other.enter(|| run(text)).unwrap().unwrap());
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
