//! Ending interpreters: by their owner, or with the runtime.

use super::State;
use crate::attach::{self, Attached};
use crate::convert;
use crate::error::{Error, Result};
use crate::reference::Ref;
use crate::script;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How many milliseconds a thread that has ended has to be gone.
const MOMENTS: u32 = 100;

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
        let ender = thread::Builder::new().name("gopyre-end".to_owned());
        // Without memory for a thread it ends with the runtime, or never.
        let _ = ender.spawn(move || end(state));
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
        // Letting go of what threads have there runs Python code, which may start another one.
        let alone = match is_alone(state) {
            Ok(true) => clear(state).and_then(|()| is_alone(state)),
            other => other,
        };
        if !matches!(alone, Ok(true)) {
            state.reopen();
            return alone.and(Err(Error::Busy));
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

/// Lets go of what other threads of ours have in the interpreter.
fn clear(state: &'static State) -> Result<()> {
    attach::with(|py| {
        // SAFETY: closed, and nobody else is inside.
        unsafe { state.clear(py) };
        Ok(())
    })
}

/// Whether no thread of Python's is in the interpreter: CPython would abort the process. One that has ended
/// may take a moment to be gone.
fn is_alone(state: &'static State) -> Result<bool> {
    for _ in 0..MOMENTS {
        let alone = attach::with(|py| {
            let count = Ref::import(py, "_thread")?.call_method("_count", [])?;
            let count: u64 = convert::from_python(&count)?;
            // SAFETY: closed, and there is no such thread.
            Ok(count == 0 && unsafe { state.has_only_ours(py) })
        })?;
        if alone {
            return Ok(true);
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(false)
}
