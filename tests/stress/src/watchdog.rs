//! Ends the program if nothing moves.

use crate::ledger::Ledger;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// The exit code of a program that hung.
pub(crate) const HUNG: i32 = 2;

/// Watches on a thread of its own, which never touches Python.
pub(crate) fn start(ledger: Arc<Ledger>, patience: Duration) {
    thread::spawn(move || {
        let mut seen = (ledger.steps(), Instant::now());
        loop {
            thread::sleep(Duration::from_millis(200));
            let steps = ledger.steps();
            if steps != seen.0 {
                seen = (steps, Instant::now());
            } else if seen.1.elapsed() >= patience {
                let seconds = patience.as_secs();
                println!(
                    "HANGS: nothing moved for {seconds} s, in\n{}",
                    ledger.doing()
                );
                print!("{ledger}");
                std::process::exit(HUNG);
            }
        }
    });
}
