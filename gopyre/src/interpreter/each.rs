//! One value per interpreter.

use crate::attach::Attached;
use crate::interpreter::State;
use std::cell::UnsafeCell;
use std::fmt;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// A value of which every interpreter has one of its own, such as a class: no two may share an object.
///
/// Reading it writes nothing. In the main interpreter it costs a comparison more than a `OnceLock`; in
/// others a walk through a list that is as long as the number of interpreters that live at a time.
pub(crate) struct Each<T> {
    main: OnceLock<T>,
    others: AtomicPtr<Node<T>>,
    /// Held while the list changes, never while Python runs (rule 7).
    changing: Mutex<()>,
}

/// A place for an interpreter's value, handed on when the interpreter has ended.
struct Node<T> {
    owner: AtomicPtr<State>,
    value: UnsafeCell<T>,
    next: *mut Node<T>,
}

// SAFETY: the values are read through shared references, from any thread; they are replaced where nobody
// can read them any more.
unsafe impl<T: Send + Sync> Sync for Each<T> {}
// SAFETY: the list is owned.
unsafe impl<T: Send> Send for Each<T> {}

impl<T> Each<T> {
    pub(crate) const fn new() -> Each<T> {
        Each {
            main: OnceLock::new(),
            others: AtomicPtr::new(ptr::null_mut()),
            changing: Mutex::new(()),
        }
    }

    /// The attached interpreter's value, if it is set.
    #[inline]
    pub(crate) fn get<'a>(&'a self, py: Attached<'a>) -> Option<&'a T> {
        if py.state().is_main() {
            self.main.get()
        } else {
            self.other(py.state())
        }
    }

    /// Sets the attached interpreter's value, unless another thread was faster, and returns it.
    pub(crate) fn set<'a>(&'a self, py: Attached<'a>, value: T) -> &'a T {
        let state = py.state();
        if state.is_main() {
            return self.main.get_or_init(|| value);
        }
        let changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = self.other(state) {
            // Letting go of a value may run Python.
            drop(changing);
            drop(value);
            return found;
        }
        let owner = ptr::from_ref(state).cast_mut();
        for node in self.nodes() {
            // SAFETY: the owner of a node is a state, which lives as long as the process.
            let free = unsafe { &*node.owner.load(Ordering::Relaxed) }.is_ended();
            if free {
                // SAFETY: whoever was attached to the owner could read the value, and nobody can be any
                // more. Of this thread nobody looks at the node before it has its new owner.
                let old = unsafe { std::mem::replace(&mut *node.value.get(), value) };
                node.owner.store(owner, Ordering::Release);
                drop(changing);
                drop(old);
                // SAFETY: the value of an interpreter that is attached stays.
                return unsafe { &*node.value.get() };
            }
        }
        let node = Box::into_raw(Box::new(Node {
            owner: AtomicPtr::new(owner),
            value: UnsafeCell::new(value),
            next: self.others.load(Ordering::Relaxed),
        }));
        self.others.store(node, Ordering::Release);
        // SAFETY: made above; nodes stay as long as the list.
        unsafe { &*(*node).value.get() }
    }

    fn nodes(&self) -> impl Iterator<Item = &Node<T>> {
        let mut next = self.others.load(Ordering::Acquire);
        std::iter::from_fn(move || {
            // SAFETY: null or a node, which stays as long as the list.
            let node = unsafe { next.as_ref() }?;
            next = node.next;
            Some(node)
        })
    }

    fn other(&self, state: &'static State) -> Option<&T> {
        let node = self.nodes().find(|node| {
            let owner = node.owner.load(Ordering::Acquire);
            ptr::eq(owner, state)
        })?;
        // SAFETY: the node is this interpreter's until that has ended, which whoever is attached holds off.
        Some(unsafe { &*node.value.get() })
    }
}

impl<T> Drop for Each<T> {
    fn drop(&mut self) {
        let mut next = *self.others.get_mut();
        while !next.is_null() {
            // SAFETY: made by `Box::into_raw`, and the list is nobody else's any more.
            let node = unsafe { Box::from_raw(next) };
            next = node.next;
        }
    }
}

impl<T> fmt::Debug for Each<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Each").finish_non_exhaustive()
    }
}
