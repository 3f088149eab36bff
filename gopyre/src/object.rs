//! A handle to any Python object.

mod calls;
mod handle;
mod members;

pub use calls::{Iter, call, import};

use crate::attach::{self, Attached};
use crate::convert;
use crate::error::{Error, Result};
use crate::interpreter::State;
use crate::reference::Ref;
use gopyre_sys as sys;
use handle::Handle;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;

/// Any Python object.
///
/// A handle can be kept, cloned, sent and dropped on any thread, attached or not, and after Python is
/// finalized. It serializes to the object itself, so it may sit anywhere in arguments and inputs, and
/// deserializes from any object, so it may sit anywhere in results.
///
/// ```
/// #[derive(serde::Deserialize)]
/// struct Found { pattern: gopyre::Object, groups: u32 }
///
/// let found: Found = gopyre::exec(r#"
///     import re
///     pattern = re.compile("(a)(b)")
///     {"pattern": pattern, "groups": pattern.groups}
/// "#, ())?;
/// assert_eq!(found.groups, 2);
/// assert!(gopyre::exec::<bool>("input.match('ab') is not None", &found.pattern)?);
/// # Ok::<(), gopyre::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Object(Handle);

impl Object {
    /// A handle to a live object.
    pub(crate) fn from_ref(object: Ref<'_>) -> Object {
        Object(Handle::new(object))
    }

    /// The object on this thread, which is attached.
    ///
    /// # Errors
    /// [`Error::WrongInterpreter`] where it belongs to another one than the attached.
    #[inline]
    pub(crate) fn bind<'py>(&self, py: Attached<'py>) -> Result<Ref<'py>> {
        if !std::ptr::eq(self.0.state(), py.state()) {
            return Err(Error::WrongInterpreter);
        }
        // SAFETY: the handle keeps the object alive, and the interpreter is the attached one (rule 6).
        unsafe { Ref::borrowed(py, self.0.as_ptr()) }
    }

    /// The object, borrowed from the handle.
    ///
    /// # Errors
    /// As for [`bind`](Object::bind).
    #[inline]
    pub(crate) fn pointer(&self, py: Attached<'_>) -> Result<*mut sys::PyObject> {
        match std::ptr::eq(self.0.state(), py.state()) {
            true => Ok(self.0.as_ptr()),
            false => Err(Error::WrongInterpreter),
        }
    }

    /// Runs `f` attached, with the object.
    #[inline]
    pub(crate) fn with<R>(&self, f: impl FnOnce(&Ref<'_>) -> Result<R>) -> Result<R> {
        attach::with(|py| f(&*self.lend(py)?))
    }

    /// The object on this thread, which is attached, without a reference of its own: while `self` is borrowed,
    /// the handle's keeps it alive.
    ///
    /// # Errors
    /// As for [`bind`](Object::bind).
    #[inline]
    pub(crate) fn lend<'a, 'py: 'a>(
        &'a self,
        py: Attached<'py>,
    ) -> Result<impl Deref<Target = Ref<'py>> + use<'a, 'py>> {
        struct Lent<'a, 'py>(ManuallyDrop<Ref<'py>>, PhantomData<&'a Object>);
        impl<'py> Deref for Lent<'_, 'py> {
            type Target = Ref<'py>;
            #[inline]
            fn deref(&self) -> &Ref<'py> {
                &self.0
            }
        }
        let object = self.pointer(py)?;
        // SAFETY: the handle's reference, which is not given back here, and the attached interpreter (rule 6).
        let object = unsafe { Ref::owned(py, object)? };
        Ok(Lent(ManuallyDrop::new(object), PhantomData))
    }

    /// What tells the object from every other that lives.
    fn address(&self) -> usize {
        self.0.as_ptr().addr()
    }

    /// The object, where this handle has a reference of its own and the interpreter is the current one.
    pub(crate) fn own_reference(&self) -> Option<*mut sys::PyObject> {
        // SAFETY: asked by the collector, which is attached.
        let here = unsafe { self.0.state().is_current(sys::table()) };
        (here && !self.0.is_shared()).then(|| self.0.as_ptr())
    }

    /// The interpreter that the object belongs to.
    pub(crate) fn state(&self) -> &'static State {
        self.0.state()
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        convert::serialize_object(s, self)
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        convert::deserialize_object(d)
    }
}
