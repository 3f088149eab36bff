//! Python objects to Rust values: serde's `Deserializer`.
//!
//! The hint of the Rust type comes first: `deserialize_i64` looks for an int and for nothing else. Each
//! method tries the common built-in type by its exact type pointer and leaves the rest to a slow path.

mod any;
pub(super) mod argument;
mod arrays;
mod enums;
mod keys;
mod kinds;
mod maps;
mod memory;
mod numbers;
mod plain;
mod records;
mod sequences;
mod structs;
mod text;
mod values;

use super::depth::Depth;
use super::describe;
use super::failure::{Failure, Frame};
use super::handle;
use crate::attach::Attached;
use crate::interrupt;
use crate::reference::Ref;
use gopyre_sys as sys;
use numbers::overflows;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Expected, Visitor};
use std::marker::PhantomData;

/// Reads a Rust value from an object.
#[inline]
pub(super) fn read<T: DeserializeOwned>(object: &Ref<'_>) -> Result<T, Failure> {
    let place = Place::root(object.py());
    place.of(object).seed(PhantomData)
}

/// What all parts of a container have in common.
#[derive(Clone, Copy)]
struct Place<'py> {
    py: Attached<'py>,
    depth: Depth,
}

impl<'py> Place<'py> {
    /// Where a conversion begins.
    #[inline]
    fn root(py: Attached<'py>) -> Place<'py> {
        // SAFETY: attached; nothing is borrowed yet.
        unsafe { py.look() };
        Place {
            py,
            depth: Depth::default(),
        }
    }

    /// Reads an object there.
    #[inline]
    fn of<'a>(&'a self, object: &'a Ref<'py>) -> FromPython<'a, 'py> {
        FromPython {
            object: object.as_ptr(),
            place: self,
        }
    }
}

/// Reads one object, which somebody else keeps alive for as long as `'a`. Two words, so that it is
/// passed in registers.
#[derive(Clone, Copy)]
struct FromPython<'a, 'py> {
    object: *mut sys::PyObject,
    place: &'a Place<'py>,
}

impl<'a, 'py> FromPython<'a, 'py> {
    #[inline]
    fn py(self) -> Attached<'py> {
        self.place.py
    }

    /// Reads another object at the same place.
    #[inline]
    fn with<'b>(self, object: &'b Ref<'py>) -> FromPython<'b, 'py>
    where
        'a: 'b,
    {
        self.place.of(object)
    }

    /// Reads the same object at another place.
    #[inline]
    fn at<'b>(self, place: &'b Place<'py>) -> FromPython<'b, 'py>
    where
        'a: 'b,
    {
        FromPython { place, ..self }
    }

    /// The place of what is in this container.
    #[inline]
    fn inside(self) -> Result<Place<'py>, Failure> {
        interrupt::tick()?;
        Ok(Place {
            depth: self.place.depth.inside()?,
            ..*self.place
        })
    }

    /// The place inside something that leaves no trace in Python.
    #[inline]
    fn wrapped(self) -> Result<Place<'py>, Failure> {
        Ok(Place {
            depth: self.place.depth.wrapped()?,
            ..*self.place
        })
    }

    /// The place of an enum member's value, which may be the member itself.
    fn of_member(self) -> Result<Place<'py>, Failure> {
        Ok(Place {
            depth: self.place.depth.of_member()?,
            ..*self.place
        })
    }

    /// A reference of its own.
    #[inline]
    fn to_ref(self) -> Ref<'py> {
        // SAFETY: a live object, kept so by whoever made `self`; not null.
        unsafe {
            self.py().Py_IncRef(self.object);
            Ref::owned_or_none(self.py(), self.object).unwrap_or_else(|| Ref::none(self.py()))
        }
    }

    /// The object's type, borrowed from it.
    #[inline]
    fn class(self) -> *mut sys::PyObject {
        // SAFETY: attached, and a live object.
        unsafe { self.py().Py_TYPE(self.object) }
    }

    #[inline]
    fn is_none(self) -> bool {
        self.object == self.py()._Py_NoneStruct()
    }

    /// Names this object in an error that came out of reading it.
    #[inline]
    fn explain<T>(self, outcome: Result<T, Failure>, frame: Frame) -> Result<T, Failure> {
        match outcome {
            Ok(value) => Ok(value),
            Err(failure) => Err(failure.explain(self.py(), self.object, frame)),
        }
    }

    #[inline]
    fn leaf<T>(self, outcome: Result<T, Failure>) -> Result<T, Failure> {
        self.explain(outcome, Frame::Leaf)
    }

    /// Reads the object with a seed, whose code may look at a buffer of its own after it was read.
    #[inline]
    fn seed<'de, S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Failure> {
        if let Some(value) = self.plain::<S>() {
            return Ok(value);
        }
        if let Some(outcome) = self.value::<S>() {
            return outcome;
        }
        self.explain(seed.deserialize(self), Frame::Buffered)
    }

    /// The object in words.
    #[cold]
    fn found(self) -> String {
        describe::object(self.py(), self.object)
    }

    /// The object is not what was expected.
    #[cold]
    fn mismatch(self, expected: &dyn Expected) -> Failure {
        Failure::mismatch(expected, self.found())
    }
}

