//! Whose turn it is to use a writer, so that a fork can tell.
//!
//! A lock that another thread holds at a fork would never be given back there. Here it is written down who is in
//! which writer, under a lock that is held for a moment alone, and by a thread that forks.

use super::IN_WRITER;
use super::sink::Sink;
use std::cell::Cell;
use std::io;
use std::ptr;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// One for each thread that is in a writer.
static TURNS: Mutex<Vec<Entry>> = Mutex::new(Vec::new());
/// A turn is over.
static OVER: Condvar = Condvar::new();

/// Who is in which writer.
#[derive(Debug)]
pub(super) struct Entry {
    sink: *const Sink,
    thread: *const Cell<bool>,
    /// The thread was left behind by a fork.
    lost: bool,
}

// SAFETY: the pointers are compared, never followed.
unsafe impl Send for Entry {}

/// A turn that is not over.
pub(super) struct Turn(*const Sink);

/// Something that is this thread's alone.
fn this_thread() -> *const Cell<bool> {
    IN_WRITER.with(ptr::from_ref)
}

/// Held for a look or a change, never while Python or a writer runs (rule 7).
pub(super) fn hold() -> MutexGuard<'static, Vec<Entry>> {
    TURNS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Turn {
    /// Waits for the turn of this thread; none where it has that already.
    ///
    /// # Errors
    /// The turn is that of a thread which a fork has left behind: what it was doing to the writer nobody knows.
    pub(super) fn take(sink: &Sink) -> io::Result<Option<Turn>> {
        let (sink, thread) = (ptr::from_ref(sink), this_thread());
        let mut turns = hold();
        while let Some(other) = turns.iter().find(|other| other.sink == sink) {
            if other.thread == thread {
                return Ok(None);
            }
            if other.lost {
                let message = "another thread was in the writer when the process was forked";
                return Err(io::Error::other(message));
            }
            turns = OVER.wait(turns).unwrap_or_else(PoisonError::into_inner);
        }
        let lost = false;
        turns.push(Entry { sink, thread, lost });
        Ok(Some(Turn(sink)))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        hold().retain(|turn| turn.sink != self.0);
        OVER.notify_all();
    }
}

/// Called in the child of a fork, where only this thread is left.
pub(super) fn forked() {
    let thread = this_thread();
    for turn in hold().iter_mut() {
        turn.lost = turn.thread != thread;
    }
}
