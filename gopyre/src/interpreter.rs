//! What gopyre keeps for each interpreter of the process.

use crate::attach::{Attached, Local};
use crate::buffer::Borrowed;
use gopyre_sys as sys;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// One interpreter: its identity, and what other threads have left for it to let go of.
#[derive(Debug)]
pub(crate) struct State {
    raw: NonNull<sys::PyInterpreterState>,
    /// Set while `left` holds anything, so that an attach need not look.
    has_left: AtomicBool,
    left: Mutex<Left>,
}

/// Things that only an attached thread may let go of.
#[derive(Debug, Default)]
struct Left {
    references: Vec<NonNull<sys::PyObject>>,
    views: Vec<Borrowed>,
    threads: Vec<Local>,
}

// SAFETY: the interpreter lives as long as its state is reachable; references and thread states in
// `left` are owned by it and touched by attached threads alone (rule 5).
unsafe impl Send for State {}
// SAFETY: as above.
unsafe impl Sync for State {}

impl State {
    /// The state of the interpreter that this thread is attached to; lives as long as the process.
    pub(crate) fn new(raw: NonNull<sys::PyInterpreterState>) -> &'static State {
        Box::leak(Box::new(State {
            raw,
            has_left: AtomicBool::new(false),
            left: Mutex::default(),
        }))
    }

    pub(crate) fn raw(&self) -> *mut sys::PyInterpreterState {
        self.raw.as_ptr()
    }

    /// Takes a reference that was dropped where the interpreter is not attached.
    pub(crate) fn leave_reference(&self, object: NonNull<sys::PyObject>) {
        self.leave(|left| left.references.push(object));
    }

    /// Takes a view of Python's memory that was dropped there.
    pub(crate) fn leave_view(&self, view: Borrowed) {
        self.leave(|left| left.views.push(view));
    }

    /// Takes the thread state of a thread that has ended.
    pub(crate) fn leave_thread(&self, local: Local) {
        self.leave(|left| left.threads.push(local));
    }

    fn leave(&self, put: impl FnOnce(&mut Left)) {
        // Held for a push alone, never while Python runs (rule 7).
        put(&mut self.left.lock().unwrap_or_else(PoisonError::into_inner));
        self.has_left.store(true, Ordering::Release);
    }

    /// Lets go of what other threads have left.
    #[inline]
    pub(crate) fn collect(&self, py: Attached<'_>) {
        if self.has_left.load(Ordering::Relaxed) {
            self.collect_now(py);
        }
    }

    #[cold]
    fn collect_now(&self, py: Attached<'_>) {
        self.has_left.store(false, Ordering::Release);
        let left = std::mem::take(&mut *self.left.lock().unwrap_or_else(PoisonError::into_inner));
        for object in left.references {
            // SAFETY: attached, and the reference was given up by its owner (rule 5).
            unsafe { py.Py_DecRef(object.as_ptr()) };
        }
        for view in left.views {
            view.release(&py);
        }
        Local::release(left.threads, py);
    }
}
