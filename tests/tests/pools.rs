//! Pools: what tasks get and give, and that no task hurts another, whatever it does.

use gopyre::{Error, Interpreter, Object, Pool, PoolKind, Runtime, attach, exec, run};
use gopyre_tests::in_child;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

const SHORT: Duration = Duration::from_secs(60);
const KINDS: [PoolKind; 3] = [PoolKind::Auto, PoolKind::Interpreters, PoolKind::Threads];

fn pool(kind: PoolKind, workers: usize) -> Pool {
    Pool::builder().workers(workers).kind(kind).start().unwrap()
}

#[test]
fn a_pool_runs_spawns_and_maps_on_workers_of_every_kind() {
    in_child(|| {
        for kind in KINDS {
            let pool = pool(kind, 3);
            assert_eq!(pool.workers(), 3);
            let words = vec!["a".to_owned(), "b".to_owned()];
            let joined: String = pool
                .run(|| exec("'-'.join(input)", &words))
                .unwrap()
                .unwrap();
            assert_eq!(joined, "a-b");
            let tasks: Vec<_> = (0..50)
                .map(|n| pool.spawn(move || exec::<i64>("input * input", n).unwrap()))
                .collect();
            for (n, task) in (0..).zip(tasks) {
                assert_eq!(task.join().unwrap(), n * n);
            }
            let lengths: Vec<usize> = pool
                .map(&words, |word| exec("len(input)", word).unwrap())
                .unwrap();
            assert_eq!(lengths, [1, 1]);
            let many: Vec<u64> = pool.map(0..1000u64, |n| n + 1).unwrap();
            assert_eq!(many, (1..=1000).collect::<Vec<_>>());
            assert!(pool.map(Vec::<u8>::new(), |n| n).unwrap().is_empty());
        }
    })
    .limit(SHORT)
    .succeeds();
}

#[test]
fn kinds_are_what_they_say() {
    in_child(|| {
        run("marked = True").unwrap();
        let marked = || exec::<bool>("import __main__; hasattr(__main__, 'marked')", ()).unwrap();
        let version = Runtime::get().unwrap().version();
        let isolates = (version.major, version.minor) >= (3, 12);
        let threads = pool(PoolKind::Threads, 2);
        assert!(threads.run(marked).unwrap());
        assert_eq!(threads.is_parallel(), version.free_threaded);
        let interpreters = pool(PoolKind::Interpreters, 2);
        assert!(!interpreters.run(marked).unwrap());
        assert_eq!(
            interpreters.is_parallel(),
            isolates || version.free_threaded
        );
        let auto = pool(PoolKind::Auto, 2);
        assert_eq!(
            auto.run(marked).unwrap(),
            version.free_threaded || !isolates
        );
        assert_eq!(auto.is_parallel(), isolates || version.free_threaded);
        assert_eq!(
            Interpreter::new().unwrap().has_own_gil(),
            auto.is_parallel()
        );
    })
    .limit(SHORT)
    .succeeds();
}

#[test]
fn each_worker_is_set_up_and_one_that_cannot_be_is_the_error() {
    in_child(|| {
        let workers = Pool::builder()
            .workers(2)
            .setup("import json\nbase = 40")
            .start()
            .unwrap();
        for _ in 0..20 {
            let sum =
                workers.run(|| exec::<i64>("import __main__; __main__.base + 2", ()).unwrap());
            assert_eq!(sum.unwrap(), 42);
        }
        let error = Pool::builder()
            .workers(2)
            .setup("1 / 0")
            .start()
            .unwrap_err();
        assert_eq!(error.to_string(), "ZeroDivisionError: division by zero");
        let error = Pool::builder().workers(2).setup("1 +").start().unwrap_err();
        assert!(matches!(error, Error::Syntax(_)), "{error:?}");
        for builder in [Pool::builder().workers(0), Pool::builder().queue(0)] {
            assert!(matches!(builder.start(), Err(Error::Argument(_))));
        }
    })
    .limit(SHORT)
    .succeeds();
}

#[test]
fn a_panic_is_an_error_and_the_next_task_runs() {
    in_child(|| {
        for kind in KINDS {
            let pool = pool(kind, 2);
            let error = pool.run(|| -> () { panic!("one {}", 1) }).unwrap_err();
            assert!(
                matches!(&error, Error::Panic(message) if message == "one 1"),
                "{error:?}"
            );
            let error = pool.spawn(|| -> () { panic!("two") }).join().unwrap_err();
            assert!(
                matches!(&error, Error::Panic(message) if message == "two"),
                "{error:?}"
            );
            let error = pool.map(0..100, |n| assert!(n != 3, "three")).unwrap_err();
            assert!(
                matches!(&error, Error::Panic(message) if message == "three"),
                "{error:?}"
            );
            for script in ["1 / 0", "raise SystemExit(3)", "raise KeyboardInterrupt"] {
                assert!(pool.run(|| exec::<()>(script, ())).unwrap().is_err());
            }
            assert_eq!(
                pool.map(0..8, |n| exec::<i64>("input", n).unwrap())
                    .unwrap()
                    .len(),
                8
            );
        }
    })
    .limit(SHORT)
    .succeeds();
}

