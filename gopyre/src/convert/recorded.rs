//! A value on hold: what a `Serialize` said once, to be said again in every interpreter.

use super::failure::Failure;
use super::handle;
use crate::error::Error;
use crate::object::Object;
use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// A serialized value.
#[derive(Debug)]
pub(crate) enum Recorded {
    Bool(bool),
    Signed(i128),
    Unsigned(u128),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
    None,
    Object(Object),
    Seq(Vec<Recorded>),
    Tuple(Vec<Recorded>),
    Map(Vec<(Recorded, Recorded)>),
    Struct(&'static str, Vec<(&'static str, Recorded)>),
    Variant(&'static str, Box<Recorded>),
}

impl Recorded {
    /// Records a value.
    pub(crate) fn new(value: &(impl Serialize + ?Sized)) -> Result<Recorded, Error> {
        value.serialize(Recorder { depth: 0 }).map_err(Into::into)
    }
}

impl Serialize for Recorded {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Recorded::Bool(value) => s.serialize_bool(*value),
            Recorded::Signed(value) => s.serialize_i128(*value),
            Recorded::Unsigned(value) => s.serialize_u128(*value),
            Recorded::Float(value) => s.serialize_f64(*value),
            Recorded::Text(value) => s.serialize_str(value),
            Recorded::Bytes(value) => s.serialize_bytes(value),
            Recorded::None => s.serialize_unit(),
            Recorded::Object(object) => object.serialize(s),
            Recorded::Seq(items) => s.collect_seq(items),
            Recorded::Tuple(items) => {
                let mut tuple = s.serialize_tuple(items.len())?;
                for item in items {
                    tuple.serialize_element(item)?;
                }
                tuple.end()
            }
            Recorded::Map(entries) => {
                s.collect_map(entries.iter().map(|(key, value)| (key, value)))
            }
            Recorded::Struct(name, fields) => {
                let mut fields_of = s.serialize_struct(name, fields.len())?;
                for (field, value) in fields {
                    fields_of.serialize_field(field, value)?;
                }
                fields_of.end()
            }
            Recorded::Variant(name, value) => s.serialize_newtype_variant("", 0, name, &**value),
        }
    }
}

/// Records one value.
#[derive(Clone, Copy)]
struct Recorder {
    depth: u16,
}

impl Recorder {
    fn inside(self) -> Result<Recorder, Failure> {
        match self.depth >= super::depth::LEVELS {
            true => Err(Failure::too_deep()),
            false => Ok(Recorder {
                depth: self.depth + 1,
            }),
        }
    }
}

/// What is being recorded of a container.
struct Parts {
    within: Recorder,
    items: Vec<Recorded>,
    fields: Vec<(&'static str, Recorded)>,
    entries: Vec<(Recorded, Recorded)>,
    key: Option<Recorded>,
    name: &'static str,
    shape: Shape,
    variant: Option<&'static str>,
}

enum Shape {
    Seq,
    Tuple,
    Map,
    Struct,
}

impl Parts {
    fn new(
        within: Recorder,
        shape: Shape,
        name: &'static str,
        variant: Option<&'static str>,
    ) -> Result<Parts, Failure> {
        Ok(Parts {
            within: within.inside()?,
            items: Vec::new(),
            fields: Vec::new(),
            entries: Vec::new(),
            key: None,
            name,
            shape,
            variant,
        })
    }

    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        self.items.push(value.serialize(self.within)?);
        Ok(())
    }

    fn field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Failure> {
        self.fields.push((name, value.serialize(self.within)?));
        Ok(())
    }

    fn finish(self) -> Recorded {
        let whole = match self.shape {
            Shape::Seq => Recorded::Seq(self.items),
            Shape::Tuple => Recorded::Tuple(self.items),
            Shape::Map => Recorded::Map(self.entries),
            Shape::Struct => Recorded::Struct(self.name, self.fields),
        };
        match self.variant {
            Some(variant) => Recorded::Variant(variant, Box::new(whole)),
            None => whole,
        }
    }
}

macro_rules! scalars {
    ($($method:ident: $ty:ty => $variant:ident;)*) => {$(
        fn $method(self, value: $ty) -> Result<Recorded, Failure> {
            Ok(Recorded::$variant(value.into()))
        }
    )*};
}

impl Serializer for Recorder {
    type Ok = Recorded;
    type Error = Failure;
    type SerializeSeq = Parts;
    type SerializeTuple = Parts;
    type SerializeTupleStruct = Parts;
    type SerializeTupleVariant = Parts;
    type SerializeMap = Parts;
    type SerializeStruct = Parts;
    type SerializeStructVariant = Parts;

