//! A `Value`, read without serde in between.
//!
//! A seed `PhantomData<Value>` means that type and nothing else, wherever in a type it is. What is just a string or
//! a number is read before any other code runs, and so needs no reference; nor do vectors have to grow.

use super::FromPython;
use super::keys::{Keys, read_key};
use super::maps::{Cursor, dict_keys};
use super::sequences::ListItems;
use crate::convert::failure::{Failure, Frame};
use crate::convert::identity::identity;
use crate::reference::Ref;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Visitor};
use serde_json::{Map, Number, Value};
use std::any::TypeId;
use std::fmt;
use std::marker::PhantomData;
use std::mem::{self, ManuallyDrop};

impl<'a, 'py> FromPython<'a, 'py> {
    /// The `Value` that a seed stands for; none where it stands for anything else.
    #[inline(always)]
    pub(super) fn value<'de, S: DeserializeSeed<'de>>(self) -> Option<Result<S::Value, Failure>> {
        // Constants, so that other types cost nothing.
        if size_of::<S::Value>() != size_of::<Value>()
            || identity::<S>() != TypeId::of::<PhantomData<Value>>()
        {
            return None;
        }
        Some(self.json().map(|value| {
            let value = ManuallyDrop::new(value);
            // SAFETY: the seed's value is this very type, in which there are no lifetimes.
            unsafe { mem::transmute_copy::<Value, S::Value>(&value) }
        }))
    }

    fn json(self) -> Result<Value, Failure> {
        let (py, class) = (self.py(), self.class());
        if class == py.PyDict_Type() {
            self.json_object()
        } else if class == py.PyList_Type() {
            self.json_array()
        } else if let Some(value) = self.scalar() {
            Ok(value)
        } else {
            self.usual()
        }
    }

    /// Through serde, as any other type.
    #[inline(never)]
    fn usual(self) -> Result<Value, Failure> {
        self.explain(Value::deserialize(self), Frame::Buffered)
    }

    /// The value of an object that is exactly a str, a number that fits, a bool or None; runs no Python.
    #[inline]
    fn scalar(self) -> Option<Value> {
        let (py, class) = (self.py(), self.class());
        if class == py.PyUnicode_Type() {
            self.exact_text().map(|text| Value::String(text.to_owned()))
        } else if class == py.PyLong_Type() {
            self.small_int().map(Value::from)
        } else if class == py.PyFloat_Type() {
            let value = self.exact_float()?;
            Number::from_f64(value).map(Value::Number)
        } else if class == py.PyBool_Type() {
            Some(Value::Bool(self.object == py._Py_TrueStruct()))
        } else {
            self.is_none().then_some(Value::Null)
        }
    }

    /// Reads an exact list.
    fn json_array(self) -> Result<Value, Failure> {
        let mut items = ListItems::of(self)?;
        let mut values = Vec::with_capacity(items.left());
        while items.left() > 0 {
            let value = match items.borrowed().and_then(FromPython::scalar) {
                Some(value) => value,
                None => {
                    let Some(item) = items.item() else { break };
                    let outcome = items.place.of(&item).json();
                    outcome.map_err(|e| e.at_index(items.index.unsigned_abs()))?
                }
            };
            values.push(value);
            items.index += 1;
        }
        Ok(Value::Array(values))
    }

    /// Reads an exact dict.
    fn json_object(self) -> Result<Value, Failure> {
        let py = self.py();
        let copy = self.private_dict()?;
        let dict = match &copy {
            Some(copy) => self.with(copy),
            None => self,
        };
        let place = &dict.inside()?;
        let mut cursor = Cursor::new(dict);
        let mut keys = Keys::default();
        let mut map = Map::with_capacity(cursor.size());
        while let Some((key, value)) = cursor.next(dict)? {
            let [object, value] = [key, value].map(|object| FromPython { object, place });
            if let Some(name) = object.exact_text() {
                // What serde_json keeps a number or a text in is for itself to read.
                if map.is_empty() && name.starts_with("$serde_json::private::") {
                    return self.usual();
                }
                let name = name.to_owned();
                let value = match value.scalar() {
                    Some(value) => value,
                    None => {
                        let outcome = place.of(&value.to_ref()).json();
                        outcome.map_err(|e| e.at_name(&name))?
                    }
                };
                map.insert(name, value);
                continue;
            }
            // SAFETY: live objects: nothing has run since they were found.
            let (key, value) =
                unsafe { (Ref::borrowed(py, key)?, Ref::borrowed(py, value.object)?) };
            let (name, text) = read_key(place.of(&key), Name)?;
            if let Some(text) = text {
                keys.differ(py, &key, &text, || dict_keys(dict))?;
            }
            let outcome = place.of(&value).json();
            map.insert(name, outcome.map_err(|e| e.at_key(py, key.as_ptr()))?);
        }
        Ok(Value::Object(map))
    }
}

/// A key of an object.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string key")
    }

    fn visit_str<E>(self, name: &str) -> Result<String, E> {
        Ok(name.to_owned())
    }
}
