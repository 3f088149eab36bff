//! What was begun, what was finished, and what each thread is doing.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The thread that runs the rounds, in the books.
pub(crate) const MAIN: usize = 0;

/// The books of one run.
pub(crate) struct Ledger {
    rows: Vec<Row>,
    /// What each thread is doing, since when.
    doing: Mutex<Vec<Doing>>,
    steps: AtomicU64,
    stop: AtomicBool,
    failures: Mutex<Vec<String>>,
}

/// One kind of work.
struct Row {
    name: &'static str,
    begun: AtomicU64,
    finished: AtomicU64,
    longest: AtomicU64,
}

#[derive(Clone, Copy)]
struct Doing {
    thread: usize,
    what: &'static str,
    since: Instant,
}

/// Holds a lock of ours, whatever became of who held it before.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ledger {
    pub(crate) fn new(names: impl IntoIterator<Item = &'static str>) -> Ledger {
        let row = |name| Row {
            name,
            begun: AtomicU64::new(0),
            finished: AtomicU64::new(0),
            longest: AtomicU64::new(0),
        };
        Ledger {
            rows: names.into_iter().map(row).collect(),
            doing: Mutex::default(),
            steps: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            failures: Mutex::default(),
        }
    }

    /// Does work of a kind, and books it.
    pub(crate) fn during<R>(&self, thread: usize, kind: usize, work: impl FnOnce() -> R) -> R {
        let row = &self.rows[kind];
        row.begun.fetch_add(1, Relaxed);
        let (outcome, time) = self.noting(thread, row.name, work);
        row.longest.fetch_max(time.as_micros() as u64, Relaxed);
        row.finished.fetch_add(1, Relaxed);
        outcome
    }

    /// Does something that counts as a step, and can hang.
    pub(crate) fn noting<R>(
        &self,
        thread: usize,
        what: &'static str,
        work: impl FnOnce() -> R,
    ) -> (R, Duration) {
        let since = Instant::now();
        lock(&self.doing).push(Doing {
            thread,
            what,
            since,
        });
        let outcome = work();
        lock(&self.doing).retain(|doing| (doing.thread, doing.since) != (thread, since));
        self.steps.fetch_add(1, Relaxed);
        (outcome, since.elapsed())
    }

    /// A number that changes whenever something moves.
    pub(crate) fn steps(&self) -> u64 {
        self.steps.load(Relaxed)
    }

    /// All operations that were finished.
    pub(crate) fn finished(&self) -> u64 {
        self.rows.iter().map(|row| row.finished.load(Relaxed)).sum()
    }

    /// What is being done, the longest first, a line each.
    pub(crate) fn doing(&self) -> String {
        let mut doing = lock(&self.doing).clone();
        doing.sort_by_key(|doing| doing.since);
        let line = |doing: &Doing| {
            let seconds = doing.since.elapsed().as_secs_f64();
            format!(
                "  thread {}: {} for {seconds:.1} s\n",
                doing.thread, doing.what
            )
        };
        doing.iter().map(line).collect()
    }

    /// Takes note of something that is wrong, and lets all threads stop.
    pub(crate) fn fail(&self, message: String) {
        lock(&self.failures).push(message);
        self.stop.store(true, Relaxed);
    }

    pub(crate) fn stopped(&self) -> bool {
        self.stop.load(Relaxed)
    }

    /// What went wrong, operations that were begun and not finished included.
    pub(crate) fn failures(&self) -> Vec<String> {
        let mut failures = lock(&self.failures).clone();
        for row in &self.rows {
            let (begun, finished) = (row.begun.load(Relaxed), row.finished.load(Relaxed));
            if begun != finished {
                failures.push(format!("{}: {begun} begun, {finished} finished", row.name));
            }
        }
        failures
    }
}

/// A line for each kind.
impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.rows {
            let (begun, finished) = (row.begun.load(Relaxed), row.finished.load(Relaxed));
            let longest = row.longest.load(Relaxed) as f64 / 1000.0;
            writeln!(
                f,
                "{:<14} {begun:>9} begun {finished:>9} finished, the longest took {longest:.1} ms",
                row.name
            )?;
        }
        Ok(())
    }
}
