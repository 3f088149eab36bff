//! What a function returned: a value, or a `Result` of one.
//!
//! The macro cannot know a `Result` by its name, since any alias may be one. The compiler can: of two
//! methods of the same name it takes the one that needs fewer references taken. `ResultOutcome` is
//! implemented for `&Outcome<Result<..>>` and so fits `&&Outcome` as it is; `PlainOutcome`, for `Outcome`
//! of anything, needs one reference less and is taken where the first does not apply.

use crate::error::{Error, Result, failure};
use std::cell::Cell;
use std::fmt;

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

/// A value as it is.
pub trait PlainOutcome {
    /// The value.
    type Value;
    /// Gives the value.
    ///
    /// # Errors
    /// Never the first time.
    fn settle(&self) -> Result<Self::Value>;
}

impl<T> PlainOutcome for Outcome<T> {
    type Value = T;

    #[inline]
    fn settle(&self) -> Result<T> {
        self.take()
    }
}

/// A `Result`.
pub trait ResultOutcome {
    /// The value of `Ok`.
    type Value;
    /// Gives the value.
    ///
    /// # Errors
    /// That of `Err`.
    fn settle(&self) -> Result<Self::Value>;
}

impl<T, E> ResultOutcome for &Outcome<Result<T, E>>
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Value = T;

    #[inline]
    fn settle(&self) -> Result<T> {
        self.take()?.map_err(failure)
    }
}

#[cfg(test)]
mod tests {
    use super::{Outcome, PlainOutcome as _, ResultOutcome as _};
    use crate::error::Error;

    type Alias = std::io::Result<u64>;

    fn alias(fails: bool) -> Alias {
        match fails {
            true => Err(std::io::ErrorKind::NotFound.into()),
            false => Ok(7),
        }
    }

    #[test]
    #[allow(clippy::needless_borrow)]
    fn a_result_by_any_name_is_told_from_a_value() -> crate::error::Result<()> {
        let value: u64 = (&&Outcome::new(alias(false))).settle()?;
        assert_eq!(value, 7);
        let error = (&&Outcome::new(alias(true))).settle().unwrap_err();
        assert!(matches!(&error, Error::Rust(inner) if inner.is::<std::io::Error>()));
        let value: Vec<i64> = (&&Outcome::new(vec![1])).settle()?;
        assert_eq!(value, [1]);
        let value: Option<Result<i64, u8>> = (&&Outcome::new(Some(Err(3)))).settle()?;
        assert_eq!(value, Some(Err(3)));
        let text: Result<i64, String> = Err("no".to_owned());
        let error = (&&Outcome::new(text)).settle().unwrap_err();
        assert_eq!(error.to_string(), "no");
        let boxed: Result<i64, Box<dyn std::error::Error + Send + Sync>> =
            Err(Box::new(Error::Cancelled));
        let error = (&&Outcome::new(boxed)).settle().unwrap_err();
        assert!(matches!(error, Error::Cancelled));
        Ok(())
    }
}
