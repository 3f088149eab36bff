//! Ends of Python: before that of the process, and at the same time.

use super::busy::{greet, wait};
use super::child::PYTHON;
use gopyre::{Error, Object, Result, Runtime, attach, exec};
use std::process::{ExitCode, exit};
use std::thread;
use std::time::Duration;

/// Attaches until Python has ended.
fn attaching() {
    loop {
        match attach(|| exec::<i64>("1 + 1", ())) {
            Ok(Ok(2)) => {}
            Ok(Err(Error::Finalized)) | Err(Error::Finalized) => return,
            other => panic!("{other:?}"),
        }
    }
}

pub(super) fn finalizes(number: u64) -> Result<ExitCode> {
    greet()?;
    let kept: Object = exec("[input]", number)?;
    let threads: Vec<_> = (0..8).map(|_| thread::spawn(attaching)).collect();
    wait(number);
    if let Some(runtime) = Runtime::get() {
        runtime.finalize()?;
    }
    for thread in threads {
        if thread.join().is_err() {
            return Ok(ExitCode::FAILURE);
        }
    }
    assert!(matches!(kept.len(), Err(Error::Finalized)));
    Ok(ExitCode::SUCCESS)
}

pub(super) fn finalizing(number: u64) -> Result<ExitCode> {
    greet()?;
    for _ in 0..4 {
        thread::spawn(attaching);
    }
    thread::spawn(|| Runtime::get().map(Runtime::finalize));
    wait(number);
    exit(7)
}

pub(super) fn starting(number: u64) -> Result<ExitCode> {
    // There is no Python to print its line, perhaps.
    println!("{PYTHON}");
    for _ in 0..3 {
        thread::spawn(|| exec::<i64>("1", ()));
    }
    thread::sleep(Duration::from_micros(number * 977 % 40_000));
    exit(7)
}

/// What is to be done at the end of Python is done, the last first.
pub(super) fn at_exit(number: u64) -> Result<ExitCode> {
    gopyre::run(
        r#"
        import atexit, weakref
        class Own: pass
        own, said = Own(), []
        atexit.register(lambda: print(*said, "line"))
        weakref.finalize(own, said.append, "Python's")
        "#,
    )?;
    wait(number);
    if let Some(runtime) = Runtime::get() {
        runtime.finalize()?;
    }
    Ok(ExitCode::SUCCESS)
}
