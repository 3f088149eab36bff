//! Map keys: where a string is asked for, other scalars are the text that `json.dumps` makes of them.

use super::FromPython;
use crate::attach::Attached;
use crate::convert::describe;
use crate::convert::failure::Failure;
use crate::reference::Ref;
use gopyre_sys::type_flags;
use serde::de::{DeserializeSeed, Deserializer, Visitor};

/// Reads a key; also gives the text that it was read as, if it is no exact str.
#[inline]
pub(super) fn read_key<'de, 'py, K: DeserializeSeed<'de>>(
    key: FromPython<'_, 'py>,
    seed: K,
) -> Result<(K::Value, Option<Ref<'py>>), Failure> {
    let mut text = None;
    let map_key = MapKey {
        key,
        text: &mut text,
    };
    match seed.deserialize(map_key) {
        Ok(value) => Ok((value, text)),
        Err(failure) if failure.is_about_the_key() => Err(failure),
        Err(failure) => Err(failure.at_key(key.py(), key.object)),
    }
}

/// The texts of one map's keys, so that no two of them become the same and an entry is lost.
#[derive(Default)]
pub(super) struct Keys<'py>(Option<Ref<'py>>);

impl<'py> Keys<'py> {
    /// Fails where another key is the text that `key` was read as, or was read as it. `all` are the map's keys.
    #[cold]
    pub(super) fn differ(
        &mut self,
        py: Attached<'py>,
        key: &Ref<'py>,
        text: &Ref<'py>,
        all: impl FnOnce() -> Result<Vec<Ref<'py>>, Failure>,
    ) -> Result<(), Failure> {
        let seen = match &mut self.0 {
            Some(seen) => seen,
            none => none.insert(strings(py, &all()?)?),
        };
        let Some(other) = seen.dict_get(text)? else {
            return Ok(seen.dict_set(text, key)?);
        };
        let found = |key: &Ref<'_>| describe::object(py, key.as_ptr());
        Err(Failure::value(
            "keys that differ as strings",
            format!("{} and {}", found(&other), found(key)),
        ))
    }
}

/// The keys that are str, each under itself.
fn strings<'py>(py: Attached<'py>, keys: &[Ref<'py>]) -> Result<Ref<'py>, Failure> {
    let seen = Ref::dict(py)?;
    for key in keys {
        let class = key.type_ptr();
        if class == py.PyUnicode_Type() {
            seen.dict_set(key, key)?;
        }
    }
    Ok(seen)
}

struct MapKey<'t, 'a, 'py> {
    key: FromPython<'a, 'py>,
    /// Filled where the key is read as a text and is no exact str.
    text: &'t mut Option<Ref<'py>>,
}

impl MapKey<'_, '_, '_> {
    /// Reads a key that is no exact str.
    #[inline(never)]
    fn other_str<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let text = match self.key.json_text()? {
            Some(text) => text,
            None => self.key.text(&visitor)?,
        };
        let py = self.key.py();
        let utf8 = self.key.with(&text).utf8(&"a string")?;
        let outcome = visitor.visit_str(utf8);
        // A subclass may have its own idea of what it is equal to.
        let is_exact = text.type_ptr() == py.PyUnicode_Type();
        *self.text = Some(match is_exact {
            true => text,
            false => Ref::text(py, utf8)?,
        });
        self.key.leaf(outcome)
    }
}

impl<'py> FromPython<'_, 'py> {
    /// The text that `json.dumps` makes of a key; none where that is no scalar.
    fn json_text(self) -> Result<Option<Ref<'py>>, Failure> {
        let py = self.py();
        let fixed = if self.is_none() {
            "null"
        } else if self.object == py._Py_TrueStruct() {
            "true"
        } else if self.object == py._Py_FalseStruct() {
            "false"
        } else if let Some(value) = self.member_value()? {
            let place = self.of_member()?;
            let value = place.of(&value);
            return match value.json_text()? {
                Some(text) => Ok(Some(text)),
                None => Ok(Some(value.text(&"a string key")?)),
            };
        } else if self.flags() & type_flags::LONG != 0 {
            return self.digits().map(Some);
        } else if self.is_a(py.PyFloat_Type()) {
            let number = self.float(&"a float")?;
            if number.is_nan() {
                "NaN"
            } else if number == f64::INFINITY {
                "Infinity"
            } else if number == f64::NEG_INFINITY {
                "-Infinity"
            } else {
                // SAFETY: attached; a new exact float, whose `repr` runs no other code.
                let exact = unsafe { Ref::owned(py, py.PyFloat_FromDouble(number))? };
                return Ok(Some(exact.to_repr()?));
            }
        } else {
            return Ok(None);
        };
        Ok(Some(Ref::text(py, fixed)?))
    }
}

/// Writes the methods that read a key as any other object.
macro_rules! as_any_object {
    ($($method:ident($($arg:ident: $ty:ty),*)),* $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, $($arg: $ty,)* visitor: V) -> Result<V::Value, Failure> {
            self.key.$method($($arg,)* visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for MapKey<'_, '_, '_> {
    type Error = Failure;

    as_any_object! {
        deserialize_any(), deserialize_bool(), deserialize_char(), deserialize_f32(), deserialize_f64(),
        deserialize_i8(), deserialize_i16(), deserialize_i32(), deserialize_i64(), deserialize_i128(),
        deserialize_u8(), deserialize_u16(), deserialize_u32(), deserialize_u64(), deserialize_u128(),
        deserialize_bytes(), deserialize_byte_buf(), deserialize_unit(), deserialize_seq(), deserialize_map(),
        deserialize_ignored_any(),
        deserialize_unit_struct(name: &'static str),
        deserialize_tuple(len: usize),
        deserialize_tuple_struct(name: &'static str, len: usize),
        deserialize_struct(name: &'static str, fields: &'static [&'static str]),
        deserialize_enum(name: &'static str, variants: &'static [&'static str]),
    }

    #[inline]
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        if self.key.class() == self.key.py().PyUnicode_Type() {
            return self.key.deserialize_str(visitor);
        }
        self.other_str(visitor)
    }

    #[inline]
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_str(visitor)
    }

    #[inline]
    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_str(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        if crate::convert::handle::is_token(name) {
            return self.key.deserialize_newtype_struct(name, visitor);
        }
        visitor.visit_newtype_struct(MapKey {
            key: self.key.at(&self.key.wrapped()?),
            text: self.text,
        })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        if self.key.is_none() {
            return visitor.visit_none();
        }
        visitor.visit_some(MapKey {
            key: self.key.at(&self.key.wrapped()?),
            text: self.text,
        })
    }
}
