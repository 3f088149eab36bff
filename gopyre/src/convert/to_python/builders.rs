//! Lists, tuples and dicts on their way.
//!
//! Lengths that a type announces are hints: fewer or more elements are fine, and no announcement
//! reserves more than it could use up anyway.
//!
//! A list or tuple with places that nothing is in yet is kept from the garbage collector, and so from
//! `gc.get_objects`: what serializes an element may run Python code, which must not come upon it.

use super::{ToPython, number};
use crate::convert::describe;
use crate::convert::failure::Failure;
use crate::reference::Ref;
use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};
use std::ptr;

/// The most elements that are reserved because somebody announces them.
const RESERVED: usize = 1 << 24;

/// A list; its first `reserved` places are filled in order, the rest is appended.
pub(in crate::convert) struct ListBuilder<'py> {
    to: ToPython<'py>,
    list: Ref<'py>,
    reserved: usize,
    count: usize,
}

impl<'py> ListBuilder<'py> {
    #[inline]
    pub(super) fn new(to: ToPython<'py>, announced: usize) -> Result<Self, Failure> {
        let reserved = announced.min(RESERVED);
        // SAFETY: attached; a new reference, to a list that the garbage collector tracks.
        let list = unsafe { to.owned(to.py.PyList_New(reserved as isize))? };
        if reserved > 0 {
            // SAFETY: as above.
            unsafe { to.py.PyObject_GC_UnTrack(list.as_ptr().cast()) };
        }
        Ok(ListBuilder {
            to,
            list,
            reserved,
            count: 0,
        })
    }

    #[inline(always)]
    fn push(&mut self, item: Ref<'py>) -> Result<(), Failure> {
        let py = self.to.py;
        // SAFETY: attached, our own list. `PyList_SetItem` takes the reference over, failing or not.
        let outcome = unsafe {
            if self.count < self.reserved {
                py.PyList_SetItem(
                    self.list.as_ptr(),
                    self.count as isize,
                    item.into_ptr().as_ptr(),
                )
            } else {
                py.PyList_Append(self.list.as_ptr(), item.as_ptr())
            }
        };
        if outcome < 0 {
            return Err(Failure::raised(py));
        }
        self.count += 1;
        Ok(())
    }

    #[inline]
    fn finish(self) -> Result<Ref<'py>, Failure> {
        if self.count < self.reserved {
            let (py, list) = (self.to.py, self.list.as_ptr());
            // SAFETY: attached, our own list: the places that were never filled are cut off.
            let outcome = unsafe {
                py.PyList_SetSlice(
                    list,
                    self.count as isize,
                    self.reserved as isize,
                    ptr::null_mut(),
                )
            };
            if outcome < 0 {
                return Err(Failure::raised(py));
            }
        }
        if self.reserved > 0 {
            // SAFETY: attached, our own list, which is not tracked and whose places are filled.
            unsafe { self.to.py.PyObject_GC_Track(self.list.as_ptr().cast()) };
        }
        Ok(self.list)
    }
}

impl<'py> SerializeSeq for ListBuilder<'py> {
    type Ok = Ref<'py>;
    type Error = Failure;

    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        let item = value
            .serialize(self.to)
            .map_err(|e| e.at_index(self.count))?;
        self.push(item)
    }

    #[inline]
    fn end(self) -> Result<Ref<'py>, Failure> {
        self.finish()
    }
}

/// A tuple of the announced length, or a list that becomes one, where more elements come.
pub(in crate::convert) enum TupleBuilder<'py> {
    Tuple {
        to: ToPython<'py>,
        tuple: Ref<'py>,
        reserved: usize,
        count: usize,
    },
    List(ListBuilder<'py>),
}

impl<'py> TupleBuilder<'py> {
    #[inline]
    pub(super) fn new(to: ToPython<'py>, announced: usize) -> Result<Self, Failure> {
        if announced > RESERVED {
            return Ok(TupleBuilder::List(ListBuilder::new(to, 0)?));
        }
        // SAFETY: attached; a new reference, to a tuple that the garbage collector tracks, unless it is
        // the empty one.
        let tuple = unsafe { to.owned(to.py.PyTuple_New(announced as isize))? };
        if announced > 0 {
            // SAFETY: as above.
            unsafe { to.py.PyObject_GC_UnTrack(tuple.as_ptr().cast()) };
        }
        Ok(TupleBuilder::Tuple {
            to,
            tuple,
            reserved: announced,
            count: 0,
        })
    }