macro_rules! integers {
    ($($method:ident => $visit:ident: $ty:ty),* $(,)?) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
            if let Some(value) = self.small_int().and_then(|value| <$ty>::try_from(value).ok()) {
                return self.leaf(visitor.$visit(value));
            }
            let value = self.integer(&visitor)?.narrow::<$ty>().ok_or_else(|| Failure::range(&visitor, &self.found()))?;
            self.leaf(visitor.$visit(value))
        }
    )*};
}

impl<'de> Deserializer<'de> for FromPython<'_, '_> {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.any(visitor)
    }

    integers! {
        deserialize_i8 => visit_i8: i8,
        deserialize_i16 => visit_i16: i16,
        deserialize_i32 => visit_i32: i32,
        deserialize_i64 => visit_i64: i64,
        deserialize_i128 => visit_i128: i128,
        deserialize_u8 => visit_u8: u8,
        deserialize_u16 => visit_u16: u16,
        deserialize_u32 => visit_u32: u32,
        deserialize_u64 => visit_u64: u64,
        deserialize_u128 => visit_u128: u128,
    }

    #[inline]
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let value = if self.object == self.py()._Py_TrueStruct() {
            true
        } else if self.object == self.py()._Py_FalseStruct() {
            false
        } else {
            self.boolean(&visitor)?
        };
        self.leaf(visitor.visit_bool(value))
    }

    #[inline]
    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let value = self.float(&visitor)?;
        if overflows(value) {
            return Err(Failure::range(&visitor, &self.found()));
        }
        self.leaf(visitor.visit_f64(value))
    }

    #[inline]
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let value = self.float(&visitor)?;
        self.leaf(visitor.visit_f64(value))
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_str(visitor)
    }

    #[inline]
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        if let Some(text) = self.exact_text() {
            return self.leaf(visitor.visit_str(text));
        }
        let text = self.text(&visitor)?;
        let outcome = visitor.visit_str(self.with(&text).utf8(&"a string")?);
        self.leaf(outcome)
    }

    #[inline]
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.bytes(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.bytes(visitor)
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        if self.is_none() {
            return self.leaf(visitor.visit_none());
        }
        let outcome = visitor.visit_some(self.at(&self.wrapped()?));
        self.explain(outcome, Frame::Buffered)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        if self.is_none() {
            return self.leaf(visitor.visit_unit());
        }
        match self.member_value()? {
            Some(value) => {
                let place = self.of_member()?;
                self.with(&value).at(&place).deserialize_unit(visitor)
            }
            None => Err(self.mismatch(&visitor)),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.deserialize_unit(visitor)
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        if handle::is_token(name) {
            return handle::coming(self.to_ref(), visitor);
        }
        let outcome = visitor.visit_newtype_struct(self.at(&self.wrapped()?));
        self.explain(outcome, Frame::Buffered)
    }

    #[inline]
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.sequence(None, visitor)
    }

    #[inline]
    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.sequence(Some(len), visitor)
    }

    #[inline]
    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.sequence(Some(len), visitor)
    }

    #[inline]
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.map(visitor)
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.structure(name, fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.enumeration(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.small_int() {
            Some(index) if index >= 0 => self.leaf(visitor.visit_u64(index.unsigned_abs())),
            _ => self.deserialize_str(visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_unit()
    }
}
