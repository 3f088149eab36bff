//! Rust functions whose bodies are Python.

#![warn(clippy::undocumented_unsafe_blocks)]

mod attach;
mod buffer;
mod convert;
mod error;
mod gate;
mod interpreter;
mod object;
mod output;
mod reference;
mod runtime;
mod script;

pub use attach::{attach, detach};
pub use buffer::{Buffer, Element, View};
pub use convert::ConvertError;
pub use error::{Error, Exception, Frame, Mismatch, Result, SyntaxError};
pub use gopyre_macros::py_script;
pub use gopyre_sys::Version;
pub use object::{Iter, Object, call, import};
pub use output::{Captured, Output};
pub use runtime::{Builder, LibraryError, Runtime};
pub use script::{Execution, Script, exec, run, run_file};
pub use serde_json::Value;

/// What macros expand to; not for anyone else.
#[doc(hidden)]
pub mod __private {
    pub use crate::script::{Declared, DeclaredSource as Source, Inputs, Registered};
    pub use inventory;

    /// Ends a declared function that has no `Result` to return an error in.
    #[cold]
    #[track_caller]
    #[allow(clippy::panic)]
    pub fn panic(name: &str, error: crate::Error) -> ! {
        panic!("`{name}` failed: {error:?}")
    }
}
