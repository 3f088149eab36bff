//! A Dask cluster: the same scripts, on two worker processes of a scheduler.

use crate::exception;
use crate::venvs::Packages;
use gopyre::{Error, Executor, Object, Result, Runtime, Script};
use gopyre_tests::{Child, in_child};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashSet;
use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// The venv, for a scenario.
const VENV: &str = "GOPYRE_TEST_VENV";

/// Runs a scenario where `distributed` is there.
fn with_dask(child: Child) {
    // An older one, which pip would settle for, runs on no Python of today.
    static DASK: LazyLock<Packages> =
        LazyLock::new(|| Packages::make("dask", &["distributed>=2024.8"]));
    if cfg!(target_os = "linux") && !Path::new("/proc/self").exists() {
        // As in a root that could not be mounted into.
        eprintln!("not there: /proc, without which Dask cannot be imported");
    } else if DASK.has("distributed") {
        let child = child.env(VENV, &DASK.dir);
        child.limit(Duration::from_secs(180)).succeeds();
    }
}

/// A client of a cluster with two worker processes.
fn client() -> Result<Object> {
    let venv = std::env::var_os(VENV).expect("the parent sets it");
    Runtime::builder().venv(venv).start()?;
    gopyre::exec(
        "
        from distributed import Client, LocalCluster

        cluster = LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
        )
        client = Client(cluster)
        client.wait_for_workers(2)
        client
        ",
        (),
    )
}

fn close(client: &Object) -> Result<()> {
    client.attr("cluster")?.call_method("close", ())?;
    client.call_method("close", ()).map(drop)
}

#[derive(Debug, Serialize, Deserialize, PartialEq)]
struct Order {
    name: String,
    prices: Vec<f64>,
}

#[derive(Debug, Deserialize)]
struct Total {
    order: Order,
    total: f64,
    process: u32,
}

#[test]
fn a_cluster_runs_scripts_and_gives_back_typed_results_and_errors() {
    with_dask(in_child(|| {
        let run = || -> Result<()> {
            let client = client()?;
            let executor = Executor::from_object(&client)?;
            let script = Script::new(
                "
                import os, time

                time.sleep(0.1)
                {'order': input, 'total': sum(prices), 'process': os.getpid()}
                ",
            )?;
            let order = |n: u32| Order {
                name: format!("order {n}"),
                prices: vec![f64::from(n), 0.5],
            };
            let jobs = (0..10).map(|n| executor.submit::<Total>(&script, order(n)));
            let jobs = jobs.collect::<Result<Vec<_>>>()?;
            let mut processes = HashSet::new();
            for (n, job) in (0..).zip(jobs) {
                let found = job.join()?;
                assert_eq!((found.order, found.total), (order(n), f64::from(n) + 0.5));
                processes.insert(found.process);
            }
            assert_eq!(processes.len(), 2);
            assert!(!processes.contains(&std::process::id()));

            // Equal calls are calls all the same: Dask takes a function for one without effects.
            let random = Script::new("import uuid; uuid.uuid4().hex")?;
            let jobs = (0..4).map(|_| executor.submit::<String>(&random, ()));
            let jobs = jobs.collect::<Result<Vec<_>>>()?;
            let found = jobs
                .into_iter()
                .map(|job| job.join())
                .collect::<Result<HashSet<_>>>()?;
            assert_eq!(found.len(), 4);

            let fails = Script::new(
                "def f(x):\n    raise ValueError(f'not {x}') from KeyError('inner')\nf(input)",
            )?;
            let result = executor.exec::<()>(&fails, "this");
            let found = exception(&result);
            assert_eq!(
                (found.type_name(), found.message()),
                ("ValueError", "not this")
            );
            assert_eq!(found.cause().unwrap().type_name(), "KeyError");
            let lines: Vec<_> = found
                .frames()
                .iter()
                .map(|frame| (frame.line, frame.source.as_deref()))
                .collect();
            assert_eq!(
                lines,
                [
                    (3, Some("f(input)")),
                    (
                        2,
                        Some("raise ValueError(f'not {x}') from KeyError('inner')")
                    )
                ]
            );
            assert_eq!(found.object().unwrap().type_name()?, "ValueError");

            let error = executor
                .exec::<Object>(&Script::new("lambda: 1")?, ())
                .unwrap_err();
            assert!(matches!(error, Error::Argument(_)), "{error:?}");
            let nested = json!({ "a": [{ "b": [1, null, "x"] }] });
            let echo = Script::new("input")?;
            assert_eq!(executor.exec::<serde_json::Value>(&echo, &nested)?, nested);
            close(&client)
        };
        run().unwrap();
    }));
}

#[test]
fn a_job_on_a_cluster_is_given_up_cancelled_or_left_alone() {
    with_dask(in_child(|| {
        let run = || -> Result<()> {
            let client = client()?;
            let limit = Duration::from_secs(2);
            let executor = Executor::from_object(&client)?.timeout(limit);
            let sleep = Script::new("import time; time.sleep(input); 'slept'")?;
            let begin = Instant::now();
            let result = executor.exec::<String>(&sleep, 20);
            assert!(
                matches!(result, Err(Error::Timeout(found)) if found == limit),
                "{result:?}"
            );
            assert!(begin.elapsed() >= limit && begin.elapsed() < Duration::from_secs(15));

            let executor = Executor::from_object(&client)?;
            assert_eq!(executor.exec::<String>(&sleep, 0.1)?, "slept");
            let job = executor.submit::<String>(&sleep, 30)?;
            assert!(!job.is_finished());
            assert!(job.cancel());
            let result = job.join();
            assert!(matches!(result, Err(Error::Cancelled)), "{result:?}");

            // Nobody holds its future, and it runs.
            let folder = gopyre_tests::Folder::new();
            let file = folder.path().join("ran");
            let writes = Script::new("import time; time.sleep(0.5); open(input, 'w').close()")?;
            drop(executor.submit::<()>(&writes, &file)?);
            let begin = Instant::now();
            while !file.exists() {
                assert!(begin.elapsed() < Duration::from_secs(60));
                std::thread::sleep(Duration::from_millis(20));
            }
            close(&client)
        };
        run().unwrap();
    }));
}

#[test]
fn a_dead_worker_of_a_cluster_is_an_error() {
    with_dask(in_child(|| {
        let run = || -> Result<()> {
            let client = client()?;
            gopyre::run(
                "import dask; dask.config.set({'distributed.scheduler.allowed-failures': 0})",
            )?;
            client
                .attr("cluster")?
                .attr("scheduler")?
                .set_attr("allowed_failures", 0)?;
            let executor = Executor::from_object(&client)?;
            let result = executor.exec::<()>(&Script::new("import os; os._exit(1)")?, ());
            assert!(exception(&result).is("KilledWorker"), "{result:?}");
            assert_eq!(executor.exec::<i64>(&Script::new("6 * 7")?, ())?, 42);
            close(&client)
        };
        run().unwrap();
    }));
}
