//! Rows 13 and 14: what crosses the border from Python's side, and errors.

use super::calls::{attached, function};
use crate::measure::{Missing, Work};
use crate::row::Row;
use gopyre::{Module, Object};
use std::fmt;
use std::time::Instant;

#[gopyre::py_export]
mod gopyre_benches_counter {
    /// Something that counts.
    pub struct Counter {
        total: i64,
    }

    impl Counter {
        /// A new one.
        pub fn new() -> Counter {
            Counter { total: 0 }
        }

        /// Adds both numbers.
        pub fn add(&mut self, a: i64, b: i64) -> i64 {
            self.total += a + b;
            self.total
        }
    }
}

/// The error of a Rust function.
#[derive(Debug)]
struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no")
    }
}

impl std::error::Error for Refused {}

pub(super) fn rows() -> Vec<Row> {
    let row = Row::sides;
    let raise = "Python raises, Rust catches";
    let read = "Python raises, Rust reads type, text and traceback";
    let caught = "Rust returns an error, Python catches";
    vec![
        row(
            13,
            "Python calls a Rust `add(a, b)`",
            ("PyO3 `#[pyfunction]`", 1.0),
            || {
                Ok((
                    called("call", "add")?,
                    pyo3!(crate::peers::called("call", "add"))?,
                ))
            },
        ),
        row(
            13,
            "Python calls `add(a, b)` of a Rust class",
            ("PyO3 `#[pymethods]`", 1.0),
            || {
                let theirs = pyo3!(crate::peers::method())?;
                let counter = gopyre::call("gopyre_benches_counter", "Counter", ());
                let counter: Object = counter.map_err(|e| format!("{e:?}"))?;
                Ok((looped("call_method", counter)?, theirs))
            },
        ),
        row(14, caught, ("PyO3", 1.0), || {
            let theirs = pyo3!(crate::peers::called("catch", "refuse"))?;
            Ok((called("catch", "refuse")?, theirs))
        }),
        row(14, raise, ("PyO3", 1.0), || {
            let fail = function("fail")?;
            let ours = attached(move || fail.call(()).expect_err("it raises"));
            Ok((ours, pyo3!(crate::peers::raise())?))
        })
        .note(
            "an error of gopyre is complete when it arrives: type, bases, text, chain, notes and places are read, so \
             that it can be printed and kept without Python. PyO3's is a handle; the next row reads it as well.",
        ),
        row(14, read, ("PyO3", 0.25), || {
            let fail = function("fail")?;
            let ours = attached(move || {
                let error = fail.call(()).expect_err("it raises");
                let exception = error.exception().expect("Python raised it");
                exception.type_name().len()
                    + exception.message().len()
                    + exception.traceback().len()
            });
            Ok((ours, pyo3!(crate::peers::raise_and_read())?))
        }),
    ]
}

/// A loop in Python that calls a Rust function.
fn called(by: &str, name: &str) -> Result<Work, Missing> {
    let module = Module::new("gopyre_benches")
        .function("add", |a: i64, b: i64| a + b)
        .function("refuse", |_: i64, _: i64| -> Result<(), Refused> {
            Err(Refused)
        })
        .register();
    // Another row may have registered it.
    let module = module.or_else(|_| gopyre::import("gopyre_benches"));
    let exported: Result<Object, _> = module.and_then(|module| module.attr(name));
    let exported = exported.map_err(|e| format!("{e:?}"))?;
    looped(by, exported)
}

/// A loop in Python, with what it calls.
fn looped(by: &str, callee: Object) -> Result<Work, Missing> {
    let by = function(by)?;
    Ok(Box::new(move |count| {
        let start = Instant::now();
        by.call((&callee, count)).expect("none");
        start.elapsed()
    }))
}
