//! Vectors of plain numbers, read in one go.
//!
//! To serde a `Vec<f64>` is a visitor that asks for one element after the other, behind which nobody can
//! see a block of memory. But a seed `PhantomData<Vec<f64>>` means that vector and nothing else, whatever
//! type it is a field of; so it is read here, where the object is as plain as the vector. Any other object
//! takes the usual way, with its conversions and its errors.

use super::FromPython;
use super::memory::Memory;
use crate::buffer::Element;
use gopyre_sys as sys;
use serde::de::DeserializeSeed;
use std::any::TypeId;
use std::marker::PhantomData;
use std::mem::{self, ManuallyDrop};
use sys::type_flags;

/// A number that may be in a list.
pub(super) trait Number: Element {
    /// The value of an object that is exactly such a number; runs no Python.
    fn read(from: FromPython<'_, '_>) -> Option<Self>;
}

macro_rules! integers {
    ($($ty:ty),*) => {$(
        impl Number for $ty {
            #[inline]
            fn read(from: FromPython<'_, '_>) -> Option<Self> {
                from.small_int()?.try_into().ok()
            }
        }
    )*};
}
integers!(i8, i16, i32, i64, u8, u16, u32, u64);

impl Number for f64 {
    #[inline]
    fn read(from: FromPython<'_, '_>) -> Option<Self> {
        from.exact_float()
    }
}

impl Number for f32 {
    #[inline]
    fn read(from: FromPython<'_, '_>) -> Option<Self> {
        let value = from.exact_float()?;
        let narrow = value as f32;
        // Too large for it is an error of the usual way.
        (narrow.is_finite() || !value.is_finite()).then_some(narrow)
    }
}

/// What tells a type from all others, up to the lifetimes in it.
#[inline(always)]
fn identity<T>() -> TypeId {
    trait Identity {
        fn identity(&self) -> TypeId
        where
            Self: 'static;
    }
    impl<T> Identity for PhantomData<T> {
        fn identity(&self) -> TypeId
        where
            Self: 'static,
        {
            TypeId::of::<T>()
        }
    }
    let marker = PhantomData::<T>;
    let marker: &dyn Identity = &marker;
    // SAFETY: only the lifetime bound changes, and nothing of that lifetime is touched: the marker is empty.
    let marker = unsafe { mem::transmute::<&dyn Identity, &(dyn Identity + 'static)>(marker) };
    marker.identity()
}

impl<'a, 'py> FromPython<'a, 'py> {
    /// The vector of numbers that a seed stands for; none where it stands for anything else, or where the
    /// object is not that plain.
    #[inline(always)]
    pub(super) fn numbers<'de, S: DeserializeSeed<'de>>(self) -> Option<S::Value> {
        // Constants, so that most types know at once.
        if size_of::<S>() != 0 || size_of::<S::Value>() != size_of::<Vec<u8>>() {
            return None;
        }
        let wanted = identity::<S>();
        macro_rules! one_of {
            ($($ty:ty),*) => {$(
                if wanted == TypeId::of::<PhantomData<Vec<$ty>>>() {
                    let vec = ManuallyDrop::new(self.vec::<$ty>()?);
                    // SAFETY: the seed's value is this very type, in which there are no lifetimes.
                    return Some(unsafe { mem::transmute_copy::<Vec<$ty>, S::Value>(&vec) });
                }
            )*};
        }
        one_of!(f64, f32, i64, i32, i16, i8, u64, u32, u16, u8);
        None
    }

    #[inline(never)]
    fn vec<T: Number>(self) -> Option<Vec<T>> {
        // Too deep is an error of the usual way.
        self.place.depth.inside().ok()?;
        let (py, class) = (self.py(), self.class());
        if class == py.PyList_Type() {
            // Without a GIL the list may change, and let go of an item, while that is read.
            if py.version.free_threaded {
                return None;
            }
            // SAFETY: attached, a list, which stays as it is: reading a number runs no other code.
            let len = unsafe { py.PyList_Size(self.object) };
            // SAFETY: as above; an index below the length.
            return self.all(len, |index| unsafe {
                py.PyList_GetItem(self.object, index)
            });
        }
        if class == py.PyTuple_Type() {
            // SAFETY: attached, a tuple, which nobody changes.
            let len = unsafe { py.PyTuple_Size(self.object) };
            // SAFETY: as above; an index below the length.
            return self.all(len, |index| unsafe {
                py.PyTuple_GetItem(self.object, index)
            });
        }
        const BUILTIN: std::ffi::c_ulong = type_flags::LIST
            | type_flags::TUPLE
            | type_flags::DICT
            | type_flags::UNICODE
            | type_flags::LONG;
        // What comes out of an enum member or raises is for the usual way.
        if self.is_none() || self.flags() & BUILTIN != 0 || self.member_value().ok()?.is_some() {
            return None;
        }
        Memory::of(self).ok()??.to_vec()
    }

    /// So many numbers, if all items are; each item lives while it is read.
    #[inline]
    fn all<T: Number>(
        self,
        len: isize,
        item: impl Fn(isize) -> *mut sys::PyObject,
    ) -> Option<Vec<T>> {
        let mut vec = Vec::with_capacity(len.unsigned_abs());
        for index in 0..len {
            let object = item(index);
            // One that somebody is still filling has none there.
            if object.is_null() {
                return None;
            }
            vec.push(T::read(FromPython { object, ..self })?);
        }
        Some(vec)
    }
}
