//! The one CPython of the process: start, report, finalize.

mod home;
mod host;
mod locate;
mod stdlib;
mod variables;
mod venv;

pub(crate) use host::gone;
pub use locate::LibraryError;

use crate::attach;
use crate::error::{Error, Result};
use crate::executor;
use crate::fork;
use crate::gate::GATE;
use crate::interpreter::State;
use crate::output::{self, Output};
use crate::pool;
use crate::script;
use gopyre_sys::{self as sys, Version};
use home::{Home, Report};
use std::fmt;
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// How long [`Runtime::finalize`] waits for other threads to leave Python.
const PATIENCE: Duration = Duration::from_secs(5);

/// The running Python.
///
/// Every function of this crate starts the default runtime on first use; [`builder`](Runtime::builder)
/// starts one that is configured. There is one per process, and once it is finalized there is none.
///
/// ```
/// let runtime = gopyre::Runtime::start()?;
/// assert!(runtime.version().minor >= 9);
/// println!("{runtime}");
/// # Ok::<(), gopyre::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Runtime(());

/// What is known of the running Python.
struct Running {
    state: &'static State,
    version: Version,
    library: PathBuf,
    how: String,
    notes: Vec<String>,
    report: Report,
    options: Options,
    /// What is wrong with the declared scripts and modules; while there is anything, nothing runs.
    broken: Option<Error>,
    /// None for a CPython that something else in this process has started.
    home: Option<Home>,
}

static RUNNING: OnceLock<Running> = OnceLock::new();
/// Held while the runtime starts, by a thread that is not attached.
static STARTING: Mutex<()> = Mutex::new(());
/// The main interpreter's state once the runtime is ready for calls.
static READY: AtomicPtr<State> = AtomicPtr::new(ptr::null_mut());

/// The main interpreter's state, starting the default runtime if need be.
#[inline]
pub(crate) fn ready() -> Result<&'static State> {
    // SAFETY: null, or the address of a state that lives as long as the process.
    match unsafe { READY.load(Ordering::Acquire).as_ref() } {
        Some(state) => Ok(state),
        None => start_default(),
    }
}

/// The main interpreter's state, which outlives all others; those may end while the runtime does.
pub(crate) fn main() -> Result<&'static State> {
    let running = RUNNING.get().ok_or(Error::Finalized)?;
    Ok(running.state)
}

#[cold]
fn start_default() -> Result<&'static State> {
    Runtime::start()?;
    RUNNING
        .get()
        .map(|running| running.state)
        .ok_or(Error::Finalized)
}

impl Runtime {
    /// Starts Python with the defaults, or returns the running one whatever its options are.
    ///
    /// # Errors
    /// No library can be used, CPython does not start, a declared script does not parse, or it was finalized.
    pub fn start() -> Result<Runtime> {
        match RUNNING.get() {
            Some(running) => running.check(),
            None => Builder::default().launch(true, host::Detached::if_attached),
        }
    }

    /// Configures a runtime that is not started yet.
    ///
    /// ```
    /// let runtime = gopyre::Runtime::builder().args(["--verbose"]).start()?;
    /// let args: Vec<String> = gopyre::exec("import sys; sys.argv[1:]", ())?;
    /// assert_eq!(args, ["--verbose"]);
    /// # Ok::<(), gopyre::Error>(())
    /// ```
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The runtime, if it runs.
    ///
    /// It does not where it is finalized, nor where a declared script or module kept it from starting:
    /// then there is none in this process, and every use of Python gives the errors of that start.
    pub fn get() -> Option<Runtime> {
        let running = RUNNING.get()?;
        (running.broken.is_none() && !GATE.is_closed()).then_some(Runtime(()))
    }

    /// Whether Python runs, as [`get`](Runtime::get) says.
    pub fn is_running() -> bool {
        Runtime::get().is_some()
    }

    /// The version and build of the library.
    pub fn version(&self) -> Version {
        self.running().version
    }

    /// The library's path; the program's own where CPython is linked into it.
    pub fn library(&self) -> &Path {
        &self.running().library
    }

    /// What `sys.executable` says.
    pub fn executable(&self) -> &Path {
        &self.running().report.executable
    }

