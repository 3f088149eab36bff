//! The one thread that starts CPython and finalizes it.

use super::{Options, variables};
use crate::attach::{self, Attached};
use crate::convert;
use crate::error::{Error, Result};
use crate::executor;
use crate::interpreter::{self, State};
use crate::output;
use crate::reference::Ref;
use crate::script;
use gopyre_sys as sys;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

/// As much stack as a main thread has: `atexit` callbacks run here.
const STACK: usize = 8 * 1024 * 1024;

/// `SIGINT` on every system.
const SIGINT: i32 = 2;

/// The thread that CPython takes for its main thread.
pub(super) struct Home {
    /// Asks for something; the answer comes on the channel that is sent.
    ask: Mutex<Sender<(Wish, Answer)>>,
    /// The process that the thread is in: a fork of it has only the thread that forked.
    process: u32,
}

/// What the thread is asked for.
enum Wish {
    /// The end of all other interpreters.
    EndInterpreters,
    /// The end of CPython.
    Finalize,
}

type Answer = Sender<Result<()>>;

/// How the interpreter is set up.
pub(super) struct Setup {
    pub(super) options: Options,
    /// The interpreter that the library belongs to, or the environment's.
    pub(super) program: PathBuf,
    pub(super) in_venv: bool,
}

/// What the started interpreter says of itself.
#[derive(Default)]
pub(super) struct Report {
    pub(super) executable: PathBuf,
    pub(super) prefix: PathBuf,
    pub(super) site_packages: Vec<PathBuf>,
}

impl Home {
    /// Starts CPython on a thread of its own and waits until it is set up.
    pub(super) fn start(
        table: &'static sys::Table,
        setup: Setup,
    ) -> Result<(Home, &'static State, Report)> {
        let (ask, asked) = channel();
        let (done, outcome) = channel();
        let thread = thread::Builder::new()
            .name("gopyre".to_owned())
            .stack_size(STACK);
        let body = move || match begin(table, setup) {
            Ok((state, report, own)) => {
                let _ = done.send(Ok((state, report)));
                wait_for_the_end(table, &asked, state, &own);
            }
            Err(error) => drop(done.send(Err(error))),
        };
        let failed = |reason: String| Error::Start(reason);
        thread
            .spawn(body)
            .map_err(|error| failed(format!("no thread for it: {error}")))?;
        let (state, report) = outcome
            .recv()
            .map_err(|_| failed("its thread panicked".to_owned()))??;
        Ok((
            Home {
                ask: Mutex::new(ask),
                process: std::process::id(),
            },
            state,
            report,
        ))
    }

    /// Whether this is a fork of the process that started CPython.
    pub(super) fn is_elsewhere(&self) -> bool {
        self.process != std::process::id()
    }

    /// Ends all interpreters but the main one; nobody may be inside.
    ///
    /// # Errors
    /// [`Error::Busy`] where a thread of Python's stays in one of them.
    pub(super) fn end_interpreters(&self) -> Result<()> {
        self.ask(Wish::EndInterpreters)
    }

    /// Finalizes CPython; the gate must be closed.
    pub(super) fn finalize(&self) -> Result<()> {
        self.ask(Wish::Finalize)
    }

    fn ask(&self, wish: Wish) -> Result<()> {
        let (answer, outcome) = channel();
        let sent = self
            .ask
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .send((wish, answer));
        sent.map_err(|_| Error::Finalized)?;
        outcome.recv().map_err(|_| Error::Finalized)?
    }
}

/// The state of the thread that started CPython.
struct Own(*mut sys::PyThreadState);

/// Starts and sets up; leaves this thread detached.
fn begin(table: &'static sys::Table, setup: Setup) -> Result<(&'static State, Report, Own)> {
    let config = sys::Config {
        program: setup.program.clone(),
        home: setup.options.home.clone(),
        isolated: setup.options.isolated,
        settings: variables::settings(setup.options.isolated),
    };
    // SAFETY: CPython is not started, and `STARTING` keeps other starts out (rule 3).
    unsafe { table.initialize(&config) }.map_err(Error::Start)?;
    // SAFETY: the thread that starts CPython is attached.
    let state = unsafe { State::current(table)? };
    // SAFETY: attached, and this thread waits for the end of the interpreter.
    let report = unsafe {
        attach::settle(state)?;
        attach::in_callback(state, |py| {
            set_up(py, &setup).and_then(|()| Report::new(py))
        })?
    };
    // SAFETY: attached by the start.
    let own = unsafe { table.PyEval_SaveThread() };
    Ok((state, report?, Own(own)))
}

fn wait_for_the_end(
    table: &'static sys::Table,
    asked: &Receiver<(Wish, Answer)>,
    state: &'static State,
    own: &Own,
) {
    let answer = loop {
        match asked.recv() {
            Ok((Wish::Finalize, answer)) => break answer,
            Ok((Wish::EndInterpreters, answer)) => drop(answer.send(interpreter::end_all())),
            Err(_) => return,
        }
    };
    // CPython deletes the states of all threads at some point, so none must be let go of after that.
    state.seal();
    // SAFETY: nobody is inside, so finalize may begin; this thread made the start and its state (rule 3).
    let outcome = unsafe {
        table.PyEval_RestoreThread(own.0);
        let tidied = attach::in_callback(state, |py| {
            forget_signals(py);
            state.collect(py);
            executor::abort(py);
            own_threading(py).and_then(|()| output::finish(py))
        });
        drop(tidied);
        table.Py_FinalizeEx()
    };
    let _ = answer.send(match outcome {
        0 => Ok(()),
        _ => Err(Error::Start(
            "CPython could not write all of its output".to_owned(),
        )),
    });
}

