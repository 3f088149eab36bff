//! Lists and tuples on their way.
//!
//! Lengths that a type announces are hints: fewer or more elements are fine, and no announcement
//! reserves more than it could use up anyway.
//!
//! A list or tuple with places that nothing is in yet is kept from the garbage collector, and so from
//! `gc.get_objects`: what serializes an element may run Python code, which must not come upon it.

use super::ToPython;
use crate::convert::failure::Failure;
use crate::reference::Ref;
use serde::ser::{Serialize, SerializeSeq, SerializeTuple, SerializeTupleStruct};
use std::mem::ManuallyDrop;
use std::ptr;

/// The most elements that are reserved because somebody announces them.
const RESERVED: usize = 1 << 24;

/// A list; its first `reserved` places are filled in order, the rest is appended.
pub(in crate::convert) struct ListBuilder<'py> {
    pub(super) to: ToPython<'py>,
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
    pub(super) fn push(&mut self, item: Ref<'py>) -> Result<(), Failure> {
        let (py, list) = (self.to.py, self.list.as_ptr());
        let item = ManuallyDrop::new(item);
        // SAFETY: attached, our own list, which nobody else has as long as it has places that are free.
        if self.count < self.reserved && unsafe { py.list_put(list, self.count, item.as_ptr()) } {
            self.count += 1;
            return Ok(());
        }
        self.push_by_call(ManuallyDrop::into_inner(item))
    }

    #[inline(never)]
    fn push_by_call(&mut self, item: Ref<'py>) -> Result<(), Failure> {
        let (py, list) = (self.to.py, self.list.as_ptr());
        // SAFETY: attached, our own list. `PyList_SetItem` takes the reference over, failing or not.
        let outcome = unsafe {
            if self.count < self.reserved {
                py.PyList_SetItem(list, self.count as isize, item.into_ptr().as_ptr())
            } else {
                py.PyList_Append(list, item.as_ptr())
            }
        };
        if outcome < 0 {
            return Err(Failure::raised(py));
        }
        self.count += 1;
        Ok(())
    }

    #[inline]
    pub(super) fn finish(self) -> Result<Ref<'py>, Failure> {
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
        let item = self.to.object(value).map_err(|e| e.at_index(self.count))?;
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
    pub(super) fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        if let TupleBuilder::Tuple {
            to,
            tuple,
            reserved,
            count,
        } = self
            && *count < *reserved
        {
            let item = to.object(value).map_err(|e| e.at_index(*count))?;
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
    pub(super) fn finish(self) -> Result<Ref<'py>, Failure> {
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
