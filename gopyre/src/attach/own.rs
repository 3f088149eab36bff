//! Attachments that are not within another of ours.

use super::Attached;
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
    /// Code that does not know of us had attached the thread.
    found: Option<Box<Called>>,
    /// Code that does not know of us had detached the thread from where we had attached it.
    _stale: Option<Box<Stale>>,
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
            match thread.current.get() {
                Some(local) => Own::attach(thread, local),
                None => Own::attach(thread, thread.local(runtime::ready()?)?),
            }
        })
    }

    #[cold]
    fn enter_stale(thread: &Thread) -> Result<Own> {
        let Some(stale) = Stale::new(thread) else {
            return Err(Error::Finalized);
        };
        let mut own = Own::attach(thread, stale.local)?;
        own._stale = Some(Box::new(stale));
        Ok(own)
    }

    /// Attaches a thread that is not attached as far as we know.
    #[inline]
    pub(super) fn attach(thread: &Thread, local: &'static Local) -> Result<Own> {
        let first = thread.inside.get() == 0;
        if first {
            local.door().enter()?;
        } else if thread.is_overtaken() {
            return Err(Error::Finalized);
        }
        // SAFETY: CPython has started, and the gate holds finalize off.
        let (table, found) = unsafe {
            let table = sys::table();
            (table, thread.now(table))
        };
        // SAFETY: as above.
        let raw = unsafe { local.thread_state() };
        match raw {
            // Null is no thread's state: nobody has attached this one.
            Ok(raw) if found.is_null() || found != raw && table.version.minor < 12 => {
                // SAFETY: this thread's own state, which is not attached; the gate holds finalize off.
                unsafe {
                    table.PyEval_RestoreThread(raw);
                    thread.has_attached(local, raw);
                }
                thread.inside.set(thread.inside.get() + 1);
                local.state().collect(Attached::of(local));
                Ok(Own {
                    local,
                    found: None,
                    _stale: None,
                })
            }
            raw => {
                let called = raw.and_then(|raw| Own::find(thread, local, found == raw));
                if first && called.is_err() {
                    local.door().leave();
                }
                called
            }
        }
    }

    /// Finds the thread attached by other code. Below 3.12 one can only know where that is to our own state.
    #[cold]
    fn find(thread: &Thread, local: &'static Local, own: bool) -> Result<Own> {
        let state = match own {
            true => local.state(),
            // SAFETY: attached: from 3.12 on, what was found is this thread's.
            false => unsafe { State::current(sys::table())? },
        };
        let called = Called::new(thread, state)?;
        Ok(Own {
            local: called.local,
            found: Some(Box::new(called)),
            _stale: None,
        })
    }
}

impl Drop for Own {
    #[inline]
    fn drop(&mut self) {
        if self.found.is_none() {
            THREAD.with(|thread| {
                thread.attached.set(None);
                // SAFETY: attached by `attach`.
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
