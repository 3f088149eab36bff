//! What the objects that are Python's streams have of ours: functions of Rust.

use super::reconfigure::RECONFIGURE;
use super::{Stream, current, follow_route, remember, route_number, route_of};
use crate::attach::{self, Attached};
use crate::buffer::copy;
use crate::error::{Error, Result, error_of, raise, type_error};
use crate::object::Object;
use crate::reference::Ref;
use gopyre_sys as sys;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

/// Of its receiver and its argument, which is None where it takes none.
type Body = for<'py> fn(&Ref<'py>, &Ref<'py>) -> Result<Ref<'py>>;

/// A function that Python calls, as an attribute of an object.
pub(super) struct Function {
    pub(super) name: &'static str,
    pub(super) definition: sys::PyMethodDef,
}

impl Function {
    /// The function, which is given `receiver` in each call.
    pub(super) fn of<'py>(&'static self, receiver: &Ref<'py>) -> Result<Ref<'py>> {
        let py = receiver.py();
        // SAFETY: attached; the definition is static; a new reference, with one of its own to the receiver.
        unsafe {
            let function =
                py.PyCFunction_NewEx(&self.definition, receiver.as_ptr(), ptr::null_mut());
            Ref::owned(py, function)
        }
    }
}

/// `name`, which takes `count` arguments, as a Rust function of its receiver and its argument or None.
macro_rules! function {
    ($name:literal, $count:literal, $body:ident) => {{
        unsafe extern "C" fn entry(
            this: *mut sys::PyObject,
            args: *const *mut sys::PyObject,
            count: sys::Py_ssize_t,
        ) -> *mut sys::PyObject {
            // SAFETY: Python calls attached, with the receiver that the function has and `count` arguments.
            unsafe { called(this, args, count, $count, $body) }
        }
        Function {
            name: $name,
            definition: sys::PyMethodDef {
                ml_name: concat!($name, "\0").as_ptr().cast(),
                ml_meth: entry,
                ml_flags: sys::METH_FASTCALL,
                ml_doc: ptr::null(),
            },
        }
    }};
}

/// Of the binary ends of `sys.stdout` and `sys.stderr`, whose receiver says which.
pub(super) static OUTPUT: [Function; 6] = [
    function!("writable", 0, yes),
    function!("write", 1, write),
    function!("flush", 0, flush),
    // A script that closes its output must not silence the next one.
    function!("close", 0, flush),
    function!("isatty", 0, is_terminal),
    function!("fileno", 0, descriptor),
];

/// Of the text end of `sys.stdout`, which is its own receiver.
pub(super) static STDOUT_TEXT: [Function; 3] = [
    function!("write", 1, write_stdout),
    function!("detach", 0, detach),
    RECONFIGURE,
];

/// Of that of `sys.stderr`.
pub(super) static STDERR_TEXT: [Function; 3] = [
    function!("write", 1, write_stderr),
    function!("detach", 0, detach),
    RECONFIGURE,
];

/// Of `sys.stdin`'s binary end. `quit()` closes the input, and the next script may read it.
pub(super) static INPUT: [Function; 1] = [function!("close", 0, nothing)];

/// Of its text end.
pub(super) static INPUT_TEXT: [Function; 2] = [
    function!("close", 0, nothing),
    function!("detach", 0, detach),
];

/// Of the namespace of `follow.py`.
pub(super) static FOLLOW: [Function; 2] =
    [function!("route", 0, route), function!("follow", 1, follow)];

/// Of the namespace of `redirect.py`.
pub(super) static REDIRECTED: Function = function!("redirected", 1, redirected);

fn stream(receiver: &Ref<'_>) -> Stream {
    match receiver.as_ptr() == receiver.py()._Py_TrueStruct() {
        true => Stream::Stderr,
        false => Stream::Stdout,
    }
}

fn yes<'py>(this: &Ref<'py>, _: &Ref<'py>) -> Result<Ref<'py>> {
    Ref::boolean(this.py(), true)
}

fn nothing<'py>(this: &Ref<'py>, _: &Ref<'py>) -> Result<Ref<'py>> {
    Ok(Ref::none(this.py()))
}

fn write<'py>(this: &Ref<'py>, bytes: &Ref<'py>) -> Result<Ref<'py>> {
    let length = write_bytes(stream(this), bytes)?;
    integer(this.py(), length as i64)
}

