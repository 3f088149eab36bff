//! Errors of Rust as Python's exceptions, and back.
//!
//! The exception keeps the error itself, so that where it comes back to Rust, it is the same value again.

use super::exception::has_own_attributes;
use super::{Error, Exception, Result};
use crate::attach::Attached;
use crate::convert::{self, ConvertError, Kind};
use crate::export::{let_go, python};
use crate::interrupt;
use crate::reference::Ref;
use gopyre_sys as sys;
use std::error::Error as StdError;
use std::ffi::{CStr, CString, c_void};
use std::io;
use std::ops::Deref;
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

/// How many causes of an error Python is told.
const CHAIN: usize = 32;

/// The attribute of an exception that keeps the error.
const KEPT: &str = "__rust_error__";

/// Makes any error of a function one of ours, and keeps the value.
pub fn failure<E: Into<Box<dyn StdError + Send + Sync>>>(error: E) -> Error {
    match error.into().downcast::<Error>() {
        Ok(error) => *error,
        Err(other) => Error::Rust(other),
    }
}

/// The error of a function whose own is a box of any error. What it is for Python the error says that is in
/// the box; converting the box may hide that.
#[cold]
pub(crate) fn raised_for<E>(py: Attached<'_>, error: E) -> Error
where
    E: Deref<Target = dyn StdError + Send + Sync + 'static> + Into<Box<dyn StdError + Send + Sync>>,
{
    let inner: &(dyn StdError + 'static) = &*error;
    let exception = (inner.is::<io::Error>() || inner.is::<Error>()).then(|| of_any(py, inner, 0));
    let is_exceptions = is_exception_of(py, inner);
    let error = failure(error);
    let hides = matches!(&error, Error::Rust(boxed) if !boxed.is::<io::Error>());
    match exception {
        Some(Ok(exception)) if hides && is_exceptions => raised(&exception),
        Some(Ok(exception)) if hides => match keep(&exception, error) {
            Ok(()) => Error::Python(Box::new(Exception::made(&exception))),
            Err(error) => error,
        },
        _ => error,
    }
}

/// Raises an error as the exception that it is for Python.
#[cold]
pub(crate) fn raise(py: Attached<'_>, error: Error) {
    let raised = exception_of(py, &error).and_then(|exception| {
        // One of another interpreter is kept in an exception that is this one's.
        if is_exception_of(py, &error) {
            restore(&exception);
            return Ok(());
        }
        let is_callers = matches!(&error, Error::Convert(error) if error.is_of_an_argument());
        if !is_callers {
            keep(&exception, error)?;
        }
        // SAFETY: attached; a live exception, of which CPython takes references of its own.
        unsafe { py.PyErr_SetObject(exception.type_ptr(), exception.as_ptr()) };
        Ok(())
    });
    let Err(error) = raised else { return };
    // What stops a run has landed meanwhile, and must go on.
    let stop = match &error {
        Error::Python(stop) if stop.is_stop() => object_of(py, stop),
        _ => None,
    };
    match stop {
        Some(stop) => restore(&stop),
        // SAFETY: attached.
        None => unsafe { raise_plainly(&error) },
    }
}

/// Whether an error is an exception of this interpreter's, however often it is wrapped. That cannot keep the
/// error: each would keep the other for ever.
fn is_exception_of(py: Attached<'_>, error: &(dyn StdError + 'static)) -> bool {
    let mut next = error.downcast_ref::<Error>();
    while let Some(Error::Rust(inner)) = next {
        next = inner.downcast_ref::<Error>();
    }
    matches!(next, Some(Error::Python(own)) if object_of(py, own).is_some())
}

/// The object of an exception, if it is this interpreter's.
fn object_of<'py>(py: Attached<'py>, exception: &Exception) -> Option<Ref<'py>> {
    exception.object()?.bind(py).ok()
}

