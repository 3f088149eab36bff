//! Interned field names.

use super::ints::Ints;
use super::repeated::Repeated;
use super::shapes::Shapes;
use crate::attach::Attached;
use gopyre_sys as sys;
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ptr::{self, NonNull};
use std::rc::Rc;

type Map<T> = RefCell<HashMap<(usize, usize), T, BuildHasherDefault<Address>>>;

/// A thread's Python strings for the names that are constants of the program: field and variant names,
/// parameters, attributes. Each is made once, interned, so that a dict lookup compares pointers.
#[derive(Debug, Default)]
pub(crate) struct Names {
    names: Map<NonNull<sys::PyObject>>,
    /// The names of a struct's fields, side by side, so that a struct costs one look-up.
    fields: Map<Rc<[*mut sys::PyObject]>>,
    /// The dicts of structs.
    shapes: Shapes,
    /// The strings that came as keys of maps.
    keys: Repeated,
    /// The integers that came in maps.
    ints: Ints,
}

impl Names {
    /// The Python string of `name`, borrowed from the table; null with an exception where memory is short.
    #[inline]
    pub(crate) fn get(&self, py: Attached<'_>, name: &'static str) -> *mut sys::PyObject {
        // A constant is told by its address: its bytes never change and never go away.
        let key = (name.as_ptr().addr(), name.len());
        if let Some(object) = self.names.borrow().get(&key) {
            return object.as_ptr();
        }
        self.make(py, name, key)
    }

    #[cold]
    fn make(
        &self,
        py: Attached<'_>,
        name: &'static str,
        key: (usize, usize),
    ) -> *mut sys::PyObject {
        // SAFETY: attached; the text is valid UTF-8 of that length, and the new reference is ours.
        let object = unsafe {
            let mut object =
                py.PyUnicode_FromStringAndSize(name.as_ptr().cast(), name.len() as isize);
            if !object.is_null() {
                py.PyUnicode_InternInPlace(&mut object);
            }
            object
        };
        if let Some(object) = NonNull::new(object) {
            self.names.borrow_mut().insert(key, object);
        }
        object
    }

    /// The dicts of structs.
    #[inline]
    pub(super) fn shapes(&self) -> &Shapes {
        &self.shapes
    }

    /// The strings that came as keys of maps.
    #[inline]
    pub(super) fn keys(&self) -> &Repeated {
        &self.keys
    }

    /// The integers that came in maps.
    #[inline]
    pub(super) fn ints(&self) -> &Ints {
        &self.ints
    }

    /// The Python strings of a struct's field names; none with an exception where memory is short.
    #[inline]
    pub(crate) fn fields(
        &self,
        py: Attached<'_>,
        fields: &'static [&'static str],
    ) -> Option<Rc<[*mut sys::PyObject]>> {
        let key = (fields.as_ptr().addr(), fields.len());
        if let Some(names) = self.fields.borrow().get(&key) {
            return Some(Rc::clone(names));
        }
        self.make_fields(py, fields, key)
    }

    #[cold]
    fn make_fields(
        &self,
        py: Attached<'_>,
        fields: &'static [&'static str],
        key: (usize, usize),
    ) -> Option<Rc<[*mut sys::PyObject]>> {
        let names: Rc<[_]> = fields.iter().map(|name| self.get(py, name)).collect();
        if names.contains(&ptr::null_mut()) {
            return None;
        }
        self.fields.borrow_mut().insert(key, Rc::clone(&names));
        Some(names)
    }

    /// Lets go of every name.
    ///
    /// # Safety
    /// The calling thread must be attached to the interpreter that the names belong to.
    pub(crate) unsafe fn release(&self, table: &sys::Table) {
        self.fields.borrow_mut().clear();
        // SAFETY: as the caller promises.
        unsafe {
            self.shapes.release(table);
            self.keys.release(table);
            self.ints.release(table);
        }
        for (_, object) in self.names.borrow_mut().drain() {
            // SAFETY: our reference, and attached as the caller promises.
            unsafe { table.Py_DecRef(object.as_ptr()) };
        }
    }
}

/// Hashes addresses and a length: one multiplication spreads them well enough.
#[derive(Debug, Default)]
pub(super) struct Address(u64);

impl Hasher for Address {
    #[inline]
    fn finish(&self) -> u64 {
        let spread = self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        spread ^ spread >> 32
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_usize(usize::from(*byte));
        }
    }

    #[inline]
    fn write_usize(&mut self, word: usize) {
        self.0 = self.0.rotate_left(20) ^ word as u64;
    }
}
