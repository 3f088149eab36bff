//! Stretches in which a thread is in another interpreter than before.

use super::Attached;
use super::detached::Detached;
use super::local::Local;
use super::own::Own;
use super::thread::{THREAD, Thread};
use super::with;
use crate::error::{Error, Result};
use crate::interpreter::{State, Stay};
use crate::runtime;
use gopyre_sys as sys;
use std::ptr;

/// Runs `f` attached to `state`, which need not be the current interpreter, for work that must be done there.
///
/// # Errors
/// [`Error::Finalized`] where the interpreter has ended.
pub(crate) fn visit<R>(
    state: &'static State,
    f: impl FnOnce(Attached<'_>) -> Result<R>,
) -> Result<R> {
    if state.is_main() && THREAD.with(|thread| thread.current.get()).is_none() {
        return with(f);
    }
    let _entered = THREAD.with(|thread| Entered::new(thread, state, State::visit))?;
    with(f)
}

/// Runs `f`, detached, with `state` as the current interpreter.
///
/// # Errors
/// [`Error::Finalized`] where the interpreter has ended, [`Error::Argument`] within a conversion.
pub(crate) fn within<R>(state: &'static State, f: impl FnOnce() -> R) -> Result<R> {
    let _entered = THREAD.with(|thread| Entered::new(thread, state, |_| Ok(())))?;
    Ok(f())
}

/// A stretch in which a thread is in an interpreter, by a permit that is given back after it.
struct Entered<P> {
    local: &'static Local,
    outer: Option<&'static Local>,
    detached: Option<Detached>,
    /// The thread had no thread state in an interpreter that is not ours, and must leave none there: CPython ends
    /// the process where it finds one at the interpreter's end.
    is_guest: bool,
    _stay: Option<Stay>,
    _permit: P,
}

impl<P> Entered<P> {
    fn new(
        thread: &Thread,
        state: &'static State,
        permit: impl FnOnce(&'static State) -> Result<P>,
    ) -> Result<Entered<P>> {
        // A serializer of the one interpreter must not be used in the other.
        if thread.converting.get() > 0 {
            let message = "an interpreter cannot be entered within a conversion";
            return Err(Error::Argument(message.to_owned()));
        }
        let local = thread.local(state)?;
        let first = thread.inside.get() == 0;
        if first {
            local.door().enter()?;
        }
        // The end of an interpreter waits for permits to be given back, also behind a gate that is closing:
        // nobody may wait for the gate with one.
        let permit = permit(state).inspect_err(|_| {
            if first {
                local.door().leave();
            }
        })?;
        thread.inside.set(thread.inside.get() + 1);
        Ok(Entered {
            local,
            outer: thread.current.replace(Some(local)),
            detached: Detached::new(thread),
            is_guest: state.is_foreign() && local.raw().is_null(),
            // Turns are needed where interpreters share a GIL without knowing of each other.
            // SAFETY: the interpreter was made, so CPython has started.
            _stay: unsafe { sys::table().version.minor < 12 && !state.is_main() }.then(Stay::begin),
            _permit: permit,
        })
    }
}

impl<P> Drop for Entered<P> {
    fn drop(&mut self) {
        THREAD.with(|thread| {
            thread.current.set(self.outer);
            let detached = self.detached.take();
            // SAFETY: this thread's part, detached; the permit holds the interpreter's end off, or whoever has
            // entered it does.
            if self.is_guest && unsafe { self.local.discard() } {
                thread.bound.set(None);
            } else if !detached.as_ref().is_some_and(Detached::will_attach) {
                forget_state(thread, self.local);
            }
            drop(detached);
            thread.leave(self.local, true);
        });
    }
}

/// Lets CPython take no state for this thread's own any more that belongs to an interpreter which another
/// thread may end: from 3.12 on it takes the one that was attached last.
fn forget_state(thread: &Thread, local: &'static Local) {
    let bound = thread.bound.get().is_some_and(|own| ptr::eq(own, local));
    // SAFETY: the gate holds finalize off, and the interpreter lives.
    let table = unsafe { sys::table() };
    if !bound || (table.version.major, table.version.minor) < (3, 12) {
        return;
    }
    thread.bound.set(None);
    // Where nobody waits for a GIL, the main interpreter's state is the one to attach. Elsewhere it is one of
    // no further use, save where memory is short.
    let mut spare = ptr::null_mut();
    if !table.version.free_threaded {
        // SAFETY: as above; a new state of this thread, which is not attached.
        spare = unsafe { table.PyThreadState_New(local.state().raw()) };
    }
    if spare.is_null() {
        if let Ok(own) = runtime::main()
            .and_then(|main| thread.local(main))
            .and_then(|main| Own::attach(thread, main))
        {
            drop(own);
        }
        return;
    }
    // SAFETY: attached, cleared and deleted in the documented order; then CPython has none for this thread.
    unsafe {
        table.PyEval_RestoreThread(spare);
        table.PyThreadState_Clear(spare);
        table.PyThreadState_DeleteCurrent();
    }
}
