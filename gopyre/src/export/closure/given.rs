//! The arguments of a closure, whose parameters have no names.

use crate::convert;
use crate::error::{Error, Result, type_error};
use crate::export::call::Call;
use serde::de::DeserializeOwned;
use serde::de::value::Error as Missing;
use serde::de::{Deserializer, Error as _, Visitor};
use serde::forward_to_deserialize_any;

/// The arguments of a call, which Python passes by position.
pub(super) struct Given<'n, 'a> {
    name: &'n str,
    call: Call<'a>,
    /// How many parameters there are.
    count: usize,
}

impl<'n, 'a> Given<'n, 'a> {
    #[inline]
    pub(super) fn new(name: &'n str, call: Call<'a>, count: usize) -> Result<Given<'n, 'a>> {
        let given = Given { name, call, count };
        // SAFETY: a tuple, or null.
        let named = !call.names.is_null() && unsafe { call.py.PyTuple_Size(call.names) } != 0;
        match named || call.positional > count {
            true => Err(given.refused(named)),
            false => Ok(given),
        }
    }

    #[cold]
    fn refused(&self, named: bool) -> Error {
        let Given { name, .. } = self;
        match named {
            true => type_error(
                self.call.py,
                &format!("{name}() takes no keyword arguments"),
            ),
            false => self.miscounted(),
        }
    }

    #[cold]
    fn miscounted(&self) -> Error {
        let (name, count, given) = (self.name, self.count, self.call.positional);
        let plural = if count == 1 { "" } else { "s" };
        let were = if given == 1 { "was" } else { "were" };
        let message =
            format!("{name}() takes {count} positional argument{plural} but {given} {were} given");
        type_error(self.call.py, &message)
    }

    /// Reads an argument; what is left out is `None`, where the parameter can be that.
    #[inline]
    pub(super) fn get<T: DeserializeOwned>(&self, index: usize) -> Result<T> {
        if index >= self.call.positional {
            return left_out().map_err(|_| self.miscounted());
        }
        // SAFETY: within the positional arguments, which live as long as the call.
        unsafe {
            let value = *self.call.arguments.add(index);
            convert::argument(self.call.py, value, self.name, index + 1)
        }
    }
}

/// What a parameter is that is left out.
fn left_out<T: DeserializeOwned>() -> Result<T, Missing> {
    T::deserialize(LeftOut)
}

/// Whether a parameter may be left out.
pub(super) fn is_optional<T: DeserializeOwned>() -> bool {
    left_out::<T>().is_ok()
}

/// The parameters as a signature shows them. Those that may be left out are the optional ones at the end.
pub(super) fn text(optional: &[bool]) -> String {
    let required = optional.len() - optional.iter().rev().take_while(|is| **is).count();
    let mut text = String::new();
    for index in 0..optional.len() {
        let default = if index < required { "" } else { "=None" };
        text.push_str(&format!("arg{index}{default}, "));
    }
    if !text.is_empty() {
        text.push('/');
    }
    text
}

/// Nothing, of which only an `Option` can be read.
struct LeftOut;

impl<'de> Deserializer<'de> for LeftOut {
    type Error = Missing;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Missing> {
        Err(Missing::custom("left out"))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Missing> {
        visitor.visit_none()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::{is_optional, text};

    #[test]
    fn only_an_option_can_be_left_out() {
        assert!(is_optional::<Option<i64>>());
        assert!(!is_optional::<i64>());
        assert!(!is_optional::<String>());
        assert!(!is_optional::<Vec<u8>>());
    }

    #[test]
    fn a_signature_shows_what_may_be_left_out() {
        assert_eq!(text(&[]), "");
        assert_eq!(text(&[false, true]), "arg0, arg1=None, /");
        assert_eq!(text(&[true, false]), "arg0, arg1, /");
    }
}
