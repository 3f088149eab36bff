//! Who uses a value: any number of readers, or one writer.

use super::Class;
use super::instance::Body;
use super::layout::{refusal, stranger};
use crate::attach::Attached;
use crate::error::{Error, Result, runtime_error};
use gopyre_sys as sys;
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

/// Of a value that is `Sync`, the readers' number; of another, above it that of the thread they are on.
#[derive(Debug)]
pub(super) struct Flag(AtomicU64);

/// No value yet; what fresh memory holds.
const UNINITIALIZED: u64 = 0;
/// A value that nobody uses; each reader adds one.
const FREE: u64 = 1;
/// A value that is being changed.
const WRITING: u64 = u64::MAX;
/// The bits that count readers.
const COUNT: u64 = (1 << 24) - 1;

/// Why a value cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    Uninitialized,
    Changing,
    InUse,
    Elsewhere,
}

/// What tells a thread's readers from another's; 0 where that does not matter.
#[derive(Clone, Copy)]
pub(super) struct Reader(u64);

impl Reader {
    #[inline]
    pub(super) fn current(is_sync: bool) -> Reader {
        if is_sync {
            return Reader(0);
        }
        static NEXT: AtomicU64 = AtomicU64::new(1);
        thread_local! {
            static OWN: Cell<u64> = const { Cell::new(0) };
        }
        OWN.with(|own| {
            if own.get() == 0 {
                own.set(NEXT.fetch_add(1, Ordering::Relaxed));
            }
            // So many threads that two of them share a number no process lives to start.
            Reader(own.get() << 24)
        })
    }
}

impl Flag {
    pub(super) const fn new() -> Flag {
        Flag(AtomicU64::new(UNINITIALIZED))
    }

    pub(super) fn is_initialized(&self) -> bool {
        self.0.load(Ordering::Acquire) != UNINITIALIZED
    }

    pub(super) fn is_free(&self) -> bool {
        self.0.load(Ordering::Acquire) == FREE
    }

    #[inline]
    fn begin_reading(&self, reader: Reader) -> Result<(), Refused> {
        let mut seen = self.0.load(Ordering::Relaxed);
        loop {
            let next = match seen {
                FREE => reader.0 | (FREE + 1),
                UNINITIALIZED => return Err(Refused::Uninitialized),
                WRITING => return Err(Refused::Changing),
                _ if seen & !COUNT != reader.0 => return Err(Refused::Elsewhere),
                _ if seen & COUNT == COUNT - 1 => return Err(Refused::InUse),
                _ => seen + 1,
            };
            match self
                .0
                .compare_exchange_weak(seen, next, Ordering::Acquire, Ordering::Relaxed)
            {
                Ok(_) => return Ok(()),
                Err(now) => seen = now,
            }
        }
    }

    #[inline]
    fn end_reading(&self) {
        let mut seen = self.0.load(Ordering::Relaxed);
        loop {
            let next = match seen & COUNT {
                // The last one takes the thread's number away.
                2 => FREE,
                _ => seen - 1,
            };
            match self
                .0
                .compare_exchange_weak(seen, next, Ordering::Release, Ordering::Relaxed)
            {
                Ok(_) => return,
                Err(now) => seen = now,
            }
        }
    }

    #[inline]
    pub(super) fn begin_writing(&self, reader: Reader) -> Result<(), Refused> {
        let begin = self
            .0
            .compare_exchange(FREE, WRITING, Ordering::Acquire, Ordering::Relaxed);
        match begin {
            Ok(_) => Ok(()),
            Err(UNINITIALIZED) => Err(Refused::Uninitialized),
            Err(WRITING) => Err(Refused::Changing),
            Err(seen) if seen & !COUNT != reader.0 => Err(Refused::Elsewhere),
            Err(_) => Err(Refused::InUse),
        }
    }

    pub(super) fn end_writing(&self) {
        self.0.store(FREE, Ordering::Release);
    }

    /// Begins to put in the first value; false where there is one already.
    pub(super) fn begin_initializing(&self) -> bool {
        let begin =
            self.0
                .compare_exchange(UNINITIALIZED, WRITING, Ordering::Acquire, Ordering::Relaxed);
        begin.is_ok()
    }
}

/// A value to be read.
pub struct Shared<'a, T: Class> {
    body: NonNull<Body<T>>,
    alive: PhantomData<&'a T>,
    not_send: PhantomData<*mut ()>,
}

/// A value to be changed.
pub struct Exclusive<'a, T: Class> {
    body: NonNull<Body<T>>,
    alive: PhantomData<&'a mut T>,
    not_send: PhantomData<*mut ()>,
}

