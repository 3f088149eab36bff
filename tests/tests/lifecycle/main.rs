//! Proves that Python starts once, ends only when asked, and that neither a thread nor a handle is in the way.
//!
//! Start, end and exit are things of a whole process: each scenario runs in one of its own, with a
//! time limit. The first test is the control: what never ends must be seen to never end.

#![allow(clippy::unwrap_used, clippy::panic)]

mod exit;
mod finalize;
mod start;
mod threads;

use gopyre::{attach, exec};
use gopyre_tests::in_child;
use std::thread;
use std::time::Duration;

const SHORT: Duration = Duration::from_secs(30);

#[test]
fn control_a_deadlock_is_seen() {
    let end = in_child(|| {
        attach(|| {
            let other = thread::spawn(|| exec::<i64>("1", ()));
            other.join().unwrap().unwrap();
            // Without a GIL that is none; then this is.
            loop {
                thread::park();
            }
        })
        .unwrap()
    })
    .limit(Duration::from_secs(2))
    .run();
    assert!(end.timed_out(), "{end}");
}
