//! Scripts: text that is compiled once and run with an input.

mod cache;
mod compile;
mod file;
mod namespace;
mod registry;
mod source;
mod syntax;

pub(crate) use cache::hold as hold_cache;
pub(crate) use registry::check;
pub use registry::{Declared, Inputs, Registered, Source as DeclaredSource};
pub(crate) use source::{Source, hold as hold_sources};
pub(crate) use syntax::in_source;

use crate::attach::{self, Attached};
use crate::convert;
use crate::error::Result;
use crate::interpreter::Each;
use crate::interrupt::{Interrupt, Limits};
use crate::output::{Captured, Output, Redirect};
use crate::reference::Ref;
use compile::Compiled;
use gopyre_sys as sys;
use namespace::Namespace;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::panic::Location;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The file name of gopyre's own Python code, whose frames no traceback shows.
pub(crate) const INTERNAL: &str = "<gopyre>";

/// Runs a script and reads its last expression as `T`. The same text at the same place compiles once.
///
/// The indentation of the script's first line is removed from every line that has it. The script runs in
/// a fresh namespace in which `input` is the input; if that is a map or a struct, each of its string
/// keys is a global too. Without an expression at its end the result is `None`. Standard input is an
/// empty stream: `builtins.input()` raises `EOFError` instead of waiting for somebody to type.
///
/// # Errors
/// The text does not parse, the input cannot be converted (nothing has run then), Python raises, or the
/// result is no `T`.
///
/// ```
/// #[derive(serde::Serialize)]
/// struct Order { price: f64, count: u32 }
///
/// let total: f64 = gopyre::exec("price * count", Order { price: 2.5, count: 4 })?;
/// assert_eq!(total, 10.0);
/// # Ok::<(), gopyre::Error>(())
/// ```
#[track_caller]
pub fn exec<T: DeserializeOwned>(code: &str, input: impl Serialize) -> Result<T> {
    cache::script(code, Location::caller())?.exec(input)
}

/// Runs statements in `__main__`; names stay for later calls. An empty text does nothing.
///
/// # Errors
/// The text does not parse, or Python raises.
///
/// ```
/// gopyre::run("greeting = 'hello'")?;
/// gopyre::run("assert greeting == 'hello'")?;
/// # Ok::<(), gopyre::Error>(())
/// ```
#[track_caller]
pub fn run(code: &str) -> Result<()> {
    if source::is_blank(code) {
        return attach::with(|_| Ok(()));
    }
    let script = cache::script(code, Location::caller())?;
    attach::with(|py| run_in_main(py, &script.body, None))
}

/// Runs statements in `__main__`, under a name that stands for their file.
pub(crate) fn run_named(code: &str, name: &str) -> Result<()> {
    let body = Body::new(Source::new(code.to_owned().into(), name.to_owned(), 1, 1));
    attach::with(|py| run_in_main(py, &body, None))
}

/// Runs a file in `__main__`, with `__file__` set and, while it runs, `sys.argv[0]`. An empty file does
/// nothing.
///
/// The file is UTF-8, or in the encoding that a comment like `# -*- coding: latin-1 -*-` declares.
///
/// # Errors
/// The file cannot be read or does not parse, or Python raises.
///
/// ```no_run
/// gopyre::run_file("scripts/setup.py")?;
/// # Ok::<(), gopyre::Error>(())
/// ```
pub fn run_file(path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    let text = file::read(path)?;
    if source::is_blank(&text) {
        return attach::with(|_| Ok(()));
    }
    let script = Script::of_file(path, text)?;
    attach::with(|py| run_in_main(py, &script.body, Some(path)))
}

fn run_in_main(py: Attached<'_>, body: &Body, file: Option<&Path>) -> Result<()> {
    // SAFETY: attached; a new reference to the module, whose dict is borrowed from it.
    let globals = unsafe {
        let main = Ref::owned(py, py.PyImport_AddModuleRef(c"__main__".as_ptr()))?;
        Ref::borrowed(py, py.PyModule_GetDict(main.as_ptr()))?
    };
    let compiled = body.compiled(py)?;
    let Some(file) = file else {
        return compiled.run(&globals).map(drop);
    };
    let file = Ref::path(py, file)?;
    globals.dict_set(&Ref::name(py, "__file__")?, &file)?;
    let _argv = ProgramName::replace(&file)?;
    compiled.run(&globals).map(drop)
}

/// `sys.argv[0]` is the file while that runs.
struct ProgramName<'py> {
    argv: Ref<'py>,
    before: Ref<'py>,
}

impl<'py> ProgramName<'py> {
    /// Replaces it where there is one: a script may have made anything of `sys.argv`.
    fn replace(file: &Ref<'py>) -> Result<Option<Self>> {
        let py = file.py();
        let argv = Ref::of_sys(py, "argv")?;
        let Some(argv) = argv.filter(|argv| argv.has_flag(sys::type_flags::LIST)) else {
            return Ok(None);
        };
        // SAFETY: attached, a list; a new reference or null.
        let Ok(before) = (unsafe { Ref::owned(py, py.PyList_GetItemRef(argv.as_ptr(), 0)) }) else {
            return Ok(None);
        };
        let name = ProgramName { argv, before };
        name.set(file);
        Ok(Some(name))
    }

