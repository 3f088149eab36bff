//! Everything at once, on all cores: calls, drops, exceptions, limits, buffers, output, pools and interpreters.
//!
//! ```sh
//! cargo run -p gopyre-stress -- 60     # seconds; 60 without a number
//! GOPYRE_STRESS=buffers,pools cargo run -p gopyre-stress -- 60    # only these
//! ```
//!
//! The time is divided into rounds. After each one the threads stand still, and it is looked whether every
//! piece of work was done once, and whether memory has grown since the first. A round that does not end is
//! a deadlock. In the end Python is finalized while threads attach in a loop. The exit code is 0 if
//! nothing was wrong; anything else, a crash included, is a failure.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod memory;
mod random;
mod work;

use gopyre::{Error, Runtime, attach};
use random::Random;
use std::process::exit;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use work::Work;

/// How long a round may take beyond its time.
const PATIENCE: Duration = Duration::from_secs(60);

/// The least number of rounds, the first of which makes what stays.
const ROUNDS: u32 = 4;

fn main() {
    let seconds = std::env::args().nth(1).map_or(60, |text| {
        text.parse::<u32>().unwrap_or_else(|_| {
            eprintln!("expected a number of seconds, found `{text}`");
            exit(2)
        })
    });
    let only = std::env::var("GOPYRE_STRESS").unwrap_or_default();
    let runtime = Runtime::start().unwrap_or_else(|error| {
        eprintln!("{error:?}");
        exit(2)
    });
    println!("CPython {}, {seconds} s", runtime.version());
    let work = Arc::new(Work::new(&only));
    let rounds = (seconds / 20).max(ROUNDS);
    let length = Duration::from_secs(seconds.into()) / rounds;
    let cost = memory::Cost::measure(|| work::come_and_go(|| {}));
    let mut first = None;
    for round in 1..=rounds {
        go(&work, round, length);
        work.settle();
        let memory = memory::Memory::now();
        println!("round {round} of {rounds}: {work}, {memory}");
        // The second one is like all others; the first one makes what stays.
        if round > 1 {
            let first = *first.get_or_insert(memory);
            if let Some(complaint) = memory.growth_since(first, cost) {
                eprintln!("FAILED: {complaint}");
                exit(1);
            }
        }
    }
    drop(work);
    end(runtime);
    println!("nothing lost");
}

/// Works on all cores for some time.
fn go(work: &Arc<Work>, round: u32, length: Duration) {
    let stop = Arc::new(AtomicBool::new(false));
    let threads = thread::available_parallelism().map_or(4, |cores| cores.get() * 3);
    let doing: Arc<Vec<AtomicU64>> = Arc::new((0..threads).map(|_| AtomicU64::new(0)).collect());
    let workers: Vec<_> = (0..threads)
        .map(|index| {
            let (work, stop, doing) = (Arc::clone(work), Arc::clone(&stop), Arc::clone(&doing));
            thread::spawn(move || {
                let mut random = Random::new(u64::from(round) << 32 | index as u64);
                while !stop.load(Ordering::Relaxed) {
                    let number = work.choose(&mut random);
                    doing[index].store(number as u64 + 1, Ordering::Relaxed);
                    work.perform(number, &mut random);
                    doing[index].store(0, Ordering::Relaxed);
                }
            })
        })
        .collect();
    thread::sleep(length);
    stop.store(true, Ordering::Relaxed);
    let deadline = Instant::now() + PATIENCE;
    while workers.iter().any(|worker| !worker.is_finished()) {
        if Instant::now() > deadline {
            let stuck = doing.iter().map(|number| number.load(Ordering::Relaxed));
            let names = stuck
                .filter(|number| *number > 0)
                .map(|number| work.name(number as usize - 1));
            eprintln!("FAILED: a deadlock in {:?}", names.collect::<Vec<_>>());
            exit(1);
        }
        thread::sleep(Duration::from_millis(5));
    }
    for worker in workers {
        if worker.join().is_err() {
            eprintln!("FAILED: a worker panicked");
            exit(1);
        }
    }
}

/// Finalizes while threads attach in a loop; each must see its end.
fn end(runtime: Runtime) {
    let threads: Vec<_> = (0..8)
        .map(|_| {
            thread::spawn(|| {
                loop {
                    match attach(|| gopyre::exec::<i64>("1 + 1", ())) {
                        Ok(Ok(2)) => {}
                        Ok(Err(Error::Finalized)) | Err(Error::Finalized) => return,
                        other => panic!("{other:?}"),
                    }
                }
            })
        })
        .collect();
    thread::sleep(Duration::from_millis(50));
    runtime.finalize().expect("nobody stays inside");
    for thread in threads {
        thread.join().expect("every thread sees the end");
    }
}