/// Raises a `RuntimeError` with the error's text, by nothing but CPython's own means.
///
/// # Safety
/// The thread must be attached.
#[cold]
pub(crate) unsafe fn raise_plainly(error: &Error) {
    let text = error.to_string().replace('\0', "\\0");
    let text = CString::new(text).unwrap_or_default();
    // SAFETY: attached, as the caller promises.
    unsafe {
        let table = sys::table();
        table.PyErr_SetString(table.PyExc_RuntimeError(), text.as_ptr());
    }
}

/// Raises an exception that was raised before, as it was: with its traceback and its context.
fn restore(exception: &Ref<'_>) {
    let py = exception.py();
    // SAFETY: attached; a live exception; the function takes over all three references.
    unsafe {
        let class = exception.type_ptr();
        py.Py_IncRef(class);
        let traceback = py.PyException_GetTraceback(exception.as_ptr());
        py.PyErr_Restore(class, exception.clone().into_ptr().as_ptr(), traceback);
    }
}

/// A `TypeError`, as an error of ours.
#[cold]
pub(crate) fn type_error(py: Attached<'_>, message: &str) -> Error {
    // SAFETY: a class that lives as long as CPython.
    error_of(
        py,
        unsafe { Ref::borrowed(py, py.PyExc_TypeError()) },
        message,
    )
}

/// A `RuntimeError`, as an error of ours.
#[cold]
pub(crate) fn runtime_error(py: Attached<'_>, message: &str) -> Error {
    // SAFETY: as above.
    error_of(
        py,
        unsafe { Ref::borrowed(py, py.PyExc_RuntimeError()) },
        message,
    )
}

/// An exception of a class, which is an [`Error::Argument`] where it comes back to Rust.
#[cold]
pub(crate) fn argument_as(class: Result<Ref<'_>>, message: String) -> Error {
    let made = class.and_then(|class| {
        let made = class.call([&Ref::text(class.py(), &message)?])?;
        keep(&made, Error::Argument(message))?;
        Ok(made)
    });
    match made {
        Ok(made) => Error::Python(Box::new(Exception::made(&made))),
        Err(error) => error,
    }
}

/// A new instance of a class, if that is an exception: a script may have replaced the class, or its `__new__`.
pub(crate) fn new_exception<'py, const N: usize>(
    class: &Ref<'py>,
    arguments: [&Ref<'py>; N],
) -> Result<Ref<'py>> {
    let made = class.call(arguments)?;
    match made.has_flag(sys::type_flags::EXCEPTION) {
        true => Ok(made),
        false => Err(Error::Argument(format!(
            "expected an exception, found {}",
            convert::describe(&made)
        ))),
    }
}

/// An exception that is to be raised, as an error of ours.
#[cold]
pub(crate) fn raised(exception: &Ref<'_>) -> Error {
    Error::Python(Box::new(Exception::made(exception)))
}

/// An exception of a class, with a message, as an error of ours.
#[cold]
pub(crate) fn error_of(py: Attached<'_>, class: Result<Ref<'_>>, message: &str) -> Error {
    let made = class.and_then(|class| class.call([&Ref::text(py, message)?]));
    match made {
        Ok(made) => Error::Python(Box::new(Exception::made(&made))),
        Err(error) => error,
    }
}

/// The exception that an error is for Python.
pub(crate) fn exception_of<'py>(py: Attached<'py>, error: &Error) -> Result<Ref<'py>> {
    of_error(py, error, 0)
}

fn of_error<'py>(py: Attached<'py>, error: &Error, depth: usize) -> Result<Ref<'py>> {
    match error {
        Error::Python(exception) => match exception.object().map(|object| object.bind(py)) {
            Some(Ok(object)) => Ok(object),
            // It belongs to another interpreter, which no object may leave.
            _ => rust_error(py, error, depth),
        },
        Error::Convert(error) => of_conversion(py, error),
        Error::Io { path, source } => os_error(py, source, Some(path)),
        Error::Rust(error) => of_any(py, &**error, depth),
        _ => rust_error(py, error, depth),
    }
}

