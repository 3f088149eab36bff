//! The error of a search that found no Python to use.

use std::{
    fmt,
    path::{Path, PathBuf},
};

/// A candidate that was not taken.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Rejected {
    /// where it came from
    how: String,
    /// the library, where one was looked at
    path: Option<PathBuf>,
    reason: String,
}

impl Rejected {
    /// A place that leads to no library.
    pub(super) fn new(how: impl Into<String>, reason: impl Into<String>) -> Rejected {
        Rejected {
            how: how.into(),
            path: None,
            reason: reason.into(),
        }
    }

    /// A library that cannot be used.
    pub(super) fn library(how: &str, path: &Path, reason: String) -> Rejected {
        Rejected {
            path: Some(path.to_owned()),
            ..Rejected::new(how, reason)
        }
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "{}: `{}`: {}", self.how, path.display(), self.reason),
            None => write!(f, "{}: {}", self.how, self.reason),
        }
    }
}

/// No Python that can be used: what was tried, why each candidate was rejected, and how to mend it.
///
/// It prints on several lines: what happened, one line a candidate, and `help:` lines with the
/// commands that mend it on this system.
#[derive(Clone, PartialEq, Eq)]
pub struct LibraryError {
    message: String,
    rejected: Vec<Rejected>,
    help: Vec<String>,
}

impl LibraryError {
    pub(super) fn new(message: String, rejected: Vec<Rejected>, help: Vec<String>) -> LibraryError {
        LibraryError {
            message,
            rejected,
            help,
        }
    }

    /// The CPython that is in this process already cannot be used, and a second one must not join it.
    pub(crate) fn in_process(reason: impl fmt::Display) -> LibraryError {
        let message = format!("the CPython that this process has loaded cannot be used: {reason}");
        LibraryError::new(message, Vec::new(), Vec::new())
    }

    /// Returns what happened, in one line.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What happened, in one line; with the reason where there is one candidate.
    pub(crate) fn summary(&self) -> String {
        match self.rejected.as_slice() {
            [one] => format!("{}: {one}", self.message),
            _ => self.message.clone(),
        }
    }

    /// Returns the candidates in the order they were tried, one line each: where it came from, its
    /// path, and why it was rejected.
    pub fn candidates(&self) -> impl ExactSizeIterator<Item = String> {
        self.rejected.iter().map(Rejected::to_string)
    }

    /// Returns what mends it, one line each, without the `help:`.
    pub fn help(&self) -> &[String] {
        &self.help
    }
}

impl fmt::Display for LibraryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for rejected in &self.rejected {
            write!(f, "\n  {rejected}")?;
        }
        for help in &self.help {
            write!(f, "\nhelp: {help}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for LibraryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for LibraryError {}
