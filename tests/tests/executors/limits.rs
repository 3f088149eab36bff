//! Time limits and cancelling: hard where the worker is a process.

use crate::exception;
use gopyre::{Error, Executor, Object, Result, Script};
use gopyre_tests::Folder;
use std::path::Path;
use std::time::{Duration, Instant};

const SHORT: Duration = Duration::from_millis(300);
/// Never reached by what ends, however busy the machine.
const LONG: Duration = Duration::from_secs(60);

#[track_caller]
fn assert_timeout<T>(result: &Result<T>) {
    match result {
        Err(Error::Timeout(limit)) => assert_eq!(*limit, SHORT),
        Err(error) => panic!("expected a timeout, found {error:?}"),
        Ok(_) => panic!("expected a timeout, found a value"),
    }
}

#[test]
fn a_limit_ends_whatever_the_worker_does() -> Result<()> {
    let mut executor = Executor::processes(1)?;
    for code in [
        "while True: pass",
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        "import time; time.sleep(60)",
        // A C function that never looks at anything else, and holds the GIL.
        "sum(range(10**12))",
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(60)",
        "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
        "import threading; threading.Event().wait()",
    ] {
        let script = Script::new(code)?;
        executor = executor.timeout(SHORT);
        let start = Instant::now();
        assert_timeout(&executor.exec::<()>(&script, ()));
        assert!(
            start.elapsed() >= SHORT && start.elapsed() < Duration::from_secs(30),
            "{code}"
        );
        executor = executor.timeout(LONG);
        assert_eq!(
            executor.exec::<i64>(&Script::new("6 * 7")?, ())?,
            42,
            "{code}"
        );
    }
    Ok(())
}

#[test]
fn the_worker_is_ended_and_replaced() -> Result<()> {
    let executor = Executor::processes(1)?;
    let process = Script::new("import os; os.getpid()")?;
    let before: u32 = executor.exec(&process, ())?;
    let executor = executor.timeout(SHORT);
    assert_timeout(&executor.exec::<()>(&Script::new("while True: pass")?, ()));
    let executor = executor.timeout(LONG);
    assert_ne!(executor.exec::<u32>(&process, ())?, before);
    let alive = Script::new(
        "import os\ntry:\n    os.kill(input, 0); x = True\nexcept ProcessLookupError:\n    x = False\nx",
    )?;
    assert!(!alive.exec::<bool>(before)?);
    Ok(())
}

#[test]
fn a_limit_ends_no_other_job() -> Result<()> {
    // Long enough for a busy machine to let the sleepers wake in time.
    let executor = Executor::processes(2)?.timeout(Duration::from_secs(2));
    let endless = Script::new("while True: pass")?;
    let sleep = Script::new("import time; time.sleep(0.2); input")?;
    let jobs = (0..8)
        .map(|n| executor.submit::<i32>(if n % 4 == 1 { &endless } else { &sleep }, n))
        .collect::<Result<Vec<_>>>()?;
    for (n, job) in (0..).zip(jobs) {
        match job.join() {
            Ok(value) => assert_eq!((value, true), (n, n % 4 != 1)),
            Err(error) => assert!(
                matches!(error, Error::Timeout(_)) && n % 4 == 1,
                "{n}: {error:?}"
            ),
        }
    }
    Ok(())
}

