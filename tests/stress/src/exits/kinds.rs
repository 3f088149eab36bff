//! The ways for a process to end.

use super::{finalize, handles, program};
use gopyre::Result;
use std::process::ExitCode;

/// A way to end.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// How the system must say that it ended: its exit code, or its signal.
    pub(crate) status: &'static str,
    pub(crate) play: fn(u64) -> Result<ExitCode>,
    pub(crate) what: &'static str,
}

/// The message of the panic.
pub(crate) const PANIC: &str = "the end of main";

const fn kind(
    name: &'static str,
    status: &'static str,
    play: fn(u64) -> Result<ExitCode>,
    what: &'static str,
) -> Kind {
    Kind {
        name,
        status,
        play,
        what,
    }
}

#[rustfmt::skip]
pub(crate) const KINDS: [Kind; 16] = [
    kind("return", "exit status: 0", program::returns, "main returns while threads are in Python"),
    kind("exit", "exit status: 7", program::exits, "`exit` while threads are in Python"),
    kind("panic", "exit status: 101", program::panics, "main panics while threads are in Python"),
    kind("inside", "exit status: 7", program::inside, "`exit` inside of a callback inside of a script"),
    kind("terminated", "signal: 15 (SIGTERM)", program::terminated, "a signal, and nothing that handles it"),
    kind("interrupted", "signal: 2 (SIGINT)", program::interrupted, "Ctrl-C, and nothing that handles it"),
    kind("forked", "exit status: 7", program::forked, "a fork that Python makes while threads are in it"),
    kind("finalize", "exit status: 0", finalize::finalizes, "finalize while 8 threads attach in a loop"),
    kind("finalizing", "exit status: 7", finalize::finalizing, "`exit` while another thread finalizes"),
    kind("starting", "exit status: 7", finalize::starting, "`exit` while another thread starts Python"),
    kind("at-exit", "exit status: 0", finalize::at_exit, "finalize, with things to do at the end"),
    kind("statics", "exit status: 0", handles::statics, "handles in statics"),
    kind("thread-locals", "exit status: 0", handles::thread_locals, "handles in thread-locals, main's too"),
    kind("detached", "exit status: 0", handles::detached, "handles on threads that nobody waits for"),
    kind("pool", "exit status: 0", handles::pool, "a pool with tasks in its queue"),
    kind("interpreter", "exit status: 0", handles::interpreter, "an interpreter, with a thread in it"),
];
