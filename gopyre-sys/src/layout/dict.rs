//! Where the copies of a dict have their values.
//!
//! A dict points to a block with its keys and values. Copies of one dict have them at the same places of such
//! blocks, which are found by looking for the keys in a copy. CPython says how large the block is.

use super::{WORD, word};
use crate::{PyObject, Table};
use std::ptr;

/// Places in a copy of a certain dict.
#[derive(Clone, Copy, Debug)]
pub struct Values {
    /// Of the pointer to the block, in a dict.
    block: usize,
    /// Of the first value, in the block.
    first: usize,
    /// From each value to the next.
    stride: usize,
}

impl Values {
    /// # Safety
    /// `dict` must be a copy of the dict in which the places were found, or that dict.
    #[inline]
    unsafe fn place(self, dict: *mut PyObject, index: usize) -> *mut *mut PyObject {
        // SAFETY: as the caller promises.
        unsafe {
            let block = ptr::with_exposed_provenance_mut::<*mut PyObject>(word(dict, self.block));
            block.byte_add(self.first + index * self.stride)
        }
    }
}

impl Table {
    /// Finds the values of a dict's copies; none where anything is not exactly as expected, and without a GIL.
    ///
    /// # Safety
    /// The thread must be attached, and the dict one that nobody else has, now and as long as copies are made.
    pub unsafe fn find_values(
        &self,
        dict: *mut PyObject,
        keys: &[*mut PyObject],
    ) -> Option<Values> {
        // SAFETY: as the caller promises; a new dict of our own, or null.
        unsafe {
            let copy = self.PyDict_Copy(dict);
            let found = match copy.is_null() {
                true => None,
                false => self.find_values_in(copy, keys),
            };
            self.Py_DecRef(copy);
            if found.is_none() {
                self.PyErr_Clear();
            }
            found
        }
    }

    /// # Safety
    /// As for `find_values`, of such a copy.
    unsafe fn find_values_in(&self, dict: *mut PyObject, keys: &[*mut PyObject]) -> Option<Values> {
        // The head of a dict ends with the type pointer. Behind it come four words: how many there are, one that
        // varies, the pointer to the block, and null.
        let count = self.type_offset?.get() + WORD;
        let block = count + 2 * WORD;
        // SAFETY: attached. The words of a dict are looked at, and those of the block, as many as CPython says, only
        // where the others have their known values, so that it can be nothing but that block (rule 1).
        unsafe {
            let size = self.instance_size(self.PyDict_Type())?;
            let length = self.size_of(dict)?.checked_sub(size)?;
            let is_block = |address: usize| address != 0 && address.is_multiple_of(WORD);
            if self.version.free_threaded
                || size != count + 4 * WORD
                || word(dict, count) != keys.len()
                || !is_block(word(dict, block))
                || word(dict, block + WORD) != 0
            {
                return None;
            }
            let words = ptr::with_exposed_provenance::<usize>(word(dict, block));
            let words = std::slice::from_raw_parts(words, length / WORD).to_vec();
            let position = |key: &*mut PyObject| words.iter().position(|word| *word == key.addr());
            let first = position(keys.first()?)?;
            let stride = match keys.get(1) {
                Some(second) => {
                    let stride = position(second)?.checked_sub(first)?;
                    Some(stride).filter(|stride| *stride > 1)?
                }
                None => 2,
            };
            let values = Values {
                block,
                first: (first + 1) * WORD,
                stride: stride * WORD,
            };
            let none = self._Py_NoneStruct();
            let is_at = |(index, key): (usize, &*mut PyObject)| {
                let at = first + index * stride;
                words.get(at..at + 2) == Some(&[key.addr(), none.addr()])
                    && self.is_value(dict, values, index, *key)
            };
            keys.iter().enumerate().all(is_at).then_some(values)
        }
    }

    /// Whether what is set under a key comes to its place.
    ///
    /// # Safety
    /// As for `find_values`; the places must be within the block.
    unsafe fn is_value(
        &self,
        dict: *mut PyObject,
        values: Values,
        index: usize,
        key: *mut PyObject,
    ) -> bool {
        // SAFETY: as the caller promises; a new reference or null.
        unsafe {
            let value = self.PyFloat_FromDouble(0.5);
            let is = !value.is_null()
                && self.PyDict_SetItem(dict, key, value) == 0
                && values.place(dict, index).read() == value;
            self.Py_DecRef(value);
            is
        }
    }

    /// What `dict.__sizeof__` says.
    ///
    /// # Safety
    /// The thread must be attached, and `dict` an exact dict.
    unsafe fn size_of(&self, dict: *mut PyObject) -> Option<usize> {
        const NAME: &str = "__sizeof__";
        // SAFETY: as the caller promises; references of our own, or null.
        unsafe {
            let name = self.PyUnicode_FromStringAndSize(NAME.as_ptr().cast(), NAME.len() as isize);
            if name.is_null() {
                return None;
            }
            let size = self.PyObject_VectorcallMethod(name, &dict, 1, ptr::null_mut());
            self.Py_DecRef(name);
            self.size_in(size)
        }
    }

    /// Sets a value of a copy, at its place where that is known; false with an exception where memory is short.
    ///
    /// # Safety
    /// `dict` must be a copy, which nobody else has, of the dict in which the places were found, and have the keys that
    /// that had; the index that of `key`, the thread attached, and the value a reference of the caller's, who has it no
    /// more.
    #[inline]
    pub unsafe fn set_value(
        &self,
        dict: *mut PyObject,
        values: Option<Values>,
        (index, key): (usize, *mut PyObject),
        value: *mut PyObject,
    ) -> bool {
        // SAFETY: as the caller promises.
        unsafe {
            if values.is_some_and(|values| self.put_value(dict, values, index, value)) {
                return true;
            }
            let is_set = self.PyDict_SetItem(dict, key, value) == 0;
            self.Py_DecRef(value);
            is_set
        }
    }

    /// Lets the garbage collector know a dict that it may not know yet.
    ///
    /// # Safety
    /// The thread must be attached, and `dict` live.
    #[inline]
    pub unsafe fn track(&self, dict: *mut PyObject) {
        // SAFETY: as the caller promises.
        unsafe {
            if self.PyObject_GC_IsTracked(dict) == 0 {
                self.PyObject_GC_Track(dict.cast());
            }
        }
    }

    /// Puts a value to a place that has None yet; false where it has anything else.
    ///
    /// # Safety
    /// `dict` must be a copy of the dict in which the places were found, which nobody else has, and whose keys are
    /// still the same; the index that of a key, the thread attached, and the value a reference of the caller's, who
    /// has it no more where it was put.
    #[inline]
    pub unsafe fn put_value(
        &self,
        dict: *mut PyObject,
        values: Values,
        index: usize,
        value: *mut PyObject,
    ) -> bool {
        // SAFETY: as the caller promises: a place in the dict's block.
        unsafe {
            let place = values.place(dict, index);
            let none = self._Py_NoneStruct();
            let is_none = place.read() == none;
            if is_none {
                place.write(value);
                self.Py_DecRef(none);
            }
            is_none
        }
    }
}
