//! Thread states: attach, detach, and what happens when a thread ends.
//!
//! A thread has one thread state per interpreter, made at its first attach and kept until it ends, so
//! that an attach is one `PyEval_RestoreThread` and what extension modules remember of the thread
//! stays true. Attaching inside an attachment is a counter.

use crate::convert::Names;
use crate::error::{Error, Result};
use crate::gate::{Door, GATE};
use crate::interpreter::State;
use crate::{output, runtime};
use gopyre_sys as sys;
use std::cell::Cell;
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;

/// Holds the interpreter around many calls.
///
/// Every function of this crate attaches by itself; inside `attach` doing so costs a counter. The
/// default runtime starts if none runs. What `f` prints is flushed when it returns.
///
/// Other threads cannot run Python meanwhile (except in free-threaded builds): around anything that
/// waits, use [`detach`].
///
/// # Errors
/// The runtime cannot start, or is [finalized](Error::Finalized).
///
/// ```
/// let sum = gopyre::attach(|| {
///     (0..3).map(|n| gopyre::exec::<i64>("n * n", serde_json::json!({ "n": n }))).sum::<gopyre::Result<i64>>()
/// })??;
/// assert_eq!(sum, 5);
/// # Ok::<(), gopyre::Error>(())
/// ```
pub fn attach<R>(f: impl FnOnce() -> R) -> Result<R> {
    let _guard = Guard::enter()?;
    Ok(f())
}

/// Lets other threads run Python while `f` runs; does nothing where this thread is not attached.
///
/// Nor does it within a conversion, in a `Serialize` or `Deserialize` that gopyre calls: what is being
/// converted needs the interpreter.
///
/// This is the way around the one deadlock everybody meets: a Rust lock that is waited for while the
/// interpreter is held by this thread and wanted by the lock's owner.
///
/// ```
/// use std::sync::Mutex;
///
/// static TOTAL: Mutex<i64> = Mutex::new(0);
/// gopyre::attach(|| {
///     let answer: i64 = gopyre::exec("6 * 7", ())?;
///     *gopyre::detach(|| TOTAL.lock()).unwrap() += answer;
///     Ok::<(), gopyre::Error>(())
/// })??;
/// assert_eq!(*TOTAL.lock().unwrap(), 42);
/// # Ok::<(), gopyre::Error>(())
/// ```
pub fn detach<R>(f: impl FnOnce() -> R) -> R {
    // A serializer that `f` holds must not be used detached, and nothing in its type says so.
    if THREAD.with(|thread| thread.converting.get() > 0) {
        return f();
    }
    detach_now(f)
}

/// Detaches also within a conversion, for code that uses no object meanwhile.
pub(crate) fn detach_now<R>(f: impl FnOnce() -> R) -> R {
    let Some(local) = THREAD.with(|thread| thread.attached.take()) else {
        return f();
    };
    /// Attaches again, also when `f` panics.
    struct Resume(&'static Local);
    impl Drop for Resume {
        fn drop(&mut self) {
            // SAFETY: this thread's own state, detached below; the gate holds finalize off (rules 3, 4).
            unsafe { sys::table().PyEval_RestoreThread(self.0.raw.as_ptr()) };
            THREAD.with(|thread| thread.attached.set(Some(self.0)));
        }
    }
    // SAFETY: attached, as `THREAD` says.
    unsafe { sys::table().PyEval_SaveThread() };
    let _resume = Resume(local);
    f()
}

/// Proof that this thread is attached, and the way to CPython's functions.
#[derive(Clone, Copy)]
pub(crate) struct Attached<'py> {
    local: &'py Local,
    not_send: PhantomData<*mut ()>,
}

impl<'py> Attached<'py> {
    /// The interpreter.
    #[inline]
    pub(crate) fn state(self) -> &'static State {
        self.local.state
    }

    /// This thread's interned strings.
    #[inline]
    pub(crate) fn names(self) -> &'py Names {
        &self.local.names
    }

    fn of(local: &'static Local) -> Attached<'py> {
        Attached {
            local,
            not_send: PhantomData,
        }
    }
}

impl Deref for Attached<'_> {
    type Target = sys::Table;

    #[inline]
    fn deref(&self) -> &sys::Table {
        // SAFETY: a thread attaches after the table was installed.
        unsafe { sys::table() }
    }
}

