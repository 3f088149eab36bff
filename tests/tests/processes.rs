//! Proves that Python in this process can start other Pythons, and never a second host program: the
//! workers are `sys.executable`. Each test is a program of its own, whose exit code counts.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use gopyre::{Result, Runtime};
use gopyre_tests::{Child, Folder, in_child};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The folder with the module, for a scenario.
const DIR: &str = "GOPYRE_TEST_DIR";

/// What workers import: functions that are sent to them by name.
const MODULE: &str = r#"
import os, sys

def double(x):
    return 2 * x

def fail(x):
    raise ValueError(f"not {x}")

def worker(x):
    main = sys.modules["__main__"]
    return {
        "value": x * x,
        "pid": os.getpid(),
        "executable": sys.executable,
        "program": os.path.realpath("/proc/self/exe") if os.path.exists("/proc/self/exe") else sys.executable,
        "prefix": sys.prefix,
        "main": getattr(main, "__file__", None),
    }

def put(queue, x):
    queue.put(x)
"#;

#[derive(Debug, Deserialize)]
struct Worker {
    value: i64,
    pid: u32,
    executable: PathBuf,
    program: PathBuf,
    prefix: PathBuf,
    main: Option<PathBuf>,
}

/// Starts Python with the module's folder in front of `sys.path`.
fn start() -> Runtime {
    let dir = std::env::var_os(DIR).expect("the parent sets it");
    Runtime::builder().path(dir).start().unwrap()
}

/// Gives the child a folder with the module, and checks that it was the only one of its kind.
fn alone(child: Child) {
    let folder = Folder::new();
    folder.file("work.py", MODULE);
    let end = child.env(DIR, folder.path()).succeeds();
    let begun = end.stdout.matches("the scenario begins").count();
    assert_eq!(begun, 0, "the host program was started again\n{end}");
    assert!(!end.stderr.contains("Traceback"), "{end}");
}

/// Checks that the workers are Pythons like this one, and not this program.
fn are_pythons(workers: &[Worker]) {
    let host = std::env::current_exe().unwrap().canonicalize().unwrap();
    let (executable, prefix): (PathBuf, PathBuf) =
        gopyre::exec("import sys; (sys.executable, sys.prefix)", ()).unwrap();
    for worker in workers {
        assert_ne!(worker.program, host);
        assert_ne!(worker.pid, std::process::id());
        assert_eq!((&worker.executable, &worker.prefix), (&executable, &prefix));
        assert_eq!(worker.main, None, "no main module to import again");
    }
    let values: Vec<i64> = workers.iter().map(|worker| worker.value).collect();
    assert_eq!(
        values,
        (0..workers.len() as i64).map(|x| x * x).collect::<Vec<_>>()
    );
}

// ---- multiprocessing

#[test]
fn a_pool_of_spawned_processes_maps() {
    alone(in_child(|| {
        start();
        let sum: i64 = gopyre::exec(
            "
            import multiprocessing, work

            with multiprocessing.get_context('spawn').Pool(3) as pool:
                doubled = pool.map(work.double, range(1, n + 1))
            sum(doubled)
            ",
            serde_json::json!({ "n": 100 }),
        )
        .unwrap();
        assert_eq!(sum, 100 * 101);
    }));
}

#[test]
fn spawned_workers_are_pythons_and_no_second_host() {
    alone(in_child(|| {
        start();
        let workers: Vec<Worker> = gopyre::exec(
            "
            import multiprocessing, work

            pool = multiprocessing.get_context('spawn').Pool(2)
            workers = pool.map(work.worker, range(4), chunksize=1)
            pool.close()
            pool.join()
            workers
            ",
            (),
        )
        .unwrap();
        are_pythons(&workers);
    }));
}

#[test]
fn forkservers_workers_are_pythons_and_no_second_host() {
    alone(in_child(|| {
        start();
        let workers: Option<Vec<Worker>> = gopyre::exec(
            "
            import multiprocessing, work

            workers = None
            if 'forkserver' in multiprocessing.get_all_start_methods():
                pool = multiprocessing.get_context('forkserver').Pool(2)
                workers = pool.map(work.worker, range(4), chunksize=1)
                pool.close()
                pool.join()
            workers
            ",
            (),
        )
        .unwrap();
        match workers {
            Some(workers) => are_pythons(&workers),
            // There is one wherever there is fork.
            None => assert_eq!(std::env::consts::FAMILY, "windows"),
        }
    }));
}

