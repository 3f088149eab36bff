//! Python objects as Rust values.
//!
//! Each test runs a script and reads its result as some type: what must come out, or what the error
//! must say.

mod arrays;
mod endless;
mod enums;
mod errors;
mod maps;
mod objects;
mod scalars;
mod sequences;

use gopyre::{ConvertError, Error, exec};
use serde::de::DeserializeOwned;

/// The result of a script.
#[track_caller]
fn read<T: DeserializeOwned>(code: &str) -> T {
    exec(code, ()).unwrap_or_else(|error| panic!("{code}: {error:?}"))
}

/// The error of reading a script's result, and proof that the interpreter still works.
#[track_caller]
fn fails<T: DeserializeOwned>(code: &str) -> Error {
    let Err(error) = exec::<T>(code, ()) else {
        panic!("{code}: expected an error")
    };
    assert_eq!(exec::<i64>("6 * 7", ()).unwrap(), 42);
    error
}

/// The conversion error of reading a script's result.
#[track_caller]
fn refused<T: DeserializeOwned>(code: &str) -> ConvertError {
    match fails::<T>(code) {
        Error::Convert(error) => *error,
        other => panic!("{code}: {other:?}"),
    }
}

/// The text of that error.
#[track_caller]
fn refusal<T: DeserializeOwned>(code: &str) -> String {
    refused::<T>(code).to_string()
}
