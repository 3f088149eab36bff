//! An owned reference while attached: what the layers above `gopyre-sys` pass around.

use crate::attach::Attached;
use crate::error::{Error, Result};
use crate::interrupt;
use gopyre_sys as sys;
use std::ffi::{CStr, OsStr, c_ulong};
use std::mem::ManuallyDrop;
use std::path::PathBuf;
use std::ptr::{self, NonNull};

/// The size of an object's head in bytes, which differs between builds (rule 1).
pub(crate) fn head_size(py: Attached<'_>) -> Result<usize> {
    // SAFETY: a static class.
    let size = unsafe { Ref::borrowed(py, py.PyBaseObject_Type())? }.attr("__basicsize__")?;
    crate::convert::from_python(&size)
}

/// An owned reference to an object of the attached interpreter, released on drop.
pub(crate) struct Ref<'py> {
    raw: NonNull<sys::PyObject>,
    py: Attached<'py>,
}

impl<'py> Ref<'py> {
    /// Takes over a new reference; null is the raised exception.
    ///
    /// # Safety
    /// `raw` must be a reference that the caller owns, or null with an exception raised.
    #[inline]
    pub(crate) unsafe fn owned(py: Attached<'py>, raw: *mut sys::PyObject) -> Result<Ref<'py>> {
        match NonNull::new(raw) {
            Some(raw) => Ok(Ref { raw, py }),
            None => Err(Error::raised(py)),
        }
    }

    /// Takes over a new reference; null is none, and no exception is raised.
    ///
    /// # Safety
    /// `raw` must be a reference that the caller owns, or null.
    #[inline]
    pub(crate) unsafe fn owned_or_none(
        py: Attached<'py>,
        raw: *mut sys::PyObject,
    ) -> Option<Ref<'py>> {
        NonNull::new(raw).map(|raw| Ref { raw, py })
    }