#[test]
fn a_process_and_a_queue_three_times() {
    alone(in_child(|| {
        start();
        for n in 1..=3 {
            let (value, code): (i64, i32) = gopyre::exec(
                "
                import multiprocessing, work

                context = multiprocessing.get_context('spawn')
                queue = context.Queue()
                process = context.Process(target=work.put, args=(queue, input))
                process.start()
                value = queue.get(timeout=50)
                process.join()
                (value, process.exitcode)
                ",
                n,
            )
            .unwrap();
            assert_eq!((value, code), (n, 0));
        }
    }));
}

#[test]
fn a_context_that_is_set_for_all_is_used() {
    alone(in_child(|| {
        start();
        gopyre::run("import multiprocessing; multiprocessing.set_start_method('spawn')").unwrap();
        let workers: Vec<Worker> = gopyre::exec(
            "
            import multiprocessing, work

            with multiprocessing.Pool(2) as pool:
                workers = pool.map(work.worker, range(3))
            workers
            ",
            (),
        )
        .unwrap();
        are_pythons(&workers);
    }));
}

#[test]
fn what_a_worker_raises_is_the_error() {
    alone(in_child(|| {
        start();
        let error = gopyre::exec::<()>(
            "
            import multiprocessing, work

            with multiprocessing.get_context('spawn').Pool(1) as pool:
                pool.map(work.fail, [3])
            ",
            (),
        )
        .unwrap_err();
        let exception = error.exception().expect("an exception");
        assert!(exception.is("ValueError"), "{error:?}");
        assert_eq!(exception.message(), "not 3");
        // The worker's own traceback is the cause.
        assert!(exception.traceback().contains("in fail"), "{error:?}");
    }));
}

#[cfg(target_os = "linux")]
#[test]
fn forked_workers_end_with_their_work_and_not_with_the_hosts() {
    alone(in_child(|| {
        start();
        let doubled: Vec<i64> = gopyre::exec(
            "
            import multiprocessing, warnings, work

            warnings.simplefilter('ignore')  # that this process has threads, from 3.12 on
            with multiprocessing.get_context('fork').Pool(2) as pool:
                doubled = pool.map(work.double, range(4))
            doubled
            ",
            (),
        )
        .unwrap();
        assert_eq!(doubled, [0, 2, 4, 6]);
    }));
}

// ---- concurrent.futures

#[test]
fn a_process_pool_executor_maps() {
    alone(in_child(|| {
        start();
        let workers: Vec<Worker> = gopyre::exec(
            "
            import multiprocessing, work
            from concurrent.futures import ProcessPoolExecutor

            context = multiprocessing.get_context('spawn')
            with ProcessPoolExecutor(2, mp_context=context) as executor:
                workers = list(executor.map(work.worker, range(4)))
            workers
            ",
            (),
        )
        .unwrap();
        are_pythons(&workers);
    }));
}

#[test]
fn an_executor_that_is_left_open_ends_with_the_runtime() {
    alone(in_child(|| {
        let runtime = start();
        gopyre::run(
            "
            import multiprocessing, work
            from concurrent.futures import ProcessPoolExecutor

            executor = ProcessPoolExecutor(2, mp_context=multiprocessing.get_context('spawn'))
            future = executor.submit(work.double, 21)
            ",
        )
        .unwrap();
        let answer: i64 = gopyre::call("__main__", "future.result", (50,)).unwrap();
        assert_eq!(answer, 42);
        runtime.finalize().unwrap();
    }));
}

