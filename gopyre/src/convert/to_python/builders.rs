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
use crate::convert::shapes::{Known, Shape};
use crate::reference::Ref;
use gopyre_sys as sys;
use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};
use std::ptr;
use std::rc::Rc;

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
        self.key = Some(key.serialize(self.to.key())?);
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
        let key = key.serialize(self.to.key())?;
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
    name: &'static str,
    announced: usize,
    made: Made<'py>,
}

/// How far a struct is.
enum Made<'py> {
    Nothing,
    /// A copy of the shape's dict, and how many of its values are set.
    Copied(Ref<'py>, Rc<Shape>, usize),
    /// A dict that began empty, and its fields where they are to be learned.
    Built(Ref<'py>, Option<Vec<&'static str>>),
    Number(Ref<'py>),
}

impl<'py> StructBuilder<'py> {
    #[inline]
    pub(super) fn new(to: ToPython<'py>, name: &'static str, announced: usize) -> Self {
        StructBuilder {
            to,
            name,
            announced,
            made: Made::Nothing,
        }
    }

    pub(super) fn number(to: ToPython<'py>) -> Self {
        StructBuilder {
            made: Made::Number(Ref::none(to.py)),
            ..StructBuilder::new(to, "", 1)
        }
    }

    #[inline]
    fn field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Failure> {
        if let Made::Number(number) = &mut self.made {
            *number = number::parsed(self.to, &value.serialize(self.to)?)?;
            return Ok(());
        }
        let value = value.serialize(self.to).map_err(|e| e.at_name(name))?;
        if let Made::Nothing = self.made {
            self.begin(name)?;
        }
        if let Made::Copied(dict, shape, count) = &mut self.made
            && let Some(name) = shape.name(*count, name)
        {
            *count += 1;
            return set(dict, name, &value);
        }
        self.add(name, &value)
    }

    /// Makes the dict, when the first field has come.
    #[inline]
    fn begin(&mut self, first: &'static str) -> Result<(), Failure> {
        let py = self.to.py;
        let known = py.names().shapes().get(self.name, first, self.announced);
        // SAFETY: attached; new references.
        self.made = unsafe {
            match known {
                Known::Shape(shape) => Made::Copied(self.to.owned(shape.copy(py))?, shape, 0),
                Known::Varying => Made::Built(self.to.owned(py.PyDict_New())?, None),
                Known::No => Made::Built(self.to.owned(py.PyDict_New())?, Some(Vec::new())),
            }
        };
        Ok(())
    }

    /// Adds a field that the dict has not.
    #[inline(never)]
    fn add(&mut self, field: &'static str, value: &Ref<'py>) -> Result<(), Failure> {
        let py = self.to.py;
        if let Made::Copied(_, shape, _) = &self.made {
            py.names()
                .shapes()
                .forget(py, self.name, shape, self.announced);
            self.cut()?;
        }
        let name = py.names().get(py, field);
        if name.is_null() {
            return Err(Failure::raised(py));
        }
        match &mut self.made {
            Made::Built(dict, fields) => {
                if let Some(fields) = fields {
                    fields.push(field);
                }
                set(dict, name, value)
            }
            _ => Ok(()),
        }
    }

    /// Takes those keys out of the copy whose fields have not come.
    fn cut(&mut self) -> Result<(), Failure> {
        let Made::Copied(dict, shape, count) = &self.made else {
            return Ok(());
        };
        let py = self.to.py;
        for name in shape.rest(*count) {
            // SAFETY: attached, our own dict, live names.
            if unsafe { py.PyDict_DelItem(dict.as_ptr(), *name) } < 0 {
                return Err(Failure::raised(py));
            }
        }
        self.made = Made::Built(dict.clone(), None);
        Ok(())
    }

    #[inline]
    fn finish(mut self) -> Result<Ref<'py>, Failure> {
        if let Made::Copied(_, shape, count) = &self.made
            && !shape.rest(*count).is_empty()
        {
            self.cut()?;
        }
        let py = self.to.py;
        match self.made {
            Made::Copied(dict, ..) | Made::Built(dict, None) | Made::Number(dict) => Ok(dict),
            Made::Built(dict, Some(fields)) => {
                let names = py.names();
                names
                    .shapes()
                    .learn(py, names, self.name, self.announced, fields);
                Ok(dict)
            }
            // SAFETY: attached; a new reference.
            Made::Nothing => unsafe { self.to.owned(py.PyDict_New()) },
        }
    }
}

/// Sets a value in a dict of ours.
#[inline]
fn set(dict: &Ref<'_>, name: *mut sys::PyObject, value: &Ref<'_>) -> Result<(), Failure> {
    let py = dict.py();
    // SAFETY: attached, a dict, a live str, a live object.
    match unsafe { py.PyDict_SetItem(dict.as_ptr(), name, value.as_ptr()) } {
        0 => Ok(()),
        _ => Err(Failure::raised(py)),
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
        self.finish()
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
        self.to.tagged(self.variant, self.inner.finish()?)
    }
}
