//! A declared script allocates nothing on the Rust side beyond what its values need.

use gopyre::py_script;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, counting for the thread that asks.
struct Counting;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[py_script("x + y")]
fn add(x: i64, y: i64) -> gopyre::Result<i64>;

#[py_script("[n * scale for n in numbers]")]
fn scaled(numbers: &[f64], scale: f64) -> gopyre::Result<Vec<f64>>;

#[py_script(r#"{"id": id + 1, "open": not open}"#)]
fn toggled(id: u32, open: bool) -> gopyre::Result<Door>;

#[derive(Debug, PartialEq, serde::Deserialize)]
struct Door {
    id: u32,
    open: bool,
}

/// How often `f` allocates once it has run before: the least of some runs, since one may have to clear up
/// what another test's thread has left.
fn allocations<R>(mut f: impl FnMut() -> gopyre::Result<R>) -> gopyre::Result<usize> {
    let mut least = usize::MAX;
    for _ in 0..8 {
        let before = COUNT.get();
        f()?;
        least = least.min(COUNT.get() - before);
    }
    Ok(least)
}

#[test]
fn a_call_with_numbers_allocates_nothing() -> gopyre::Result<()> {
    assert_eq!(add(2, 3)?, 5);
    assert_eq!(allocations(|| add(2, 3))?, 0);
    Ok(())
}

#[test]
fn a_struct_of_numbers_allocates_nothing() -> gopyre::Result<()> {
    assert_eq!(toggled(6, false)?, Door { id: 7, open: true });
    assert_eq!(allocations(|| toggled(6, false))?, 0);
    Ok(())
}

#[test]
fn a_vector_is_allocated_once() -> gopyre::Result<()> {
    assert_eq!(scaled(&[1.0, 2.0], 3.0)?, [3.0, 6.0]);
    assert_eq!(allocations(|| scaled(&[1.0, 2.0], 3.0))?, 1);
    Ok(())
}

#[test]
fn what_allocates_is_counted() -> gopyre::Result<()> {
    assert!(allocations(|| gopyre::exec::<String>("'text'", ()))? >= 1);
    Ok(())
}
