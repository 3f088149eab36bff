//! Where a str of ASCII characters has its text.
//!
//! CPython keeps such a str in one piece: a head, and the characters, which are its UTF-8 text as well. A word
//! of the head says that: how many bytes a character has (three bits), whether the str is in one piece, and
//! whether it is ASCII. The next bits to each other, they are found by looking at strings of each kind.

use super::{WORD, word};
use crate::table::Park;
use crate::{Py_ssize_t, PyObject, Table};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

/// One byte a character, in one piece, ASCII.
const ASCII: u32 = 0b11001;
/// All bits of that state.
const STATE: u32 = 0b11111;
/// A character of each kind, and the state of strings that have it.
const KINDS: [(char, u32); 4] = [
    ('a', ASCII),
    ('\u{e9}', 0b01001),
    ('\u{3a9}', 0b01010),
    ('\u{1f40d}', 0b01100),
];
/// The lengths of the strings that are looked at.
const LENGTHS: [usize; 4] = [2, 7, 33, 200];
/// The longest head that is thinkable.
const LONGEST: usize = 16 * WORD;

/// Offsets in a str that is in one piece.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// Of the state; 0 as long as nothing is known. Set last.
    state: AtomicUsize,
    /// How far the state is from the right of its word.
    shift: AtomicU32,
    /// Of the number of characters.
    length: AtomicUsize,
    /// Of the text.
    text: AtomicUsize,
    /// The same in a str that was just made, and whose text is to be written; 0 as long as that is not known.
    room: AtomicUsize,
}

impl Table {
    /// The text of a str that is ASCII and in one piece, as it lies in it; none for any other str, or where
    /// that is not known.
    ///
    /// # Safety
    /// `text` must be a live object whose type is `str` itself, and the thread attached. Nobody may write to
    /// a str that others have.
    #[inline]
    pub unsafe fn ascii_text(&self, text: *mut PyObject) -> Option<*mut [u8]> {
        let layout = &self.layout.text;
        let state = layout.state.load(Ordering::Acquire);
        if state == 0 {
            return None;
        }
        let shift = layout.shift.load(Ordering::Relaxed);
        // SAFETY: every str has its state and its length there, and one with that state its text (rule 1). Another
        // thread may write what else is in the state's word (rule 11).
        unsafe {
            if state_word(text, state) >> shift & STATE != ASCII {
                return None;
            }
            let length = word(text, layout.length.load(Ordering::Relaxed));
            let first = text.byte_add(layout.text.load(Ordering::Relaxed)).cast();
            Some(std::ptr::slice_from_raw_parts_mut(first, length))
        }
    }

    /// A new str, or one that CPython has already; null with an exception where memory is short.
    ///
    /// # Safety
    /// The thread must be attached.
    #[inline]
    pub unsafe fn str_of(&self, text: &str) -> *mut PyObject {
        let room = self.layout.text.room.load(Ordering::Relaxed);
        // CPython keeps the strings of at most one character.
        if text.len() > 1 && room != 0 && is_ascii(text.as_bytes()) {
            // SAFETY: attached.
            let object = unsafe { self.new_ascii(text.len()) };
            if !object.is_null() {
                // SAFETY: a new str, which nobody else has, with room for so many bytes (rule 1).
                unsafe {
                    let room = object.byte_add(room).cast::<u8>();
                    room.copy_from_nonoverlapping(text.as_ptr(), text.len());
                }
            }
            return object;
        }
        // SAFETY: attached; valid UTF-8 of that length.
        unsafe { self.PyUnicode_FromStringAndSize(text.as_ptr().cast(), text.len() as Py_ssize_t) }
    }

    /// A new str for that many ASCII characters, which are to be written to it; null with an exception where
    /// memory is short, and without where there is no such function.
    ///
    /// # Safety
    /// The thread must be attached, and the length that of a text.
    #[inline]
    unsafe fn new_ascii(&self, length: usize) -> *mut PyObject {
        let Some(new) = self.optional.PyUnicode_New else {
            return std::ptr::null_mut();
        };
        let park = Park;
        // SAFETY: attached, as the caller promises.
        let object = unsafe { new(length as Py_ssize_t, 127) };
        std::mem::forget(park);
        object
    }

