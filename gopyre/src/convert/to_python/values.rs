//! A `Value` on its way, without serde in between, and with the ints that maps have had before.

use super::ToPython;
use super::maps::DictBuilder;
use super::sequences::ListBuilder;
use crate::convert::failure::Failure;
use crate::reference::Ref;
use serde::ser::{Serialize, Serializer};
use serde_json::{Map, Value};

impl<'py> ToPython<'py> {
    pub(super) fn json(self, value: &Value) -> Result<Ref<'py>, Failure> {
        match value {
            Value::Null => self.serialize_none(),
            Value::Bool(value) => self.serialize_bool(*value),
            Value::Number(value) => value.serialize(self),
            Value::String(value) => self.serialize_str(value),
            Value::Array(values) => self.json_array(values),
            Value::Object(values) => self.json_object(values),
        }
    }

    fn json_array(self, values: &[Value]) -> Result<Ref<'py>, Failure> {
        let mut list = ListBuilder::new(self.inside()?, values.len())?;
        for (index, value) in values.iter().enumerate() {
            let value = list.to.json(value).map_err(|e| e.at_index(index))?;
            list.push(value)?;
        }
        list.finish()
    }

    fn json_object(self, values: &Map<String, Value>) -> Result<Ref<'py>, Failure> {
        let py = self.py;
        let mut dict = DictBuilder::new(self.inside()?)?;
        for (key, value) in values {
            let value = match value.as_i64() {
                // SAFETY: a new reference.
                Some(int) => unsafe { self.owned(py.names().ints().get(py, int))? },
                None => dict.to.json(value).map_err(|e| e.at_name(key))?,
            };
            dict.insert(&key.serialize(self.key())?, value)?;
        }
        dict.finish()
    }
}
