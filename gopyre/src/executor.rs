//! Scripts on any executor of `concurrent.futures`: worker processes, or whatever has `submit`.
//!
//! What travels is a call of `eval` with text and bytes, which everything that runs Python understands;
//! `worker.py` is the text. Input and result are pickled here and there, so that no executor has to know more of
//! them than their size. An exception comes back as a description, made where its traceback is.

mod job;
mod outcome;

pub use job::Job;

use crate::attach::{self, Attached};
use crate::convert;
use crate::error::{Error, Result};
use crate::imported::Kept;
use crate::interpreter::State;
use crate::object::Object;
use crate::reference::Ref;
use crate::runtime;
use crate::script::{self, Script};
use outcome::{Bytes, Pickled};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Runs scripts somewhere else: in worker processes, on a cluster, on threads.
///
/// A worker needs a Python and nothing of this program. The script means there what it means here: fresh
/// globals, `input` and its keys, the last expression. Results, typed, and errors, with the lines of
/// their tracebacks, come back as from a call in this process.
///
/// Inputs and results travel by pickle. So an [`Object`] in an input has to be one that can be pickled; a function or
/// a class that a script defines cannot. Modules that are embedded in this program, or registered by it, are not there.
/// What a script prints goes where the worker's streams go: for a process, those of this one.
///
/// ```
/// let executor = gopyre::Executor::processes(2)?;
/// let script = gopyre::Script::new("import os; (name.upper(), os.getpid())")?;
///
/// let (name, process): (String, u32) = executor.exec(&script, serde_json::json!({ "name": "ada" }))?;
/// assert_eq!(name, "ADA");
/// assert_ne!(process, std::process::id());
///
/// let job = executor.submit::<(String, u32)>(&script, serde_json::json!({ "name": "grace" }))?;
/// assert_eq!(job.join()?.0, "GRACE");
/// # Ok::<(), gopyre::Error>(())
/// ```
///
/// # The end of a worker
///
/// A worker process that dies ([`os._exit`](https://docs.python.org/3/library/os.html#os._exit), a signal, a crash) ends
/// its job alone: that is an error for which [`exception`](Error::exception) `is("BrokenProcessPool")` and
/// whose message tells how. The next job gets a new worker.
///
/// # The end of the executor
///
/// Dropping an executor of processes finishes what was submitted, waits for it, and ends the workers. Where this process ends
/// without that, at [`exit`](std::process::exit) or by a signal, its workers end with it, at their next
/// bytecode. Dropping one that was made [`from_object`](Executor::from_object) changes nothing for the object.
pub struct Executor {
    object: Object,
    kind: Kind,
    timeout: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// An instance of `Processes`, ours.
    Processes,
    /// Anything with `submit`.
    Foreign,
}

/// The functions of `host.py` and `processes.py`.
static HOST: Kept = Kept::new();
static PROCESSES: Kept = Kept::new();

/// Set when there may be processes to end.
static STARTED: AtomicBool = AtomicBool::new(false);

/// Longer limits are none: Python's locks cannot wait for ever.
const LONGEST: Duration = Duration::from_secs(1_000_000_000);

impl Executor {
    /// Starts worker processes of this Python, which run `sys.executable`: in the same virtual environment, with the same
    /// `sys.path`.
    ///
    /// They are started by `multiprocessing`'s spawn method, each in a `ProcessPoolExecutor` of its own. This
    /// returns at once; the first jobs wait until their workers are there. Jobs start in the order in which
    /// they are submitted. Python's own files are all that a worker runs before its first script: not this program, nor
    /// a file that [`run_file`](crate::run_file()) has run. `SIGINT` is ignored there: Ctrl-C is this
    /// program's.
    ///
    /// # Errors
    /// [`Error::Argument`] where `workers` is 0, [`Error::Start`] where there is no interpreter beside the
    /// library.
    pub fn processes(workers: usize) -> Result<Executor> {
        if workers == 0 {
            let message = "expected at least one worker, found 0";
            return Err(Error::Argument(message.to_owned()));
        }
        attach::visit(runtime::ready()?, |py| {
            let interpreter = function(processes(py)?, "interpreter")?.call([])?;
            let (path, runs): (String, bool) = convert::from_python(&interpreter)?;
            if !runs {
                let message = format!(
                    "expected an interpreter for worker processes, found none at `{path}`; help: install the \
                     `python3` that belongs to this library, or start in a virtual environment that has one"
                );
                return Err(Error::Start(message));
            }
            STARTED.store(true, Ordering::Relaxed);
            let count = convert::to_python(py, &workers)?;
            let object = function(processes(py)?, "Processes")?.call([&count])?;
            Ok(Executor {
                object: Object::from_ref(object),
                kind: Kind::Processes,
                timeout: None,
            })
        })
    }

