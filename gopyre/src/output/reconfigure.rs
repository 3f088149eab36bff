//! `reconfigure` of `sys.stdout` and `sys.stderr`.

use super::functions::{Function, run};
use crate::error::Result;
use crate::reference::Ref;
use gopyre_sys as sys;
use std::ptr;

pub(super) const RECONFIGURE: Function = Function {
    name: "reconfigure",
    definition: sys::PyMethodDef {
        ml_name: c"reconfigure".as_ptr(),
        // SAFETY: CPython calls a function of these flags with the fourth argument.
        ml_meth: unsafe {
            std::mem::transmute::<sys::FastKeywordsFunction, sys::FastFunction>(entry)
        },
        ml_flags: sys::METH_FASTCALL | sys::METH_KEYWORDS,
        ml_doc: ptr::null(),
    },
};

/// What Python calls.
unsafe extern "C" fn entry(
    this: *mut sys::PyObject,
    args: *const *mut sys::PyObject,
    count: sys::Py_ssize_t,
    names: *mut sys::PyObject,
) -> *mut sys::PyObject {
    // SAFETY: Python calls attached, with the stream, and with `count` arguments before those that `names` names.
    unsafe {
        run(|py| {
            let text = Ref::borrowed(py, this)?;
            let function = Ref::import(py, "io")?
                .attr("TextIOWrapper")?
                .attr("reconfigure")?;
            let named = match names.is_null() {
                true => 0,
                false => py.PyTuple_Size(names),
            };
            let mut all = vec![this];
            all.extend((0..count + named).map(|index| *args.offset(index)));
            let (all, count) = (all.as_ptr(), 1 + count.unsigned_abs());
            let done = match named {
                0 => py.call_array(function.as_ptr(), all, count),
                _ => py.call_named(function.as_ptr(), all, count, names),
            };
            let done = Ref::owned(py, done)?;
            let_wrapper_write(&text, &function)?;
            Ok(done)
        })
    }
}

/// Has the wrapper's own `write` take the place of ours, because it knows of line ends, of marks of byte order and of when
/// to flush. Nothing is to wait in its buffer, which all threads share.
fn let_wrapper_write(text: &Ref<'_>, reconfigure: &Ref<'_>) -> Result<()> {
    let py = text.py();
    let through = Ref::dict(py)?;
    through.dict_set(&Ref::name(py, "write_through")?, &Ref::boolean(py, true)?)?;
    let write = Ref::name(py, "write")?;
    // SAFETY: attached; live objects; a new reference; setting null deletes.
    unsafe {
        let arguments = [text.as_ptr()];
        let (function, arguments) = (reconfigure.as_ptr(), arguments.as_ptr());
        Ref::owned(
            py,
            py.PyObject_VectorcallDict(function, arguments, 1, through.as_ptr()),
        )?;
        if py.PyObject_SetAttr(text.as_ptr(), write.as_ptr(), ptr::null_mut()) != 0 {
            // It was taken away before.
            py.PyErr_Clear();
        }
    }
    Ok(())
}
