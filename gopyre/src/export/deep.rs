//! Chains of instances and closures: letting go of one lets go of the next, which must not take a stack as long as
//! the chain.
//!
//! CPython does the same for its own containers, below 3.14 by functions that are not public, and from then on
//! for all.

use gopyre_sys as sys;
use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::ptr;

/// How many are let go of within each other; further ones wait for the outermost to be done.
const DEEPEST: u32 = 50;

/// Something that nothing refers to, and what lets go of it.
type Waiting = (*mut c_void, unsafe fn(*mut c_void));

/// How deep a thread is in the chains of an interpreter.
#[derive(Clone, Copy)]
struct Level {
    interpreter: *mut sys::PyInterpreterState,
    depth: u32,
}

thread_local! {
    static LEVEL: Cell<Level> = const { Cell::new(Level { interpreter: ptr::null_mut(), depth: 0 }) };
    static WAITING: RefCell<Vec<Waiting>> = const { RefCell::new(Vec::new()) };
}

/// Lets go of a link of a chain, now or when those around it are done.
///
/// # Safety
/// The thread must be attached; nothing may refer to `this`, which is what `finish` asks for; that must not unwind.
pub(crate) unsafe fn let_go_of_chain(
    table: &sys::Table,
    this: *mut c_void,
    finish: unsafe fn(*mut c_void),
) {
    // SAFETY: attached, as the caller promises.
    let interpreter = unsafe { table.PyInterpreterState_Get() };
    let outer = LEVEL.get();
    // Code that runs in between may work in another interpreter, whose links must not wait for this one's.
    let depth = match outer.interpreter == interpreter {
        true => outer.depth,
        false => 0,
    };
    if depth >= DEEPEST && wait((this, finish)) {
        return;
    }
    let waiting = count();
    let depth = depth + 1;
    LEVEL.set(Level { interpreter, depth });
    // SAFETY: as the caller promises.
    unsafe { finish(this) };
    while depth == 1
        && let Some((next, finish)) = next(waiting)
    {
        // SAFETY: as the caller promised of it, in the same interpreter.
        unsafe { finish(next) };
    }
    LEVEL.set(outer);
}

/// Keeps a link for later, unless the thread is at its very end.
fn wait(link: Waiting) -> bool {
    WAITING
        .try_with(|waiting| waiting.borrow_mut().push(link))
        .is_ok()
}

/// How many wait.
fn count() -> usize {
    WAITING
        .try_with(|waiting| waiting.borrow().len())
        .unwrap_or_default()
}

/// One that waits, other than the first so many.
fn next(first: usize) -> Option<Waiting> {
    let next = |waiting: &RefCell<Vec<Waiting>>| {
        let mut waiting = waiting.borrow_mut();
        (waiting.len() > first).then(|| waiting.pop()).flatten()
    };
    WAITING.try_with(next).ok().flatten()
}
