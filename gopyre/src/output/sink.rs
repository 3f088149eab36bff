//! One destination of output.

use super::turn::{self, Turn};
use super::{IN_WRITER, Stream, WAITING};
use crate::error::panic_message;
use crate::fork;
use std::fmt;
#[cfg(unix)]
use std::fs::File;
use std::io::{self, IsTerminal, Write};
#[cfg(unix)]
use std::os::fd::AsFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many bytes wait before they are written.
const BLOCK: usize = 8 * 1024;

/// `EBADF` on every system.
#[cfg(unix)]
const EBADF: i32 = 9;

/// A destination and the bytes on their way to it.
pub(super) struct Sink {
    target: Target,
    waiting: Mutex<Vec<u8>>,
}

enum Target {
    Null,
    /// The bytes stay in `waiting`.
    Memory,
    Process {
        stream: Stream,
        terminal: bool,
    },
    Writer(Mutex<Box<dyn Write + Send>>),
}

impl Sink {
    fn new(target: Target) -> Sink {
        Sink {
            target,
            waiting: Mutex::default(),
        }
    }

    pub(super) fn null() -> Sink {
        Sink::new(Target::Null)
    }

    pub(super) fn memory() -> Sink {
        Sink::new(Target::Memory)
    }

    pub(super) fn writer(writer: Box<dyn Write + Send>) -> Sink {
        Sink::new(Target::Writer(Mutex::new(writer)))
    }

    pub(super) fn process(stream: Stream) -> Sink {
        let terminal = match stream {
            Stream::Stdout => io::stdout().is_terminal(),
            Stream::Stderr => io::stderr().is_terminal(),
        };
        Sink::new(Target::Process { stream, terminal })
    }

    /// The file descriptor, where there is one.
    pub(super) fn descriptor(&self) -> Option<i32> {
        match self.target {
            Target::Process { stream, .. } => Some(stream as i32 + 1),
            _ => None,
        }
    }

    pub(super) fn is_writer(&self) -> bool {
        matches!(self.target, Target::Writer(_))
    }

    pub(super) fn is_terminal(&self) -> bool {
        matches!(self.target, Target::Process { terminal: true, .. })
    }

    /// Takes bytes; says whether it is time to [`drain`](Sink::drain).
    pub(super) fn take(&self, bytes: &[u8]) -> bool {
        let by_line = match self.target {
            Target::Null => return false,
            Target::Memory => {
                self.waiting().extend_from_slice(bytes);
                return false;
            }
            Target::Process { stream, terminal } => terminal || stream == Stream::Stderr,
            Target::Writer(_) => true,
        };
        let mut waiting = self.waiting();
        waiting.extend_from_slice(bytes);
        let due = waiting.len() >= BLOCK || by_line && bytes.contains(&b'\n');
        drop(waiting);
        // A stream of the runtime may be left with these bytes at the end of a call.
        WAITING.store(true, Ordering::Relaxed);
        due
    }

    /// Writes what waits. Must be called detached: the writer's lock is held meanwhile (rule 7).
    pub(super) fn drain(&self) -> io::Result<()> {
        match &self.target {
            Target::Null | Target::Memory => Ok(()),
            #[cfg(unix)]
            Target::Process { stream, .. } if fork::is_child() => {
                self.drain_to(&mut Direct(*stream))
            }
            Target::Process {
                stream: Stream::Stdout,
                ..
            } => self.drain_to(&mut io::stdout().lock()),
            Target::Process {
                stream: Stream::Stderr,
                ..
            } => self.drain_to(&mut io::stderr().lock()),
            Target::Writer(writer) => {
                let Some(_turn) = Turn::take(self)? else {
                    return Ok(());
                };
                self.drain_to(&mut *writer.lock().unwrap_or_else(PoisonError::into_inner))
            }
        }
    }

    /// Writes what waits for the process's stream, past Rust's lock: at the exit another thread may be held up with it.
    #[cfg(unix)]
    pub(super) fn write_rest(&self) {
        if let Target::Process { stream, .. } = self.target {
            let bytes = std::mem::take(&mut *self.waiting());
            // Nobody is left to tell.
            let _ = Direct(stream).write_all(&bytes);
        }
    }

    /// Takes the bytes under the writer's lock, so that they keep their order.
    fn drain_to(&self, writer: &mut dyn Write) -> io::Result<()> {
        let outer = IN_WRITER.replace(true);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            loop {
                let bytes = {
                    let _no_fork = turn::hold();
                    std::mem::take(&mut *self.waiting())
                };
                if bytes.is_empty() {
                    return writer.flush();
                }
                writer.write_all(&bytes)?;
            }
        }));
        IN_WRITER.set(outer);
        outcome.unwrap_or_else(|payload| {
            let message = panic_message(&*payload).map(|message| format!(": {message}"));
            let message = message.unwrap_or_default();
            Err(io::Error::other(format!("the writer panicked{message}")))
        })
    }

    /// Takes what is in memory as text.
    pub(super) fn take_text(&self) -> String {
        let bytes = std::mem::take(&mut *self.waiting());
        String::from_utf8(bytes)
            .unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
    }

    /// Held for a copy of bytes, never while Python runs.
    pub(super) fn waiting(&self) -> MutexGuard<'_, Vec<u8>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.target {
            Target::Null => "Null",
            Target::Memory => "Memory",
            Target::Process { .. } => "Process",
            Target::Writer(_) => "Writer",
        })
    }
}

/// The process's stream past Rust's own lock, which in the child of a fork a thread that is gone may hold.
#[cfg(unix)]
struct Direct(Stream);

#[cfg(unix)]
impl Write for Direct {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let file = match self.0 {
            Stream::Stdout => io::stdout().as_fd().try_clone_to_owned(),
            Stream::Stderr => io::stderr().as_fd().try_clone_to_owned(),
        };
        match file.map(File::from).and_then(|mut file| file.write(bytes)) {
            // As Rust's own streams do where there is no file.
            Err(error) if error.raw_os_error() == Some(EBADF) => Ok(bytes.len()),
            written => written,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
