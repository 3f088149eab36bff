//! What a function returned: a value, or a `Result` of one.
//!
//! The macro cannot know a `Result` by its name, since any alias may be one, nor what its error is. The
//! compiler can: of several methods of the same name it takes the one for which it has to follow the fewest
//! references. So of the traits here, each of which is implemented behind one reference less than the one
//! above it, `&&&&Outcome` takes the first that applies.

use crate::attach;
use crate::convert;
use crate::error::{Error, Result, failure, raised_for};
use crate::reference::Ref;
use gopyre_sys as sys;
use serde::Serialize;
use std::cell::Cell;
use std::error::Error as StdError;
use std::fmt;
use std::ops::Deref;

/// What a function returned, once.
pub struct Outcome<T>(Cell<Option<T>>);

impl<T> fmt::Debug for Outcome<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outcome").finish_non_exhaustive()
    }
}

impl<T> Outcome<T> {
    /// Takes what was returned.
    #[inline]
    pub fn new(value: T) -> Outcome<T> {
        Outcome(Cell::new(Some(value)))
    }

    #[inline]
    fn take(&self) -> Result<T> {
        self.0
            .take()
            .ok_or_else(|| Error::Rust("a result was settled twice".into()))
    }
}

/// A `Result` whose error is a box of one, whatever the box is called.
pub trait BoxedOutcome {
    /// The value of `Ok`.
    type Value;
    /// Gives the value.
    ///
    /// # Errors
    /// That of `Err`.
    fn settle_outcome(&self) -> Result<Self::Value>;
}

impl<T, E> BoxedOutcome for &&&Outcome<Result<T, E>>
where
    E: Deref<Target = dyn StdError + Send + Sync + 'static> + Into<Box<dyn StdError + Send + Sync>>,
{
    type Value = T;

    #[inline]
    fn settle_outcome(&self) -> Result<T> {
        self.take()?
            .or_else(|error| attach::with(|py| Err(raised_for(py, error))))
    }
}

/// A `Result` whose error is one of Rust's, or a text.
pub trait ResultOutcome {
    /// The value of `Ok`.
    type Value;
    /// Gives the value.
    ///
    /// # Errors
    /// That of `Err`.
    fn settle_outcome(&self) -> Result<Self::Value>;
}

impl<T, E> ResultOutcome for &&Outcome<Result<T, E>>
where
    E: Into<Box<dyn StdError + Send + Sync>>,
{
    type Value = T;

    #[inline]
    fn settle_outcome(&self) -> Result<T> {
        self.take()?.map_err(failure)
    }
}

/// Any other `Result`: its error is a value, whose text is shown.
pub trait RejectedOutcome {
    /// The value of `Ok`.
    type Value;
    /// The value of `Err`.
    type Reason;
    /// Gives the value.
    ///
    /// # Errors
    /// What is made of the value of `Err`.
    fn settle_outcome(&self) -> Result<Self::Value>
    where
        Self::Reason: Reason;
}

impl<T, E> RejectedOutcome for &Outcome<Result<T, E>> {
    type Value = T;
    type Reason = E;

    #[inline]
    fn settle_outcome(&self) -> Result<T>
    where
        E: Reason,
    {
        self.take()?.map_err(Reason::error)
    }
}

/// What is no error, and stands in the place of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be raised in Python",
    label = "expected an error in the `Result`",
    note = "an error implements `std::error::Error`, or is a box of one, and is `Send + Sync`: \
            `Box<dyn Error + Send + Sync>`; a text or anything else that serializes will do, too"
)]
pub trait Reason {
    /// Makes an error that says so.
    fn error(self) -> Error;
}

#[diagnostic::do_not_recommend]
impl<E: Serialize> Reason for E {
    #[cold]
    fn error(self) -> Error {
        let error = attach::with(|py| Ok(rejected(&convert::to_python(py, &self)?)));
        error.unwrap_or_else(|error| error)
    }
}

/// The error that is no error of Rust's: a text, or a value whose text is shown.
#[cold]
pub(super) fn rejected(reason: &Ref<'_>) -> Error {
    let text = match reason.has_flag(sys::type_flags::UNICODE) {
        true => reason.to_text_lossy(),
        false => reason.to_repr().and_then(|text| text.to_text_lossy()),
    };
    text.map_or_else(|error| error, |text| Error::Rust(text.into()))
}

/// A value as it is.
pub trait PlainOutcome {
    /// The value.
    type Value;
    /// Gives the value.
    ///
    /// # Errors
    /// Never the first time.
    fn settle_outcome(&self) -> Result<Self::Value>;
}

impl<T> PlainOutcome for Outcome<T> {
    type Value = T;

    #[inline]
    fn settle_outcome(&self) -> Result<T> {
        self.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Alias = std::io::Result<u64>;

    fn alias(fails: bool) -> Alias {
        match fails {
            true => Err(std::io::ErrorKind::NotFound.into()),
            false => Ok(7),
        }
    }

    #[test]
    #[allow(clippy::needless_borrow)]
    fn a_result_by_any_name_is_told_from_a_value() -> Result<()> {
        let value: u64 = (&&&&Outcome::new(alias(false))).settle_outcome()?;
        assert_eq!(value, 7);
        let error = (&&&&Outcome::new(alias(true)))
            .settle_outcome()
            .unwrap_err();
        assert!(matches!(&error, Error::Rust(inner) if inner.is::<std::io::Error>()));
        let value: Vec<i64> = (&&&&Outcome::new(vec![1])).settle_outcome()?;
        assert_eq!(value, [1]);
        let value: Option<Result<i64, u8>> = (&&&&Outcome::new(Some(Err(3)))).settle_outcome()?;
        assert_eq!(value, Some(Err(3)));
        let text: Result<i64, String> = Err("no".to_owned());
        let error = (&&&&Outcome::new(text)).settle_outcome().unwrap_err();
        assert_eq!(error.to_string(), "no");
        Ok(())
    }
}
