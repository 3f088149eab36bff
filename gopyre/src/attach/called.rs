//! Calls from Python, from any thread and any interpreter.

use super::Attached;
use super::local::Local;
use super::thread::{THREAD, Thread};
use crate::error::{Error, Result};
use crate::interpreter::State;
use gopyre_sys as sys;
use std::ptr;

/// Runs `f` in a C function that Python called, which it may still do while it finalizes.
///
/// The thread may be any that Python calls from: one of Rust's, one that Python made, and one that went
/// from one interpreter to another by Python's own means. Until `f` returns, `state` is its current interpreter.
///
/// # Errors
/// [`Error::Finalized`] where the interpreter, or the thread, is at its very end.
///
/// # Safety
/// The thread must be attached to the interpreter of `state`.
#[inline]
pub(crate) unsafe fn in_callback<R>(
    state: &'static State,
    f: impl FnOnce(Attached<'_>) -> R,
) -> Result<R> {
    let known = THREAD.with(Thread::known);
    let (local, _called) = match known {
        Some(local) if ptr::eq(local.state(), state) => (local, None),
        _ => {
            let called = THREAD.with(|thread| Called::new(thread, state))?;
            (called.local, Some(called))
        }
    };
    Ok(f(Attached::of(local)))
}

/// Like [`in_callback`], in whichever interpreter the thread is attached to.
///
/// This is for a C function that may be called in an interpreter that we have never heard of: one that
/// Python made, with an extension module of ours imported into it. What we keep for such an interpreter is
/// made here, is found again in every later call, and is let go of when the interpreter ends.
///
/// # Errors
/// As for [`in_callback`], and where memory is short.
///
/// # Safety
/// The thread must be attached to an interpreter of the installed CPython.
#[inline]
pub(crate) unsafe fn in_current<R>(f: impl FnOnce(Attached<'_>) -> R) -> Result<R> {
    /// A call that is not over.
    struct Calls<'t>(&'t Thread);
    impl Drop for Calls<'_> {
        #[inline]
        fn drop(&mut self) {
            self.0.calls.set(self.0.calls.get() - 1);
        }
    }
    THREAD.with(|thread| {
        thread.calls.set(thread.calls.get() + 1);
        let _calls = Calls(thread);
        let (local, _called) = match thread.known() {
            Some(local) => (local, None),
            None => {
                // SAFETY: attached, as the caller promises.
                let state = unsafe { thread.state(sys::table())? };
                let called = Called::new(thread, state)?;
                (called.local, Some(called))
            }
        };
        Ok(f(Attached::of(local)))
    })
}

/// Whether this thread is in a call that [`in_current`] takes up.
pub(crate) fn is_called() -> bool {
    THREAD.with(|thread| thread.calls.get() > 0)
}

/// A stretch in which other code than ours has attached the thread.
pub(super) struct Called {
    pub(super) local: &'static Local,
    /// What we knew before.
    attached: Option<&'static Local>,
    with: *mut sys::PyThreadState,
    current: Option<&'static Local>,
}

impl Called {
    #[inline]
    pub(super) fn new(thread: &Thread, state: &'static State) -> Result<Called> {
        if state.is_ended() {
            return Err(Error::Finalized);
        }
        let local = thread.local(state)?;
        thread.inside.set(thread.inside.get() + 1);
        // SAFETY: attached: what is there is this thread's.
        let with = unsafe { sys::table().current_thread_state() };
        let called = Called {
            local,
            attached: thread.attached.replace(Some(local)),
            with: thread.with.replace(with),
            current: thread.current.replace(Some(local)),
        };
        state.collect(Attached::of(local));
        Ok(called)
    }
}

impl Drop for Called {
    #[inline]
    fn drop(&mut self) {
        let thread = self.local.thread();
        thread.attached.set(self.attached);
        thread.with.set(self.with);
        thread.current.set(self.current);
        thread.leave(self.local, false);
    }
}