fn of_any<'py>(
    py: Attached<'py>,
    error: &(dyn StdError + 'static),
    depth: usize,
) -> Result<Ref<'py>> {
    if let Some(error) = error.downcast_ref::<Error>() {
        return of_error(py, error, depth + 1);
    }
    match error.downcast_ref::<io::Error>() {
        Some(error) => os_error(py, error, None),
        None => rust_error(py, error, depth),
    }
}

/// `gopyre.RustError`, with what brought the error about as its cause.
fn rust_error<'py>(
    py: Attached<'py>,
    error: &(dyn StdError + 'static),
    depth: usize,
) -> Result<Ref<'py>> {
    let text = Ref::text(py, &error.to_string())?;
    let exception = new_exception(&python::rust_error(py)?, [&text])?;
    if let Some(source) = error.source().filter(|_| depth < CHAIN) {
        set_cause(&exception, of_any(py, source, depth + 1)?);
    }
    Ok(exception)
}

fn set_cause(exception: &Ref<'_>, cause: Ref<'_>) {
    let py = exception.py();
    // SAFETY: attached; two live exceptions; the function takes over the reference to the cause.
    unsafe { py.PyException_SetCause(exception.as_ptr(), cause.into_ptr().as_ptr()) };
}

fn of_conversion<'py>(py: Attached<'py>, error: &ConvertError) -> Result<Ref<'py>> {
    let class = match error.kind() {
        Kind::Type => py.PyExc_TypeError(),
        Kind::Value | Kind::Message => py.PyExc_ValueError(),
        Kind::Range => py.PyExc_OverflowError(),
    };
    let text = Ref::text(py, &error.to_string())?;
    // SAFETY: a class that lives as long as CPython.
    unsafe { Ref::borrowed(py, class)? }.call([&text])
}

/// The `OSError` of an error's number or, where it has none, of its kind.
fn os_error<'py>(py: Attached<'py>, error: &io::Error, path: Option<&Path>) -> Result<Ref<'py>> {
    let text = error.to_string();
    if let Some(number) = error.raw_os_error() {
        let text = text.split(" (os error").next().unwrap_or(&text);
        let class = Ref::import(py, "builtins")?.attr("OSError")?;
        // SAFETY: attached; a new reference.
        let number = unsafe { Ref::owned(py, py.PyLong_FromLongLong(number.into()))? };
        let text = Ref::text(py, text)?;
        return match path {
            Some(path) => new_exception(&class, [&number, &text, &Ref::path(py, path)?]),
            None => new_exception(&class, [&number, &text]),
        };
    }
    let (class, number) = class_of(error.kind());
    let class = Ref::import(py, "builtins")?.attr(class)?;
    let exception = new_exception(&class, [&Ref::text(py, &text)?])?;
    if let Some(number) = number
        && let Some(number) = Ref::import(py, "errno")?.attr_or_none(number)?
    {
        exception.set_attr("errno", &number)?;
    }
    if let Some(path) = path {
        exception.set_attr("filename", &Ref::path(py, path)?)?;
    }
    Ok(exception)
}

