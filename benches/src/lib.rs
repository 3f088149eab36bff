//! gopyre beside its peers: the same work, in one process, on one libpython.

#[macro_use]
mod row;

pub mod data;
#[cfg(feature = "pyo3")]
mod limits;
pub mod measure;
pub mod page;
#[cfg(feature = "pyo3")]
mod peers;
pub mod python;
pub mod report;
pub mod rows;

pub use row::{Goal, Measure, Row};