    /// Takes an executor of Python's: anything whose `submit` takes a function with its arguments and returns a future.
    ///
    /// Such are `ThreadPoolExecutor`, `InterpreterPoolExecutor` of 3.14, and a
    /// [Dask](https://distributed.dask.org) `Client`, which runs the scripts on a cluster.
    ///
    /// # Errors
    /// [`Error::Argument`] where the object has no method `submit`.
    ///
    /// ```
    /// let threads = gopyre::call("concurrent.futures", "ThreadPoolExecutor", (4,))?;
    /// let executor = gopyre::Executor::from_object(&threads)?;
    /// let script = gopyre::Script::new("input ** 2")?;
    /// let jobs = [1, 2, 3].map(|n| executor.submit::<u64>(&script, n));
    /// let squares = jobs.into_iter().map(|job| job?.join()).collect::<gopyre::Result<Vec<_>>>()?;
    /// assert_eq!(squares, [1, 4, 9]);
    /// # Ok::<(), gopyre::Error>(())
    /// ```
    pub fn from_object(executor: &Object) -> Result<Executor> {
        let callable = executor.has_attr("submit")? && executor.attr("submit")?.is_callable();
        if !callable {
            let message = format!(
                "expected an executor with a method `submit`, found {}",
                executor.type_name()?
            );
            return Err(Error::Argument(message));
        }
        Ok(Executor {
            object: executor.clone(),
            kind: Kind::Foreign,
            timeout: None,
        })
    }

    /// Limits the time of each job; one that takes longer is [`Error::Timeout`].
    ///
    /// Worker processes keep the limit whatever the script does: the worker is killed, also within a C
    /// function, and another one takes its place; other jobs know nothing of it. The time begins when a worker takes up the job.
    ///
    /// On other executors the time begins with [`submit`](Executor::submit), and [`Job::join`] waits no longer:
    /// then the job is cancelled if it has not begun. One that has goes on in its worker, and keeps that
    /// busy, until the script ends by itself.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let executor = gopyre::Executor::processes(1)?.timeout(Duration::from_millis(200));
    /// let sleep = gopyre::Script::new("import time; time.sleep(input)")?;
    /// assert!(matches!(executor.exec::<()>(&sleep, 60), Err(gopyre::Error::Timeout(_))));
    /// assert!(executor.exec::<()>(&sleep, 0).is_ok());
    /// # Ok::<(), gopyre::Error>(())
    /// ```
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Runs a script and waits for its result.
    ///
    /// # Errors
    /// As for [`submit`](Executor::submit) and [`Job::join`].
    pub fn exec<T: DeserializeOwned>(&self, script: &Script, input: impl Serialize) -> Result<T> {
        self.submit(script, input)?.join()
    }

