//! The ways for a process to end.

use super::child::PYTHON;
use gopyre::{
    Error, Interpreter, Interrupt, Object, Output, Pool, PoolKind, Result, Runtime, Script, Task,
    attach, detach, exec, function,
};
use serde::Serialize;
use std::cell::RefCell;
use std::process::{ExitCode, exit};
use std::sync::mpsc::channel;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

/// A way to end.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    /// The exit code that it must have.
    pub(crate) code: u8,
    /// Whether it prints the message of a panic, and nothing else.
    pub(crate) panics: bool,
    pub(crate) play: fn(u64) -> Result<ExitCode>,
}

/// The message of the panic.
pub(crate) const PANIC: &str = "the end of main";

const fn kind(
    name: &'static str,
    code: u8,
    play: fn(u64) -> Result<ExitCode>,
    what: &'static str,
) -> Kind {
    Kind {
        name,
        what,
        code,
        panics: code == 101,
        play,
    }
}

pub(crate) const KINDS: [Kind; 12] = [
    kind(
        "return",
        0,
        returns,
        "main returns while threads are in Python",
    ),
    kind("exit", 7, exits, "`exit` while threads are in Python"),
    kind(
        "panic",
        101,
        panics,
        "main panics while threads are in Python",
    ),
    kind(
        "finalize",
        0,
        finalizes,
        "finalize while 8 threads attach in a loop",
    ),
    kind(
        "finalizing",
        7,
        finalizing,
        "`exit` while another thread finalizes",
    ),
    kind(
        "starting",
        7,
        starting,
        "`exit` while another thread starts Python",
    ),
    kind("statics", 0, statics, "handles in statics"),
    kind(
        "thread-locals",
        0,
        thread_locals,
        "handles in thread-locals, main's too",
    ),
    kind(
        "detached",
        0,
        detached,
        "handles on threads that nobody waits for",
    ),
    kind("pool", 0, pool, "a pool with tasks in its queue"),
    kind(
        "interpreter",
        0,
        interpreter,
        "an interpreter, with a thread in it",
    ),
    kind(
        "inside",
        7,
        inside,
        "`exit` inside of a callback inside of a script",
    ),
];

/// Prints Python's line.
fn greet() -> Result<()> {
    exec("print(input)", PYTHON)
}

/// Waits for some time that is another one in each process.
fn wait(number: u64) {
    thread::sleep(Duration::from_micros(
        number.wrapping_mul(2_654_435_761) % 20_000,
    ));
}

/// Threads that do all kinds of things in Python without an end.
fn be_busy() -> Result<()> {
    let endless = Script::new("while True: [n for n in range(100)]")?;
    let objects = Script::new("[object() for _ in range(100)]")?;
    let scripts = Arc::new([endless, objects]);
    let works: [fn(&Script, &Script) -> Result<()>; 7] = [
        |endless, _| endless.exec(()),
        |_, objects| objects.exec::<Vec<Object>>(()).map(drop),
        |_, _| exec("import time; time.sleep(300)", ()),
        |endless, _| {
            let run = endless.input(()).timeout(Duration::from_millis(3));
            run.capture::<()>().value.or(Ok(()))
        },
        |_, _| attach(|| detach(|| thread::sleep(Duration::from_millis(1)))),
        |_, objects| {
            let all: Object = objects.exec(())?;
            thread::spawn(move || drop(all)).join().unwrap_or(());
            Ok(())
        },
        |_, _| {
            let run = Script::new(
                "import threading\nthread = threading.Thread(target=print)\nthread.start(); thread.join()",
            )?;
            run.input(()).stdout(Output::Null).exec()
        },
    ];
    let (send, started) = channel();
    for work in works {
        let (scripts, send) = (Arc::clone(&scripts), send.clone());
        thread::spawn(move || {
            let _ = send.send(());
            while work(&scripts[0], &scripts[1]).is_ok() {}
        });
    }
    started.iter().take(works.len()).for_each(drop);
    Ok(())
}

fn returns(number: u64) -> Result<ExitCode> {
    greet()?;
    be_busy()?;
    wait(number);
    Ok(ExitCode::SUCCESS)
}

fn exits(number: u64) -> Result<ExitCode> {
    greet()?;
    be_busy()?;
    wait(number);
    exit(7)
}

fn panics(number: u64) -> Result<ExitCode> {
    greet()?;
    be_busy()?;
    wait(number);
    panic!("{PANIC}")
}

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

fn finalizes(number: u64) -> Result<ExitCode> {
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

fn finalizing(number: u64) -> Result<ExitCode> {
    greet()?;
    for _ in 0..4 {
        thread::spawn(attaching);
    }
    thread::spawn(|| Runtime::get().map(Runtime::finalize));
    wait(number);
    exit(7)
}

fn starting(number: u64) -> Result<ExitCode> {
    // There is no Python to print its line, perhaps.
    println!("{PYTHON}");
    for _ in 0..3 {
        thread::spawn(|| exec::<i64>("1", ()));
    }
    thread::sleep(Duration::from_micros(number * 977 % 40_000));
    exit(7)
}

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

fn statics(number: u64) -> Result<ExitCode> {
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

fn thread_locals(number: u64) -> Result<ExitCode> {
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

fn detached(number: u64) -> Result<ExitCode> {
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

fn pool(number: u64) -> Result<ExitCode> {
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

fn interpreter(number: u64) -> Result<ExitCode> {
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

fn inside(number: u64) -> Result<ExitCode> {
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
