//! `os.fork` beside interpreters, which CPython does not survive: the child hangs or crashes at once.

use super::end;
use crate::attach::Attached;
use crate::error::Result;
use crate::reference::Ref;
use crate::script;
use gopyre_sys as sys;
use std::ptr;

/// What `fork.py` asks.
static ARE_ANY: sys::PyMethodDef = sys::PyMethodDef {
    ml_name: c"are_any".as_ptr(),
    ml_meth: are_any,
    ml_flags: sys::METH_FASTCALL,
    ml_doc: ptr::null(),
};

/// Lets `os.fork` raise in the main interpreter, from where alone it can be called, while there are others.
pub(super) fn guard(py: Attached<'_>) -> Result<()> {
    let namespace = Ref::dict(py)?;
    // SAFETY: attached; the definition is static; a new reference.
    let function = unsafe {
        Ref::owned(
            py,
            py.PyCFunction_NewEx(&ARE_ANY, ptr::null_mut(), ptr::null_mut()),
        )?
    };
    namespace.dict_set(&Ref::name(py, "are_any")?, &function)?;
    script::run_internal(&namespace, include_str!("fork.py"))
}

/// `are_any()`: whether there are interpreters beside the main one.
unsafe extern "C" fn are_any(
    _: *mut sys::PyObject,
    _: *const *mut sys::PyObject,
    _: sys::Py_ssize_t,
) -> *mut sys::PyObject {
    // SAFETY: Python calls attached.
    unsafe { sys::table().PyBool_FromLong(end::are_any().into()) }
}
