//! Row 15: a script that computes, on two workers and on one.

use crate::measure::{Amount, Missing, Ratio};
use crate::row::{Goal, Row};
use gopyre::{Pool, py_script};
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
    vec![row.note(
        "The ratio is work in the same time: pieces in a second on two workers to those on one. It needs two idle \
         cores: what else runs on the machine is missing from it.",
    )]
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
