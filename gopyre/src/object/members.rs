//! Attributes, items, and what an object says of itself.

use super::Object;
use crate::attach;
use crate::convert;
use crate::error::{Error, Result};
use crate::reference::Ref;
use gopyre_sys as sys;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::ptr;

impl Object {
    /// Makes a Python object of a value.
    ///
    /// # Errors
    /// The value cannot be converted.
    ///
    /// ```
    /// let list = gopyre::Object::new(vec![3, 1, 2])?;
    /// assert_eq!(list.repr()?, "[3, 1, 2]");
    /// # Ok::<(), gopyre::Error>(())
    /// ```
    pub fn new(value: impl Serialize) -> Result<Object> {
        attach::with(|py| convert::to_python(py, &value).map(Object::from_ref))
    }

    /// Reads the object as a `T`.
    ///
    /// # Errors
    /// The object is no `T`.
    ///
    /// ```
    /// let range = gopyre::exec::<gopyre::Object>("range(3)", ())?;
    /// assert_eq!(range.extract::<Vec<u8>>()?, [0, 1, 2]);
    /// # Ok::<(), gopyre::Error>(())
    /// ```
    pub fn extract<T: DeserializeOwned>(&self) -> Result<T> {
        self.with(|this| convert::from_python(this))
    }

    /// `object.name`
    ///
    /// # Errors
    /// `AttributeError` where there is none, and whatever a property raises.
    ///
    /// ```
    /// let pi: f64 = gopyre::import("math")?.attr("pi")?.extract()?;
    /// assert_eq!(pi, std::f64::consts::PI);
    /// # Ok::<(), gopyre::Error>(())
    /// ```
    pub fn attr(&self, name: &str) -> Result<Object> {
        self.with(|this| {
            this.attr_of(&Ref::text(this.py(), name)?)
                .map(Object::from_ref)
        })
    }

    /// `object.name = value`
    ///
    /// # Errors
    /// The value cannot be converted, or the object refuses it.
    ///
    /// ```
    /// let space = gopyre::exec::<gopyre::Object>("import types; types.SimpleNamespace()", ())?;
    /// space.set_attr("size", 3)?;
    /// assert_eq!(space.attr("size")?.extract::<i64>()?, 3);
    /// space.del_attr("size")?;
    /// assert!(!space.has_attr("size")?);
    /// # Ok::<(), gopyre::Error>(())
    /// ```
    pub fn set_attr(&self, name: &str, value: impl Serialize) -> Result<()> {
        self.with(|this| {
            let py = this.py();
            let (name, value) = (Ref::text(py, name)?, convert::to_python(py, &value)?);
            // SAFETY: attached, live objects.
            py.check(unsafe { py.PyObject_SetAttr(this.as_ptr(), name.as_ptr(), value.as_ptr()) })
        })
    }

    /// `del object.name`
    ///
    /// # Errors
    /// `AttributeError` where there is none.
    pub fn del_attr(&self, name: &str) -> Result<()> {
        self.with(|this| {
            let py = this.py();
            let name = Ref::text(py, name)?;
            // SAFETY: attached, live objects; a null value deletes.
            py.check(unsafe { py.PyObject_SetAttr(this.as_ptr(), name.as_ptr(), ptr::null_mut()) })
        })
    }

    /// Whether there is such an attribute.
    ///
    /// # Errors
    /// Whatever a property raises other than `AttributeError`.
    pub fn has_attr(&self, name: &str) -> Result<bool> {
        self.with(|this| {
            Ok(this
                .attr_of_or_none(&Ref::text(this.py(), name)?)?
                .is_some())
        })
    }

    /// `object[key]`
    ///
    /// # Errors
    /// `KeyError`, `IndexError` or `TypeError`, as Python has it.
    ///
    /// ```
    /// let prices = gopyre::Object::new(std::collections::BTreeMap::from([("apple", 1.5)]))?;
    /// assert_eq!(prices.item("apple")?.extract::<f64>()?, 1.5);
    /// assert!(prices.item("pear").unwrap_err().exception().unwrap().is("KeyError"));
    /// # Ok::<(), gopyre::Error>(())
    /// ```
    pub fn item(&self, key: impl Serialize) -> Result<Object> {
        self.with(|this| {
            let py = this.py();
            let key = convert::to_python(py, &key)?;
            // SAFETY: attached, live objects, a new reference.
            unsafe { Ref::owned(py, py.PyObject_GetItem(this.as_ptr(), key.as_ptr())) }
                .map(Object::from_ref)
        })
    }

    /// `object[key] = value`
    ///
    /// # Errors
    /// Key or value cannot be converted, or the object refuses them.
    pub fn set_item(&self, key: impl Serialize, value: impl Serialize) -> Result<()> {
        self.with(|this| {
            let py = this.py();
            let (key, value) = (
                convert::to_python(py, &key)?,
                convert::to_python(py, &value)?,
            );
            // SAFETY: attached, live objects.
            py.check(unsafe { py.PyObject_SetItem(this.as_ptr(), key.as_ptr(), value.as_ptr()) })
        })
    }

    /// `del object[key]`
    ///
    /// # Errors
    /// There is no such item, or the object cannot lose it.
    pub fn del_item(&self, key: impl Serialize) -> Result<()> {
        self.with(|this| {
            let py = this.py();
            let key = convert::to_python(py, &key)?;
            // SAFETY: attached, live objects.
            py.check(unsafe { py.PyObject_DelItem(this.as_ptr(), key.as_ptr()) })
        })
    }

