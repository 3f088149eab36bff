//! Strings that come again and again: the keys of maps.
//!
//! Making a str and hashing it costs more than the rest of an entry, and the maps of one collection mostly
//! have the same keys. So a thread keeps those it has made last, as Python's own readers of JSON do.

use crate::attach::Attached;
use gopyre_sys as sys;
use std::cell::RefCell;
use std::ptr;

/// How many places there are; a text has one place, by its hash.
const PLACES: usize = 512;

/// A thread's strings that came as keys; made at the first one.
#[derive(Debug, Default)]
pub(super) struct Repeated(RefCell<Vec<Place>>);

/// A text and its str, which is ours.
#[derive(Clone, Copy, Debug)]
struct Place {
    text: Short,
    object: *mut sys::PyObject,
}

impl Repeated {
    /// The str of a text, as a new reference; null with an exception where memory is short.
    #[inline]
    pub(super) fn get(&self, py: Attached<'_>, text: &str) -> *mut sys::PyObject {
        let Some(short) = Short::of(text.as_bytes()) else {
            // SAFETY: attached.
            return unsafe { py.str_of(text) };
        };
        if let Some(place) = self.0.borrow().get(short.place())
            && place.text == short
            && !place.object.is_null()
        {
            // SAFETY: a live object.
            unsafe { py.Py_IncRef(place.object) };
            return place.object;
        }
        self.make(py, text, short)
    }

    #[inline(never)]
    fn make(&self, py: Attached<'_>, text: &str, short: Short) -> *mut sys::PyObject {
        // SAFETY: attached; of the new reference's object there is another one in the table; the old one is
        // ours or null, and that a str is let go of runs no Python.
        unsafe {
            let object = py.str_of(text);
            let mut places = self.0.borrow_mut();
            if places.is_empty() {
                places.resize(PLACES, EMPTY);
            }
            if let Some(place) = places.get_mut(short.place())
                && !object.is_null()
            {
                py.Py_IncRef(object);
                py.Py_DecRef(place.object);
                *place = Place {
                    text: short,
                    object,
                };
            }
            object
        }
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

const EMPTY: Place = Place {
    text: Short {
        words: [0; 3],
        len: 0,
    },
    object: ptr::null_mut(),
};

/// A text of at most 24 bytes; with its length, the words say which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Short {
    words: [u64; 3],
    len: usize,
}

impl Short {
    /// The first bytes and the last, which overlap where the text is shorter than both; none of a long text.
    #[inline]
    fn of(text: &[u8]) -> Option<Short> {
        let len = text.len();
        let words = if len > 24 {
            return None;
        } else if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
            let middle = text[8..].first_chunk().unwrap_or(&[0; 8]);
            [first, middle, last].map(|word| u64::from_le_bytes(*word))
        } else if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
            let [first, last] = [first, last].map(|half| u32::from_le_bytes(*half).into());
            [first, 0, last]
        } else if let (Some(first), Some(last)) = (text.first(), text.last()) {
            [u64::from(*first), text[len / 2].into(), u64::from(*last)]
        } else {
            [0; 3]
        };
        Some(Short { words, len })
    }

    /// By a hash; a bad one costs time and nothing else.
    #[inline]
    fn place(self) -> usize {
        const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
        let [first, middle, last] = self.words;
        let mut hash = (first ^ self.len as u64).wrapping_mul(SPREAD);
        hash = (hash.rotate_left(32) ^ middle).wrapping_mul(SPREAD);
        hash = (hash.rotate_left(32) ^ last).wrapping_mul(SPREAD);
        (hash >> 32) as usize % PLACES
    }
}

#[cfg(test)]
mod tests {
    use super::Short;

    #[test]
    fn short_texts_differ_from_each_other() {
        let mut seen = std::collections::HashSet::new();
        for len in 0..=24 {
            let text = vec![b'a'; len];
            assert!(seen.insert(Short::of(&text).unwrap()));
            for index in 0..len {
                let mut other = text.clone();
                other[index] = b'b';
                assert!(seen.insert(Short::of(&other).unwrap()));
            }
        }
        assert!(Short::of(&[b'a'; 25]).is_none());
    }
}
