//! Maps: dicts, mappings, and the names and values of objects.

use super::keys::{Keys, read_key};
use super::{FromPython, Place};
use crate::convert::failure::{Failure, Frame};
use crate::reference::Ref;
use gopyre_sys as sys;
use serde::de::{DeserializeSeed, MapAccess, Visitor};
use std::ptr;
use sys::type_flags;

impl<'a, 'py> FromPython<'a, 'py> {
    /// Reads a map.
    #[inline]
    pub(super) fn map<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        if self.class() == self.py().PyDict_Type() {
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
        let items = DictItems {
            cursor: Cursor::new(dict),
            place: dict.inside()?,
            dict,
            entry: None,
            keys: Keys::default(),
        };
        self.explain(visitor.visit_map(items), Frame::Map)
    }

    /// A copy of a dict where another thread may change it between two steps.
    #[inline]
    pub(super) fn private_dict(self) -> Result<Option<Ref<'py>>, Failure> {
        if !self.py().version.free_threaded {
            return Ok(None);
        }
        // SAFETY: attached, a dict; a new reference.
        Ok(Some(unsafe {
            Ref::owned(self.py(), self.py().PyDict_Copy(self.object))?
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
            return self.with(&value).at(&self.of_member()?).map(visitor);
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
        let items = PairItems {
            place: self.inside()?,
            pairs,
            index: 0,
            keys: Keys::default(),
        };
        self.explain(visitor.visit_map(items), Frame::Map)
    }

    /// The keys and values of a mapping.
    pub(super) fn items(self) -> Result<Pairs<'py>, Failure> {
        let py = self.py();
        let mapping = self.to_ref();
        let mut pairs = Vec::new();
        if self.flags() & type_flags::DICT != 0 || self.has("items")? {
            let items = mapping.call_method("items", [])?.iter()?;
            while let Some(pair) = items.step()? {
                pairs.push(self.with(&pair).pair()?);
            }
            return Ok(pairs);
        }
        let keys = mapping.call_method("keys", [])?.iter()?;
        while let Some(key) = keys.step()? {
            // SAFETY: attached, live objects; a new reference.
            let value = unsafe { Ref::owned(py, py.PyObject_GetItem(self.object, key.as_ptr()))? };
            pairs.push((key, value));
        }
        Ok(pairs)
    }

    /// The key and the value that a mapping gives as a pair.
    fn pair(self) -> Result<(Ref<'py>, Ref<'py>), Failure> {
        let py = self.py();
        // SAFETY: attached; checked to be a tuple of two, which keeps its items alive.
        unsafe {
            if self.flags() & type_flags::TUPLE == 0 || py.PyTuple_Size(self.object) != 2 {
                return Err(self.mismatch(&"a pair of key and value from `items()`"));
            }
            let part = |index| Ref::borrowed(py, py.PyTuple_GetItem(self.object, index));
            Ok((part(0)?, part(1)?))
        }
    }
}

/// A place in a dict.
pub(super) struct Cursor {
    position: isize,
    size: isize,
    left: isize,
}

impl Cursor {
    #[inline]
    pub(super) fn new(dict: FromPython<'_, '_>) -> Cursor {
        // SAFETY: attached, a dict.
        let size = unsafe { dict.py().PyDict_Size(dict.object) };
        Cursor {
            position: 0,
            size,
            left: size,
        }
    }

    /// The next key and value, borrowed: good until other code runs.
    #[inline]
    pub(super) fn next(
        &mut self,
        dict: FromPython<'_, '_>,
    ) -> Result<Option<(*mut sys::PyObject, *mut sys::PyObject)>, Failure> {
        let py = dict.py();
        if self.left > 0 {
            let (mut key, mut value) = (ptr::null_mut(), ptr::null_mut());
            // SAFETY: attached, a dict. Any position is safe to ask for, also after a change. With a GIL
            // nobody changes the dict before the caller has taken references; without one it is our copy.
            let more =
                unsafe { py.PyDict_Next(dict.object, &mut self.position, &mut key, &mut value) };
            if more != 0 {
                self.left -= 1;
                return Ok(Some((key, value)));
            }
        // SAFETY: attached, a dict.
        } else if unsafe { py.PyDict_Size(dict.object) } == self.size {
            return Ok(None);
        }
        Err(Failure::value(
            "a dict that stays as it is",
            "dict changed size while it was read",
        ))
    }

    /// How many there were at the start.
    pub(super) fn size(&self) -> usize {
        self.size.unsigned_abs()
    }
}

/// The items of an exact dict.
struct DictItems<'a, 'py> {
    dict: FromPython<'a, 'py>,
    place: Place<'py>,
    cursor: Cursor,
    entry: Option<(Ref<'py>, Ref<'py>)>,
    keys: Keys<'py>,
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
                Ref::borrowed(self.dict.py(), key)?,
                Ref::borrowed(self.dict.py(), value)?,
            )
        });
        let (value, text) = read_key(self.place.of(key), seed)?;
        if let Some(text) = text {
            self.keys
                .differ(self.dict.py(), key, &text, || dict_keys(self.dict))?;
        }
        Ok(Some(value))
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Failure> {
        let entry = self.entry.take();
        read_value(&self.place, entry.as_ref(), seed)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.cursor.size())
    }
}

/// The keys of an exact dict.
pub(super) fn dict_keys<'py>(dict: FromPython<'_, 'py>) -> Result<Vec<Ref<'py>>, Failure> {
    let mut cursor = Cursor::new(dict);
    let mut keys = Vec::with_capacity(cursor.size());
    while let Some((key, _)) = cursor.next(dict)? {
        // SAFETY: a live object: nothing has run since it was found.
        keys.push(unsafe { Ref::borrowed(dict.py(), key)? });
    }
    Ok(keys)
}

/// Keys and values that are no exact dict's.
pub(super) type Pairs<'py> = Vec<(Ref<'py>, Ref<'py>)>;

struct PairItems<'py> {
    place: Place<'py>,
    pairs: Pairs<'py>,
    /// Of the pair whose key comes next.
    index: usize,
    keys: Keys<'py>,
}

impl<'de> MapAccess<'de> for PairItems<'_> {
    type Error = Failure;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Failure> {
        let Some((key, _)) = self.pairs.get(self.index) else {
            return Ok(None);
        };
        self.index += 1;
        let (value, text) = read_key(self.place.of(key), seed)?;
        // Mappings such as those of headers have a str several times; then the last one counts.
        if let Some(text) = text.filter(|_| !key.has_flag(type_flags::UNICODE)) {
            let all = || Ok(self.pairs.iter().map(|(key, _)| key.clone()).collect());
            self.keys.differ(self.place.py, key, &text, all)?;
        }
        Ok(Some(value))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Failure> {
        let entry = self.index.checked_sub(1);
        read_value(
            &self.place,
            entry.and_then(|index| self.pairs.get(index)),
            seed,
        )
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.pairs.len() - self.index)
    }
}

#[inline]
fn read_value<'de, 'py, V: DeserializeSeed<'de>>(
    place: &Place<'py>,
    entry: Option<&(Ref<'py>, Ref<'py>)>,
    seed: V,
) -> Result<V::Value, Failure> {
    let Some((key, value)) = entry else {
        return Err(serde::de::Error::custom(
            "a map's value was asked for before its key",
        ));
    };
    place
        .of(value)
        .seed(seed)
        .map_err(|e| e.at_key(key.py(), key.as_ptr()))
}
