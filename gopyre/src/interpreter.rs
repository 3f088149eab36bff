//! Interpreters beside the main one.

mod each;
mod end;
mod fork;
mod make;
mod state;
mod turns;

pub(crate) use each::Each;
pub(crate) use end::end_all;
pub(crate) use make::{can_isolate, equip};
pub(crate) use state::{State, hold};
pub(crate) use turns::Stay;

use crate::attach;
use crate::error::Result;
use crate::interrupt;

/// An interpreter with modules, a `sys` and a `__main__` of its own.
///
/// What one interpreter imports and changes no other sees. From CPython 3.12 on it has a GIL of its own, so
/// that several run Python at the same time; [`has_own_gil`](Interpreter::has_own_gil) tells. Below, and
/// where a version is known to fail with it, it shares the main interpreter's.
///
/// An [`Object`](crate::Object) belongs to the interpreter that it was made in; anywhere else it is
/// [`Error::WrongInterpreter`](crate::Error::WrongInterpreter). Everything else works in every
/// interpreter: scripts, declared functions and modules, which are compiled and imported once in each.
///
/// Not every extension module can be imported in one with a GIL of its own; NumPy and whatever is built on
/// it cannot. The error is the `ImportError`, with a [note](crate::Exception::notes) that names the package and
/// the way out.
///
/// Of one that has ended CPython keeps some memory, up to some megabytes in 3.12 and 3.13: keep interpreters
/// rather than making one for each task.
///
/// CPython cannot fork while there are interpreters: the child would hang or crash. So `os.fork` raises then,
/// and `multiprocessing` needs its spawn method.
///
/// Dropping it ends it, on any thread: that waits for threads that its Python code has started, runs its
/// `atexit` callbacks and lets go of all its objects. Where a thread is left that is not waited for (a daemon,
/// or one of `_thread`), the interpreter stays until the process ends.
///
/// ```
/// let sandbox = gopyre::Interpreter::new()?;
/// gopyre::run("import json; json.tag = 'main'")?;
/// sandbox.enter(|| {
///     assert!(!gopyre::exec::<bool>("import json; hasattr(json, 'tag')", ())?);
///     gopyre::run("greeting = 'hello'") // in the `__main__` of this interpreter
/// })??;
/// assert!(gopyre::run("greeting").is_err());
/// # Ok::<(), gopyre::Error>(())
/// ```
#[derive(Debug)]
pub struct Interpreter {
    state: &'static State,
    own_gil: bool,
}

impl Interpreter {
    /// Makes an interpreter, with a GIL of its own where the version allows; starts the default runtime if
    /// none runs.
    ///
    /// It has the main interpreter's `sys.path` and `sys.argv` of this moment. The first one takes a while:
    /// the main interpreter imports the modules of the standard library that would otherwise not be safe
    /// to import in several at a time.
    ///
    /// # Errors
    /// CPython cannot make it, or the runtime cannot start or is finalized.
    pub fn new() -> Result<Interpreter> {
        let (state, own_gil) = make::interpreter()?;
        Ok(Interpreter { state, own_gil })
    }

    /// Whether it runs Python while others do: it has a GIL of its own, or the build has none at all.
    pub fn has_own_gil(&self) -> bool {
        self.own_gil
    }

    /// Runs `f` with this interpreter as the thread's current one.
    ///
    /// Every function of this crate that `f` calls works in this interpreter. Between those calls the thread
    /// holds no GIL, neither this one's nor that of the interpreter it was in, so `f` may wait for
    /// anything; use [`attach`](crate::attach()) inside to hold on to it around many calls. Interpreters may
    /// be entered within each other, and by several threads at a time. A limit on the run of a script that calls
    /// this holds for what `f` runs, too.
    ///
    /// ```
    /// let interpreter = gopyre::Interpreter::new()?;
    /// let answer: i64 = interpreter.enter(|| gopyre::exec("6 * 7", ()))??;
    /// assert_eq!(answer, 42);
    /// # Ok::<(), gopyre::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Finalized`](crate::Error::Finalized) after the runtime's end, and
    /// [`Error::Argument`](crate::Error::Argument) within a conversion, whose objects are those of the outer
    /// interpreter.
    pub fn enter<R>(&self, f: impl FnOnce() -> R) -> Result<R> {
        attach::within(self.state, || interrupt::follow(f))?
    }
}

impl Drop for Interpreter {
    fn drop(&mut self) {
        end::drop(self.state);
    }
}
