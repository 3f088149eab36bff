//! Ints, floats and bools.

use super::FromPython;
use super::kinds::Known;
use crate::convert::failure::Failure;
use crate::reference::Ref;
use gopyre_sys::type_flags;
use serde::de::{Expected, Visitor};
use std::any::type_name;
use std::ptr;

/// An int of any size.
#[derive(Clone, Copy, Debug)]
pub(super) enum Int {
    Signed(i128),
    /// Above `i128::MAX`.
    Unsigned(u128),
    /// Beyond 128 bits.
    Huge,
}

impl Int {
    #[inline]
    pub(super) fn narrow<T: TryFrom<i128> + TryFrom<u128>>(self) -> Option<T> {
        match self {
            Int::Signed(value) => T::try_from(value).ok(),
            Int::Unsigned(value) => T::try_from(value).ok(),
            Int::Huge => None,
        }
    }
}

/// Whether a number becomes an infinity where it is narrowed.
#[inline]
pub(super) fn overflows(value: f64) -> bool {
    value.is_finite() && (value as f32).is_infinite()
}

/// Refuses NaN and infinities to a `Value`, which would make `null` of them.
#[inline]
pub(super) fn fits<'de, V: Visitor<'de>>(
    value: f64,
    visitor: &V,
    found: impl FnOnce() -> String,
) -> Result<(), Failure> {
    if value.is_finite() || type_name::<V::Value>() != type_name::<serde_json::Value>() {
        return Ok(());
    }
    Err(Failure::mismatch(visitor, found())
        .help("JSON has no such number: read it as `f64`, or make it None in Python"))
}

impl<'a, 'py> FromPython<'a, 'py> {
    /// The value of an exact int that fits 64 bits.
    #[inline]
    pub(super) fn small_int(self) -> Option<i64> {
        if self.class() != self.py().PyLong_Type() {
            return None;
        }
        let mut overflow = 0;
        // SAFETY: attached, and an exact int, for which this never raises.
        let value = unsafe {
            self.py()
                .PyLong_AsLongLongAndOverflow(self.object, &mut overflow)
        };
        (overflow == 0).then_some(value)
    }

    /// The value of an exact float.
    #[inline]
    pub(super) fn exact_float(self) -> Option<f64> {
        if self.class() != self.py().PyFloat_Type() {
            return None;
        }
        // SAFETY: attached, and an exact float.
        Some(unsafe { self.py().float_value(self.object) })
    }

    /// Reads an int, a bool, or anything with `__index__`.
    #[inline(never)]
    pub(super) fn integer(self, expected: &dyn Expected) -> Result<Int, Failure> {
        let flags = self.flags();
        if let Some(value) = self.member_value()? {
            return self.with(&value).at(&self.of_member()?).integer(expected);
        }
        if flags & type_flags::LONG != 0 {
            return self.wide();
        }
        if flags & type_flags::UNICODE != 0
            || self.exact_float().is_some()
            || !self.has("__index__")?
        {
            return Err(self.mismatch(expected));
        }
        // SAFETY: attached, a live object; a new reference.
        let index = unsafe { self.py().PyNumber_Index(self.object) };
        // SAFETY: as above.
        match unsafe { Ref::owned_or_none(self.py(), index) } {
            Some(index) => self.with(&index).wide(),
            None => Err(self.no_number(expected)),
        }
    }

    /// A conversion that a class has, but refuses: arrays have `__index__` for the case of one element.
    #[cold]
    fn no_number(self, expected: &dyn Expected) -> Failure {
        let raised = Failure::raised(self.py());
        // SAFETY: attached, a live object.
        if unsafe { self.py().PyObject_CheckBuffer(self.object) } != 0 {
            return self.mismatch(expected);
        }
        raised
    }

    /// The value of an int or of a subclass of int.
    pub(super) fn wide(self) -> Result<Int, Failure> {
        let py = self.py();
        let mut overflow = 0;
        // SAFETY: attached, a live object; each result is checked, so that nothing depends on what the
        // operators of a subclass return.
        unsafe {
            let value = py.PyLong_AsLongLongAndOverflow(self.object, &mut overflow);
            if overflow == 0 {
                if value == -1 && !py.PyErr_Occurred().is_null() {
                    return Err(Failure::raised(py));
                }
                return Ok(Int::Signed(value.into()));
            }
            // value = high * 2**64 + low
            let bits = Ref::owned(py, py.PyLong_FromLongLong(64))?;
            let high = Ref::owned(py, py.PyNumber_Rshift(self.object, bits.as_ptr()))?;
            let mask = Ref::owned(py, py.PyLong_FromUnsignedLongLong(u64::MAX))?;
            let low = Ref::owned(py, py.PyNumber_And(self.object, mask.as_ptr()))?;
            let low = py.PyLong_AsUnsignedLongLong(low.as_ptr());
            if low == u64::MAX && !py.PyErr_Occurred().is_null() {
                return Err(Failure::raised(py));
            }
            let value = py.PyLong_AsLongLongAndOverflow(high.as_ptr(), &mut overflow);
            if overflow == 0 {
                if value == -1 && !py.PyErr_Occurred().is_null() {
                    return Err(Failure::raised(py));
                }
                return Ok(Int::Signed(i128::from(value) << 64 | i128::from(low)));
            }
            if overflow > 0 {
                let high = py.PyLong_AsUnsignedLongLong(high.as_ptr());
                if high != u64::MAX || py.PyErr_Occurred().is_null() {
                    return Ok(Int::Unsigned(u128::from(high) << 64 | u128::from(low)));
                }
                py.PyErr_Clear();
            }
            Ok(Int::Huge)
        }
    }

