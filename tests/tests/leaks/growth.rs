//! What grows in this process when something is done again and again.

use gopyre::Script;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicI64, Ordering};

/// The system's allocator, counting what is alive.
struct Counting;

static ALLOCATIONS: AtomicI64 = AtomicI64::new(0);
static BYTES: AtomicI64 = AtomicI64::new(0);

// SAFETY: every call goes to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        BYTES.fetch_add(layout.size() as i64, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        ALLOCATIONS.fetch_sub(1, Ordering::Relaxed);
        BYTES.fetch_sub(layout.size() as i64, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often an operation runs in a round.
const CALLS: i64 = 200;
const ROUNDS: usize = 4;

/// What can grow, in the order of the numbers that are taken.
const KINDS: [&str; 4] = ["references", "blocks", "allocations", "words"];

/// What grows with the operation.
pub(crate) fn growth(mut operation: impl FnMut()) -> Vec<&'static str> {
    let counts = Script::new(
        "
        import gc, sys
        # Where it remembers the methods of classes it holds their names.
        (getattr(sys, '_clear_internal_caches', None) or sys._clear_type_cache)()
        for _ in range(3): gc.collect()
        references = getattr(sys, 'gettotalrefcount', lambda: 0)
        references(), sys.getallocatedblocks()
        ",
    )
    .unwrap();
    let mut round = || {
        for _ in 0..CALLS {
            operation();
        }
        let (references, blocks): (i64, i64) = counts.exec(()).unwrap();
        [
            references,
            blocks,
            ALLOCATIONS.load(Ordering::Relaxed),
            BYTES.load(Ordering::Relaxed) / 8,
        ]
    };
    // Caches fill up.
    for _ in 0..3 {
        round();
    }
    let rounds: Vec<_> = std::iter::repeat_with(round).take(ROUNDS + 1).collect();
    println!("{rounds:?}");
    let grows = |kind: &usize| {
        rounds
            .windows(2)
            .all(|pair| pair[1][*kind] - pair[0][*kind] >= CALLS / 2)
    };
    (0..KINDS.len())
        .filter(grows)
        .map(|kind| KINDS[kind])
        .collect()
}

#[track_caller]
pub(crate) fn leaves_nothing(operation: impl FnMut()) {
    let mut kinds = growth(operation);
    let version = gopyre::Runtime::start().unwrap().version();
    if version.free_threaded && version.minor == 13 {
        // The free-threaded 3.13 never lets go of a function or a class once there is a second thread.
        kinds.retain(|kind| *kind != "blocks");
    }
    assert!(kinds.is_empty(), "each call leaves {kinds:?} behind");
}
