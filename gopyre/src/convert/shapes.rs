//! The dicts of structs, as those of the same struct were before.
//!
//! A struct's dict has the same keys every time. Copying a dict with those keys is one block of memory, where
//! adding the keys one by one moves all of them when they grow; and where it is known at which places of that block
//! the values are, nothing has to be looked up to set them.

mod dict;

use super::names::{Address, Names};
use crate::attach::Attached;
use crate::reference::Ref;
pub(super) use dict::ShapedDict;
use gopyre_sys as sys;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::BuildHasherDefault;
use std::ptr::NonNull;
use std::rc::Rc;

/// What tells structs apart before their fields come: the addresses of the struct's name and of its first
/// field's, and how many fields are announced.
type Key = (usize, usize, usize);

/// A thread's dicts of the structs that it has sent.
#[derive(Debug, Default)]
pub(crate) struct Shapes(RefCell<HashMap<Key, Option<Rc<Shape>>, BuildHasherDefault<Address>>>);

/// How many keys an empty dict takes without growing.
const FEW: usize = 5;

/// How many shapes are learned. A program has fewer structs; one that announces another number of fields each time must
/// not grow with them.
const MOST: usize = 4096;

/// A struct's fields, and a dict of them whose values are all None.
#[derive(Debug)]
pub(super) struct Shape {
    fields: Vec<&'static str>,
    /// Their names, which the table of names keeps.
    names: Vec<*mut sys::PyObject>,
    /// None where an empty one is made faster.
    dict: Option<NonNull<sys::PyObject>>,
    /// Where its copies have their values.
    values: Option<sys::Values>,
    /// Whether the garbage collector knows every dict.
    tracked: bool,
    /// Whether the struct came with other fields since. The dict is kept: somebody may just be copying it, because
    /// that can begin a collection, in which the struct comes again.
    varies: Cell<bool>,
}

/// What is known of a struct when its first field comes.
pub(super) enum Known {
    Shape(Rc<Shape>),
    /// It comes with other fields each time.
    Varying,
    /// It comes for the first time.
    No,
}

impl Shapes {
    fn key(name: &'static str, first: &'static str, announced: usize) -> Key {
        (name.as_ptr().addr(), first.as_ptr().addr(), announced)
    }

    #[inline]
    pub(super) fn get(&self, name: &'static str, first: &'static str, announced: usize) -> Known {
        let shapes = self.0.borrow();
        match shapes.get(&Shapes::key(name, first, announced)) {
            Some(Some(shape)) if !shape.varies.get() => Known::Shape(Rc::clone(shape)),
            Some(_) => Known::Varying,
            None if shapes.len() >= MOST => Known::Varying,
            None => Known::No,
        }
    }

    /// Learns the fields of a struct that came for the first time. Where memory is short, nothing is learned,
    /// and nothing where it is known by now: from one of its kind that was in it.
    #[cold]
    pub(super) fn learn(
        &self,
        py: Attached<'_>,
        names: &Names,
        name: &'static str,
        announced: usize,
        fields: Vec<&'static str>,
    ) {
        let Some(first) = fields.first() else { return };
        let key = Shapes::key(name, first, announced);
        if self.0.borrow().contains_key(&key) {
            return;
        }
        let shape = Shape::new(py, names, fields).map(Rc::new);
        // One of its kind may have come in a collection meanwhile.
        let spare = match self.0.borrow_mut().entry(key) {
            Entry::Vacant(place) => {
                place.insert(shape);
                None
            }
            Entry::Occupied(_) => shape,
        };
        if let Some(spare) = spare {
            // SAFETY: attached; made just now, and nobody else has it.
            unsafe { spare.release(&py) };
        }
    }

    /// Lets go of every dict.
    ///
    /// # Safety
    /// The calling thread must be attached to the interpreter that the dicts belong to.
    pub(super) unsafe fn release(&self, table: &sys::Table) {
        let shapes = std::mem::take(&mut *self.0.borrow_mut());
        for shape in shapes.into_values().flatten() {
            // SAFETY: as the caller promises.
            unsafe { shape.release(table) };
        }
    }
}

impl Shape {
    /// Takes note that the struct came with other fields.
    pub(super) fn vary(&self) {
        self.varies.set(true);
    }

    /// Lets go of the dict.
    ///
    /// # Safety
    /// Once, by a thread that is attached to the interpreter that the dict belongs to.
    unsafe fn release(&self, table: &sys::Table) {
        if let Some(dict) = self.dict {
            // SAFETY: our reference.
            unsafe { table.Py_DecRef(dict.as_ptr()) };
        }
    }

    /// None where memory is short, or where a field came twice.
    fn new(py: Attached<'_>, names: &Names, fields: Vec<&'static str>) -> Option<Shape> {
        // SAFETY: attached; a new dict, names of the table of names, which keeps them as long as this one.
        unsafe {
            let dict = Ref::owned_or_none(py, py.PyDict_New());
            let shape = dict.and_then(|dict| {
                let name = |field: &&'static str| {
                    let name = names.get(py, field);
                    let none = py._Py_NoneStruct();
                    let set = !name.is_null() && py.PyDict_SetItem(dict.as_ptr(), name, none) == 0;
                    set.then_some(name)
                };
                let names: Vec<_> = fields.iter().map(name).collect::<Option<_>>()?;
                let distinct = py.PyDict_Size(dict.as_ptr()).unsigned_abs() == fields.len();
                distinct.then(|| {
                    let tracked = py.PyObject_GC_IsTracked(dict.as_ptr()) != 0;
                    // Nobody else is to find and change it.
                    py.PyObject_GC_UnTrack(dict.as_ptr().cast());
                    // For one field an empty dict is faster than any copy.
                    let values = (fields.len() > 1).then(|| py.find_values(dict.as_ptr(), &names));
                    let values = values.flatten();
                    let copied = values.is_some() || fields.len() > FEW;
                    Shape {
                        fields,
                        names,
                        dict: copied.then(|| dict.into_ptr()),
                        values,
                        tracked,
                        varies: Cell::new(false),
                    }
                })
            });
            if shape.is_none() {
                py.PyErr_Clear();
            }
            shape
        }
    }
}
