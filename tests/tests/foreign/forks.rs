//! Forks by Python, beside threads that are anywhere.

use crate::SHORT;
use gopyre::{
    Error, Interpreter, Module, Object, Output, Pool, PoolKind, Runtime, Script, attach, exec, run,
};
use gopyre_tests::in_child;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

#[test]
fn a_fork_does_its_python_work_and_knows_what_it_lacks() {
    let end = in_child(|| {
        let runtime = Runtime::start().unwrap();
        let pool = Pool::builder()
            .workers(1)
            .kind(PoolKind::Threads)
            .start()
            .unwrap();
        let interpreter = Interpreter::new().unwrap();
        let refused = exec::<i64>("import os; os.fork()", ()).unwrap_err();
        assert!(refused.to_string().contains("spawn"), "{refused}");
        drop(interpreter);
        let endless = Script::new("while True: pass").unwrap();
        let limit = Duration::from_millis(50);
        // There is a thread that watches over limits.
        assert!(matches!(
            endless.input(()).timeout(limit).exec::<()>(),
            Err(Error::Timeout(_))
        ));
        let child = attach(|| {
            // Threads that have ended, and have left something to let go of.
            gopyre::detach(|| {
                for _ in 0..20 {
                    thread::spawn(|| exec::<i64>("1", ()).unwrap())
                        .join()
                        .unwrap();
                }
            });
            let child: i64 = exec("import os; os.fork()", ()).unwrap();
            if child == 0 {
                drop(exec::<Object>("[1]", ()).unwrap());
            }
            child
        })
        .unwrap();
        if child == 0 {
            assert_eq!(exec::<i64>("import json; json.loads('2')", ()).unwrap(), 2);
            thread::spawn(|| exec::<i64>("3", ()).unwrap())
                .join()
                .unwrap();
            assert!(matches!(
                endless.input(()).timeout(limit).exec::<()>(),
                Err(Error::Timeout(_))
            ));
            let interpreter = Interpreter::new().unwrap();
            assert_eq!(
                interpreter.enter(|| exec::<i64>("4", ()).unwrap()).unwrap(),
                4
            );
            assert!(matches!(pool.run(|| ()), Err(Error::Finalized)));
            assert!(matches!(pool.spawn(|| ()).join(), Err(Error::Finalized)));
            assert!(matches!(runtime.finalize(), Err(Error::Argument(_))));
            drop((interpreter, pool));
            run("print('the child is well')").unwrap();
            std::process::exit(7);
        }
        let status: i64 = exec("import os; os.waitpid(input, 0)[1]", child).unwrap();
        assert_eq!(status, 7 << 8);
        assert_eq!(pool.run(|| 1).unwrap(), 1);
        drop(pool);
        runtime.finalize().unwrap();
    })
    .limit(SHORT)
    .succeeds();
    assert_eq!(end.stdout, "the child is well\n");
}

#[test]
fn a_limit_holds_in_a_fork_that_is_made_within_it() {
    in_child(|| {
        let script = Script::new(
            "
            import os
            child = os.fork()
            while child == 0:
                pass
            child
            ",
        )
        .unwrap();
        let run = || {
            script
                .input(())
                .timeout(Duration::from_millis(300))
                .exec::<i64>()
        };
        for _ in 0..3 {
            match run() {
                Err(Error::Timeout(_)) => std::process::exit(7),
                child => {
                    let status = exec::<i64>("import os; os.waitpid(input, 0)[1]", child.unwrap());
                    assert_eq!(status.unwrap(), 7 << 8);
                }
            }
        }
    })
    .limit(SHORT)
    .succeeds();
}

/// Calls `f` while threads come and go, drop handles and look at limits.
fn beside_busy_threads<R>(f: impl FnOnce() -> R) -> R {
    let over = AtomicBool::new(false);
    let limited = Script::new("[object() for _ in range(9)]").unwrap();
    let be_busy = || {
        while !over.load(Ordering::Relaxed) {
            let objects: Vec<Object> = limited.input(()).timeout(SHORT).exec().unwrap();
            drop(objects);
            thread::spawn(|| exec::<i64>("1", ()).unwrap())
                .join()
                .unwrap();
        }
    };
    thread::scope(|scope| {
        (0..3).for_each(|_| drop(scope.spawn(be_busy)));
        let result = catch_unwind(AssertUnwindSafe(f));
        over.store(true, Ordering::Relaxed);
        result.unwrap()
    })
}

#[test]
fn a_fork_beside_busy_threads_finishes_what_python_does_in_it() {
    let end = in_child(|| {
        Module::new("host")
            .function("square", |n: i64| n * n)
            .register()
            .unwrap();
        let fork = Script::new(
            "
            import host, json, os, threading
            child = os.fork()
            if child == 0:
                found = []
                thread = threading.Thread(target=lambda: found.append(host.square(6)))
                thread.start()
                thread.join()
                found += [host.square(n) for n in range(3)]
                print(json.dumps(found), flush=True)
                os._exit(7)
            os.waitpid(child, 0)[1]
            ",
        )
        .unwrap();
        beside_busy_threads(|| {
            (0..50).for_each(|_| assert_eq!(fork.exec::<i64>(()).unwrap(), 7 << 8));
        });
    })
    .limit(SHORT)
    .succeeds();
    assert_eq!(end.stdout, "[36, 0, 1, 4]\n".repeat(50));
}

