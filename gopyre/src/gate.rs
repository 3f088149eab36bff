//! The gate between running threads and finalize.
//!
//! Every thread has a door of its own: a flag that says it is inside. A thread enters by raising its
//! flag and then looking whether the gate is open; finalize closes the gate and then looks at the
//! flags. With a full fence on both sides one of the two sees the other, and a thread that enters
//! writes to no memory that other threads write to.

mod fence;

use crate::error::{Error, Result};
use crate::fork::Held;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

/// The one gate of the process.
pub(crate) static GATE: Gate = Gate {
    position: AtomicU8::new(OPEN),
    doors: Mutex::new(Vec::new()),
    moved: Condvar::new(),
};

const OPEN: u8 = 0;
const CLOSING: u8 = 1;
const CLOSED: u8 = 2;
/// Closed although somebody was inside.
const SHUT: u8 = 3;

#[derive(Debug)]
pub(crate) struct Gate {
    position: AtomicU8,
    doors: Mutex<Vec<Weak<AtomicBool>>>,
    moved: Condvar,
}

/// One thread's way through the gate.
#[derive(Clone, Debug)]
pub(crate) struct Door(Arc<AtomicBool>);

impl Gate {
    /// A new door, for a thread that comes for the first time.
    pub(crate) fn door(&self) -> Door {
        self.add(false)
    }

    /// A door that is passed already, for work that a thread inside leaves to another. To enter like
    /// anybody else it would have to wait for a gate that is closing, which waits for that very thread.
    pub(crate) fn passed(&self) -> Door {
        self.add(true)
    }

    fn add(&self, inside: bool) -> Door {
        fence::prepare();
        let inside = Arc::new(AtomicBool::new(inside));
        let mut doors = self.doors();
        doors.retain(|door| door.strong_count() > 0);
        doors.push(Arc::downgrade(&inside));
        Door(inside)
    }

    /// Closes the gate for good once nobody is inside and `last` has succeeded.
    ///
    /// # Errors
    /// [`Error::Busy`] where somebody stays inside for longer than `patience`, and what `last` returns; the
    /// gate is open again. [`Error::Finalized`] where it is closed already.
    pub(crate) fn close(
        &self,
        patience: Duration,
        last: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        if self
            .position
            .compare_exchange(OPEN, CLOSING, Ordering::SeqCst, Ordering::SeqCst)
            .is_err()
        {
            return Err(if self.is_closed() {
                Error::Finalized
            } else {
                Error::Busy
            });
        }
        let outcome = match self.wait_until_empty(patience) {
            true => last(),
            false => Err(Error::Busy),
        };
        self.move_to(if outcome.is_ok() { CLOSED } else { OPEN });
        outcome
    }

    fn wait_until_empty(&self, patience: Duration) -> bool {
        fence::heavy();
        let deadline = Instant::now() + patience;
        loop {
            if self.is_empty() {
                return true;
            }
            if Instant::now() >= deadline {
                return false;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn move_to(&self, position: u8) {
        let doors = self.doors();
        self.position.store(position, Ordering::SeqCst);
        drop(doors);
        self.moved.notify_all();
    }

    /// Closes the gate for good, whoever stays inside for longer than `patience`: CPython is being ended by
    /// another part of the process, which asks nobody.
    pub(crate) fn shut(&self, patience: Duration, last: impl FnOnce()) {
        let begin = |position| (position < CLOSED).then_some(CLOSING);
        let order = Ordering::SeqCst;
        if self.position.fetch_update(order, order, begin).is_err() {
            return;
        }
        let empty = self.wait_until_empty(patience);
        last();
        self.move_to(if empty { CLOSED } else { SHUT });
    }

    /// Says that the gate will be closed, so that nobody waits for that.
    pub(crate) fn announce(&self) {
        fence::announce();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.position.load(Ordering::SeqCst) >= CLOSED
    }

    /// Whether threads were inside when the gate was closed: they must not come back to Python.
    #[inline]
    pub(crate) fn is_shut(&self) -> bool {
        self.position.load(Ordering::Relaxed) == SHUT
    }

    /// Holds the list of doors, for a fork.
    pub(crate) fn hold(&'static self) -> Held {
        Box::new(self.doors())
    }

    /// Called in the child of a fork by the only thread there: nobody else is inside, nor closes the gate.
    pub(crate) fn forked(&self, own: Option<&Door>) {
        let own = own.map(|door| Arc::as_ptr(&door.0));
        let mut doors = self.doors();
        doors.retain(|door| Some(door.as_ptr()) == own);
        let closing =
            self.position
                .compare_exchange(CLOSING, OPEN, Ordering::SeqCst, Ordering::SeqCst);
        drop((doors, closing));
    }

    fn doors(&self) -> MutexGuard<'_, Vec<Weak<AtomicBool>>> {
        self.doors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_empty(&self) -> bool {
        let doors = self.doors();
        doors
            .iter()
            .filter_map(Weak::upgrade)
            .all(|door| !door.load(Ordering::SeqCst))
    }

    /// Waits while the gate is closing, then says whether it is open.
    #[cold]
    fn wait(&self) -> Result<()> {
        let mut doors = self.doors();
        loop {
            match self.position.load(Ordering::SeqCst) {
                OPEN => return Ok(()),
                CLOSED | SHUT => return Err(Error::Finalized),
                _ => {
                    doors = self
                        .moved
                        .wait(doors)
                        .unwrap_or_else(PoisonError::into_inner)
                }
            }
        }
    }
}

impl Door {
    /// Goes inside.
    #[inline]
    pub(crate) fn enter(&self) -> Result<()> {
        while !self.try_enter() {
            GATE.wait()?;
        }
        Ok(())
    }

    /// Goes inside if the gate is open.
    #[inline]
    pub(crate) fn try_enter(&self) -> bool {
        self.0.store(true, Ordering::Relaxed);
        fence::light();
        let open = GATE.position.load(Ordering::Acquire) == OPEN;
        if !open {
            self.leave();
        }
        open
    }

    /// Goes outside.
    #[inline]
    pub(crate) fn leave(&self) {
        self.0.store(false, Ordering::Release);
    }
}
