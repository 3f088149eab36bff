//! The end of a thread's stack, which Rust and Python that call each other reach before CPython's own limit: that
//! counts calls, and below 3.14 looks at no address.

use std::cell::Cell;

/// The lowest address of a thread's stack, and how much of it a call must leave.
#[derive(Clone, Copy)]
struct Stack {
    low: usize,
    spare: usize,
}

/// Enough for what a call does until the next one looks, also unoptimized.
const SPARE: usize = 128 * 1024;
/// Of a small stack this part.
const PART: usize = 8;

thread_local! {
    static STACK: Cell<Option<Stack>> = const { Cell::new(None) };
}

/// Whether the end of this thread's stack is near.
#[inline]
pub(super) fn is_short() -> bool {
    let here = 0u8;
    let here = (&raw const here).addr();
    let stack = STACK.get().unwrap_or_else(look);
    // On another stack than the thread's own nothing is known, and the difference is large.
    here.wrapping_sub(stack.low) < stack.spare
}

#[cold]
fn look() -> Stack {
    let stack = match bounds() {
        Some((low, size)) => Stack {
            low,
            spare: SPARE.min(size / PART),
        },
        None => Stack { low: 0, spare: 0 },
    };
    STACK.set(Some(stack));
    stack
}

/// The lowest address and the size. Other systems' libraries say less of them, or something else.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn bounds() -> Option<(usize, usize)> {
    None
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn bounds() -> Option<(usize, usize)> {
    use std::ffi::{c_int, c_ulong, c_void};

    /// As large as on any processor, and more.
    #[repr(C, align(16))]
    struct Attributes([u8; 256]);

    unsafe extern "C" {
        fn pthread_self() -> c_ulong;
        fn pthread_getattr_np(thread: c_ulong, attributes: *mut Attributes) -> c_int;
        fn pthread_attr_getstack(
            attributes: *const Attributes,
            low: *mut *mut c_void,
            size: *mut usize,
        ) -> c_int;
        fn pthread_attr_destroy(attributes: *mut Attributes) -> c_int;
    }

    let mut attributes = Attributes([0; 256]);
    let (mut low, mut size) = (std::ptr::null_mut(), 0);
    // SAFETY: the functions fill in what they are given, of this thread; what the first one has made is destroyed.
    let found = unsafe {
        if pthread_getattr_np(pthread_self(), &mut attributes) != 0 {
            return None;
        }
        let found = pthread_attr_getstack(&attributes, &mut low, &mut size);
        pthread_attr_destroy(&mut attributes);
        found
    };
    (found == 0).then(|| (low.addr(), size))
}