#[test]
fn a_limit_holds_while_large_values_are_on_their_way() -> Result<()> {
    let executor = Executor::processes(1)?;
    let echo = Script::new("bytes(input)")?;
    // The worker is there before the limits begin.
    executor.exec::<()>(&Script::new("None")?, ())?;
    let mut executor = executor;
    for micros in [0, 500, 2_000, 5_000, 10_000, 20_000] {
        executor = executor.timeout(Duration::from_micros(micros));
        match executor.exec::<serde::de::IgnoredAny>(&echo, 30_000_000) {
            Ok(_) | Err(Error::Timeout(_)) => {}
            Err(error) => panic!("{error:?}"),
        }
        let input = serde_bytes::ByteBuf::from(vec![1; 30_000_000]);
        match executor.exec::<serde::de::IgnoredAny>(&Script::new("len(input)")?, &input) {
            Ok(_) | Err(Error::Timeout(_)) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    executor = executor.timeout(LONG);
    assert_eq!(executor.exec::<i64>(&Script::new("6 * 7")?, ())?, 42);
    Ok(())
}

#[test]
fn a_job_that_ends_in_time_is_none_the_worse() -> Result<()> {
    for limit in [LONG, Duration::MAX] {
        let executor = Executor::processes(1)?.timeout(limit);
        let script = Script::new("import time; time.sleep(0.1); 'done'")?;
        assert_eq!(executor.exec::<String>(&script, ())?, "done");
        let result = executor.exec::<()>(&Script::new("raise TimeoutError('its own')")?, ());
        assert_eq!(exception(&result).message(), "its own");
    }
    Ok(())
}

#[test]
fn time_spent_waiting_for_a_worker_does_not_count() -> Result<()> {
    let executor = Executor::processes(1)?.timeout(Duration::from_secs(3));
    let script = Script::new("import time; time.sleep(1); 1")?;
    let jobs = (0..4)
        .map(|_| executor.submit::<i64>(&script, ()))
        .collect::<Result<Vec<_>>>()?;
    for job in jobs {
        assert_eq!(job.join()?, 1);
    }
    Ok(())
}

/// A script that makes a file, and runs until it is gone.
fn until_gone() -> Result<Script> {
    Script::new(
        "import os, time\nopen(input, 'w').close()\nwhile os.path.exists(input): time.sleep(0.01)\n'done'",
    )
}

fn wait_for(file: &Path) {
    while !file.exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_job_that_has_not_begun_is_cancelled() -> Result<()> {
    let executor = Executor::processes(1)?;
    let folder = Folder::new();
    let file = folder.path().join("running");
    let running = executor.submit::<String>(&until_gone()?, &file)?;
    // Ahead of it in the queue until it has begun.
    let waiting = executor.submit::<String>(&Script::new("'ran'")?, ())?;
    let last = executor.submit::<String>(&Script::new("'last'")?, ())?;
    wait_for(&file);
    assert!(!waiting.is_finished());
    assert!(waiting.cancel());
    assert!(waiting.cancel() && waiting.is_finished());
    assert!(matches!(waiting.join(), Err(Error::Cancelled)));
    std::fs::remove_file(&file).expect("it is there");
    assert_eq!(last.join()?, "last");
    assert!(running.is_finished() && !running.cancel());
    assert_eq!(running.join()?, "done");
    Ok(())
}

#[test]
fn a_job_that_runs_is_not_cancelled() -> Result<()> {
    let executor = Executor::processes(1)?;
    let folder = Folder::new();
    let file = folder.path().join("running");
    let job = executor.submit::<String>(&until_gone()?, &file)?;
    wait_for(&file);
    assert!(!job.cancel() && !job.is_finished());
    std::fs::remove_file(&file).expect("it is there");
    assert_eq!(job.join()?, "done");
    Ok(())
}

#[test]
fn waiting_for_a_job_lets_others_run_python() -> Result<()> {
    let executor = Executor::processes(1)?;
    let sleep = Script::new("import time; time.sleep(0.5)")?;
    let job = executor.submit::<()>(&sleep, ())?;
    let start = Instant::now();
    let mut runs = 0;
    gopyre::attach(|| {
        std::thread::scope(|scope| {
            let worker = scope.spawn(|| {
                gopyre::exec::<Object>("[]", ()).unwrap();
                Instant::now()
            });
            // Attached all the while, but for the waiting itself.
            job.join().unwrap();
            let then = gopyre::detach(|| worker.join().unwrap());
            assert!(then < start + Duration::from_millis(500) || then < Instant::now());
            runs += 1;
        });
    })?;
    assert_eq!(runs, 1);
    Ok(())
}

// ---- executors of others

#[test]
fn on_threads_a_job_that_takes_longer_is_given_up() -> Result<()> {
    let threads: Object = gopyre::call("concurrent.futures", "ThreadPoolExecutor", (1,))?;
    let executor = Executor::from_object(&threads)?.timeout(SHORT);
    let state: Object = gopyre::exec("import threading; threading.Event()", ())?;
    // It is not pickled along, but found where it runs.
    gopyre::exec::<()>("import sys; sys.held_event = input", &state)?;
    let holds = Script::new("import sys; sys.held_event.wait(); sys.held_event = 'over'")?;
    let start = Instant::now();
    let running = executor.submit::<()>(&holds, ())?;
    let waiting = executor.submit::<()>(&Script::new("import sys; sys.waiting_ran = True")?, ())?;
    assert_timeout(&running.join());
    assert_timeout(&waiting.join());
    assert!(start.elapsed() >= SHORT && start.elapsed() < Duration::from_secs(20));
    // The one goes on, the other never begins.
    state.call_method("set", ())?;
    threads.call_method("shutdown", ())?;
    let (held, waited): (String, bool) = gopyre::exec(
        "import sys; (sys.held_event, hasattr(sys, 'waiting_ran'))",
        (),
    )?;
    assert_eq!((held.as_str(), waited), ("over", false));
    Ok(())
}

#[test]
fn on_threads_a_job_that_ended_in_time_keeps_its_value() -> Result<()> {
    let limit = Duration::from_secs(2);
    let threads: Object = gopyre::call("concurrent.futures", "ThreadPoolExecutor", (1,))?;
    let executor = Executor::from_object(&threads)?.timeout(limit);
    let job = executor.submit::<i64>(&Script::new("6 * 7")?, ())?;
    std::thread::sleep(limit + SHORT);
    assert!(job.is_finished());
    assert_eq!(job.join()?, 42);
    Ok(())
}
