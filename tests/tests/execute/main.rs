//! Proves what running a script means.

#![allow(clippy::unwrap_used, clippy::panic)]

mod files;
mod globals;
mod results;
mod text;

use gopyre::{Error, Result};

#[track_caller]
fn exception_of<T>(result: Result<T>) -> Box<gopyre::Exception> {
    match result {
        Err(Error::Python(exception)) => exception,
        Err(other) => panic!("expected an exception, found {other:?}"),
        Ok(_) => panic!("expected an exception, found a value"),
    }
}

#[track_caller]
fn syntax_error_of<T>(result: Result<T>) -> gopyre::SyntaxError {
    match result {
        Err(Error::Syntax(mut errors)) if errors.len() == 1 => errors.remove(0),
        Err(other) => panic!("expected a syntax error, found {other:?}"),
        Ok(_) => panic!("expected a syntax error, found a value"),
    }
}
