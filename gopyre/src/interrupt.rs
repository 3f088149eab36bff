//! Time limits and interrupts: stopping a run from outside.
//!
//! A watching thread raises an exception in the run's thread, which lands between two bytecodes. It is
//! no `Exception`, so ordinary handlers let it pass; it is raised again until the run ends, and where a
//! handler catches even that, from its own making on, so that no handler gets any further.

mod follow;
mod raise;
mod watch;

use crate::attach::{self, Attached};
use crate::error::{Error, Result};
pub(crate) use follow::follow;
use raise::Raiser;
pub(crate) use raise::{class_object, hush, is_stop};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

/// Stops running calls from another thread.
///
/// A handle is given to any number of executions, also at the same time. [`interrupt`](Interrupt::interrupt)
/// stops those that run at that moment; the handle can be used again for later ones.
///
/// ```
/// let stop = gopyre::Interrupt::new();
/// let script = gopyre::Script::new("print('ready')\nwhile True: pass")?;
/// let other = stop.clone();
/// let result = std::thread::scope(|scope| {
///     scope.spawn(move || {
///         std::thread::sleep(std::time::Duration::from_millis(50));
///         other.interrupt();
///     });
///     script.input(()).stdout(gopyre::Output::Null).interrupt(&stop).exec::<()>()
/// });
/// assert!(matches!(result, Err(gopyre::Error::Interrupted)));
/// # Ok::<(), gopyre::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Interrupt(Arc<Mutex<Vec<Weak<Run>>>>);

impl Interrupt {
    /// A handle that nothing runs with yet.
    pub fn new() -> Interrupt {
        Interrupt::default()
    }

    /// Stops the executions that run with this handle now; returns at once.
    ///
    /// Each ends with [`Error::Interrupted`] as soon as Python gets to its next bytecode: a C function
    /// that holds on, such as a long `time.sleep`, is not stopped. One that ends well first keeps its value.
    pub fn interrupt(&self) {
        let runs = std::mem::take(&mut *self.runs());
        for run in runs.iter().filter_map(Weak::upgrade) {
            run.stop(Cause::Interrupt);
            watch::look();
            self.runs().push(Arc::downgrade(&run));
        }
    }

    fn runs(&self) -> MutexGuard<'_, Vec<Weak<Run>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Interrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interrupt").finish_non_exhaustive()
    }
}

/// What may stop an execution.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    pub(crate) timeout: Option<Duration>,
    pub(crate) interrupts: Vec<Interrupt>,
}

/// Why a run is stopped.
#[derive(Clone, Copy, Debug)]
enum Cause {
    Timeout(Duration),
    Interrupt,
}

impl From<Cause> for Error {
    fn from(cause: Cause) -> Error {
        match cause {
            Cause::Timeout(limit) => Error::Timeout(limit),
            Cause::Interrupt => Error::Interrupted,
        }
    }
}

/// A run that can be stopped.
#[derive(Debug)]
struct Run {
    raiser: Raiser,
    deadline: Option<(Instant, Duration)>,
    /// The runs that this one is stopped with.
    leaders: Vec<Arc<Run>>,
    phase: Mutex<Phase>,
    /// The process in which the watching thread is in the run's interpreter, or 0.
    pursued: AtomicU32,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    Running,
    /// Being stopped, since then.
    Stopping(Cause, Instant),
    Ended,
}

thread_local! {
    /// The runs of this thread that can be stopped, outermost first.
    static RUNS: RefCell<Vec<Arc<Run>>> = const { RefCell::new(Vec::new()) };
    static TICKS: Cell<u32> = const { Cell::new(0) };
}

/// A step of a loop of ours in which perhaps no bytecode runs, so that the exception would never land.
///
/// # Errors
/// Every so many steps, that of a run of this thread which is being stopped.
#[inline]
pub(crate) fn tick() -> Result<()> {
    const EVERY: u32 = 64;
    let ticks = TICKS.get().wrapping_add(1);
    TICKS.set(ticks);
    match ticks % EVERY {
        0 => look(),
        _ => Ok(()),
    }
}

/// Looks at the clock, too: the watching thread may be waiting for this one to let go of Python.
#[inline(never)]
fn look() -> Result<()> {
    let stopped = |runs: &RefCell<Vec<Arc<Run>>>| {
        let runs = runs.borrow();
        let now = (!runs.is_empty()).then(Instant::now)?;
        runs.iter().find_map(|run| run.stopped(now))
    };
    match RUNS.try_with(stopped).ok().flatten() {
        Some(cause) => Err(cause.into()),
        None => Ok(()),
    }
}

/// The runs of this thread that have not ended.
fn own_runs() -> Vec<Arc<Run>> {
    RUNS.try_with(|runs| runs.borrow().clone())
        .unwrap_or_default()
}

/// Makes a run the innermost one of this thread. One that is ending has no place for it; its limit holds all the same.
fn enter(run: &Arc<Run>) {
    let _ = RUNS.try_with(|runs| runs.borrow_mut().push(Arc::clone(run)));
}

/// Takes out the innermost run of this thread.
fn leave() {
    let _ = RUNS.try_with(|runs| runs.borrow_mut().pop());
}

