//! Structs: dicts with known keys, and objects with known attributes.

use super::keys::read_key;
use super::kinds::Known;
use super::maps::Cursor;
use super::{FromPython, Place};
use crate::convert::failure::{Failure, Frame};
use crate::reference::Ref;
use gopyre_sys as sys;
use serde::de::value::{BorrowedStrDeserializer, MapDeserializer};
use serde::de::{DeserializeSeed, Expected, MapAccess, Visitor};
use std::rc::Rc;
use std::time::Duration;
use sys::type_flags;

/// What is read as a `std::time::Duration`.
const DURATION: &str = "timedelta or number of seconds";

type Fields = &'static [&'static str];

impl<'a, 'py> FromPython<'a, 'py> {
    /// Reads a struct with named fields.
    #[inline]
    pub(super) fn structure<'de, V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: Fields,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        if self.class() != self.py().PyDict_Type() {
            return self.other_struct(name, fields, visitor);
        }
        let copy = self.private_dict()?;
        let dict = match &copy {
            Some(copy) => self.with(copy),
            None => self,
        };
        let Some(names) = self.py().names().fields(self.py(), fields) else {
            return Err(Failure::raised(self.py()));
        };
        let items = FieldItems {
            dict,
            place: dict.inside()?,
            cursor: Cursor::new(dict),
            fields,
            names,
            expected: 0,
            key: Key::None,
            value: None,
        };
        self.explain(visitor.visit_map(items), Frame::Map)
    }

    #[inline(never)]
    fn other_struct<'de, V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: Fields,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        const NO_STRUCTS: std::ffi::c_ulong =
            type_flags::LIST | type_flags::UNICODE | type_flags::LONG | type_flags::BYTES;
        let py = self.py();
        let flags = self.flags();
        let is_duration = name == "Duration" && fields == ["secs", "nanos"];
        let expected: &dyn Expected = match is_duration {
            true => &DURATION,
            false => &visitor,
        };
        if self.is_none() {
            return Err(self.mismatch(expected));
        }
        if let Some(value) = self.member_value()? {
            let place = self.of_member()?;
            return self
                .with(&value)
                .at(&place)
                .structure(name, fields, visitor);
        }
        if flags & type_flags::DICT != 0 {
            return self.pairs(self.items()?, visitor);
        }
        if is_duration && let Some(seconds) = self.number_of_seconds()? {
            return self.duration(seconds, visitor);
        }
        let builtin = [
            py.PyFloat_Type(),
            py.PyComplex_Type(),
            py.PySet_Type(),
            py.PyFrozenSet_Type(),
        ];
        if flags & NO_STRUCTS != 0
            || self.is_code()
            || builtin.into_iter().any(|class| self.is_a(class))
        {
            return Err(self.mismatch(expected));
        }
        if flags & type_flags::TUPLE != 0 {
            if let Some(pairs) = self.named_tuple()? {
                return self.pairs(pairs, visitor);
            }
            if !self.has("n_sequence_fields")? {
                return Err(self.mismatch(expected));
            }
        }
        match self.known()? {
            Some(Known::Timedelta) if is_duration => return self.timedelta(visitor),
            Some(Known::Callable) => return Err(self.mismatch(&visitor)),
            _ => {}
        }
        let model = self.model_names()?;
        if model.is_none() && self.has("keys")? && self.has("__getitem__")? {
            return self.pairs(self.items()?, visitor);
        }
        let names = match model {
            Some(names) => Some(names),
            None => self.plain_names()?,
        };
        let mut pairs = Vec::with_capacity(fields.len());
        for field in fields {
            if let Some(value) = self.attribute(field)? {
                pairs.push((Ref::name(py, field)?, value));
            }
        }
        let Some(names) = names else {
            // An object of a class written in C: what it has shows when it is asked.
            if pairs.is_empty() {
                return Err(self.mismatch(expected));
            }
            return self.pairs(pairs, visitor);
        };
        // The fields that nobody asked for, so that a type that allows no others sees them.
        for name in names {
            let text = name.as_str()?;
            if !fields.contains(&text)
                && let Some(value) = self.attribute_of(&name)?
            {
                pairs.push((name, value));
            }
        }
        self.pairs(pairs, visitor)
    }

    /// What a plain number is as a duration; none for anything else.
    fn number_of_seconds(self) -> Result<Option<Duration>, Failure> {
        let seconds = if self.class() == self.py().PyBool_Type() {
            return Ok(None);
        } else if self.flags() & type_flags::LONG != 0 {
            self.wide()?.narrow::<u64>().map(Duration::from_secs)
        } else if self.is_a(self.py().PyFloat_Type()) {
            Duration::try_from_secs_f64(self.float(&DURATION)?).ok()
        } else {
            return Ok(None);
        };
        match seconds {
            Some(seconds) => Ok(Some(seconds)),
            None => Err(Failure::range(&DURATION, &self.found())),
        }
    }

    /// Reads a timedelta as the struct that `std::time::Duration` is.
    fn timedelta<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let part = |name| -> Result<i64, Failure> {
            let value = self.attribute(name)?;
            value
                .and_then(|value| self.with(&value).small_int())
                .ok_or_else(|| self.mismatch(&"a timedelta"))
        };
        let (days, seconds, micros) = (part("days")?, part("seconds")?, part("microseconds")?);
        // Python keeps seconds and microseconds positive: the sign is the days'.
        let (Ok(days), Ok(seconds), Ok(micros)) = (
            u64::try_from(days),
            u64::try_from(seconds),
            u64::try_from(micros),
        ) else {
            return Err(Failure::range(&DURATION, "a negative timedelta"));
        };
        let seconds = days.saturating_mul(86_400).saturating_add(seconds);
        let duration = Duration::from_secs(seconds) + Duration::from_micros(micros);
        self.duration(duration, visitor)
    }

    /// Gives a visitor the struct that `std::time::Duration` is.
    fn duration<'de, V: Visitor<'de>>(
        self,
        duration: Duration,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        let parts = [
            ("secs", duration.as_secs()),
            ("nanos", duration.subsec_nanos().into()),
        ];
        self.leaf(visitor.visit_map(MapDeserializer::new(parts.into_iter())))
    }
}

