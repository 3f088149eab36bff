//! Says how many bytes the process grows by for each task that waits for a worker, and for each closure of the
//! same size that waits in a queue of the standard library's.

use gopyre::Pool;
use std::collections::VecDeque;
use std::hint::black_box;
use std::sync::mpsc;

const COUNT: usize = 50_000;

/// What a closure holds.
type Held = [u8; 256];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("{} {}", tasks()?, boxes()?);
    Ok(())
}

fn tasks() -> Result<f64, Box<dyn std::error::Error>> {
    let pool = Pool::builder().workers(1).queue(COUNT).start()?;
    let (open, wait) = mpsc::channel::<()>();
    let busy = pool.spawn(move || wait.recv());
    let before = resident()?;
    let tasks: Vec<_> = (0..COUNT)
        .map(|n| {
            let held: Held = [n as u8; 256];
            pool.spawn(move || black_box(held)[0])
        })
        .collect();
    let grown = resident()? - before;
    drop(open);
    drop((busy.join(), pool));
    // What was freed would be taken again, and count for nothing.
    std::mem::forget(tasks);
    Ok(grown / COUNT as f64)
}

fn boxes() -> Result<f64, Box<dyn std::error::Error>> {
    let mut queue: VecDeque<Box<dyn FnOnce() -> u8 + Send>> = VecDeque::new();
    let before = resident()?;
    for n in 0..COUNT {
        let held: Held = [n as u8; 256];
        queue.push_back(Box::new(move || black_box(held)[0]));
    }
    let grown = resident()? - before;
    drop(black_box(queue));
    Ok(grown / COUNT as f64)
}

/// The bytes of this process that are in memory.
fn resident() -> Result<f64, Box<dyn std::error::Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.ok_or("no VmRSS")?.parse::<f64>()? * 1024.0)
}
