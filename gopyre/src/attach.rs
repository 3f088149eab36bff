//! Thread states: attach and detach.
//!
//! A thread has one thread state per interpreter, made at its first attach and kept until it ends, so
//! that an attach is one `PyEval_RestoreThread` and what extension modules remember of the thread
//! stays true. Attaching inside an attachment is a look at a variable of the thread.
//!
//! A thread is in one interpreter at a time: the main one, unless an `Interpreter` is entered or Python
//! code of another interpreter calls. Attaching means attaching to that one.

mod called;
mod detached;
mod entered;
mod local;
mod make;
mod own;
mod thread;

pub(crate) use called::{in_callback, in_current, is_called};
pub(crate) use detached::detach_now;
pub(crate) use entered::{visit, within};
pub(crate) use local::{Local, hold};
pub(crate) use make::{end_interpreter, make_interpreter};

use crate::convert::Names;
use crate::error::Result;
use crate::gate::GATE;
use crate::interpreter::State;
use gopyre_sys as sys;
use own::Own;
use std::cell::Cell;
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr;
use thread::{THREAD, Thread};

/// Holds the interpreter around many calls.
///
/// Every function of this crate attaches by itself; inside `attach` doing so costs a counter. The
/// default runtime starts if none runs. What `f` prints is flushed when it returns.
///
/// Other threads cannot run Python meanwhile (except in free-threaded builds): around anything that
/// waits, use [`detach`].
///
/// # Errors
/// The runtime cannot start, or is [finalized](crate::Error::Finalized).
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

/// Called in the child of a fork, where only this thread is left.
pub(crate) fn forked() {
    THREAD.with(|thread| GATE.forked(thread.door()));
}

/// Whether this thread is in an attachment, attached or in a detached stretch.
pub(crate) fn is_inside() -> bool {
    THREAD.with(|thread| thread.inside.get() > 0)
}
