//! What a thread knows of itself, and what it hands over when it ends.

use super::Attached;
use super::local::Local;
use crate::error::{Error, Result};
use crate::gate::{Door, GATE};
use crate::interpreter::State;
use crate::output;
use gopyre_sys as sys;
use std::cell::Cell;
use std::ptr;

/// What a thread knows of itself. Without a destructor, so that it can be read until the very end.
pub(super) struct Thread {
    /// The interpreter that is attached now.
    pub(super) attached: Cell<Option<&'static Local>>,
    /// The thread state that is attached then, and not if other code has detached or replaced it.
    pub(super) with: Cell<*mut sys::PyThreadState>,
    /// Where CPython has the state that is attached; null where that is not known.
    place: Cell<*const *mut sys::PyThreadState>,
    /// Whether that was looked for.
    looked: Cell<bool>,
    /// The interpreter that the thread is in, attached or not; none is the main one.
    pub(super) current: Cell<Option<&'static Local>>,
    main: Cell<Option<&'static Local>>,
    others: Cell<Option<&'static Local>>,
    /// The interpreter other than the main one whose thread state CPython takes for this thread's.
    pub(super) bound: Cell<Option<&'static Local>>,
    /// Attachments that are not over, detached stretches included.
    pub(super) inside: Cell<u32>,
    /// Conversions that are not over.
    pub(super) converting: Cell<u32>,
    /// Calls from Python that are not over.
    pub(super) calls: Cell<u32>,
    /// The thread ends CPython.
    pub(super) ends: Cell<bool>,
    /// The thread's states have been handed over; the thread is about to end.
    ended: Cell<bool>,
}

thread_local! {
    pub(super) static THREAD: Thread = const {
        Thread {
            attached: Cell::new(None),
            with: Cell::new(ptr::null_mut()),
            place: Cell::new(ptr::null()),
            looked: Cell::new(false),
            current: Cell::new(None),
            main: Cell::new(None),
            others: Cell::new(None),
            bound: Cell::new(None),
            inside: Cell::new(0),
            converting: Cell::new(0),
            calls: Cell::new(0),
            ends: Cell::new(false),
            ended: Cell::new(false),
        }
    };
    static END: End = const { End };
}

/// Hands the thread's states over when the thread ends.
struct End;

impl Drop for End {
    fn drop(&mut self) {
        THREAD.with(|thread| {
            thread.ended.set(true);
            // The process may exit inside a call: then the states are in use until the very end.
            if thread.inside.get() > 0 {
                return;
            }
            let mut next = thread.others.take();
            while let Some(local) = next {
                next = local.next.take();
                local.end();
            }
            if let Some(local) = thread.main.take() {
                local.end();
            }
        });
    }
}