/// Forgets what `_thread.interrupt_main()` has asked this thread for, which runs Python now for the first time since
/// the start: it would land in the middle of the end.
fn forget_signals(py: Attached<'_>) {
    // One at a time is told.
    const SIGNALS: u32 = 64;
    for _ in 0..SIGNALS {
        // SAFETY: attached.
        unsafe {
            if py.PyErr_CheckSignals() == 0 {
                return;
            }
            py.PyErr_Clear();
        }
    }
}

/// Lets `threading` know that this is the main thread: it takes the one that imported it first for that,
/// and at its shutdown waits for it.
fn own_threading(py: Attached<'_>) -> Result<()> {
    if Ref::imported(py, "threading")?.is_some() {
        script::run_internal(&Ref::dict(py)?, include_str!("threading.py"))?;
    }
    Ok(())
}

fn sys_object<'py>(py: Attached<'py>, name: &'static str) -> Result<Ref<'py>> {
    let missing = || Error::Start(format!("`sys` has no `{name}`"));
    Ref::of_sys(py, name)?.ok_or_else(missing)
}

/// Arguments, paths, streams and signals.
fn set_up(py: Attached<'_>, setup: &Setup) -> Result<()> {
    age(py)?;
    let options = &setup.options;
    let program = std::env::args_os().next().unwrap_or_default();
    let program = Ref::path(py, program)?;
    let mut argv = vec![program];
    for arg in &options.args {
        argv.push(Ref::text(py, arg)?);
    }
    let argv = list(py, argv)?;
    // SAFETY: attached; a constant name; `sys` takes a reference of its own.
    py.check(unsafe { py.PySys_SetObject(c"argv".as_ptr(), argv.as_ptr()) })?;
    if let Some(wanted) = options.system_site {
        system_site(py, wanted, setup.in_venv)?;
    }
    let path = sys_object(py, "path")?;
    for dir in options.path.iter().rev() {
        // SAFETY: attached; a new reference.
        let zero = unsafe { Ref::owned(py, py.PyLong_FromLongLong(0))? };
        let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.clone());
        path.call_method("insert", [&zero, &Ref::path(py, dir)?])?;
    }
    keep_interrupt_handler(py)?;
    interpreter::equip(py)
}

/// Moves what the start has made to the oldest generation: it stays, and the next collection, which may be due at
/// any moment, need not look at it. Older versions collect so often that it would bring nothing.
fn age(py: Attached<'_>) -> Result<()> {
    // Without a GIL there are no generations, and to freeze is to walk through all objects.
    if py.version.minor < 13 || py.version.free_threaded {
        return Ok(());
    }
    let gc = Ref::import(py, "gc")?;
    // What a `sitecustomize` has frozen stays so.
    if convert::from_python::<u64>(&gc.call_method("get_freeze_count", [])?)? > 0 {
        return Ok(());
    }
    gc.call_method("freeze", [])?;
    gc.call_method("unfreeze", []).map(drop)
}

/// The first import of `signal` takes over Ctrl-C, whoever asked for no handlers.
fn keep_interrupt_handler(py: Attached<'_>) -> Result<()> {
    // SAFETY: CPython's own way to read and write a handler; none is called in between.
    let handler = unsafe { py.PyOS_getsig(SIGINT) };
    Ref::import(py, "_signal")?;
    // SAFETY: as above.
    unsafe { py.PyOS_setsig(SIGINT, handler) };
    Ok(())
}

/// Adds or removes the site-packages of the Python that a virtual environment is based on.
fn system_site(py: Attached<'_>, wanted: bool, in_venv: bool) -> Result<()> {
    let Some(site) = Ref::imported(py, "site")? else {
        return Ok(());
    };
    if wanted && !in_venv {
        // Without an environment they are there already.
        return Ok(());
    }
    if wanted {
        let names = ["base_prefix", "base_exec_prefix"];
        let prefixes = names.map(|name| sys_object(py, name));
        let prefixes = list(py, prefixes.into_iter().collect::<Result<_>>()?)?;
        return site
            .call_method("addsitepackages", [&Ref::none(py), &prefixes])
            .map(drop);
    }
    let namespace = Ref::dict(py)?;
    namespace.dict_set(&Ref::name(py, "in_venv")?, &Ref::boolean(py, in_venv)?)?;
    script::run_internal(&namespace, include_str!("system_site.py"))
}

fn list<'py>(py: Attached<'py>, items: Vec<Ref<'py>>) -> Result<Ref<'py>> {
    // SAFETY: attached; a new reference.
    let list = unsafe { Ref::owned(py, py.PyList_New(0))? };
    for item in items {
        // SAFETY: attached; a list.
        py.check(unsafe { py.PyList_Append(list.as_ptr(), item.as_ptr()) })?;
    }
    Ok(list)
}

impl Report {
    pub(super) fn new(py: Attached<'_>) -> Result<Report> {
        let mut site_packages = Vec::new();
        if let Some(site) = Ref::imported(py, "site")? {
            let folders = site.call_method("getsitepackages", [])?.iter()?;
            while let Some(folder) = folders.next()? {
                site_packages.push(folder.to_path()?);
            }
        }
        let executable = sys_object(py, "executable")?;
        Ok(Report {
            executable: if executable.is_none() {
                PathBuf::new()
            } else {
                executable.to_path()?
            },
            prefix: sys_object(py, "prefix")?.to_path()?,
            site_packages,
        })
    }
}