    /// Ends Python for good: `atexit` callbacks run, then every thread is kept out.
    ///
    /// Threads of Python's are waited for where they are no daemons. One that a script starts on a thread of Rust
    /// may be a daemon unless it says `daemon=False`: Python takes most of those threads for daemons themselves.
    ///
    /// Objects and errors that are left are harmless; whatever needs Python is [`Error::Finalized`] from here on.
    ///
    /// # Errors
    /// [`Error::Busy`] inside a call, and where another thread stays in Python for more than five seconds:
    /// then nothing has changed. [`Error::Finalized`] the second time. [`Error::Argument`] where CPython was
    /// started by another part of the process, to which its end belongs.
    pub fn finalize(self) -> Result<()> {
        if attach::is_inside() {
            return Err(Error::Busy);
        }
        let Some(home) = &self.running().home else {
            return Err(Error::Argument(
                "this CPython was not started by gopyre".to_owned(),
            ));
        };
        if home.is_elsewhere() {
            return Err(Error::Argument(
                "a forked process cannot end the Python that its parent started".to_owned(),
            ));
        }
        pool::drain(PATIENCE)?;
        executor::drain(PATIENCE)?;
        GATE.close(PATIENCE, || home.end_interpreters())?;
        READY.store(ptr::null_mut(), Ordering::Release);
        let outcome = home.finalize();
        output::flush();
        outcome
    }

    fn running(&self) -> &'static Running {
        // A `Runtime` is made after `RUNNING` is set, which is never undone.
        RUNNING.get().unwrap_or_else(|| unreachable!())
    }
}

impl Running {
    fn check(&self) -> Result<Runtime> {
        if GATE.is_closed() {
            return Err(Error::Finalized);
        }
        match &self.broken {
            Some(Error::Syntax(list)) => Err(Error::Syntax(list.clone())),
            Some(Error::Mismatch(list)) => Err(Error::Mismatch(list.clone())),
            _ => Ok(Runtime(())),
        }
    }
}

impl fmt::Display for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let running = self.running();
        writeln!(f, "CPython {}", running.version)?;
        writeln!(
            f,
            "  library: {} (from {})",
            running.library.display(),
            running.how
        )?;
        writeln!(f, "  executable: {}", running.report.executable.display())?;
        write!(f, "  prefix: {}", running.report.prefix.display())?;
        for folder in &running.report.site_packages {
            write!(f, "\n  site-packages: {}", folder.display())?;
        }
        running
            .notes
            .iter()
            .try_for_each(|note| write!(f, "\n  note: {note}"))
    }
}

/// A runtime being configured.
#[derive(Debug, Default)]
#[must_use = "a runtime starts with `start`"]
pub struct Builder {
    options: Options,
    stdout: Option<Output>,
    stderr: Option<Output>,
}

/// What two starts can be compared by.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Options {
    library: Option<PathBuf>,
    venv: Option<PathBuf>,
    system_site: Option<bool>,
    home: Option<PathBuf>,
    path: Vec<PathBuf>,
    isolated: bool,
    args: Vec<String>,
}

impl Builder {
    /// Opens this libpython and looks for no other.
    pub fn library(mut self, path: impl Into<PathBuf>) -> Self {
        self.options.library = Some(path.into());
        self
    }

    /// Runs in this virtual environment.
    pub fn venv(mut self, dir: impl Into<PathBuf>) -> Self {
        self.options.venv = Some(dir.into());
        self
    }

    /// Whether packages of the Python that the environment is based on can be imported, whatever the
    /// environment's own configuration says.
    pub fn system_site(mut self, yes: bool) -> Self {
        self.options.system_site = Some(yes);
        self
    }

    /// Looks for the standard library here, as `PYTHONHOME` does.
    pub fn home(mut self, dir: impl Into<PathBuf>) -> Self {
        self.options.home = Some(dir.into());
        self
    }

    /// Puts a folder in front of `sys.path`; several keep their order. A relative one is meant from the
    /// current directory at the start.
    pub fn path(mut self, dir: impl Into<PathBuf>) -> Self {
        self.options.path.push(dir.into());
        self
    }

    /// Ignores `PYTHON*` variables and the user's site-packages, as `python -I` does.
    pub fn isolated(mut self, yes: bool) -> Self {
        self.options.isolated = yes;
        self
    }

    /// Sets `sys.argv[1:]`; `sys.argv[0]` is the host program.
    pub fn args<S: Into<String>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.options.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sends standard output somewhere else than to the process's.
    pub fn stdout(mut self, output: Output) -> Self {
        self.stdout = Some(output);
        self
    }

    /// Sends standard error somewhere else than to the process's.
    pub fn stderr(mut self, output: Output) -> Self {
        self.stderr = Some(output);
        self
    }

    /// Starts Python.
    ///
    /// # Errors
    /// [`Error::Library`] where no library can be used, [`Error::Start`] where CPython refuses, [`Error::Syntax`]
    /// with every declared script that does not parse, [`Error::Mismatch`] with every declaration of an embedded
    /// module that the module does not fulfil, [`Error::AlreadyRunning`] where a runtime with other options
    /// runs, [`Error::Finalized`] where it has ended.
    pub fn start(self) -> Result<Runtime> {
        self.launch(false, host::Detached::if_attached)
    }

