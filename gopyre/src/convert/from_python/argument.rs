//! An argument of a Rust function that Python calls: text and bytes may be borrowed from it.

use super::{FromPython, Place};
use crate::attach::Attached;
use crate::convert::failure::Failure;
use gopyre_sys as sys;
use serde::de::{Deserialize, Deserializer, Visitor};
use std::marker::PhantomData;

/// Reads an argument.
///
/// # Safety
/// `object` must be a live object of the attached interpreter, and stay one as long as `'a`.
#[inline]
pub(in crate::convert) unsafe fn read<'a, T: Deserialize<'a>>(
    py: Attached<'_>,
    object: *mut sys::PyObject,
) -> Result<T, Failure> {
    let place = Place::root(py);
    let object = FromPython {
        object,
        place: &place,
    };
    let borrowing = Borrowing {
        object,
        alive: PhantomData,
    };
    object.explain(T::deserialize(borrowing), super::Frame::Buffered)
}

/// Reads an object as its own deserializer does, and lends what lies in it as Rust wants it.
struct Borrowing<'a, 'b, 'py> {
    object: FromPython<'b, 'py>,
    /// How long somebody keeps the object alive.
    alive: PhantomData<&'a ()>,
}

impl<'a> Borrowing<'a, '_, '_> {
    /// The text of an exact str.
    #[inline]
    fn text<V: Visitor<'a>>(&self, visitor: &V) -> Option<Result<&'a str, Failure>> {
        let object = self.object;
        if object.class() != object.py().PyUnicode_Type() {
            return None;
        }
        let text = object.utf8(visitor);
        // SAFETY: a str keeps its text as long as it lives, which `read` was promised.
        Some(text.map(|text| unsafe { &*std::ptr::from_ref::<str>(text) }))
    }

    /// The content of exact bytes.
    fn content(&self) -> Option<&'a [u8]> {
        let object = self.object;
        let py = object.py();
        if object.class() != py.PyBytes_Type() {
            return None;
        }
        let (mut data, mut size) = (std::ptr::null_mut(), 0);
        // SAFETY: attached, and exact bytes, which never change and live as long as `read` was promised.
        unsafe {
            py.PyBytes_AsStringAndSize(object.object, &mut data, &mut size);
            Some(std::slice::from_raw_parts(
                data.cast::<u8>(),
                size.unsigned_abs(),
            ))
        }
    }
}

macro_rules! pass {
    ($($method:ident($($name:ident: $ty:ty),*);)*) => {$(
        #[inline]
        fn $method<V: Visitor<'a>>(self $(, $name: $ty)*, visitor: V) -> Result<V::Value, Failure> {
            self.object.$method($($name,)* visitor)
        }
    )*};
}

impl<'a> Deserializer<'a> for Borrowing<'a, '_, '_> {
    type Error = Failure;

    #[inline]
    fn deserialize_str<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.text(&visitor) {
            Some(text) => self.object.leaf(visitor.visit_borrowed_str(text?)),
            None => self.object.deserialize_str(visitor),
        }
    }

    #[inline]
    fn deserialize_bytes<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.content() {
            Some(content) => self.object.leaf(visitor.visit_borrowed_bytes(content)),
            None => self.object.deserialize_bytes(visitor),
        }
    }

    #[inline]
    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Failure> {
        let object = self.object;
        if object.is_none() {
            return object.leaf(visitor.visit_none());
        }
        let outcome = visitor.visit_some(Borrowing {
            object: object.at(&object.wrapped()?),
            alive: PhantomData,
        });
        object.explain(outcome, super::Frame::Buffered)
    }

    pass! {
        deserialize_any();
        deserialize_bool();
        deserialize_i8();
        deserialize_i16();
        deserialize_i32();
        deserialize_i64();
        deserialize_i128();
        deserialize_u8();
        deserialize_u16();
        deserialize_u32();
        deserialize_u64();
        deserialize_u128();
        deserialize_f32();
        deserialize_f64();
        deserialize_char();
        deserialize_string();
        deserialize_byte_buf();
        deserialize_unit();
        deserialize_unit_struct(name: &'static str);
        deserialize_newtype_struct(name: &'static str);
        deserialize_seq();
        deserialize_tuple(len: usize);
        deserialize_tuple_struct(name: &'static str, len: usize);
        deserialize_map();
        deserialize_struct(name: &'static str, fields: &'static [&'static str]);
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
        deserialize_identifier();
        deserialize_ignored_any();
    }
}
