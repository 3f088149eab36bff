//! The exceptions by which Python's protocols say that there is nothing, for a `None` of Rust.

use super::arguments::Arguments;
use super::call::{Call, Returned};
use crate::attach::{self, Attached};
use crate::class::{self, Class};
use crate::error::{Result, raised};
use crate::object::Object;
use crate::reference::Ref;
use gopyre_sys as sys;

impl<'a> Call<'a> {
    /// Raises the `StopIteration` that ends an iteration.
    ///
    /// # Errors
    /// Always.
    pub fn stop_iteration(self) -> Result<Returned<'a>> {
        raise(self.py, self.py.PyExc_StopIteration(), None)
    }

    /// Raises the `IndexError` of an index that is out of range.
    ///
    /// # Errors
    /// Always.
    pub fn index_error(self) -> Result<Returned<'a>> {
        let message = Ref::text(self.py, "index out of range")?;
        raise(self.py, self.py.PyExc_IndexError(), Some(&message))
    }

    /// Raises the `KeyError` of the key that the call was made with.
    ///
    /// # Errors
    /// Always.
    pub fn key_error<const N: usize>(self, arguments: &Arguments<'a, N>) -> Result<Returned<'a>> {
        let key = arguments.object(0)?;
        raise(self.py, self.py.PyExc_KeyError(), Some(&key))
    }
}

#[cold]
fn raise<'a>(
    py: Attached<'a>,
    class: *mut sys::PyObject,
    argument: Option<&Ref<'a>>,
) -> Result<Returned<'a>> {
    // SAFETY: a class that lives as long as CPython.
    let class = unsafe { Ref::borrowed(py, class)? };
    let exception = match argument {
        Some(argument) => class.call([argument])?,
        None => class.call([])?,
    };
    Err(raised(&exception))
}

/// A new instance that owns a value, for a constant.
///
/// # Errors
/// The class cannot be made, or memory is short.
pub fn object<T: Class>(value: T) -> Result<Object> {
    attach::with(|py| class::instance(py, value).map(Object::from_ref))
}
