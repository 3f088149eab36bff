//! Enum variants that hold several values: `{variant: values}`.

use super::ToPython;
use super::sequences::TupleBuilder;
use super::structs::StructBuilder;
use crate::convert::failure::Failure;
use crate::reference::Ref;
use serde::ser::{Serialize, SerializeStructVariant, SerializeTupleVariant};

/// A variant that holds several values: `{variant: inner}`.
pub(in crate::convert) struct Tagged<'py, B> {
    to: ToPython<'py>,
    variant: &'static str,
    inner: B,
}

impl<'py, B> Tagged<'py, B> {
    pub(super) fn new(to: ToPython<'py>, variant: &'static str, inner: B) -> Self {
        Tagged { to, variant, inner }
    }
}

impl<'py> SerializeTupleVariant for Tagged<'py, TupleBuilder<'py>> {
    type Ok = Ref<'py>;
    type Error = Failure;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        self.inner
            .element(value)
            .map_err(|e| e.at_name(self.variant))
    }

    fn end(self) -> Result<Ref<'py>, Failure> {
        self.to.tagged(self.variant, self.inner.finish()?)
    }
}

impl<'py> SerializeStructVariant for Tagged<'py, StructBuilder<'py>> {
    type Ok = Ref<'py>;
    type Error = Failure;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Failure> {
        self.inner
            .field(name, value)
            .map_err(|e| e.at_name(self.variant))
    }

    fn end(self) -> Result<Ref<'py>, Failure> {
        self.to.tagged(self.variant, self.inner.finish()?)
    }
}