    scalars! {
        serialize_bool: bool => Bool;
        serialize_i8: i8 => Signed;
        serialize_i16: i16 => Signed;
        serialize_i32: i32 => Signed;
        serialize_i64: i64 => Signed;
        serialize_i128: i128 => Signed;
        serialize_u8: u8 => Unsigned;
        serialize_u16: u16 => Unsigned;
        serialize_u32: u32 => Unsigned;
        serialize_u64: u64 => Unsigned;
        serialize_u128: u128 => Unsigned;
        serialize_f32: f32 => Float;
        serialize_f64: f64 => Float;
        serialize_char: char => Text;
        serialize_str: &str => Text;
        serialize_bytes: &[u8] => Bytes;
    }

    fn serialize_none(self) -> Result<Recorded, Failure> {
        Ok(Recorded::None)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Recorded, Failure> {
        value.serialize(self.inside()?)
    }

    fn serialize_unit(self) -> Result<Recorded, Failure> {
        Ok(Recorded::None)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Recorded, Failure> {
        Ok(Recorded::None)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Recorded, Failure> {
        Ok(Recorded::Text(variant.to_owned()))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<Recorded, Failure> {
        if handle::is_token(name)
            && let Some(object) = handle::going_object()
        {
            return Ok(Recorded::Object(object));
        }
        value.serialize(self.inside()?)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Recorded, Failure> {
        let value = value.serialize(self.inside()?)?;
        Ok(Recorded::Variant(variant, Box::new(value)))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Parts, Failure> {
        Parts::new(self, Shape::Seq, "", None)
    }

    fn serialize_tuple(self, _: usize) -> Result<Parts, Failure> {
        Parts::new(self, Shape::Tuple, "", None)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Parts, Failure> {
        Parts::new(self, Shape::Tuple, "", None)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts, Failure> {
        Parts::new(self, Shape::Tuple, "", Some(variant))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Parts, Failure> {
        Parts::new(self, Shape::Map, "", None)
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Parts, Failure> {
        Parts::new(self, Shape::Struct, name, None)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts, Failure> {
        Parts::new(self, Shape::Struct, "", Some(variant))
    }
}

macro_rules! items {
    ($($trait:ident::$method:ident),*) => {$(
        impl $trait for Parts {
            type Ok = Recorded;
            type Error = Failure;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
                self.push(value)
            }

            fn end(self) -> Result<Recorded, Failure> {
                Ok(self.finish())
            }
        }
    )*};
}

items! {
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
}

macro_rules! fields {
    ($($trait:ident),*) => {$(
        impl $trait for Parts {
            type Ok = Recorded;
            type Error = Failure;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Failure> {
                self.field(name, value)
            }

            fn end(self) -> Result<Recorded, Failure> {
                Ok(self.finish())
            }
        }
    )*};
}

fields! { SerializeStruct, SerializeStructVariant }

impl SerializeMap for Parts {
    type Ok = Recorded;
    type Error = Failure;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Failure> {
        self.key = Some(key.serialize(self.within)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        let value = value.serialize(self.within)?;
        let key = self.key.take().unwrap_or(Recorded::None);
        self.entries.push((key, value));
        Ok(())
    }

    fn end(self) -> Result<Recorded, Failure> {
        Ok(self.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::Recorded;
    use serde::Serialize;
    use std::collections::BTreeMap;

    #[derive(Serialize)]
    struct All {
        number: i64,
        large: u128,
        text: &'static str,
        nothing: Option<u8>,
        pair: (bool, char),
        list: Vec<f64>,
        map: BTreeMap<String, Kind>,
    }

    #[derive(Serialize)]
    enum Kind {
        Unit,
        New(u8),
        Tuple(u8, u8),
        Struct { x: u8 },
    }

    #[test]
    fn says_again_what_was_said() {
        let kinds = [
            ("a", Kind::Unit),
            ("b", Kind::New(1)),
            ("c", Kind::Tuple(1, 2)),
            ("d", Kind::Struct { x: 3 }),
        ];
        let value = All {
            number: -1,
            large: 1 << 100,
            text: "text",
            nothing: None,
            pair: (true, 'x'),
            list: vec![0.5],
            map: kinds.map(|(key, kind)| (key.to_owned(), kind)).into(),
        };
        let recorded = Recorded::new(&value).unwrap();
        let text = serde_json::to_string(&value).unwrap();
        assert_eq!(serde_json::to_string(&recorded).unwrap(), text);
    }
}
