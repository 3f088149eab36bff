//! Where stdout and stderr go.
//!
//! Python's two streams end in a pair of functions of ours. They look up where this thread's output
//! goes: to the streams of the innermost execution that redirects them, or else to the runtime's.
//! Nothing is written while attached: bytes wait in a buffer of the sink until the thread is detached.

#[cfg(unix)]
mod exit;
mod functions;
mod reconfigure;
mod sink;
mod streams;
mod turn;

pub(crate) use streams::{finish, install};

use crate::attach::Attached;
use crate::error::{Error, Exception, Result};
use crate::fork::Held;
use crate::object::Object;
use sink::Sink;
use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;
use std::io;
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

/// Where a stream of Python goes.
///
/// ```
/// use std::sync::{Arc, Mutex};
///
/// #[derive(Clone, Default)]
/// struct Log(Arc<Mutex<Vec<u8>>>);
/// impl std::io::Write for Log {
///     fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
///         self.0.lock().unwrap().write(bytes)
///     }
///     fn flush(&mut self) -> std::io::Result<()> {
///         Ok(())
///     }
/// }
///
/// let log = Log::default();
/// let script = gopyre::Script::new("print('to the log')")?;
/// script.input(()).stdout(gopyre::Output::writer(log.clone())).exec::<()>()?;
/// assert_eq!(*log.0.lock().unwrap(), b"to the log\n");
/// # Ok::<(), gopyre::Error>(())
/// ```
#[non_exhaustive]
pub enum Output {
    /// The process's own stream.
    Inherit,
    /// Nowhere.
    Null,
    /// A writer, called without holding the interpreter, line by line, under a lock of its own.
    ///
    /// Where it fails or panics, the `print` of the script raises an `OSError`. If that ends an
    /// [`Execution`](crate::Execution) which set the writer, the result is [`Error::Io`] with the very error. In
    /// a fork that was made while another thread was in the writer, `print` raises an `OSError`, too.
    ///
    /// The writer is dropped when the execution ends, whatever threads the script has left behind.
    Writer(Box<dyn io::Write + Send>),
}

impl Output {
    /// A stream that goes to a writer.
    ///
    /// What the writer itself lets Python print goes to the process's stream.
    pub fn writer(w: impl io::Write + Send + 'static) -> Output {
        Output::Writer(Box::new(w))
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Output::Inherit => "Inherit",
            Output::Null => "Null",
            Output::Writer(_) => "Writer(..)",
        })
    }
}

/// What a script printed, whatever came of it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Captured<T> {
    /// The result, or why there is none.
    pub value: Result<T>,
    /// What went to standard output.
    pub stdout: String,
    /// What went to standard error.
    pub stderr: String,
}

/// One of the two streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Stdout = 0,
    Stderr = 1,
}

impl Stream {
    /// An error of its writer.
    fn error(self, source: io::Error) -> Error {
        let name = match self {
            Stream::Stdout => "<stdout>",
            Stream::Stderr => "<stderr>",
        };
        Error::Io {
            path: name.into(),
            source,
        }
    }
}

/// The streams of one execution.
#[derive(Debug)]
struct Route {
    sinks: [Option<Arc<Sink>>; 2],
    /// The execution around this one.
    outer: Option<Weak<Route>>,
    /// The execution is over; what its threads still print goes to the runtime's streams.
    ended: AtomicBool,
    /// The last error of each sink.
    failed: [Mutex<Option<Failed>>; 2],
}

/// An error of a writer, and the exception that it has become.
#[derive(Debug)]
struct Failed {
    exception: Object,
    error: io::Error,
}

thread_local! {
    /// Where this thread's output goes; none is the runtime's streams. Only the execution holds on to its route: a
    /// thread that it has left behind would keep its writers. Without a destructor, so that there is one until the
    /// thread's very end.
    static ROUTE: Cell<Option<ManuallyDrop<Weak<Route>>>> = const { Cell::new(None) };
    static END: End = const { End };
    /// This thread is in a sink's writer.
    static IN_WRITER: Cell<bool> = const { Cell::new(false) };
}

/// Lets go of a thread's route when the thread ends.
struct End;

impl Drop for End {
    fn drop(&mut self) {
        set_own_route(None);
    }
}

/// The runtime's streams.
static RUNTIME: OnceLock<[Arc<Sink>; 2]> = OnceLock::new();
/// The process's streams.
static PROCESS: OnceLock<[Arc<Sink>; 2]> = OnceLock::new();
/// Whether a stream of the runtime or the process holds bytes that are not written yet.
static WAITING: AtomicBool = AtomicBool::new(false);

fn process(stream: Stream) -> Arc<Sink> {
    let sinks = PROCESS.get_or_init(|| {
        #[cfg(unix)]
        exit::watch();
        [Stream::Stdout, Stream::Stderr].map(|stream| Arc::new(Sink::process(stream)))
    });
    Arc::clone(&sinks[stream as usize])
}