/// Hands bytes to where this thread's output goes.
fn write_bytes(stream: Stream, bytes: &Ref<'_>) -> Result<usize> {
    let sink = current(stream);
    let (length, due) = with_bytes(bytes, |bytes| (bytes.len(), sink.take(bytes)))?;
    if due {
        attach::detach_now(|| sink.drain()).map_err(|error| failed(bytes.py(), stream, error))?;
    }
    Ok(length)
}

fn flush<'py>(this: &Ref<'py>, _: &Ref<'py>) -> Result<Ref<'py>> {
    let (py, stream) = (this.py(), stream(this));
    let sink = current(stream);
    attach::detach_now(|| sink.drain()).map_err(|error| failed(py, stream, error))?;
    Ok(Ref::none(py))
}

fn is_terminal<'py>(this: &Ref<'py>, _: &Ref<'py>) -> Result<Ref<'py>> {
    Ref::boolean(this.py(), current(stream(this)).is_terminal())
}

fn descriptor<'py>(this: &Ref<'py>, _: &Ref<'py>) -> Result<Ref<'py>> {
    match current(stream(this)).descriptor() {
        Some(number) => integer(this.py(), number.into()),
        None => Err(unsupported(this.py(), "the output goes to no file")),
    }
}

fn write_stdout<'py>(this: &Ref<'py>, text: &Ref<'py>) -> Result<Ref<'py>> {
    write_text(Stream::Stdout, this, text)
}

fn write_stderr<'py>(this: &Ref<'py>, text: &Ref<'py>) -> Result<Ref<'py>> {
    write_text(Stream::Stderr, this, text)
}

/// Past the wrapper's own buffer, which all threads share: each thread has its own destination.
fn write_text<'py>(stream: Stream, this: &Ref<'py>, text: &Ref<'py>) -> Result<Ref<'py>> {
    let py = this.py();
    if !text.has_flag(sys::type_flags::UNICODE) {
        // SAFETY: attached; the type of a live object.
        let class = unsafe { Ref::borrowed(py, text.type_ptr())? };
        let name = class.attr("__name__")?.to_text_lossy()?;
        let message = format!("write() argument must be str, not {name}");
        return Err(type_error(py, &message));
    }
    let (encoding, errors) = (this.attr("encoding")?, this.attr("errors")?);
    let (encoding, errors) = (encoding.as_str()?.as_ptr(), errors.as_str()?.as_ptr());
    // SAFETY: attached; a str; CPython ends the texts of its str objects with a NUL; a new reference.
    let bytes = unsafe {
        let bytes = py.PyUnicode_AsEncodedString(text.as_ptr(), encoding.cast(), errors.cast());
        Ref::owned(py, bytes)?
    };
    write_bytes(stream, &bytes)?;
    // SAFETY: attached; a live object.
    let length = unsafe { py.PyObject_Size(text.as_ptr()) };
    match length {
        0.. => integer(py, length as i64),
        _ => Err(Error::raised(py)),
    }
}

fn detach<'py>(this: &Ref<'py>, _: &Ref<'py>) -> Result<Ref<'py>> {
    Err(unsupported(
        this.py(),
        "the stream stays for the next script",
    ))
}

/// Whether an execution redirects what this thread prints to the stream of that number.
fn redirected<'py>(this: &Ref<'py>, number: &Ref<'py>) -> Result<Ref<'py>> {
    // SAFETY: attached; a live object.
    let stream = match unsafe { this.py().PyObject_IsTrue(number.as_ptr()) } {
        1.. => Stream::Stderr,
        _ => Stream::Stdout,
    };
    Ref::boolean(this.py(), route_of(stream).is_some())
}

/// The number of this thread's route, or 0.
fn route<'py>(this: &Ref<'py>, _: &Ref<'py>) -> Result<Ref<'py>> {
    let (py, number) = (this.py(), route_number().unwrap_or(0));
    // SAFETY: attached; a new reference.
    unsafe { Ref::owned(py, py.PyLong_FromUnsignedLongLong(number)) }
}

/// Takes over the route of that number.
fn follow<'py>(this: &Ref<'py>, number: &Ref<'py>) -> Result<Ref<'py>> {
    let py = this.py();
    // SAFETY: attached; a live object.
    let number = unsafe { py.PyLong_AsUnsignedLongLong(number.as_ptr()) };
    // SAFETY: attached.
    if unsafe { !py.PyErr_Occurred().is_null() } {
        return Err(Error::raised(py));
    }
    follow_route(number);
    Ok(Ref::none(py))
}

