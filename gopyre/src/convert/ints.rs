//! Integers that come again and again: the ids, codes and counts in maps.
//!
//! Making an int and letting go of it takes much longer than finding one. Where maps have integers, the maps of one
//! collection mostly have some of the same; so a thread keeps those it has made last.

use crate::attach::Attached;
use gopyre_sys as sys;
use std::cell::RefCell;
use std::{mem, ptr};

/// How many places there are, as a power of two; an integer has one place, by a multiplication.
const BITS: u32 = 10;

/// A thread's integers that came in maps, and their ints, which are ours; made at the first one.
#[derive(Debug, Default)]
pub(super) struct Ints(RefCell<Vec<(i64, *mut sys::PyObject)>>);

impl Ints {
    /// The int of an integer, as a new reference; null with an exception where memory is short.
    #[inline]
    pub(super) fn get(&self, py: Attached<'_>, value: i64) -> *mut sys::PyObject {
        let hash = value.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let place = (hash >> (u64::BITS - BITS)) as usize;
        if let Some(&(known, object)) = self.0.borrow().get(place)
            && known == value
            && !object.is_null()
        {
            // SAFETY: a live object.
            unsafe { py.Py_IncRef(object) };
            return object;
        }
        self.make(py, value, place)
    }

    #[inline(never)]
    fn make(&self, py: Attached<'_>, value: i64, place: usize) -> *mut sys::PyObject {
        // SAFETY: attached; of the new reference's object there is another one in the table; the old one is
        // ours or null, and that an int is let go of runs no Python.
        unsafe {
            let object = py.PyLong_FromLongLong(value);
            let mut places = self.0.borrow_mut();
            if places.is_empty() {
                places.resize(1 << BITS, (0, ptr::null_mut()));
            }
            if let Some(place) = places.get_mut(place)
                && !object.is_null()
            {
                py.Py_IncRef(object);
                let (_, old) = mem::replace(place, (value, object));
                py.Py_DecRef(old);
            }
            object
        }
    }

    /// Lets go of every int.
    ///
    /// # Safety
    /// The calling thread must be attached to the interpreter that they belong to.
    pub(super) unsafe fn release(&self, table: &sys::Table) {
        for (_, object) in self.0.take() {
            // SAFETY: our reference or null, and attached as the caller promises.
            unsafe { table.Py_DecRef(object) };
        }
    }
}