fn runtime(stream: Stream) -> Arc<Sink> {
    RUNTIME.get().map_or_else(
        || process(stream),
        |sinks| Arc::clone(&sinks[stream as usize]),
    )
}

/// To the process's own streams, where a writer prints that prints itself.
fn process_route() -> &'static Arc<Route> {
    static ROUTE: OnceLock<Arc<Route>> = OnceLock::new();
    ROUTE.get_or_init(|| {
        let sinks = [Stream::Stdout, Stream::Stderr].map(|stream| Some(process(stream)));
        Arc::new(Route::new(sinks, None))
    })
}

/// This thread's route.
fn own_route() -> Option<Arc<Route>> {
    if IN_WRITER.get() {
        return Some(Arc::clone(process_route()));
    }
    let own = ROUTE.take();
    let route = own.as_deref().and_then(Weak::upgrade);
    ROUTE.set(own);
    route
}

/// Sets this thread's route, and returns what it was.
fn set_own_route(route: Option<Weak<Route>>) -> Option<Weak<Route>> {
    let before = ROUTE.replace(route.map(ManuallyDrop::new));
    before.map(ManuallyDrop::into_inner)
}

/// Where this thread's output to `stream` goes.
fn current(stream: Stream) -> Arc<Sink> {
    let sink = route_of(stream).and_then(|route| route.sinks[stream as usize].clone());
    sink.unwrap_or_else(|| runtime(stream))
}

/// The execution whose sink this thread's output to `stream` goes to.
fn route_of(stream: Stream) -> Option<Arc<Route>> {
    let mut route = own_route();
    while let Some(inner) = route {
        if inner.ended.load(Ordering::Acquire) {
            return None;
        }
        if inner.sinks[stream as usize].is_some() {
            return Some(inner);
        }
        route = inner.outer.as_ref().and_then(Weak::upgrade);
    }
    None
}

/// Remembers what an error of this thread's writer has become in Python.
fn remember(stream: Stream, exception: Object, error: io::Error) {
    if let Some(route) = route_of(stream)
        && !Arc::ptr_eq(&route, process_route())
    {
        let failed = Failed { exception, error };
        // Dropped after the lock, because that may run Python code (rule 7).
        let before = route.failed(stream).replace(failed);
        drop(before);
    }
}

impl Route {
    fn new(sinks: [Option<Arc<Sink>>; 2], outer: Option<Weak<Route>>) -> Route {
        Route {
            sinks,
            outer,
            ended: AtomicBool::new(false),
            failed: Default::default(),
        }
    }

    /// Held for a moment, never while Python runs.
    fn failed(&self, stream: Stream) -> MutexGuard<'_, Option<Failed>> {
        let failed = &self.failed[stream as usize];
        failed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The error of a writer in the place of the exception that it has become.
    fn restored(&self, error: Error) -> Error {
        for stream in [Stream::Stdout, Stream::Stderr] {
            let failed = self.failed(stream).take();
            let exception = error.exception().and_then(Exception::object);
            if let (Some(failed), Some(exception)) = (failed, exception)
                && failed.exception.is(exception)
            {
                return stream.error(failed.error);
            }
        }
        error
    }
}

/// Writes what the process's and the runtime's streams hold; called detached, at the end of an outermost call.
#[inline]
pub(crate) fn flush() {
    if WAITING.load(Ordering::Relaxed) {
        flush_now();
    }
}

#[cold]
fn flush_now() {
    WAITING.store(false, Ordering::Relaxed);
    for sinks in [PROCESS.get(), RUNTIME.get()].into_iter().flatten() {
        for sink in sinks {
            // Nobody is left to tell: the script that printed has returned.
            let _ = sink.drain();
        }
    }
}

/// Streams that an execution redirects.
#[derive(Debug, Default)]
pub(crate) struct Redirect([Option<Arc<Sink>>; 2]);

/// Memory that an execution prints into.
pub(crate) struct Memory([Option<Arc<Sink>>; 2]);

impl Redirect {
    pub(crate) fn stdout(&mut self, output: Output) {
        self.0[0] = Some(sink(Stream::Stdout, output));
    }

    pub(crate) fn stderr(&mut self, output: Output) {
        self.0[1] = Some(sink(Stream::Stderr, output));
    }

    /// Sends to memory what is not sent elsewhere.
    pub(crate) fn capture(&mut self) -> Memory {
        Memory(self.0.each_mut().map(|slot| {
            slot.is_none()
                .then(|| Arc::clone(slot.insert(Arc::new(Sink::memory()))))
        }))
    }