impl Thread {
    /// This thread's part of an interpreter, made if need be.
    #[inline]
    pub(super) fn local(&self, state: &'static State) -> Result<&'static Local> {
        match self.main.get() {
            Some(local) if state.is_main() => Ok(local),
            _ => self.other(state),
        }
    }

    #[cold]
    fn other(&self, state: &'static State) -> Result<&'static Local> {
        let mut place = &self.others;
        while let Some(local) = place.get() {
            if ptr::eq(local.state(), state) {
                return Ok(local);
            }
            if local.state().is_ended() && self.inside.get() == 0 {
                place.set(local.next.take());
                // SAFETY: unreachable: whoever ended the interpreter is done with it.
                drop(unsafe { local.unleak() });
                continue;
            }
            place = &local.next;
        }
        // Once the states are handed over, another one would break the promise of one per thread.
        if self.ended.get() || END.try_with(|_| ()).is_err() {
            return Err(Error::Finalized);
        }
        let any = self.main.get().or(self.others.get());
        let door = any.map_or_else(|| GATE.door(), |local| local.door().clone());
        let local = Local::leak(self, state, door);
        if state.is_main() {
            self.main.set(Some(local));
            return Ok(local);
        }
        if let Err(error) = state.add_thread(local) {
            // SAFETY: made just now, and nobody has it.
            drop(unsafe { local.unleak() });
            return Err(error);
        }
        local.next.set(self.others.replace(Some(local)));
        Ok(local)
    }

    /// The interpreter that this thread is attached to by us. Not where other code has released it since, or
    /// has attached the thread to something else.
    #[inline]
    pub(super) fn known(&self) -> Option<&'static Local> {
        let local = self.attached.get()?;
        // SAFETY: attached once, so CPython has started.
        let now = unsafe { self.now(sys::table()) };
        // Comparing with one's own is right on every version.
        (now == self.with.get()).then_some(local)
    }

    /// The thread state that is attached now, or null, as `current_thread_state` has it.
    ///
    /// # Safety
    /// CPython must have started.
    #[inline]
    pub(super) unsafe fn now(&self, table: &sys::Table) -> *mut sys::PyThreadState {
        let place = self.place.get();
        // SAFETY: this thread's own variable, which lives as long as the thread (rule 4); else as the caller promises.
        unsafe {
            match place.is_null() {
                false => place.read(),
                true => table.current_thread_state(),
            }
        }
    }

    /// Whether nobody has attached this thread, whose own state is `raw`.
    ///
    /// # Safety
    /// CPython must have started.
    #[inline]
    pub(super) unsafe fn is_detached(&self, raw: *mut sys::PyThreadState) -> bool {
        // SAFETY: as the caller promises.
        let (table, now) = unsafe {
            let table = sys::table();
            (table, self.now(table))
        };
        // Below 3.12 another state may be that of the thread which runs Python now.
        now.is_null() || now != raw && table.version.minor < 12
    }

    /// Attaches this thread from outside, or from a detached stretch.
    ///
    /// # Safety
    /// `raw` must be its own state in the interpreter of `local`, and not be attached; the gate must hold finalize off.
    #[inline]
    pub(super) unsafe fn restore(&self, local: &'static Local, raw: *mut sys::PyThreadState) {
        // SAFETY: as the caller promises.
        unsafe {
            sys::table().PyEval_RestoreThread(raw);
            self.has_attached(local, raw);
        }
        self.inside.set(self.inside.get() + 1);
        local.state().collect(Attached::of(local));
    }

    /// Looks for the place where CPython has the state that is attached.
    ///
    /// # Safety
    /// The thread must just have been attached with `with`.
    #[cold]
    unsafe fn look(&self, with: *mut sys::PyThreadState) {
        self.looked.set(true);
        // SAFETY: as the caller promises; nothing relies on the attachment yet.
        unsafe {
            let table = sys::table();
            table.find_current_place(with);
            self.place.set(table.current_place(with));
        }
    }

    /// The interpreter that this thread is attached to, by whomever.
    ///
    /// # Safety
    /// The thread must be attached.
    #[inline]
    pub(super) unsafe fn state(&self, table: &sys::Table) -> Result<&'static State> {
        // SAFETY: as the caller promises. No interpreter is where the main one is, as long as that lives.
        unsafe {
            match self.main.get() {
                Some(main) if main.state().raw() == table.PyInterpreterState_Get() => {
                    Ok(main.state())
                }
                _ => State::current(table),
            }
        }
    }

    /// Takes note of an attachment.
    ///
    /// # Safety
    /// The thread must just have been attached with `with`.
    #[inline]
    pub(super) unsafe fn has_attached(&self, local: &'static Local, with: *mut sys::PyThreadState) {
        if !self.looked.get() {
            // SAFETY: as the caller promises.
            unsafe { self.look(with) };
        }
        self.attached.set(Some(local));
        self.with.set(with);
        self.bound.set((!local.state().is_main()).then_some(local));
    }

    /// This thread's way through the gate, if it has been here before.
    pub(super) fn door(&self) -> Option<&'static Door> {
        self.main.get().or(self.others.get()).map(Local::door)
    }

    /// Whether another part of the process has ended CPython while this thread was inside.
    #[inline]
    pub(super) fn is_overtaken(&self) -> bool {
        GATE.is_shut() && !self.ends.get()
    }

    /// Keeps an overtaken thread from coming back to Python: it waits for the end of the process, as CPython
    /// lets the threads wait that it knows of.
    #[inline]
    pub(super) fn stay_out(&self) {
        while self.is_overtaken() {
            std::thread::park();
        }
    }

    /// Ends one stretch inside; the outermost one writes what was printed, where the thread is detached.
    #[inline]
    pub(super) fn leave(&self, local: &'static Local, detached: bool) {
        let inside = self.inside.get() - 1;
        if inside == 0 && detached {
            output::flush();
        }
        self.inside.set(inside);
        if inside == 0 {
            local.door().leave();
        }
    }
}
