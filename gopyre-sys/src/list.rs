//! The one list of what gopyre takes from CPython.
//!
//! A function of the first group must be there, or the library is refused and the error names it. A
//! function of the second group came with a later version, or went with one: it is used where it is
//! present, whatever the version number says, and `fallback.rs` holds what is done without it.

use crate::types::*;
use std::ffi::{c_char, c_double, c_int, c_long, c_longlong, c_ulong, c_ulonglong, c_void};

#[cfg(windows)]
type WChar = u16;
#[cfg(not(windows))]
type WChar = u32;

crate::table::table! {
    required {
        // Life cycle.
        fn Py_IsInitialized() -> c_int;
        fn Py_InitializeEx(initsigs: c_int);
        fn Py_FinalizeEx() -> c_int;
        fn PyOS_getsig(signal: c_int) -> *mut c_void;
        fn PyOS_setsig(signal: c_int, handler: *mut c_void) -> *mut c_void;

        // Thread states.
        fn PyEval_SaveThread() -> *mut PyThreadState;
        fn PyEval_RestoreThread(state: *mut PyThreadState);
        fn PyThreadState_New(interpreter: *mut PyInterpreterState) -> *mut PyThreadState;
        fn PyThreadState_Clear(state: *mut PyThreadState);
        fn PyThreadState_Delete(state: *mut PyThreadState);
        fn PyThreadState_DeleteCurrent();
        fn PyThreadState_SetAsyncExc(thread: c_ulong, exception: *mut PyObject) -> c_int;
        fn PyThread_get_thread_ident() -> c_ulong;
        fn PyThreadState_Get() -> *mut PyThreadState;
        fn PyGILState_GetThisThreadState() -> *mut PyThreadState;
        fn PyInterpreterState_Get() -> *mut PyInterpreterState;
        fn PyInterpreterState_Main() -> *mut PyInterpreterState;
        fn PyInterpreterState_GetID(interpreter: *mut PyInterpreterState) -> i64;
        fn PyInterpreterState_GetDict(interpreter: *mut PyInterpreterState) -> *mut PyObject;
        fn PyInterpreterState_ThreadHead(interpreter: *mut PyInterpreterState) -> *mut PyThreadState;
        fn PyThreadState_Next(state: *mut PyThreadState) -> *mut PyThreadState;
        fn PyThreadState_GetInterpreter(state: *mut PyThreadState) -> *mut PyInterpreterState;
        fn PyThreadState_Swap(state: *mut PyThreadState) -> *mut PyThreadState;
        fn Py_NewInterpreter() -> *mut PyThreadState;
        fn Py_EndInterpreter(state: *mut PyThreadState);

        // References.
        fn Py_IncRef(object: *mut PyObject);
        fn Py_DecRef(object: *mut PyObject);

        // Errors.
        fn PyErr_Occurred() -> *mut PyObject;
        fn PyErr_Clear();
        fn PyErr_CheckSignals() -> c_int;
        fn PyErr_Fetch(class: *mut *mut PyObject, value: *mut *mut PyObject, traceback: *mut *mut PyObject);
        fn PyErr_NormalizeException(class: *mut *mut PyObject, value: *mut *mut PyObject, traceback: *mut *mut PyObject);
        fn PyErr_Restore(class: *mut PyObject, value: *mut PyObject, traceback: *mut PyObject);
        fn PyErr_SetString(class: *mut PyObject, message: *const c_char);
        fn PyErr_SetObject(class: *mut PyObject, value: *mut PyObject);
        fn PyErr_ExceptionMatches(class: *mut PyObject) -> c_int;
        fn PyErr_WriteUnraisable(object: *mut PyObject);
        fn PyException_SetCause(exception: *mut PyObject, cause: *mut PyObject);
        fn PyException_GetTraceback(exception: *mut PyObject) -> *mut PyObject;
        fn PyException_SetTraceback(exception: *mut PyObject, traceback: *mut PyObject) -> c_int;
        fn PyException_GetCause(exception: *mut PyObject) -> *mut PyObject;
        fn PyException_GetContext(exception: *mut PyObject) -> *mut PyObject;

        // Any object.
        fn PyObject_Type(object: *mut PyObject) -> *mut PyObject;
        fn PyObject_GetAttr(object: *mut PyObject, name: *mut PyObject) -> *mut PyObject;
        fn PyObject_SetAttr(object: *mut PyObject, name: *mut PyObject, value: *mut PyObject) -> c_int;
        fn PyObject_Str(object: *mut PyObject) -> *mut PyObject;
        fn PyObject_Repr(object: *mut PyObject) -> *mut PyObject;
        fn PyObject_IsTrue(object: *mut PyObject) -> c_int;
        fn PyObject_Size(object: *mut PyObject) -> Py_ssize_t;
        fn PyObject_GetItem(object: *mut PyObject, key: *mut PyObject) -> *mut PyObject;
        fn PyObject_SetItem(object: *mut PyObject, key: *mut PyObject, value: *mut PyObject) -> c_int;
        fn PyObject_DelItem(object: *mut PyObject, key: *mut PyObject) -> c_int;
        fn PyObject_GetIter(object: *mut PyObject) -> *mut PyObject;
        fn PyObject_RichCompare(a: *mut PyObject, b: *mut PyObject, operation: c_int) -> *mut PyObject;
        fn PyObject_IsInstance(object: *mut PyObject, class: *mut PyObject) -> c_int;
        fn PyObject_VectorcallDict(callable: *mut PyObject, args: *const *mut PyObject, count: usize, kwargs: *mut PyObject) -> *mut PyObject;
        fn PyObject_VectorcallMethod(name: *mut PyObject, args: *const *mut PyObject, count: usize, names: *mut PyObject) -> *mut PyObject;
        fn PyObject_Call(callable: *mut PyObject, args: *mut PyObject, kwargs: *mut PyObject) -> *mut PyObject;
        fn PyCallable_Check(object: *mut PyObject) -> c_int;
        fn PySequence_Contains(object: *mut PyObject, value: *mut PyObject) -> c_int;
        fn PyIter_Check(object: *mut PyObject) -> c_int;
        fn PyIter_Next(iterator: *mut PyObject) -> *mut PyObject;
        fn PyType_GetFlags(class: *mut PyObject) -> c_ulong;
        fn PyType_IsSubtype(class: *mut PyObject, base: *mut PyObject) -> c_int;

        // Numbers.
        fn PyLong_FromLongLong(value: c_longlong) -> *mut PyObject;
        fn PyLong_FromUnsignedLongLong(value: c_ulonglong) -> *mut PyObject;
        fn PyLong_FromString(digits: *const c_char, end: *mut *mut c_char, base: c_int) -> *mut PyObject;
        fn PyLong_AsLongLongAndOverflow(object: *mut PyObject, overflow: *mut c_int) -> c_longlong;
        fn PyLong_AsUnsignedLongLong(object: *mut PyObject) -> c_ulonglong;
        fn PyNumber_Index(object: *mut PyObject) -> *mut PyObject;
        fn PyNumber_Float(object: *mut PyObject) -> *mut PyObject;
        fn PyNumber_Lshift(a: *mut PyObject, b: *mut PyObject) -> *mut PyObject;
        fn PyNumber_Rshift(a: *mut PyObject, b: *mut PyObject) -> *mut PyObject;
        fn PyNumber_And(a: *mut PyObject, b: *mut PyObject) -> *mut PyObject;
        fn PyNumber_Or(a: *mut PyObject, b: *mut PyObject) -> *mut PyObject;
        fn PyFloat_FromDouble(value: c_double) -> *mut PyObject;
        fn PyFloat_AsDouble(object: *mut PyObject) -> c_double;
        fn PyComplex_RealAsDouble(object: *mut PyObject) -> c_double;
        fn PyComplex_ImagAsDouble(object: *mut PyObject) -> c_double;
        fn PyBool_FromLong(value: c_long) -> *mut PyObject;

        // Text and bytes.
        fn PyUnicode_FromStringAndSize(text: *const c_char, size: Py_ssize_t) -> *mut PyObject;
        fn PyUnicode_AsUTF8AndSize(object: *mut PyObject, size: *mut Py_ssize_t) -> *const c_char;
        fn PyUnicode_AsEncodedString(object: *mut PyObject, encoding: *const c_char, errors: *const c_char) -> *mut PyObject;
        fn PyUnicode_DecodeFSDefaultAndSize(text: *const c_char, size: Py_ssize_t) -> *mut PyObject;
        fn PyUnicode_InternInPlace(object: *mut *mut PyObject);
        fn PyBytes_FromStringAndSize(data: *const c_char, size: Py_ssize_t) -> *mut PyObject;
        fn PyBytes_AsStringAndSize(object: *mut PyObject, data: *mut *mut c_char, size: *mut Py_ssize_t) -> c_int;

        // Containers.
        fn PyTuple_New(size: Py_ssize_t) -> *mut PyObject;
        fn PyTuple_Size(tuple: *mut PyObject) -> Py_ssize_t;
        fn PyTuple_SetItem(tuple: *mut PyObject, index: Py_ssize_t, value: *mut PyObject) -> c_int;
        fn PyTuple_GetItem(tuple: *mut PyObject, index: Py_ssize_t) -> *mut PyObject;
        fn PyTuple_GetSlice(tuple: *mut PyObject, low: Py_ssize_t, high: Py_ssize_t) -> *mut PyObject;
        fn PyObject_GC_Track(container: *mut c_void);
        fn PyObject_GC_UnTrack(container: *mut c_void);
        fn PyObject_GC_IsTracked(object: *mut PyObject) -> c_int;
        fn PyList_New(size: Py_ssize_t) -> *mut PyObject;
        fn PyList_Size(list: *mut PyObject) -> Py_ssize_t;
        fn PyList_SetItem(list: *mut PyObject, index: Py_ssize_t, value: *mut PyObject) -> c_int;
        fn PyList_GetItem(list: *mut PyObject, index: Py_ssize_t) -> *mut PyObject;
        fn PyList_Append(list: *mut PyObject, value: *mut PyObject) -> c_int;
        fn PyList_SetSlice(list: *mut PyObject, low: Py_ssize_t, high: Py_ssize_t, values: *mut PyObject) -> c_int;
        fn PyList_AsTuple(list: *mut PyObject) -> *mut PyObject;
        fn PyDict_New() -> *mut PyObject;
        fn PyDict_Copy(dict: *mut PyObject) -> *mut PyObject;
        fn PyDict_Size(dict: *mut PyObject) -> Py_ssize_t;
        fn PyDict_SetItem(dict: *mut PyObject, key: *mut PyObject, value: *mut PyObject) -> c_int;
        fn PyDict_GetItemWithError(dict: *mut PyObject, key: *mut PyObject) -> *mut PyObject;
        fn PyDict_DelItem(dict: *mut PyObject, key: *mut PyObject) -> c_int;
        fn PyDict_Next(dict: *mut PyObject, position: *mut Py_ssize_t, key: *mut *mut PyObject, value: *mut *mut PyObject) -> c_int;
        fn PyDict_Items(dict: *mut PyObject) -> *mut PyObject;
        fn PyDict_Update(dict: *mut PyObject, other: *mut PyObject) -> c_int;
        fn PyMapping_Items(mapping: *mut PyObject) -> *mut PyObject;

        // Buffers.
        fn PyObject_CheckBuffer(object: *mut PyObject) -> c_int;
        fn PyObject_GetBuffer(object: *mut PyObject, view: *mut Py_buffer, flags: c_int) -> c_int;
        fn PyBuffer_Release(view: *mut Py_buffer);
        fn PyMemoryView_FromObject(object: *mut PyObject) -> *mut PyObject;
        fn PyType_FromSpec(spec: *const PyType_Spec) -> *mut PyObject;
        fn PyType_FromSpecWithBases(spec: *const PyType_Spec, bases: *mut PyObject) -> *mut PyObject;
        fn PyType_GenericAlloc(class: *mut PyObject, count: Py_ssize_t) -> *mut PyObject;
        fn PyType_GetSlot(class: *mut PyObject, slot: c_int) -> *mut c_void;
        fn PyObject_ClearWeakRefs(object: *mut PyObject);
        fn PyDescr_NewMethod(class: *mut PyObject, def: *const PyMethodDef) -> *mut PyObject;
        fn PyDescr_NewClassMethod(class: *mut PyObject, def: *const PyMethodDef) -> *mut PyObject;
        fn PyDescr_NewGetSet(class: *mut PyObject, def: *const PyGetSetDef) -> *mut PyObject;
        fn PyStaticMethod_New(callable: *mut PyObject) -> *mut PyObject;

        // Modules, code and frames.
        fn PyImport_ImportModuleLevelObject(name: *mut PyObject, globals: *mut PyObject, locals: *mut PyObject, names: *mut PyObject, level: c_int) -> *mut PyObject;
        fn PyImport_GetModule(name: *mut PyObject) -> *mut PyObject;
        fn PyImport_AddModule(name: *const c_char) -> *mut PyObject;
        fn PyModule_GetDict(module: *mut PyObject) -> *mut PyObject;
        fn Py_CompileStringObject(text: *const c_char, file: *mut PyObject, start: c_int, flags: *mut PyCompilerFlags, optimize: c_int) -> *mut PyObject;
        fn PyModule_GetDef(module: *mut PyObject) -> *mut c_void;
        fn PyModuleDef_Init(definition: *mut c_void) -> *mut PyObject;
        fn PyFrame_GetCode(frame: *mut PyObject) -> *mut PyObject;
        fn PyEval_EvalCode(code: *mut PyObject, globals: *mut PyObject, locals: *mut PyObject) -> *mut PyObject;
        fn PyCFunction_NewEx(def: *const PyMethodDef, this: *mut PyObject, module: *mut PyObject) -> *mut PyObject;
        fn PySys_SetObject(name: *const c_char, value: *mut PyObject) -> c_int;
        fn PyCapsule_New(pointer: *mut c_void, name: *const c_char, destructor: Option<CapsuleDestructor>) -> *mut PyObject;
        fn PyCapsule_GetPointer(capsule: *mut PyObject, name: *const c_char) -> *mut c_void;
    }
    optional {
        fn Py_SetProgramName(name: *const WChar);
        fn Py_SetPythonHome(home: *const WChar);
        fn Py_NewInterpreterFromConfig(state: *mut *mut PyThreadState, config: *const PyInterpreterConfig) -> PyStatus;
        fn PyInitConfig_Create() -> *mut PyInitConfig;
        fn PyInitConfig_Free(config: *mut PyInitConfig);
        fn PyInitConfig_SetInt(config: *mut PyInitConfig, name: *const c_char, value: i64) -> c_int;
        fn PyInitConfig_SetStr(config: *mut PyInitConfig, name: *const c_char, value: *const c_char) -> c_int;
        fn PyInitConfig_GetError(config: *mut PyInitConfig, message: *mut *const c_char) -> c_int;
        fn Py_InitializeFromInitConfig(config: *mut PyInitConfig) -> c_int;
        fn PyThreadState_GetUnchecked() -> *mut PyThreadState;
        fn _PyThreadState_UncheckedGet() -> *mut PyThreadState;
        fn PyErr_GetRaisedException() -> *mut PyObject;
        fn PyObject_Vectorcall(callable: *mut PyObject, args: *const *mut PyObject, count: usize, names: *mut PyObject) -> *mut PyObject;
        fn PyList_GetItemRef(list: *mut PyObject, index: Py_ssize_t) -> *mut PyObject;
        fn PyDict_GetItemRef(dict: *mut PyObject, key: *mut PyObject, result: *mut *mut PyObject) -> c_int;
        fn PyUnicode_New(size: Py_ssize_t, max_char: u32) -> *mut PyObject;
        fn PyObject_GetOptionalAttr(object: *mut PyObject, name: *mut PyObject, result: *mut *mut PyObject) -> c_int;
        fn _PyObject_LookupAttr(object: *mut PyObject, name: *mut PyObject, result: *mut *mut PyObject) -> c_int;
        fn _PyObject_GetDictPtr(object: *mut PyObject) -> *mut *mut PyObject;
        fn PyImport_AddModuleRef(name: *const c_char) -> *mut PyObject;
        fn PyCode_Addr2Location(code: *mut PyObject, offset: c_int, line: *mut c_int, column: *mut c_int, end_line: *mut c_int, end_column: *mut c_int) -> c_int;
    }
    types {
        PyBaseObject_Type, PyType_Type, PyBool_Type, PyLong_Type, PyFloat_Type, PyComplex_Type,
        PyUnicode_Type, PyBytes_Type, PyByteArray_Type, PyMemoryView_Type, PyList_Type,
        PyTuple_Type, PyDict_Type, PySet_Type, PyFrozenSet_Type, PyRange_Type, PyModule_Type,
        PyFunction_Type, PyCFunction_Type, PyCode_Type,
    }
    singletons {
        _Py_NoneStruct, _Py_TrueStruct, _Py_FalseStruct, _Py_NotImplementedStruct,
    }
    exceptions {
        PyExc_AttributeError, PyExc_BaseException, PyExc_BufferError, PyExc_Exception, PyExc_ImportError, PyExc_KeyError,
        PyExc_IndexError, PyExc_MemoryError, PyExc_NameError, PyExc_OSError, PyExc_OverflowError, PyExc_RecursionError,
        PyExc_RuntimeError, PyExc_StopIteration, PyExc_SyntaxError, PyExc_TypeError,
        PyExc_UnicodeEncodeError, PyExc_ValueError,
    }
    flags {
        Py_UTF8Mode, Py_IsolatedFlag, Py_IgnoreEnvironmentFlag, Py_NoUserSiteDirectory,
    }
}
