//! Strings that come again and again: the keys of maps.
//!
//! Making a str and hashing it costs more than the rest of an entry, and the maps of one collection mostly
//! have the same keys. So a thread keeps those it has made last, as Python's own readers of JSON do.

use crate::attach::Attached;
use gopyre_sys as sys;
use std::cell::RefCell;
use std::ptr;

/// The longest text that is kept.
const LONGEST: usize = 23;
/// How many places there are; a text has one place, by its hash.
const PLACES: usize = 512;

/// A thread's strings that came as keys; made at the first one.
#[derive(Debug, Default)]
pub(super) struct Repeated(RefCell<Vec<Place>>);

/// A text and its str, which is ours.
#[derive(Clone, Copy, Debug)]
struct Place {
    text: [u8; LONGEST],
    len: u8,
    object: *mut sys::PyObject,
}

const EMPTY: Place = Place {
    text: [0; LONGEST],
    len: 0,
    object: ptr::null_mut(),
};

impl Repeated {
    /// The str of a text, as a new reference; null with an exception where memory is short.
    #[inline]
    pub(super) fn get(&self, py: Attached<'_>, text: &str) -> *mut sys::PyObject {
        // SAFETY: attached; valid UTF-8 of that length, which never exceeds `isize::MAX`.
        let make =
            || unsafe { py.PyUnicode_FromStringAndSize(text.as_ptr().cast(), text.len() as isize) };
        if text.len() > LONGEST {
            return make();
        }
        let mut places = self.0.borrow_mut();
        if places.is_empty() {
            places.resize(PLACES, EMPTY);
        }
        let place = &mut places[hash(text.as_bytes()) % PLACES];
        let found = place.text.get(..place.len.into()) == Some(text.as_bytes());
        if !found || place.object.is_null() {
            let object = make();
            if object.is_null() {
                return object;
            }
            // SAFETY: our own reference or null; that a str is let go of runs no Python.
            unsafe { py.Py_DecRef(place.object) };
            place.text[..text.len()].copy_from_slice(text.as_bytes());
            place.len = text.len() as u8;
            place.object = object;
        }
        // SAFETY: a live object.
        unsafe { py.Py_IncRef(place.object) };
        place.object
    }

    /// Lets go of every string.
    ///
    /// # Safety
    /// The calling thread must be attached to the interpreter that they belong to.
    pub(super) unsafe fn release(&self, table: &sys::Table) {
        for place in self.0.take() {
            // SAFETY: our reference or null, and attached as the caller promises.
            unsafe { table.Py_DecRef(place.object) };
        }
    }
}

/// Eight bytes at a time; a bad one costs time and nothing else.
#[inline]
fn hash(text: &[u8]) -> usize {
    let mut hash = text.len() as u64;
    for word in text.chunks(8) {
        let mut bytes = [0; 8];
        bytes[..word.len()].copy_from_slice(word);
        hash = (hash ^ u64::from_le_bytes(bytes)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        hash ^= hash >> 29;
    }
    (hash >> 32) as usize
}