#[test]
fn an_executor_is_used_from_several_threads() {
    alone(in_child(|| {
        start();
        gopyre::run(
            "
            import multiprocessing, work
            from concurrent.futures import ProcessPoolExecutor

            executor = ProcessPoolExecutor(2, mp_context=multiprocessing.get_context('spawn'))
            def double(x):
                return executor.submit(work.double, x).result()
            ",
        )
        .unwrap();
        let threads =
            (0..4).map(|n| std::thread::spawn(move || gopyre::call("__main__", "double", (n,))));
        let threads: Vec<_> = threads.collect();
        let doubled: Result<Vec<i64>> = threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect();
        assert_eq!(doubled.unwrap(), [0, 2, 4, 6]);
        gopyre::run("executor.shutdown()").unwrap();
    }));
}

#[test]
fn a_thread_pool_executor_maps() {
    alone(in_child(|| {
        let squares: Vec<i64> = gopyre::exec(
            "
            from concurrent.futures import ThreadPoolExecutor

            with ThreadPoolExecutor(4) as executor:
                squares = list(executor.map(lambda x: x * x, [1, 2, 3, 4]))
            squares
            ",
            (),
        )
        .unwrap();
        assert_eq!(squares, [1, 4, 9, 16]);
    }));
}

#[test]
fn threads_hand_over_through_a_queue() {
    alone(in_child(|| {
        let seen: BTreeSet<i64> = gopyre::exec(
            "
            import queue, threading

            results = queue.Queue()
            threads = [threading.Thread(target=results.put, args=(n,)) for n in range(5)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            {results.get() for _ in threads}
            ",
            (),
        )
        .unwrap();
        assert_eq!(seen, (0..5).collect());
    }));
}

// ---- functions of `__main__`

#[test]
fn a_file_that_is_run_may_guard_itself_and_send_its_own_functions() {
    alone(in_child(|| {
        start();
        let folder = Folder::new();
        let file = folder.file(
            "program.py",
            r#"
import multiprocessing

def triple(x):
    return 3 * x

if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        tripled = pool.map(triple, range(4))
"#,
        );
        gopyre::run_file(&file).unwrap();
        let tripled: Vec<i64> = gopyre::import("__main__")
            .and_then(|main| main.attr("tripled")?.extract())
            .unwrap();
        assert_eq!(tripled, [0, 3, 6, 9]);
    }));
}

#[test]
fn a_function_of_a_script_cannot_be_sent_and_says_so() {
    alone(in_child(|| {
        start();
        let error = gopyre::exec::<Vec<i64>>(
            "
            import multiprocessing

            def triple(x):
                return 3 * x

            # Not an executor: before 3.12 that may wait forever, in any Python program.
            with multiprocessing.get_context('spawn').Pool(1) as pool:
                tripled = pool.map(triple, range(4))
            tripled
            ",
            (),
        )
        .unwrap_err();
        let exception = error.exception().expect("an exception");
        let text = exception.message();
        assert!(
            text.contains("pickle") && text.contains("triple"),
            "{error:?}"
        );
    }));
}

// ---- subprocess

#[test]
fn subprocess_runs_this_python() {
    alone(in_child(|| {
        start();
        let (output, code, prefix): (String, i32, String) = gopyre::exec(
            "
            import subprocess, sys

            code = 'import sys; print(sys.prefix); sys.exit(3)'
            done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
            (done.stdout.strip(), done.returncode, sys.prefix)
            ",
            (),
        )
        .unwrap();
        assert_eq!((output, code), (prefix, 3));
    }));
}

#[test]
fn a_subprocess_prints_after_what_was_printed_before_it() {
    let end = in_child(|| {
        gopyre::exec::<()>(
            "
            import subprocess, sys

            print('before', flush=True)
            subprocess.run([sys.executable, '-c', 'print(\"inside\")'], check=True)
            print('after')
            ",
            (),
        )
        .unwrap();
    })
    .succeeds();
    assert_eq!(end.stdout, "before\ninside\nafter\n");
}

#[test]
fn asyncio_runs_subprocesses() {
    alone(in_child(|| {
        start();
        let output: String = gopyre::exec(
            "
            import asyncio, sys

            async def main():
                process = await asyncio.create_subprocess_exec(
                    sys.executable, '-c', 'print(6 * 7)', stdout=asyncio.subprocess.PIPE)
                output, _ = await process.communicate()
                return output.decode().strip()

            asyncio.run(main())
            ",
            (),
        )
        .unwrap();
        assert_eq!(output, "42");
    }));
}
