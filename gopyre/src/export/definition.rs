//! Functions as the macro describes them, and as CPython wants them described.

use super::call::{self, Call, Returned};
use super::panic;
use super::signature::{FunctionKind, Signature};
use crate::class::Property;
use crate::error::Result;
use crate::reference::Ref;
use gopyre_sys as sys;
use std::collections::HashMap;
use std::ffi::{CString, c_int, c_void};
use std::fmt;
use std::ptr;
use std::sync::{Mutex, OnceLock, PoisonError};

/// A Rust function or method as the macro shows it.
pub trait Function: 'static {
    /// What Python calls it.
    const NAME: &'static str;
    /// Its documentation.
    const DOC: &'static str;
    /// Its parameters.
    const SIGNATURE: &'static Signature;
    /// What it is called on.
    const KIND: FunctionKind;
    /// Calls it.
    ///
    /// # Errors
    /// Those of the arguments and of the function.
    fn call<'a>(call: Call<'a>) -> Result<Returned<'a>>;
}

/// A [`Function`] as a value.
#[derive(Clone, Copy)]
pub struct FunctionItem {
    name: &'static str,
    doc: &'static str,
    signature: &'static Signature,
    kind: FunctionKind,
    call: for<'a> fn(Call<'a>) -> Result<Returned<'a>>,
    entry: sys::FastKeywordsFunction,
}

impl fmt::Debug for FunctionItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FunctionItem")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl FunctionItem {
    /// The function's description.
    pub const fn new<F: Function>() -> FunctionItem {
        FunctionItem {
            name: F::NAME,
            doc: F::DOC,
            signature: F::SIGNATURE,
            kind: F::KIND,
            call: F::call,
            entry: entry::<F>,
        }
    }

    /// What Python calls it.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its documentation.
    pub fn doc(&self) -> &'static str {
        self.doc
    }

    /// Its parameters.
    pub fn signature(&self) -> &'static Signature {
        self.signature
    }

    /// What it is called on.
    pub fn kind(&self) -> FunctionKind {
        self.kind
    }
}

/// What Python calls.
unsafe extern "C" fn entry<F: Function>(
    this: *mut sys::PyObject,
    arguments: *const *mut sys::PyObject,
    count: isize,
    names: *mut sys::PyObject,
) -> *mut sys::PyObject {
    // SAFETY: Python calls attached, with arguments as `METH_FASTCALL | METH_KEYWORDS` promises, and a
    // method's descriptor with an instance of its class.
    unsafe { call::run(|py| F::call(Call::new(py, this, F::KIND, arguments, count, names))) }
}

/// Calls a constructor with a tuple and a dict or null, as `tp_init` has them; -1 with an exception raised.
///
/// # Safety
/// The thread must be attached; `this` must be an instance of the constructor's class or of a subclass.
pub(crate) unsafe fn construct(
    item: &FunctionItem,
    this: *mut sys::PyObject,
    arguments: *mut sys::PyObject,
    keywords: *mut sys::PyObject,
) -> c_int {
    // SAFETY: attached; a tuple, which keeps its items; references of our own to what is in a dict, which
    // conversions may change. The call ends before they do.
    unsafe {
        let done = call::run(|py| {
            let count = py.PyTuple_Size(arguments);
            let mut values: Vec<*mut sys::PyObject> = (0..count)
                .map(|index| py.PyTuple_GetItem(arguments, index))
                .collect();
            // Without a GIL another thread may have the dict, too, and change it while it is read.
            let copy = match keywords.is_null() || !py.version.free_threaded {
                true => None,
                false => Some(Ref::owned(py, py.PyDict_Copy(keywords))?),
            };
            let keywords = copy.as_ref().map_or(keywords, Ref::as_ptr);
            let (mut names, mut held) = (Vec::new(), Vec::new());
            let (mut place, mut name, mut value) = (0, ptr::null_mut(), ptr::null_mut());
            while !keywords.is_null()
                && py.PyDict_Next(keywords, &mut place, &mut name, &mut value) != 0
            {
                names.push(Ref::borrowed(py, name)?);
                held.push(Ref::borrowed(py, value)?);
                values.push(value);
            }
            let tuple = Ref::owned(py, py.PyTuple_New(names.len() as isize))?;
            for (index, name) in (0..).zip(names) {
                py.check(py.PyTuple_SetItem(tuple.as_ptr(), index, name.into_ptr().as_ptr()))?;
            }
            let names = match held.is_empty() {
                true => ptr::null_mut(),
                false => tuple.as_ptr(),
            };
            let method = FunctionKind::Method;
            (item.call)(Call::new(py, this, method, values.as_ptr(), count, names))
        });
        if done.is_null() {
            return -1;
        }
        sys::table().Py_DecRef(done);
        0
    }
}

