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
use crate::gate::GATE;
use crate::interpreter::{State, Stay};
use crate::{output, runtime};
use gopyre_sys as sys;
use local::{THREAD, Thread};
use std::cell::Cell;
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
    with(|_| Ok(f()))
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
    // Before the start there is nothing to detach from, and no table to do it with.
    let started = THREAD.with(|thread| thread.attached.get()).is_some() || runtime::main().is_ok();
    let _detached = started.then(|| THREAD.with(Detached::new));
    f()
}

/// A stretch in which a thread that was attached, by us or by others, is not.
struct Detached {
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
    fn new(thread: &Thread) -> Option<Detached> {
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
            thread
                .bound
                .set(self.attached.filter(|local| !local.state().is_main()));
        });
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
    let own;
    let local = match THREAD.with(Thread::known) {
        Some(local) => local,
        None => {
            own = Own::enter()?;
            own.local
        }
    };
    f(Attached::of(local))
}

/// Runs `f` if this thread is attached already.
#[inline]
pub(crate) fn if_attached<R>(f: impl FnOnce(Attached<'_>) -> R) -> Option<R> {
    THREAD
        .with(Thread::known)
        .map(|local| f(Attached::of(local)))
}

/// Runs `f` attached to the main interpreter, whose start may not be over yet; used by the start itself.
pub(crate) fn with_main<R>(
    state: &'static State,
    f: impl FnOnce(Attached<'_>) -> Result<R>,
) -> Result<R> {
    let own = THREAD.with(|thread| Own::attach(thread, thread.local(state)?))?;
    f(Attached::of(own.local))
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
    _stay: Option<Stay>,
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
            // Turns are needed where interpreters share a GIL without knowing of each other.
            // SAFETY: the interpreter was made, so CPython has started.
            _stay: unsafe { sys::table().version.minor < 12 && !state.is_main() }.then(Stay::begin),
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
    // Where nobody waits for a GIL, the main interpreter's state is the one to attach. Elsewhere it is one of
    // no further use, save where memory is short.
    let mut spare = ptr::null_mut();
    if !table.version.free_threaded {
        // SAFETY: as above; a new state of this thread, which is not attached.
        spare = unsafe { table.PyThreadState_New(local.state().raw()) };
    }
    if spare.is_null() {
        if let Ok(own) = runtime::main()
            .and_then(|main| thread.local(main))
            .and_then(|main| Own::attach(thread, main))
        {
            drop(own);
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
    let known = THREAD.with(Thread::known);
    let (local, _called) = match known {
        Some(local) if ptr::eq(local.state(), state) => (local, None),
        _ => {
            let called = THREAD.with(|thread| Called::new(thread, state))?;
            (called.local, Some(called))
        }
    };
    Ok(f(Attached::of(local)))
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
    /// A call that is not over.
    struct Calls<'t>(&'t Thread);
    impl Drop for Calls<'_> {
        #[inline]
        fn drop(&mut self) {
            self.0.calls.set(self.0.calls.get() - 1);
        }
    }
    THREAD.with(|thread| {
        thread.calls.set(thread.calls.get() + 1);
        let _calls = Calls(thread);
        let (local, _called) = match thread.known() {
            Some(local) => (local, None),
            None => {
                // SAFETY: attached, as the caller promises.
                let state = unsafe { thread.state(sys::table())? };
                let called = Called::new(thread, state)?;
                (called.local, Some(called))
            }
        };
        Ok(f(Attached::of(local)))
    })
}

/// Whether this thread is in a call that [`in_current`] takes up.
pub(crate) fn is_called() -> bool {
    THREAD.with(|thread| thread.calls.get() > 0)
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

/// Lets this thread use CPython behind a gate that is shut: it is the one that ends CPython.
pub(crate) fn end_with() {
    THREAD.with(|thread| thread.ends.set(true));
}

/// A conversion, in which the code of a user's type holds a serializer or a deserializer of ours.
pub(crate) struct Converting<'py>(&'py Cell<u32>);

impl<'py> Converting<'py> {
    #[inline]
    pub(crate) fn begin(py: Attached<'py>) -> Converting<'py> {
        let converting = &py.local.thread().converting;
        converting.set(converting.get() + 1);
        Converting(converting)
    }
}

impl Drop for Converting<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// An attachment that is not within another of ours.
struct Own {
    local: &'static Local,
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

/// A stretch in which other code than ours has attached the thread.
struct Called {
    local: &'static Local,
    /// What we knew before.
    attached: Option<&'static Local>,
    with: *mut sys::PyThreadState,
    current: Option<&'static Local>,
}

impl Own {
    /// Attaches a thread, which is not attached as far as we know, to its current interpreter.
    ///
    /// Not part of the nested case, which is small enough to be inlined.
    #[inline(never)]
    fn enter() -> Result<Own> {
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
    fn attach(thread: &Thread, local: &'static Local) -> Result<Own> {
        let first = thread.inside.get() == 0;
        if first {
            local.door().enter()?;
        } else if thread.is_overtaken() {
            return Err(Error::Finalized);
        }
        // SAFETY: CPython has started, and the gate holds finalize off.
        let (table, found) = unsafe {
            let table = sys::table();
            (table, table.current_thread_state())
        };
        // SAFETY: as above.
        let raw = unsafe { local.thread_state() };
        match raw {
            // Null is no thread's state: nobody has attached this one.
            Ok(raw) if found.is_null() || found != raw && table.version.minor < 12 => {
                // SAFETY: this thread's own state, which is not attached; the gate holds finalize off.
                unsafe { table.PyEval_RestoreThread(raw) };
                thread.inside.set(thread.inside.get() + 1);
                thread.has_attached(local, raw);
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

impl Called {
    #[inline]
    fn new(thread: &Thread, state: &'static State) -> Result<Called> {
        if state.is_ended() {
            return Err(Error::Finalized);
        }
        let local = thread.local(state)?;
        thread.inside.set(thread.inside.get() + 1);
        // SAFETY: attached: what is there is this thread's.
        let with = unsafe { sys::table().current_thread_state() };
        let called = Called {
            local,
            attached: thread.attached.replace(Some(local)),
            with: thread.with.replace(with),
            current: thread.current.replace(Some(local)),
        };
        state.collect(Attached::of(local));
        Ok(called)
    }
}

impl Drop for Called {
    #[inline]
    fn drop(&mut self) {
        let thread = self.local.thread();
        thread.attached.set(self.attached);
        thread.with.set(self.with);
        thread.current.set(self.current);
        thread.leave(self.local, false);
    }
}

impl Thread {
    /// The interpreter that this thread is attached to by us. Not where other code has released it since, or
    /// has attached the thread to something else.
    #[inline]
    fn known(&self) -> Option<&'static Local> {
        let local = self.attached.get()?;
        // SAFETY: attached once, so CPython has started; comparing with one's own is right on every version.
        let now = unsafe { sys::table().current_thread_state() };
        (now == self.with.get()).then_some(local)
    }

    /// The interpreter that this thread is attached to, by whomever.
    ///
    /// # Safety
    /// The thread must be attached.
    #[inline]
    unsafe fn state(&self, table: &sys::Table) -> Result<&'static State> {
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

    #[inline]
    fn has_attached(&self, local: &'static Local, with: *mut sys::PyThreadState) {
        self.attached.set(Some(local));
        self.with.set(with);
        self.bound.set((!local.state().is_main()).then_some(local));
    }

    /// Whether another part of the process has ended CPython while this thread was inside.
    #[inline]
    fn is_overtaken(&self) -> bool {
        GATE.is_shut() && !self.ends.get()
    }

    /// Keeps an overtaken thread from coming back to Python: it waits for the end of the process, as CPython
    /// lets the threads wait that it knows of.
    #[inline]
    fn stay_out(&self) {
        while self.is_overtaken() {
            std::thread::park();
        }
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
