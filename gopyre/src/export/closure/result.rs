//! What a closure returned, on its way to Python.

use crate::convert;
use crate::error::{Result, failure, raised_for};
use crate::export::call::{Call, Returned};
use crate::export::outcome::rejected;
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
