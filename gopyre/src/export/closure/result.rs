//! What a closure returned, on its way to Python.

use crate::convert;
use crate::error::{Error, Result, failure, raised_for};
use crate::export::call::{Call, Returned};
use crate::reference::Ref;
use gopyre_sys as sys;
use serde::Serialize;
use std::error::Error as StdError;

/// A value. A `Result` whose error serializes, such as a `String`, is one, too.
#[inline]
pub(super) fn plain<R: Serialize>(call: Call<'_>, value: R) -> Result<Returned<'_>> {
    match convert::outcome_to_python(call.py, &value)? {
        Ok(object) => Ok(call.gives(object)),
        Err(reason) => Err(rejected(&reason)),
    }
}

/// The error that is no error of Rust's: a text, or a value whose text is shown.
#[cold]
fn rejected(reason: &Ref<'_>) -> Error {
    let text = match reason.has_flag(sys::type_flags::UNICODE) {
        true => reason.to_text_lossy(),
        false => reason.to_repr().and_then(|text| text.to_text_lossy()),
    };
    text.map_or_else(|error| error, |text| Error::Rust(text.into()))
}

#[inline]
pub(super) fn fallible<R, E>(call: Call<'_>, value: Result<R, E>) -> Result<Returned<'_>>
where
    R: Serialize,
    E: StdError + Send + Sync + 'static,
{
    call.returns(&value.map_err(failure)?)
}

/// The error is looked at where it is, because what it converts into may hide it.
#[inline]
pub(super) fn boxed<R, E>(call: Call<'_>, value: Result<R, E>) -> Result<Returned<'_>>
where
    R: Serialize,
    E: std::ops::Deref<Target = dyn StdError + Send + Sync + 'static>
        + Into<Box<dyn StdError + Send + Sync>>,
{
    match value {
        Ok(value) => call.returns(&value),
        Err(error) => Err(raised_for(call.py, error)),
    }
}
