//! Python's end, where the program asks for it.

use super::SHORT;
use gopyre::{Error, Object, Runtime, Script, attach, detach, exec, run};
use gopyre_tests::in_child;
use std::cell::RefCell;
use std::sync::OnceLock;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

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
        let other = Runtime::builder().args(["other"]).start();
        assert!(matches!(other, Err(Error::Finalized)));
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
