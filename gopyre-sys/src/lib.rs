//! A table of CPython's C functions, filled at run time.
//!
//! Nothing here is linked against a Python: [`Table::load`] opens a shared library, looks up every
//! name of one list, and says what is missing. [`install`] puts the table in its place for the life
//! of the process, and [`table`] gives it to whoever knows that it is there. This crate has no policy:
//! which library to open, when to attach and what to convert is the business of the crate `gopyre`.

#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod config;
mod current;
mod fallback;
mod isolate;
mod layout;
mod list;
mod load;
mod table;
mod types;
mod version;

pub use config::Config;
pub use layout::Values;
pub use list::{Flags, Table};
pub use load::{LoadError, Reason, raise_import_error};
pub use types::*;
pub use version::Version;

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::sync::Once;

struct Slot(UnsafeCell<MaybeUninit<Table>>);

// SAFETY: written once, under `INSTALLED`, before anyone may read; read-only afterwards.
unsafe impl Sync for Slot {}

static SLOT: Slot = Slot(UnsafeCell::new(MaybeUninit::uninit()));
static INSTALLED: Once = Once::new();

/// Puts the table in its place; a second table is dropped, because there is one CPython per process.
pub fn install(table: Table) -> &'static Table {
    // SAFETY: `Once` lets one thread write, and `table` may be called only after this returned.
    INSTALLED.call_once(|| unsafe {
        (*SLOT.0.get()).write(table);
    });
    // SAFETY: installed just now, or before.
    unsafe { self::table() }
}

/// The installed table, at a fixed address, so that a call costs one load more than a linked one.
///
/// # Safety
/// [`install`] must have returned before, which whoever is attached knows.
#[inline(always)]
pub unsafe fn table() -> &'static Table {
    // SAFETY: written before `install` returned, never again.
    unsafe { (*SLOT.0.get()).assume_init_ref() }
}
