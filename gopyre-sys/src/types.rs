//! The few C types whose layout is documented and the same on every supported version.

use std::ffi::{c_char, c_int, c_uint, c_void};
use std::marker::{PhantomData, PhantomPinned};

/// C's `Py_ssize_t`.
#[allow(non_camel_case_types)]
pub type Py_ssize_t = isize;

macro_rules! opaque {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[repr(C)]
        #[derive(Debug)]
        pub struct $name {
            _opaque: [u8; 0],
            _pinned: PhantomData<(*mut u8, PhantomPinned)>,
        }
    )*};
}

opaque! {
    /// Any Python object; its fields are never touched.
    PyObject;
    /// A thread state.
    PyThreadState;
    /// An interpreter.
    PyInterpreterState;
    /// The start-up configuration of 3.14 and later.
    PyInitConfig;
    /// A stack frame.
    PyFrameObject;
}

/// A view of another object's memory, as `PyObject_GetBuffer` fills it.
#[repr(C)]
#[derive(Debug)]
#[allow(non_camel_case_types)]
pub struct Py_buffer {
    /// The first byte.
    pub buf: *mut c_void,
    /// The exporting object, owned by the view.
    pub obj: *mut PyObject,
    /// The length in bytes of all elements together.
    pub len: Py_ssize_t,
    /// The size of one element in bytes.
    pub itemsize: Py_ssize_t,
    /// Not zero where the memory may not be written.
    pub readonly: c_int,
    /// The number of dimensions.
    pub ndim: c_int,
    /// The element's format in the syntax of Python's `struct` module; null means `B`.
    pub format: *mut c_char,
    /// The length of each dimension.
    pub shape: *mut Py_ssize_t,
    /// The distance in bytes between neighbours in each dimension.
    pub strides: *mut Py_ssize_t,
    /// Null, or pointer indirections that gopyre does not follow.
    pub suboffsets: *mut Py_ssize_t,
    /// For the exporter.
    pub internal: *mut c_void,
}

/// `PyObject_GetBuffer` flag: the format is wanted.
pub const PYBUF_FORMAT: c_int = 0x0004;
/// `PyObject_GetBuffer` flag: the shape is wanted.
pub const PYBUF_ND: c_int = 0x0008;
/// `PyObject_GetBuffer` flags: shape and strides are wanted.
pub const PYBUF_STRIDES: c_int = 0x0010 | PYBUF_ND;
/// `PyObject_GetBuffer` flags: column-major order is wanted.
pub const PYBUF_F_CONTIGUOUS: c_int = 0x0040 | PYBUF_STRIDES;
/// `PyObject_GetBuffer` flags: shape, strides and format, read-only is fine.
pub const PYBUF_FULL_RO: c_int = 0x0100 | PYBUF_STRIDES | PYBUF_FORMAT;

/// A C function that Python calls with an array of arguments.
pub type FastFunction =
    unsafe extern "C" fn(*mut PyObject, *const *mut PyObject, Py_ssize_t) -> *mut PyObject;

/// What a capsule calls when it goes.
pub type CapsuleDestructor = unsafe extern "C" fn(*mut PyObject);

/// What `Py_NewInterpreterFromConfig` makes an interpreter of.
#[repr(C)]
#[derive(Debug)]
pub struct PyInterpreterConfig {
    /// Whether it shares the main interpreter's allocator.
    pub use_main_obmalloc: c_int,
    /// Whether `os.fork` is allowed.
    pub allow_fork: c_int,
    /// Whether `os.execv` is allowed.
    pub allow_exec: c_int,
    /// Whether threads are allowed.
    pub allow_threads: c_int,
    /// Whether threads that nobody waits for are allowed.
    pub allow_daemon_threads: c_int,
    /// Whether extension modules that do not support it are refused.
    pub check_multi_interp_extensions: c_int,
    /// 1 for the main interpreter's GIL, 2 for one of its own.
    pub gil: c_int,
}

/// The outcome of some functions that start things.
#[repr(C)]
#[derive(Debug)]
pub struct PyStatus {
    /// 0 is success, 1 an error, 2 a wish to exit.
    pub kind: c_int,
    /// The function that failed, or null.
    pub func: *const c_char,
    /// What went wrong, or null.
    pub err_msg: *const c_char,
    /// The code of the exit.
    pub exitcode: c_int,
}

/// A C function that Python calls with an array of arguments, the last of which a tuple names.
pub type FastKeywordsFunction = unsafe extern "C" fn(
    *mut PyObject,
    *const *mut PyObject,
    Py_ssize_t,
    *mut PyObject,
) -> *mut PyObject;

/// How a C function is shown to Python; must live as long as the function object.
#[repr(C)]
#[derive(Debug)]
pub struct PyMethodDef {
    /// The function's name.
    pub ml_name: *const c_char,
    /// The function itself, in the form that the flags name.
    pub ml_meth: FastFunction,
    /// The calling convention.
    pub ml_flags: c_int,
    /// The docstring, or null.
    pub ml_doc: *const c_char,
}

// SAFETY: the definition is read-only data: pointers to constant strings and to a function.
unsafe impl Send for PyMethodDef {}
// SAFETY: as above.
unsafe impl Sync for PyMethodDef {}

/// `PyMethodDef` flag: the arguments come as an array.
pub const METH_FASTCALL: c_int = 0x0080;
/// `PyMethodDef` flag: a [`FastKeywordsFunction`], with `METH_FASTCALL`.
pub const METH_KEYWORDS: c_int = 0x0002;
/// `PyMethodDef` flag: a class method.
pub const METH_CLASS: c_int = 0x0010;
/// `PyMethodDef` flag: a static method.
pub const METH_STATIC: c_int = 0x0020;

