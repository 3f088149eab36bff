//! Row 15: a script that computes, on two workers and on one; rows 20 and 21: what handing over costs.

use super::processes::{library, program};
use crate::measure::{Amount, Missing, Ratio, time};
use crate::row::{Goal, Row};
use gopyre::{Pool, py_script};
use std::process::Command;
use std::time::Instant;

#[py_script(
    "
    total = 0
    for n in range(steps):
        total += n * n % 7
    total
    "
)]
fn compute(steps: u32) -> gopyre::Result<u64>;

const STEPS: u32 = 400_000;
const TASKS: usize = 8;

pub(super) fn rows() -> Vec<Row> {
    let work = "a script that computes, on two workers of a pool";
    let row = Row::whole(15, work, ("one worker", Goal::AtLeast(1.9)), || {
        let (one, two) = (pool(1)?, pool(2)?);
        if !two.is_parallel() {
            return Err("this Python has one GIL for all interpreters".to_owned());
        }
        // What each worker compiles and imports at its first task is no part of it.
        run(&one)?;
        run(&two)?;
        let pairs: Result<Vec<_>, Missing> =
            (0..15).map(|_| Ok((run(&two)?, run(&one)?))).collect();
        Ok(Ratio::of(&pairs?, Amount::Rate))
    });
    vec![
        row.note(
            "The ratio is work in the same time: pieces in a second on two workers to those on one. It needs two \
             idle cores: what else runs on the machine is missing from it.",
        ),
        Row::whole(
            20,
            "a task to a worker and its result back, in a row",
            ("20 microseconds", Goal::AtMost(0.5)),
            || hand_over(|pool| drop(pool.spawn(|| 1).join())),
        ),
        Row::whole(
            20,
            "a task of 1,000 that `map` hands over",
            ("20 microseconds", Goal::AtMost(0.05)),
            || {
                let many = hand_over(|pool| drop(pool.map(0..1_000, |n| n)))?;
                Ok(many.divided_by(1_000.0))
            },
        ),
        Row::whole(
            21,
            "memory of a waiting task whose closure has 256 B",
            ("that closure, boxed, in a queue", Goal::AtMost(1.0)),
            || {
                let output = Command::new(program("waiting")?)
                    .env("GOPYRE_LIBPYTHON", library()?)
                    .env_remove("PYTHONHOME")
                    .output()
                    .map_err(|e| e.to_string())?;
                let text = String::from_utf8_lossy(&output.stdout).into_owned();
                let mut numbers = text.split_whitespace().filter_map(|word| word.parse().ok());
                let (Some(ours), Some(theirs)) = (numbers.next(), numbers.next()) else {
                    return Err(output.status.to_string());
                };
                Ok(Ratio::single(
                    ours / theirs,
                    Amount::Bytes(ours),
                    Amount::Bytes(theirs),
                ))
            },
        )
        .note("The ratio is of what a process grows by; a task has room for its result, and for who waits for it."),
    ]
}

/// What one `f` takes, beside 20 microseconds.
fn hand_over(f: impl Fn(&Pool)) -> Result<Ratio, Missing> {
    let pool = pool(1)?;
    let pairs: Vec<_> = (0..500)
        .map(|_| (time(1, || f(&pool)).as_nanos() as f64, 20_000.0))
        .collect();
    Ok(Ratio::of(&pairs, Amount::Time))
}

fn pool(workers: usize) -> Result<Pool, Missing> {
    Pool::new(workers).map_err(|e| e.to_string())
}

/// Scripts in a second.
fn run(pool: &Pool) -> Result<f64, Missing> {
    let start = Instant::now();
    let done = pool
        .map(0..TASKS, |_| compute(STEPS))
        .map_err(|e| e.to_string())?;
    done.into_iter()
        .collect::<gopyre::Result<Vec<_>>>()
        .map_err(|e| e.to_string())?;
    Ok(TASKS as f64 / start.elapsed().as_secs_f64())
}
