//! Code that does its worst, in Python and in Rust, without a word of `unsafe`: it gets a value or an error.
//!
//! Most of these once ended the process, so each has a process of its own.

mod classes;
mod conversion;
mod environment;
mod errors;
mod interpreters;
mod memory;
mod threads;
