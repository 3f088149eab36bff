//! Proves that real packages work: NumPy, pandas, pydantic, attrs, sqlite3, and one made with pybind11.
//!
//! `tests/matrix/packages` installs them from PyPI, once for each Python, unless `GOPYRE_TEST_PACKAGES`
//! names a venv that has them. Each test is a process of its own, in that venv.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod greenlets;
mod isolation;
mod linear;
mod memory;
mod numbers;
mod pybind;
mod records;
mod rows;
mod shapes;
#[path = "../venvs/mod.rs"]
mod venvs;

use gopyre::{Error, Object, Result, Runtime, exec};
use gopyre_tests::Child;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::LazyLock;
use venvs::Packages;

/// The venv, for a scenario.
const VENV: &str = "GOPYRE_TEST_VENV";

/// Runs a scenario in the venv, if the package is there.
fn with(package: &str, child: Child) {
    static PACKAGES: LazyLock<Packages> =
        LazyLock::new(|| match std::env::var_os("GOPYRE_TEST_PACKAGES") {
            None => Packages::make("packages", &[]),
            Some(dir) => {
                let dir = PathBuf::from(dir);
                let rows = std::fs::read_to_string(dir.join("packages.txt"));
                Packages::read(dir, &rows.unwrap_or_default())
            }
        });
    if PACKAGES.has(package) {
        child.env(VENV, &PACKAGES.dir).succeeds();
    }
}

/// Starts Python in the venv.
fn start() {
    let venv = std::env::var_os(VENV).expect("the parent sets it");
    Runtime::builder().venv(venv).start().unwrap();
}

/// The scenario of a test: Python in the venv, and `?` in the body.
fn scenario(body: impl FnOnce() -> Result<()>) {
    start();
    body().unwrap();
}

fn object(code: &str) -> Result<Object> {
    exec(&format!("import numpy as np\n{code}"), ())
}

#[track_caller]
fn reads<T: DeserializeOwned + PartialEq + Debug>(code: &str, expected: T) -> Result<()> {
    let value: T = exec(&format!("import numpy as np\n{code}"), ())?;
    assert_eq!(value, expected, "{code}");
    Ok(())
}

/// What is wrong with reading a value as `T`.
#[track_caller]
fn refusal<T: DeserializeOwned + Debug>(code: &str) -> String {
    match exec::<T>(&format!("import numpy as np\n{code}"), ()) {
        Err(error @ Error::Convert(_)) => error.to_string(),
        other => panic!("{code}: expected a conversion error, found {other:?}"),
    }
}
