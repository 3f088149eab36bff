//! What can go wrong.

mod classes;
mod exception;
mod raise;
mod refused;
mod remote;
mod suggestion;
mod syntax;
mod traceback;

pub(crate) use exception::SyntaxPlace;
pub use exception::{Exception, Frame};
pub use raise::failure;
pub(crate) use raise::{
    argument_as, error_of, exception_of, new_exception, raise, raise_plainly, raised, raised_for,
    runtime_error, type_error,
};
pub(crate) use remote::Remote;
pub use syntax::SyntaxError;

use crate::attach::Attached;
use crate::convert::ConvertError;
use crate::runtime::LibraryError;
use std::any::Any;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong.
///
/// `{}` is one line. `{:?}` is the full report: Python's traceback, every candidate that was looked at,
/// every broken script with its line and a caret; so `fn main() -> gopyre::Result<()>` shows all there
/// is. `source()` is the cause. An error holds all its text: printing, moving or keeping it needs no
/// Python.
///
/// ```
/// let error = gopyre::exec::<i64>("1 / 0", ()).unwrap_err();
/// assert_eq!(error.to_string(), "ZeroDivisionError: division by zero");
/// assert!(format!("{error:?}").starts_with("Traceback (most recent call last):"));
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No library could be used; says which were looked at, why they were rejected, and what to do.
    #[error("{}", .0.summary())]
    Library(Box<LibraryError>),
    /// [`Builder::start`](crate::Builder::start) was called while a runtime with other options runs.
    #[error("the runtime runs already, with other options")]
    AlreadyRunning,
    /// Python is finalized, which is terminal, or the thread is so near its end that it has no state left.
    #[error("the Python runtime is finalized")]
    Finalized,
    /// [`finalize`](crate::Runtime::finalize) was called inside a call, or a thread does not leave Python.
    #[error("a thread is still inside Python")]
    Busy,
    /// CPython could not start, for the reason given.
    #[error("CPython could not start: {0}")]
    Start(String),
    /// A file could not be read, or a stream of an execution, `<stdout>` or `<stderr>`, not be written.
    #[error("`{}`: {source}", path.display())]
    Io {
        /// The file or the stream.
        path: PathBuf,
        /// What the system says, or the writer.
        source: io::Error,
    },
    /// Scripts with syntax errors; all of them, where several were checked.
    #[error("{}", syntax::summary(.0))]
    Syntax(Vec<SyntaxError>),
    /// Declared modules that differ from what is there, all of them, from [`check`](crate::check).
    #[error("{}", mismatch_summary(.0))]
    Mismatch(Vec<Mismatch>),
    /// Python raised an exception.
    #[error(transparent)]
    Python(Box<Exception>),
    /// A value does not fit the type it goes to.
    #[error("{0}")]
    Convert(Box<ConvertError>),
    /// A mistake of the caller: a shape, index, name or count that does not fit.
    #[error("{0}")]
    Argument(String),
    /// The run was stopped because it took longer than this.
    #[error("stopped after {0:?}")]
    Timeout(Duration),
    /// The run was stopped from outside.
    #[error("interrupted")]
    Interrupted,
    /// The task was cancelled before it started.
    #[error("cancelled")]
    Cancelled,
    /// A task panicked, with this message.
    #[error("panicked: {0}")]
    Panic(String),
    /// An object was used in another interpreter than its own.
    #[error("the object belongs to another interpreter")]
    WrongInterpreter,
    /// An error of Rust code that Python called.
    #[error(transparent)]
    Rust(Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// The exception, where Python raised one.
    ///
    /// Of a `Box<Exception>`, as [`Error::Python`] holds it, `cause()` is a deprecated method of
    /// [`std::error::Error`] where that is in scope; of what this returns, it is [`Exception::cause`].
    ///
    /// ```
    /// let error = gopyre::exec::<i64>("{}['missing']", ()).unwrap_err();
    /// assert!(error.exception().is_some_and(|e| e.is("LookupError")));
    /// ```
    pub fn exception(&self) -> Option<&Exception> {
        match self {
            Error::Python(exception) => Some(exception),
            _ => None,
        }
    }

    /// Takes the exception that Python has raised on this thread.
    #[cold]
    pub(crate) fn raised(py: Attached<'_>) -> Error {
        match Exception::raised(py) {
            Some(Ok(exception)) => Error::Python(Box::new(exception)),
            Some(Err(error)) => error,
            None => {
                Error::Rust("Python reported an error, but no exception that could be read".into())
            }
        }
    }
}

/// What a panic says, where that is text.
pub(crate) fn panic_message(payload: &(dyn Any + Send)) -> Option<String> {
    let text = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
}

impl From<LibraryError> for Error {
    fn from(error: LibraryError) -> Error {
        Error::Library(Box::new(error))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Python(exception) => f.write_str(exception.traceback().trim_end()),
            Error::Library(error) => write!(f, "{error}"),
            Error::Syntax(errors) => syntax::report(errors, f),
            Error::Mismatch(list) => {
                write!(f, "{self}")?;
                list.iter().try_for_each(|m| {
                    write!(f, "\n  {}:{}: `{}`: {}", m.file, m.line, m.item, m.message)
                })
            }
            Error::Rust(error) => {
                write!(f, "{error}")?;
                let mut next = error.source();
                while let Some(source) = next {
                    write!(f, "\ncaused by: {source}")?;
                    next = source.source();
                }
                Ok(())
            }
            _ => write!(f, "{self}"),
        }
    }
}

/// A declared item that differs from what Python has.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Mismatch {
    /// The Rust file of the declaration.
    pub file: String,
    /// Its line.
    pub line: u32,
    /// The item, such as `model.predict`.
    pub item: String,
    /// What differs.
    pub message: String,
}

fn mismatch_summary(list: &[Mismatch]) -> String {
    match list {
        [one] => format!("{}:{}: `{}`: {}", one.file, one.line, one.item, one.message),
        _ => format!("{} declared items differ from what is there", list.len()),
    }
}
