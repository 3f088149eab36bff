//! Tasks: what is spawned, and what becomes of it.

use super::queue::{Job, Work};
use super::worker::Shared;
use crate::attach;
use crate::error::{Error, Result, panic_message};
use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};

/// A closure that was given to a [`Pool`](crate::Pool).
///
/// Dropping it lets the closure run and nobody have its result.
pub struct Task<R> {
    spawned: Arc<dyn Outcome<R>>,
    pool: Weak<Shared>,
}

/// What a task does with a spawned closure, whatever its type.
trait Outcome<R>: Work + Send {
    fn wait(&self) -> Result<R>;
    fn is_finished(&self) -> bool;
    fn cancel(&self) -> bool;
}

/// A closure, then its result: all that a task takes in memory.
struct Spawned<F, R> {
    stage: Mutex<Stage<F, R>>,
    finished: Condvar,
}

enum Stage<F, R> {
    Waiting(F),
    Running,
    Finished(Result<R>),
}

/// What is left of a panic.
type Payload = Box<dyn Any + Send>;

/// Calls a closure of a user's. The payload of a panic may do anything when it is dropped.
pub(super) fn outcome<R>(f: impl FnOnce() -> R) -> (Result<R>, Option<Payload>) {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(value) => (Ok(value), None),
        Err(payload) => {
            let message = panic_message(&*payload).unwrap_or_else(|| "no message".to_owned());
            (Err(Error::Panic(message)), Some(payload))
        }
    }
}

impl<R: Send + 'static> Task<R> {
    pub(super) fn new<F>(f: F, pool: &Arc<Shared>) -> (Task<R>, Job)
    where
        F: FnOnce() -> R + Send + 'static,
    {
        let spawned = Arc::new(Spawned {
            stage: Mutex::new(Stage::Waiting(f)),
            finished: Condvar::new(),
        });
        let job = Job::owned(Arc::clone(&spawned) as Arc<dyn Work + Send>);
        let pool = Arc::downgrade(pool);
        (Task { spawned, pool }, job)
    }
}

impl<R> Task<R> {
    /// Waits for the result. A worker of the same pool runs a closure that has not been begun itself.
    ///
    /// # Errors
    /// [`Error::Panic`] where the closure panicked, [`Error::Cancelled`] where it was cancelled before it
    /// began, [`Error::Finalized`] where Python ended before.
    pub fn join(self) -> Result<R> {
        if self.pool.upgrade().is_some_and(|pool| pool.is_own_thread()) {
            self.spawned.work();
        }
        attach::detach_now(|| self.spawned.wait())
    }

    /// Whether the result is there.
    pub fn is_finished(&self) -> bool {
        self.spawned.is_finished()
    }

    /// Cancels the closure if it has not begun, and says whether it did.
    ///
    /// ```
    /// let pool = gopyre::Pool::builder().workers(1).start()?;
    /// let first = pool.spawn(|| gopyre::exec::<()>("import time; time.sleep(0.2)", ()));
    /// let second = pool.spawn(|| unreachable!());
    /// assert!(second.cancel());
    /// assert!(matches!(second.join(), Err::<(), _>(gopyre::Error::Cancelled)));
    /// first.join()??;
    /// # Ok::<(), gopyre::Error>(())
    /// ```
    pub fn cancel(&self) -> bool {
        self.spawned.cancel()
    }
}

impl<R> fmt::Debug for Task<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("finished", &self.is_finished())
            .finish_non_exhaustive()
    }
}

impl<F, R> Spawned<F, R> {
    /// Held for a change of the stage, never while the closure or Python runs (rule 7).
    fn stage(&self) -> MutexGuard<'_, Stage<F, R>> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the closure, if nobody has.
    fn take(&self) -> Option<F> {
        let mut stage = self.stage();
        match std::mem::replace(&mut *stage, Stage::Running) {
            Stage::Waiting(f) => Some(f),
            other => {
                *stage = other;
                None
            }
        }
    }

    fn finish(&self, result: Result<R>) {
        *self.stage() = Stage::Finished(result);
        self.finished.notify_all();
    }

    fn give_up(&self, error: Error) -> bool {
        let Some(f) = self.take() else { return false };
        self.finish(Err(error));
        drop(f);
        true
    }
}

impl<F: FnOnce() -> R + Send, R: Send> Work for Spawned<F, R> {
    fn work(&self) {
        if let Some(f) = self.take() {
            let (result, payload) = outcome(f);
            self.finish(result);
            drop(payload);
        }
    }

    fn fail(&self, error: Error) {
        self.give_up(error);
    }
}

impl<F: FnOnce() -> R + Send, R: Send> Outcome<R> for Spawned<F, R> {
    fn wait(&self) -> Result<R> {
        let unfinished = |stage: &mut Stage<F, R>| !matches!(stage, Stage::Finished(_));
        let mut stage = self
            .finished
            .wait_while(self.stage(), unfinished)
            .unwrap_or_else(PoisonError::into_inner);
        // A task is joined once.
        match std::mem::replace(&mut *stage, Stage::Finished(Err(Error::Cancelled))) {
            Stage::Finished(result) => result,
            Stage::Waiting(_) | Stage::Running => Err(Error::Cancelled),
        }
    }

    fn is_finished(&self) -> bool {
        matches!(*self.stage(), Stage::Finished(_))
    }

    fn cancel(&self) -> bool {
        self.give_up(Error::Cancelled)
    }
}
