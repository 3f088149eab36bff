//! Runs whose thread enters another interpreter: there they are stopped, too.

use super::raise::{Raiser, Turn};
use super::{Run, enter, leave, own_runs, watch};
use crate::attach;
use crate::error::Result;
use std::sync::Arc;

/// Runs `f` in the interpreter that this thread has just entered; what stops the runs of this thread stops it.
///
/// An exception is raised in one interpreter: that of a run would wait for the thread to come back to its own.
///
/// # Errors
/// The exception's class cannot be made there.
pub(crate) fn follow<R>(f: impl FnOnce() -> R) -> Result<R> {
    let leaders = own_runs();
    if leaders.is_empty() {
        return Ok(f());
    }
    let (raiser, turn) = attach::with(Raiser::new)?;
    let follower = Follower {
        run: Run::new(raiser, None, leaders),
        _turn: turn,
    };
    enter(&follower.run);
    watch::add(&follower.run)?;
    Ok(f())
}

/// A run in the entered interpreter, ended before that is left, also by a panic.
struct Follower {
    run: Arc<Run>,
    _turn: Turn,
}

impl Drop for Follower {
    fn drop(&mut self) {
        leave();
        // Where Python has ended nothing is left to be withdrawn.
        let _ = attach::with(|py| Ok(self.run.end(py)));
    }
}
