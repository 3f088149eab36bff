//! Rust functions that Python calls.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod arguments;
mod errors;
mod life;
mod panics;

use gopyre::{Object, Result};
use serde::Serialize;

#[derive(Serialize)]
struct Input<'a> {
    f: &'a Object,
}

fn with<T: serde::de::DeserializeOwned>(code: &str, f: &Object) -> Result<T> {
    gopyre::exec(code, Input { f })
}

/// What `code`, which binds `seen`, sees of the function `f`.
fn seen<T: serde::de::DeserializeOwned>(code: &str, f: &Object) -> Result<T> {
    with(&format!("{code}\nseen"), f)
}
