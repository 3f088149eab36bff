//! A script that was given to an executor.

use super::outcome::Outcome;
use super::{function, host, seconds};
use crate::attach;
use crate::convert;
use crate::error::{Error, Result};
use crate::object::Object;
use serde::de::DeserializeOwned;
use std::fmt;
use std::marker::PhantomData;
use std::time::{Duration, Instant};

/// A script that an [`Executor`](crate::Executor) runs, and the result to come.
///
/// Dropping it lets the script run.
///
/// ```
/// let executor = gopyre::Executor::processes(1)?;
/// let add = gopyre::Script::new("a + b")?;
/// let job = executor.submit::<i64>(&add, serde_json::json!({ "a": 2, "b": 3 }))?;
/// assert_eq!(job.join()?, 5);
/// # Ok::<(), gopyre::Error>(())
/// ```
#[must_use = "a script whose result is not wanted is dropped with `drop`"]
pub struct Job<T> {
    future: Object,
    limit: Option<Duration>,
    /// When a job is given up that no worker of ours limits.
    deadline: Option<Instant>,
    result: PhantomData<fn() -> T>,
}

impl<T> Job<T> {
    pub(super) fn new(
        future: Object,
        limit: Option<Duration>,
        deadline: Option<Instant>,
    ) -> Job<T> {
        Job {
            future,
            limit,
            deadline,
            result: PhantomData,
        }
    }
}

impl<T: DeserializeOwned> Job<T> {
    /// Waits for the result; others may run Python meanwhile.
    ///
    /// # Errors
    /// [`Error::Python`] where the script raises, where the worker dies, and with what else the executor raises;
    /// [`Error::Timeout`]; [`Error::Cancelled`]; [`Error::Argument`] where the result cannot be pickled;
    /// [`Error::Convert`] where it is no `T`.
    pub fn join(self) -> Result<T> {
        let outcome = attach::visit(self.future.state(), |py| {
            let left = self
                .deadline
                .map(|deadline| seconds(deadline.saturating_duration_since(Instant::now())));
            let left = convert::to_python(py, &left)?;
            let outcome = function(host(py)?, "join")?.call([&self.future.bind(py)?, &left])?;
            convert::from_python::<Outcome>(&outcome)
        })?;
        match outcome {
            Outcome::Value(value) => value.unpickled(|value| convert::from_python(&value)),
            Outcome::Raised(remote, object) => Err(remote.into_error(object)),
            Outcome::Unpicklable(found) => Err(Error::Argument(format!(
                "expected a result that can be pickled, found {found}; help: return plain values, or objects of \
                 classes that both sides can import"
            ))),
            Outcome::Timeout => Err(Error::Timeout(self.limit.unwrap_or_default())),
            Outcome::Cancelled => Err(Error::Cancelled),
        }
    }

    /// Whether there is a result or an error, so that [`join`](Job::join) does not wait.
    pub fn is_finished(&self) -> bool {
        let finished = attach::visit(self.future.state(), |py| {
            convert::from_python(&self.future.bind(py)?.call_method("done", [])?)
        });
        // Without Python nothing more will come.
        finished.unwrap_or(true)
    }

    /// Cancels the job if it has not begun; whether that is so.
    ///
    /// Joining a cancelled job is [`Error::Cancelled`].
    pub fn cancel(&self) -> bool {
        let cancelled = attach::visit(self.future.state(), |py| {
            let cancelled = function(host(py)?, "cancel")?.call([&self.future.bind(py)?])?;
            convert::from_python(&cancelled)
        });
        cancelled.unwrap_or(false)
    }
}

impl<T> fmt::Debug for Job<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