/// A text as C has it.
pub(super) fn c_text(text: &str) -> CString {
    CString::new(text.replace('\0', "")).unwrap_or_default()
}

/// A function's definition for CPython, made once and kept: function objects point to it.
pub(crate) fn definition(item: &'static FunctionItem) -> &'static sys::PyMethodDef {
    static MADE: OnceLock<Mutex<HashMap<usize, &'static sys::PyMethodDef>>> = OnceLock::new();
    panic::watch();
    let made = MADE.get_or_init(Mutex::default);
    // Nothing in here runs Python (rule 7).
    let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
    made.entry(ptr::from_ref(item).addr()).or_insert_with(|| {
        let kind = match item.kind {
            FunctionKind::Static => sys::METH_STATIC,
            FunctionKind::Class => sys::METH_CLASS,
            FunctionKind::Function | FunctionKind::Method => 0,
        };
        let doc = item.signature.doc(item.name, item.kind, item.doc);
        Box::leak(Box::new(method_def(
            c_text(item.name).into_raw(),
            item.entry,
            kind,
            c_text(&doc).into_raw(),
        )))
    })
}

/// The definition of a function that takes named arguments.
pub(super) fn method_def(
    name: *const std::ffi::c_char,
    entry: sys::FastKeywordsFunction,
    flags: c_int,
    doc: *const std::ffi::c_char,
) -> sys::PyMethodDef {
    sys::PyMethodDef {
        ml_name: name,
        // SAFETY: CPython calls a function of these flags with the fourth argument.
        ml_meth: unsafe {
            std::mem::transmute::<sys::FastKeywordsFunction, sys::FastFunction>(entry)
        },
        ml_flags: sys::METH_FASTCALL | sys::METH_KEYWORDS | flags,
        ml_doc: doc,
    }
}

/// A property's definition for CPython, made once and kept: descriptors point to it.
pub(crate) fn getset(property: &'static Property) -> &'static sys::PyGetSetDef {
    struct Kept(&'static sys::PyGetSetDef);
    // SAFETY: read-only data: constant strings, functions, and a static.
    unsafe impl Send for Kept {}
    static MADE: OnceLock<Mutex<HashMap<usize, Kept>>> = OnceLock::new();
    panic::watch();
    let made = MADE.get_or_init(Mutex::default);
    let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
    let entry = made.entry(ptr::from_ref(property).addr());
    let kept = entry.or_insert_with(|| {
        let doc = match property.doc {
            "" => ptr::null(),
            doc => c_text(doc).into_raw().cast_const(),
        };
        let is_method = |item: &Option<FunctionItem>| {
            item.is_some_and(|item| item.kind == FunctionKind::Method)
        };
        Kept(Box::leak(Box::new(sys::PyGetSetDef {
            name: c_text(property.name).into_raw(),
            get: is_method(&property.get).then_some(get),
            set: is_method(&property.set).then_some(set),
            doc,
            closure: ptr::from_ref(property).cast_mut().cast(),
        })))
    });
    kept.0
}

/// Reads a property.
unsafe extern "C" fn get(this: *mut sys::PyObject, closure: *mut c_void) -> *mut sys::PyObject {
    // SAFETY: Python calls attached, with an instance of the descriptor's class, and with what `getset` has
    // given it, which is static and has a function to read.
    unsafe {
        call::run(|py| {
            let property = &*closure.cast::<Property>();
            let call = Call::new(
                py,
                this,
                FunctionKind::Method,
                ptr::null(),
                0,
                ptr::null_mut(),
            );
            match &property.get {
                Some(item) => (item.call)(call),
                None => call.returns(&()),
            }
        })
    }
}

/// Writes a property.
unsafe extern "C" fn set(
    this: *mut sys::PyObject,
    value: *mut sys::PyObject,
    closure: *mut c_void,
) -> c_int {
    // SAFETY: as for `get`; the value is live, or null where the attribute is to be deleted.
    unsafe {
        let table = sys::table();
        let property = &*closure.cast::<Property>();
        if value.is_null() {
            let text = c_text(&format!("cannot delete attribute '{}'", property.name));
            table.PyErr_SetString(table.PyExc_AttributeError(), text.as_ptr());
            return -1;
        }
        let done = call::run(|py| {
            let call = Call::new(
                py,
                this,
                FunctionKind::Method,
                &raw const value,
                1,
                ptr::null_mut(),
            );
            match &property.set {
                Some(item) => (item.call)(call),
                None => call.returns(&()),
            }
        });
        if done.is_null() {
            return -1;
        }
        table.Py_DecRef(done);
        0
    }
}
