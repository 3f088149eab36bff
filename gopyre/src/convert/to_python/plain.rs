//! Lists of strings and of numbers, made in one go.
//!
//! To serde a `Vec<f64>` is a type that gives one element after the other, between which other code may run.
//! Of a type that is known to be this one it is known that none does: its list needs not be kept from the
//! garbage collector meanwhile.

use super::ToPython;
use crate::convert::failure::Failure;
use crate::convert::identity::identity;
use crate::reference::Ref;
use gopyre_sys as sys;
use serde::ser::Serialize;
use serde_json::Value;
use std::any::TypeId;
use std::mem;

impl<'py> ToPython<'py> {
    /// Makes the object of a value.
    #[inline(always)]
    pub(in crate::convert) fn object<T: Serialize + ?Sized>(
        self,
        value: &T,
    ) -> Result<Ref<'py>, Failure> {
        match self.plain(value) {
            Some(list) => list,
            None => value.serialize(self),
        }
    }

    /// The object of a `Value`, and the list of a vector or a slice of strings or numbers, or of a reference to one;
    /// none of any other type.
    #[inline(always)]
    fn plain<T: ?Sized>(self, value: &T) -> Option<Result<Ref<'py>, Failure>> {
        let py = self.py;
        // A constant, so that other types cost nothing.
        let given = identity::<T>();
        if given == TypeId::of::<Value>() {
            // SAFETY: the type is this very one.
            let value: &Value = unsafe { mem::transmute_copy(&value) };
            return Some(self.json(value));
        }
        macro_rules! one_of {
            ($($ty:ty: |$item:ident| $make:expr),* $(,)?) => {$(
                // SAFETY: attached; new references, and no other code runs.
                let make = |$item: &$ty| unsafe { $make };
                // SAFETY: the type is this very one, in each of the four.
                let items: Option<&[$ty]> = unsafe {
                    if given == TypeId::of::<Vec<$ty>>() {
                        Some(mem::transmute_copy::<&T, &Vec<$ty>>(&value))
                    } else if given == TypeId::of::<[$ty]>() {
                        Some(mem::transmute_copy::<&T, &[$ty]>(&value))
                    } else if given == TypeId::of::<&Vec<$ty>>() {
                        Some(mem::transmute_copy::<&T, &&Vec<$ty>>(&value))
                    } else if given == TypeId::of::<&[$ty]>() {
                        Some(mem::transmute_copy::<&T, &&[$ty]>(&value))
                    } else {
                        None
                    }
                };
                if let Some(items) = items {
                    return self.list(items, make);
                }
            )*};
        }
        one_of! {
            String: |item| py.str_of(item),
            &str: |item| py.str_of(item),
            f64: |item| py.PyFloat_FromDouble(*item),
            f32: |item| py.PyFloat_FromDouble((*item).into()),
            i64: |item| py.PyLong_FromLongLong(*item),
            i32: |item| py.PyLong_FromLongLong((*item).into()),
            i16: |item| py.PyLong_FromLongLong((*item).into()),
            i8: |item| py.PyLong_FromLongLong((*item).into()),
            u64: |item| py.PyLong_FromUnsignedLongLong(*item),
            u32: |item| py.PyLong_FromUnsignedLongLong((*item).into()),
            u16: |item| py.PyLong_FromUnsignedLongLong((*item).into()),
            u8: |item| py.PyLong_FromUnsignedLongLong((*item).into()),
        }
        None
    }

    /// None where other threads could come upon the list while it is filled.
    #[inline(never)]
    fn list<T>(
        self,
        items: &[T],
        make: impl Fn(&T) -> *mut sys::PyObject,
    ) -> Option<Result<Ref<'py>, Failure>> {
        let py = self.py;
        if py.version.free_threaded {
            return None;
        }
        if let Err(failure) = self.depth.inside() {
            return Some(Err(failure));
        }
        // SAFETY: attached; a new list of our own, of that length; its items are new references or null.
        unsafe {
            let list = match self.owned(py.PyList_New(items.len() as isize)) {
                Ok(list) => list,
                Err(failure) => return Some(Err(failure)),
            };
            for (index, item) in items.iter().enumerate() {
                let item = make(item);
                if item.is_null() {
                    drop(list);
                    return Some(Err(Failure::raised(py)));
                }
                if !py.list_put(list.as_ptr(), index, item) {
                    py.PyList_SetItem(list.as_ptr(), index as isize, item);
                }
            }
            Some(Ok(list))
        }
    }
}
