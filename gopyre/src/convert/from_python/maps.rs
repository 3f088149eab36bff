//! Maps: dicts, mappings, and the names and values of objects.

use super::FromPython;
use crate::attach::Attached;
use crate::convert::failure::{Failure, Frame};
use crate::reference::Ref;
use gopyre_sys as sys;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use std::ptr;
use std::vec;
use sys::type_flags;

impl<'a, 'py> FromPython<'a, 'py> {
    /// Reads a map.
    #[inline]
    pub(super) fn map<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        if self.class() == self.py.PyDict_Type() {
            return self.dict(visitor);
        }
        self.other_map(visitor)
    }

    /// Reads an exact dict.
    pub(super) fn dict<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let copy = self.private_dict()?;
        let dict = match &copy {
            Some(copy) => self.with(copy),
            None => self,
        };
        let dict = FromPython {
            depth: dict.depth.inside()?,
            ..dict
        };
        let items = DictItems {
            cursor: Cursor::new(dict),
            dict,
            entry: None,
        };
        self.explain(visitor.visit_map(items), Frame::Map)
    }

    /// A copy of a dict where another thread may change it between two steps.
    #[inline]
    pub(super) fn private_dict(self) -> Result<Option<Ref<'py>>, Failure> {
        if !self.py.version.free_threaded {
            return Ok(None);
        }
        // SAFETY: attached, a dict; a new reference.
        Ok(Some(unsafe {
            Ref::owned(self.py, self.py.PyDict_Copy(self.object))?
        }))
    }

    #[inline(never)]
    fn other_map<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        const NO_MAPS: std::ffi::c_ulong =
            type_flags::LIST | type_flags::UNICODE | type_flags::LONG | type_flags::BYTES;
        let flags = self.flags();
        if self.is_none() {
            return Err(self.mismatch(&visitor));
        }
        if let Some(value) = self.member_value()? {
            return self.with(&value).in_wrapper()?.map(visitor);
        }
        let pairs = if flags & type_flags::DICT != 0 {
            self.items()?
        } else if flags & NO_MAPS != 0 {
            return Err(self.mismatch(&visitor));
        } else if flags & type_flags::TUPLE != 0 {
            match self.named_tuple()? {
                Some(pairs) => pairs,
                None => return Err(self.mismatch(&visitor)),
            }
        } else if let Some(names) = self.model_names()? {
            self.attributes(names)?
        } else if self.has("keys")? && self.has("__getitem__")? {
            self.items()?
        } else if let Some(names) = self.plain_names()? {
            self.attributes(names)?
        } else {
            return Err(self.mismatch(&visitor));
        };
        self.pairs(pairs, visitor)
    }

    /// Reads keys and values as a map.
    pub(super) fn pairs<'de, V: Visitor<'de>>(
        self,
        pairs: Pairs<'py>,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        let from = FromPython {
            depth: self.depth.inside()?,
            ..self
        };
        self.explain(
            visitor.visit_map(PairItems {
                from,
                pairs,
                entry: None,
            }),
            Frame::Map,
        )
    }

    /// The keys and values of a mapping.
    pub(super) fn items(self) -> Result<Pairs<'py>, Failure> {
        let py = self.py;
        if self.flags() & type_flags::DICT != 0 || self.has("items")? {
            // SAFETY: attached, an object with a method `items`; a new list.
            let list = unsafe { Ref::owned(py, py.PyMapping_Items(self.object))? };
            return Ok(Pairs::List(list, 0));
        }
        let mapping = self.to_ref();
        let keys = mapping.call_method("keys", [])?.iter()?;
        let mut pairs = Vec::new();
        while let Some(key) = keys.next()? {
            // SAFETY: attached, live objects; a new reference.
            let value = unsafe { Ref::owned(py, py.PyObject_GetItem(self.object, key.as_ptr()))? };
            pairs.push((key, value));
        }
        Ok(Pairs::Made(pairs.into_iter()))
    }
}

/// A place in a dict.
pub(super) struct Cursor {
    position: isize,
    size: isize,
}

impl Cursor {
    #[inline]
    pub(super) fn new(dict: FromPython<'_, '_>) -> Cursor {
        // SAFETY: attached, a dict.
        let size = unsafe { dict.py.PyDict_Size(dict.object) };
        Cursor { position: 0, size }
    }

    /// The next key and value, borrowed: good until other code runs.
    #[inline]
    pub(super) fn next(
        &mut self,
        dict: FromPython<'_, '_>,
    ) -> Result<Option<(*mut sys::PyObject, *mut sys::PyObject)>, Failure> {
        let (mut key, mut value) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: attached, a dict. Any position is safe to ask for, also after a change. With a GIL
        // nobody changes the dict before the caller has taken references; without one it is our copy.
        unsafe {
            if dict.py.PyDict_Size(dict.object) != self.size {
                return Err(Failure::value(
                    "a dict that stays as it is",
                    "dict changed size while it was read",
                ));
            }
            let more = dict
                .py
                .PyDict_Next(dict.object, &mut self.position, &mut key, &mut value);
            Ok((more != 0).then_some((key, value)))
        }
    }

    pub(super) fn size(&self) -> usize {
        self.size.unsigned_abs()
    }
}

/// The items of an exact dict.
struct DictItems<'a, 'py> {
    dict: FromPython<'a, 'py>,
    cursor: Cursor,
    entry: Option<(Ref<'py>, Ref<'py>)>,
}