/// The payload of a panic that panics once more when it is dropped, which ends its thread.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("the bomb");
    }
}

#[test]
fn a_worker_that_dies_is_replaced() {
    in_child(|| {
        for kind in KINDS {
            let pool = pool(kind, 1);
            let first = pool.run(|| thread::current().id()).unwrap();
            for _ in 0..3 {
                let error = pool
                    .run(|| -> () { std::panic::panic_any(Bomb) })
                    .unwrap_err();
                assert!(matches!(error, Error::Panic(_)));
                let error = pool
                    .spawn(|| -> () { std::panic::panic_any(Bomb) })
                    .join()
                    .unwrap_err();
                assert!(matches!(error, Error::Panic(_)));
                let error = pool
                    .map(0..9, |_| -> () { std::panic::panic_any(Bomb) })
                    .unwrap_err();
                assert!(matches!(error, Error::Panic(_)));
            }
            assert_ne!(pool.run(|| thread::current().id()).unwrap(), first);
            assert_eq!(pool.run(|| exec::<i64>("1 + 1", ()).unwrap()).unwrap(), 2);
        }
    })
    .limit(SHORT)
    .succeeds();
}

#[test]
fn a_full_queue_makes_spawn_wait() {
    in_child(|| {
        let pool = Arc::new(Pool::builder().workers(1).queue(2).start().unwrap());
        let (release, wait) = channel::<()>();
        let blocked = pool.spawn(move || wait.recv().unwrap());
        assert!(pool.spawn(|| ()).cancel());
        let spawned = Arc::new(AtomicUsize::new(0));
        let (pool_, spawned_) = (Arc::clone(&pool), Arc::clone(&spawned));
        let spawner = thread::spawn(move || {
            let task = |_| {
                let task = pool_.spawn(|| ());
                spawned_.fetch_add(1, Ordering::SeqCst);
                task
            };
            (0..6).map(task).collect::<Vec<_>>()
        });
        thread::sleep(Duration::from_millis(200));
        assert!(spawned.load(Ordering::SeqCst) < 6);
        release.send(()).unwrap();
        blocked.join().unwrap();
        for task in spawner.join().unwrap() {
            task.join().unwrap();
        }
    })
    .limit(SHORT)
    .succeeds();
}

#[test]
fn a_task_can_be_cancelled_until_it_begins() {
    in_child(|| {
        let pool = Pool::new(1).unwrap();
        let (begun, has_begun) = channel();
        let (release, wait) = channel::<()>();
        let first = pool.spawn(move || {
            begun.send(()).unwrap();
            wait.recv().unwrap();
            7
        });
        has_begun.recv().unwrap();
        let captured = Arc::new(());
        let held = Arc::clone(&captured);
        let second = pool.spawn(move || drop(held));
        assert!(!first.is_finished() && !second.is_finished());
        assert!(second.cancel() && !second.cancel());
        // What it captured is gone at once.
        assert_eq!(Arc::strong_count(&captured), 1);
        assert!(second.is_finished());
        assert!(matches!(second.join(), Err(Error::Cancelled)));
        assert!(!first.cancel());
        release.send(()).unwrap();
        assert_eq!(first.join().unwrap(), 7);
    })
    .limit(SHORT)
    .succeeds();
}

#[test]
fn dropping_a_pool_finishes_what_was_spawned() {
    in_child(|| {
        for kind in KINDS {
            let done = Arc::new(AtomicUsize::new(0));
            let pool = pool(kind, 2);
            for _ in 0..30 {
                let done = Arc::clone(&done);
                drop(pool.spawn(move || {
                    exec::<()>("import time; time.sleep(0.01)", ()).unwrap();
                    done.fetch_add(1, Ordering::SeqCst);
                }));
            }
            // Attached, which the workers must not have to wait for.
            attach(|| drop(pool)).unwrap();
            assert_eq!(done.load(Ordering::SeqCst), 30);
        }
    })
    .limit(SHORT)
    .succeeds();
}

