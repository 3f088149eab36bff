//! What an object is, told from its type without importing anything.

use super::FromPython;
use crate::convert::failure::Failure;
use crate::reference::Ref;
use gopyre_sys as sys;
use std::ffi::c_ulong;
use std::ptr;
use sys::type_flags;

/// Classes of the standard library and of NumPy that are known by module and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// `str(object)` is its text.
    Text,
    /// `object.isoformat()` is its text.
    Iso,
    Timedelta,
    NumpyBool,
    NumpyComplex,
    Mapping,
    /// Bound methods and the like: callable, and nothing else.
    Callable,
}

impl Known {
    fn of(module: &str, name: &str) -> Option<Known> {
        Some(match (module, name) {
            ("uuid", "UUID") | ("decimal", "Decimal") | ("fractions", "Fraction") => Known::Text,
            ("ipaddress", "_IPAddressBase") => Known::Text,
            ("datetime", "date" | "time") => Known::Iso,
            ("datetime", "timedelta") => Known::Timedelta,
            ("numpy", "bool_" | "bool") => Known::NumpyBool,
            ("numpy", "complexfloating") => Known::NumpyComplex,
            ("collections.abc", "Mapping") | ("builtins", "mappingproxy") => Known::Mapping,
            (
                "builtins",
                "method" | "method-wrapper" | "wrapper_descriptor" | "method_descriptor",
            ) => Known::Callable,
            _ => return None,
        })
    }
}

impl<'a, 'py> FromPython<'a, 'py> {
    /// The flags of the object's type.
    #[inline]
    pub(super) fn flags(self) -> c_ulong {
        // SAFETY: attached, a live type object.
        unsafe { self.py().PyType_GetFlags(self.class()) }
    }

    /// Whether the object is an instance of a built-in class or of a subclass.
    pub(super) fn is_a(self, class: *mut sys::PyObject) -> bool {
        // SAFETY: attached, live type objects.
        self.class() == class || unsafe { self.py().PyType_IsSubtype(self.class(), class) != 0 }
    }

    /// An attribute of the object's type.
    pub(super) fn class_attr(self, name: &'static str) -> Result<Option<Ref<'py>>, Failure> {
        // SAFETY: attached, a live type object.
        let class = unsafe { Ref::borrowed(self.py(), self.class())? };
        Ok(class.attr_or_none(name)?)
    }

    /// Whether the object's type has an attribute that is not `None`.
    pub(super) fn has(self, name: &'static str) -> Result<bool, Failure> {
        Ok(self.class_attr(name)?.is_some_and(|value| !value.is_none()))
    }

    /// The nearest base class that is known by name.
    pub(super) fn known(self) -> Result<Option<Known>, Failure> {
        self.scan(self.class(), &mut Known::of)
            .map_err(Failure::from)
    }

    /// Asks about each class in the order of method resolution, the class itself first.
    fn scan<T>(
        self,
        class: *mut sys::PyObject,
        ask: &mut dyn FnMut(&str, &str) -> Option<T>,
    ) -> crate::error::Result<Option<T>> {
        let py = self.py();
        // SAFETY: attached, a live type object; what `type.__mro__` gives is checked to be a tuple.
        unsafe {
            let classes = Ref::borrowed(py, class)?.attr("__mro__")?;
            if !classes.has_flag(type_flags::TUPLE) {
                return Ok(None);
            }
            for index in 0..py.PyTuple_Size(classes.as_ptr()) {
                let base = py.PyTuple_GetItem(classes.as_ptr(), index);
                if base == py.PyBaseObject_Type() {
                    continue;
                }
                let base = Ref::borrowed(py, base)?;
                let (Some(module), Some(name)) = (
                    base.attr_or_none("__module__")?,
                    base.attr_or_none("__qualname__")?,
                ) else {
                    continue;
                };
                if module.has_flag(type_flags::UNICODE)
                    && name.has_flag(type_flags::UNICODE)
                    && let Some(answer) = ask(module.as_str()?, name.as_str()?)
                {
                    return Ok(Some(answer));
                }
            }
        }
        Ok(None)
    }

    /// The value of a member of an `enum.Enum`; none if the object is none.
    pub(super) fn member_value(self) -> Result<Option<Ref<'py>>, Failure> {
        // Enums are made by a metaclass of their own; a class of `type` itself is none.
        // SAFETY: attached, a live type object.
        let metaclass = unsafe { self.py().Py_TYPE(self.class()) };
        if metaclass == self.py().PyType_Type() {
            return Ok(None);
        }
        let mut is_enum = |module: &str, name: &str| {
            (module == "enum" && matches!(name, "EnumMeta" | "EnumType")).then_some(())
        };
        if self.scan(metaclass, &mut is_enum)?.is_none() {
            return Ok(None);
        }
        Ok(Some(self.to_ref().attr("_value_")?))
    }

