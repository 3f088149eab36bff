//! Python's side of the streams: `sys.stdout`, `sys.stderr` and `sys.stdin`.

use super::{Stream, current, follow_route, remember, route_number};
use crate::attach::{self, Attached};
use crate::buffer::copy;
use crate::error::Result;
use crate::interpreter::Each;
use crate::object::Object;
use crate::reference::Ref;
use crate::script;
use gopyre_sys as sys;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

/// The Python half, as a namespace; made at start or at the first redirection.
static HELPER: Each<Object> = Each::new();
/// Whether new threads follow the route of the thread that starts them.
static FOLLOWED: Each<()> = Each::new();

/// Puts our streams in the place of Python's own.
pub(crate) fn install(py: Attached<'_>) -> Result<()> {
    let install = helper(py)?.bind(py)?.dict_get(&Ref::name(py, "install")?)?;
    install.map_or(Ok(()), |install| install.call([]).map(drop))
}

/// Flushes Python's side, before it is finalized.
pub(crate) fn finish(py: Attached<'_>) -> Result<()> {
    let sys = Ref::import(py, "sys")?;
    for name in ["stdout", "stderr"] {
        // What a script has put there may be anything.
        let _ = sys
            .attr(name)
            .and_then(|stream| stream.call_method("flush", []));
    }
    Ok(())
}

/// Makes threads that Python starts print where the thread that started them does.
pub(super) fn follow_threads(py: Attached<'_>) -> Result<()> {
    if FOLLOWED.get(py).is_none() {
        // Most programs redirect nothing, and need not compile this.
        script::run_internal(&helper(py)?.bind(py)?, include_str!("follow.py"))?;
        FOLLOWED.set(py, ());
    }
    Ok(())
}

fn helper<'py>(py: Attached<'py>) -> Result<&'py Object> {
    if let Some(helper) = HELPER.get(py) {
        return Ok(helper);
    }
    let namespace = Ref::dict(py)?;
    for (name, definition) in &FUNCTIONS {
        // SAFETY: attached; the definition is static; a new reference.
        let function = unsafe {
            Ref::owned(
                py,
                py.PyCFunction_NewEx(definition, ptr::null_mut(), ptr::null_mut()),
            )?
        };
        namespace.dict_set(&Ref::name(py, name)?, &function)?;
    }
    script::run_internal(&namespace, include_str!("streams.py"))?;
    Ok(HELPER.set(py, Object::from_ref(namespace)))
}

type Args = *const *mut sys::PyObject;

/// The name and the C function of a Rust function of a stream and one more argument.
macro_rules! function {
    ($body:ident) => {{
        unsafe extern "C" fn entry(
            _: *mut sys::PyObject,
            args: Args,
            count: sys::Py_ssize_t,
        ) -> *mut sys::PyObject {
            // SAFETY: Python calls attached, with `count` arguments.
            unsafe { called(args, count, $body) }
        }
        let definition = sys::PyMethodDef {
            ml_name: concat!(stringify!($body), "\0").as_ptr().cast(),
            ml_meth: entry,
            ml_flags: sys::METH_FASTCALL,
            ml_doc: ptr::null(),
        };
        (stringify!($body), definition)
    }};
}

/// What the helper calls.
static FUNCTIONS: [(&str, sys::PyMethodDef); 6] = [
    function!(write),
    function!(flush),
    function!(descriptor),
    function!(is_terminal),
    function!(route),
    function!(follow),
];

/// What such a function returns: a new reference, or null with an exception raised.
type Answer = io::Result<*mut sys::PyObject>;

/// `write(stream, bytes)`: hands bytes to where this thread's output goes.
fn write(py: Attached<'_>, stream: Stream, bytes: *mut sys::PyObject) -> Answer {
    let sink = current(stream);
    let (length, due) = with_bytes(py, bytes, |bytes| (bytes.len(), sink.take(bytes)))?;
    if due {
        attach::detach_now(|| sink.drain())?;
    }
    // SAFETY: attached.
    Ok(unsafe { py.PyLong_FromLongLong(length as i64) })
}

/// `flush(stream)`.
fn flush(py: Attached<'_>, stream: Stream, _: *mut sys::PyObject) -> Answer {
    let sink = current(stream);
    attach::detach_now(|| sink.drain())?;
    Ok(Ref::none(py).into_ptr().as_ptr())
}

/// `descriptor(stream)`: the file descriptor, or -1.
fn descriptor(py: Attached<'_>, stream: Stream, _: *mut sys::PyObject) -> Answer {
    let number = current(stream).descriptor().unwrap_or(-1);
    // SAFETY: attached.
    Ok(unsafe { py.PyLong_FromLongLong(number.into()) })
}

