//! The same modules inside a library that plain Python imports.

use crate::module::{self, ModuleItem};
use gopyre_sys as sys;
use std::ffi::c_void;
use std::ptr;

/// What `PyInit_<name>` does: gives Python the definition of the module that the library holds.
pub fn init(item: &'static ModuleItem) -> *mut c_void {
    module::extend(item);
    if let Ok(Some((table, _))) = sys::Table::in_process() {
        // SAFETY: Python calls this attached.
        unsafe {
            table.PyErr_SetString(
                table.PyExc_ImportError(),
                c"this library's modules are imported by the program that holds them".as_ptr(),
            );
        }
    }
    ptr::null_mut()
}
