//! Ending interpreters: by their owner, or with the runtime.

use super::State;
use crate::attach::{self, Attached};
use crate::error::{Error, Result};
use crate::reference::Ref;
use crate::script;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The interpreters that are ours to end.
static OWNED: Mutex<Vec<&'static State>> = Mutex::new(Vec::new());

/// Held for a change of the list, never while Python runs (rule 7).
fn owned() -> MutexGuard<'static, Vec<&'static State>> {
    OWNED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether there are any.
pub(super) fn are_any() -> bool {
    !owned().is_empty()
}

/// Takes note of a new interpreter.
pub(super) fn own(state: &'static State) {
    owned().push(state);
}

/// Ends an interpreter whose owner lets go of it, now or as soon as that can be done.
pub(super) fn drop(state: &'static State) {
    if state.is_ended() {
        return;
    }
    // Within a conversion, and at the very end of a thread, another thread has to do it.
    if let Err(Error::Argument(_) | Error::Finalized) = end(state) {
        let thread = std::thread::Builder::new().name("gopyre-end".to_owned());
        // Without memory for a thread it ends with the runtime, or never.
        let _ = thread.spawn(move || end(state));
    }
}

/// Ends all that are left, for the end of the runtime.
///
/// # Errors
/// [`Error::Busy`] where a thread of Python's stays in one of them.
pub(crate) fn end_all() -> Result<()> {
    loop {
        let Some(state) = owned().last().copied() else {
            return Ok(());
        };
        end(state)?;
    }
}

/// Ends an interpreter that nobody has entered.
///
/// # Errors
/// [`Error::Busy`] where a thread of Python's stays in it: then it goes on.
fn end(state: &'static State) -> Result<()> {
    attach::within(state, || {
        // What its callbacks raise is told on the spot.
        let _ = attach::with(quiesce);
        state.close();
        attach::with(|py| {
            // SAFETY: closed.
            unsafe { state.clear(py) };
            Ok(())
        })?;
        let last = attach::with(|py| Ok(is_last(py)))?;
        if !last {
            state.reopen();
            return Err(Error::Busy);
        }
        owned().retain(|other| !std::ptr::eq(*other, state));
        // SAFETY: ours, closed, and the only thread state is this thread's.
        unsafe { attach::end_interpreter() }
    })?
}

/// Waits for threads and runs `atexit` callbacks, as CPython would: it would then abort the process if one of
/// those started a thread that stays.
fn quiesce(py: Attached<'_>) -> Result<()> {
    script::run_internal(&Ref::dict(py)?, include_str!("quiesce.py"))
}

/// Whether the interpreter has no thread state but this thread's.
fn is_last(py: Attached<'_>) -> bool {
    // SAFETY: attached; the list is that of this interpreter, whose threads, if there are any, wait for the
    // GIL. A free-threaded build may start a thread meanwhile only where one is in it already.
    unsafe {
        let first = py.PyInterpreterState_ThreadHead(py.state().raw());
        first == py.PyThreadState_Get() && py.PyThreadState_Next(first).is_null()
    }
}