/// How an attribute that C functions read and write is shown to Python; must live as long as that.
#[repr(C)]
#[derive(Debug)]
pub struct PyGetSetDef {
    /// The attribute's name.
    pub name: *const c_char,
    /// Reads it: the instance, and `closure`.
    pub get: Option<unsafe extern "C" fn(*mut PyObject, *mut c_void) -> *mut PyObject>,
    /// Writes it, or deletes it where the value is null.
    pub set: Option<unsafe extern "C" fn(*mut PyObject, *mut PyObject, *mut c_void) -> c_int>,
    /// The docstring, or null.
    pub doc: *const c_char,
    /// What both are called with.
    pub closure: *mut c_void,
}

/// A part of an instance that CPython itself looks at.
#[repr(C)]
#[derive(Debug)]
pub struct PyMemberDef {
    /// The member's name.
    pub name: *const c_char,
    /// What it is.
    pub kind: c_int,
    /// Where it is.
    pub offset: Py_ssize_t,
    /// Whether it can be written.
    pub flags: c_int,
    /// The docstring, or null.
    pub doc: *const c_char,
}

/// `PyMemberDef` kind: a `Py_ssize_t`.
pub const T_PYSSIZET: c_int = 19;
/// `PyMemberDef` flag: not writable.
pub const READONLY: c_int = 1;

/// What a traversal calls for each object that an instance refers to.
pub type VisitFunction = unsafe extern "C" fn(*mut PyObject, *mut c_void) -> c_int;

/// `PyType_GetFlags` bits: where a class comes from, and which built-in type it is a subclass of.
pub mod type_flags {
    use std::ffi::c_ulong;
    /// Nobody may change it: written in C, from 3.10 on.
    pub const IMMUTABLETYPE: c_ulong = 1 << 8;
    /// Made at run time, as all classes of Python code are.
    pub const HEAPTYPE: c_ulong = 1 << 9;
    /// Python code may derive from it.
    pub const BASE: c_ulong = 1 << 10;
    /// Instances take part in garbage collection.
    pub const GC: c_ulong = 1 << 14;
    /// What every class has.
    pub const DEFAULT: c_ulong = 1 << 18;
    /// `int` and subclasses.
    pub const LONG: c_ulong = 1 << 24;
    /// `list` and subclasses.
    pub const LIST: c_ulong = 1 << 25;
    /// `tuple` and subclasses.
    pub const TUPLE: c_ulong = 1 << 26;
    /// `bytes` and subclasses.
    pub const BYTES: c_ulong = 1 << 27;
    /// `str` and subclasses.
    pub const UNICODE: c_ulong = 1 << 28;
    /// `dict` and subclasses.
    pub const DICT: c_ulong = 1 << 29;
    /// Exceptions.
    pub const EXCEPTION: c_ulong = 1 << 30;
    /// Classes.
    pub const TYPE: c_ulong = 1 << 31;
}

/// How text is compiled.
#[repr(C)]
#[derive(Debug)]
pub struct PyCompilerFlags {
    /// Bits.
    pub cf_flags: c_int,
    /// The minor version whose syntax is taken.
    pub cf_feature_version: c_int,
}

/// `PyCF_SOURCE_IS_UTF8 | PyCF_IGNORE_COOKIE`: the text is UTF-8 whatever it says.
pub const TEXT_IS_UTF8: c_int = 0x0100 | 0x0800;

/// `Py_file_input`: the start symbol for a whole file.
pub const FILE_INPUT: c_int = 257;
/// `Py_eval_input`: the start symbol for one expression.
pub const EVAL_INPUT: c_int = 258;

/// The comparisons of `PyObject_RichCompare`.
pub mod compare {
    use std::ffi::c_int;
    /// `<`
    pub const LT: c_int = 0;
    /// `==`
    pub const EQ: c_int = 2;
    /// `>`
    pub const GT: c_int = 4;
}

/// `PY_VECTORCALL_ARGUMENTS_OFFSET`: the place before the first argument may be used by the callee.
pub const ARGUMENTS_OFFSET: usize = 1 << (usize::BITS - 1);

/// One slot of a class being made.
#[repr(C)]
#[derive(Debug)]
pub struct PyType_Slot {
    /// Which slot; 0 ends the list.
    pub slot: c_int,
    /// The function.
    pub pfunc: *mut c_void,
}

/// What `PyType_FromSpec` makes a class of.
#[repr(C)]
#[derive(Debug)]
pub struct PyType_Spec {
    /// The class's dotted name.
    pub name: *const c_char,
    /// The size of an instance in bytes.
    pub basicsize: c_int,
    /// The size of a variable part's items.
    pub itemsize: c_int,
    /// The class's flags.
    pub flags: c_uint,
    /// The slots.
    pub slots: *mut PyType_Slot,
}

/// The slot `bf_getbuffer`.
pub const BF_GETBUFFER: c_int = 1;
/// The slot `tp_clear`.
pub const TP_CLEAR: c_int = 51;
/// The slot `tp_dealloc`.
pub const TP_DEALLOC: c_int = 52;
/// The slot `tp_init`.
pub const TP_INIT: c_int = 60;
/// The slot `tp_doc`.
pub const TP_DOC: c_int = 56;
/// The slot `tp_new`.
pub const TP_NEW: c_int = 65;
/// The slot `tp_traverse`.
pub const TP_TRAVERSE: c_int = 71;
/// The slot `tp_members`.
pub const TP_MEMBERS: c_int = 72;
/// The slot `tp_free`.
pub const TP_FREE: c_int = 74;
