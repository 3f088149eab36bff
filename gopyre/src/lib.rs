//! Rust functions whose bodies are Python.
//!
//! ```
//! use gopyre::py_script;
//!
//! #[derive(serde::Deserialize)]
//! struct Stats {
//!     total: f64,
//!     mean: f64,
//! }
//!
//! #[py_script(r#"{"total": sum(prices), "mean": sum(prices) / len(prices)}"#)]
//! fn stats(prices: &[f64]) -> gopyre::Result<Stats>;
//!
//! let stats = stats(&[1.0, 2.0, 6.0])?;
//! assert_eq!((stats.total, stats.mean), (9.0, 3.0));
//! # Ok::<(), gopyre::Error>(())
//! ```
//!
//! No Python is needed to build. The program finds a CPython, 3.9 to 3.15, on the machine that it runs
//! on, opens its shared library, and calls it in-process: values go there and back through serde, with no
//! text in between.
//!
//! # Scripts
//!
//! [`py_script`] declares a function whose body is a script, embedded at build and checked for syntax
//! when Python starts. [`exec`] runs text that is made at run time, [`Script`] compiles such a text
//! once, and [`Execution`] configures one run of it. The value of the last expression is the result;
//! every run has a fresh namespace. [`run`] and [`run_file`] work in `__main__`, where names stay.
//!
//! # Modules
//!
//! [`py_module`] declares a Python module as Rust: an installed one, or files that are embedded in the
//! program. Its functions become functions, its classes types with constructors, methods and properties.
//! Embedded modules are compared with their declarations when Python starts, installed ones by [`check`].
//!
//! # Values
//!
//! Whatever serializes goes to Python: structs and maps are dicts, sequences lists, tuples and arrays
//! tuples, enums externally tagged, and what JSON loses is kept: bytes, integers of 128 bits, NaN, keys
//! that are no strings. Whatever deserializes comes back, from more than the plain types: dataclasses,
//! named tuples, NumPy scalars and arrays, paths, dates, sets, iterators. What does not fit is an
//! [`Error::Convert`] that names its place: ``at items[3].price: expected f64, found str 'n/a'``.
//!
//! # Objects
//!
//! [`Object`] holds any Python object: attributes, items, calls, iteration, `with` blocks. It may sit
//! anywhere in arguments and results. [`call`] and [`import`] are the short ways to a module.
//! [`Buffer`] gives a vector to Python without a copy, [`View`] borrows an array's memory.
//!
//! # Rust for Python
//!
//! [`py_export`] makes a Python module of a Rust one: its functions, types and constants. [`function`] makes a
//! callable of a closure, [`Module`] an importable module of several. Arguments and results go through serde,
//! errors become exceptions and come back as what they were, a panic is an exception too. [`extension!`]
//! builds the same module into a library that plain Python imports, one file for every version, and [`stubs`]
//! writes its types for type checkers. [`exported`] finds what Python code marks with `@gopyre.export`.
//!
//! # Threads
//!
//! Every function may be called on every thread, and attaches by itself. [`attach`] holds on to the
//! interpreter around many calls, [`detach`] lets others have it around anything that waits.
//!
//! [`Interpreter`] is an interpreter beside the main one, with modules and globals of its own. [`Pool`] runs
//! closures on workers, in parallel where this Python can.
//!
//! # Elsewhere
//!
//! [`Executor`] runs scripts in worker processes, or on anything that has `submit` as `concurrent.futures`
//! knows it, a cluster too; a [`Job`] is the result to come.
//!
//! # Start and end
//!
//! The default runtime starts on first use; [`Runtime::builder`] starts one that is configured: a
//! library, a virtual environment, where output goes. [`Runtime`] prints what was found and how.
//! [`Runtime::finalize`] ends it; without that, the process may end at any time.
//!
//! # Errors
//!
//! [`Error`] is one line with `{}` and the full report with `{:?}`: Python's traceback, pointing at the
//! line of the Rust file that holds the script. An [`Exception`] is read once and needs no Python to be
//! kept, sent or printed.

#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod attach;
mod buffer;
mod class;
mod convert;
mod error;
mod executor;
mod export;
mod extension;
mod fork;
mod gate;
mod imported;
mod interpreter;
mod interrupt;
mod module;
mod object;
mod output;
mod pool;
mod reference;
mod runtime;
mod script;

pub use attach::{attach, detach};
pub use buffer::{Buffer, Element, View};
pub use class::Class;
pub use convert::ConvertError;
pub use error::{Error, Exception, Frame, Mismatch, Result, SyntaxError};
pub use executor::{Executor, Job};
pub use export::{Callback, Stub, exported, function, stubs};
pub use gopyre_macros::{extension, py_export, py_module, py_script};
pub use gopyre_sys::Version;
pub use imported::check;
pub use interpreter::Interpreter;
pub use interrupt::Interrupt;
pub use module::Module;
pub use object::{Iter, Object, call, import};
pub use output::{Captured, Output};
pub use pool::{Pool, PoolBuilder, PoolKind, Task};
pub use runtime::{Builder, LibraryError, Runtime};
pub use script::{Execution, Script, exec, run, run_file};
pub use serde_json::Value;

/// What macros expand to; not for anyone else.
#[doc(hidden)]
pub mod __private {
    pub use crate::imported::{
        DeclaredModule, Embedded, Imported, Item, Kind, Origin, Parameters, RegisteredItem,
        RegisteredModule,
    };
    pub use crate::script::{Declared, DeclaredSource as Source, Inputs, Registered};
    pub use inventory;
    pub use serde;

    /// What `py_export` and `extension!` expand to.
    pub mod export {
        pub use crate::export::*;
        pub use crate::extension::init;
    }

    /// Ends a declared function that has no `Result` to return an error in.
    #[cold]
    #[track_caller]
    #[allow(clippy::panic)]
    pub fn panic(name: &str, error: crate::Error) -> ! {
        panic!("`{name}` failed: {error:?}")
    }
}

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