    fn set(&self, value: &Ref<'py>) {
        let py = value.py();
        // SAFETY: attached, a list, which takes over the reference, also where it fails.
        let set =
            unsafe { py.PyList_SetItem(self.argv.as_ptr(), 0, value.clone().into_ptr().as_ptr()) };
        if set < 0 {
            // The script has emptied the list.
            // SAFETY: attached.
            unsafe { py.PyErr_Clear() };
        }
    }
}

impl Drop for ProgramName<'_> {
    fn drop(&mut self) {
        self.set(&self.before);
    }
}

/// Runs Python code of gopyre's own in a namespace.
pub(crate) fn run_internal<'py>(namespace: &Ref<'py>, text: &'static str) -> Result<()> {
    let py = namespace.py();
    let builtins = Ref::import(py, "builtins")?;
    namespace.dict_set(&Ref::name(py, "__builtins__")?, &builtins)?;
    namespace.dict_set(&Ref::name(py, "__name__")?, &Ref::name(py, "gopyre")?)?;
    let file = Ref::name(py, INTERNAL)?;
    let code = compile::whole(&file, &Ref::text(py, text)?, sys::FILE_INPUT)?;
    // SAFETY: attached; a code object and a dict; a new reference.
    unsafe {
        Ref::owned(
            py,
            py.PyEval_EvalCode(code.as_ptr(), namespace.as_ptr(), namespace.as_ptr()),
        )?
    };
    Ok(())
}

/// Python code, compiled once.
///
/// ```
/// let area = gopyre::Script::new("width * height")?;
/// let areas = [(2, 3), (4, 5)].map(|(width, height)| {
///     area.exec::<i64>(serde_json::json!({ "width": width, "height": height }))
/// });
/// assert_eq!(areas.into_iter().collect::<gopyre::Result<Vec<_>>>()?, [6, 20]);
/// # Ok::<(), gopyre::Error>(())
/// ```
pub struct Script {
    body: Body,
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Script")
            .field(&self.body.source.file())
            .finish()
    }
}

impl Script {
    /// Compiles a script, named `<script src/main.rs:12>` after its caller.
    ///
    /// # Errors
    /// [`Error::Syntax`](crate::Error::Syntax) where the text does not parse or is empty; whatever keeps the runtime from starting.
    ///
    /// ```
    /// let error = gopyre::Script::new("1 +").unwrap_err();
    /// assert!(error.to_string().contains("invalid syntax"));
    /// ```
    #[track_caller]
    pub fn new(code: impl Into<String>) -> Result<Script> {
        Script::named(code.into(), Location::caller())
    }

    /// Reads and compiles a file, which is UTF-8, or in the encoding that a comment like
    /// `# -*- coding: latin-1 -*-` declares.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) where it cannot be read as text, and those of [`new`](Script::new).
    ///
    /// ```no_run
    /// let rule = gopyre::Script::from_file("rules/discount.py")?;
    /// # Ok::<(), gopyre::Error>(())
    /// ```
    pub fn from_file(path: impl AsRef<Path>) -> Result<Script> {
        let path = path.as_ref();
        Script::of_file(path, file::read(path)?)
    }

    fn of_file(path: &Path, text: String) -> Result<Script> {
        Script::compiled(Source::new(text.into(), path.display().to_string(), 1, 1))
    }

    /// Runs the script and reads its last expression.
    ///
    /// # Errors
    /// As for [`exec`](crate::exec()).
    ///
    /// ```
    /// let double = gopyre::Script::new("input * 2")?;
    /// assert_eq!(double.exec::<i64>(21)?, 42);
    /// # Ok::<(), gopyre::Error>(())
    /// ```
    pub fn exec<T: DeserializeOwned>(&self, input: impl Serialize) -> Result<T> {
        attach::with(|py| self.body.exec(py, &input))
    }

    /// Begins an execution with this input, to be configured before it runs.
    ///
    /// ```
    /// let script = gopyre::Script::new("print('hello', name)")?;
    /// let run = script.input(serde_json::json!({ "name": "Ada" })).capture::<()>();
    /// assert_eq!(run.stdout, "hello Ada\n");
    /// # Ok::<(), gopyre::Error>(())
    /// ```
    pub fn input<I: Serialize>(&self, input: I) -> Execution<'_, I> {
        Execution {
            script: self,
            input,
            redirect: Redirect::default(),
            limits: Limits::default(),
        }
    }

    fn named(code: String, caller: &'static Location<'static>) -> Result<Script> {
        Script::compiled(Source::new(code.into(), name(caller), 1, 1))
    }

    fn compiled(source: Source) -> Result<Script> {
        let body = Body::new(source);
        attach::with(|py| body.compiled(py).map(drop))?;
        Ok(Script { body })
    }

    /// The text and where it stands.
    pub(crate) fn source(&self) -> &Source {
        &self.body.source
    }

    fn is_of(&self, code: &str) -> bool {
        self.body.source.is(code)
    }
}