    /// Runs `f` with the streams redirected.
    pub(crate) fn during<R>(self, py: Attached<'_>, f: impl FnOnce() -> Result<R>) -> Result<R> {
        if self.0.iter().all(Option::is_none) {
            return f();
        }
        let redirected = streams::Redirected::begin(py)?;
        let outer = own_route().as_ref().map(Arc::downgrade);
        let route = Arc::new(Route::new(self.0, outer));
        let stretch = Stretch::begin(&route);
        let result = f();
        drop(stretch);
        drop(redirected);
        let failed = crate::attach::detach_now(|| {
            let streams = [Stream::Stdout, Stream::Stderr].into_iter();
            let drained = streams.filter_map(|stream| {
                let sink = route.sinks[stream as usize].as_ref()?;
                sink.drain().err().map(|error| stream.error(error))
            });
            // Both, also where the first one fails.
            drained.fold(None, |first, error| first.or(Some(error)))
        });
        let value = result.map_err(|error| route.restored(error));
        // A writer that waits for a thread before it goes must not keep that from Python.
        crate::attach::detach_now(|| drop(route));
        let value = value?;
        failed.map_or(Ok(value), Err)
    }
}

impl Memory {
    pub(crate) fn with<T>(self, value: Result<T>) -> Captured<T> {
        let [stdout, stderr] = self
            .0
            .map(|sink| sink.map_or_else(String::new, |sink| sink.take_text()));
        Captured {
            value,
            stdout,
            stderr,
        }
    }
}

/// A redirection, which ends also where the script's conversion panics.
struct Stretch<'r> {
    route: &'r Route,
    before: Option<Weak<Route>>,
    /// The writer that this thread is in is around it.
    in_writer: bool,
}

impl Stretch<'_> {
    fn begin(route: &Arc<Route>) -> Stretch<'_> {
        Stretch {
            route,
            before: set_own_route(Some(Arc::downgrade(route))),
            in_writer: IN_WRITER.replace(false),
        }
    }
}

impl Drop for Stretch<'_> {
    fn drop(&mut self) {
        self.route.ended.store(true, Ordering::Release);
        IN_WRITER.set(self.in_writer);
        set_own_route(self.before.take());
    }
}

fn sink(stream: Stream, output: Output) -> Arc<Sink> {
    match output {
        Output::Inherit => process(stream),
        Output::Null => Arc::new(Sink::null()),
        Output::Writer(writer) => Arc::new(Sink::writer(writer)),
    }
}

/// Sets the runtime's streams, once, at start.
pub(crate) fn set_runtime(stdout: Option<Output>, stderr: Option<Output>) {
    let _ = RUNTIME.set([
        sink(Stream::Stdout, stdout.unwrap_or(Output::Inherit)),
        sink(Stream::Stderr, stderr.unwrap_or(Output::Inherit)),
    ]);
}

/// Whether a writer gets what goes to a stream of the runtime.
fn runtime_has_writer() -> bool {
    let sinks = RUNTIME.get().into_iter().flatten();
    sinks.into_iter().any(|sink| sink.is_writer())
}

/// Numbers by which a new thread finds the route of the thread that started it.
static ROUTES: Mutex<Option<HashMap<u64, Weak<Route>>>> = Mutex::new(None);

/// Held for a look or a change, never while Python runs (rule 7).
fn routes() -> MutexGuard<'static, Option<HashMap<u64, Weak<Route>>>> {
    ROUTES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Holds the routes and what waits in the process's and the runtime's streams, for a fork.
pub(crate) fn hold() -> Held {
    let sinks = [PROCESS.get(), RUNTIME.get()].into_iter().flatten();
    let mut sinks: Vec<&'static Arc<Sink>> = sinks.flatten().collect();
    // Two streams may go to one place.
    sinks.sort_unstable_by_key(|sink| Arc::as_ptr(sink));
    sinks.dedup_by_key(|sink| Arc::as_ptr(sink));
    let (routes, turns) = (routes(), turn::hold());
    let waiting: Vec<_> = sinks.into_iter().map(|sink| sink.waiting()).collect();
    Box::new((routes, turns, waiting))
}

/// Called in the child of a fork.
pub(crate) fn forked() {
    turn::forked();
}

/// The number of this thread's route, if it has one.
fn route_number() -> Option<u64> {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let route = own_route()?;
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut routes = routes();
    let routes = routes.get_or_insert_default();
    routes.retain(|_, route| route.strong_count() > 0);
    routes.insert(number, Arc::downgrade(&route));
    Some(number)
}

/// Takes over the route of that number for this thread.
fn follow_route(number: u64) {
    let mut routes = routes();
    let route = routes.as_mut().and_then(|routes| routes.remove(&number));
    drop(routes);
    // At a thread's very end nobody lets go of it, and it is little.
    let _ = END.try_with(|_| ());
    set_own_route(route);
}
