//! Sequences: lists, tuples, whatever can be iterated.

use super::arrays::Part;
use super::memory::Memory;
use super::{FromPython, Place};
use crate::convert::failure::{Failure, Frame};
use crate::error::Error;
use crate::reference::Ref;
use gopyre_sys::type_flags;
use serde::de::value::SeqDeserializer;
use serde::de::{DeserializeSeed, Expected, IntoDeserializer, SeqAccess, Visitor};
use std::any::type_name;
use std::marker::PhantomData;

impl<'a, 'py> FromPython<'a, 'py> {
    /// Reads a sequence; `exact` is a tuple's length. Fewer elements are the visitor's business, which
    /// may have defaults.
    #[inline]
    pub(super) fn sequence<'de, V: Visitor<'de>>(
        self,
        exact: Option<usize>,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        let class = self.class();
        if class == self.py().PyList_Type() {
            self.list(exact, visitor)
        } else if class == self.py().PyTuple_Type() {
            self.tuple(exact, visitor)
        } else {
            self.other_sequence(exact, visitor)
        }
    }

    #[inline]
    pub(super) fn list<'de, V: Visitor<'de>>(
        self,
        exact: Option<usize>,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        let items = ListItems::of(self)?;
        self.fits(exact, items.left(), &visitor)?;
        self.explain(visitor.visit_seq(items), Frame::Seq)
    }

    #[inline]
    pub(super) fn tuple<'de, V: Visitor<'de>>(
        self,
        exact: Option<usize>,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        // SAFETY: attached, a tuple.
        let len = unsafe { self.py().PyTuple_Size(self.object) };
        self.fits(exact, len.unsigned_abs(), &visitor)?;
        self.explain(
            visitor.visit_seq(TupleItems {
                place: self.inside()?,
                tuple: self,
                index: 0,
                len,
            }),
            Frame::Seq,
        )
    }

    #[inline]
    fn fits(
        self,
        exact: Option<usize>,
        len: usize,
        expected: &dyn Expected,
    ) -> Result<(), Failure> {
        match exact {
            Some(exact) if len > exact => Err(Failure::wrong_length(expected, exact, self.found())),
            _ => Ok(()),
        }
    }

    #[inline(never)]
    fn other_sequence<'de, V: Visitor<'de>>(
        self,
        exact: Option<usize>,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        let py = self.py();
        if self.is_none() {
            return Err(self.mismatch(&visitor));
        }
        if let Some(value) = self.member_value()? {
            return self
                .with(&value)
                .at(&self.of_member()?)
                .sequence(exact, visitor);
        }
        let flags = self.flags();
        if flags & type_flags::LIST != 0 {
            return self.list(exact, visitor);
        }
        if flags & type_flags::TUPLE != 0 {
            return self.tuple(exact, visitor);
        }
        if flags & type_flags::BYTES != 0 {
            let bytes = self.bytes_of()?;
            self.fits(exact, bytes.len(), &visitor)?;
            return self.explain(visitor.visit_seq(Bytes { bytes, index: 0 }), Frame::Seq);
        }
        if flags & (type_flags::DICT | type_flags::UNICODE | type_flags::LONG) != 0 {
            return Err(self.mismatch(&visitor));
        }
        if self.is_a(py.PySet_Type())
            || self.is_a(py.PyFrozenSet_Type())
            || self.class() == py.PyRange_Type()
        {
            return self.iterated(exact, visitor);
        }
        if self.is_a(py.PyComplex_Type()) {
            let parts = SeqDeserializer::new(self.complex()?.into_iter());
            return self.explain(visitor.visit_seq(parts), Frame::Seq);
        }
        if let Some(memory) = Memory::of(self)? {
            return self.array(&memory, exact, visitor);
        }
        if self.is_keyed()? || !self.is_iterable()? {
            return Err(self.mismatch(&visitor));
        }
        self.iterated(exact, visitor)
    }

    /// Reads an array out of its memory.
    pub(super) fn array<'de, V: Visitor<'de>>(
        self,
        memory: &Memory<'py>,
        exact: Option<usize>,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        let whole = Part::whole(self, memory);
        if whole.is_scalar() {
            return Err(self.mismatch(&visitor));
        }
        self.fits(exact, whole.len(), &visitor)?;
        self.explain(visitor.visit_seq(whole.elements()?), Frame::Seq)
    }

    /// Reads whatever can be iterated.
    pub(super) fn iterated<'de, V: Visitor<'de>>(
        self,
        exact: Option<usize>,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        let iterator = match self.to_ref().iter() {
            Ok(iterator) => iterator,
            // `__getitem__` alone may be for anything; only trying tells.
            Err(Error::Python(e)) if e.is("TypeError") && !self.has("__iter__")? => {
                return Err(self.mismatch(&visitor));
            }
            Err(error) => return Err(error.into()),
        };
        let mut items = IteratorItems {
            place: self.inside()?,
            iterator,
            index: 0,
        };
        let Some(exact) = exact else {
            return self.explain(visitor.visit_seq(&mut items), Frame::Seq);
        };
        let expected = format!("{}", &visitor as &dyn Expected);
        let value = self.explain(visitor.visit_seq(&mut items), Frame::Seq)?;
        // The visitor took what it wants; whether that was all is known by asking once more.
        if items.index == exact && items.iterator.step()?.is_some() {
            let found = self.found();
            return Err(Failure::wrong_length(&expected.as_str(), exact, found));
        }
        Ok(value)
    }
}