/// What a script of run-time text is called.
fn name(caller: &Location<'_>) -> String {
    format!("<script {}:{}>", caller.file(), caller.line())
}

/// A run of a script, being configured; like a `std::process::Command`.
///
/// ```
/// let script = gopyre::Script::new("import sys; print('careful', file=sys.stderr); 42")?;
/// let answer: i64 = script.input(()).stderr(gopyre::Output::Null).exec()?;
/// assert_eq!(answer, 42);
/// # Ok::<(), gopyre::Error>(())
/// ```
#[must_use = "an execution runs with `exec` or `capture`"]
pub struct Execution<'s, I> {
    script: &'s Script,
    input: I,
    redirect: Redirect,
    limits: Limits,
}

impl<I> fmt::Debug for Execution<'_, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Execution")
            .field("script", self.script)
            .finish_non_exhaustive()
    }
}

impl<I: Serialize> Execution<'_, I> {
    /// Stops the run with [`Error::Timeout`](crate::Error::Timeout) when it has taken this long, its conversions included.
    ///
    /// The stop lands between two bytecodes and gets past every handler; `finally` blocks have half a
    /// second. A C function that holds on is not stopped: the call returns when Python does, never
    /// before. A script that ends well first keeps its value.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let endless = gopyre::Script::new("while True: pass")?;
    /// let result = endless.input(()).timeout(Duration::from_millis(50)).exec::<()>();
    /// assert!(matches!(result, Err(gopyre::Error::Timeout(_))));
    /// # Ok::<(), gopyre::Error>(())
    /// ```
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.limits.timeout = Some(limit);
        self
    }

    /// Lets a handle stop the run; several may.
    pub fn interrupt(mut self, handle: &Interrupt) -> Self {
        self.limits.interrupts.push(handle.clone());
        self
    }

    /// Sends standard output somewhere else; that of threads which the script starts, too.
    pub fn stdout(mut self, output: Output) -> Self {
        self.redirect.stdout(output);
        self
    }

    /// Sends standard error somewhere else; that of threads which the script starts, too.
    pub fn stderr(mut self, output: Output) -> Self {
        self.redirect.stderr(output);
        self
    }

    /// Runs the script and reads its last expression.
    ///
    /// # Errors
    /// As for [`exec`](crate::exec()); and [`Error::Io`](crate::Error::Io) with the error of a writer that this
    /// execution has, where that ended the script or came after its end.
    pub fn exec<T: DeserializeOwned>(self) -> Result<T> {
        let Execution {
            script,
            input,
            redirect,
            limits,
        } = self;
        attach::with(|py| {
            redirect.during(py, || limits.during(py, || script.body.exec(py, &input)))
        })
    }

    /// Runs the script and keeps what it prints, whatever comes of it.
    ///
    /// A stream that was sent elsewhere is empty here. What is no UTF-8 is replaced.
    ///
    /// ```
    /// let script = gopyre::Script::new("print('so far'); 1 / 0")?;
    /// let run = script.input(()).capture::<i64>();
    /// assert_eq!(run.stdout, "so far\n");
    /// assert!(run.value.unwrap_err().exception().unwrap().is("ZeroDivisionError"));
    /// # Ok::<(), gopyre::Error>(())
    /// ```
    pub fn capture<T: DeserializeOwned>(mut self) -> Captured<T> {
        let memory = self.redirect.capture();
        let value = self.exec();
        memory.with(value)
    }
}

/// A script's text, and its code in each interpreter.
#[derive(Debug)]
struct Body {
    source: Arc<Source>,
    compiled: Each<Compiled>,
}

impl Body {
    fn new(source: Source) -> Body {
        Body {
            source: Arc::new(source),
            compiled: Each::new(),
        }
    }

    /// The code, compiled at the first call.
    #[inline]
    fn compiled<'a>(&'a self, py: Attached<'a>) -> Result<&'a Compiled> {
        match self.compiled.get(py) {
            Some(compiled) => Ok(compiled),
            None => self.compile(py),
        }
    }

    #[cold]
    fn compile<'a>(&'a self, py: Attached<'a>) -> Result<&'a Compiled> {
        // Not under a lock: another thread may want it while this one compiles (rule 7).
        let compiled = Compiled::new(py, &self.source)?;
        Ok(self.compiled.set(py, compiled))
    }

    fn exec<T: DeserializeOwned, I: Serialize + ?Sized>(
        &self,
        py: Attached<'_>,
        input: &I,
    ) -> Result<T> {
        let compiled = self.compiled(py)?;
        let input = convert::to_python(py, input)?;
        let namespace = Namespace::new(compiled, &input)?;
        convert::from_python(&namespace.run(compiled)?)
    }
}
