//! Rust values to Python objects: serde's `Serializer`.

mod maps;
mod number;
pub(super) mod outcome;
mod plain;
mod sequences;
mod structs;
mod values;
mod variants;

use super::depth::Depth;
use super::failure::Failure;
use super::handle;
use crate::attach::Attached;
use crate::reference::Ref;
use gopyre_sys as sys;
use maps::DictBuilder;
use sequences::{ListBuilder, TupleBuilder};
use serde::ser::{Serialize, Serializer};
use structs::StructBuilder;
use variants::Tagged;

/// Makes one object.
#[derive(Clone, Copy)]
pub(super) struct ToPython<'py> {
    py: Attached<'py>,
    depth: Depth,
    /// A map's key.
    is_key: bool,
}

impl<'py> ToPython<'py> {
    #[inline]
    pub(super) fn new(py: Attached<'py>) -> Self {
        // SAFETY: attached; nothing is made yet.
        unsafe { py.look() };
        ToPython {
            py,
            depth: Depth::default(),
            is_key: false,
        }
    }

    /// The serializer for what is in a container.
    #[inline]
    fn inside(self) -> Result<Self, Failure> {
        Ok(ToPython {
            depth: self.depth.inside()?,
            is_key: false,
            ..self
        })
    }

    /// The serializer for a key of the map that is being made.
    #[inline]
    fn key(self) -> Self {
        ToPython {
            is_key: true,
            ..self
        }
    }

    /// Takes over a new reference.
    ///
    /// # Safety
    /// `raw` must be a reference that the caller owns, or null with an exception raised.
    #[inline]
    unsafe fn owned(self, raw: *mut sys::PyObject) -> Result<Ref<'py>, Failure> {
        // SAFETY: as the caller promises.
        unsafe { Ref::owned_or_none(self.py, raw) }.ok_or_else(|| Failure::raised(self.py))
    }

    /// The interned str of a name that is a constant of the program.
    #[inline]
    fn name(self, name: &'static str) -> Result<Ref<'py>, Failure> {
        let name = self.py.names().get(self.py, name);
        // SAFETY: a live str of the table of names, or null with an exception; `Py_IncRef` takes null.
        unsafe {
            self.py.Py_IncRef(name);
            self.owned(name)
        }
    }

    /// `{variant: value}`.
    fn tagged(self, variant: &'static str, value: Ref<'py>) -> Result<Ref<'py>, Failure> {
        let py = self.py;
        // SAFETY: attached; a new dict, live objects.
        unsafe {
            let dict = self.owned(py.PyDict_New())?;
            let name = self.name(variant)?;
            match py.PyDict_SetItem(dict.as_ptr(), name.as_ptr(), value.as_ptr()) {
                0 => Ok(dict),
                _ => Err(Failure::raised(py)),
            }
        }
    }
}

macro_rules! integers {
    ($($method:ident: $ty:ty => $make:ident),* $(,)?) => {$(
        #[inline]
        fn $method(self, value: $ty) -> Result<Ref<'py>, Failure> {
            // SAFETY: attached; a new reference.
            unsafe { self.owned(self.py.$make(value.into())) }
        }
    )*};
}

impl<'py> Serializer for ToPython<'py> {
    type Ok = Ref<'py>;
    type Error = Failure;
    type SerializeSeq = ListBuilder<'py>;
    type SerializeTuple = TupleBuilder<'py>;
    type SerializeTupleStruct = TupleBuilder<'py>;
    type SerializeTupleVariant = Tagged<'py, TupleBuilder<'py>>;
    type SerializeMap = DictBuilder<'py>;
    type SerializeStruct = StructBuilder<'py>;
    type SerializeStructVariant = Tagged<'py, StructBuilder<'py>>;

    integers! {
        serialize_i8: i8 => PyLong_FromLongLong,
        serialize_i16: i16 => PyLong_FromLongLong,
        serialize_i32: i32 => PyLong_FromLongLong,
        serialize_i64: i64 => PyLong_FromLongLong,
        serialize_u8: u8 => PyLong_FromUnsignedLongLong,
        serialize_u16: u16 => PyLong_FromUnsignedLongLong,
        serialize_u32: u32 => PyLong_FromUnsignedLongLong,
        serialize_u64: u64 => PyLong_FromUnsignedLongLong,
        serialize_f32: f32 => PyFloat_FromDouble,
        serialize_f64: f64 => PyFloat_FromDouble,
        serialize_bool: bool => PyBool_FromLong,
    }

    fn serialize_i128(self, value: i128) -> Result<Ref<'py>, Failure> {
        number::wide(self, value)
    }

    fn serialize_u128(self, value: u128) -> Result<Ref<'py>, Failure> {
        number::wide(self, value)
    }

    fn serialize_char(self, value: char) -> Result<Ref<'py>, Failure> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result<Ref<'py>, Failure> {
        if self.is_key {
            // SAFETY: a new reference.
            return unsafe { self.owned(self.py.names().keys().get(self.py, value)) };
        }
        // SAFETY: attached; a new reference.
        unsafe { self.owned(self.py.str_of(value)) }
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Ref<'py>, Failure> {
        // SAFETY: attached; bytes of that length, which never exceeds `isize::MAX`.
        unsafe {
            self.owned(
                self.py
                    .PyBytes_FromStringAndSize(value.as_ptr().cast(), value.len() as isize),
            )
        }
    }

    #[inline]
    fn serialize_none(self) -> Result<Ref<'py>, Failure> {
        Ok(Ref::none(self.py))
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Ref<'py>, Failure> {
        value.serialize(ToPython {
            depth: self.depth.wrapped()?,
            ..self
        })
    }

    fn serialize_unit(self) -> Result<Ref<'py>, Failure> {
        Ok(Ref::none(self.py))
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Ref<'py>, Failure> {
        Ok(Ref::none(self.py))
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Ref<'py>, Failure> {
        self.name(variant)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<Ref<'py>, Failure> {
        if handle::is_token(name)
            && let Some(object) = handle::going(self.py)
        {
            return object;
        }
        value.serialize(ToPython {
            depth: self.depth.wrapped()?,
            ..self
        })
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Ref<'py>, Failure> {
        let inner = value
            .serialize(self.inside()?)
            .map_err(|e| e.at_name(variant))?;
        self.tagged(variant, inner)
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<ListBuilder<'py>, Failure> {
        ListBuilder::new(self.inside()?, len.unwrap_or(0))
    }

    fn serialize_tuple(self, len: usize) -> Result<TupleBuilder<'py>, Failure> {
        TupleBuilder::new(self.inside()?, len)
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        len: usize,
    ) -> Result<TupleBuilder<'py>, Failure> {
        TupleBuilder::new(self.inside()?, len)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Tagged<'py, TupleBuilder<'py>>, Failure> {
        let outer = self.inside()?;
        Ok(Tagged::new(
            outer,
            variant,
            TupleBuilder::new(outer.inside()?, len)?,
        ))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<DictBuilder<'py>, Failure> {
        DictBuilder::new(self.inside()?)
    }

    #[inline]
    fn serialize_struct(
        self,
        name: &'static str,
        len: usize,
    ) -> Result<StructBuilder<'py>, Failure> {
        if name.as_bytes().first() == Some(&b'$') && name == number::NUMBER {
            return Ok(StructBuilder::number(self));
        }
        Ok(StructBuilder::new(self.inside()?, name, len))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Tagged<'py, StructBuilder<'py>>, Failure> {
        let outer = self.inside()?;
        Ok(Tagged::new(
            outer,
            variant,
            StructBuilder::new(outer.inside()?, variant, len),
        ))
    }
}
