//! Proves that what `#[py_export]` says of functions and classes is what Python sees.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// Each file exports the module that it is named after.
#![allow(clippy::module_inception)]

mod arguments;
mod broken;
mod classes;
mod counter;
mod cycles;
mod dunders;
mod enums;
mod functions;
mod generated;
mod instances;
mod nested;
mod raised;
mod slots;
mod threads;
mod traits;

use gopyre::exec;
use serde::de::DeserializeOwned;

/// Runs a script, which must end well.
#[track_caller]
fn gives<T: DeserializeOwned>(code: &str) -> T {
    exec(code, ()).unwrap_or_else(|error| panic!("{code}\n{error:?}"))
}

/// Runs a script whose last expression must be true.
#[track_caller]
fn holds(code: &str) {
    assert!(gives::<bool>(code), "{code}");
}

/// What Python sees of the exception that an expression raises: its type's name and its text.
#[track_caller]
fn caught(setup: &str, expression: &str) -> String {
    gives(&format!(
        "{setup}\ntry:\n    {expression}\n    text = 'nothing was raised'\n\
         except BaseException as error:\n    text = f'{{type(error).__name__}}: {{error}}'\ntext"
    ))
}
