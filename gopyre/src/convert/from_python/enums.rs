//! Enums, externally tagged: a str, or a mapping of one key.

use super::FromPython;
use super::maps::Cursor;
use crate::convert::failure::{Failure, Frame};
use crate::reference::Ref;
use gopyre_sys::type_flags;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, Expected, VariantAccess, Visitor,
};

impl<'a, 'py> FromPython<'a, 'py> {
    /// Reads an enum.
    pub(super) fn enumeration<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        if self.class() == self.py().PyUnicode_Type() {
            return self.explain(
                visitor.visit_enum(Variant {
                    name: self,
                    value: None,
                }),
                Frame::Map,
            );
        }
        if let Some(value) = self.member_value()? {
            return self
                .with(&value)
                .at(&self.of_member()?)
                .enumeration(visitor);
        }
        if self.flags() & type_flags::UNICODE != 0 {
            return self.explain(
                visitor.visit_enum(Variant {
                    name: self,
                    value: None,
                }),
                Frame::Map,
            );
        }
        let (name, value) = self.only_item(&visitor)?;
        let place = self.inside()?;
        let name = place.of(&name);
        self.explain(
            visitor.visit_enum(Variant {
                name,
                value: Some(name.with(&value)),
            }),
            Frame::Map,
        )
    }

    /// The key and value of a mapping of one.
    fn only_item(self, expected: &dyn Expected) -> Result<(Ref<'py>, Ref<'py>), Failure> {
        let py = self.py();
        let wanted = || {
            Failure::mismatch(
                &format!("{expected} as a str or a dict of 1").as_str(),
                self.found(),
            )
        };
        if self.class() == py.PyDict_Type() {
            let copy = self.private_dict()?;
            let dict = match &copy {
                Some(copy) => self.with(copy),
                None => self,
            };
            let mut cursor = Cursor::new(dict);
            return match cursor.next(dict)? {
                // SAFETY: live objects: nothing has run since they were found.
                Some((key, value)) if cursor.size() == 1 => unsafe {
                    Ok((Ref::borrowed(py, key)?, Ref::borrowed(py, value)?))
                },
                _ => Err(wanted()),
            };
        }
        let is_mapping =
            self.flags() & type_flags::DICT != 0 || (!self.is_code() && self.is_mapping()?);
        if !is_mapping {
            return Err(wanted());
        }
        let [item] = <[_; 1]>::try_from(self.items()?).map_err(|_| wanted())?;
        Ok(item)
    }
}

/// A variant's name, and what is in it.
struct Variant<'a, 'b, 'py> {
    name: FromPython<'a, 'py>,
    value: Option<FromPython<'b, 'py>>,
}

impl Variant<'_, '_, '_> {
    /// Reads what is in the variant; the error names the variant.
    fn read<T>(
        self,
        what: &str,
        read: impl FnOnce(FromPython<'_, '_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        match self.value {
            Some(value) => read(value).map_err(|e| e.at_key(self.name.py(), self.name.object)),
            None => Err(Failure::mismatch(&what, self.name.found())),
        }
    }
}

impl<'de> EnumAccess<'de> for Variant<'_, '_, '_> {
    type Error = Failure;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Failure> {
        let variant = seed.deserialize(self.name)?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, '_, '_> {
    type Error = Failure;

    fn unit_variant(self) -> Result<(), Failure> {
        if self.value.is_none() {
            return Ok(());
        }
        self.read("unit variant", |value| <()>::deserialize(value))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Failure> {
        self.read("a dict of the variant and its value", |value| {
            value.seed(seed)
        })
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Failure> {
        self.read("a dict of the variant and its values", |value| {
            value.deserialize_tuple(len, visitor)
        })
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.read("a dict of the variant and its fields", |value| {
            value.deserialize_struct("", fields, visitor)
        })
    }
}
