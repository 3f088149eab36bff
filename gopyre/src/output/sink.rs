//! One destination of output.

use super::{IN_WRITER, Stream, WAITING};
use crate::error::panic_message;
use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many bytes wait before they are written.
const BLOCK: usize = 8 * 1024;

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
            Target::Process {
                stream: Stream::Stdout,
                ..
            } => self.drain_to(&mut io::stdout().lock()),
            Target::Process {
                stream: Stream::Stderr,
                ..
            } => self.drain_to(&mut io::stderr().lock()),
            Target::Writer(writer) => {
                if IN_WRITER.get() {
                    return Ok(());
                }
                self.drain_to(&mut *writer.lock().unwrap_or_else(PoisonError::into_inner))
            }
        }
    }

    /// Takes the bytes under the writer's lock, so that they keep their order.
    fn drain_to(&self, writer: &mut dyn Write) -> io::Result<()> {
        let outer = IN_WRITER.replace(true);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            loop {
                let bytes = std::mem::take(&mut *self.waiting());
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
