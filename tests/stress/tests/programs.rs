//! Both programs for a short while, on every Python that the tests run on. Their controls are in `.ci/run`.

use std::process::Command;

/// Runs the program, which must end well; gives what it printed.
fn stress(arguments: &[&str]) -> String {
    let run = Command::new(env!("CARGO_BIN_EXE_gopyre-stress"))
        .args(arguments)
        .env_remove("RUST_BACKTRACE")
        .output()
        .expect("the program starts");
    let [stdout, stderr] = [&run.stdout, &run.stderr].map(|text| String::from_utf8_lossy(text));
    let status = run.status;
    assert!(
        status.success(),
        "{arguments:?}: {status}\n{stdout}{stderr}"
    );
    stdout.into_owned()
}

#[test]
fn nothing_is_lost_and_nothing_grows_in_a_short_run() {
    let text = stress(&["5"]);
    assert!(text.contains(" 0 failures"), "{text}");
}

#[test]
fn every_end_of_a_process_is_clean() {
    let text = stress(&["exits", "3"]);
    assert!(text.contains(" 0 not clean"), "{text}");
}
