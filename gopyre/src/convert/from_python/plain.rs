//! Strings, and vectors of strings and of numbers, read in one go.
//!
//! To serde a `Vec<f64>` is a visitor that asks for one element after the other, behind which nobody can
//! see a block of memory. But a seed `PhantomData<Vec<f64>>` means that vector and nothing else, whatever
//! type it is a field of; so it is read here, where the object is as plain as the vector. No code but ours
//! runs meanwhile, so nothing in it needs a reference. Any other object takes the usual way, with its
//! conversions and its errors.

use super::FromPython;
use super::memory::Memory;
use crate::buffer::Element;
use crate::convert::identity::identity;
use gopyre_sys as sys;
use serde::de::DeserializeSeed;
use std::any::TypeId;
use std::marker::PhantomData;
use std::mem::{self, ManuallyDrop};
use sys::type_flags;

/// What may be in a list.
trait Plain: Sized {
    /// The value of an object that is exactly such a one; runs no Python.
    fn read(from: FromPython<'_, '_>) -> Option<Self>;
}

macro_rules! integers {
    ($($ty:ty),*) => {$(
        impl Plain for $ty {
            #[inline]
            fn read(from: FromPython<'_, '_>) -> Option<Self> {
                from.small_int()?.try_into().ok()
            }
        }
    )*};
}
integers!(i8, i16, i32, i64, u8, u16, u32, u64);

impl Plain for f64 {
    #[inline]
    fn read(from: FromPython<'_, '_>) -> Option<Self> {
        from.exact_float()
    }
}

impl Plain for f32 {
    #[inline]
    fn read(from: FromPython<'_, '_>) -> Option<Self> {
        let value = from.exact_float()?;
        let narrow = value as f32;
        // Too large for it is an error of the usual way.
        (narrow.is_finite() || !value.is_finite()).then_some(narrow)
    }
}

impl Plain for String {
    #[inline]
    fn read(from: FromPython<'_, '_>) -> Option<Self> {
        from.exact_text().map(str::to_owned)
    }
}

impl<'a, 'py> FromPython<'a, 'py> {
    /// The string or vector that a seed stands for; none where it stands for anything else, or where the
    /// object is not that plain.
    #[inline(always)]
    pub(super) fn plain<'de, S: DeserializeSeed<'de>>(self) -> Option<S::Value> {
        // Constants, so that most types know at once.
        if size_of::<S>() != 0 || size_of::<S::Value>() != size_of::<Vec<u8>>() {
            return None;
        }
        let wanted = identity::<S>();
        macro_rules! one_of {
            ($($ty:ty: $read:expr),* $(,)?) => {$(
                if wanted == TypeId::of::<PhantomData<$ty>>() {
                    let value = ManuallyDrop::<$ty>::new($read?);
                    // SAFETY: the seed's value is this very type, in which there are no lifetimes.
                    return Some(unsafe { mem::transmute_copy::<$ty, S::Value>(&value) });
                }
            )*};
        }
        one_of! {
            String: Plain::read(self),
            Vec<String>: self.elements(),
            Vec<f64>: self.numbers(),
            Vec<f32>: self.numbers(),
            Vec<i64>: self.numbers(),
            Vec<i32>: self.numbers(),
            Vec<i16>: self.numbers(),
            Vec<i8>: self.numbers(),
            Vec<u64>: self.numbers(),
            Vec<u32>: self.numbers(),
            Vec<u16>: self.numbers(),
            Vec<u8>: self.numbers(),
        }
        None
    }

    /// Numbers of a list, a tuple or an array.
    #[inline(never)]
    fn numbers<T: Plain + Element>(self) -> Option<Vec<T>> {
        const NO_ARRAYS: std::ffi::c_ulong = type_flags::LIST
            | type_flags::TUPLE
            | type_flags::DICT
            | type_flags::UNICODE
            | type_flags::LONG;
        let (py, class) = (self.py(), self.class());
        if class == py.PyList_Type() || class == py.PyTuple_Type() {
            return self.elements();
        }
        // Too deep is an error of the usual way.
        self.place.depth.inside().ok()?;
        // What comes out of an enum member or raises is for the usual way.
        if self.is_none() || self.flags() & NO_ARRAYS != 0 || self.member_value().ok()?.is_some() {
            return None;
        }
        Memory::of(self).ok()??.to_vec()
    }

    /// The items of a list or a tuple, if all are of the kind; each lives while it is read.
    #[inline(never)]
    fn elements<T: Plain>(self) -> Option<Vec<T>> {
        self.place.depth.inside().ok()?;
        let (py, class) = (self.py(), self.class());
        if class == py.PyList_Type() {
            // Without a GIL the list may change, and let go of an item, while that is read.
            if py.version.free_threaded {
                return None;
            }
            // SAFETY: attached, a list, which stays as it is: reading an item runs no other code.
            return match unsafe { py.list_items(self.object) } {
                Some(items) => self.all(items.iter().copied()),
                None => {
                    // SAFETY: as above.
                    let len = unsafe { py.PyList_Size(self.object) };
                    // SAFETY: as above; an index below the length.
                    self.all((0..len).map(|index| unsafe { py.PyList_GetItem(self.object, index) }))
                }
            };
        }
        if class != py.PyTuple_Type() {
            return None;
        }
        // SAFETY: attached, a tuple, which nobody changes.
        let len = unsafe { py.PyTuple_Size(self.object) };
        // SAFETY: as above; an index below the length.
        self.all((0..len).map(|index| unsafe { py.PyTuple_GetItem(self.object, index) }))
    }

    /// All of them; the vector is as long as they say, so that none is added to it later.
    #[inline]
    fn all<T: Plain>(self, items: impl Iterator<Item = *mut sys::PyObject>) -> Option<Vec<T>> {
        let mut vec = Vec::with_capacity(items.size_hint().0);
        for object in items {
            // One that somebody is still filling has none there.
            if object.is_null() {
                return None;
            }
            vec.push(T::read(FromPython { object, ..self })?);
        }
        Some(vec)
    }
}
