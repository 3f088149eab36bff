//! Integers of more than 64 bits, and numbers that come as text.

use super::ToPython;
use crate::convert::failure::Failure;
use crate::reference::Ref;
use std::fmt::Display;
use std::io::Write;
use std::ptr;

/// How `serde_json::Number` names itself where it keeps its digits (its feature `arbitrary_precision`).
pub(super) const NUMBER: &str = "$serde_json::private::Number";

/// An int of up to 128 bits.
pub(super) fn wide<'py, T>(to: ToPython<'py>, value: T) -> Result<Ref<'py>, Failure>
where
    T: Display + Copy + TryInto<i64> + TryInto<u64>,
{
    // SAFETY: attached; new references.
    unsafe {
        if let Ok(value) = value.try_into() {
            return to.owned(to.py.PyLong_FromLongLong(value));
        }
        if let Ok(value) = value.try_into() {
            return to.owned(to.py.PyLong_FromUnsignedLongLong(value));
        }
    }
    // 39 digits, a sign, and the zero at the end.
    let mut digits = [0; 48];
    let written = write!(&mut digits[..47], "{value}");
    debug_assert!(written.is_ok());
    // SAFETY: attached; digits that end in a zero.
    unsafe {
        to.owned(
            to.py
                .PyLong_FromString(digits.as_ptr().cast(), ptr::null_mut(), 10),
        )
    }
}

/// An int or a float with the digits of a JSON number.
pub(super) fn parsed<'py>(to: ToPython<'py>, text: &Ref<'py>) -> Result<Ref<'py>, Failure> {
    let digits = text.as_str()?;
    if digits
        .bytes()
        .any(|byte| matches!(byte, b'.' | b'e' | b'E'))
    {
        let value = digits
            .parse::<f64>()
            .map_err(<Failure as serde::ser::Error>::custom)?;
        // SAFETY: attached; a new reference.
        return unsafe { to.owned(to.py.PyFloat_FromDouble(value)) };
    }
    // SAFETY: attached; the UTF-8 text that Python keeps of a str ends in a zero. Anything that is no
    // number is a ValueError.
    unsafe {
        to.owned(
            to.py
                .PyLong_FromString(digits.as_ptr().cast(), ptr::null_mut(), 10),
        )
    }
}
