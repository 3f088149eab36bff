//! Processes with a time limit.

use std::fmt;
use std::io::{ErrorKind, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Runs a program without input, and ends it if it takes too long.
pub fn run(command: &mut Command, limit: Duration) -> End {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => panic!("{command:?} does not start: {error}"),
    };
    let stdout = reader(child.stdout.take().unwrap());
    let stderr = reader(child.stderr.take().unwrap());
    let deadline = Instant::now() + limit;
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break Some(status),
            None if Instant::now() < deadline => thread::sleep(Duration::from_millis(5)),
            None => break None,
        }
    };
    if status.is_none() {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    // Another process that it started may hold the pipes open; that is not waited for long.
    let until = Instant::now() + Duration::from_secs(5);
    let text = |chunks: Receiver<Vec<u8>>| {
        let left = || until.saturating_duration_since(Instant::now());
        let bytes = std::iter::from_fn(|| chunks.recv_timeout(left()).ok());
        let bytes = bytes.flatten().collect();
        String::from_utf8(bytes).unwrap_or_else(|error| format!("no UTF-8: {error}"))
    };
    End {
        status,
        stdout: text(stdout),
        stderr: text(stderr),
    }
}

/// What became of a process.
#[derive(Debug)]
pub struct End {
    /// How it ended; none where it took too long and was killed.
    pub status: Option<ExitStatus>,
    /// What it printed; of a scenario only that.
    pub stdout: String,
    /// What the process printed to standard error.
    pub stderr: String,
}

impl End {
    /// The exit code; none for a process that a signal ended, too.
    pub fn code(&self) -> Option<i32> {
        self.status?.code()
    }

    /// Whether the process took too long.
    pub fn timed_out(&self) -> bool {
        self.status.is_none()
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status {
            Some(status) => writeln!(f, "{status}")?,
            None => writeln!(f, "killed, because it took too long")?,
        }
        write!(
            f,
            "--- stdout\n{}\n--- stderr\n{}",
            self.stdout, self.stderr
        )
    }
}

/// Reads a pipe to its end on a thread, so that neither of two can fill up.
fn reader(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (send, receive) = channel();
    thread::spawn(move || {
        let mut chunk = [0; 1 << 14];
        loop {
            match pipe.read(&mut chunk) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) | Ok(0) => break,
                // Whoever ran the process may have gone.
                Ok(count) => drop(send.send(chunk[..count].to_vec())),
            }
        }
    });
    receive
}
