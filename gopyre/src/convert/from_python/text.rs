//! What is read as a string, and bytes.

use super::FromPython;
use super::kinds::Known;
use super::memory::Memory;
use crate::convert::failure::Failure;
use crate::reference::Ref;
use gopyre_sys::type_flags;
use serde::de::{Expected, Visitor};
use std::ptr;

impl<'a, 'py> FromPython<'a, 'py> {
    /// The text of a str or of a subclass.
    #[inline]
    pub(super) fn utf8(self, expected: &dyn Expected) -> Result<&'a str, Failure> {
        match self.encoded() {
            Some(text) => Ok(text),
            None => Err(self.no_utf8(expected)),
        }
    }

    /// The text of an exact str; none for anything else, and for one that has no UTF-8 text.
    #[inline]
    pub(super) fn exact_text(self) -> Option<&'a str> {
        let py = self.py();
        if self.class() != py.PyUnicode_Type() {
            return None;
        }
        // SAFETY: attached; an exact str, whose text never changes and lives as long as it.
        if let Some(text) = unsafe { py.ascii_text(self.object) } {
            // SAFETY: as above; ASCII.
            return Some(unsafe { std::str::from_utf8_unchecked(&*text) });
        }
        self.exact_encoded()
    }

    #[inline(never)]
    fn exact_encoded(self) -> Option<&'a str> {
        let text = self.encoded();
        if text.is_none() {
            // SAFETY: attached.
            unsafe { self.py().PyErr_Clear() };
        }
        text
    }

    /// The text that CPython keeps for a str; none with an exception where it cannot.
    #[inline]
    fn encoded(self) -> Option<&'a str> {
        let mut size = 0;
        // SAFETY: attached; the function checks for a str, which keeps its UTF-8 text as long as it lives.
        unsafe {
            let data = self.py().PyUnicode_AsUTF8AndSize(self.object, &mut size);
            (!data.is_null()).then(|| {
                let bytes = std::slice::from_raw_parts(data.cast(), size.unsigned_abs());
                std::str::from_utf8_unchecked(bytes)
            })
        }
    }

    #[cold]
    fn no_utf8(self, expected: &dyn Expected) -> Failure {
        let py = self.py();
        // SAFETY: attached.
        unsafe {
            if py.PyErr_ExceptionMatches(py.PyExc_UnicodeEncodeError()) == 0 {
                return Failure::raised(py);
            }
            py.PyErr_Clear();
        }
        Failure::value(
            expected.to_string(),
            format!("{} with a lone surrogate", self.found()),
        )
    }

    /// The str of what is read as a string though it is no exact str.
    #[inline(never)]
    pub(super) fn text(self, expected: &dyn Expected) -> Result<Ref<'py>, Failure> {
        if let Some(value) = self.member_value()? {
            return self.with(&value).at(&self.of_member()?).text(expected);
        }
        if self.flags() & type_flags::UNICODE != 0 {
            return Ok(self.to_ref());
        }
        self.as_text(self.known()?, expected)?
            .ok_or_else(|| self.mismatch(expected))
    }

    /// The text of a path, a UUID, a Decimal, a date and the like; none for anything else.
    pub(super) fn as_text(
        self,
        known: Option<Known>,
        expected: &dyn Expected,
    ) -> Result<Option<Ref<'py>>, Failure> {
        let text = match known {
            Some(Known::Text) => self.to_ref().to_str()?,
            Some(Known::Iso) => self.to_ref().call_method("isoformat", [])?,
            _ if self.has("__fspath__")? => self.to_ref().call_method("__fspath__", [])?,
            _ => return Ok(None),
        };
        if !text.has_flag(type_flags::UNICODE) {
            let found = format!(
                "{} whose text is {}",
                self.found(),
                self.with(&text).found()
            );
            return Err(Failure::mismatch(expected, found));
        }
        Ok(Some(text))
    }

    /// The bytes of a bytes object or of a subclass.
    pub(super) fn bytes_of(self) -> Result<&'a [u8], Failure> {
        let (mut data, mut size) = (ptr::null_mut(), 0);
        // SAFETY: attached; the function checks for bytes, which never change and live as long as `'a`.
        unsafe {
            if self
                .py()
                .PyBytes_AsStringAndSize(self.object, &mut data, &mut size)
                < 0
            {
                return Err(Failure::raised(self.py()));
            }
            Ok(std::slice::from_raw_parts(data.cast(), size.unsigned_abs()))
        }
    }

    /// Reads bytes, bytearray, memoryview, an array of u8, or a sequence of small ints.
    pub(super) fn bytes<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        if self.flags() & type_flags::BYTES != 0 {
            return self.leaf(visitor.visit_bytes(self.bytes_of()?));
        }
        if self.flags() & (type_flags::LIST | type_flags::TUPLE) == 0
            && let Some(memory) = Memory::of(self)?
            && let Some(bytes) = memory.to_bytes()
        {
            return self.leaf(visitor.visit_byte_buf(bytes));
        }
        self.sequence(None, visitor)
    }
}
