//! Objects read without a hint: what they are decides what comes out.

use super::FromPython;
use super::arrays::Part;
use super::kinds::Known;
use super::memory::Memory;
use super::numbers::{Int, fits};
use crate::convert::failure::{Failure, Frame};
use gopyre_sys::type_flags;
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, Visitor};
use std::sync::LazyLock;

/// How `serde_json::Number` asks for digits where it keeps them (its feature `arbitrary_precision`).
const NUMBER: &str = "$serde_json::private::Number";

/// Whether that feature is on in this program.
static KEEPS_DIGITS: LazyLock<bool> = LazyLock::new(|| {
    const DIGITS: &str = "123456789012345678901234567890";
    serde_json::from_str::<serde_json::Number>(DIGITS)
        .is_ok_and(|number| number.to_string() == DIGITS)
});

impl<'a, 'py> FromPython<'a, 'py> {
    /// Reads whatever the object is.
    pub(super) fn any<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let py = self.py();
        let class = self.class();
        if let Some(text) = self.exact_text() {
            self.leaf(visitor.visit_str(text))
        } else if let Some(value) = self.small_int() {
            self.leaf(match u64::try_from(value) {
                Ok(value) => visitor.visit_u64(value),
                Err(_) => visitor.visit_i64(value),
            })
        } else if let Some(value) = self.exact_float() {
            self.any_float(value, visitor)
        } else if class == py.PyBool_Type() {
            self.leaf(visitor.visit_bool(self.object == py._Py_TrueStruct()))
        } else if self.is_none() {
            self.leaf(visitor.visit_unit())
        } else if class == py.PyDict_Type() {
            self.dict(visitor)
        } else if class == py.PyList_Type() {
            self.list(None, visitor)
        } else if class == py.PyTuple_Type() {
            self.tuple(None, visitor)
        } else {
            self.any_other(visitor)
        }
    }

    #[inline(never)]
    fn any_other<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let py = self.py();
        let flags = self.flags();
        if let Some(value) = self.member_value()? {
            return self.with(&value).at(&self.of_member()?).any(visitor);
        }
        if flags & type_flags::UNICODE != 0 {
            let text = self.utf8(&visitor)?;
            return self.leaf(visitor.visit_str(text));
        }
        if flags & type_flags::LONG != 0 {
            return self.any_int(visitor);
        }
        if flags & type_flags::DICT != 0 {
            return self.pairs(self.items()?, visitor);
        }
        if flags & type_flags::LIST != 0 {
            return self.list(None, visitor);
        }
        if flags & type_flags::TUPLE != 0 {
            return self.tuple(None, visitor);
        }
        if flags & type_flags::BYTES != 0 {
            return self.leaf(visitor.visit_bytes(self.bytes_of()?));
        }
        if flags & type_flags::EXCEPTION != 0 || self.is_code() {
            return Err(self.mismatch(&visitor));
        }
        if self.is_a(py.PyFloat_Type()) {
            return self.any_float(self.float(&"a float")?, visitor);
        }
        if self.is_a(py.PyComplex_Type()) {
            let parts = self.complex()?;
            for part in parts {
                fits(part, &visitor, || self.found())?;
            }
            let parts = SeqDeserializer::new(parts.into_iter());
            return self.explain(visitor.visit_seq(parts), Frame::Seq);
        }
        if self.is_a(py.PySet_Type())
            || self.is_a(py.PyFrozenSet_Type())
            || self.class() == py.PyRange_Type()
        {
            return self.iterated(None, visitor);
        }
        if let Some(memory) = Memory::of(self)? {
            let bytes = self.is_a(py.PyByteArray_Type()) || self.is_a(py.PyMemoryView_Type());
            return match memory.to_bytes().filter(|_| bytes) {
                Some(bytes) => self.leaf(visitor.visit_byte_buf(bytes)),
                None if memory.dims() == 0 => {
                    self.leaf(Part::whole(self, &memory).deserialize_any(visitor))
                }
                None => self.array(&memory, None, visitor),
            };
        }
        self.any_by_class(visitor)
    }

    /// Reads an object that nothing but the attributes of its class tell about.
    fn any_by_class<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let known = self.known()?;
        match known {
            Some(Known::Timedelta) => return self.leaf(visitor.visit_f64(self.seconds()?)),
            Some(Known::NumpyBool) => return self.leaf(visitor.visit_bool(self.truth()?)),
            Some(Known::Callable) => return Err(self.mismatch(&visitor)),
            _ => {}
        }
        if let Some(text) = self.as_text(known, &visitor)? {
            let outcome = visitor.visit_str(self.with(&text).utf8(&"a string")?);
            return self.leaf(outcome);
        }
        if let Some(names) = self.model_names()? {
            return self.pairs(self.attributes(names)?, visitor);
        }
        if self.is_mapping()? {
            return self.pairs(self.items()?, visitor);
        }
        let is_int = self.has("__index__")?;
        let is_number = is_int || self.has("__float__")?;
        // What is both a number and a sequence is an array: a sequence, unless it has no length.
        if self.is_iterable()? && !(is_number && self.is_single()?) {
            return self.iterated(None, visitor);
        }
        if is_int {
            return self.any_int(visitor);
        }
        if is_number && known != Some(Known::NumpyComplex) {
            return self.any_float(self.float(&"a float")?, visitor);
        }
        match self.plain_names()? {
            Some(names) => self.pairs(self.attributes(names)?, visitor),
            None => Err(self.mismatch(&visitor)),
        }
    }

    #[inline]
    fn any_float<'de, V: Visitor<'de>>(self, value: f64, visitor: V) -> Result<V::Value, Failure> {
        fits(value, &visitor, || self.found())?;
        self.leaf(visitor.visit_f64(value))
    }

    /// Whether an array has no dimension.
    fn is_single(self) -> Result<bool, Failure> {
        Ok(match self.attribute("ndim")? {
            Some(ndim) => self.with(&ndim).small_int() == Some(0),
            None => false,
        })
    }

    /// Reads an int of any size.
    fn any_int<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let value = self.integer(&visitor)?;
        if let Some(value) = value.narrow::<u64>() {
            return self.leaf(visitor.visit_u64(value));
        }
        if let Some(value) = value.narrow::<i64>() {
            return self.leaf(visitor.visit_i64(value));
        }
        self.leaf(match value {
            Int::Signed(value) => visitor.visit_i128(value),
            Int::Unsigned(value) => visitor.visit_u128(value),
            Int::Huge if *KEEPS_DIGITS => {
                let text = self.digits()?;
                visitor.visit_map(MapDeserializer::new(std::iter::once((
                    NUMBER,
                    text.as_str()?,
                ))))
            }
            Int::Huge => Err(Failure::range(
                &"an integer of at most 128 bits",
                &self.found(),
            )),
        })
    }
}
