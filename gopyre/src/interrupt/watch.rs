//! The thread that watches over runs.

use super::Run;
use crate::attach;
use crate::error::{Error, Result};
use std::ops::ControlFlow;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

#[derive(Default)]
struct Watch {
    runs: Vec<Weak<Run>>,
    /// The process in which the thread has been started: a forked one has no other threads.
    awake: u32,
    /// There is something new to look at.
    news: bool,
}

static WATCH: Mutex<Watch> = Mutex::new(Watch {
    runs: Vec::new(),
    awake: 0,
    news: false,
});
static NEWS: Condvar = Condvar::new();

fn watch() -> MutexGuard<'static, Watch> {
    WATCH.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Watches over one more run.
pub(super) fn add(run: &Arc<Run>) -> Result<()> {
    let mut watch = watch();
    watch.runs.retain(|run| run.strong_count() > 0);
    watch.runs.push(Arc::downgrade(run));
    let process = std::process::id();
    if watch.awake != process {
        let thread = std::thread::Builder::new().name("gopyre-watch".to_owned());
        let failed = |error| Error::Start(format!("no thread to watch over the run: {error}"));
        thread.spawn(go).map_err(failed)?;
        watch.awake = process;
    }
    watch.news = true;
    drop(watch);
    NEWS.notify_one();
    Ok(())
}

/// Lets the thread look at once.
pub(super) fn look() {
    watch().news = true;
    NEWS.notify_one();
}

fn go() {
    loop {
        let (stopping, wake) = sort(&watch().runs);
        if !stopping.is_empty() {
            for run in stopping {
                let state = run.raiser.state();
                let raised = attach::visit(state, |py| {
                    run.raise(py);
                    Ok(())
                });
                if raised.is_err() && state.is_main() {
                    // Python is finalized: nothing runs any more, and nothing will.
                    return;
                }
            }
        }
        wait(wake);
    }
}

/// The runs that are being stopped, and when to look at the others.
fn sort(runs: &[Weak<Run>]) -> (Vec<Arc<Run>>, Option<Instant>) {
    let now = Instant::now();
    let mut stopping = Vec::new();
    let mut wake: Option<Instant> = None;
    for run in runs.iter().filter_map(Weak::upgrade) {
        let next = match run.check(now) {
            ControlFlow::Break(next) => {
                stopping.push(run);
                Some(next)
            }
            ControlFlow::Continue(next) => next,
        };
        wake = [wake, next].into_iter().flatten().min();
    }
    (stopping, wake)
}

/// Sleeps until then, or until there are news.
fn wait(wake: Option<Instant>) {
    let mut watch = watch();
    while !watch.news {
        let Some(wake) = wake else {
            watch = NEWS.wait(watch).unwrap_or_else(PoisonError::into_inner);
            continue;
        };
        let left = wake.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        let (guard, _) = NEWS
            .wait_timeout(watch, left)
            .unwrap_or_else(PoisonError::into_inner);
        watch = guard;
    }
    watch.news = false;
}