/// The items of an exact dict whose keys are mostly the names of fields.
struct FieldItems<'a, 'py> {
    dict: FromPython<'a, 'py>,
    place: Place<'py>,
    cursor: Cursor,
    fields: Fields,
    /// The interned names of `fields`.
    names: Rc<[*mut sys::PyObject]>,
    /// Where the next key is looked for first: dicts are mostly in the order of the fields.
    expected: usize,
    key: Key<'py>,
    value: Option<Ref<'py>>,
}

/// The key of the value that comes next.
enum Key<'py> {
    None,
    Field(&'static str),
    Other(Ref<'py>),
}

impl FieldItems<'_, '_> {
    /// The field whose interned name a key is.
    #[inline]
    fn find(&mut self, key: *mut sys::PyObject) -> Option<&'static str> {
        let index = match self.names.get(self.expected) {
            Some(&name) if name == key => self.expected,
            _ => self.names.iter().position(|&name| name == key)?,
        };
        self.expected = index + 1;
        self.fields.get(index).copied()
    }
}

impl<'de> MapAccess<'de> for FieldItems<'_, '_> {
    type Error = Failure;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Failure> {
        let py = self.dict.py();
        let Some((key, value)) = self.cursor.next(self.dict)? else {
            return Ok(None);
        };
        // SAFETY: a live object: nothing has run since it was found.
        self.value = Some(unsafe { Ref::borrowed(py, value)? });
        if let Some(field) = self.find(key) {
            self.key = Key::Field(field);
            return seed
                .deserialize(BorrowedStrDeserializer::new(field))
                .map(Some);
        }
        // SAFETY: as above.
        let key = unsafe { Ref::borrowed(py, key)? };
        let (field, _) = read_key(self.place.of(&key), seed)?;
        self.key = Key::Other(key);
        Ok(Some(field))
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Failure> {
        let Some(value) = self.value.take() else {
            return Err(serde::de::Error::custom(
                "a map's value was asked for before its key",
            ));
        };
        self.place
            .of(&value)
            .seed(seed)
            .map_err(|e| match &self.key {
                Key::None => e,
                Key::Field(name) => e.at_name(name),
                Key::Other(key) => e.at_key(key.py(), key.as_ptr()),
            })
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.cursor.size())
    }
}
