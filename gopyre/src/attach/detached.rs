//! Stretches in which a thread that was attached is not.

use super::local::Local;
use super::thread::{THREAD, Thread};
use crate::runtime;
use gopyre_sys as sys;
use std::ptr;

/// Detaches also within a conversion, for code that uses no object meanwhile.
pub(crate) fn detach_now<R>(f: impl FnOnce() -> R) -> R {
    // Before the start there is nothing to detach from, and no table to do it with.
    let started = THREAD.with(|thread| thread.attached.get()).is_some() || runtime::main().is_ok();
    let _detached = started.then(|| THREAD.with(Detached::new));
    f()
}

/// A stretch in which a thread that was attached, by us or by others, is not.
pub(super) struct Detached {
    /// What we knew.
    attached: Option<&'static Local>,
    /// The state with which it was attached.
    with: *mut sys::PyThreadState,
    /// The state that was attached, which may be one that we do not know; null where C code had detached it.
    raw: *mut sys::PyThreadState,
    /// The state that is otherwise attached with.
    known: *mut sys::PyThreadState,
}

impl Detached {
    pub(super) fn new(thread: &Thread) -> Option<Detached> {
        let (attached, with) = (thread.attached.take(), thread.with.get());
        let known = attached.map(|local| local.replace(with));
        // SAFETY: CPython has started. Below 3.12, what is attached may be another thread's state, so it is
        // compared with this thread's.
        let raw = unsafe {
            let table = sys::table();
            let now = table.current_thread_state();
            let own = !now.is_null()
                && (table.version.minor >= 12
                    || attached.is_some() && now == with
                    || now == table.PyGILState_GetThisThreadState());
            if own {
                table.PyEval_SaveThread()
            } else {
                ptr::null_mut()
            }
        };
        if attached.is_none() && raw.is_null() {
            return None;
        }
        let known = known.unwrap_or(ptr::null_mut());
        Some(Detached {
            attached,
            with,
            raw,
            known,
        })
    }

    /// Whether the end of the stretch attaches the thread, which C code may have detached before it.
    pub(super) fn will_attach(&self) -> bool {
        !self.raw.is_null()
    }
}

impl Drop for Detached {
    /// Attaches again, also where a panic passes.
    fn drop(&mut self) {
        THREAD.with(Thread::stay_out);
        if let Some(local) = self.attached {
            local.replace(self.known);
        }
        if !self.raw.is_null() {
            // SAFETY: this thread's own state, detached by `new`; the gate holds finalize off (rules 3, 4), or
            // whoever attached it does.
            unsafe { sys::table().PyEval_RestoreThread(self.raw) };
        }
        THREAD.with(|thread| {
            thread.attached.set(self.attached);
            thread.with.set(self.with);
            if self.will_attach() {
                let other = self.attached.filter(|local| !local.state().is_main());
                thread.bound.set(other);
            }
        });
    }
}
