//! Handles that are alive at the end of the process.

use super::busy::{be_busy, greet, wait};
use gopyre::{Error, Interpreter, Interrupt, Object, Pool, PoolKind, Result, Script, Task, exec};
use std::cell::RefCell;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

/// An object with a finalizer, an iterator, a script, an error: all that can be kept.
#[allow(dead_code)]
struct Kept {
    object: Object,
    iterator: gopyre::Iter,
    script: Script,
    error: Option<Error>,
    stop: Interrupt,
}

impl Kept {
    fn new() -> Result<Kept> {
        let code = "
            class Own:
                def __del__(self): [n for n in range(100)]
            [Own(), (n for n in [Own()])]
        ";
        let object: Object = exec(code, ())?;
        Ok(Kept {
            iterator: object.item(1)?.iter()?,
            object,
            script: Script::new("1 / 0")?,
            error: exec::<()>("1 / 0", ()).err(),
            stop: Interrupt::new(),
        })
    }
}

pub(super) fn statics(number: u64) -> Result<ExitCode> {
    static OBJECT: OnceLock<(Object, Script, Error)> = OnceLock::new();
    greet()?;
    be_busy()?;
    let Kept {
        object,
        script,
        error: Some(error),
        ..
    } = Kept::new()?
    else {
        return Ok(ExitCode::FAILURE);
    };
    let _ = OBJECT.set((object, script, error));
    wait(number);
    Ok(ExitCode::SUCCESS)
}

thread_local! {
    static MINE: RefCell<Vec<Kept>> = const { RefCell::new(Vec::new()) };
}

fn keep() -> Result<()> {
    let kept = Kept::new()?;
    MINE.with_borrow_mut(|mine| mine.push(kept));
    Ok(())
}

pub(super) fn thread_locals(number: u64) -> Result<ExitCode> {
    greet()?;
    keep()?;
    // One whose thread ends before, one at the same time, one that never does.
    for end in [0, 20_000_u64.wrapping_sub(number), 300_000_000] {
        let (send, made) = channel();
        let thread = thread::spawn(move || {
            let _ = send.send(keep().is_ok());
            thread::sleep(Duration::from_micros(end));
        });
        if made.recv() != Ok(true) {
            return Ok(ExitCode::FAILURE);
        }
        if end == 0 {
            let _ = thread.join();
        }
    }
    wait(number);
    Ok(ExitCode::SUCCESS)
}

pub(super) fn detached(number: u64) -> Result<ExitCode> {
    greet()?;
    be_busy()?;
    for _ in 0..4 {
        let kept = Kept::new()?;
        thread::spawn(move || {
            loop {
                let copies = [kept.object.clone(), kept.object.clone()];
                drop(copies);
                let _ = kept.object.len();
            }
        });
    }
    wait(number);
    Ok(ExitCode::SUCCESS)
}

pub(super) fn pool(number: u64) -> Result<ExitCode> {
    static POOL: OnceLock<(Pool, Pool)> = OnceLock::new();
    greet()?;
    let make = |kind| Pool::builder().workers(2).kind(kind).start();
    let pools = (make(PoolKind::Auto)?, make(PoolKind::Threads)?);
    let spawn = |pool: &Pool| -> Vec<Task<_>> {
        let code = "sum(n for n in range(input))";
        (0..16)
            .map(|n| pool.spawn(move || exec::<i64>(code, n * 10_000)))
            .collect()
    };
    let tasks = (spawn(&pools.0), spawn(&pools.1));
    let _ = POOL.set(pools);
    wait(number);
    drop(tasks);
    Ok(ExitCode::SUCCESS)
}

pub(super) fn interpreter(number: u64) -> Result<ExitCode> {
    static INTERPRETER: OnceLock<Interpreter> = OnceLock::new();
    greet()?;
    let interpreter = Interpreter::new()?;
    let object: Object = interpreter.enter(|| exec("[1]", ()))??;
    let interpreter = INTERPRETER.get_or_init(|| interpreter);
    for code in ["while True: pass", "import time; time.sleep(300)"] {
        thread::spawn(move || interpreter.enter(|| exec::<()>(code, ())));
    }
    wait(number);
    std::mem::forget(object);
    Ok(ExitCode::SUCCESS)
}
