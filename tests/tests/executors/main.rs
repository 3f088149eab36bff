//! Proves what executors promise: the same scripts, results and errors as in this process, whoever runs them;
//! limits that nothing gets past; and that neither a dead worker nor the end of this process leaves anything behind.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod dask;
mod ends;
mod errors;
mod foreign;
mod limits;
mod results;
#[path = "../venvs/mod.rs"]
mod venvs;

use gopyre::{Error, Exception, Executor};
use std::sync::LazyLock;

/// Two worker processes for all tests that do them no harm.
static SHARED: LazyLock<Executor> = LazyLock::new(|| Executor::processes(2).unwrap());

/// The exception of an error.
#[track_caller]
fn exception<T>(result: &gopyre::Result<T>) -> &Exception {
    match result {
        Err(Error::Python(exception)) => exception,
        Err(error) => panic!("expected an exception, found {error:?}"),
        Ok(_) => panic!("expected an exception, found a value"),
    }
}
