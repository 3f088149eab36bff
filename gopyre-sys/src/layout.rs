//! The few facts about object layout that are worth having: where the type pointer is, a float's value, a
//! list's items, the text of a str that is ASCII, and the values of a dict that is a copy.
//!
//! None is taken on trust. Each is found out by looking at objects whose contents are known, and where
//! anything is not exactly as expected, the function that CPython has for it is called instead.

use crate::{Py_ssize_t, PyObject, Table};
use std::num::NonZero;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

mod dict;
mod text;

pub use dict::Values;

const WORD: usize = size_of::<usize>();

/// Finds the offset of the type pointer by looking at objects whose type is known.
///
/// The type of a built-in class, `type` included, is `type`. The head of an object is 16 bytes, 32 in
/// a free-threaded build, more in special debug builds; it begins with the reference count.
pub(crate) fn type_offset(table: &Table) -> Option<NonZero<usize>> {
    let class = table.PyType_Type();
    let known = [
        class,
        table.PyUnicode_Type(),
        table.PyLong_Type(),
        table.PyDict_Type(),
    ];
    let offset = (1..8).map(|index| index * WORD).find(|&offset| {
        known.iter().all(|object| {
            // SAFETY: these are static type objects, several hundred bytes long and aligned to words (rule 1).
            unsafe { word(*object, offset) == class.addr() }
        })
    });
    offset.and_then(NonZero::new)
}

/// What is found out when there are objects to look at.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    looked: AtomicBool,
    float_value: Offset,
    list_items: Offset,
    text: text::Layout,
}

/// Where objects of a type keep something; 0, where each has its reference count, as long as nobody knows.
#[derive(Debug, Default)]
struct Offset(AtomicUsize);

impl Offset {
    #[inline]
    fn get(&self) -> Option<NonZero<usize>> {
        NonZero::new(self.0.load(Ordering::Relaxed))
    }

    fn set(&self, found: Option<usize>) {
        self.0.store(found.unwrap_or(0), Ordering::Relaxed);
    }
}

/// # Safety
/// The object must be a live one that has an aligned word there.
#[inline]
unsafe fn word(object: *mut PyObject, offset: usize) -> usize {
    // SAFETY: as the caller promises.
    unsafe { object.byte_add(offset).cast::<usize>().read() }
}

impl Table {
    /// An object's type, borrowed.
    ///
    /// # Safety
    /// `object` must be a live object and the thread attached.
    #[inline]
    #[allow(non_snake_case)]
    pub unsafe fn Py_TYPE(&self, object: *mut PyObject) -> *mut PyObject {
        match self.type_offset {
            // SAFETY: every object starts with the same head, whose type pointer is at this offset (rule 1).
            Some(offset) => unsafe { object.byte_add(offset.get()).cast::<*mut PyObject>().read() },
            // SAFETY: as the caller promises.
            None => unsafe { self.asked_type(object) },
        }
    }

    /// # Safety
    /// As for `Py_TYPE`.
    #[cold]
    unsafe fn asked_type(&self, object: *mut PyObject) -> *mut PyObject {
        // SAFETY: as the caller promises; the object keeps its type alive.
        unsafe {
            let class = self.PyObject_Type(object);
            self.Py_DecRef(class);
            class
        }
    }

    /// The value of an exact float; never fails.
    ///
    /// # Safety
    /// `float` must be a live object whose type is `float` itself, and the thread attached.
    #[inline]
    pub unsafe fn float_value(&self, float: *mut PyObject) -> f64 {
        match self.layout.float_value.get() {
            // SAFETY: every float has its value there (rule 1).
            Some(offset) => unsafe { float.byte_add(offset.get()).cast::<f64>().read_unaligned() },
            // SAFETY: as the caller promises.
            None => unsafe { self.asked_float_value(float) },
        }
    }

    /// # Safety
    /// As for `float_value`.
    #[cold]
    unsafe fn asked_float_value(&self, float: *mut PyObject) -> f64 {
        // SAFETY: as the caller promises.
        unsafe { self.PyFloat_AsDouble(float) }
    }

    /// The places of a list's items; none where they are not known, and without a GIL, where another thread
    /// may change them.
    ///
    /// # Safety
    /// `list` must be a live list, the thread attached, and the slice be out of use before other code runs.
    #[inline]
    pub unsafe fn list_items<'a>(&self, list: *mut PyObject) -> Option<&'a [*mut PyObject]> {
        // SAFETY: as the caller promises; with a GIL the items stay as they are until other code runs.
        unsafe { self.places(list).map(|items| &*items) }
    }

    /// # Safety
    /// `list` must be a live list and the thread attached.
    #[inline]
    unsafe fn places(&self, list: *mut PyObject) -> Option<*mut [*mut PyObject]> {
        let offset = self.layout.list_items.get()?.get();
        // SAFETY: every list has a pointer to its items there, null if it has none, and their number before it
        // (rule 1).
        unsafe {
            let items = ptr::with_exposed_provenance_mut::<*mut PyObject>(word(list, offset));
            Some(match items.is_null() {
                true => ptr::slice_from_raw_parts_mut(ptr::dangling_mut(), 0),
                false => ptr::slice_from_raw_parts_mut(items, word(list, offset - WORD)),
            })
        }
    }

