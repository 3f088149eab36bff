//! Proves where the output of scripts and of their threads goes, whole and in order.

#![allow(clippy::unwrap_used, clippy::panic)]

mod process;
mod runs;
mod streams;
mod writers;

use gopyre::{Script, Value};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

/// A writer that remembers each write.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn writes(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    fn text(&self) -> String {
        self.writes().concat()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap()
            .push(String::from_utf8(bytes.to_vec()).unwrap());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Captures standard output and standard error of a script that must succeed.
#[track_caller]
fn printed(code: &str) -> (String, String) {
    let script = Script::new(code).unwrap();
    let run = script.input(()).capture::<Value>();
    run.value.unwrap();
    (run.stdout, run.stderr)
}
