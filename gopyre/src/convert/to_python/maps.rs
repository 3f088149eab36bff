//! Dicts of maps on their way.

use super::ToPython;
use crate::convert::describe;
use crate::convert::failure::Failure;
use crate::reference::Ref;
use serde::ser::{Serialize, SerializeMap};

/// A dict of a map.
pub(in crate::convert) struct DictBuilder<'py> {
    pub(super) to: ToPython<'py>,
    dict: Ref<'py>,
    key: Option<Ref<'py>>,
}

impl<'py> DictBuilder<'py> {
    #[inline]
    pub(super) fn new(to: ToPython<'py>) -> Result<Self, Failure> {
        // SAFETY: attached; a new reference.
        let dict = unsafe { to.owned(to.py.PyDict_New())? };
        Ok(DictBuilder {
            to,
            dict,
            key: None,
        })
    }

    #[inline]
    fn made<T: Serialize + ?Sized>(&mut self, key: &Ref<'py>, value: &T) -> Result<(), Failure> {
        let py = self.to.py;
        let value = self
            .to
            .object(value)
            .map_err(|e| e.at_key(py, key.as_ptr()))?;
        self.insert(key, value)
    }

    #[inline]
    pub(super) fn insert(&mut self, key: &Ref<'py>, value: Ref<'py>) -> Result<(), Failure> {
        let py = self.to.py;
        // SAFETY: attached, our own dict, live objects.
        match unsafe { py.PyDict_SetItem(self.dict.as_ptr(), key.as_ptr(), value.as_ptr()) } {
            0 => Ok(()),
            _ => Err(self.refused(key)),
        }
    }

    #[inline]
    pub(super) fn finish(self) -> Result<Ref<'py>, Failure> {
        Ok(self.dict)
    }

    /// Why a key was refused.
    #[cold]
    fn refused(&self, key: &Ref<'py>) -> Failure {
        let py = self.to.py;
        let class = key.type_ptr();
        let raised = Failure::raised(py);
        if class == py.PyList_Type() || class == py.PyDict_Type() || class == py.PyTuple_Type() {
            return Failure::mismatch(
                &"a key that Python can hash",
                describe::object(py, key.as_ptr()),
            );
        }
        raised
    }
}

impl<'py> SerializeMap for DictBuilder<'py> {
    type Ok = Ref<'py>;
    type Error = Failure;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Failure> {
        self.key = Some(key.serialize(self.to.key())?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        let Some(key) = self.key.take() else {
            return Err(serde::ser::Error::custom(
                "a map's value came without its key",
            ));
        };
        self.made(&key, value)
    }

    #[inline]
    fn serialize_entry<K: Serialize + ?Sized, V: Serialize + ?Sized>(
        &mut self,
        key: &K,
        value: &V,
    ) -> Result<(), Failure> {
        let key = key.serialize(self.to.key())?;
        self.made(&key, value)
    }

    #[inline]
    fn end(self) -> Result<Ref<'py>, Failure> {
        self.finish()
    }
}