    /// Puts an item into a place of a list in which nothing is yet; false where there is no such place, or
    /// where nobody knows where it is.
    ///
    /// # Safety
    /// `list` must be a list that nobody else has, the thread attached, and the item a reference of the
    /// caller's, who has it no more where it was put.
    #[inline]
    pub unsafe fn list_put(&self, list: *mut PyObject, index: usize, item: *mut PyObject) -> bool {
        // SAFETY: as the caller promises; written to within its bounds.
        unsafe {
            let Some(places) = self.places(list).filter(|places| index < places.len()) else {
                return false;
            };
            let place = places.cast::<*mut PyObject>().add(index);
            let is_free = place.read().is_null();
            if is_free {
                place.write(item);
            }
            is_free
        }
    }

    /// Finds out, at its first call, what objects have to be made for.
    ///
    /// # Safety
    /// The thread must be attached. Code of other people may run: making a list can begin a collection.
    #[inline]
    pub unsafe fn look(&self) {
        if !self.layout.looked.load(Ordering::Relaxed) {
            // SAFETY: as the caller promises.
            unsafe { self.look_now() }
        }
    }

    #[cold]
    unsafe fn look_now(&self) {
        // SAFETY: attached.
        unsafe {
            self.layout.float_value.set(self.find_float_value());
            self.layout.list_items.set(self.find_list_items());
            self.find_text();
            self.PyErr_Clear();
        }
        self.layout.looked.store(true, Ordering::Relaxed);
    }

    /// # Safety
    /// The thread must be attached.
    unsafe fn find_float_value(&self) -> Option<usize> {
        const KNOWN: [u64; 4] = [
            0x0123_4567_89ab_cdef,
            0xbff0_dead_4bad_cafe,
            0x4009_21fb_5444_2d18,
            0x8000_0000_0000_0001,
        ];
        // SAFETY: attached; the words of a float are looked at, and no others.
        unsafe {
            let size = self.instance_size(self.PyFloat_Type())?;
            let floats = KNOWN.map(|bits| self.PyFloat_FromDouble(f64::from_bits(bits)));
            let has_value = |offset: &usize| {
                floats.iter().zip(KNOWN).all(|(float, bits)| {
                    !float.is_null()
                        && float.byte_add(*offset).cast::<u64>().read_unaligned() == bits
                })
            };
            let found = (WORD..=size.checked_sub(size_of::<f64>())?)
                .step_by(WORD)
                .find(has_value);
            floats.into_iter().for_each(|float| self.Py_DecRef(float));
            found
        }
    }

    /// The head of a list ends with the type pointer. Behind it come three words: the length, the pointer
    /// to the items, and for how many there is room.
    ///
    /// # Safety
    /// The thread must be attached.
    unsafe fn find_list_items(&self) -> Option<usize> {
        let length = self.type_offset?.get() + WORD;
        // SAFETY: attached.
        let size = unsafe { self.instance_size(self.PyList_Type())? };
        if self.version.free_threaded || size != length + 3 * WORD {
            return None;
        }
        let items = length + WORD;
        // SAFETY: attached; an offset within a list.
        let as_expected = |len| unsafe { self.has_list_items(len, items) };
        [0, 1, 3, 100].into_iter().all(as_expected).then_some(items)
    }

    /// Whether a new list of such a length has what is expected around and behind the word at an offset.
    ///
    /// # Safety
    /// The thread must be attached, and a list have a word before and one after that offset.
    unsafe fn has_list_items(&self, len: usize, offset: usize) -> bool {
        // SAFETY: attached. The words of a list are looked at, and what the middle one points to only where the
        // other two have their known values, so that it can be nothing but the items.
        unsafe {
            let list = self.PyList_New(len as Py_ssize_t);
            if list.is_null() {
                return false;
            }
            let filled = (0..len).all(|index| {
                let item = self.PyLong_FromLongLong(1_000_000 + index as i64);
                !item.is_null() && self.PyList_SetItem(list, index as Py_ssize_t, item) == 0
            });
            let items = word(list, offset);
            let found = filled
                && word(list, offset - WORD) == len
                && word(list, offset + WORD) == len
                && (items == 0) == (len == 0)
                && items.is_multiple_of(WORD)
                && (0..len).all(|index| {
                    let items = items as *const *mut PyObject;
                    items.add(index).read() == self.PyList_GetItem(list, index as Py_ssize_t)
                });
            self.Py_DecRef(list);
            found
        }
    }

    /// How large the instances of a built-in class are, as it says itself.
    ///
    /// # Safety
    /// The thread must be attached.
    unsafe fn instance_size(&self, class: *mut PyObject) -> Option<usize> {
        const NAME: &str = "__basicsize__";
        // SAFETY: attached; a live class; references of our own, and `Py_DecRef` takes null.
        unsafe {
            let name = self.PyUnicode_FromStringAndSize(NAME.as_ptr().cast(), NAME.len() as isize);
            if name.is_null() {
                return None;
            }
            let size = self.PyObject_GetAttr(class, name);
            self.Py_DecRef(name);
            self.size_in(size)
        }
    }

    /// The size that an int says, which is given back; none of null.
    ///
    /// # Safety
    /// The thread must be attached, and `int` be null or a reference of the caller's.
    unsafe fn size_in(&self, int: *mut PyObject) -> Option<usize> {
        if int.is_null() {
            return None;
        }
        let mut overflow = 0;
        // SAFETY: as the caller promises.
        unsafe {
            let value = self.PyLong_AsLongLongAndOverflow(int, &mut overflow);
            self.Py_DecRef(int);
            usize::try_from(value).ok()
        }
    }
}
