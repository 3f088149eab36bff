//! What comes back from a worker.

use super::{function, host};
use crate::attach;
use crate::convert;
use crate::error::{Error, Exception, Remote, Result};
use crate::object::Object;
use crate::reference::Ref;
use serde::de::{self, Deserializer, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What became of a job.
#[derive(Deserialize)]
pub(super) enum Outcome {
    /// The result, pickled.
    Value(Bytes),
    /// What the script raised; pickled too, where that can be done.
    Raised(Box<Remote>, Option<Bytes>),
    /// What of the result cannot be pickled, and why.
    Unpicklable(String),
    Timeout,
    Cancelled,
}

/// What became of pickling.
#[derive(Deserialize)]
pub(super) enum Pickled {
    Value(Bytes),
    Unpicklable(String),
}

impl Remote {
    pub(super) fn into_error(self, pickled: Option<Bytes>) -> Error {
        // An exception that cannot be made here has its text all the same.
        let object = pickled.and_then(|bytes| {
            let object = bytes.unpickled(|object| Ok(Object::from_ref(object)));
            object.ok()
        });
        Error::Python(Box::new(Exception::remote(self, object)))
    }
}

/// A pickle: `bytes` in Python.
pub(super) struct Bytes(Vec<u8>);

impl Bytes {
    /// Runs `f` with the value in the current interpreter.
    pub(super) fn unpickled<R>(&self, f: impl FnOnce(Ref<'_>) -> Result<R>) -> Result<R> {
        attach::with(|py| {
            let bytes = convert::to_python(py, self)?;
            f(function(host(py)?, "loads")?.call([&bytes])?)
        })
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        struct Copy;
        impl Visitor<'_> for Copy {
            type Value = Bytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_owned()))
            }
        }
        deserializer.deserialize_bytes(Copy)
    }
}
