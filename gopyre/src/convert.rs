//! Conversion both ways, over serde: Rust values to Python objects and back.
//!
//! `to_python` is a serde `Serializer` that builds objects, `from_python` a `Deserializer` that reads
//! them; no text is in between. Neither allocates on the Rust side where all goes well, and neither
//! imports a module: what a class is, its type pointer, its flags or its name tell.

mod arguments;
mod depth;
mod describe;
mod failure;
mod from_python;
mod handle;
mod locate;
mod names;
mod path;
mod repeated;
mod shapes;
mod to_python;

pub(crate) use arguments::{Arguments, arguments};
pub use failure::ConvertError;
pub(crate) use handle::{deserialize_object, serialize_object};
pub(crate) use names::Names;

use crate::attach::{Attached, Converting};
use crate::error::Result;
use crate::reference::Ref;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Makes a Python object of a Rust value.
#[inline]
pub(crate) fn to_python<'py, T: Serialize + ?Sized>(
    py: Attached<'py>,
    value: &T,
) -> Result<Ref<'py>> {
    let _converting = Converting::begin(py);
    value
        .serialize(to_python::ToPython::new(py))
        .map_err(Into::into)
}

/// Makes a Python object of a parameter, which errors name.
#[inline]
pub(crate) fn parameter<'py, T: Serialize + ?Sized>(
    py: Attached<'py>,
    name: &'static str,
    value: &T,
) -> Result<Ref<'py>> {
    let _converting = Converting::begin(py);
    value
        .serialize(to_python::ToPython::new(py))
        .map_err(|failure| failure.at_name(name).into())
}

/// What an object is, in words for an error message.
pub(crate) fn describe(object: &Ref<'_>) -> String {
    describe::object(object.py(), object.as_ptr())
}

/// Reads a Rust value from a Python object.
#[inline]
pub(crate) fn from_python<T: DeserializeOwned>(object: &Ref<'_>) -> Result<T> {
    let _converting = Converting::begin(object.py());
    from_python::read(object).map_err(Into::into)
}
