//! Functions that not every version has, each with what is done where it is missing.

use crate::table::Park;
use crate::{ARGUMENTS_OFFSET, Py_ssize_t, PyObject, PyThreadState, Table};
use std::ffi::{c_char, c_int};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

/// Calls an optional function so that a thread that CPython ends stays here.
macro_rules! parked {
    ($function:expr, $($arg:expr),*) => {{
        let park = Park;
        // SAFETY: the pointer was found under its name (rule 1); the arguments are the caller's word.
        let result = unsafe { $function($($arg),*) };
        std::mem::forget(park);
        result
    }};
}

#[allow(non_snake_case)]
impl Table {
    /// The thread state that is attached to this thread, or null; never fails.
    ///
    /// Below 3.12 it may be the one of whichever thread holds the GIL: compare it with one's own.
    ///
    /// # Safety
    /// CPython must have started.
    #[inline]
    pub unsafe fn current_thread_state(&self) -> *mut PyThreadState {
        match (
            self.optional.PyThreadState_GetUnchecked,
            self.optional._PyThreadState_UncheckedGet,
        ) {
            (Some(get), _) | (None, Some(get)) => parked!(get,),
            (None, None) => ptr::null_mut(),
        }
    }

    /// The raised exception, normalized and with its traceback set; null if there is none.
    ///
    /// # Safety
    /// The thread must be attached.
    pub unsafe fn PyErr_GetRaisedException(&self) -> *mut PyObject {
        if let Some(get) = self.optional.PyErr_GetRaisedException {
            return parked!(get,);
        }
        let (mut class, mut value, mut traceback) =
            (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
        // SAFETY: attached, as the caller promises; the three references become ours.
        unsafe {
            self.PyErr_Fetch(&mut class, &mut value, &mut traceback);
            if class.is_null() {
                return ptr::null_mut();
            }
            self.PyErr_NormalizeException(&mut class, &mut value, &mut traceback);
            if !value.is_null() {
                // One that the import system has cut down to nothing is still there in the exception itself.
                let shown = if traceback.is_null() {
                    self._Py_NoneStruct()
                } else {
                    traceback
                };
                self.PyException_SetTraceback(value, shown);
            }
            self.Py_DecRef(class);
            self.Py_DecRef(traceback);
        }
        value
    }

    /// Calls with arguments in an array, without keywords.
    ///
    /// # Safety
    /// As for `PyObject_Vectorcall`.
    #[inline]
    pub unsafe fn call_array(
        &self,
        callable: *mut PyObject,
        args: *const *mut PyObject,
        count: usize,
    ) -> *mut PyObject {
        match self.optional.PyObject_Vectorcall {
            Some(call) => parked!(call, callable, args, count, ptr::null_mut()),
            // SAFETY: as the caller promises.
            None => unsafe { self.PyObject_VectorcallDict(callable, args, count, ptr::null_mut()) },
        }
    }

    /// Calls with arguments in an array, the last of which are named by the tuple `names`.
    ///
    /// # Safety
    /// As for `PyObject_Vectorcall`; `names` must be a tuple of str.
    #[inline]
    pub unsafe fn call_named(
        &self,
        callable: *mut PyObject,
        args: *const *mut PyObject,
        count: usize,
        names: *mut PyObject,
    ) -> *mut PyObject {
        if let Some(call) = self.optional.PyObject_Vectorcall {
            return parked!(call, callable, args, count, names);
        }
        // SAFETY: as the caller promises; behind the positional arguments is one for each name.
        unsafe {
            let kwargs = self.PyDict_New();
            if kwargs.is_null() {
                return ptr::null_mut();
            }
            let named = args.add(count & !ARGUMENTS_OFFSET);
            let mut result = ptr::null_mut();
            let set = |index| {
                let name = self.PyTuple_GetItem(names, index);
                self.PyDict_SetItem(kwargs, name, *named.offset(index)) == 0
            };
            if (0..self.PyTuple_Size(names)).all(set) {
                result = self.PyObject_VectorcallDict(callable, args, count, kwargs);
            }
            self.Py_DecRef(kwargs);
            result
        }
    }

    /// A list's item as a new reference; null with `IndexError` where there is none.
    ///
    /// # Safety
    /// `list` must be a list and the thread attached.
    #[inline]
    pub unsafe fn PyList_GetItemRef(
        &self,
        list: *mut PyObject,
        index: Py_ssize_t,
    ) -> *mut PyObject {
        match self.optional.PyList_GetItemRef {
            Some(get) => parked!(get, list, index),
            // SAFETY: with a GIL nothing runs between the two calls.
            None => unsafe {
                let item = self.PyList_GetItem(list, index);
                self.Py_IncRef(item);
                item
            },
        }
    }

    /// A dict's value as a new reference: 1 found, 0 missing, -1 with an exception.
    ///
    /// # Safety
    /// `dict` must be a dict and the thread attached.
    #[inline]
    pub unsafe fn PyDict_GetItemRef(
        &self,
        dict: *mut PyObject,
        key: *mut PyObject,
        result: &mut *mut PyObject,
    ) -> c_int {
        if let Some(get) = self.optional.PyDict_GetItemRef {
            return parked!(get, dict, key, result);
        }
        // SAFETY: with a GIL nothing runs between the calls.
        unsafe {
            *result = self.PyDict_GetItemWithError(dict, key);
            self.Py_IncRef(*result);
            match result.is_null() {
                false => 1,
                true if self.PyErr_Occurred().is_null() => 0,
                true => -1,
            }
        }
    }

    /// An attribute as a new reference: 1 found, 0 missing, -1 with an exception other than `AttributeError`.
    ///
    /// # Safety
    /// `object` must be an object, `name` a str, and the thread attached.
    #[inline]
    pub unsafe fn PyObject_GetOptionalAttr(
        &self,
        object: *mut PyObject,
        name: *mut PyObject,
        result: &mut *mut PyObject,
    ) -> c_int {
        // Before 3.13 it had another name.
        let get = self.optional.PyObject_GetOptionalAttr;
        if let Some(get) = get.or(self.optional._PyObject_LookupAttr) {
            return parked!(get, object, name, result);
        }
        // SAFETY: as the caller promises.
        unsafe {
            *result = self.PyObject_GetAttr(object, name);
            if !result.is_null() {
                1
            } else if self.PyErr_ExceptionMatches(self.PyExc_AttributeError()) != 0 {
                self.PyErr_Clear();
                0
            } else {
                -1
            }
        }
    }

    /// Whether an object may have attributes of its own, beside those of its class.
    ///
    /// # Safety
    /// `object` must be an object of a class that was not made at run time, and the thread attached.
    pub unsafe fn has_own_attributes(&self, object: *mut PyObject) -> bool {
        let Some(place) = self.optional._PyObject_GetDictPtr else {
            return true;
        };
        let dict = parked!(place, object).cast::<AtomicPtr<PyObject>>();
        // SAFETY: null, or where the object keeps its dict, which without a GIL others may just be making.
        unsafe { dict.as_ref() }.is_some_and(|dict| !dict.load(Ordering::Relaxed).is_null())
    }

    /// A module as a new reference, made empty where it is not imported.
    ///
    /// # Safety
    /// `name` must be a C string and the thread attached.
    pub unsafe fn PyImport_AddModuleRef(&self, name: *const c_char) -> *mut PyObject {
        match self.optional.PyImport_AddModuleRef {
            Some(add) => parked!(add, name),
            // SAFETY: with a GIL nothing runs between the two calls; `Py_IncRef` takes null.
            None => unsafe {
                let module = self.PyImport_AddModule(name);
                self.Py_IncRef(module);
                module
            },
        }
    }

    /// The line and the columns (bytes from 0) of an instruction, where the version keeps them.
    ///
    /// # Safety
    /// `code` must be a code object and the thread attached.
    pub unsafe fn PyCode_Addr2Location(
        &self,
        code: *mut PyObject,
        offset: c_int,
    ) -> Option<[c_int; 4]> {
        let locate = self.optional.PyCode_Addr2Location?;
        let [mut line, mut column, mut end_line, mut end_column] = [-1; 4];
        let found = parked!(
            locate,
            code,
            offset,
            &mut line,
            &mut column,
            &mut end_line,
            &mut end_column
        );
        (found != 0).then_some([line, column, end_line, end_column])
    }
}