    /// Gives a script to the executor.
    ///
    /// # Errors
    /// The input cannot be converted; [`Error::Argument`] where it cannot be pickled, which names the value;
    /// what `submit` of the executor raises.
    pub fn submit<T: DeserializeOwned>(
        &self,
        script: &Script,
        input: impl Serialize,
    ) -> Result<Job<T>> {
        let input = pickle(&input)?;
        let future = attach::visit(self.object.state(), |py| {
            let executor = self.object.bind(py)?;
            let source = script.source();
            let call = function(host(py)?, "call")?.call([
                &Ref::text(py, source.file())?,
                &Ref::text(py, &source.padded())?,
                &convert::to_python(py, &input)?,
            ])?;
            let future = match self.kind {
                Kind::Foreign => function(host(py)?, "submit")?.call([&executor, &call])?,
                Kind::Processes => {
                    let limit = self.timeout.map(seconds);
                    let limit = convert::to_python(py, &limit)?;
                    executor.call_method("submit", [&limit, &call])?
                }
            };
            Ok(Object::from_ref(future))
        })?;
        // A limit too long to be told has no end.
        let deadline = match self.kind {
            Kind::Foreign => self
                .timeout
                .and_then(|limit| Instant::now().checked_add(limit)),
            Kind::Processes => None,
        };
        Ok(Job::new(future, self.timeout, deadline))
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        if self.kind == Kind::Foreign {
            return;
        }
        // Within a conversion of another interpreter, another thread has to do it.
        if let Err(Error::Argument(_)) = close(&self.object) {
            let object = self.object.clone();
            let thread = std::thread::Builder::new().name("gopyre-close".to_owned());
            drop(thread.spawn(move || close(&object)));
        }
    }
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor")
            .field("kind", &self.kind)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// Waits for the jobs of processes, and ends them; after the runtime's end there is nothing to do.
fn close(processes: &Object) -> Result<()> {
    attach::visit(processes.state(), |py| {
        processes.bind(py)?.call_method("close", []).map(drop)
    })
}

/// Waits until all worker processes are done, for the end of the runtime.
///
/// # Errors
/// [`Error::Busy`] where that takes longer than `patience`.
pub(crate) fn drain(patience: Duration) -> Result<()> {
    if !STARTED.load(Ordering::Relaxed) {
        return Ok(());
    }
    let main: &'static State = runtime::main()?;
    let idle = attach::visit(main, |py| {
        let patience = convert::to_python(py, &seconds(patience))?;
        let idle = function(processes(py)?, "drain")?.call([&patience])?;
        convert::from_python(&idle)
    })?;
    if idle { Ok(()) } else { Err(Error::Busy) }
}

/// Ends all worker processes, when nobody is inside any more.
pub(crate) fn abort(py: Attached<'_>) {
    if STARTED.load(Ordering::Relaxed) {
        // What fails here has nobody to be told.
        let _ = processes(py)
            .and_then(|processes| function(processes, "abort"))
            .and_then(|abort| abort.call([]));
    }
}

/// A length of time as Python takes it.
fn seconds(limit: Duration) -> f64 {
    limit.min(LONGEST).as_secs_f64()
}

/// A value as bytes.
fn pickle(value: &(impl Serialize + ?Sized)) -> Result<Bytes> {
    attach::with(|py| {
        let value = convert::to_python(py, value)?;
        let pickled = function(host(py)?, "pickled")?.call([&value])?;
        match convert::from_python(&pickled)? {
            Pickled::Value(bytes) => Ok(bytes),
            Pickled::Unpicklable(found) => Err(Error::Argument(format!(
                "expected an input that can be pickled, found {found}; help: take plain values, or objects of \
                 classes that the worker can import"
            ))),
        }
    })
}

fn host(py: Attached<'_>) -> Result<Ref<'_>> {
    namespace(py, &HOST, |namespace| {
        let worker = Ref::text(py, include_str!("executor/worker.py"))?;
        namespace.dict_set(&Ref::name(py, "WORKER")?, &worker)?;
        script::run_internal(namespace, include_str!("executor/host.py"))
    })
}

fn processes(py: Attached<'_>) -> Result<Ref<'_>> {
    namespace(py, &PROCESSES, |namespace| {
        script::run_internal(namespace, include_str!("executor/processes.py"))
    })
}

fn namespace<'py>(
    py: Attached<'py>,
    kept: &'static Kept,
    fill: impl FnOnce(&Ref<'py>) -> Result<()>,
) -> Result<Ref<'py>> {
    let namespace = kept.get(py, || {
        let namespace = Ref::dict(py)?;
        fill(&namespace)?;
        Ok(namespace)
    })?;
    // SAFETY: kept for as long as the interpreter.
    unsafe { Ref::borrowed(py, namespace) }
}

fn function<'py>(namespace: Ref<'py>, name: &'static str) -> Result<Ref<'py>> {
    let function = namespace.dict_get(&Ref::name(namespace.py(), name)?)?;
    Ok(function.unwrap_or_else(|| Ref::none(namespace.py())))
}
