//! The Python object behind a [`Buffer`](super::Buffer): it owns the memory and exports it.

use super::Memory;
use super::element::Element;
use crate::attach::Attached;
use crate::error::{Error, Result};
use crate::interpreter::Each;
use crate::object::Object;
use crate::reference::{Ref, head_size};
use gopyre_sys as sys;
use std::ffi::{CStr, c_int, c_void};
use std::ptr;
use std::sync::{Arc, OnceLock};

/// What an exporter holds, behind the head of its Python object.
struct Export {
    data: *mut c_void,
    bytes: isize,
    format: &'static CStr,
    itemsize: isize,
    shape: Box<[isize]>,
    strides: Box<[isize]>,
    _owner: Box<dyn Send>,
}

/// The exporter's class.
static CLASS: Each<Object> = Each::new();
/// Where in an instance the pointer to its [`Export`] is.
static OFFSET: OnceLock<usize> = OnceLock::new();

/// The strides of elements that lie one after the other, in row-major order.
pub(super) fn row_major(dims: &[usize], itemsize: isize) -> Vec<isize> {
    let mut strides = vec![itemsize; dims.len()];
    let mut step = itemsize;
    for (stride, dim) in strides.iter_mut().zip(dims).rev() {
        *stride = step;
        step = step.wrapping_mul((*dim).max(1) as isize);
    }
    strides
}

/// A `memoryview` over the memory.
pub(super) fn export<T: Element>(
    py: Attached<'_>,
    memory: &Arc<Memory<T>>,
    dims: &[usize],
) -> Result<Object> {
    let class = class(py)?;
    let itemsize = size_of::<T>() as isize;
    let shape: Box<[isize]> = dims.iter().map(|dim| *dim as isize).collect();
    let strides = row_major(dims, itemsize).into_boxed_slice();
    // SAFETY: the vector is never resized again; only its address is taken here.
    let data = unsafe { (*memory.0.get()).as_mut_ptr() }.cast();
    let bytes = shape.iter().product::<isize>() * itemsize;
    let export = Export {
        data,
        bytes,
        format: T::FORMAT,
        itemsize,
        shape,
        strides,
        _owner: Box::new(Arc::clone(memory)),
    };
    // SAFETY: attached; a class of ours, whose instances have room for one pointer at `offset`.
    unsafe {
        let this = Ref::owned(py, py.PyType_GenericAlloc(class.pointer(py)?, 0))?;
        let Some(slot) = slot(this.as_ptr()) else {
            return Err(Error::Start("a class without a layout".to_owned()));
        };
        *slot = Box::into_raw(Box::new(export));
        Ref::owned(py, py.PyMemoryView_FromObject(this.as_ptr())).map(Object::from_ref)
    }
}

/// # Safety
/// `this` must be an instance of the class.
unsafe fn slot<'a>(this: *mut sys::PyObject) -> Option<&'a mut *mut Export> {
    let offset = *OFFSET.get()?;
    // SAFETY: within the instance, as the caller promises; set or null.
    Some(unsafe { &mut *this.byte_add(offset).cast() })
}

fn class<'py>(py: Attached<'py>) -> Result<&'py Object> {
    if let Some(class) = CLASS.get(py) {
        return Ok(class);
    }
    let head = head_size(py)?;
    let offset = *OFFSET.get_or_init(|| head);
    let slots = [
        sys::PyType_Slot {
            slot: sys::BF_GETBUFFER,
            pfunc: getbuffer as *mut c_void,
        },
        sys::PyType_Slot {
            slot: sys::TP_DEALLOC,
            pfunc: dealloc as *mut c_void,
        },
        sys::PyType_Slot {
            slot: 0,
            pfunc: ptr::null_mut(),
        },
    ];
    let too_large = |_| Error::Start("an object's head is too large".to_owned());
    let spec = sys::PyType_Spec {
        name: c"gopyre.Buffer".as_ptr(),
        basicsize: c_int::try_from(offset + size_of::<*mut Export>()).map_err(too_large)?,
        itemsize: 0,
        flags: 0,
        slots: slots.as_ptr().cast_mut(),
    };
    // SAFETY: attached; the specification is read during the call and the name is static; a new reference.
    let class = unsafe { Ref::owned(py, py.PyType_FromSpec(&spec))? };
    Ok(CLASS.set(py, Object::from_ref(class)))
}

/// `bf_getbuffer`: fills a view that keeps the exporter alive.
unsafe extern "C" fn getbuffer(
    this: *mut sys::PyObject,
    view: *mut sys::Py_buffer,
    flags: c_int,
) -> c_int {
    // SAFETY: Python calls attached, with an instance of the class and a view to fill; an instance that
    // Python code made by itself holds a null pointer.
    unsafe {
        let table = sys::table();
        (*view).obj = ptr::null_mut();
        let export = slot(this).map_or(ptr::null_mut(), |slot| *slot);
        let Some(export) = export.as_ref() else {
            table.PyErr_SetString(
                table.PyExc_BufferError(),
                c"the buffer has no memory".as_ptr(),
            );
            return -1;
        };
        let wants = |flag: c_int| flags & flag == flag;
        if wants(sys::PYBUF_F_CONTIGUOUS) && export.shape.len() > 1 {
            table.PyErr_SetString(
                table.PyExc_BufferError(),
                c"the buffer is in row-major order".as_ptr(),
            );
            return -1;
        }
        table.Py_IncRef(this);
        view.write(sys::Py_buffer {
            buf: export.data,
            obj: this,
            len: export.bytes,
            itemsize: export.itemsize,
            readonly: 0,
            ndim: export.shape.len() as c_int,
            format: if wants(sys::PYBUF_FORMAT) {
                export.format.as_ptr().cast_mut()
            } else {
                ptr::null_mut()
            },
            shape: if wants(sys::PYBUF_ND) && !export.shape.is_empty() {
                export.shape.as_ptr().cast_mut()
            } else {
                ptr::null_mut()
            },
            strides: if wants(sys::PYBUF_STRIDES) && !export.shape.is_empty() {
                export.strides.as_ptr().cast_mut()
            } else {
                ptr::null_mut()
            },
            suboffsets: ptr::null_mut(),
            internal: ptr::null_mut(),
        });
        0
    }
}

/// `tp_dealloc`: lets go of the memory.
unsafe extern "C" fn dealloc(this: *mut sys::PyObject) {
    // SAFETY: Python calls attached, with an instance that nothing refers to; `tp_free` is a class's own
    // function for its instances, and an instance of a heap type holds a reference to it.
    unsafe {
        let table = sys::table();
        let class = table.Py_TYPE(this);
        let export = slot(this).map_or(ptr::null_mut(), |slot| *slot);
        if !export.is_null() {
            drop(Box::from_raw(export));
        }
        let free = table.PyType_GetSlot(class, sys::TP_FREE);
        if !free.is_null() {
            let free: unsafe extern "C" fn(*mut c_void) = std::mem::transmute(free);
            free(this.cast());
        }
        table.Py_DecRef(class);
    }
}
