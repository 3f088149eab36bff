//! The numbers that may be in an array.

use std::ffi::CStr;

/// A number that Python's buffers hold as Rust does: `bool`, `i8` to `i64`, `u8` to `u64`, `f32`, `f64`.
pub trait Element: Copy + Send + sealed::Plain + 'static {}

pub(crate) mod sealed {
    use super::CStr;

    /// How a number lies in memory.
    pub trait Plain: Copy {
        /// Its format in the syntax of Python's `struct` module.
        const FORMAT: &'static CStr;
        /// The formats of the same kind, of whatever size.
        const KIND: &'static [u8];
        /// The type's name in errors.
        const NAME: &'static str;
        /// Reads a number that somebody may be writing.
        ///
        /// # Safety
        /// `at` must be readable for the size of the type.
        unsafe fn load(at: *const u8) -> Self;
        /// Writes a number that somebody may be reading.
        ///
        /// # Safety
        /// `at` must be writable for the size of the type.
        unsafe fn store(self, at: *mut u8);
    }
}

use gopyre_sys::Table;
use sealed::Plain;
use std::ptr;
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering::Relaxed};

macro_rules! elements {
    ($($ty:ty, $whole:ty as $atomic:ty, $format:literal, $kind:literal;)*) => {$(
        impl Element for $ty {}
        impl Plain for $ty {
            const FORMAT: &'static CStr = $format;
            const KIND: &'static [u8] = $kind;
            const NAME: &'static str = stringify!($ty);

            #[inline]
            unsafe fn load(at: *const u8) -> Self {
                // SAFETY: readable, as the caller promises, and aligned where that is asked for; atomic
                // loads race with nothing.
                unsafe {
                    if at.addr() % align_of::<$atomic>() == 0 {
                        let whole = <$atomic>::from_ptr(at.cast_mut().cast()).load(Relaxed);
                        return <$ty>::from_ne_bytes(whole.to_ne_bytes());
                    }
                    <$ty>::from_ne_bytes(std::array::from_fn(|index| {
                        AtomicU8::from_ptr(at.add(index).cast_mut()).load(Relaxed)
                    }))
                }
            }

            #[inline]
            unsafe fn store(self, at: *mut u8) {
                let bytes = self.to_ne_bytes();
                // SAFETY: writable, as the caller promises, and aligned where that is asked for; atomic
                // stores race with nothing.
                unsafe {
                    if at.addr() % align_of::<$atomic>() == 0 {
                        let whole = <$atomic>::from_ptr(at.cast());
                        return whole.store(<$whole>::from_ne_bytes(bytes), Relaxed);
                    }
                    for (index, byte) in bytes.into_iter().enumerate() {
                        AtomicU8::from_ptr(at.add(index)).store(byte, Relaxed);
                    }
                }
            }
        }
    )*};
}

elements! {
    i8, u8 as AtomicU8, c"b", b"bhilqn";
    i16, u16 as AtomicU16, c"h", b"bhilqn";
    i32, u32 as AtomicU32, c"i", b"bhilqn";
    i64, u64 as AtomicU64, c"q", b"bhilqn";
    u8, u8 as AtomicU8, c"B", b"BHILQN";
    u16, u16 as AtomicU16, c"H", b"BHILQN";
    u32, u32 as AtomicU32, c"I", b"BHILQN";
    u64, u64 as AtomicU64, c"Q", b"BHILQN";
    f32, u32 as AtomicU32, c"f", b"fd";
    f64, u64 as AtomicU64, c"d", b"fd";
}

impl Element for bool {}
impl Plain for bool {
    const FORMAT: &'static CStr = c"?";
    const KIND: &'static [u8] = b"?";
    const NAME: &'static str = "bool";

    #[inline]
    unsafe fn load(at: *const u8) -> Self {
        // SAFETY: readable, as the caller promises; any byte but 0 is true.
        unsafe { u8::load(at) != 0 }
    }

    #[inline]
    unsafe fn store(self, at: *mut u8) {
        // SAFETY: writable, as the caller promises.
        unsafe { u8::from(self).store(at) }
    }
}

/// Copies elements that lie one after the other.
///
/// Without a GIL another thread may be writing them, so that each is read atomically. With one no code of ours
/// writes them meanwhile, as that attaches, too.
///
/// # Safety
/// The thread must be attached, `len` elements at `start` readable, and every pattern of bits a `T`.
pub(crate) unsafe fn copy<T: Plain>(table: &Table, start: *const u8, len: usize) -> Vec<T> {
    let mut vec = Vec::<T>::with_capacity(len);
    // SAFETY: as the caller promises; the vector has room for as many.
    unsafe {
        let to = vec.as_mut_ptr();
        if table.version.free_threaded {
            for index in 0..len {
                to.add(index)
                    .write(T::load(start.add(index * size_of::<T>())));
            }
        } else {
            ptr::copy_nonoverlapping(start, to.cast::<u8>(), len * size_of::<T>());
        }
        vec.set_len(len);
    }
    vec
}

/// Whether elements of this format and size are `T`s in native byte order.
pub(super) fn fits<T: Plain>(format: &[u8], size: isize) -> bool {
    let code = match format {
        [code] | [b'@' | b'=', code] => code,
        [b'<', code] if cfg!(target_endian = "little") || size == 1 => code,
        [b'>' | b'!', code] if cfg!(target_endian = "big") || size == 1 => code,
        _ => return false,
    };
    size.unsigned_abs() == size_of::<T>() && T::KIND.contains(code)
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_format_fits_by_kind_and_size() {
        assert!(fits::<i64>(b"l", 8) && fits::<i64>(b"=q", 8) && fits::<f32>(b"f", 4));
        assert!(!fits::<i64>(b"L", 8) && !fits::<i32>(b"l", 8) && !fits::<f64>(b"f", 4));
        assert!(!fits::<u8>(b"?", 1) && !fits::<bool>(b"B", 1) && !fits::<u8>(b"", 1));
        assert_eq!(fits::<u32>(b">I", 4), cfg!(target_endian = "big"));
    }
}
