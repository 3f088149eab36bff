//! What is alive: on Rust's side, on Python's, and for the system.

use crate::ledger::{Ledger, MAIN};
use crate::world;
use gopyre::Result;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicI64, Ordering};

/// The system's allocator, counting what is alive.
struct Counting;

static BYTES: AtomicI64 = AtomicI64::new(0);

// SAFETY: every call goes to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BYTES.fetch_add(layout.size() as i64, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        BYTES.fetch_sub(layout.size() as i64, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What is measured, in the order of the amounts.
pub(crate) const NAMES: [&str; 4] = [
    "bytes on Rust's side",
    "blocks of Python's",
    "references of Python's",
    "resident bytes",
];

/// An amount of each.
pub(crate) type Amounts = [i64; NAMES.len()];

/// Counts, while nothing runs.
pub(crate) fn now() -> Result<Amounts> {
    let script = "
        import gc, sys
        # Where it remembers the methods of classes it holds their names. To clear that in the main interpreter of
        # 3.10 makes others confuse the methods of their classes.
        if sys.version_info[:2] != (3, 10):
            (getattr(sys, '_clear_internal_caches', None) or sys._clear_type_cache)()
        for _ in range(3): gc.collect()
        # Only debug builds count references.
        sys.getallocatedblocks(), getattr(sys, 'gettotalrefcount', lambda: 0)()
    ";
    let (blocks, references) = gopyre::exec(script, ())?;
    let rust = BYTES.load(Ordering::Relaxed);
    Ok([rust, blocks, references, resident().unwrap_or(0)])
}

/// What an interpreter that has ended leaves, megabytes in some versions of CPython; with as much again for the
/// chances of a run.
pub(crate) fn of_an_interpreter(ledger: &Ledger) -> Result<Amounts> {
    const COUNT: i64 = 6;
    let one = || {
        let (outcome, _) = ledger.noting(MAIN, "an interpreter", world::come_and_go);
        outcome
    };
    one()?;
    let before = now()?;
    for _ in 0..COUNT {
        one()?;
    }
    let after = now()?;
    let least = [4 << 10, 1_000, 1_000, 1 << 20];
    Ok(std::array::from_fn(|at| {
        (after[at] - before[at]).max(0) / COUNT * 2 + least[at]
    }))
}

/// The process's memory, where the system tells.
fn resident() -> Option<i64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: i64 = text.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4096)
}