/// The body of an instance, if it is one of `T`.
///
/// # Safety
/// `this` must be an instance of a class of ours.
#[inline]
unsafe fn body_of<T: Class>(this: *mut sys::PyObject) -> Result<NonNull<Body<T>>> {
    // SAFETY: as the caller promises.
    unsafe { Body::<T>::checked(this) }.ok_or_else(|| stranger(T::item().name))
}

#[cold]
fn refused<T: Class>(py: Attached<'_>, refused: Refused) -> Error {
    runtime_error(py, &refusal(T::item().name, refused))
}

impl<'a, T: Class> Shared<'a, T> {
    /// # Safety
    /// `this` must be an instance of a class of ours, alive as long as `'a`.
    #[inline]
    pub(crate) unsafe fn of_instance(
        py: Attached<'_>,
        this: *mut sys::PyObject,
    ) -> Result<Shared<'a, T>> {
        // SAFETY: as the caller promises.
        let body = unsafe { body_of::<T>(this)? };
        let reader = Reader::current(T::SHARING.is_sync);
        // SAFETY: the body lives as long as the instance.
        match unsafe { body.as_ref() }.flag.begin_reading(reader) {
            Ok(()) => Ok(Shared {
                body,
                alive: PhantomData,
                not_send: PhantomData,
            }),
            Err(why) => Err(refused::<T>(py, why)),
        }
    }
}

impl<T: Class> Deref for Shared<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the flag says that there is a value, which nobody changes until this is dropped.
        unsafe { &*self.body.as_ref().value.get().cast::<T>() }
    }
}

impl<T: Class> Drop for Shared<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the instance is alive as long as this.
        unsafe { self.body.as_ref() }.flag.end_reading();
    }
}

impl<'a, T: Class> Exclusive<'a, T> {
    /// # Safety
    /// `this` must be an instance of a class of ours, alive as long as `'a`.
    #[inline]
    pub(crate) unsafe fn of_instance(
        py: Attached<'_>,
        this: *mut sys::PyObject,
    ) -> Result<Exclusive<'a, T>> {
        // SAFETY: as the caller promises.
        let body = unsafe { body_of::<T>(this)? };
        let reader = Reader::current(T::SHARING.is_sync);
        // SAFETY: the body lives as long as the instance.
        match unsafe { body.as_ref() }.flag.begin_writing(reader) {
            Ok(()) => Ok(Exclusive {
                body,
                alive: PhantomData,
                not_send: PhantomData,
            }),
            Err(why) => Err(refused::<T>(py, why)),
        }
    }
}

impl<T: Class> Deref for Exclusive<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the flag says that there is a value, which nobody else uses until this is dropped.
        unsafe { &*self.body.as_ref().value.get().cast::<T>() }
    }
}

impl<T: Class> DerefMut for Exclusive<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above.
        unsafe { &mut *self.body.as_ref().value.get().cast::<T>() }
    }
}

impl<T: Class> Drop for Exclusive<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the instance is alive as long as this.
        unsafe { self.body.as_ref() }.flag.end_writing();
    }
}

impl<T: Class> fmt::Debug for Shared<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl<T: Class> fmt::Debug for Exclusive<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exclusive").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{Flag, Reader, Refused};

    #[test]
    fn readers_share_and_a_writer_does_not() {
        let flag = Flag::new();
        let sync = Reader(0);
        assert_eq!(flag.begin_reading(sync), Err(Refused::Uninitialized));
        assert!(flag.begin_initializing());
        assert!(!flag.begin_initializing());
        assert_eq!(flag.begin_reading(sync), Err(Refused::Changing));
        flag.end_writing();
        assert_eq!(flag.begin_reading(sync), Ok(()));
        assert_eq!(flag.begin_reading(sync), Ok(()));
        assert_eq!(flag.begin_writing(sync), Err(Refused::InUse));
        flag.end_reading();
        flag.end_reading();
        assert_eq!(flag.begin_writing(sync), Ok(()));
        assert_eq!(flag.begin_writing(sync), Err(Refused::Changing));
    }

    #[test]
    fn what_is_not_sync_belongs_to_one_thread_at_a_time() {
        let flag = Flag::new();
        assert!(flag.begin_initializing());
        flag.end_writing();
        let here = Reader::current(false);
        let there = std::thread::scope(|scope| {
            let there = scope.spawn(|| Reader::current(false).0);
            Reader(there.join().unwrap())
        });
        assert_eq!(flag.begin_reading(here), Ok(()));
        assert_eq!(flag.begin_reading(here), Ok(()));
        assert_eq!(flag.begin_reading(there), Err(Refused::Elsewhere));
        assert_eq!(flag.begin_writing(there), Err(Refused::Elsewhere));
        flag.end_reading();
        flag.end_reading();
        assert_eq!(flag.begin_reading(there), Ok(()));
        assert_eq!(flag.begin_reading(here), Err(Refused::Elsewhere));
    }
}