    #[inline]
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        if let TupleBuilder::Tuple {
            to,
            tuple,
            reserved,
            count,
        } = self
            && *count < *reserved
        {
            let item = value.serialize(*to).map_err(|e| e.at_index(*count))?;
            // SAFETY: attached, our own tuple that nobody else has seen; takes the reference over.
            let outcome = unsafe {
                to.py
                    .PyTuple_SetItem(tuple.as_ptr(), *count as isize, item.into_ptr().as_ptr())
            };
            if outcome < 0 {
                return Err(Failure::raised(to.py));
            }
            *count += 1;
            return Ok(());
        }
        self.list()?.serialize_element(value)
    }

    /// The list, made now if there is none: more elements come than were announced.
    #[cold]
    fn list(&mut self) -> Result<&mut ListBuilder<'py>, Failure> {
        if let TupleBuilder::Tuple {
            to, tuple, count, ..
        } = self
        {
            let mut list = ListBuilder::new(*to, 0)?;
            for index in 0..*count {
                // SAFETY: attached; the first `count` places are filled.
                let item = unsafe {
                    let item = to.py.PyTuple_GetItem(tuple.as_ptr(), index as isize);
                    to.py.Py_IncRef(item);
                    to.owned(item)?
                };
                list.push(item)?;
            }
            *self = TupleBuilder::List(list);
        }
        match self {
            TupleBuilder::List(list) => Ok(list),
            TupleBuilder::Tuple { to, .. } => Err(Failure::raised(to.py)),
        }
    }

    #[inline]
    fn finish(self) -> Result<Ref<'py>, Failure> {
        match self {
            TupleBuilder::Tuple {
                to,
                tuple,
                reserved,
                count,
            } if count == reserved => {
                if reserved > 0 {
                    // SAFETY: attached, our own tuple, which is not tracked and whose places are filled.
                    unsafe { to.py.PyObject_GC_Track(tuple.as_ptr().cast()) };
                }
                Ok(tuple)
            }
            TupleBuilder::Tuple {
                to, tuple, count, ..
            } => {
                // SAFETY: attached; the first `count` places are filled, and they alone are copied.
                unsafe { to.owned(to.py.PyTuple_GetSlice(tuple.as_ptr(), 0, count as isize)) }
            }
            TupleBuilder::List(list) => {
                let (to, list) = (list.to, list.finish()?);
                // SAFETY: attached, a list.
                unsafe { to.owned(to.py.PyList_AsTuple(list.as_ptr())) }
            }
        }
    }
}

/// A dict of a map.
pub(in crate::convert) struct DictBuilder<'py> {
    to: ToPython<'py>,
    dict: Ref<'py>,
    key: Option<Ref<'py>>,
}

impl<'py> DictBuilder<'py> {
    #[inline]
    pub(super) fn new(to: ToPython<'py>) -> Result<Self, Failure> {
        // SAFETY: attached; a new reference.
        let dict = unsafe { to.owned(to.py.PyDict_New())? };
        Ok(DictBuilder {
            to,
            dict,
            key: None,
        })
    }

    #[inline]
    fn insert<T: Serialize + ?Sized>(&mut self, key: &Ref<'py>, value: &T) -> Result<(), Failure> {
        let py = self.to.py;
        let value = value
            .serialize(self.to)
            .map_err(|e| e.at_key(py, key.as_ptr()))?;
        // SAFETY: attached, our own dict, live objects.
        match unsafe { py.PyDict_SetItem(self.dict.as_ptr(), key.as_ptr(), value.as_ptr()) } {
            0 => Ok(()),
            _ => Err(self.refused(key)),
        }
    }

    /// Why a key was refused.
    #[cold]
    fn refused(&self, key: &Ref<'py>) -> Failure {
        let py = self.to.py;
        let class = key.type_ptr();
        let raised = Failure::raised(py);
        if class == py.PyList_Type() || class == py.PyDict_Type() || class == py.PyTuple_Type() {
            return Failure::mismatch(
                &"a key that Python can hash",
                describe::object(py, key.as_ptr()),
            );
        }
        raised
    }
}