/// Runs `f` attached to the current interpreter, starting the default runtime if need be.
#[inline]
pub(crate) fn with<R>(f: impl FnOnce(Attached<'_>) -> Result<R>) -> Result<R> {
    let guard = Guard::enter()?;
    f(Attached::of(guard.local))
}

/// Runs `f` if this thread is attached already.
#[inline]
pub(crate) fn if_attached<R>(f: impl FnOnce(Attached<'_>) -> R) -> Option<R> {
    THREAD
        .with(|thread| thread.attached.get())
        .map(|local| f(Attached::of(local)))
}

/// Runs `f` attached to `state`, whose start may not be over yet; used by the start itself.
pub(crate) fn with_state<R>(
    state: &'static State,
    f: impl FnOnce(Attached<'_>) -> Result<R>,
) -> Result<R> {
    let guard = Guard::enter_state(state, Entry::Door)?;
    f(Attached::of(guard.local))
}

/// Runs `f` in a C function that Python called, which it may still do while it finalizes.
///
/// # Safety
/// The thread must be attached to the interpreter of `state`.
pub(crate) unsafe fn in_callback<R>(
    state: &'static State,
    f: impl FnOnce(Attached<'_>) -> R,
) -> Result<R> {
    let guard = Guard::enter_state(state, Entry::Callback)?;
    Ok(f(Attached::of(guard.local)))
}

/// Makes the thread that starts CPython one that is inside for good, so that it can finalize behind a
/// closed gate.
///
/// # Safety
/// The thread must be attached to the interpreter of `state`, and stay alive as long as that.
pub(crate) unsafe fn settle(state: &'static State) -> Result<()> {
    THREAD.with(|thread| {
        Local::of_thread(thread, state, Entry::Callback)?;
        thread.inside.set(1);
        Ok(())
    })
}

/// How a thread comes to an interpreter.
#[derive(Clone, Copy, PartialEq)]
enum Entry {
    /// From outside, through the gate.
    Door,
    /// From Python, which is running, so that the gate has nothing to say.
    Callback,
}

/// A conversion, in which the code of a user's type holds a serializer or a deserializer of ours.
pub(crate) struct Converting;

impl Converting {
    #[inline]
    pub(crate) fn begin(_: Attached<'_>) -> Converting {
        THREAD.with(|thread| thread.converting.set(thread.converting.get() + 1));
        Converting
    }
}

impl Drop for Converting {
    #[inline]
    fn drop(&mut self) {
        THREAD.with(|thread| thread.converting.set(thread.converting.get() - 1));
    }
}

/// A thread's state in one interpreter.
#[derive(Debug)]
pub(crate) struct Local {
    raw: NonNull<sys::PyThreadState>,
    state: &'static State,
    /// Made by us, and so ours to delete.
    owned: bool,
    depth: Cell<u32>,
    door: Door,
    names: Names,
}

/// What a thread knows of itself. Without a destructor, so that it can be read until the very end.
struct Thread {
    /// The state that is attached now.
    attached: Cell<Option<&'static Local>>,
    /// The state in the main interpreter.
    main: Cell<Option<&'static Local>>,
    /// Attachments that are not over, detached stretches included.
    inside: Cell<u32>,
    /// Conversions that are not over.
    converting: Cell<u32>,
    /// The thread's state has been handed over; the thread is about to end.
    ended: Cell<bool>,
}

thread_local! {
    static THREAD: Thread = const {
        Thread { attached: Cell::new(None), main: Cell::new(None), inside: Cell::new(0), converting: Cell::new(0), ended: Cell::new(false) }
    };
    static END: End = const { End };
}

/// Hands the thread's state over when the thread ends.
struct End;

impl Drop for End {
    fn drop(&mut self) {
        THREAD.with(|thread| {
            thread.ended.set(true);
            // The process may exit inside a call: then the state is in use until the very end.
            if thread.inside.get() > 0 {
                return;
            }
            if let Some(local) = thread.main.take() {
                // SAFETY: made by `Box::leak` in `Local::of_thread`, and unreachable from here on.
                let local = unsafe { Box::from_raw(std::ptr::from_ref(local).cast_mut()) };
                local.end();
            }
        });
    }
}

impl Local {
    /// This thread's state in the main interpreter, made if need be.
    fn of_thread(thread: &Thread, state: &'static State, entry: Entry) -> Result<&'static Local> {
        if let Some(local) = thread.main.get() {
            return Ok(local);
        }
        // Once the state is handed over, a second one would break the promise of one per thread.
        if thread.ended.get() || END.try_with(|_| ()).is_err() {
            return Err(Error::Finalized);
        }
        let door = GATE.door();
        if entry == Entry::Door {
            door.enter()?;
        }
        // SAFETY: CPython has started, and the gate holds finalize off.
        let table = unsafe { sys::table() };
        // SAFETY: as above; a new thread state may be made without being attached.
        let (raw, owned) = unsafe {
            match NonNull::new(table.PyGILState_GetThisThreadState()) {
                Some(raw) => (Some(raw), false),
                None => (NonNull::new(table.PyThreadState_New(state.raw())), true),
            }
        };
        door.leave();
        let raw = raw.ok_or_else(|| Error::Start("no memory for a thread state".to_owned()))?;
        let local = Box::new(Local {
            raw,
            state,
            owned,
            depth: Cell::new(0),
            door,
            names: Names::default(),
        });
        let local: &'static Local = Box::leak(local);
        thread.main.set(Some(local));
        Ok(local)
    }

    /// Called by the thread itself, at its end, detached.
    fn end(self: Box<Local>) {
        if self.door.enter().is_err() {
            // CPython is gone and the state with it; the names are leaked (rule 5).
            std::mem::forget(self);
            return;
        }
        // SAFETY: the gate holds finalize off.
        let table = unsafe { sys::table() };
        if !self.owned || !table.version.free_threaded {
            // Waiting for the GIL here would make joining this thread wait for it too, which is a
            // deadlock where the joining thread is attached. Whoever attaches next cleans up.
            let door = self.door.clone();
            self.state.leave_thread(*self);
            door.leave();
            return;
        }
        // SAFETY: this thread's own state, attached, cleared and deleted in the documented order.
        unsafe {
            table.PyEval_RestoreThread(self.raw.as_ptr());
            self.names.release(table);
            table.PyThreadState_Clear(self.raw.as_ptr());
            table.PyThreadState_DeleteCurrent();
        }
        self.door.leave();
    }

    /// Lets go of the states of threads that have ended.
    pub(crate) fn release(ended: Vec<Local>, py: Attached<'_>) {
        let own = (py.version.major, py.version.minor) < (3, 12);
        // From 3.12 on, deleting a state forgets the *deleting* thread's own, so a thread without one
        // does it. A debug build asserts that nobody does: there the states stay until the end.
        let keep = !own && py.version.debug;
        let mut cleared = Vec::new();
        for local in ended {
            // SAFETY: attached; the thread is gone, so nobody else uses its names and its state.
            unsafe {
                local.names.release(&py);
                if local.owned && !keep {
                    py.PyThreadState_Clear(local.raw.as_ptr());
                    cleared.push(local);
                }
            }
        }
        if own {
            for local in cleared {
                // SAFETY: cleared, and not this thread's.
                unsafe { py.PyThreadState_Delete(local.raw.as_ptr()) };
            }
        } else if !cleared.is_empty() && !GATE.is_closed() {
            // Behind a closed gate CPython is about to delete them itself.
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
            // SAFETY: cleared and not attached anywhere; this thread has no state of its own, and the
            // gate holds finalize off until the door is left.
            unsafe { sys::table().PyThreadState_Delete(local.raw.as_ptr()) };
        }
        self.1.leave();
    }
}

/// One attachment, ended by its drop.
pub(crate) struct Guard {
    local: &'static Local,
    how: How,
}

enum How {
    /// Attached here, and to be detached again.
    Attached,
    /// Attached before by code that does not know of us.
    Found,
    /// Attached before by us.
    Nested,
}

impl Guard {
    #[inline]
    fn enter() -> Result<Guard> {
        if let Some(local) = THREAD.with(|thread| thread.attached.get()) {
            return Ok(Guard::nested(local));
        }
        Guard::enter_state(runtime::ready()?, Entry::Door)
    }

    fn nested(local: &'static Local) -> Guard {
        local.depth.set(local.depth.get() + 1);
        Guard {
            local,
            how: How::Nested,
        }
    }

    fn enter_state(state: &'static State, entry: Entry) -> Result<Guard> {
        THREAD.with(|thread| {
            if let Some(local) = thread.attached.get() {
                return Ok(Guard::nested(local));
            }
            let local = Local::of_thread(thread, state, entry)?;
            if thread.inside.get() == 0 && entry == Entry::Door {
                local.door.enter()?;
            }
            // SAFETY: CPython has started; comparing with our own state is right on every version.
            let found = unsafe { sys::table().current_thread_state() == local.raw.as_ptr() };
            if !found {
                // SAFETY: this thread's own state, which is not attached; the gate holds finalize off.
                unsafe { sys::table().PyEval_RestoreThread(local.raw.as_ptr()) };
            }
            thread.inside.set(thread.inside.get() + 1);
            thread.attached.set(Some(local));
            local.state.collect(Attached::of(local));
            let how = if found { How::Found } else { How::Attached };
            Ok(Guard { local, how })
        })
    }
}

impl Drop for Guard {
    #[inline]
    fn drop(&mut self) {
        if let How::Nested = self.how {
            self.local.depth.set(self.local.depth.get() - 1);
            return;
        }
        THREAD.with(|thread| {
            thread.attached.set(None);
            if let How::Attached = self.how {
                // SAFETY: attached by `enter_state`.
                unsafe { sys::table().PyEval_SaveThread() };
            }
            let inside = thread.inside.get() - 1;
            if inside == 0 && matches!(self.how, How::Attached) {
                output::flush();
            }
            thread.inside.set(inside);
            if inside == 0 {
                self.local.door.leave();
            }
        });
    }
}

/// Whether this thread is in an attachment, attached or in a detached stretch.
pub(crate) fn is_inside() -> bool {
    THREAD.with(|thread| thread.inside.get() > 0)
}
