//! Thread states: attach and detach.
//!
//! A thread has one thread state per interpreter, made at its first attach and kept until it ends, so
//! that an attach is one `PyEval_RestoreThread` and what extension modules remember of the thread
//! stays true. Attaching inside an attachment is a look at a variable of the thread.
//!
//! A thread is in one interpreter at a time: the main one, unless an `Interpreter` is entered or Python
//! code of another interpreter calls. Attaching means attaching to that one.

mod local;

pub(crate) use local::Local;

use crate::convert::Names;
use crate::error::{Error, Result};
use crate::interpreter::State;
use crate::{output, runtime};
use gopyre_sys as sys;
use local::{THREAD, Thread};
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::{self, NonNull};

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
    let _detached = THREAD.with(Detached::new);
    f()
}

/// A stretch in which a thread that was attached is not.
struct Detached {
    local: &'static Local,
    /// What was attached, which may be Python's own thread state and not the one that we know.
    raw: *mut sys::PyThreadState,
    /// What we know.
    known: *mut sys::PyThreadState,
}

impl Detached {
    fn new(thread: &Thread) -> Option<Detached> {
        let local = thread.attached.take()?;
        // SAFETY: attached, as `THREAD` says.
        let raw = unsafe { sys::table().PyEval_SaveThread() };
        let known = local.replace(raw);
        Some(Detached { local, raw, known })
    }
}