fn integer(py: Attached<'_>, value: i64) -> Result<Ref<'_>> {
    // SAFETY: attached; a new reference.
    unsafe { Ref::owned(py, py.PyLong_FromLongLong(value)) }
}

fn unsupported(py: Attached<'_>, message: &str) -> Error {
    let class = Ref::import(py, "io").and_then(|io| io.attr("UnsupportedOperation"));
    error_of(py, class, message)
}

/// A C function: arguments out, errors and panics in (rule 10).
///
/// # Safety
/// The thread must be attached, `this` be live and `args` hold `count` objects.
unsafe fn called(
    this: *mut sys::PyObject,
    args: *const *mut sys::PyObject,
    count: sys::Py_ssize_t,
    expected: sys::Py_ssize_t,
    body: Body,
) -> *mut sys::PyObject {
    // SAFETY: Python calls attached, with live objects and as many arguments as `count` says.
    unsafe {
        run(|py| {
            if count != expected {
                let message = format!("expected {expected}, found {count}");
                let message = format!("wrong number of arguments: {message}");
                return Err(type_error(py, &message));
            }
            let this = Ref::borrowed(py, this)?;
            match count {
                0 => body(&this, &Ref::none(py)),
                _ => body(&this, &Ref::borrowed(py, *args)?),
            }
        })
    }
}

/// The body of a C function: errors and panics in (rule 10).
///
/// # Safety
/// The thread must be attached.
pub(super) unsafe fn run(
    body: impl for<'py> FnOnce(Attached<'py>) -> Result<Ref<'py>>,
) -> *mut sys::PyObject {
    let run = || {
        // SAFETY: attached, as the caller promises.
        unsafe {
            attach::in_current(|py| {
                body(py).map_or_else(
                    |error| {
                        raise(py, error);
                        ptr::null_mut()
                    },
                    |object| object.into_ptr().as_ptr(),
                )
            })
        }
    };
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(object)) => object,
        Ok(Err(_)) | Err(_) => {
            // SAFETY: Python calls attached, with the table in place; a constant message.
            unsafe {
                let table = sys::table();
                table.PyErr_SetString(
                    table.PyExc_RuntimeError(),
                    c"the output could not be written".as_ptr(),
                );
            }
            ptr::null_mut()
        }
    }
}

/// Reads a bytes-like object; `f` runs attached.
fn with_bytes<R>(object: &Ref<'_>, f: impl FnOnce(&[u8]) -> R) -> Result<R> {
    let py = object.py();
    // SAFETY: attached; a live object. Exact bytes never change.
    unsafe {
        if object.type_ptr() == py.PyBytes_Type() {
            let (mut data, mut size) = (ptr::null_mut(), 0);
            py.PyBytes_AsStringAndSize(object.as_ptr(), &mut data, &mut size);
            let bytes = std::slice::from_raw_parts(data.cast::<u8>(), size.unsigned_abs());
            return Ok(f(bytes));
        }
    }
    // SAFETY: all zero is a valid empty view.
    let mut view: sys::Py_buffer = unsafe { std::mem::zeroed() };
    // SAFETY: attached; a live object; the view is released below.
    py.check(unsafe { py.PyObject_GetBuffer(object.as_ptr(), &mut view, 0) })?;
    let bytes = match view.len {
        0 => Vec::new(),
        // SAFETY: attached; the exporter keeps that many bytes in place until the view is released, and what
        // somebody may write there is copied before anybody has a reference to it.
        length => unsafe { copy::<u8>(&py, view.buf.cast_const().cast(), length.unsigned_abs()) },
    };
    // SAFETY: filled by `PyObject_GetBuffer`.
    unsafe { py.PyBuffer_Release(&mut view) };
    Ok(f(&bytes))
}

/// Raises an error of the writer: `BrokenPipeError` and its kin where the system gave a number.
fn failed(py: Attached<'_>, stream: Stream, error: io::Error) -> Error {
    let number = match (error.raw_os_error(), error.kind()) {
        (Some(number), _) => Some(number),
        (None, io::ErrorKind::BrokenPipe) => Some(32),
        _ => None,
    };
    let exception = || {
        let class = Ref::import(py, "builtins")?.attr("OSError")?;
        let message = Ref::text(py, &error.to_string())?;
        match number {
            Some(number) => class.call([&integer(py, number.into())?, &message]),
            None => class.call([&message]),
        }
    };
    match exception() {
        Ok(exception) => {
            remember(stream, Object::from_ref(exception.clone()), error);
            // SAFETY: attached; a live object, of which CPython takes references. Raised, it gets its context.
            unsafe { py.PyErr_SetObject(exception.type_ptr(), exception.as_ptr()) };
            Error::raised(py)
        }
        Err(error) => error,
    }
}
