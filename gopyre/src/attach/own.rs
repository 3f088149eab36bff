//! Attachments that are not within another of ours.

use super::called::Called;
use super::local::Local;
use super::thread::{THREAD, Thread};
use crate::error::{Error, Result};
use crate::interpreter::State;
use crate::runtime;
use gopyre_sys as sys;

/// An attachment that is not within another of ours.
pub(super) struct Own {
    pub(super) local: &'static Local,
    /// What was not as we had left it, which is rare.
    odd: Option<Box<Odd>>,
}

/// What other code has done to a thread.
#[derive(Default)]
struct Odd {
    /// Code that does not know of us had attached it.
    found: Option<Called>,
    /// Code that does not know of us had detached it from where we had attached it.
    _stale: Option<Stale>,
}

/// A stretch in which C code has released what we had attached, as `ctypes` does around a call.
struct Stale {
    local: &'static Local,
    with: *mut sys::PyThreadState,
    known: *mut sys::PyThreadState,
}

impl Own {
    /// Attaches a thread, which is not attached as far as we know, to its current interpreter.
    ///
    /// Not part of the nested case, which is small enough to be inlined.
    #[inline(never)]
    pub(super) fn enter() -> Result<Own> {
        THREAD.with(|thread| {
            if thread.attached.get().is_some() {
                return Own::enter_stale(thread);
            }
            let local = match thread.current.get() {
                Some(local) => local,
                None => thread.local(runtime::ready()?)?,
            };
            match Own::attach_again(thread, local) {
                true => Ok(Own { local, odd: None }),
                false => Own::attach(thread, local),
            }
        })
    }

    #[cold]
    fn enter_stale(thread: &Thread) -> Result<Own> {
        let Some(stale) = Stale::new(thread) else {
            return Err(Error::Finalized);
        };
        let mut own = Own::attach(thread, stale.local)?;
        own.odd.get_or_insert_default()._stale = Some(stale);
        Ok(own)
    }

    /// Attaches a thread that comes from outside, and has a state of its own: nearly every one that attaches.
    #[inline]
    fn attach_again(thread: &Thread, local: &'static Local) -> bool {
        let raw = local.raw();
        if raw.is_null() || thread.inside.get() > 0 || !local.door().try_enter() {
            return false;
        }
        // SAFETY: the gate holds finalize off (rule 3), and the state is this thread's (rule 4).
        unsafe {
            let is_detached = thread.is_detached(raw);
            match is_detached {
                true => thread.restore(local, raw),
                false => local.door().leave(),
            }
            is_detached
        }
    }

    /// Attaches a thread that is not attached as far as we know.
    #[inline(never)]
    pub(super) fn attach(thread: &Thread, local: &'static Local) -> Result<Own> {
        let first = thread.inside.get() == 0;
        if first {
            local.door().enter()?;
        } else if thread.is_overtaken() {
            return Err(Error::Finalized);
        }
        // SAFETY: the gate holds finalize off (rule 3), and what is found is this thread's state (rule 4).
        let own = unsafe {
            local.thread_state().and_then(|raw| {
                if thread.is_detached(raw) {
                    thread.restore(local, raw);
                    return Ok(Own { local, odd: None });
                }
                Own::find(thread, local, raw)
            })
        };
        if first && own.is_err() {
            local.door().leave();
        }
        own
    }

    /// Finds the thread attached by other code. Below 3.12 one can only know where that is to our own state.
    ///
    /// # Safety
    /// CPython must have started, and `raw` be the thread's own state in the interpreter of `local`.
    unsafe fn find(
        thread: &Thread,
        local: &'static Local,
        raw: *mut sys::PyThreadState,
    ) -> Result<Own> {
        // SAFETY: attached: from 3.12 on, what is found is this thread's.
        let state = unsafe {
            let table = sys::table();
            match thread.now(table) == raw {
                true => local.state(),
                false => State::current(table)?,
            }
        };
        let called = Called::new(thread, state)?;
        Ok(Own {
            local: called.local,
            odd: Some(Box::new(Odd {
                found: Some(called),
                _stale: None,
            })),
        })
    }
}

impl Drop for Own {
    #[inline]
    fn drop(&mut self) {
        if self.odd.as_ref().is_none_or(|odd| odd.found.is_none()) {
            THREAD.with(|thread| {
                thread.attached.set(None);
                // SAFETY: attached by `restore`.
                unsafe { sys::table().PyEval_SaveThread() };
                thread.leave(self.local, true);
            });
        }
    }
}

impl Stale {
    fn new(thread: &Thread) -> Option<Stale> {
        let (local, with) = (thread.attached.take()?, thread.with.get());
        let known = local.replace(with);
        Some(Stale { local, with, known })
    }
}

impl Drop for Stale {
    fn drop(&mut self) {
        self.local.replace(self.known);
        THREAD.with(|thread| {
            thread.attached.set(Some(self.local));
            thread.with.set(self.with);
        });
    }
}
