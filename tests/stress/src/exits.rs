//! The ends of a process: each kind so many times, in children of this program.
//!
//! A child prints a line of its own and one of Python's, and ends while other threads are anywhere in Python.
//! Its exit code and its output must be as if Python were not there.

mod busy;
mod child;
mod finalize;
mod handles;
mod kinds;
mod program;

use kinds::{KINDS, Kind};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

/// How many of a kind's reports are printed.
const REPORTS: usize = 3;

/// Ends so many processes in each way, and prints a line for each.
pub(crate) fn run(count: usize, only: &[String]) -> ExitCode {
    if let Some(name) = only.iter().find(|name| find(name).is_none()) {
        return unknown(name);
    }
    let chosen = |kind: &&Kind| only.is_empty() || only.iter().any(|name| name == kind.name);
    let kinds: Vec<_> = KINDS.iter().filter(chosen).collect();
    match gopyre::Runtime::start() {
        Ok(runtime) => println!("CPython {}", runtime.version()),
        Err(error) => {
            eprintln!("{error:?}");
            return ExitCode::FAILURE;
        }
    }
    let mut unclean = 0;
    for kind in &kinds {
        let reports = ends(kind.name, count);
        let clean = count - reports.len();
        unclean += reports.len();
        println!("{:<14} {clean} of {count} clean: {}", kind.name, kind.what);
        for report in reports.iter().take(REPORTS) {
            println!("{report}");
        }
    }
    println!("{} processes, {unclean} not clean", count * kinds.len());
    ExitCode::from(u8::from(unclean > 0))
}

/// Ends processes in one way, as many at a time as there are processors; reports on those that are not clean.
fn ends(name: &str, count: usize) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let reports = Mutex::new(Vec::new());
    let processors = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        for _ in 0..processors {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Relaxed);
                    if number >= count {
                        return;
                    }
                    if let Err(report) = child::ends(name, number) {
                        crate::ledger::lock(&reports).push(report);
                    }
                }
            });
        }
    });
    reports.into_inner().unwrap_or_default()
}

/// What a child does.
pub(crate) fn play(name: &str, number: u64) -> ExitCode {
    let Some(kind) = find(name) else {
        return unknown(name);
    };
    println!("{}", child::RUST);
    match (kind.play)(number) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error:?}");
            ExitCode::from(65)
        }
    }
}

fn find(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

fn unknown(name: &str) -> ExitCode {
    let names: Vec<_> = KINDS.iter().map(|kind| kind.name).collect();
    eprintln!("there is no end `{name}`, but {}", names.join(", "));
    ExitCode::from(64)
}