/// The class of a kind of error, and the name of its number.
fn class_of(kind: io::ErrorKind) -> (&'static str, Option<&'static str>) {
    use io::ErrorKind as K;
    let (class, number) = match kind {
        K::NotFound => ("FileNotFoundError", "ENOENT"),
        K::PermissionDenied => ("PermissionError", "EACCES"),
        K::AlreadyExists => ("FileExistsError", "EEXIST"),
        K::NotADirectory => ("NotADirectoryError", "ENOTDIR"),
        K::IsADirectory => ("IsADirectoryError", "EISDIR"),
        K::ConnectionRefused => ("ConnectionRefusedError", "ECONNREFUSED"),
        K::ConnectionReset => ("ConnectionResetError", "ECONNRESET"),
        K::ConnectionAborted => ("ConnectionAbortedError", "ECONNABORTED"),
        K::BrokenPipe => ("BrokenPipeError", "EPIPE"),
        K::WouldBlock => ("BlockingIOError", "EAGAIN"),
        K::TimedOut => ("TimeoutError", "ETIMEDOUT"),
        K::Interrupted => ("InterruptedError", "EINTR"),
        K::AddrInUse => ("OSError", "EADDRINUSE"),
        K::AddrNotAvailable => ("OSError", "EADDRNOTAVAIL"),
        K::NotConnected => ("OSError", "ENOTCONN"),
        K::DirectoryNotEmpty => ("OSError", "ENOTEMPTY"),
        K::StorageFull => ("OSError", "ENOSPC"),
        K::InvalidInput => ("OSError", "EINVAL"),
        K::Unsupported => ("OSError", "ENOTSUP"),
        K::OutOfMemory => ("OSError", "ENOMEM"),
        _ => return ("OSError", None),
    };
    (class, Some(number))
}

/// An error that waits in a capsule to come back to Rust.
struct Kept(Mutex<Option<Error>>);

/// The name of this program's capsules. It has an address of this copy of the crate in it: what another
/// copy in the process has kept is laid out as that one likes.
fn capsule_name() -> &'static CStr {
    static NAME: OnceLock<CString> = OnceLock::new();
    NAME.get_or_init(|| {
        let name = format!("gopyre.Error.{:p}", &raw const NAME);
        CString::new(name).unwrap_or_default()
    })
}

/// Puts an error into its exception.
fn keep(exception: &Ref<'_>, error: Error) -> Result<()> {
    unsafe extern "C" fn gone(capsule: *mut sys::PyObject) {
        // SAFETY: Python calls attached, with a capsule made below, whose pointer is ours to free.
        unsafe {
            let kept = sys::table().PyCapsule_GetPointer(capsule, capsule_name().as_ptr());
            if !kept.is_null() {
                let kept = kept.cast::<Kept>();
                let_go(|| drop(Box::from_raw(kept)));
            }
        }
    }
    let py = exception.py();
    let kept = Box::into_raw(Box::new(Kept(Mutex::new(Some(error)))));
    // SAFETY: attached; the name is static; the capsule owns the pointer once it is made.
    let capsule = unsafe {
        let capsule = py.PyCapsule_New(kept.cast::<c_void>(), capsule_name().as_ptr(), Some(gone));
        if capsule.is_null() {
            drop(Box::from_raw(kept));
        }
        Ref::owned(py, capsule)?
    };
    // The capsule itself serves where there is no module `gopyre` any more.
    exception.set_attr(KEPT, &python::wrap_kept(&capsule).unwrap_or(capsule))
}

/// Takes the error out of an exception that was raised for one, where it still has it.
pub(super) fn take(exception: &Ref<'_>) -> Option<Error> {
    let py = exception.py();
    if interrupt::is_stop(exception) {
        return None;
    }
    // Anything else was not made here, and asking it could run any code.
    let is_builtin = !exception.has_flag(sys::type_flags::HEAPTYPE);
    if !is_builtin && !python::is_rust_error(exception) || !has_own_attributes(exception) {
        return None;
    }
    let kept = exception.attr_or_none(KEPT).ok().flatten()?;
    let capsule = python::unwrap_kept(kept).ok()?;
    // SAFETY: attached; the function checks for a capsule of that name, which only `keep` gives; it lives
    // as long as `capsule` refers to it.
    unsafe {
        let kept = py.PyCapsule_GetPointer(capsule.as_ptr(), capsule_name().as_ptr());
        let Some(Kept(error)) = kept.cast::<Kept>().as_ref() else {
            py.PyErr_Clear();
            return None;
        };
        error.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
