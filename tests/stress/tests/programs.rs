//! Both programs for a short while, and the controls: what they are to see, they see.

use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};

/// Runs the program, which must exit with this code; gives what it printed.
fn stress(arguments: &[&str], code: i32) -> String {
    // Each has all processors to itself: how much gets done in a short time matters.
    static ONE: Mutex<()> = Mutex::new(());
    let _alone = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let run = Command::new(env!("CARGO_BIN_EXE_gopyre-stress"))
        .args(arguments)
        .env_remove("RUST_BACKTRACE")
        .output();
    let Output {
        status,
        stdout,
        stderr,
    } = run.expect("the program starts");
    let text = String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr);
    assert_eq!(status.code(), Some(code), "{arguments:?}: {status}\n{text}");
    text
}

#[test]
fn nothing_is_lost_and_nothing_grows_in_a_short_run() {
    let text = stress(&["5"], 0);
    assert!(text.contains(" 0 failures"), "{text}");
}

#[test]
fn every_end_of_a_process_is_clean() {
    let text = stress(&["exits", "3"], 0);
    assert!(text.contains(" 0 not clean"), "{text}");
}

#[test]
fn control_a_deadlock_is_reported_with_what_hangs() {
    let control = ["5", "--control", "deadlock", "--patience", "15"];
    let text = stress(&[&control[..], &["--only", "declared"]].concat(), 2);
    assert!(text.contains("HANGS: nothing moved for 15 s"), "{text}");
    assert!(text.contains(": declared for "), "{text}");
}

#[test]
fn control_a_leak_is_reported_as_growth() {
    let control = ["5", "--control", "leak", "--only", "objects,nesting"];
    let text = stress(&control, 1);
    assert!(text.contains("FAILED: growth: "), "{text}");
    assert!(
        text.contains("blocks of Python's more than before"),
        "{text}"
    );
}

#[test]
fn control_a_wrong_value_is_reported() {
    let text = stress(&["5", "--control", "failure"], 1);
    assert!(text.contains("FAILED: "), "{text}");
    assert!(text.contains("the control"), "{text}");
}