impl<'py> SerializeMap for DictBuilder<'py> {
    type Ok = Ref<'py>;
    type Error = Failure;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Failure> {
        self.key = Some(key.serialize(self.to)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        let Some(key) = self.key.take() else {
            return Err(serde::ser::Error::custom(
                "a map's value came without its key",
            ));
        };
        self.insert(&key, value)
    }

    #[inline]
    fn serialize_entry<K: Serialize + ?Sized, V: Serialize + ?Sized>(
        &mut self,
        key: &K,
        value: &V,
    ) -> Result<(), Failure> {
        let key = key.serialize(self.to)?;
        self.insert(&key, value)
    }

    #[inline]
    fn end(self) -> Result<Ref<'py>, Failure> {
        Ok(self.dict)
    }
}

/// A dict of a struct, or the number that serde_json sends as a struct.
pub(in crate::convert) struct StructBuilder<'py> {
    to: ToPython<'py>,
    made: Ref<'py>,
    is_number: bool,
}

impl<'py> StructBuilder<'py> {
    #[inline]
    pub(super) fn new(to: ToPython<'py>) -> Result<Self, Failure> {
        // SAFETY: attached; a new reference.
        let made = unsafe { to.owned(to.py.PyDict_New())? };
        Ok(StructBuilder {
            to,
            made,
            is_number: false,
        })
    }

    pub(super) fn number(to: ToPython<'py>) -> Self {
        StructBuilder {
            to,
            made: Ref::none(to.py),
            is_number: true,
        }
    }

    #[inline]
    fn field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Failure> {
        let py = self.to.py;
        if self.is_number {
            self.made = number::parsed(self.to, &value.serialize(self.to)?)?;
            return Ok(());
        }
        let value = value.serialize(self.to).map_err(|e| e.at_name(name))?;
        let name = py.names().get(py, name);
        if name.is_null() {
            return Err(Failure::raised(py));
        }
        // SAFETY: attached, our own dict, a str of the table of names, a live object.
        match unsafe { py.PyDict_SetItem(self.made.as_ptr(), name, value.as_ptr()) } {
            0 => Ok(()),
            _ => Err(Failure::raised(py)),
        }
    }
}

/// A variant that holds several values: `{variant: inner}`.
pub(in crate::convert) struct Tagged<'py, B> {
    to: ToPython<'py>,
    variant: &'static str,
    inner: B,
}

impl<'py, B> Tagged<'py, B> {
    pub(super) fn new(to: ToPython<'py>, variant: &'static str, inner: B) -> Self {
        Tagged { to, variant, inner }
    }
}

macro_rules! tuples {
    ($($trait:ident::$method:ident),*) => {$(
        impl<'py> $trait for TupleBuilder<'py> {
            type Ok = Ref<'py>;
            type Error = Failure;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
                self.element(value)
            }

            #[inline]
            fn end(self) -> Result<Ref<'py>, Failure> {
                self.finish()
            }
        }
    )*};
}
tuples!(
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field
);

impl<'py> SerializeStruct for StructBuilder<'py> {
    type Ok = Ref<'py>;
    type Error = Failure;

    #[inline]
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Failure> {
        self.field(name, value)
    }

    #[inline]
    fn end(self) -> Result<Ref<'py>, Failure> {
        Ok(self.made)
    }
}

impl<'py> SerializeTupleVariant for Tagged<'py, TupleBuilder<'py>> {
    type Ok = Ref<'py>;
    type Error = Failure;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        self.inner
            .element(value)
            .map_err(|e| e.at_name(self.variant))
    }

    fn end(self) -> Result<Ref<'py>, Failure> {
        self.to.tagged(self.variant, self.inner.finish()?)
    }
}

impl<'py> SerializeStructVariant for Tagged<'py, StructBuilder<'py>> {
    type Ok = Ref<'py>;
    type Error = Failure;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Failure> {
        self.inner
            .field(name, value)
            .map_err(|e| e.at_name(self.variant))
    }

    fn end(self) -> Result<Ref<'py>, Failure> {
        self.to.tagged(self.variant, self.inner.made)
    }
}