    /// Whether the object is a mapping and no sequence, for somebody who asks for either.
    pub(super) fn is_mapping(self) -> Result<bool, Failure> {
        if !self.has("__getitem__")? || !self.has("keys")? {
            return Ok(false);
        }
        if !self.has("__array__")? {
            return Ok(true);
        }
        // A table of several columns is a mapping, one column is a sequence (pandas, polars).
        match self.attribute("ndim")? {
            Some(ndim) => Ok(self.with(&ndim).small_int() != Some(1)),
            None => Ok(true),
        }
    }

    /// Whether the object must not be read as a sequence though it can be iterated.
    pub(super) fn is_keyed(self) -> Result<bool, Failure> {
        if self.known()? == Some(Known::Mapping) || self.is_model()? {
            return Ok(true);
        }
        Ok(self.has("keys")?
            && self.has("items")?
            && self.has("__getitem__")?
            && !self.has("__array__")?)
    }

    /// Whether the object can be iterated.
    pub(super) fn is_iterable(self) -> Result<bool, Failure> {
        if let Some(method) = self.class_attr("__iter__")? {
            return Ok(!method.is_none());
        }
        self.has("__getitem__")
    }

    /// Whether the object is a class, a module, a function or the like.
    pub(super) fn is_code(self) -> bool {
        let py = self.py();
        self.flags() & type_flags::TYPE != 0
            || self.class() == py.PyFunction_Type()
            || self.is_a(py.PyCFunction_Type())
            || self.is_a(py.PyModule_Type())
    }

    /// An attribute of the object itself. A property that raises is that error, `AttributeError` included.
    pub(super) fn attribute(self, name: &'static str) -> Result<Option<Ref<'py>>, Failure> {
        let name = Ref::name(self.py(), name)?;
        self.attribute_of(&name)
    }

    /// As [`FromPython::attribute`], for a name made at run time.
    pub(super) fn attribute_of(self, name: &Ref<'py>) -> Result<Option<Ref<'py>>, Failure> {
        let py = self.py();
        let mut value = ptr::null_mut();
        // SAFETY: attached, live objects; a new reference where 1 is returned.
        unsafe {
            match py.PyObject_GetOptionalAttr(self.object, name.as_ptr(), &mut value) {
                0 => {}
                1 => return Ok(Ref::owned_or_none(py, value)),
                _ => return Err(Failure::raised(py)),
            }
            // Missing, unless the class has it: then its code raised `AttributeError`, which is heard
            // by asking again. A slot that was never filled is missing too, and what classes have themselves
            // (such as `mro`) says nothing.
            let class = Ref::borrowed(py, self.class())?;
            let Some(found) = class.attr_of_or_none(name)? else {
                return Ok(None);
            };
            if Ref::borrowed(py, class.type_ptr())?
                .attr_of_or_none(name)?
                .is_some()
            {
                return Ok(None);
            }
            let slot = self
                .with(&found)
                .scan(found.type_ptr(), &mut |module, name| {
                    (module == "builtins"
                        && matches!(name, "member_descriptor" | "getset_descriptor"))
                    .then_some(())
                })?;
            if slot.is_some() {
                return Ok(None);
            }
            Ok(Some(Ref::owned(
                py,
                py.PyObject_GetAttr(self.object, name.as_ptr()),
            )?))
        }
    }
}
