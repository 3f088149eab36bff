//! The kinds of work. Each checks every value that it gets.

mod buffers;
mod callbacks;
mod exceptions;
mod interpreters;
mod iterators;
mod limits;
mod objects;
mod output;
mod pools;
mod python_threads;
mod scripts;
mod threads;

use crate::random::Random;
use crate::world::World;
use gopyre::Result;
use std::any::Any;
use std::thread::ScopedJoinHandle;

/// What one thread does at a time.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// How often it comes, among the others.
    pub(crate) weight: usize,
    pub(crate) work: fn(&World, &mut Random) -> Result<()>,
}

const fn kind(
    name: &'static str,
    weight: usize,
    work: fn(&World, &mut Random) -> Result<()>,
) -> Kind {
    Kind { name, weight, work }
}

pub(crate) const KINDS: [Kind; 15] = [
    kind("declared", 20, scripts::declared),
    kind("exec", 20, scripts::texts),
    kind("calls", 10, scripts::calls),
    kind("output", 10, output::output),
    kind("objects", 30, objects::objects),
    kind("buffers", 10, buffers::buffers),
    kind("iterators", 10, iterators::iterators),
    kind("exceptions", 15, exceptions::exceptions),
    kind("callbacks", 20, callbacks::callbacks),
    kind("limits", 10, limits::limits),
    kind("python-threads", 3, python_threads::python_threads),
    kind("threads", 5, threads::come_and_go),
    kind("nesting", 15, threads::nesting),
    kind("pools", 10, pools::pools),
    kind("interpreters", 8, interpreters::interpreters),
];

/// Part of the message of every panic that belongs to the work.
pub(crate) const ON_PURPOSE: &str = "on purpose";

/// What a panic says.
pub(crate) fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}

/// Waits for a thread, whose panic becomes this one's.
pub(crate) fn join<R>(thread: ScopedJoinHandle<'_, R>) -> R {
    thread
        .join()
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
