//! What is alive: on Rust's side, on Python's, and for the system.

use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt;
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

/// How much there is.
#[derive(Clone, Copy)]
pub(crate) struct Memory {
    rust: i64,
    /// Blocks of the main interpreter's objects.
    blocks: i64,
    resident: i64,
    /// Interpreters that have come and gone, none of which CPython forgets without a trace.
    interpreters: i64,
}

impl Memory {
    /// Counts, while nothing runs.
    pub(crate) fn now() -> Memory {
        let script = "import gc, sys\nfor _ in range(3): gc.collect()\nsys.getallocatedblocks()";
        let blocks = gopyre::exec(script, ()).unwrap();
        Memory {
            rust: BYTES.load(Ordering::Relaxed),
            blocks,
            resident: resident().unwrap_or(0),
            interpreters: crate::work::INTERPRETERS.load(Ordering::Relaxed),
        }
    }

    /// What has grown too much, where an interpreter that comes and goes costs so much.
    pub(crate) fn growth_since(self, first: Memory, cost: Cost) -> Option<String> {
        let made = self.interpreters - first.interpreters;
        // 3.13 without a GIL keeps every function and class for good.
        let version = gopyre::Runtime::start().unwrap().version();
        let keeps = version.free_threaded && version.minor == 13;
        let (blocks, resident) = match keeps {
            true => (i64::MAX / 2, 2 << 30),
            false => (20_000, 64 << 20),
        };
        let grown = [
            (
                "bytes on Rust's side",
                self.rust - first.rust,
                256 << 10,
                4 << 10,
            ),
            (
                "blocks of Python's",
                self.blocks - first.blocks,
                blocks,
                cost.blocks,
            ),
            (
                "resident bytes",
                self.resident - first.resident,
                resident,
                cost.resident,
            ),
        ];
        let too_much = |(what, growth, room, each)| {
            let limit: i64 = room + made * each;
            (growth > limit)
                .then(|| format!("{growth} {what} more than before, with room for {limit}"))
        };
        grown.into_iter().find_map(too_much)
    }
}

/// What CPython keeps of an interpreter that has ended: of each as much, megabytes in some versions.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    blocks: i64,
    resident: i64,
}

impl Cost {
    /// Measures it, with as much again for the chances of a run.
    pub(crate) fn measure(make: impl Fn()) -> Cost {
        const COUNT: i64 = 6;
        make();
        let before = Memory::now();
        (0..COUNT).for_each(|_| make());
        let after = Memory::now();
        Cost {
            blocks: (after.blocks - before.blocks).max(0) / COUNT * 2 + 1_000,
            resident: (after.resident - before.resident).max(0) / COUNT * 2 + (1 << 20),
        }
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Memory {
            rust,
            blocks,
            resident,
            ..
        } = self;
        write!(
            f,
            "{} KiB of Rust's, {blocks} blocks, {} MiB in all",
            rust >> 10,
            resident >> 20
        )
    }
}

/// The process's memory, where the system tells.
fn resident() -> Option<i64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: i64 = text.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4096)
}
