//! Work that borrows from the thread that waits for it.
//!
//! It lies on that thread's stack. A worker writes the result, then says that it is done, and touches nothing
//! of it afterwards; the thread waits for that word whatever happens.

use super::queue::{Job, Work};
use super::task::outcome;
use crate::error::{Error, Result};
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, Thread};

/// How many workers are not done yet, and who waits for them.
struct Latch {
    left: AtomicUsize,
    waiter: Thread,
}

impl Latch {
    fn new(count: usize) -> Latch {
        Latch {
            left: AtomicUsize::new(count),
            waiter: thread::current(),
        }
    }

    /// The last thing that a worker does with the work: it may be gone afterwards.
    fn done(&self) {
        let waiter = self.waiter.clone();
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            waiter.unpark();
        }
    }

    fn wait(&self) {
        while self.left.load(Ordering::Acquire) > 0 {
            thread::park();
        }
    }
}

/// Says that a worker is done, also where it unwinds.
struct Done<'a>(&'a Latch);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.done();
    }
}

/// One closure.
pub(super) struct One<F, R> {
    call: UnsafeCell<Call<F, R>>,
    latch: Latch,
}

enum Call<F, R> {
    Waiting(F),
    Over(Result<R>),
}

// SAFETY: the closure is taken and the result written by the one worker that has the job, and read by the
// waiting thread after that worker is done.
unsafe impl<F: Send, R: Send> Sync for One<F, R> {}

impl<F: FnOnce() -> R + Send, R: Send> One<F, R> {
    pub(super) fn new(f: F) -> One<F, R> {
        One {
            call: UnsafeCell::new(Call::Waiting(f)),
            latch: Latch::new(1),
        }
    }

    /// # Safety
    /// To be called once; `wait` must be called after it, before this is moved or dropped.
    pub(super) unsafe fn job(&self) -> Job {
        // SAFETY: as the caller promises.
        unsafe { Job::borrowed(self) }
    }

    pub(super) fn wait(&self) {
        self.latch.wait();
    }

    pub(super) fn result(self) -> Result<R> {
        match self.call.into_inner() {
            Call::Over(result) => result,
            Call::Waiting(_) => Err(Error::Cancelled),
        }
    }

    /// # Safety
    /// For the one worker that has the job, before it is done.
    unsafe fn replace(&self, call: Call<F, R>) -> Call<F, R> {
        // SAFETY: nobody else looks, as the caller promises.
        unsafe { std::mem::replace(&mut *self.call.get(), call) }
    }
}

impl<F: FnOnce() -> R + Send, R: Send> Work for One<F, R> {
    fn work(&self) {
        let done = Done(&self.latch);
        // SAFETY: this worker has the job, and is done afterwards.
        let payload = unsafe {
            match self.replace(Call::Over(Err(Error::Cancelled))) {
                Call::Waiting(f) => {
                    let (result, payload) = outcome(f);
                    self.replace(Call::Over(result));
                    payload
                }
                Call::Over(_) => None,
            }
        };
        drop(done);
        drop(payload);
    }

    fn fail(&self, error: Error) {
        let _done = Done(&self.latch);
        // SAFETY: as above.
        drop(unsafe { self.replace(Call::Over(Err(error))) });
    }
}

/// One closure for many items.
pub(super) struct Many<T, R, F> {
    items: Vec<UnsafeCell<Item<T, R>>>,
    f: F,
    runners: usize,
    next: AtomicUsize,
    failed: AtomicBool,
    /// Why a worker did not begin.
    error: Mutex<Option<Error>>,
    latch: Latch,
}

enum Item<T, R> {
    Waiting(T),
    Over(Result<R>),
}

// SAFETY: each item is taken, and its result written, by the one worker that has its number; the waiting
// thread looks when all are done. The closure is shared.
unsafe impl<T: Send, R: Send, F: Sync> Sync for Many<T, R, F> {}

impl<T: Send, R: Send, F: Fn(T) -> R + Sync> Many<T, R, F> {
    pub(super) fn new(items: Vec<T>, f: F, workers: usize) -> Many<T, R, F> {
        let runners = workers.min(items.len());
        Many {
            items: items
                .into_iter()
                .map(|item| UnsafeCell::new(Item::Waiting(item)))
                .collect(),
            f,
            runners,
            next: AtomicUsize::new(0),
            failed: AtomicBool::new(false),
            error: Mutex::new(None),
            latch: Latch::new(runners),
        }
    }

    /// How many jobs there are to be.
    pub(super) fn runners(&self) -> usize {
        self.runners
    }

    /// # Safety
    /// To be called so many times; `wait` must be called after it, before this is moved or dropped.
    pub(super) unsafe fn job(&self) -> Job {
        // SAFETY: as the caller promises.
        unsafe { Job::borrowed(self) }
    }

    pub(super) fn wait(&self) {
        self.latch.wait();
    }

    /// The results in the items' order, or the first failure.
    pub(super) fn results(self) -> Result<Vec<R>> {
        let error = self
            .error
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let mut results = Vec::with_capacity(self.items.len());
        for item in self.items {
            match item.into_inner() {
                Item::Over(result) => results.push(result?),
                Item::Waiting(_) => return Err(error.unwrap_or(Error::Cancelled)),
            }
        }
        Ok(results)
    }
}

impl<T: Send, R: Send, F: Fn(T) -> R + Sync> Work for Many<T, R, F> {
    fn work(&self) {
        let done = Done(&self.latch);
        let mut payloads = Vec::new();
        while !self.failed.load(Ordering::Relaxed) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = self.items.get(number) else {
                break;
            };
            // SAFETY: the number is this worker's alone, and the worker is not done.
            let item = unsafe { &mut *item.get() };
            let over = Item::Over(Err(Error::Cancelled));
            if let Item::Waiting(value) = std::mem::replace(item, over) {
                let (result, payload) = outcome(|| (self.f)(value));
                *item = Item::Over(result);
                if let Some(payload) = payload {
                    self.failed.store(true, Ordering::Relaxed);
                    payloads.push(payload);
                }
            }
        }
        drop(done);
        drop(payloads);
    }

    fn fail(&self, error: Error) {
        let _done = Done(&self.latch);
        self.failed.store(true, Ordering::Relaxed);
        let mut first = self.error.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert(error);
    }
}