    /// Makes a reference of its own from a borrowed one; null is the raised exception.
    ///
    /// # Safety
    /// `raw` must be a live object, or null with an exception raised.
    #[inline]
    pub(crate) unsafe fn borrowed(py: Attached<'py>, raw: *mut sys::PyObject) -> Result<Ref<'py>> {
        // SAFETY: live or null, as the caller promises; `Py_IncRef` takes null.
        unsafe {
            py.Py_IncRef(raw);
            Ref::owned(py, raw)
        }
    }

    /// A new str.
    pub(crate) fn text(py: Attached<'py>, text: &str) -> Result<Ref<'py>> {
        // SAFETY: valid UTF-8 of that length; a new reference.
        unsafe {
            Ref::owned(
                py,
                py.PyUnicode_FromStringAndSize(text.as_ptr().cast(), text.len() as isize),
            )
        }
    }

    /// A path as Python's own functions give it: a str, with surrogates for bytes that are no UTF-8.
    pub(crate) fn path(py: Attached<'py>, path: impl AsRef<OsStr>) -> Result<Ref<'py>> {
        let bytes = path.as_ref().as_encoded_bytes();
        let (data, size) = (bytes.as_ptr().cast(), bytes.len() as isize);
        // SAFETY: attached; the bytes are read in full length; a new reference.
        unsafe { Ref::owned(py, py.PyUnicode_DecodeFSDefaultAndSize(data, size)) }
    }

    /// The interned str of a name that is a constant of the program.
    pub(crate) fn name(py: Attached<'py>, name: &'static str) -> Result<Ref<'py>> {
        // SAFETY: borrowed from the table of names, or null with an exception.
        unsafe { Ref::borrowed(py, py.names().get(py, name)) }
    }

    /// `None`.
    pub(crate) fn none(py: Attached<'py>) -> Ref<'py> {
        let raw = py._Py_NoneStruct();
        // SAFETY: a live object; never null in a table that was filled.
        unsafe {
            py.Py_IncRef(raw);
            Ref {
                raw: NonNull::new_unchecked(raw),
                py,
            }
        }
    }

    /// `True` or `False`.
    pub(crate) fn boolean(py: Attached<'py>, value: bool) -> Result<Ref<'py>> {
        // SAFETY: attached; a new reference.
        unsafe { Ref::owned(py, py.PyBool_FromLong(value.into())) }
    }

    /// A new dict.
    pub(crate) fn dict(py: Attached<'py>) -> Result<Ref<'py>> {
        // SAFETY: attached; a new reference.
        unsafe { Ref::owned(py, py.PyDict_New()) }
    }

    /// Imports a module by its full name; one that is there costs a look into `sys.modules`.
    pub(crate) fn import(py: Attached<'py>, name: &str) -> Result<Ref<'py>> {
        let object = Ref::text(py, name)?;
        let null = ptr::null_mut();
        // SAFETY: attached; a str; new references. Of a dotted name, the import gives the first part.
        unsafe {
            let import = py.PyImport_ImportModuleLevelObject(object.as_ptr(), null, null, null, 0);
            let first = Ref::owned(py, import)?;
            if !name.contains('.') {
                return Ok(first);
            }
            let module = py.PyImport_GetModule(object.as_ptr());
            if module.is_null() && py.PyErr_Occurred().is_null() {
                let message = format!("`{name}` is not in `sys.modules` after its import");
                return Err(Error::Argument(message));
            }
            Ref::owned(py, module)
        }
    }

    /// A module that is imported already.
    pub(crate) fn imported(py: Attached<'py>, name: &'static str) -> Result<Option<Ref<'py>>> {
        let name = Ref::name(py, name)?;
        // SAFETY: attached; a str; a new reference, or null with or without an exception.
        unsafe {
            let module = py.PyImport_GetModule(name.as_ptr());
            if module.is_null() && !py.PyErr_Occurred().is_null() {
                return Err(Error::raised(py));
            }
            Ok(Ref::owned_or_none(py, module).filter(|module| !module.is_none()))
        }
    }

    /// `sys.name`, or none where there is no such attribute.
    ///
    /// `PySys_GetObject` would only lend it, and without a GIL another thread may put something else there.
    pub(crate) fn of_sys(py: Attached<'py>, name: &'static str) -> Result<Option<Ref<'py>>> {
        Ref::import(py, "sys")?.attr_or_none(name)
    }

    #[inline]
    pub(crate) fn py(&self) -> Attached<'py> {
        self.py
    }

    /// The pointer, borrowed.
    #[inline]
    pub(crate) fn as_ptr(&self) -> *mut sys::PyObject {
        self.raw.as_ptr()
    }

    /// The pointer with its reference, given to the caller.
    #[inline]
    pub(crate) fn into_ptr(self) -> NonNull<sys::PyObject> {
        ManuallyDrop::new(self).raw
    }

    /// The object's type, borrowed.
    #[inline]
    pub(crate) fn type_ptr(&self) -> *mut sys::PyObject {
        // SAFETY: attached, and a live object.
        unsafe { self.py.Py_TYPE(self.as_ptr()) }
    }

    /// Whether the object's type has one of the flags of [`sys::type_flags`].
    pub(crate) fn has_flag(&self, flag: c_ulong) -> bool {
        // SAFETY: a live type object.
        unsafe { self.py.PyType_GetFlags(self.type_ptr()) & flag != 0 }
    }

    pub(crate) fn is_none(&self) -> bool {
        self.as_ptr() == self.py._Py_NoneStruct()
    }

    /// `object.name`, with an interned name.
    pub(crate) fn attr(&self, name: &'static str) -> Result<Ref<'py>> {
        self.attr_of(&Ref::name(self.py, name)?)
    }

    /// `object.name` for a name made at run time.
    pub(crate) fn attr_of(&self, name: &Ref<'py>) -> Result<Ref<'py>> {
        // SAFETY: attached, live objects, a new reference.
        unsafe {
            Ref::owned(
                self.py,
                self.py.PyObject_GetAttr(self.as_ptr(), name.as_ptr()),
            )
        }
    }

    /// `object.name`, or none where there is no such attribute.
    pub(crate) fn attr_or_none(&self, name: &'static str) -> Result<Option<Ref<'py>>> {
        self.attr_of_or_none(&Ref::name(self.py, name)?)
    }

    /// `object.name` for a name made at run time, or none where there is no such attribute.
    pub(crate) fn attr_of_or_none(&self, name: &Ref<'py>) -> Result<Option<Ref<'py>>> {
        let mut value = ptr::null_mut();
        // SAFETY: attached, live objects; a new reference where 1 is returned.
        unsafe {
            match self
                .py
                .PyObject_GetOptionalAttr(self.as_ptr(), name.as_ptr(), &mut value)
            {
                -1 => Err(Error::raised(self.py)),
                _ => Ok(Ref::owned_or_none(self.py, value)),
            }
        }
    }

    /// `object.name = value`.
    pub(crate) fn set_attr(&self, name: &'static str, value: &Ref<'py>) -> Result<()> {
        let name = Ref::name(self.py, name)?;
        // SAFETY: attached, live objects.
        self.py.check(unsafe {
            self.py
                .PyObject_SetAttr(self.as_ptr(), name.as_ptr(), value.as_ptr())
        })
    }

    /// `object(*args)`.
    pub(crate) fn call<const N: usize>(&self, args: [&Ref<'py>; N]) -> Result<Ref<'py>> {
        let args = args.map(Ref::as_ptr);
        // SAFETY: attached, live objects; the array is only read.
        unsafe { Ref::owned(self.py, self.py.call_array(self.as_ptr(), args.as_ptr(), N)) }
    }

    /// `object.name(*args)`.
    pub(crate) fn call_method<const N: usize>(
        &self,
        name: &'static str,
        args: [&Ref<'py>; N],
    ) -> Result<Ref<'py>> {
        self.attr(name)?.call(args)
    }

    /// `dict[key] = value` of an exact dict.
    pub(crate) fn dict_set(&self, key: &Ref<'py>, value: &Ref<'py>) -> Result<()> {
        // SAFETY: attached, live objects; the function itself checks for a dict.
        self.py.check(unsafe {
            self.py
                .PyDict_SetItem(self.as_ptr(), key.as_ptr(), value.as_ptr())
        })
    }

    /// `dict.get(key)` of a dict.
    pub(crate) fn dict_get(&self, key: &Ref<'py>) -> Result<Option<Ref<'py>>> {
        let mut value = ptr::null_mut();
        // SAFETY: attached, live objects; a new reference where 1 is returned.
        unsafe {
            match self
                .py
                .PyDict_GetItemRef(self.as_ptr(), key.as_ptr(), &mut value)
            {
                -1 => Err(Error::raised(self.py)),
                _ => Ok(Ref::owned_or_none(self.py, value)),
            }
        }
    }

    /// An iterator over the object.
    pub(crate) fn iter(&self) -> Result<Ref<'py>> {
        // SAFETY: attached, a live object, a new reference.
        unsafe { Ref::owned(self.py, self.py.PyObject_GetIter(self.as_ptr())) }
    }

    /// The next item of an iterator; none at its end.
    pub(crate) fn next(&self) -> Result<Option<Ref<'py>>> {
        // SAFETY: attached, and an iterator; null is the end or an exception.
        unsafe {
            let item = self.py.PyIter_Next(self.as_ptr());
            if item.is_null() && !self.py.PyErr_Occurred().is_null() {
                return Err(Error::raised(self.py));
            }
            Ok(Ref::owned_or_none(self.py, item))
        }
    }

    /// As [`next`](Ref::next), in a loop that has no end but the iterator's: a limit on the run ends it, too.
    #[inline]
    pub(crate) fn step(&self) -> Result<Option<Ref<'py>>> {
        interrupt::tick()?;
        self.next()
    }

    /// The text of a str, borrowed from it.
    pub(crate) fn as_str(&self) -> Result<&str> {
        self.utf8().ok_or_else(|| Error::raised(self.py))
    }

    /// The text of a str, borrowed from it; none with an exception raised.
    fn utf8(&self) -> Option<&str> {
        let mut size = 0;
        // SAFETY: attached; the function itself checks for a str, and keeps the text as long as the str.
        unsafe {
            let data = self.py.PyUnicode_AsUTF8AndSize(self.as_ptr(), &mut size);
            (!data.is_null()).then(|| {
                let text = std::slice::from_raw_parts(data.cast(), size.unsigned_abs());
                std::str::from_utf8_unchecked(text)
            })
        }
    }

    /// The text of a str, with `\udcff`-like escapes for what UTF-8 cannot hold.
    pub(crate) fn to_text_lossy(&self) -> Result<String> {
        if let Some(text) = self.utf8() {
            return Ok(text.to_owned());
        }
        // SAFETY: attached.
        unsafe { self.py.PyErr_Clear() };
        let bytes = self.encoded(c"backslashreplace")?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// A str in UTF-8, with what UTF-8 cannot hold left to an error handler.
    fn encoded(&self, errors: &'static CStr) -> Result<Vec<u8>> {
        // SAFETY: attached; constant C strings; the bytes live as long as the reference.
        unsafe {
            let encoded = self.py.PyUnicode_AsEncodedString(
                self.as_ptr(),
                c"utf-8".as_ptr(),
                errors.as_ptr(),
            );
            let encoded = Ref::owned(self.py, encoded)?;
            let (mut data, mut size) = (ptr::null_mut(), 0);
            self.py.check(self.py.PyBytes_AsStringAndSize(
                encoded.as_ptr(),
                &mut data,
                &mut size,
            ))?;
            Ok(std::slice::from_raw_parts(data.cast::<u8>(), size.unsigned_abs()).to_vec())
        }
    }

    /// A str as the bytes of a path, as `os.fsencode` gives them.
    pub(crate) fn to_path_bytes(&self) -> Result<Vec<u8>> {
        self.encoded(c"surrogateescape")
    }

    /// The path that a str is; the reverse of [`path`](Ref::path).
    pub(crate) fn to_path(&self) -> Result<PathBuf> {
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStringExt;
            Ok(std::ffi::OsString::from_vec(self.to_path_bytes()?).into())
        }
        #[cfg(not(unix))]
        self.to_text_lossy().map(PathBuf::from)
    }

    /// `str(object)`.
    pub(crate) fn to_str(&self) -> Result<Ref<'py>> {
        // SAFETY: attached, a live object, a new reference.
        unsafe { Ref::owned(self.py, self.py.PyObject_Str(self.as_ptr())) }
    }

    /// `repr(object)`.
    pub(crate) fn to_repr(&self) -> Result<Ref<'py>> {
        // SAFETY: attached, a live object, a new reference.
        unsafe { Ref::owned(self.py, self.py.PyObject_Repr(self.as_ptr())) }
    }
}

impl Drop for Ref<'_> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: our own reference, and still attached, as the lifetime says.
        unsafe { self.py.Py_DecRef(self.as_ptr()) };
    }
}

impl Clone for Ref<'_> {
    #[inline]
    fn clone(&self) -> Self {
        // SAFETY: a live object.
        unsafe { self.py.Py_IncRef(self.as_ptr()) };
        Ref {
            raw: self.raw,
            py: self.py,
        }
    }
}

impl Attached<'_> {
    /// The outcome of a C function that returns 0 or -1.
    #[inline]
    pub(crate) fn check(self, outcome: i32) -> Result<()> {
        if outcome < 0 {
            Err(Error::raised(self))
        } else {
            Ok(())
        }
    }
}