    /// Reads a float, an int, anything with `__index__` or `__float__`, or a timedelta in seconds.
    #[inline]
    pub(super) fn float(self, expected: &dyn Expected) -> Result<f64, Failure> {
        match self.exact_float() {
            Some(value) => Ok(value),
            None => self.other_float(expected),
        }
    }

    #[inline(never)]
    fn other_float(self, expected: &dyn Expected) -> Result<f64, Failure> {
        let py = self.py();
        if let Some(value) = self.member_value()? {
            return self.with(&value).at(&self.of_member()?).float(expected);
        }
        let flags = self.flags();
        let is_int = flags & type_flags::LONG != 0;
        if !is_int && !self.is_a(py.PyFloat_Type()) {
            if flags & type_flags::UNICODE != 0 || self.is_a(py.PyComplex_Type()) {
                return Err(self.mismatch(expected));
            }
            match self.known()? {
                Some(Known::Timedelta) => return self.seconds(),
                Some(Known::NumpyComplex | Known::NumpyBool) => return Err(self.mismatch(expected)),
                _ if self.has("__float__")? || self.has("__index__")? => {}
                _ => return Err(self.mismatch(expected)),
            }
        }
        // SAFETY: attached, a live object.
        unsafe {
            let value = py.PyFloat_AsDouble(self.object);
            if value == -1.0 && !py.PyErr_Occurred().is_null() {
                if is_int && py.PyErr_ExceptionMatches(py.PyExc_OverflowError()) != 0 {
                    py.PyErr_Clear();
                    return Err(Failure::range(expected, &self.found()));
                }
                return Err(self.no_number(expected));
            }
            Ok(value)
        }
    }

    /// A timedelta in seconds.
    pub(super) fn seconds(self) -> Result<f64, Failure> {
        let seconds = self.to_ref().call_method("total_seconds", [])?;
        self.with(&seconds)
            .exact_float()
            .ok_or_else(|| self.mismatch(&"a timedelta"))
    }

    /// Reads a bool, a NumPy bool, or an enum member of such a value.
    #[inline(never)]
    pub(super) fn boolean(self, expected: &dyn Expected) -> Result<bool, Failure> {
        if self.class() == self.py().PyBool_Type() {
            return Ok(self.object == self.py()._Py_TrueStruct());
        }
        if let Some(value) = self.member_value()? {
            return self.with(&value).at(&self.of_member()?).boolean(expected);
        }
        if self.known()? != Some(Known::NumpyBool) {
            return Err(self.mismatch(expected));
        }
        self.truth()
    }

    /// Whether the object is true.
    pub(super) fn truth(self) -> Result<bool, Failure> {
        // SAFETY: attached, a live object.
        match unsafe { self.py().PyObject_IsTrue(self.object) } {
            -1 => Err(Failure::raised(self.py())),
            truth => Ok(truth != 0),
        }
    }

    /// The two parts of a complex number.
    pub(super) fn complex(self) -> Result<[f64; 2], Failure> {
        // SAFETY: attached; both functions raise for anything that has no such part.
        unsafe {
            let parts = [
                self.py().PyComplex_RealAsDouble(self.object),
                self.py().PyComplex_ImagAsDouble(self.object),
            ];
            if parts.contains(&-1.0) && !self.py().PyErr_Occurred().is_null() {
                return Err(Failure::raised(self.py()));
            }
            Ok(parts)
        }
    }

    /// The decimal digits of an int.
    pub(super) fn digits(self) -> Result<Ref<'py>, Failure> {
        // SAFETY: attached, digits of a constant; a new reference. `int()` of an enum member or another
        // subclass is an exact int, whose text has digits alone.
        unsafe {
            let zero = Ref::owned(
                self.py(),
                self.py()
                    .PyLong_FromString(c"0".as_ptr(), ptr::null_mut(), 10),
            )?;
            let plain = Ref::owned(self.py(), self.py().PyNumber_Or(self.object, zero.as_ptr()))?;
            Ok(plain.to_str()?)
        }
    }
}
