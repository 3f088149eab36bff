//! A call of a Rust function by Python.

use super::arguments::Arguments;
use super::panic;
use super::signature::{FunctionKind, Signature};
use super::stack;
use crate::attach::{self, Attached};
use crate::class::{self, Class, Exclusive, Shared};
use crate::convert;
use crate::error::{Error, Result, raise, raise_plainly};
use crate::object::Object;
use crate::reference::Ref;
use gopyre_sys as sys;
use serde::Serialize;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

/// A call: what it is on, and its arguments as they came.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    pub(super) py: Attached<'a>,
    /// The instance of a class of ours, the class, or whatever else the callable has; may be null.
    receiver: *mut sys::PyObject,
    /// What the receiver is.
    kind: FunctionKind,
    /// As many as `positional` says, and one for each of the names behind them; live as long as `'a`.
    pub(super) arguments: *const *mut sys::PyObject,
    pub(super) positional: usize,
    /// A tuple of str, or null.
    pub(super) names: *mut sys::PyObject,
}

/// What a call gives back to Python.
pub struct Returned<'a>(Ref<'a>);

impl fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").finish_non_exhaustive()
    }
}

impl fmt::Debug for Returned<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Returned").finish_non_exhaustive()
    }
}

impl<'a> Call<'a> {
    /// A call with arguments in an array.
    ///
    /// # Safety
    /// For as long as `'a`: `arguments` must point to `count` live objects, and to one more for each item of
    /// `names`, which is a tuple of str or null. `receiver` must be live or null, and for a method an
    /// instance of a class that this crate made.
    #[inline]
    pub(super) unsafe fn new(
        py: Attached<'a>,
        receiver: *mut sys::PyObject,
        kind: FunctionKind,
        arguments: *const *mut sys::PyObject,
        count: isize,
        names: *mut sys::PyObject,
    ) -> Call<'a> {
        Call {
            py,
            receiver,
            kind,
            arguments,
            positional: count.unsigned_abs(),
            names,
        }
    }

    /// How many arguments Python counts in front of the positional ones.
    pub(super) fn bound(&self) -> usize {
        usize::from(matches!(
            self.kind,
            FunctionKind::Method | FunctionKind::Class
        ))
    }

    /// Matches the arguments with the parameters.
    ///
    /// # Errors
    /// The `TypeError` that a `def` of the same signature raises.
    #[inline]
    pub fn arguments<const N: usize>(
        self,
        function: &'static str,
        signature: &'static Signature,
    ) -> Result<Arguments<'a, N>> {
        Arguments::new(self, function, signature)
    }

    /// The receiver, to be read.
    ///
    /// # Errors
    /// `RuntimeError` where it is being changed, or not initialized.
    #[inline]
    pub fn this<T: Class>(self) -> Result<Shared<'a, T>> {
        // SAFETY: an instance of a class of ours, which the caller of the call keeps alive.
        unsafe { Shared::of_instance(self.py, self.instance_pointer()?) }
    }

    /// The receiver, to be changed.
    ///
    /// # Errors
    /// `RuntimeError` where it is in use, or not initialized.
    #[inline]
    pub fn this_mut<T: Class>(self) -> Result<Exclusive<'a, T>> {
        // SAFETY: as for `this`.
        unsafe { Exclusive::of_instance(self.py, self.instance_pointer()?) }
    }

    #[inline]
    fn instance_pointer(self) -> Result<*mut sys::PyObject> {
        match self.kind {
            FunctionKind::Method => Ok(self.receiver),
            _ => Err(no_instance()),
        }
    }

    /// The instance, or the class, that the call is on; None where it is on nothing.
    pub fn receiver(self) -> Object {
        // SAFETY: live or null.
        let receiver = unsafe {
            self.py.Py_IncRef(self.receiver);
            Ref::owned_or_none(self.py, self.receiver)
        };
        Object::from_ref(receiver.unwrap_or_else(|| Ref::none(self.py)))
    }

    /// Runs `f` with other threads free to run Python.
    #[inline]
    pub fn detached<R>(self, f: impl FnOnce() -> R) -> R {
        attach::detach(f)
    }

    /// A new instance that owns a value.
    ///
    /// # Errors
    /// The class cannot be made, or memory is short.
    pub fn object<T: Class>(self, value: T) -> Result<Object> {
        class::instance(self.py, value).map(Object::from_ref)
    }

    /// Gives back a value.
    ///
    /// # Errors
    /// The value cannot be converted.
    #[inline]
    pub fn returns<T: Serialize + ?Sized>(self, value: &T) -> Result<Returned<'a>> {
        convert::to_python(self.py, value).map(Returned)
    }

    /// Gives back a new instance that owns a value.
    ///
    /// # Errors
    /// As for [`object`](Call::object).
    #[inline]
    pub fn instance<T: Class>(self, value: T) -> Result<Returned<'a>> {
        class::instance(self.py, value).map(Returned)
    }

    /// Puts a value into the receiver, which a constructor is called on.
    ///
    /// # Errors
    /// `RuntimeError` where the receiver is in use.
    pub fn initialize<T: Class>(self, value: T) -> Result<Returned<'a>> {
        let this = self.instance_pointer()?;
        // SAFETY: an instance of a class of ours.
        unsafe { class::initialize(self.py, this, value)? };
        Ok(Returned(Ref::none(self.py)))
    }

    /// Gives back `NotImplemented`.
    ///
    /// # Errors
    /// None.
    pub fn not_implemented(self) -> Result<Returned<'a>> {
        // SAFETY: a live object, as long as CPython.
        unsafe { Ref::borrowed(self.py, self.py._Py_NotImplementedStruct()).map(Returned) }
    }

    /// Gives back an object.
    pub(super) fn gives(self, object: Ref<'a>) -> Returned<'a> {
        Returned(object)
    }
}

#[cold]
fn no_instance() -> Error {
    Error::Argument("the call is on no instance of a Rust class".to_owned())
}

/// Raises a `RecursionError`, by nothing but CPython's own means.
///
/// # Safety
/// The thread must be attached.
#[cold]
unsafe fn raise_too_deep() {
    // SAFETY: attached, as the caller promises; a class that lives as long as CPython, and a constant message.
    unsafe {
        let table = sys::table();
        table.PyErr_SetString(
            table.PyExc_RecursionError(),
            c"maximum recursion depth exceeded: the thread's stack has no room for another call of Rust".as_ptr(),
        );
    }
}

/// Runs what Python has called, and gives back a new reference, or null with an exception raised.
///
/// # Safety
/// The thread must be attached.
#[inline]
pub(crate) unsafe fn run(
    f: impl for<'a> FnOnce(Attached<'a>) -> Result<Returned<'a>>,
) -> *mut sys::PyObject {
    if stack::is_short() {
        // SAFETY: attached, as the caller promises.
        unsafe { raise_too_deep() };
        return ptr::null_mut();
    }
    let call = AssertUnwindSafe(|| {
        // SAFETY: attached, as the caller promises.
        unsafe {
            attach::in_current(|py| match f(py) {
                Ok(Returned(object)) => object.into_ptr().as_ptr(),
                Err(error) => {
                    raise(py, error);
                    ptr::null_mut()
                }
            })
        }
    });
    match catch_unwind(call) {
        Ok(Ok(object)) => object,
        Ok(Err(error)) => {
            // SAFETY: attached, as the caller promises.
            unsafe { raise_plainly(&error) };
            ptr::null_mut()
        }
        Err(payload) => {
            // SAFETY: as above.
            unsafe { panic::raise(payload) };
            ptr::null_mut()
        }
    }
}
