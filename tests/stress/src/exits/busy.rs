//! What goes on in a process when it ends.

use super::child::PYTHON;
use gopyre::{Object, Output, Result, Script, attach, detach, exec};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

/// Prints Python's line.
pub(super) fn greet() -> Result<()> {
    exec("print(input)", PYTHON)
}

/// Waits for some time that is another one in each process.
pub(super) fn wait(number: u64) {
    thread::sleep(Duration::from_micros(
        number.wrapping_mul(2_654_435_761) % 20_000,
    ));
}

/// Threads that do all kinds of things in Python without an end.
pub(super) fn be_busy() -> Result<()> {
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
