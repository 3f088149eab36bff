//! What the search for an interpreter finds.

use std::path::PathBuf;

/// An interpreter that the search came across, symlinks kept.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Interpreter {
    pub(super) path: PathBuf,
    /// where it was found, in words
    pub(super) how: String,
}
