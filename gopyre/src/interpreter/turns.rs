//! Turns at the GIL that several interpreters share below 3.12.
//!
//! There a thread that waits for the GIL asks for it within its own interpreter alone: one that computes in
//! another is never told, and would keep it until it waits for something. So each interpreter, the main one
//! too, has a thread that asks for it every few milliseconds while another interpreter is entered.

use super::State;
use crate::attach;
use crate::gate::GATE;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// How long a thread may compute before others have their turn: as long as CPython's own interval.
const TURN: Duration = Duration::from_millis(5);

/// How many threads are in interpreters beside the main one.
static ENTERED: AtomicUsize = AtomicUsize::new(0);
/// The main interpreter has its thread.
static MAIN: AtomicBool = AtomicBool::new(false);

/// A thread's stay in an interpreter beside the main one.
pub(crate) struct Stay;

impl Stay {
    pub(crate) fn begin() -> Stay {
        ENTERED.fetch_add(1, Ordering::Relaxed);
        Stay
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        ENTERED.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Starts the thread of a new interpreter, and that of the main one.
pub(super) fn take(main: &'static State, state: &'static State) {
    if !MAIN.swap(true, Ordering::Relaxed) {
        start(main);
    }
    start(state);
}

fn start(state: &'static State) {
    let thread = thread::Builder::new().name("gopyre-turns".to_owned());
    // Without memory for a thread there is one less to share with.
    let _ = thread.spawn(move || {
        while !state.is_ended() && !GATE.is_closed() {
            thread::sleep(TURN);
            // Asks for the GIL if somebody may be waiting.
            if ENTERED.load(Ordering::Relaxed) > 0 {
                // Refused where the interpreter is being ended, after which it may still go on.
                let _ = attach::visit(state, |_| Ok(()));
            }
        }
    });
}