    /// Starts, or accepts what runs: anything where `any` is set, otherwise the same options.
    fn launch(
        self,
        any: bool,
        detach: impl FnOnce(&sys::Table) -> Option<host::Detached>,
    ) -> Result<Runtime> {
        let accept = |running: &Running| {
            let same =
                running.options == self.options && self.stdout.is_none() && self.stderr.is_none();
            // Nothing runs while a declared script is broken, whatever the options are.
            if any || same || running.broken.is_some() || GATE.is_closed() {
                running.check()
            } else {
                Err(Error::AlreadyRunning)
            }
        };
        if let Some(running) = RUNNING.get() {
            return accept(running);
        }
        // A host program may call attached, and another thread may need that to finish its start (rule 7).
        // Not yet a reason to fail: what is here may be what another thread is looking at and will refuse.
        let seen = sys::Table::in_process().ok().flatten();
        let detached = seen.as_ref().and_then(|(table, _)| detach(table));
        let starting: MutexGuard<'_, ()> = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        // Attached, so that CPython does not end before it is known who is to be told.
        let _detached = detached.filter(|detached| !detached.is_from_main());
        if let Some(running) = RUNNING.get() {
            return accept(running);
        }
        let host = sys::Table::in_process().map_err(LibraryError::in_process)?;
        let running = self.run(host)?;
        let running = RUNNING.get_or_init(|| running);
        if running.broken.is_none() {
            READY.store(ptr::from_ref(running.state).cast_mut(), Ordering::Release);
        }
        drop(starting);
        running.check()
    }

    /// Finds a library, starts CPython where nothing else has, and checks the declared scripts.
    fn run(self, host: Option<(sys::Table, Option<PathBuf>)>) -> Result<Running> {
        let Builder {
            options,
            stdout,
            stderr,
        } = self;
        let request = locate::Request {
            library: options.library.clone(),
            venv: options.venv.clone(),
        };
        let found_here = host.is_none();
        let (table, library, how, program, venv, notes) = match host {
            Some((table, path)) => {
                let tag = tag_of(table.version);
                let (program, venv, notes) =
                    locate::adopt(&locate::Real, &request, path.as_deref(), tag)?;
                (
                    table,
                    path.unwrap_or_default(),
                    "this process".to_owned(),
                    program,
                    venv,
                    notes,
                )
            }
            None => {
                let found = locate::locate(&locate::Real, &request, |path| {
                    let library =
                        sys::Table::load(path).map_err(|error| error.reason.to_string())?;
                    let tag = tag_of(library.version);
                    Ok(locate::Opened { library, tag })
                })?;
                (
                    found.library,
                    found.path,
                    found.how,
                    found.program,
                    found.venv,
                    found.notes,
                )
            }
        };
        let version = table.version;
        let table = sys::install(table);
        fork::watch();
        // SAFETY: may be called at any time.
        let started = unsafe { table.Py_IsInitialized() } != 0;
        let (state, report, home) = if started {
            let (state, report) = host::adopt(table)?;
            (state, report, None)
        } else if IMPORTED.load(Ordering::Relaxed) {
            // It is ending.
            return Err(Error::Finalized);
        } else {
            variables::check(options.isolated, version)?;
            stdlib::check_home(options.home.as_deref(), options.isolated, version)?;
            if found_here && options.home.is_none() {
                stdlib::check_program(&program, &library, options.isolated, version)?;
            }
            output::set_runtime(stdout, stderr);
            let setup = home::Setup {
                options: options.clone(),
                program,
                in_venv: venv.is_some(),
            };
            let (home, state, report) = Home::start(table, setup)?;
            (state, report, Some(home))
        };
        let broken = match attach::with_main(state, script::check) {
            Ok(()) => None,
            Err(error @ (Error::Syntax(_) | Error::Mismatch(_))) => Some(error),
            Err(error) => return Err(error),
        };
        Ok(Running {
            state,
            version,
            library,
            how,
            notes,
            report,
            options,
            broken,
            home,
        })
    }
}

fn tag_of(version: Version) -> locate::Tag {
    locate::Tag {
        version: (version.major, version.minor),
        free_threaded: version.free_threaded,
        debug: version.debug,
    }
}

/// Whether a CPython has imported this library: then it is the only one there will be.
static IMPORTED: AtomicBool = AtomicBool::new(false);

/// Takes up the CPython that this thread is attached to.
///
/// # Errors
/// As for [`Runtime::start`].
///
/// # Safety
/// The thread must be attached. Below 3.12 nobody could find that out in an interpreter that is not the main one.
pub(crate) unsafe fn take_up() -> Result<()> {
    IMPORTED.store(true, Ordering::Relaxed);
    match RUNNING.get() {
        Some(running) => running.check(),
        // SAFETY: attached, as the caller promises.
        None => Builder::default().launch(true, |table| unsafe { host::Detached::attached(table) }),
    }
    .map(drop)
}
