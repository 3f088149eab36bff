//! Proves what an error says and shows.

#![allow(clippy::unwrap_used, clippy::panic)]

mod parts;
mod tracebacks;

use gopyre::{Error, Exception, Runtime, exec};

#[track_caller]
fn raised(code: &str) -> Box<Exception> {
    match exec::<()>(code, ()) {
        Err(Error::Python(exception)) => exception,
        other => panic!("expected an exception, found {other:?}"),
    }
}

fn version() -> (u8, u8) {
    let version = Runtime::start().unwrap().version();
    (version.major, version.minor)
}