    /// `len(object)`
    ///
    /// # Errors
    /// `TypeError` where the object has no length.
    #[allow(
        clippy::len_without_is_empty,
        reason = "`is_true` says what Python's emptiness is"
    )]
    pub fn len(&self) -> Result<usize> {
        self.with(|this| {
            // SAFETY: attached, a live object.
            let length = unsafe { this.py().PyObject_Size(this.as_ptr()) };
            usize::try_from(length).map_err(|_| Error::raised(this.py()))
        })
    }

    /// `value in object`
    ///
    /// # Errors
    /// `TypeError` where the object contains nothing.
    pub fn contains(&self, value: impl Serialize) -> Result<bool> {
        self.with(|this| {
            let py = this.py();
            let value = convert::to_python(py, &value)?;
            // SAFETY: attached, live objects.
            let found = unsafe { py.PySequence_Contains(this.as_ptr(), value.as_ptr()) };
            py.check(found).map(|()| found == 1)
        })
    }

    /// `str(object)`
    ///
    /// # Errors
    /// What `__str__` raises.
    pub fn str(&self) -> Result<String> {
        self.with(|this| this.to_str()?.to_text_lossy())
    }

    /// `repr(object)`
    ///
    /// # Errors
    /// What `__repr__` raises.
    pub fn repr(&self) -> Result<String> {
        self.with(|this| this.to_repr()?.to_text_lossy())
    }

    /// `type(object).__qualname__`
    ///
    /// # Errors
    /// The runtime is finalized, or the interpreter another one.
    pub fn type_name(&self) -> Result<String> {
        self.with(|this| {
            // SAFETY: the type of a live object.
            let class = unsafe { Ref::borrowed(this.py(), this.type_ptr())? };
            class.attr("__qualname__")?.to_text_lossy()
        })
    }

    /// `object is None`
    pub fn is_none(&self) -> bool {
        self.with(|this| Ok(this.is_none())).unwrap_or(false)
    }

    /// `bool(object)`
    ///
    /// # Errors
    /// What `__bool__` or `__len__` raises.
    pub fn is_true(&self) -> Result<bool> {
        self.with(|this| {
            // SAFETY: attached, a live object.
            let truth = unsafe { this.py().PyObject_IsTrue(this.as_ptr()) };
            this.py().check(truth).map(|()| truth == 1)
        })
    }

    /// `callable(object)`
    pub fn is_callable(&self) -> bool {
        // SAFETY: attached, a live object.
        self.with(|this| Ok(unsafe { this.py().PyCallable_Check(this.as_ptr()) == 1 }))
            .unwrap_or(false)
    }

    /// `isinstance(object, class)`
    ///
    /// # Errors
    /// `TypeError` where `class` is no class.
    pub fn is_instance(&self, class: &Object) -> Result<bool> {
        self.with(|this| {
            let class = class.bind(this.py())?;
            // SAFETY: attached, live objects.
            let answer = unsafe { this.py().PyObject_IsInstance(this.as_ptr(), class.as_ptr()) };
            this.py().check(answer).map(|()| answer == 1)
        })
    }

    /// `object is other`
    pub fn is(&self, other: &Object) -> bool {
        std::ptr::eq(self.state(), other.state()) && self.address() == other.address()
    }

    /// `object == other`
    ///
    /// # Errors
    /// What `__eq__` raises, or that its answer has no truth.
    ///
    /// ```
    /// let value = gopyre::exec::<gopyre::Object>("1.0", ())?;
    /// assert!(value.equals(1)?);
    /// # Ok::<(), gopyre::Error>(())
    /// ```
    pub fn equals(&self, other: impl Serialize) -> Result<bool> {
        self.with(|this| {
            let other = convert::to_python(this.py(), &other)?;
            compare(this, &other, sys::compare::EQ)
        })
    }

    /// How the object compares with another; `None` where neither is less and they are not equal.
    ///
    /// # Errors
    /// `TypeError` where the types have no order.
    ///
    /// ```
    /// use std::cmp::Ordering;
    ///
    /// let value = gopyre::exec::<gopyre::Object>("1", ())?;
    /// assert_eq!(value.compare(2.5)?, Some(Ordering::Less));
    /// assert_eq!(value.compare(f64::NAN)?, None);
    /// assert!(value.compare("one").is_err());
    /// # Ok::<(), gopyre::Error>(())
    /// ```
    pub fn compare(&self, other: impl Serialize) -> Result<Option<std::cmp::Ordering>> {
        use std::cmp::Ordering::{Equal, Greater, Less};
        self.with(|this| {
            let other = convert::to_python(this.py(), &other)?;
            // The order is asked for before equality, which all types have.
            for (operation, answer) in [
                (sys::compare::LT, Less),
                (sys::compare::GT, Greater),
                (sys::compare::EQ, Equal),
            ] {
                if compare(this, &other, operation)? {
                    return Ok(Some(answer));
                }
            }
            Ok(None)
        })
    }
}

fn compare<'py>(a: &Ref<'py>, b: &Ref<'py>, operation: i32) -> Result<bool> {
    let py = a.py();
    // SAFETY: attached, live objects, a new reference.
    unsafe {
        let answer = Ref::owned(
            py,
            py.PyObject_RichCompare(a.as_ptr(), b.as_ptr(), operation),
        )?;
        let truth = py.PyObject_IsTrue(answer.as_ptr());
        py.check(truth).map(|()| truth == 1)
    }
}
