//! Ends: of executors, of the runtime and of the process. No worker is left behind, and no word of it.

use gopyre::{Error, Executor, Result, Runtime, Script};
use gopyre_tests::{Child, End, Folder, in_child, in_returning_child};
use std::ffi::c_int;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The folder in which workers leave their files, for a scenario.
const DIR: &str = "GOPYRE_TEST_DIR";

fn dir() -> PathBuf {
    std::env::var_os(DIR).expect("the parent sets it").into()
}

/// Waits until each worker that has left a file has let go of its lock, as a process does when it ends.
fn assert_ended(folder: &Folder, end: &End) {
    let locked = Script::new(
        "
        import fcntl, os

        count, left = 0, []
        for entry in os.scandir(input):
            with open(entry.path) as file:
                count += 1
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    left.append(entry.name)
        (count, left)
        ",
    );
    let locked = locked.unwrap();
    let begin = Instant::now();
    loop {
        let (count, left): (u32, Vec<String>) = locked.exec(folder.path()).unwrap();
        assert!(count > 0, "no worker has run\n{end}");
        if left.is_empty() {
            return;
        }
        assert!(
            begin.elapsed() < Duration::from_secs(20),
            "{left:?} are left\n{end}"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Runs a scenario that must exit with that code, print nothing, and leave no process behind.
fn leaves_nothing(child: Child, code: i32) {
    let folder = Folder::new();
    let end = child.env(DIR, folder.path()).run();
    assert_eq!(end.code(), Some(code), "{end}");
    let noise: Vec<_> = end
        .stderr
        .lines()
        .filter(|line| {
            !line.contains("panicked at")
                && !line.contains("on purpose")
                && !line.contains("RUST_BACKTRACE")
        })
        .filter(|line| !line.trim().is_empty())
        .collect();
    assert!(noise.is_empty(), "{end}");
    assert_ended(&folder, &end);
}

/// A script that leaves a file that its process keeps locked, and then does as it is told.
fn script(then: &str) -> Script {
    let lock = "
import fcntl, os, sys

if not hasattr(sys, 'held'):
    sys.held = os.open(os.path.join(input, str(os.getpid())), os.O_CREAT | os.O_RDWR)
    fcntl.flock(sys.held, fcntl.LOCK_EX)
";
    Script::new(format!("{lock}{then}")).unwrap()
}

/// An executor both workers of which have run something.
fn busy(then: &str) -> Executor {
    let executor = Executor::processes(2).unwrap();
    let hello = script("import time; time.sleep(0.2)");
    let jobs = [0, 1].map(|_| executor.submit::<()>(&hello, dir()).unwrap());
    jobs.into_iter().for_each(|job| job.join().unwrap());
    if !then.is_empty() {
        for _ in 0..2 {
            drop(executor.submit::<()>(&script(then), dir()).unwrap());
        }
        // Long enough for them to begin.
        std::thread::sleep(Duration::from_millis(100));
    }
    executor
}

#[test]
fn a_dropped_executor_has_finished_what_was_submitted() {
    leaves_nothing(
        in_child(|| {
            let executor = busy("");
            let file = dir().join("0");
            let slow = Script::new(
                "import time; time.sleep(0.3); f = open(input, 'a'); f.write('x'); f.close()",
            )
            .unwrap();
            for _ in 0..4 {
                drop(executor.submit::<()>(&slow, &file).unwrap());
            }
            let job = executor
                .submit::<i64>(&Script::new("6 * 7").unwrap(), ())
                .unwrap();
            drop(executor);
            assert_eq!(std::fs::read_to_string(&file).unwrap(), "xxxx");
            assert!(job.is_finished());
            assert_eq!(job.join().unwrap(), 42);
        }),
        0,
    );
}

#[test]
fn a_drop_waits_for_no_thread_that_a_script_has_left() {
    leaves_nothing(
        in_child(|| {
            let executor = busy("");
            let stays = script(
                "import threading, time; threading.Thread(target=time.sleep, args=(600,)).start()",
            );
            executor.exec::<()>(&stays, dir()).unwrap();
            let begin = Instant::now();
            drop(executor);
            assert!(begin.elapsed() < Duration::from_secs(20));
        }),
        0,
    );
}

#[test]
fn a_program_that_returns_from_main_leaves_nothing() {
    let Some(child) = in_returning_child(|| {
        let executor = busy("");
        drop(executor);
    }) else {
        return;
    };
    leaves_nothing(child, 0);
}

#[test]
fn a_program_that_returns_from_main_with_a_live_executor_leaves_nothing() {
    let Some(child) = in_returning_child(|| std::mem::forget(busy("import time; time.sleep(600)")))
    else {
        return;
    };
    leaves_nothing(child, 0);
}

#[test]
fn an_exit_with_idle_workers_leaves_nothing() {
    leaves_nothing(
        in_child(|| {
            let _executor = busy("");
            std::process::exit(7);
        }),
        7,
    );
}

#[test]
fn an_exit_with_busy_workers_leaves_nothing() {
    leaves_nothing(
        in_child(|| {
            let _executor = busy("while True: pass");
            std::process::exit(7);
        }),
        7,
    );
}

#[test]
fn an_exit_while_another_thread_waits_for_a_job_leaves_nothing() {
    leaves_nothing(
        in_child(|| {
            let executor = busy("");
            let job = executor
                .submit::<()>(&script("import time; time.sleep(600)"), dir())
                .unwrap();
            std::thread::spawn(|| job.join());
            std::thread::sleep(Duration::from_millis(100));
            std::process::exit(7);
        }),
        7,
    );
}

#[test]
fn an_exit_while_workers_start_leaves_nothing() {
    for wait in [0, 5, 20, 60, 120] {
        leaves_nothing(
            in_child(|| {
                std::mem::forget(busy(""));
                let executor = Executor::processes(2).unwrap();
                std::mem::forget(
                    executor.submit::<()>(&script("import time; time.sleep(600)"), dir()),
                );
                std::thread::sleep(Duration::from_millis(
                    std::env::var("WAIT").unwrap().parse().unwrap(),
                ));
                std::process::exit(7);
            })
            .env("WAIT", wait.to_string()),
            7,
        );
    }
}

#[test]
fn a_panic_with_a_live_executor_leaves_nothing() {
    leaves_nothing(
        in_child(|| {
            let _executor = busy("");
            let result = std::panic::catch_unwind(|| panic!("on purpose"));
            std::process::exit(if result.is_err() { 101 } else { 0 });
        }),
        101,
    );
}

#[test]
fn finalize_ends_live_executors() {
    leaves_nothing(
        in_child(|| {
            let executor = busy("");
            let other = Executor::processes(1)
                .unwrap()
                .timeout(Duration::from_secs(30));
            let job = executor
                .submit::<i64>(&Script::new("6 * 7").unwrap(), ())
                .unwrap();
            std::mem::forget(Executor::processes(1).unwrap());
            Runtime::get().unwrap().finalize().unwrap();
            assert!(job.is_finished() && !job.cancel());
            assert!(matches!(job.join(), Err(Error::Finalized)));
            let script = Script::new("1");
            assert!(matches!(script, Err(Error::Finalized)));
            assert!(matches!(Executor::processes(1), Err(Error::Finalized)));
            drop((executor, other));
        }),
        0,
    );
}

#[test]
fn finalize_waits_for_jobs_and_says_so_where_they_take_too_long() {
    leaves_nothing(
        in_child(|| {
            let executor = busy(
                "import time; time.sleep(0.5); f = open(os.path.join(input, '0'), 'a'); f.write('x'); f.close()",
            );
            Runtime::get().unwrap().finalize().unwrap();
            assert_eq!(std::fs::read_to_string(dir().join("0")).unwrap(), "xx");
            drop(executor);
        }),
        0,
    );
    leaves_nothing(
        in_child(|| {
            let executor = busy("");
            let file = dir().join("stop");
            let waits = script(
                "import time\nwhile not os.path.exists(os.path.join(input, 'stop')): time.sleep(0.01)",
            );
            let job = executor.submit::<()>(&waits, dir()).unwrap();
            let runtime = Runtime::get().unwrap();
            assert!(matches!(runtime.finalize(), Err(Error::Busy)));
            // Then nothing has changed.
            assert_eq!(
                executor
                    .exec::<i64>(&Script::new("6 * 7").unwrap(), ())
                    .unwrap(),
                42
            );
            std::fs::write(&file, "").unwrap();
            job.join().unwrap();
            std::fs::remove_file(file).unwrap();
            runtime.finalize().unwrap();
        }),
        0,
    );
}

/// As a host does that reads its signals from a descriptor: its workers have them blocked, too.
fn block_signals() {
    unsafe extern "C" {
        fn pthread_sigmask(how: c_int, set: *const [u64; 16], old: *mut [u64; 16]) -> c_int;
    }
    const BLOCK: c_int = if cfg!(target_os = "linux") { 0 } else { 1 };
    // SAFETY: a set of all signals, on every system of 128 bytes or less.
    unsafe { pthread_sigmask(BLOCK, &[u64::MAX; 16], std::ptr::null_mut()) };
}

#[test]
fn a_host_that_is_killed_leaves_no_worker() {
    // Those after the first hold the GIL in a C function.
    for job in [
        "import time; time.sleep(600)",
        "sum(range(10**12))",
        "import signal; signal.signal(signal.SIGIO, signal.SIG_IGN); sum(range(10**12))",
    ] {
        let folder = Folder::new();
        let child = in_child(|| {
            let job = std::env::var("JOB").unwrap();
            if job.contains("range") {
                block_signals();
            }
            let _executor = busy(&job);
            let me = std::process::id();
            gopyre::exec::<()>("import os, signal; os.kill(input, signal.SIGKILL)", me).unwrap();
        });
        let end = child.env(DIR, folder.path()).env("JOB", job).run();
        assert_eq!(end.code(), None, "{job}: {end}");
        assert_ended(&folder, &end);
    }
}

#[test]
fn a_fork_of_a_host_that_is_killed_keeps_no_worker() {
    let folder = Folder::new();
    let child = in_child(|| {
        let _executor = busy("import time; time.sleep(600)");
        // It has a copy of all descriptors, and lives on.
        let fork = "
import os, signal, time
if os.fork() == 0:
    for number in range(3):
        os.close(number)
    time.sleep(25)
    os._exit(0)
os.kill(os.getpid(), signal.SIGKILL)
";
        gopyre::run(fork).unwrap();
    });
    let end = child.env(DIR, folder.path()).run();
    assert_eq!(end.code(), None, "{end}");
    assert_ended(&folder, &end);
}

/// The control: a lock that is held is seen.
#[test]
fn a_worker_that_is_left_would_be_seen() {
    let folder = Folder::new();
    let executor = Executor::processes(1).unwrap();
    executor.exec::<()>(&script(""), folder.path()).unwrap();
    let seen = gopyre::exec::<bool>(
        "
        import fcntl, os

        [entry] = os.scandir(input)
        with open(entry.path) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                seen = False
            except BlockingIOError:
                seen = True
        seen
        ",
        folder.path(),
    );
    assert!(seen.unwrap());
}

#[test]
fn workers_run_no_file_that_the_host_has_run() {
    let folder = Folder::new();
    let file = folder.file(
        "main.py",
        "import os, sys\nf = open(os.path.join(os.environ['GOPYRE_TEST_DIR'], 'ran'), 'a'); f.write('x'); f.close()\n",
    );
    let child = in_child(|| {
        let file: PathBuf = std::env::var_os("FILE").unwrap().into();
        gopyre::run_file(&file).unwrap();
        gopyre::run("__spec__ = type('Spec', (), {'name': 'main'})()").unwrap();
        let executor = Executor::processes(2).unwrap();
        let script =
            Script::new("import sys; (hasattr(sys.modules['__main__'], '__file__'), sys.argv)")
                .unwrap();
        let (has_file, argv): (bool, Vec<String>) = executor.exec(&script, ()).unwrap();
        assert!(!has_file);
        assert_eq!(argv, [std::env::args().next().unwrap()]);
    });
    child.env(DIR, folder.path()).env("FILE", &file).succeeds();
    assert_eq!(
        std::fs::read_to_string(folder.path().join("ran")).unwrap(),
        "x"
    );
}

#[test]
fn without_an_interpreter_there_are_no_processes() {
    in_child(|| {
        gopyre::run("import sys; sys.executable = '/nowhere/python3'").unwrap();
        let error = Executor::processes(1).unwrap_err();
        assert!(matches!(error, Error::Start(_)), "{error:?}");
        let text = error.to_string();
        assert!(
            text.contains("found none at `/nowhere/python3`; help: "),
            "{text}"
        );
    })
    .succeeds();
}

#[test]
fn a_worker_that_cannot_start_is_an_error_of_each_job() {
    let folder = Folder::new();
    folder.file(
        "sitecustomize.py",
        "import os, sys\nif sys.argv[:1] == ['-c']: os._exit(9)\n",
    );
    in_child(|| {
        let executor = Executor::processes(1).unwrap();
        for _ in 0..2 {
            let result: Result<i64> = executor.exec(&Script::new("1").unwrap(), ());
            let error = result.unwrap_err();
            assert!(
                error.exception().is_some_and(|e| e.is("BrokenProcessPool")),
                "{error:?}"
            );
            assert!(
                error
                    .to_string()
                    .contains("exited with code 9 before it could do anything"),
                "{error}"
            );
        }
    })
    .env("PYTHONPATH", folder.path())
    .succeeds();
}

#[test]
fn what_a_worker_prints_is_there_when_the_job_is_done() {
    let end = in_child(|| {
        let executor = Executor::processes(1).unwrap();
        let script = Script::new(
            "import sys; print('from', input, end=''); print('to err', file=sys.stderr, end='')",
        )
        .unwrap();
        executor.exec::<()>(&script, "a worker").unwrap();
        std::process::exit(0);
    })
    .succeeds();
    assert_eq!(
        (end.stdout.as_str(), end.stderr.as_str()),
        ("from a worker", "to err")
    );
}