    /// Finds all of it, or leaves it unknown.
    ///
    /// # Safety
    /// The thread must be attached.
    pub(super) unsafe fn find_text(&self) {
        let mut strings = Vec::new();
        for (character, state) in KINDS {
            for length in LENGTHS {
                let text = character.to_string().repeat(length);
                // SAFETY: attached; UTF-8 of that length.
                let object = unsafe {
                    self.PyUnicode_FromStringAndSize(text.as_ptr().cast(), text.len() as Py_ssize_t)
                };
                strings.push((object, state, length));
            }
        }
        // SAFETY: attached; references of our own or null.
        unsafe {
            if strings.iter().all(|(object, ..)| !object.is_null()) {
                self.find_text_of(&strings);
            }
            for (object, ..) in strings {
                self.Py_DecRef(object);
            }
        }
    }

    /// # Safety
    /// The thread must be attached; the objects must be strings, with the states and lengths that are expected.
    unsafe fn find_text_of(&self, strings: &[(*mut PyObject, u32, usize)]) -> Option<()> {
        let is_ascii = |&&(_, state, _): &&(_, u32, _)| state == ASCII;
        // SAFETY: attached, strings.
        let place_of = |&(object, ..): &(*mut PyObject, u32, usize)| unsafe {
            let text = self.PyUnicode_AsUTF8AndSize(object, std::ptr::null_mut());
            text.addr().checked_sub(object.addr())
        };
        let text = place_of(strings.iter().find(is_ascii)?)?;
        let same_place = |string| place_of(string) == Some(text);
        if text > LONGEST || !strings.iter().filter(is_ascii).all(same_place) {
            return None;
        }
        // All that is looked at now lies before the text; the others' heads are no shorter.
        let has_length = |&offset: &usize| {
            // SAFETY: as above; words are aligned in it.
            let has = |&(object, _, length)| unsafe { word(object, offset) == length };
            strings.iter().all(has)
        };
        let has_state = |&(offset, shift): &(usize, u32)| {
            // SAFETY: as above.
            let has = |&(object, state, _)| unsafe {
                state_word(object, offset) >> shift & STATE == state
            };
            strings.iter().all(has)
        };
        let words = (WORD..=text.checked_sub(WORD)?).step_by(WORD);
        let halves = (WORD..=text - size_of::<u32>()).step_by(size_of::<u32>());
        let shifts = |offset| (0..u32::BITS - 4).map(move |shift| (offset, shift));
        let length = only(words.filter(has_length))?;
        let (state, shift) = only(halves.flat_map(shifts).filter(has_state))?;
        let layout = &self.layout.text;
        layout.text.store(text, Ordering::Relaxed);
        layout.length.store(length, Ordering::Relaxed);
        layout.shift.store(shift, Ordering::Relaxed);
        layout.state.store(state, Ordering::Release);
        let has_room = |&length: &usize| {
            // SAFETY: attached; a new str of our own or null, to which nothing is written.
            unsafe {
                let object = self.new_ascii(length);
                let has = !object.is_null()
                    && self
                        .ascii_text(object)
                        .is_some_and(|text| text.len() == length);
                self.Py_DecRef(object);
                has
            }
        };
        if LENGTHS.iter().all(has_room) {
            layout.room.store(text, Ordering::Relaxed);
        }
        Some(())
    }
}

/// # Safety
/// The object must be a live one that has an aligned half of a word there.
#[inline]
unsafe fn state_word(object: *mut PyObject, offset: usize) -> u32 {
    // SAFETY: as the caller promises.
    unsafe { AtomicU32::from_ptr(object.byte_add(offset).cast()).load(Ordering::Relaxed) }
}

/// As that of the standard library, which takes the end of a text byte by byte.
#[inline]
fn is_ascii(text: &[u8]) -> bool {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    if let Some(last) = text.last_chunk() {
        let (words, _) = text.as_chunks();
        let all = words.iter().fold(u64::from_ne_bytes(*last), |all, word| {
            all | u64::from_ne_bytes(*word)
        });
        return all & HIGH == 0;
    }
    if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        return (u32::from_ne_bytes(*first) | u32::from_ne_bytes(*last)) & HIGH as u32 == 0;
    }
    text.iter().fold(0, |all, byte| all | byte) < 0x80
}

/// What there is, if there is no more than one.
fn only<T>(mut all: impl Iterator<Item = T>) -> Option<T> {
    let first = all.next()?;
    all.next().is_none().then_some(first)
}
