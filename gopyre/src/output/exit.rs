//! What is left to write when the process exits: threads of Python's may print after the last call has returned.

use super::PROCESS;
use crate::fork;
use std::ffi::c_int;

unsafe extern "C" {
    fn atexit(function: extern "C" fn()) -> c_int;
}

/// Has the process's streams written at the exit.
pub(super) fn watch() {
    // SAFETY: the function is static. Without memory for it what is left stays unwritten.
    unsafe { atexit(write_rest) };
}

extern "C" fn write_rest() {
    // What a fork has of it, its parent has, too.
    if fork::is_child() {
        return;
    }
    for sink in PROCESS.get().into_iter().flatten() {
        sink.write_rest();
    }
}