#[test]
fn inside_a_worker_everything_runs_at_once() {
    in_child(|| {
        for kind in KINDS {
            let pool = Arc::new(
                Pool::builder()
                    .workers(1)
                    .kind(kind)
                    .queue(1)
                    .start()
                    .unwrap(),
            );
            let inner = Arc::clone(&pool);
            let outcome = pool.run(|| {
                let id = thread::current().id();
                assert_eq!(inner.run(|| thread::current().id()).unwrap(), id);
                assert!(matches!(
                    inner.run(|| panic!("inner")),
                    Err::<(), _>(Error::Panic(_))
                ));
                assert_eq!(inner.map([1, 2], |n| n * 2).unwrap(), [2, 4]);
                let tasks: Vec<_> = (0..5).map(|n| inner.spawn(move || n)).collect();
                tasks
                    .into_iter()
                    .map(|task| task.join().unwrap())
                    .sum::<i32>()
            });
            assert_eq!(outcome.unwrap(), 10);
            // The last handle goes inside a task.
            let (sender, receiver) = channel();
            let (last, task) = (Arc::clone(&pool), Arc::clone(&pool));
            let (go, wait) = channel::<()>();
            drop(task.spawn(move || {
                wait.recv().unwrap();
                drop(last);
                sender.send(()).unwrap();
            }));
            drop((task, inner, pool));
            go.send(()).unwrap();
            receiver.recv().unwrap();
        }
    })
    .limit(SHORT)
    .succeeds();
}

#[test]
fn tasks_called_while_attached_are_no_deadlock() {
    in_child(|| {
        for kind in KINDS {
            let pool = pool(kind, 2);
            attach(|| {
                assert_eq!(pool.run(|| exec::<i64>("1", ()).unwrap()).unwrap(), 1);
                let tasks: Vec<_> = (0..200)
                    .map(|n| pool.spawn(move || exec::<i64>("input", n)))
                    .collect();
                for task in tasks {
                    task.join().unwrap().unwrap();
                }
                pool.map(0..50, |n| exec::<i64>("input", n).unwrap())
                    .unwrap();
            })
            .unwrap();
        }
        // Workers that wait for each other in Rust.
        let pool = Pool::builder()
            .workers(2)
            .kind(PoolKind::Interpreters)
            .start()
            .unwrap();
        let turn = Mutex::new(0);
        pool.map(0..2, |me| {
            for _ in 0..100 {
                exec::<i64>("sum(range(100))", ()).unwrap();
                let deadline = Instant::now() + Duration::from_secs(20);
                loop {
                    let mut turn = turn.lock().unwrap();
                    if *turn % 2 == me {
                        // The lock is held while Python is waited for.
                        exec::<()>("None", ()).unwrap();
                        *turn += 1;
                        break;
                    }
                    assert!(Instant::now() < deadline);
                }
            }
        })
        .unwrap();
        assert_eq!(turn.into_inner().unwrap(), 200);
    })
    .limit(SHORT)
    .succeeds();
}

#[test]
fn objects_stay_in_their_interpreter() {
    in_child(|| {
        let ours: Object = exec("[1]", ()).unwrap();
        let threads = pool(PoolKind::Threads, 2);
        assert_eq!(threads.run(|| ours.len().unwrap()).unwrap(), 1);
        let interpreters = pool(PoolKind::Interpreters, 1);
        let error = interpreters.run(|| ours.len()).unwrap().unwrap_err();
        assert!(matches!(error, Error::WrongInterpreter));
        let theirs: Object = interpreters.run(|| exec("[1, 2]", ()).unwrap()).unwrap();
        assert!(matches!(theirs.len(), Err(Error::WrongInterpreter)));
        assert_eq!(interpreters.run(|| theirs.len().unwrap()).unwrap(), 2);
        drop(interpreters);
        assert!(matches!(theirs.len(), Err(Error::WrongInterpreter)));
    })
    .limit(SHORT)
    .succeeds();
}

#[test]
fn finalize_waits_for_what_was_spawned_and_pools_outlive_it() {
    in_child(|| {
        let runtime = Runtime::start().unwrap();
        let pools = KINDS.map(|kind| pool(kind, 2));
        let tasks: Vec<_> = pools
            .iter()
            .flat_map(|pool| {
                (0..8).map(|n| {
                    pool.spawn(move || exec::<i64>("import time; time.sleep(0.02); input", n))
                })
            })
            .collect();
        let (begun, has_begun) = channel();
        let (release, wait) = channel::<()>();
        let blocked = pools[0].spawn(move || {
            begun.send(()).unwrap();
            wait.recv().unwrap();
        });
        has_begun.recv().unwrap();
        assert!(matches!(runtime.finalize(), Err(Error::Busy)));
        release.send(()).unwrap();
        blocked.join().unwrap();
        runtime.finalize().unwrap();
        for (n, task) in (0..).zip(tasks) {
            assert!(task.is_finished());
            assert_eq!(task.join().unwrap().unwrap(), n % 8);
        }
        let error = pools[1]
            .run(|| exec::<i64>("1", ()))
            .and_then(|result| result);
        assert!(matches!(error, Err(Error::Finalized)), "{error:?}");
        assert!(matches!(Pool::new(1), Err(Error::Finalized)));
        drop(pools);
    })
    .limit(SHORT)
    .succeeds();
}
