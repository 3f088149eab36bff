//! A `Result` that serializes, because its error does: serde writes it as an enum of that name.

use super::ToPython;
use crate::convert::failure::Failure;
use crate::reference::Ref;
use serde::ser::{Error as _, Impossible, Serialize, Serializer};

/// Makes an object of what is in a `Result`.
pub(in crate::convert) struct ToOutcome<'py>(pub(in crate::convert) ToPython<'py>);

/// The value of `Ok`, or that of `Err`.
pub(in crate::convert) type Outcome<'py> = Result<Ref<'py>, Ref<'py>>;

/// Whether a type is `Result`: its name is all that can be asked of any type.
#[inline]
pub(in crate::convert) fn is_result<T: ?Sized>() -> bool {
    std::any::type_name::<T>().starts_with("core::result::Result<")
}

type Never<'py> = Impossible<Outcome<'py>, Failure>;

fn refuse<T>() -> Result<T, Failure> {
    Err(Failure::custom("a `Result` did not serialize as one"))
}

macro_rules! refuse {
    ($($method:ident($($ty:ty),*) -> $ok:ty;)*) => {$(
        fn $method(self $(, _: $ty)*) -> Result<$ok, Failure> {
            refuse()
        }
    )*};
}

impl<'py> Serializer for ToOutcome<'py> {
    type Ok = Outcome<'py>;
    type Error = Failure;
    type SerializeSeq = Never<'py>;
    type SerializeTuple = Never<'py>;
    type SerializeTupleStruct = Never<'py>;
    type SerializeTupleVariant = Never<'py>;
    type SerializeMap = Never<'py>;
    type SerializeStruct = Never<'py>;
    type SerializeStructVariant = Never<'py>;

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Outcome<'py>, Failure> {
        let value = value.serialize(self.0)?;
        Ok(match variant {
            "Err" => Err(value),
            _ => Ok(value),
        })
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<Outcome<'py>, Failure> {
        refuse()
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: &T,
    ) -> Result<Outcome<'py>, Failure> {
        refuse()
    }

    refuse! {
        serialize_bool(bool) -> Outcome<'py>;
        serialize_i8(i8) -> Outcome<'py>;
        serialize_i16(i16) -> Outcome<'py>;
        serialize_i32(i32) -> Outcome<'py>;
        serialize_i64(i64) -> Outcome<'py>;
        serialize_u8(u8) -> Outcome<'py>;
        serialize_u16(u16) -> Outcome<'py>;
        serialize_u32(u32) -> Outcome<'py>;
        serialize_u64(u64) -> Outcome<'py>;
        serialize_f32(f32) -> Outcome<'py>;
        serialize_f64(f64) -> Outcome<'py>;
        serialize_char(char) -> Outcome<'py>;
        serialize_str(&str) -> Outcome<'py>;
        serialize_bytes(&[u8]) -> Outcome<'py>;
        serialize_none() -> Outcome<'py>;
        serialize_unit() -> Outcome<'py>;
        serialize_unit_struct(&'static str) -> Outcome<'py>;
        serialize_unit_variant(&'static str, u32, &'static str) -> Outcome<'py>;
        serialize_seq(Option<usize>) -> Never<'py>;
        serialize_tuple(usize) -> Never<'py>;
        serialize_tuple_struct(&'static str, usize) -> Never<'py>;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Never<'py>;
        serialize_map(Option<usize>) -> Never<'py>;
        serialize_struct(&'static str, usize) -> Never<'py>;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Never<'py>;
    }
}