/// `is_terminal(stream)`.
fn is_terminal(py: Attached<'_>, stream: Stream, _: *mut sys::PyObject) -> Answer {
    // SAFETY: attached.
    Ok(unsafe { py.PyBool_FromLong(current(stream).is_terminal().into()) })
}

/// `route()`: the number of this thread's route, or 0.
fn route(py: Attached<'_>, _: Stream, _: *mut sys::PyObject) -> Answer {
    // SAFETY: attached.
    Ok(unsafe { py.PyLong_FromUnsignedLongLong(route_number().unwrap_or(0)) })
}

/// `follow(0, number)`: takes over the route of that number.
fn follow(py: Attached<'_>, _: Stream, number: *mut sys::PyObject) -> Answer {
    // SAFETY: attached; a live object, kept by the caller.
    let number = unsafe { py.PyLong_AsUnsignedLongLong(number) };
    // SAFETY: attached.
    unsafe {
        if !py.PyErr_Occurred().is_null() {
            py.PyErr_Clear();
            let kind = io::ErrorKind::InvalidInput;
            return Err(io::Error::new(kind, "the number of a route is required"));
        }
    }
    follow_route(number);
    Ok(Ref::none(py).into_ptr().as_ptr())
}

/// An exception is raised in Python.
struct Raised;

/// The body of a C function: arguments out, errors and panics in (rule 10).
///
/// # Safety
/// The thread must be attached and `args` hold `count` objects.
unsafe fn called(
    args: Args,
    count: sys::Py_ssize_t,
    body: impl FnOnce(Attached<'_>, Stream, *mut sys::PyObject) -> Answer,
) -> *mut sys::PyObject {
    let run = || {
        // SAFETY: Python calls attached.
        let outcome = unsafe {
            attach::in_current(|py| {
                let argument = |index: isize| {
                    if index < count {
                        *args.offset(index)
                    } else {
                        py._Py_NoneStruct()
                    }
                };
                let is_stderr = count > 0 && argument(0) == py._Py_TrueStruct();
                let stream = if is_stderr {
                    Stream::Stderr
                } else {
                    Stream::Stdout
                };
                body(py, stream, argument(1)).map_err(|error| {
                    raise(py, stream, error);
                    Raised
                })
            })
        };
        outcome.ok()
    };
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Some(Ok(object))) => object,
        Ok(Some(Err(Raised))) => ptr::null_mut(),
        Ok(None) | Err(_) => {
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
fn with_bytes<R>(
    py: Attached<'_>,
    object: *mut sys::PyObject,
    f: impl FnOnce(&[u8]) -> R,
) -> io::Result<R> {
    // SAFETY: attached; a live object, kept by the caller. Exact bytes never change.
    unsafe {
        if py.Py_TYPE(object) == py.PyBytes_Type() {
            let (mut data, mut size) = (ptr::null_mut(), 0);
            py.PyBytes_AsStringAndSize(object, &mut data, &mut size);
            let bytes = std::slice::from_raw_parts(data.cast::<u8>(), size.unsigned_abs());
            return Ok(f(bytes));
        }
    }
    // SAFETY: all zero is a valid empty view.
    let mut view: sys::Py_buffer = unsafe { std::mem::zeroed() };
    // SAFETY: attached; a live object; the view is released below.
    if unsafe { py.PyObject_GetBuffer(object, &mut view, 0) } < 0 {
        // SAFETY: attached.
        unsafe { py.PyErr_Clear() };
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "a bytes-like object is required",
        ));
    }
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
fn raise(py: Attached<'_>, stream: Stream, error: io::Error) {
    let number = match (error.raw_os_error(), error.kind()) {
        (Some(number), _) => Some(number),
        (None, io::ErrorKind::BrokenPipe) => Some(32),
        _ => None,
    };
    let raise = || -> Result<Object> {
        // SAFETY: attached; the class is borrowed; new references are owned by `Ref`.
        unsafe {
            let message = Ref::text(py, &error.to_string())?;
            let class = Ref::import(py, "builtins")?.attr(match error.kind() {
                io::ErrorKind::InvalidInput => "TypeError",
                _ => "OSError",
            })?;
            let value = match number {
                Some(number) => class.call([
                    &Ref::owned(py, py.PyLong_FromLongLong(number.into()))?,
                    &message,
                ])?,
                None => class.call([&message])?,
            };
            py.PyErr_SetObject(value.type_ptr(), value.as_ptr());
            Ok(Object::from_ref(value))
        }
    };
    match raise() {
        Ok(exception) => remember(stream, exception, error),
        // SAFETY: attached; a constant message.
        Err(_) => unsafe {
            py.PyErr_SetString(
                py.PyExc_RuntimeError(),
                c"the output could not be written".as_ptr(),
            )
        },
    }
}