impl Drop for Detached {
    /// Attaches again, also where a panic passes.
    fn drop(&mut self) {
        self.local.replace(self.known);
        // SAFETY: this thread's own state, detached by `new`; the gate holds finalize off (rules 3, 4).
        unsafe { sys::table().PyEval_RestoreThread(self.raw) };
        THREAD.with(|thread| thread.has_attached(self.local));
    }
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
        self.local.state()
    }

    /// This thread's interned strings.
    #[inline]
    pub(crate) fn names(self) -> &'py Names {
        self.local.names()
    }

    /// Whether the thread is attached with this part of it.
    pub(crate) fn is(self, local: &Local) -> bool {
        ptr::eq(self.local, local)
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

/// Runs `f` attached to the main interpreter, whose start may not be over yet; used by the start itself.
pub(crate) fn with_main<R>(
    state: &'static State,
    f: impl FnOnce(Attached<'_>) -> Result<R>,
) -> Result<R> {
    let guard = THREAD.with(|thread| match thread.attached.get() {
        Some(local) => Ok(Guard::nested(local)),
        None => Guard::attach(thread, thread.local(state)?),
    })?;
    f(Attached::of(guard.local))
}

/// Runs `f` attached to `state`, which need not be the current interpreter, for work that must be done there.
///
/// # Errors
/// [`Error::Finalized`] where the interpreter has ended.
pub(crate) fn visit<R>(
    state: &'static State,
    f: impl FnOnce(Attached<'_>) -> Result<R>,
) -> Result<R> {
    if state.is_main() && THREAD.with(|thread| thread.current.get()).is_none() {
        return with(f);
    }
    let _visit = state.visit()?;
    within(state, || with(f))?
}

/// Runs `f`, detached, with `state` as the current interpreter.
///
/// # Errors
/// [`Error::Finalized`] where the interpreter has ended, [`Error::Argument`] within a conversion.
pub(crate) fn within<R>(state: &'static State, f: impl FnOnce() -> R) -> Result<R> {
    let _entered = THREAD.with(|thread| Entered::new(thread, state))?;
    Ok(f())
}

/// A stretch in which a thread is in an interpreter.
struct Entered {
    local: &'static Local,
    outer: Option<&'static Local>,
    detached: Option<Detached>,
}

impl Entered {
    fn new(thread: &Thread, state: &'static State) -> Result<Entered> {
        // A serializer of the one interpreter must not be used in the other.
        if thread.converting.get() > 0 {
            let message = "an interpreter cannot be entered within a conversion";
            return Err(Error::Argument(message.to_owned()));
        }
        let local = thread.local(state)?;
        if thread.inside.get() == 0 {
            local.door().enter()?;
        }
        thread.inside.set(thread.inside.get() + 1);
        Ok(Entered {
            local,
            outer: thread.current.replace(Some(local)),
            detached: Detached::new(thread),
        })
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        THREAD.with(|thread| {
            thread.current.set(self.outer);
            if self.detached.take().is_none() {
                forget_state(thread, self.local);
            }
            thread.leave(self.local, true);
        });
    }
}

/// Lets CPython take no state for this thread's own any more that belongs to an interpreter which another
/// thread may end: from 3.12 on it takes the one that was attached last.
fn forget_state(thread: &Thread, local: &'static Local) {
    let bound = thread.bound.get().is_some_and(|own| ptr::eq(own, local));
    // SAFETY: the gate holds finalize off, and the interpreter lives.
    let table = unsafe { sys::table() };
    if !bound || (table.version.major, table.version.minor) < (3, 12) {
        return;
    }
    thread.bound.set(None);
    // SAFETY: as above; a new state of this thread, which is not attached.
    let spare = unsafe { table.PyThreadState_New(local.state().raw()) };
    if spare.is_null() {
        // The main interpreter's state does it too, but its lock may be taken.
        if let Ok(guard) = runtime::main()
            .and_then(|main| thread.local(main))
            .and_then(|main| Guard::attach(thread, main))
        {
            drop(guard);
        }
        return;
    }
    // SAFETY: attached, cleared and deleted in the documented order; then CPython has none for this thread.
    unsafe {
        table.PyEval_RestoreThread(spare);
        table.PyThreadState_Clear(spare);
        table.PyThreadState_DeleteCurrent();
    }
}

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
    let guard = THREAD.with(|thread| match thread.attached.get() {
        Some(local) if ptr::eq(local.state(), state) => Ok(Guard::nested(local)),
        _ => Guard::called(thread, state),
    })?;
    Ok(f(Attached::of(guard.local)))
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
    // SAFETY: attached, as the caller promises.
    unsafe {
        let known = THREAD.with(|thread| thread.attached.get());
        let state = match known {
            Some(local) if local.state().is_current(sys::table()) => local.state(),
            _ => State::current(sys::table())?,
        };
        in_callback(state, f)
    }
}

/// Makes an interpreter, and its state and this thread's part of it.
///
/// # Errors
/// What `make` returns, which is called attached to the main interpreter and returns attached to the new one
/// if it succeeds; [`Error::Start`] where memory is short.
///
/// # Safety
/// `py` must be the main interpreter, and is not to be used by `make` once that has succeeded.
pub(crate) unsafe fn make_interpreter(
    py: Attached<'_>,
    make: impl FnOnce() -> Result<NonNull<sys::PyThreadState>>,
) -> Result<&'static State> {
    let table = &*py;
    // SAFETY: attached.
    let outer = unsafe { table.PyThreadState_Get() };
    let made = make()?;
    // SAFETY: attached to the new interpreter, whose only thread state is this thread's.
    unsafe {
        let state = State::current(table).and_then(|state| {
            let local = THREAD.with(|thread| thread.local(state))?;
            local.adopt(made.as_ptr());
            Ok(state)
        });
        if state.is_err() {
            end_attached(table, made.as_ptr(), outer);
        } else {
            table.PyEval_SaveThread();
        }
        table.PyEval_RestoreThread(outer);
        state
    }
}

/// Ends the interpreter that this thread is in, detached; its other threads are gone.
///
/// # Safety
/// The interpreter must be one of ours, closed, without thread states other than this thread's.
pub(crate) unsafe fn end_interpreter() -> Result<()> {
    THREAD.with(|thread| {
        let Some(local) = thread.current.get() else {
            return Err(Error::WrongInterpreter);
        };
        // SAFETY: this thread's states, none of which is attached; the gate holds finalize off. What Python
        // calls from here on finds a thread that is in no interpreter we know of.
        unsafe {
            let table = sys::table();
            let raw = local.thread_state()?;
            let main = thread.local(runtime::main()?)?.thread_state()?;
            table.PyEval_RestoreThread(raw);
            local.give_up(table);
            let outer = thread.current.take();
            end_attached(table, raw, main);
            thread.current.set(outer);
            // It was, and what was called may have attached again.
            thread.bound.set(None);
        }
        local.state().end();
        Ok(())
    })
}

/// Ends an interpreter, and leaves the thread detached.
///
/// # Safety
/// `raw` must be attached and the interpreter's last state, `main` this thread's in the main interpreter.
unsafe fn end_attached(
    table: &sys::Table,
    raw: *mut sys::PyThreadState,
    main: *mut sys::PyThreadState,
) {
    // SAFETY: as the caller promises. Below 3.12 there is one GIL, which is held when this returns, with
    // no state attached.
    unsafe {
        table.Py_EndInterpreter(raw);
        if (table.version.major, table.version.minor) < (3, 12) {
            table.PyThreadState_Swap(main);
            table.PyEval_SaveThread();
        }
    }
}

/// Makes the thread that starts CPython one that is inside for good, so that it can finalize behind a
/// closed gate.
///
/// # Safety
/// The thread must be attached to the interpreter of `state`, and stay alive as long as that.
pub(crate) unsafe fn settle(state: &'static State) -> Result<()> {
    THREAD.with(|thread| {
        let local = thread.local(state)?;
        // SAFETY: attached.
        local.replace(unsafe { sys::table().PyThreadState_Get() });
        thread.inside.set(1);
        Ok(())
    })
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

/// One attachment, ended by its drop.
struct Guard {
    local: &'static Local,
    how: How,
}

enum How {
    /// Attached here, and to be detached again.
    Attached,
    /// Attached before by code that does not know of us; then the thread was in these.
    Found {
        attached: Option<&'static Local>,
        current: Option<&'static Local>,
    },
    /// Attached before by us.
    Nested,
}

impl Guard {
    #[inline]
    fn enter() -> Result<Guard> {
        THREAD.with(|thread| match thread.attached.get() {
            Some(local) => Ok(Guard::nested(local)),
            None => Guard::outermost(thread),
        })
    }

    /// Apart from the nested case, which is small enough to be inlined.
    #[inline(never)]
    fn outermost(thread: &Thread) -> Result<Guard> {
        match thread.current.get() {
            Some(local) => Guard::attach(thread, local),
            None => Guard::attach(thread, thread.local(runtime::ready()?)?),
        }
    }

    #[inline]
    fn nested(local: &'static Local) -> Guard {
        Guard {
            local,
            how: How::Nested,
        }
    }

    /// Attaches a thread that is not attached as far as we know.
    #[inline]
    fn attach(thread: &Thread, local: &'static Local) -> Result<Guard> {
        let first = thread.inside.get() == 0;
        if first {
            local.door().enter()?;
        }
        // SAFETY: CPython has started, and the gate holds finalize off.
        let (table, raw, found) = unsafe {
            let table = sys::table();
            (table, local.thread_state(), table.current_thread_state())
        };
        let outcome = raw.and_then(|raw| {
            if found == raw {
                // Comparing with the thread's own state is right on every version.
                return Guard::called(thread, local.state());
            }
            if !found.is_null() && (table.version.major, table.version.minor) >= (3, 12) {
                // Code that does not know of us has attached the thread to some other state.
                // SAFETY: attached: from 3.12 on, what was found is this thread's.
                let state = unsafe { State::current(table)? };
                return Guard::called(thread, state);
            }
            // SAFETY: this thread's own state, which is not attached; the gate holds finalize off.
            unsafe { table.PyEval_RestoreThread(raw) };
            thread.inside.set(thread.inside.get() + 1);
            thread.has_attached(local);
            local.state().collect(Attached::of(local));
            Ok(Guard {
                local,
                how: How::Attached,
            })
        });
        if first && outcome.is_err() {
            local.door().leave();
        }
        outcome
    }

    /// Takes note of a thread that is attached by other code than ours.
    fn called(thread: &Thread, state: &'static State) -> Result<Guard> {
        if state.is_ended() {
            return Err(Error::Finalized);
        }
        let local = thread.local(state)?;
        thread.inside.set(thread.inside.get() + 1);
        let how = How::Found {
            attached: thread.attached.replace(Some(local)),
            current: thread.current.replace(Some(local)),
        };
        state.collect(Attached::of(local));
        Ok(Guard { local, how })
    }
}

impl Drop for Guard {
    #[inline]
    fn drop(&mut self) {
        match self.how {
            How::Nested => {}
            How::Attached => THREAD.with(|thread| {
                thread.attached.set(None);
                // SAFETY: attached by `attach`.
                unsafe { sys::table().PyEval_SaveThread() };
                thread.leave(self.local, true);
            }),
            How::Found { attached, current } => THREAD.with(|thread| {
                thread.attached.set(attached);
                thread.current.set(current);
                thread.leave(self.local, false);
            }),
        }
    }
}

impl Thread {
    #[inline]
    fn has_attached(&self, local: &'static Local) {
        self.attached.set(Some(local));
        self.bound.set((!local.state().is_main()).then_some(local));
    }

    /// Ends one stretch inside; the outermost one writes what was printed, where the thread is detached.
    #[inline]
    fn leave(&self, local: &'static Local, detached: bool) {
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

/// Whether this thread is in an attachment, attached or in a detached stretch.
pub(crate) fn is_inside() -> bool {
    THREAD.with(|thread| thread.inside.get() > 0)
}