/// Forks, and ends a child that takes too long. `CHILD` is what it does.
const FORK: &str = "
import os, time
child = os.fork()
if child == 0:
    CHILD
    os._exit(7)
for _ in range(1000):
    ended, status = os.waitpid(child, os.WNOHANG)
    if ended: break
    time.sleep(0.01)
else:
    os.kill(child, 9)
    status = os.waitpid(child, 0)[1]
status
";

#[test]
fn a_fork_beside_threads_that_print_prints_itself() {
    for printer in ["rust", "python"] {
        let end = in_child(|| {
            let python = std::env::var_os("PRINTER").unwrap() == "python";
            // What is in a pipe must be read before there is room for more, so that a thread is nearly always in it.
            let print = || match python {
                true => exec::<()>("print('x' * 50000, flush=True)", ()).unwrap(),
                false => println!("{}", "x".repeat(50000)),
            };
            let over = AtomicBool::new(false);
            let child = "print('child'); print('error', file=__import__('sys').stderr, flush=True); print(end='', flush=True)";
            let fork = Script::new(FORK.replace("CHILD", child)).unwrap();
            thread::scope(|scope| {
                for _ in 0..3 {
                    scope.spawn(|| {
                        while !over.load(Ordering::Relaxed) {
                            print();
                        }
                    });
                }
                let ended: Vec<i64> = (0..8).map(|_| fork.exec(()).unwrap()).collect();
                over.store(true, Ordering::Relaxed);
                assert_eq!(ended, [7 << 8; 8]);
            });
        })
        .env("PRINTER", printer)
        .limit(SHORT)
        .succeeds();
        // What waited to be written goes with it, so a line on standard output may be long, and others come between.
        assert!(end.stdout.contains("child"), "{printer}");
        let lines = end.stderr.matches("error\n").count();
        assert_eq!(lines, 8, "{printer}");
    }
}

/// A writer in which a thread is nearly always.
struct Slow;

impl io::Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        thread::sleep(Duration::from_millis(5));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_fork_beside_a_thread_in_its_writer_is_told_so() {
    in_child(|| {
        let child = "
    try:
        print('child')
    except OSError as error:
        os._exit(7 if 'forked' in str(error) else 8)";
        let busy = "
import threading
over = []
def print_all():
    while not over: print('busy')
thread = threading.Thread(target=print_all)
thread.start()
time.sleep(0.02)
";
        let fork = FORK
            .replace("CHILD", child)
            .replacen("child = ", &format!("{busy}child = "), 1);
        let fork = fork.replace("\nstatus\n", "\nover.append(1)\nthread.join()\nstatus\n");
        let fork = Script::new(fork).unwrap();
        for _ in 0..10 {
            let run = fork.input(()).stdout(Output::writer(Slow));
            assert_eq!(run.exec::<i64>().unwrap(), 7 << 8);
        }
    })
    .limit(SHORT)
    .succeeds();
}

/// The status of a child, which is ended if it takes too long; without Python.
fn status_of(child: i64) -> i32 {
    unsafe extern "C" {
        fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
        fn kill(pid: i32, signal: i32) -> i32;
    }
    const NO_HANG: i32 = 1;
    let (child, mut status) = (child as i32, 0);
    for _ in 0..1000 {
        // SAFETY: a child of this process, and memory for its status.
        if unsafe { waitpid(child, &mut status, NO_HANG) } != 0 {
            return status;
        }
        thread::sleep(Duration::from_millis(10));
    }
    // SAFETY: as above.
    unsafe {
        kill(child, 9);
        waitpid(child, &mut status, 0);
    }
    status
}

#[test]
fn a_fork_made_while_the_end_waits_may_go_on() {
    in_child(|| {
        let runtime = Runtime::start().unwrap();
        let (inside, is_inside) = std::sync::mpsc::channel();
        let forks = thread::spawn(move || {
            let child = attach(|| {
                inside.send(()).unwrap();
                exec::<i64>("import os, time; time.sleep(0.5); os.fork()", ()).unwrap()
            });
            let child = child.unwrap();
            if child == 0 {
                std::process::exit(if exec::<i64>("6 * 7", ()).is_ok() {
                    7
                } else {
                    8
                });
            }
            status_of(child)
        });
        is_inside.recv().unwrap();
        runtime.finalize().unwrap();
        assert_eq!(forks.join().unwrap(), 7 << 8);
    })
    .limit(SHORT)
    .succeeds();
}

#[test]
fn a_fork_beside_busy_threads_may_go_on_in_rust() {
    in_child(|| {
        beside_busy_threads(|| {
            for _ in 0..50 {
                let child: i64 = exec("import os; os.fork()", ()).unwrap();
                if child == 0 {
                    drop(exec::<Object>("[]", ()).unwrap());
                    // No thread of Rust's: the standard library has locks of its own.
                    assert_eq!(exec::<i64>("2 + 3", ()).unwrap(), 5);
                    assert!(exec::<i64>("1 / 0", ()).is_err());
                    run("import os; os._exit(7)").unwrap();
                }
                let status: i64 = exec("import os; os.waitpid(input, 0)[1]", child).unwrap();
                assert_eq!(status, 7 << 8);
            }
        });
    })
    .limit(SHORT)
    .succeeds();
}
