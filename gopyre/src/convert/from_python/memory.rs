//! Arrays through the buffer protocol: their shape, and single elements out of shared memory.

use super::FromPython;
use crate::attach::Attached;
use crate::buffer::{Element, copy};
use crate::convert::failure::Failure;
use gopyre_sys::{PYBUF_FULL_RO, Py_buffer};
use std::ffi::CStr;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};

/// One element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scalar {
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
}

/// How an element lies in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item {
    Bool,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F16,
    F32,
    F64,
}

impl Item {
    /// The meaning of a format of the `struct` module in native byte order; none for any other.
    fn of(format: &[u8], size: isize) -> Option<Item> {
        let code = match format {
            [code] | [b'@' | b'=', code] => *code,
            [b'<', code] if cfg!(target_endian = "little") => *code,
            [b'>' | b'!', code] if cfg!(target_endian = "big") => *code,
            _ => return None,
        };
        Some(match (code, size) {
            (b'?', 1) => Item::Bool,
            (b'b', 1) => Item::I8,
            (b'B', 1) => Item::U8,
            (b'h' | b'i' | b'l' | b'q' | b'n', 2) => Item::I16,
            (b'h' | b'i' | b'l' | b'q' | b'n', 4) => Item::I32,
            (b'h' | b'i' | b'l' | b'q' | b'n', 8) => Item::I64,
            (b'H' | b'I' | b'L' | b'Q' | b'N', 2) => Item::U16,
            (b'H' | b'I' | b'L' | b'Q' | b'N', 4) => Item::U32,
            (b'H' | b'I' | b'L' | b'Q' | b'N', 8) => Item::U64,
            (b'e', 2) => Item::F16,
            (b'f', 4) => Item::F32,
            (b'd', 8) => Item::F64,
            _ => return None,
        })
    }
}

/// A view of an object's memory, released on drop.
pub(super) struct Memory<'py> {
    py: Attached<'py>,
    /// Stays where it is: exporters may point into it.
    view: NonNull<Py_buffer>,
    item: Item,
}

impl<'py> Memory<'py> {
    /// The object's memory; none where it has none, or none of elements that are plain numbers.
    pub(super) fn of(from: FromPython<'_, 'py>) -> Result<Option<Memory<'py>>, Failure> {
        let py = from.py();
        // SAFETY: attached, a live object; a zeroed `Py_buffer` is one without an exporter. The view is
        // freed here if it was not filled, and by `Memory` if it was.
        unsafe {
            if py.PyObject_CheckBuffer(from.object) == 0 {
                return Ok(None);
            }
            let view = NonNull::from(Box::leak(Box::new(std::mem::zeroed::<Py_buffer>())));
            if py.PyObject_GetBuffer(from.object, view.as_ptr(), PYBUF_FULL_RO) < 0 {
                // What cannot be had this way (dates, released views) is asked for as a sequence.
                py.PyErr_Clear();
                drop(Box::from_raw(view.as_ptr()));
                return Ok(None);
            }
            let mut memory = Memory {
                py,
                view,
                item: Item::U8,
            };
            let raw = view.as_ref();
            let format = if raw.format.is_null() {
                c"B"
            } else {
                CStr::from_ptr(raw.format)
            };
            let Some(item) = Item::of(format.to_bytes(), raw.itemsize) else {
                return Ok(None);
            };
            let shaped =
                raw.ndim >= 0 && (raw.ndim == 0 || !raw.shape.is_null() && !raw.strides.is_null());
            let indirect = !raw.suboffsets.is_null()
                && (0..raw.ndim.unsigned_abs() as usize).any(|dim| *raw.suboffsets.add(dim) >= 0);
            memory.item = item;
            Ok((shaped && !indirect).then_some(memory))
        }
    }

    fn raw(&self) -> &Py_buffer {
        // SAFETY: filled in `of`, freed by drop.
        unsafe { self.view.as_ref() }
    }

    /// The number of dimensions.
    pub(super) fn dims(&self) -> usize {
        self.raw().ndim.unsigned_abs() as usize
    }

    /// The length of a dimension.
    pub(super) fn len(&self, dim: usize) -> usize {
        debug_assert!(dim < self.dims());
        // SAFETY: `shape` has an entry for each dimension.
        unsafe { (*self.raw().shape.add(dim)).unsigned_abs() }
    }

    /// The distance in bytes from one element of a dimension to the next.
    pub(super) fn stride(&self, dim: usize) -> isize {
        debug_assert!(dim < self.dims());
        // SAFETY: `strides` has an entry for each dimension.
        unsafe { *self.raw().strides.add(dim) }
    }

    /// The first element.
    pub(super) fn start(&self) -> *const u8 {
        self.raw().buf.cast_const().cast()
    }

    /// The bytes of a plain array of `u8`.
    pub(super) fn to_bytes(&self) -> Option<Vec<u8>> {
        if self.item != Item::U8 || self.dims() != 1 {
            return None;
        }
        let (start, stride) = (self.start(), self.stride(0));
        // SAFETY: each address is an element of the view.
        Some(
            (0..self.len(0))
                .map(|index| unsafe { byte(start.offset(index as isize * stride)) })
                .collect(),
        )
    }

    /// A plain array of exactly these numbers, in one go.
    pub(super) fn to_vec<T: Element>(&self) -> Option<Vec<T>> {
        let size = size_of::<T>();
        let same = Item::of(T::FORMAT.to_bytes(), size as isize) == Some(self.item);
        if !same || self.item == Item::Bool || self.dims() != 1 {
            return None;
        }
        let len = self.len(0);
        if len == 0 {
            return Some(Vec::new());
        }
        if len > 1 && self.stride(0) != size as isize {
            return None;
        }
        // SAFETY: attached; `len` elements lie one after the other, and every pattern of bits is a `T`.
        Some(unsafe { copy(&self.py, self.start(), len) })
    }

    /// Reads an element. A Python thread, or C code without the GIL, may write to it meanwhile.
    ///
    /// # Safety
    /// `at` must be an element of the view.
    #[inline]
    pub(super) unsafe fn load(&self, at: *const u8) -> Scalar {
        // SAFETY: as the caller promises.
        unsafe {
            match self.item {
                Item::Bool => Scalar::Bool(byte(at) != 0),
                Item::I8 => Scalar::Signed((byte(at) as i8).into()),
                Item::U8 => Scalar::Unsigned(byte(at).into()),
                Item::I16 => Scalar::Signed((word(at) as i16).into()),
                Item::U16 => Scalar::Unsigned(word(at).into()),
                Item::F16 => Scalar::Float(half(word(at))),
                Item::I32 => Scalar::Signed((double(at) as i32).into()),
                Item::U32 => Scalar::Unsigned(double(at).into()),
                Item::F32 => Scalar::Float(f32::from_bits(double(at)).into()),
                Item::I64 => Scalar::Signed(quad(at) as i64),
                Item::U64 => Scalar::Unsigned(quad(at)),
                Item::F64 => Scalar::Float(f64::from_bits(quad(at))),
            }
        }
    }
}

