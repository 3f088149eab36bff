//! A reference that outlives its attachment.

use crate::attach;
use crate::interpreter::State;
use crate::reference::Ref;
use gopyre_sys as sys;
use std::fmt;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering, fence};

/// A reference to an object, usable from any thread.
///
/// A clone made while attached has a reference of its own. One made elsewhere cannot take one, and must
/// not wait for the interpreter: it shares the reference of the handle that it was made from.
pub(super) struct Handle {
    raw: NonNull<sys::PyObject>,
    state: &'static State,
    /// The count of handles that share the reference; null while there is one.
    shared: AtomicPtr<AtomicUsize>,
}

// SAFETY: the object is touched by attached threads alone; the count is atomic (rule 5).
unsafe impl Send for Handle {}
// SAFETY: as above.
unsafe impl Sync for Handle {}

impl Handle {
    #[inline]
    pub(super) fn new(object: Ref<'_>) -> Handle {
        let state = object.py().state();
        Handle {
            raw: object.into_ptr(),
            state,
            shared: AtomicPtr::default(),
        }
    }

    pub(super) fn as_ptr(&self) -> *mut sys::PyObject {
        self.raw.as_ptr()
    }

    pub(super) fn state(&self) -> &'static State {
        self.state
    }

    /// Whether another handle may have the same reference.
    pub(super) fn is_shared(&self) -> bool {
        !self.shared.load(Ordering::Acquire).is_null()
    }

    /// Shares this handle's reference with one more handle.
    fn share(&self) -> AtomicPtr<AtomicUsize> {
        let mut shared = self.shared.load(Ordering::Acquire);
        if shared.is_null() {
            let count = Box::into_raw(Box::new(AtomicUsize::new(1)));
            match self
                .shared
                .compare_exchange(shared, count, Ordering::AcqRel, Ordering::Acquire)
            {
                Ok(_) => shared = count,
                Err(other) => {
                    // SAFETY: made above, and another thread's count was taken instead.
                    drop(unsafe { Box::from_raw(count) });
                    shared = other;
                }
            }
        }
        // SAFETY: the count lives while a handle shares it, which this one does.
        unsafe { (*shared).fetch_add(1, Ordering::Relaxed) };
        AtomicPtr::new(shared)
    }

    /// Whether this was the last handle of its reference.
    #[inline]
    fn is_last(&mut self) -> bool {
        let Some(count) = NonNull::new(*self.shared.get_mut()) else {
            return true;
        };
        // SAFETY: the count lives while a handle shares it, which this one does.
        if unsafe { count.as_ref() }.fetch_sub(1, Ordering::Release) != 1 {
            return false;
        }
        fence(Ordering::Acquire);
        // SAFETY: made by `share`, and nobody shares it any more.
        drop(unsafe { Box::from_raw(count.as_ptr()) });
        true
    }
}

impl Clone for Handle {
    fn clone(&self) -> Handle {
        let owned = attach::if_attached(|py| {
            let here = std::ptr::eq(py.state(), self.state);
            if here {
                // SAFETY: attached to the object's interpreter, and a live object.
                unsafe { py.Py_IncRef(self.as_ptr()) };
            }
            here
        });
        let shared = if owned == Some(true) {
            AtomicPtr::default()
        } else {
            self.share()
        };
        Handle {
            raw: self.raw,
            state: self.state,
            shared,
        }
    }
}

impl Drop for Handle {
    #[inline]
    fn drop(&mut self) {
        if !self.is_last() {
            return;
        }
        let released = attach::if_attached(|py| {
            let here = std::ptr::eq(py.state(), self.state);
            if here {
                // SAFETY: attached to the object's interpreter; the reference is ours.
                unsafe { py.Py_DecRef(self.as_ptr()) };
            }
            here
        });
        if released != Some(true) {
            self.state.leave_reference(self.raw);
        }
    }
}

impl fmt::Debug for Handle {
    /// The address: anything more would need the interpreter.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:p}", self.raw)
    }
}