/// How long handlers and `finally` blocks may do their work before they are cut short, too.
const GRACE: Duration = Duration::from_millis(500);
/// How long the exception has to land before it is raised again, within that time and after.
const AGAIN: [Duration; 2] = [Duration::from_millis(250), Duration::from_millis(5)];

impl Run {
    fn new(
        raiser: Raiser,
        deadline: Option<(Instant, Duration)>,
        leaders: Vec<Arc<Run>>,
    ) -> Arc<Run> {
        Arc::new(Run {
            raiser,
            deadline,
            leaders,
            phase: Mutex::new(Phase::Running),
            pursued: AtomicU32::new(0),
        })
    }

    /// Held for a look, or for raising, which runs no Python code (rule 7).
    fn phase(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stop(&self, cause: Cause) {
        let mut phase = self.phase();
        if let Phase::Running = *phase {
            *phase = Phase::Stopping(cause, Instant::now());
        }
    }

    /// Stops the run if its time is over; breaks where it is being stopped. Says when to look again.
    fn check(&self, now: Instant) -> ControlFlow<Instant, Option<Instant>> {
        if let Some((_, limit)) = self.deadline.filter(|(deadline, _)| *deadline <= now) {
            self.stop(Cause::Timeout(limit));
        }
        if let Some(cause) = self.leaders.iter().find_map(|leader| leader.stopped(now)) {
            self.stop(cause);
        }
        match *self.phase() {
            Phase::Stopping(_, since) => {
                ControlFlow::Break(now + AGAIN[usize::from(since.elapsed() > GRACE)])
            }
            Phase::Running => ControlFlow::Continue(self.deadline.map(|(deadline, _)| deadline)),
            Phase::Ended => ControlFlow::Continue(None),
        }
    }

    /// Why the run is being stopped, if it is.
    fn stopped(&self, now: Instant) -> Option<Cause> {
        let _ = self.check(now);
        match *self.phase() {
            Phase::Stopping(cause, _) => Some(cause),
            Phase::Running | Phase::Ended => None,
        }
    }

    /// Goes to the run's interpreter and raises the exception there; called by the watching thread.
    ///
    /// # Errors
    /// The interpreter has ended.
    fn pursue(&self) -> Result<()> {
        struct Pursuit<'r>(&'r Run);
        impl Drop for Pursuit<'_> {
            fn drop(&mut self) {
                self.0.pursued.store(0, Ordering::Release);
            }
        }
        self.pursued.store(std::process::id(), Ordering::Relaxed);
        let _pursuit = Pursuit(self);
        // Either the run's end finds the note, or this finds the run ended.
        if !matches!(*self.phase(), Phase::Stopping(..)) {
            return Ok(());
        }
        attach::visit(self.raiser.state(), |py| {
            self.raise(py);
            Ok(())
        })
    }

    /// Waits until the watching thread is not in the run's interpreter any more, which somebody else may be about to
    /// end.
    fn outrun(&self) {
        attach::detach_now(|| {
            // A fork has no such thread.
            while self.pursued.load(Ordering::Acquire) == std::process::id() {
                std::thread::sleep(Duration::from_micros(50));
            }
        });
    }

    /// Raises the exception in the run's thread, unless the run has ended.
    fn raise(&self, py: Attached<'_>) {
        let phase = self.phase();
        if let Phase::Stopping(_, since) = *phase {
            self.raiser.raise(py, since.elapsed() > GRACE);
        }
    }

    /// Ends the run on its own thread; says why it was stopped, if it was.
    fn end(&self, py: Attached<'_>) -> Option<Cause> {
        let phase = std::mem::replace(&mut *self.phase(), Phase::Ended);
        let Phase::Stopping(cause, _) = phase else {
            return None;
        };
        // What was raised and has not landed must not land in a later call.
        self.raiser.withdraw(py);
        if self.raiser.state().is_foreign() {
            self.outrun();
        }
        Some(cause)
    }
}

impl Limits {
    /// A limit of time alone.
    pub(crate) fn timeout(limit: Duration) -> Limits {
        Limits {
            timeout: Some(limit),
            ..Limits::default()
        }
    }

    /// Runs `f`, which may be stopped.
    pub(crate) fn during<R>(self, py: Attached<'_>, f: impl FnOnce() -> Result<R>) -> Result<R> {
        if self.timeout.is_none() && self.interrupts.is_empty() {
            return f();
        }
        let deadline = self
            .timeout
            .and_then(|limit| Some((Instant::now().checked_add(limit)?, limit)));
        let (raiser, _turn) = Raiser::new(py)?;
        let run = Run::new(raiser, deadline, Vec::new());
        for interrupt in &self.interrupts {
            let mut runs = interrupt.runs();
            runs.retain(|run| run.strong_count() > 0);
            runs.push(Arc::downgrade(&run));
        }
        watch::add(&run)?;
        /// Ends the run also where a conversion panics.
        struct End<'r, 'py>(&'r Run, Attached<'py>);
        impl Drop for End<'_, '_> {
            fn drop(&mut self) {
                leave();
                self.0.end(self.1);
            }
        }
        enter(&run);
        let end = End(&run, py);
        let result = f();
        let cause = run.end(py);
        drop(end);
        match (result, cause) {
            (Err(Error::Python(error)), Some(cause)) if error.is_stop() => Err(cause.into()),
            (result, _) => result,
        }
    }
}
