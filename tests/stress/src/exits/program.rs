//! Ends of the program itself, and of a fork of it, while threads are in Python.

use super::busy::{be_busy, greet, wait};
use super::kinds::PANIC;
use gopyre::{Object, Result, attach, exec, function};
use serde::Serialize;
use std::process::{ExitCode, exit};

pub(super) fn returns(number: u64) -> Result<ExitCode> {
    greet()?;
    be_busy()?;
    wait(number);
    Ok(ExitCode::SUCCESS)
}

pub(super) fn exits(number: u64) -> Result<ExitCode> {
    greet()?;
    be_busy()?;
    wait(number);
    exit(7)
}

pub(super) fn panics(number: u64) -> Result<ExitCode> {
    greet()?;
    be_busy()?;
    wait(number);
    panic!("{PANIC}")
}

pub(super) fn inside(number: u64) -> Result<ExitCode> {
    #[derive(Serialize)]
    struct Input {
        end: Object,
    }
    greet()?;
    be_busy()?;
    let end = function("end", move || {
        wait(number);
        attach(|| exit(7)).is_ok()
    })?;
    exec::<()>("sorted([1], key=lambda _: end())", Input { end })?;
    Ok(ExitCode::FAILURE)
}

/// A signal that the host does not handle ends it, whatever Python has imported.
pub(super) fn terminated(number: u64) -> Result<ExitCode> {
    signalled("SIGTERM", number)
}

pub(super) fn interrupted(number: u64) -> Result<ExitCode> {
    signalled("SIGINT", number)
}

fn signalled(signal: &str, number: u64) -> Result<ExitCode> {
    greet()?;
    exec::<()>("import asyncio, signal", ())?;
    be_busy()?;
    wait(number);
    exec::<()>(
        "import os, signal; os.kill(os.getpid(), getattr(signal, input))",
        signal,
    )?;
    Ok(ExitCode::FAILURE)
}

/// The child of a fork finishes its Python work, and so does its parent.
pub(super) fn forked(number: u64) -> Result<ExitCode> {
    greet()?;
    be_busy()?;
    wait(number);
    let code = "
        import os, threading, warnings
        # That there are threads.
        warnings.simplefilter('ignore')
        child = os.fork()
        if child == 0:
            import decimal
            thread = threading.Thread(target=decimal.Decimal, args=('1.5',))
            thread.start(); thread.join()
            os._exit(sum([n for n in range(3)]))
        os.waitpid(child, 0)[1] >> 8
    ";
    let code: u8 = exec(code, ())?;
    Ok(ExitCode::from(code + 4))
}