impl<'de> MapAccess<'de> for DictItems<'_, '_> {
    type Error = Failure;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Failure> {
        let Some((key, value)) = self.cursor.next(self.dict)? else {
            return Ok(None);
        };
        // SAFETY: live objects: nothing has run since they were found.
        let (key, _) = self.entry.insert(unsafe {
            (
                Ref::borrowed(self.dict.py, key)?,
                Ref::borrowed(self.dict.py, value)?,
            )
        });
        read_key(self.dict.with(key), seed).map(Some)
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Failure> {
        read_value(self.dict, self.entry.take(), seed)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.cursor.size())
    }
}

/// Keys and values that are no exact dict's.
pub(super) enum Pairs<'py> {
    /// A list of pairs that a mapping has made, and the index of the next.
    List(Ref<'py>, isize),
    Made(vec::IntoIter<(Ref<'py>, Ref<'py>)>),
}

impl<'py> Pairs<'py> {
    pub(super) fn len(&self, py: Attached<'_>) -> usize {
        match self {
            // SAFETY: attached, a list.
            Pairs::List(list, index) => unsafe {
                (py.PyList_Size(list.as_ptr()) - index)
                    .max(0)
                    .unsigned_abs()
            },
            Pairs::Made(pairs) => pairs.len(),
        }
    }

    pub(super) fn next(
        &mut self,
        py: Attached<'py>,
    ) -> Result<Option<(Ref<'py>, Ref<'py>)>, Failure> {
        let (list, index) = match self {
            Pairs::Made(pairs) => return Ok(pairs.next()),
            Pairs::List(list, index) => (list, index),
        };
        // SAFETY: attached, a list; what is in it is checked to be a pair, which keeps its items alive.
        unsafe {
            if *index >= py.PyList_Size(list.as_ptr()) {
                return Ok(None);
            }
            let pair = Ref::owned(py, py.PyList_GetItemRef(list.as_ptr(), *index))?;
            *index += 1;
            if !pair.has_flag(type_flags::TUPLE) || py.PyTuple_Size(pair.as_ptr()) != 2 {
                return Err(
                    FromPython::new(&pair).mismatch(&"a pair of key and value from `items()`")
                );
            }
            let part = |index| Ref::borrowed(py, py.PyTuple_GetItem(pair.as_ptr(), index));
            Ok(Some((part(0)?, part(1)?)))
        }
    }
}

struct PairItems<'a, 'py> {
    from: FromPython<'a, 'py>,
    pairs: Pairs<'py>,
    entry: Option<(Ref<'py>, Ref<'py>)>,
}

impl<'de> MapAccess<'de> for PairItems<'_, '_> {
    type Error = Failure;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Failure> {
        let Some(entry) = self.pairs.next(self.from.py)? else {
            return Ok(None);
        };
        let (key, _) = self.entry.insert(entry);
        read_key(self.from.with(key), seed).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Failure> {
        read_value(self.from, self.entry.take(), seed)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.pairs.len(self.from.py))
    }
}

#[inline]
pub(super) fn read_key<'de, K: DeserializeSeed<'de>>(
    key: FromPython<'_, '_>,
    seed: K,
) -> Result<K::Value, Failure> {
    match seed.deserialize(MapKey(key)) {
        Ok(value) => Ok(value),
        Err(failure) if failure.is_about_the_key() => Err(failure),
        Err(failure) => Err(failure.at_key(key.py, key.object)),
    }
}

#[inline]
fn read_value<'de, V: DeserializeSeed<'de>>(
    from: FromPython<'_, '_>,
    entry: Option<(Ref<'_>, Ref<'_>)>,
    seed: V,
) -> Result<V::Value, Failure> {
    let Some((key, value)) = entry else {
        return Err(serde::de::Error::custom(
            "a map's value was asked for before its key",
        ));
    };
    let value = FromPython {
        depth: from.depth,
        ..FromPython::new(&value)
    };
    value
        .seed(seed)
        .map_err(|e| e.at_key(key.py(), key.as_ptr()))
}

/// A map's key. Where a string is asked for, other scalars are the text that `json.dumps` makes of them.
struct MapKey<'a, 'py>(FromPython<'a, 'py>);

impl<'a, 'py> MapKey<'a, 'py> {
    #[inline(never)]
    fn json_text(&self, value: FromPython<'_, 'py>) -> Result<Option<Ref<'py>>, Failure> {
        let py = self.0.py;
        let fixed = if value.is_none() {
            "null"
        } else if value.object == py._Py_TrueStruct() {
            "true"
        } else if value.object == py._Py_FalseStruct() {
            "false"
        } else if let Some(inner) = value.member_value()? {
            return match self.json_text(value.with(&inner).in_wrapper()?)? {
                Some(text) => Ok(Some(text)),
                None => Ok(Some(value.with(&inner).text(&"a string key")?)),
            };
        } else if value.flags() & type_flags::LONG != 0 {
            return value.digits().map(Some);
        } else if value.is_a(py.PyFloat_Type()) {
            let number = value.float(&"a float")?;
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
            self.0.$method($($arg,)* visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for MapKey<'_, '_> {
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
        if self.0.class() != self.0.py.PyUnicode_Type()
            && let Some(text) = self.json_text(self.0)?
        {
            return self.0.with(&text).deserialize_str(visitor);
        }
        self.0.deserialize_str(visitor)
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
            return self.0.deserialize_newtype_struct(name, visitor);
        }
        visitor.visit_newtype_struct(MapKey(self.0.in_wrapper()?))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        if self.0.is_none() {
            return visitor.visit_none();
        }
        visitor.visit_some(MapKey(self.0.in_wrapper()?))
    }
}
