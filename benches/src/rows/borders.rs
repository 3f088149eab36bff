//! Rows 13 and 14: what crosses the border from Python's side, and errors.

use super::calls::{attached, function};
use crate::row::Row;

pub(super) fn rows() -> Vec<Row> {
    let row = Row::sides;
    let raise = "Python raises, Rust catches";
    let read = "Python raises, Rust reads type, text and traceback";
    vec![
        row(14, raise, ("PyO3", 1.0), || {
            let fail = function("fail")?;
            let ours = attached(move || fail.call(()).expect_err("it raises"));
            Ok((ours, pyo3!(crate::peers::raise())?))
        }),
        row(14, read, ("PyO3", 1.0), || {
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
