//! A thread's part of one interpreter: its thread state and its names.

use super::Attached;
use super::thread::{THREAD, Thread};
use crate::convert::Names;
use crate::error::{Error, Result};
use crate::fork::Held;
use crate::gate::{Door, GATE};
use crate::interpreter::State;
use crate::runtime;
use gopyre_sys as sys;
use std::cell::Cell;
use std::ptr::{self, NonNull};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Held by a thread that is not attached while it changes CPython's list of thread states, for a fork: below
/// 3.12 CPython does not see to it that nobody else holds the list's lock then.
static LISTING: Mutex<()> = Mutex::new(());

fn listing(table: &sys::Table) -> Option<MutexGuard<'static, ()>> {
    // From 3.12 on the one who forks has the list's lock already, and would wait for one who waits for it.
    (table.version.minor < 12).then(|| LISTING.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Keeps the list of thread states as it is, for a fork.
pub(crate) fn hold() -> Held {
    Box::new(LISTING.lock().unwrap_or_else(PoisonError::into_inner))
}

/// A thread's part of one interpreter.
#[derive(Debug)]
pub(crate) struct Local {
    state: &'static State,
    /// The thread state to attach with. Null where this thread has none yet, or where it is Python's own,
    /// which may be gone at any time and is asked for anew: it stands here in detached stretches alone.
    raw: Cell<*mut sys::PyThreadState>,
    /// Made by us, and so ours to delete.
    owned: Cell<bool>,
    /// The process that it was made in: in a forked one CPython deletes all states but one.
    process: u32,
    /// What `Box` made, for the end.
    this: Cell<*mut Local>,
    /// The thread's way through the gate, one for all its interpreters.
    door: Door,
    names: Names,
    /// The thread's own part.
    thread: NonNull<Thread>,
    /// The same thread's part of another interpreter.
    pub(super) next: Cell<Option<&'static Local>>,
}

impl Local {
    /// A thread's part of an interpreter, which lives until `unleak`.
    pub(super) fn leak(thread: &Thread, state: &'static State, door: Door) -> &'static Local {
        let this = Box::into_raw(Box::new(Local {
            state,
            raw: Cell::new(ptr::null_mut()),
            owned: Cell::new(false),
            process: std::process::id(),
            this: Cell::new(ptr::null_mut()),
            door,
            names: Names::default(),
            thread: NonNull::from(thread),
            next: Cell::new(None),
        }));
        // SAFETY: made just now.
        let local: &'static Local = unsafe { &*this };
        local.this.set(this);
        local
    }

    #[inline]
    pub(crate) fn state(&self) -> &'static State {
        self.state
    }

    #[inline]
    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    #[inline]
    pub(super) fn door(&self) -> &Door {
        &self.door
    }

    /// What the thread knows of itself; to be asked for on that thread.
    #[inline]
    pub(super) fn thread(&self) -> &Thread {
        // SAFETY: a thread's variable without a destructor, which stays where it is until the thread is gone.
        // A `Local` is used by its own thread alone, until that gives it up at its end.
        unsafe { self.thread.as_ref() }
    }

    /// The thread state to attach with.
    ///
    /// # Safety
    /// CPython must have started, and the gate hold finalize off.
    #[inline]
    pub(super) unsafe fn thread_state(&self) -> Result<*mut sys::PyThreadState> {
        let raw = self.raw.get();
        if !raw.is_null() {
            return Ok(raw);
        }
        // SAFETY: as the caller promises.
        unsafe { self.find() }
    }

    /// The thread state that this thread has in the interpreter already, or a new one, which is kept.
    #[cold]
    unsafe fn find(&self) -> Result<*mut sys::PyThreadState> {
        // SAFETY: CPython has started; what it takes for this thread's state is null or lives; a new one may
        // be made without being attached.
        unsafe {
            let table = sys::table();
            let found = table.PyGILState_GetThisThreadState();
            if !found.is_null() && table.PyThreadState_GetInterpreter(found) == self.state.raw() {
                return Ok(found);
            }
            // The first state that a thread gets is the one that `PyGILState` functions use, below 3.12 for
            // good: it must be the main interpreter's.
            if !self.state.is_main() {
                let main = THREAD.with(|thread| thread.local(runtime::main()?))?;
                main.thread_state()?;
            }
            let listing = listing(table);
            let made = table.PyThreadState_New(self.state.raw());
            drop(listing);
            if made.is_null() {
                return Err(Error::Start("no memory for a thread state".to_owned()));
            }
            self.adopt(made);
            Ok(made)
        }
    }

    /// Takes over a thread state of this thread and this interpreter.
    pub(crate) fn adopt(&self, raw: *mut sys::PyThreadState) {
        self.raw.set(raw);
        self.owned.set(true);
    }

    /// Sets the thread state to attach with, and returns what it was.
    #[inline]
    pub(super) fn replace(&self, raw: *mut sys::PyThreadState) -> *mut sys::PyThreadState {
        self.raw.replace(raw)
    }

    /// Called by the thread itself, at its end, detached.
    pub(super) fn end(&'static self) {
        if self.state.is_ended() {
            // SAFETY: whoever ended the interpreter is done with it.
            drop(unsafe { self.unleak() });
            return;
        }
        // SAFETY: whoever has a part in an interpreter has installed the table, which stays.
        let table = unsafe { sys::table() };
        let alone = self.owned.get() && table.version.free_threaded && self.state.is_main();
        // Waiting here for the GIL, or for a gate that is closing, would make joining this thread wait for it
        // too, which is a deadlock where the joining thread is attached, or what the gate waits for. Whoever
        // attaches next cleans up.
        if !alone || !self.door.try_enter() {
            self.state.leave_thread(self);
            return;
        }
        // SAFETY: the gate holds finalize off; this thread's own state, attached, cleared and deleted in the documented order; then
        // nothing refers to this.
        unsafe {
            table.PyEval_RestoreThread(self.raw.get());
            self.names.release(table);
            table.PyThreadState_Clear(self.raw.get());
            table.PyThreadState_DeleteCurrent();
            self.door.leave();
            drop(self.unleak());
        }
    }

    /// Takes back what `leak` made.
    ///
    /// # Safety
    /// Once, and nothing may refer to it afterwards.
    pub(crate) unsafe fn unleak(&self) -> Box<Local> {
        // SAFETY: made by `Box::into_raw`.
        unsafe { Box::from_raw(self.this.get()) }
    }

    /// Whether the thread state is there to be deleted by us.
    fn is_ours(&self) -> bool {
        self.owned.get() && self.process == std::process::id()
    }

    /// Lets go of what a thread has in an interpreter that is being ended: of its names and its thread
    /// state. The thread frees the rest.
    ///
    /// # Safety
    /// The calling thread must be attached to the interpreter, and no other thread use this.
    pub(crate) unsafe fn strip(&self, py: Attached<'_>) {
        // SAFETY: attached; nobody else uses the names. A thread leaves an interpreter other than the main
        // one only after CPython takes another thread state, or none, for the thread's own; so deleting
        // it disturbs neither this thread nor that one.
        unsafe {
            self.names.release(&py);
            let is_ours = self.is_ours();
            self.owned.set(false);
            if is_ours {
                let raw = self.raw.replace(ptr::null_mut());
                py.PyThreadState_Clear(raw);
                py.PyThreadState_Delete(raw);
            }
        }
    }

    /// The thread state, if it is ours.
    pub(crate) fn own_state(&self) -> Option<*mut sys::PyThreadState> {
        self.owned.get().then(|| self.raw.get())
    }

    /// The thread state that is kept to attach with, or null.
    #[inline]
    pub(super) fn raw(&self) -> *mut sys::PyThreadState {
        self.raw.get()
    }

    /// Deletes the thread state, if it is ours, and says so: whoever ends the interpreter must not find it there.
    ///
    /// # Safety
    /// This thread's part, detached; the gate must hold finalize off, and the interpreter live.
    pub(super) unsafe fn discard(&self) -> bool {
        if !self.owned.replace(false) {
            return false;
        }
        let raw = self.raw.replace(ptr::null_mut());
        // SAFETY: attached, cleared and deleted in the documented order.
        unsafe {
            let table = sys::table();
            table.PyEval_RestoreThread(raw);
            self.names.release(table);
            table.PyThreadState_Clear(raw);
            table.PyThreadState_DeleteCurrent();
        }
        true
    }

    /// Gives up the thread state, which ends with its interpreter.
    ///
    /// # Safety
    /// The thread must be attached to the interpreter.
    pub(super) unsafe fn give_up(&self, table: &sys::Table) {
        // SAFETY: attached, as the caller promises.
        unsafe { self.names.release(table) };
        self.owned.set(false);
        self.raw.set(ptr::null_mut());
    }

    /// Lets go of the states of threads that have ended.
    pub(crate) fn release(ended: Vec<Local>, py: Attached<'_>) {
        // From 3.12 on, deleting a state forgets the *deleting* thread's own, so a thread without one
        // does it. A debug build asserts that nobody does: there the states stay until the end. States of
        // other interpreters than the main one have been forgotten when their thread left them.
        let own = (py.version.major, py.version.minor) < (3, 12) || !py.state().is_main();
        // Behind a closed gate CPython is about to clear and delete them itself, and free-threaded ones do not
        // bear being cleared twice.
        let keep = !own && (py.version.debug || GATE.is_closed());
        let mut cleared = Vec::new();
        for local in ended {
            // SAFETY: attached; the thread is gone, so nobody else uses its names and its state.
            unsafe {
                local.names.release(&py);
                if local.is_ours() && !keep {
                    py.PyThreadState_Clear(local.raw.get());
                    cleared.push(local);
                }
            }
        }
        if own {
            for local in cleared {
                // SAFETY: cleared, and not this thread's.
                unsafe { py.PyThreadState_Delete(local.raw.get()) };
            }
        } else if !cleared.is_empty() {
            let door = GATE.passed();
            let work = Cleared(cleared, door.clone());
            let thread = std::thread::Builder::new().name("gopyre-release".to_owned());
            if thread.spawn(move || work.delete()).is_err() {
                door.leave();
            }
        }
    }
}

/// Cleared thread states on their way to a thread that may delete them.
struct Cleared(Vec<Local>, Door);

// SAFETY: the states belong to no thread any more; they are only deleted.
unsafe impl Send for Cleared {}

impl Cleared {
    fn delete(self) {
        for local in self.0 {
            // SAFETY: whoever has a thread state has installed the table.
            let _listing = listing(unsafe { sys::table() });
            // SAFETY: cleared and not attached anywhere; this thread has no state of its own, and the
            // gate holds finalize off until the door is left.
            unsafe { sys::table().PyThreadState_Delete(local.raw.get()) };
        }
        self.1.leave();
    }
}
