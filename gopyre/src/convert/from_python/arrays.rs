//! The elements of an array, one by one and row by row, without Python objects in between.

use super::FromPython;
use super::memory::{Memory, Scalar};
use super::numbers::{fits, overflows};
use crate::convert::depth::Depth;
use crate::convert::describe;
use crate::convert::failure::Failure;
use crate::convert::handle;
use crate::interrupt;
use crate::reference::Ref;
use serde::de::{DeserializeSeed, Deserializer, Expected, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

/// An array, or what one index or several have made of it.
#[derive(Clone, Copy)]
pub(super) struct Part<'m, 'py> {
    whole: FromPython<'m, 'py>,
    memory: &'m Memory<'py>,
    /// The dimension that is next.
    dim: usize,
    at: *const u8,
    /// What this is a part of, and its index there.
    up: Option<(&'m Part<'m, 'py>, usize)>,
    depth: Depth,
}

impl<'m, 'py> Part<'m, 'py> {
    pub(super) fn whole(whole: FromPython<'m, 'py>, memory: &'m Memory<'py>) -> Self {
        Part {
            whole,
            memory,
            dim: 0,
            at: memory.start(),
            up: None,
            depth: whole.place.depth,
        }
    }

    /// Inside a newtype or a `Some`, of which a type that holds itself has no end.
    fn wrapped(self) -> Result<Self, Failure> {
        Ok(Part {
            depth: self.depth.wrapped()?,
            ..self
        })
    }

    pub(super) fn is_scalar(&self) -> bool {
        self.dim == self.memory.dims()
    }

    /// The number of elements or rows.
    pub(super) fn len(&self) -> usize {
        if self.is_scalar() {
            0
        } else {
            self.memory.len(self.dim)
        }
    }

    pub(super) fn elements(self) -> Result<Elements<'m, 'py>, Failure> {
        interrupt::tick()?;
        let part = Part {
            depth: self.depth.inside()?,
            ..self
        };
        let (len, stride) = (self.len(), self.memory.stride(self.dim));
        Ok(Elements {
            part,
            index: 0,
            len,
            stride,
        })
    }

    /// The element, where there is no dimension left.
    #[inline]
    fn scalar(&self) -> Option<Scalar> {
        // SAFETY: with an index below the length for each dimension, `at` is an element.
        self.is_scalar()
            .then(|| unsafe { self.memory.load(self.at) })
    }

    /// The same part as a Python object.
    fn object(&self) -> Result<Ref<'py>, Failure> {
        let Some((up, index)) = self.up else {
            return Ok(self.whole.to_ref());
        };
        let (py, up) = (self.whole.py(), up.object()?);
        // SAFETY: attached, live objects, new references.
        unsafe {
            let index = Ref::owned(py, py.PyLong_FromLongLong(index as i64))?;
            Ok(Ref::owned(
                py,
                py.PyObject_GetItem(up.as_ptr(), index.as_ptr()),
            )?)
        }
    }

    fn found(&self) -> String {
        match self.scalar() {
            Some(Scalar::Bool(value)) => describe::bool(value).to_owned(),
            Some(Scalar::Signed(value)) => format!("int {value}"),
            Some(Scalar::Unsigned(value)) => format!("int {value}"),
            Some(Scalar::Float(value)) => describe::float(value),
            None => format!("row of {}", self.len()),
        }
    }

    #[inline]
    fn integer<T: TryFrom<i64> + TryFrom<u64>>(
        &self,
        visitor: &dyn Expected,
    ) -> Result<T, Failure> {
        let value = match self.scalar() {
            Some(Scalar::Signed(value)) => T::try_from(value).ok(),
            Some(Scalar::Unsigned(value)) => T::try_from(value).ok(),
            Some(Scalar::Bool(value)) => T::try_from(i64::from(value)).ok(),
            _ => return Err(Failure::mismatch(visitor, self.found())),
        };
        value.ok_or_else(|| Failure::range(visitor, &self.found()))
    }

    #[inline]
    fn float(&self, expected: &dyn Expected) -> Result<f64, Failure> {
        match self.scalar() {
            Some(Scalar::Float(value)) => Ok(value),
            Some(Scalar::Signed(value)) => Ok(value as f64),
            Some(Scalar::Unsigned(value)) => Ok(value as f64),
            Some(Scalar::Bool(_)) | None => Err(Failure::mismatch(expected, self.found())),
        }
    }

    fn sequence<'de, V: Visitor<'de>>(
        self,
        exact: Option<usize>,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        if self.is_scalar() {
            return Err(Failure::mismatch(&visitor, self.found()));
        }
        if let Some(exact) = exact.filter(|&exact| exact != self.len()) {
            return Err(Failure::wrong_length(&visitor, exact, self.found()));
        }
        visitor.visit_seq(self.elements()?)
    }
}

/// Elements or rows in order.
pub(super) struct Elements<'m, 'py> {
    part: Part<'m, 'py>,
    index: usize,
    len: usize,
    stride: isize,
}

impl<'de> SeqAccess<'de> for Elements<'_, '_> {
    type Error = Failure;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Failure> {
        if self.index >= self.len {
            return Ok(None);
        }
        let index = self.index;
        self.index += 1;
        let part = Part {
            dim: self.part.dim + 1,
            at: self.part.at.wrapping_offset(index as isize * self.stride),
            up: Some((&self.part, index)),
            ..self.part
        };
        seed.deserialize(part)
            .map(Some)
            .map_err(|e| e.at_index(index))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.len - self.index)
    }
}

macro_rules! integers {
    ($($method:ident => $visit:ident),* $(,)?) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
            let value = self.integer(&visitor)?;
            visitor.$visit(value)
        }
    )*};
}

impl<'de> Deserializer<'de> for Part<'_, '_> {
    type Error = Failure;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.scalar() {
            Some(Scalar::Bool(value)) => visitor.visit_bool(value),
            Some(Scalar::Signed(value)) if value < 0 => visitor.visit_i64(value),
            Some(Scalar::Signed(value)) => visitor.visit_u64(value.unsigned_abs()),
            Some(Scalar::Unsigned(value)) => visitor.visit_u64(value),
            Some(Scalar::Float(value)) => {
                fits(value, &visitor, || self.found())?;
                visitor.visit_f64(value)
            }
            None => self.sequence(None, visitor),
        }
    }

    integers! {
        deserialize_i8 => visit_i8,
        deserialize_i16 => visit_i16,
        deserialize_i32 => visit_i32,
        deserialize_i64 => visit_i64,
        deserialize_i128 => visit_i128,
        deserialize_u8 => visit_u8,
        deserialize_u16 => visit_u16,
        deserialize_u32 => visit_u32,
        deserialize_u64 => visit_u64,
        deserialize_u128 => visit_u128,
    }

    #[inline]
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let value = self.float(&visitor)?;
        visitor.visit_f64(value)
    }

    #[inline]
    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let value = self.float(&visitor)?;
        if overflows(value) {
            return Err(Failure::range(&visitor, &self.found()));
        }
        visitor.visit_f64(value)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_some(self.wrapped()?)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        if handle::is_token(name) {
            return handle::coming(self.object()?, visitor);
        }
        visitor.visit_newtype_struct(self.wrapped()?)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.sequence(None, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.sequence(Some(len), visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.sequence(Some(len), visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        Err(Failure::mismatch(&visitor, self.found()))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool char str string bytes byte_buf unit unit_struct map struct identifier
    }
}
