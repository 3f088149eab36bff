//! One child, and whether its end was clean.

use super::kinds::PANIC;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// What every child prints, from both sides.
pub(crate) const RUST: &str = "Rust's line";
pub(crate) const PYTHON: &str = "Python's line";

/// How long a child may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Starts a child and waits for its end.
///
/// # Errors
/// A report on an end that is not clean.
pub(crate) fn ends(name: &str, number: usize) -> Result<(), String> {
    let failed = |what: &str| format!("  {name} {number}: {what}");
    let Some(kind) = super::find(name) else {
        return Err(failed("there is no such end"));
    };
    // `current_exe` would need /proc.
    let this = std::env::args_os().next().unwrap_or_default();
    let started = Command::new(this)
        .args(["exit", name, &number.to_string()])
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = started.map_err(|error| failed(&error.to_string()))?;
    let stdout = read(child.stdout.take());
    let stderr = read(child.stderr.take());
    let status = end(&mut child).map_err(|what| failed(&what))?;
    let text = |reader: thread::JoinHandle<String>| reader.join().unwrap_or_default();
    let (stdout, stderr) = (text(stdout), text(stderr));
    let silent = match name {
        "panic" => stderr.contains(PANIC) && stderr.lines().count() <= 4,
        _ => stderr.is_empty(),
    };
    if status == kind.status && stdout == format!("{RUST}\n{PYTHON}\n") && silent {
        return Ok(());
    }
    Err(failed(&format!("{status}\n{stdout}{stderr}")))
}

/// How the child ended.
fn end(child: &mut Child) -> Result<String, String> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match child.try_wait().map_err(|error| error.to_string())? {
            Some(status) => return Ok(status.to_string()),
            None if Instant::now() < deadline => thread::sleep(Duration::from_millis(2)),
            None => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("hangs for {} s", PATIENCE.as_secs()));
            }
        }
    }
}

/// Reads a pipe to its end, so that it cannot fill up.
fn read(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
