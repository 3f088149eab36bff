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
mod identity;
mod ints;
mod locate;
mod names;
mod path;
mod recorded;
mod repeated;
mod shapes;
mod to_python;

pub(crate) use arguments::{Arguments, arguments};
pub use failure::ConvertError;
pub(crate) use failure::Kind;
pub(crate) use handle::{deserialize_object, serialize_object};
pub(crate) use names::Names;
pub(crate) use recorded::Recorded;

use crate::attach::{Attached, Converting};
use crate::error::Result;
use crate::reference::Ref;
use gopyre_sys as sys;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Makes a Python object of a Rust value.
#[inline]
pub(crate) fn to_python<'py, T: Serialize + ?Sized>(
    py: Attached<'py>,
    value: &T,
) -> Result<Ref<'py>> {
    let _converting = Converting::begin(py);
    let to = to_python::ToPython::new(py);
    to.object(value).map_err(Into::into)
}

/// What a function that Python called gave back where it serializes: a value, or the error of a `Result`.
#[inline]
pub(crate) fn outcome_to_python<'py, T: Serialize>(
    py: Attached<'py>,
    value: &T,
) -> Result<Result<Ref<'py>, Ref<'py>>> {
    if !to_python::outcome::is_result::<T>() {
        return to_python(py, value).map(Ok);
    }
    let _converting = Converting::begin(py);
    let to = to_python::outcome::ToOutcome(to_python::ToPython::new(py));
    value.serialize(to).map_err(Into::into)
}

/// Makes a Python object of a parameter, which errors name.
#[inline]
pub(crate) fn parameter<'py, T: Serialize + ?Sized>(
    py: Attached<'py>,
    name: &'static str,
    value: &T,
) -> Result<Ref<'py>> {
    let _converting = Converting::begin(py);
    let to = to_python::ToPython::new(py);
    to.object(value)
        .map_err(|failure| failure.at_name(name).into())
}

/// What an object is, in words for an error message.
pub(crate) fn describe(object: &Ref<'_>) -> String {
    describe::object(object.py(), object.as_ptr())
}

/// Reads an argument of a Rust function, which errors name with the function.
///
/// # Safety
/// `object` must be a live object of the attached interpreter, and stay one as long as `'a`.
#[inline]
pub(crate) unsafe fn argument<'a, T: Deserialize<'a>>(
    py: Attached<'_>,
    object: *mut sys::PyObject,
    function: &str,
    name: impl std::fmt::Display,
) -> Result<T> {
    let _converting = Converting::begin(py);
    // SAFETY: as the caller promises.
    unsafe { from_python::argument::read(py, object) }
        .map_err(|failure| failure.of_argument(function, &name.to_string()).into())
}

/// Reads a Rust value from a Python object.
#[inline]
pub(crate) fn from_python<T: DeserializeOwned>(object: &Ref<'_>) -> Result<T> {
    let _converting = Converting::begin(object.py());
    from_python::read(object).map_err(Into::into)
}