impl Drop for Memory<'_> {
    fn drop(&mut self) {
        // SAFETY: attached, as the lifetime says; filled in `of`, and made there by `Box`.
        unsafe {
            self.py.PyBuffer_Release(self.view.as_ptr());
            drop(Box::from_raw(self.view.as_ptr()));
        }
    }
}

/// Writes a function that reads bytes that somebody may be writing.
macro_rules! loads {
    ($($name:ident: $ty:ty as $atomic:ty),*) => {$(
        /// # Safety
        /// `at` must be readable.
        #[inline]
        unsafe fn $name(at: *const u8) -> $ty {
            const SIZE: usize = size_of::<$ty>();
            // SAFETY: readable, as the caller promises, and aligned where that is asked for; atomic
            // loads race with nothing.
            unsafe {
                if at.addr() % align_of::<$atomic>() == 0 {
                    return <$atomic>::from_ptr(at.cast_mut().cast()).load(Ordering::Relaxed);
                }
                <$ty>::from_ne_bytes(std::array::from_fn::<u8, SIZE, _>(|index| byte(at.add(index))))
            }
        }
    )*};
}
loads!(word: u16 as AtomicU16, double: u32 as AtomicU32, quad: u64 as AtomicU64);

/// # Safety
/// `at` must be readable.
#[inline]
unsafe fn byte(at: *const u8) -> u8 {
    // SAFETY: readable, as the caller promises; atomic loads race with nothing.
    unsafe { AtomicU8::from_ptr(at.cast_mut()).load(Ordering::Relaxed) }
}

/// The value of a float of 16 bits: a sign, 5 bits of exponent, 10 of fraction.
fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    sign * match exponent {
        0 => fraction * f64::powi(2.0, -24),
        0x1f if fraction == 0.0 => f64::INFINITY,
        0x1f => f64::NAN,
        _ => (1024.0 + fraction) * f64::powi(2.0, exponent - 25),
    }
}

#[cfg(test)]
mod tests {
    use super::{Item, double, half};

    #[test]
    fn reads_native_formats_by_their_size() {
        assert_eq!(Item::of(b"l", 8), Some(Item::I64));
        assert_eq!(Item::of(b"@l", 4), Some(Item::I32));
        assert_eq!(Item::of(b"=Q", 8), Some(Item::U64));
        assert_eq!(Item::of(b"<d", 8).is_some(), cfg!(target_endian = "little"));
        assert_eq!(Item::of(b">d", 8).is_some(), cfg!(target_endian = "big"));
        assert_eq!(Item::of(b"Zd", 16), None);
        assert_eq!(Item::of(b"T{i:a:}", 4), None);
        assert_eq!(Item::of(b"", 1), None);
    }

    #[test]
    fn reads_half_floats() {
        assert_eq!(half(0x3c00), 1.0);
        assert_eq!(half(0xc000), -2.0);
        assert_eq!(half(0x7bff), 65504.0);
        assert_eq!(half(0x0001), f64::powi(2.0, -24));
        assert_eq!(half(0xfc00), f64::NEG_INFINITY);
        assert!(half(0x7e00).is_nan());
    }

    #[test]
    fn reads_elements_that_are_not_aligned() {
        let bytes = [0, 1, 2, 3, 4, 5, 6, 7];
        for start in 0..4 {
            // SAFETY: four bytes of the array.
            let value = unsafe { double(bytes.as_ptr().add(start)) };
            assert_eq!(value.to_ne_bytes(), bytes[start..start + 4]);
        }
    }
}