/// The items of a list, which other code may change meanwhile.
pub(super) struct ListItems<'a, 'py> {
    list: FromPython<'a, 'py>,
    pub(super) place: Place<'py>,
    pub(super) index: isize,
    /// The length at the start: a list that grows under our hands still ends.
    len: isize,
}

impl<'de> SeqAccess<'de> for ListItems<'_, '_> {
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
        if let Some(number) = self.number::<T>() {
            self.index += 1;
            let outcome = match number {
                Number::Float(value) => seed.deserialize(value.into_deserializer()),
                Number::Int(value) => seed.deserialize(value.into_deserializer()),
            };
            return outcome
                .map(Some)
                .map_err(|e: Failure| e.at_index(index.unsigned_abs()));
        }
        let Some(item) = self.item() else {
            return Ok(None);
        };
        self.index += 1;
        let outcome = self.place.of(&item).seed(seed);
        outcome
            .map(Some)
            .map_err(|e| e.at_index(index.unsigned_abs()))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left())
    }
}

enum Number {
    Float(f64),
    Int(i64),
}

impl<'a, 'py> ListItems<'a, 'py> {
    #[inline]
    pub(super) fn of(list: FromPython<'a, 'py>) -> Result<Self, Failure> {
        // SAFETY: attached, a list.
        let len = unsafe { list.py().PyList_Size(list.object) };
        Ok(ListItems {
            place: list.inside()?,
            list,
            index: 0,
            len,
        })
    }

    /// How many there are still.
    #[inline]
    pub(super) fn left(&self) -> usize {
        (self.len - self.index).unsigned_abs()
    }

    /// The next item, with a reference so that it lives on if the list lets go of it; none where the list is
    /// shorter than it was.
    #[inline]
    pub(super) fn item(&self) -> Option<Ref<'py>> {
        let py = self.list.py();
        // SAFETY: attached, a list; its items are live, and nothing runs before the reference is taken.
        unsafe {
            if let Some(items) = py.list_items(self.list.object) {
                let item = *items.get(self.index.unsigned_abs())?;
                py.Py_IncRef(item);
                return Ref::owned_or_none(py, item);
            }
            let item = Ref::owned_or_none(py, py.PyList_GetItemRef(self.list.object, self.index));
            if item.is_none() {
                py.PyErr_Clear();
            }
            item
        }
    }

    /// The next item, borrowed: good until other code runs. None where another thread may take it away.
    #[inline]
    pub(super) fn borrowed(&self) -> Option<FromPython<'_, 'py>> {
        let py = self.list.py();
        // SAFETY: attached, a list; with a GIL its items live until other code runs.
        let object = *unsafe { py.list_items(self.list.object) }?.get(self.index.unsigned_abs())?;
        (!object.is_null()).then_some(FromPython {
            object,
            place: &self.place,
        })
    }

    /// The next item, if it is just the number that the seed reads: nothing runs before its value is
    /// known, so it needs no reference.
    #[inline]
    fn number<T>(&self) -> Option<Number> {
        let is_float = type_name::<T>() == type_name::<PhantomData<f64>>();
        let is_int = type_name::<T>() == type_name::<PhantomData<i64>>();
        if !(is_float || is_int) {
            return None;
        }
        let item = self.borrowed()?;
        if is_float {
            item.exact_float().map(Number::Float)
        } else {
            item.small_int().map(Number::Int)
        }
    }
}

/// The items of a tuple, which nobody changes.
struct TupleItems<'a, 'py> {
    tuple: FromPython<'a, 'py>,
    place: Place<'py>,
    index: isize,
    len: isize,
}

impl<'de> SeqAccess<'de> for TupleItems<'_, '_> {
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
        // SAFETY: attached, a tuple, an index below its length; the tuple keeps its items as long as it
        // lives itself.
        let object = unsafe { self.tuple.py().PyTuple_GetItem(self.tuple.object, index) };
        if object.is_null() {
            // Somebody is still filling it: `gc.get_objects` finds tuples that CPython has not finished.
            let failure = Failure::value("a tuple with all its items", "one that is being filled");
            return Err(failure.at_index(index.unsigned_abs()));
        }
        let item = FromPython {
            object,
            place: &self.place,
        };
        item.seed(seed)
            .map(Some)
            .map_err(|e| e.at_index(index.unsigned_abs()))
    }

    fn size_hint(&self) -> Option<usize> {
        Some((self.len - self.index).unsigned_abs())
    }
}

/// What an iterator gives, one by one.
struct IteratorItems<'py> {
    place: Place<'py>,
    iterator: Ref<'py>,
    index: usize,
}

impl<'de> SeqAccess<'de> for &mut IteratorItems<'_> {
    type Error = Failure;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Failure> {
        let Some(item) = self.iterator.step()? else {
            return Ok(None);
        };
        let index = self.index;
        self.index += 1;
        self.place
            .of(&item)
            .seed(seed)
            .map(Some)
            .map_err(|e| e.at_index(index))
    }
}

/// Bytes as small ints.
struct Bytes<'a> {
    bytes: &'a [u8],
    index: usize,
}

impl<'de> SeqAccess<'de> for Bytes<'_> {
    type Error = Failure;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Failure> {
        let Some(byte) = self.bytes.get(self.index) else {
            return Ok(None);
        };
        let index = self.index;
        self.index += 1;
        let byte = IntoDeserializer::<Failure>::into_deserializer(*byte);
        seed.deserialize(byte)
            .map(Some)
            .map_err(|e| e.at_index(index))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.bytes.len() - self.index)
    }
}
