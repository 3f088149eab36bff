//! Row 11: a million numbers to NumPy, and back.

use super::calls::attached;
use crate::measure::{Missing, Work, repeat};
use crate::python;
use crate::row::Row;
use gopyre::{Buffer, Object};

pub(super) fn rows() -> Vec<Row> {
    let row = Row::sides;
    let to = "`Vec<f64>` of 1,000,000 to NumPy";
    let back = "`Vec<f64>` of 1,000,000 from NumPy";
    vec![
        row(11, to, ("one memcpy into a new `Vec`", 1.1), || {
            Ok((numpy_to()?, memcpy()))
        }),
        row(11, to, ("rust-numpy `from_vec`", 1.0), || {
            let ours = numpy_to()?;
            Ok((ours, pyo3!(crate::peers::numpy_to(floats()))?))
        }),
        row(11, back, ("one memcpy into a new `Vec`", 1.1), || {
            Ok((numpy_back()?, memcpy()))
        }),
        row(11, back, ("rust-numpy `to_vec`", 1.0), || {
            let ours = numpy_back()?;
            Ok((ours, pyo3!(crate::peers::numpy_back(floats()))?))
        }),
    ]
}

fn floats() -> Vec<f64> {
    (0..1_000_000).map(|n| f64::from(n) * 0.5).collect()
}

fn memcpy() -> Work {
    let floats = floats();
    repeat(move || floats.clone())
}

fn asarray() -> Result<Object, Missing> {
    python::package("numpy")?;
    gopyre::import("numpy")
        .and_then(|numpy| numpy.attr("asarray"))
        .map_err(|e| e.to_string())
}

/// The caller keeps its vector, as rust-numpy's does: the one copy that is in the work is its clone.
fn numpy_to() -> Result<Work, Missing> {
    let asarray = asarray()?;
    let floats = floats();
    Ok(attached(move || {
        let buffer = Buffer::from(floats.clone());
        asarray.call((&buffer,)).expect("an array")
    }))
}

fn numpy_back() -> Result<Work, Missing> {
    let asarray = asarray()?;
    let array = asarray
        .call((&Buffer::from(floats()),))
        .map_err(|e| e.to_string())?;
    Ok(attached(move || {
        array.extract::<Vec<f64>>().expect("floats")
    }))
}
