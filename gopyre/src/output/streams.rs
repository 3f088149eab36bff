//! Python's side of the streams: `sys.stdout`, `sys.stderr` and `sys.stdin`.
//!
//! They are objects of the classes in `io`, with functions of ours for some of their attributes: compiling
//! classes of our own, in Python, would take a tenth of the start.

use super::functions::{
    FOLLOW, Function, INPUT, INPUT_TEXT, OUTPUT, REDIRECTED, STDERR_TEXT, STDOUT_TEXT,
};
use super::runtime_has_writer;
use crate::attach::Attached;
use crate::error::{Error, Result};
use crate::imported::Kept;
use crate::interpreter::Each;
use crate::reference::Ref;
use crate::script;

/// Whether the streams of the interpreter are ours, from its start to its end.
static INSTALLED: Each<()> = Each::new();
/// What redirects the streams of an interpreter that somebody else has started.
static REDIRECT: Kept = Kept::new();
/// Whether new threads follow the route of the thread that starts them.
static FOLLOWED: Each<()> = Each::new();

/// Puts our streams in the place of Python's own.
pub(crate) fn install(py: Attached<'_>) -> Result<()> {
    let sys = Ref::import(py, "sys")?;
    let place = |name, original, text: &Ref<'_>| {
        sys.set_attr(name, text)?;
        sys.set_attr(original, text)
    };
    let [stdout, stderr] = outputs(py)?;
    place("stdout", "__stdout__", &stdout)?;
    place("stderr", "__stderr__", &stderr)?;
    // At its end from the beginning, so that `input()` raises `EOFError` instead of waiting for ever.
    let io = Ref::import(py, "io")?;
    let binary = io.call_method("BytesIO", [])?;
    add(&binary, &INPUT, &Ref::none(py))?;
    let text = io.call_method("TextIOWrapper", [&binary, &Ref::name(py, "utf-8")?])?;
    add(&text, &INPUT_TEXT, &Ref::none(py))?;
    name("<stdin>", &binary, &text, ["rb", "r"])?;
    place("stdin", "__stdin__", &text)?;
    INSTALLED.set(py, ());
    // A thread that a writer of the runtime's starts must not print to that very writer, which may wait for it.
    match runtime_has_writer() {
        true => follow_threads(py),
        false => Ok(()),
    }
}

/// Our `sys.stdout` and `sys.stderr`.
fn outputs(py: Attached<'_>) -> Result<[Ref<'_>; 2]> {
    let io = Ref::import(py, "io")?;
    let (encoding, newline) = (Ref::name(py, "utf-8")?, Ref::name(py, "\n")?);
    let make = |is_stderr, shown, errors, functions| {
        let binary = io.call_method("BufferedIOBase", [])?;
        add(&binary, &OUTPUT, &Ref::boolean(py, is_stderr)?)?;
        let arguments = [&binary, &encoding, &Ref::name(py, errors)?, &newline];
        let text = io.call_method("TextIOWrapper", arguments)?;
        add(&text, functions, &text)?;
        name(shown, &binary, &text, ["wb", "w"])?;
        Ok::<_, Error>(text)
    };
    Ok([
        make(false, "<stdout>", "surrogateescape", &STDOUT_TEXT)?,
        make(true, "<stderr>", "backslashreplace", &STDERR_TEXT)?,
    ])
}

/// Names a stream.
fn name(
    shown: &'static str,
    binary: &Ref<'_>,
    text: &Ref<'_>,
    modes: [&'static str; 2],
) -> Result<()> {
    let py = text.py();
    binary.set_attr("name", &Ref::name(py, shown)?)?;
    binary.set_attr("mode", &Ref::name(py, modes[0])?)?;
    text.set_attr("mode", &Ref::name(py, modes[1])?)
}

/// Flushes Python's side, before it is finalized.
pub(crate) fn finish(py: Attached<'_>) -> Result<()> {
    let sys = Ref::import(py, "sys")?;
    for name in ["stdout", "stderr"] {
        // What a script has put there may be anything.
        let _ = sys
            .attr(name)
            .and_then(|stream| stream.call_method("flush", []));
    }
    Ok(())
}

/// A stretch in which the streams of an interpreter can be redirected. In ours they always can; in one that somebody
/// else has started they are put back at the end.
pub(super) struct Redirected<'py>(Option<[Ref<'py>; 2]>);

impl<'py> Redirected<'py> {
    pub(super) fn begin(py: Attached<'py>) -> Result<Redirected<'py>> {
        follow_threads(py)?;
        if INSTALLED.get(py).is_some() {
            return Ok(Redirected(None));
        }
        let functions = REDIRECT.get(py, || {
            let namespace = Ref::dict(py)?;
            let [stdout, stderr] = outputs(py)?;
            let redirected = REDIRECTED.of(&Ref::none(py))?;
            for (name, object) in [
                ("stdout", stdout),
                ("stderr", stderr),
                (REDIRECTED.name, redirected),
            ] {
                namespace.dict_set(&Ref::name(py, name)?, &object)?;
            }
            script::run_internal(&namespace, include_str!("redirect.py"))?;
            Ok(namespace)
        })?;
        // SAFETY: kept for as long as the interpreter.
        let functions = unsafe { Ref::borrowed(py, functions)? };
        let function = |name| functions.dict_get(&Ref::name(py, name)?);
        let (Some(begin), Some(end)) = (function("begin")?, function("end")?) else {
            return Ok(Redirected(None));
        };
        Ok(Redirected(Some([begin.call([])?, end])))
    }
}

impl Drop for Redirected<'_> {
    fn drop(&mut self) {
        if let Some([streams, end]) = &self.0 {
            // What fails here has nobody to be told: at worst the streams stay, and go where those before go.
            let _ = end.call([streams]);
        }
    }
}

/// Makes threads that Python starts print where the thread that started them does.
fn follow_threads(py: Attached<'_>) -> Result<()> {
    if FOLLOWED.get(py).is_none() {
        let namespace = Ref::dict(py)?;
        for function in &FOLLOW {
            let name = Ref::name(py, function.name)?;
            namespace.dict_set(&name, &function.of(&Ref::none(py))?)?;
        }
        // Most programs redirect nothing, and need not compile this.
        script::run_internal(&namespace, include_str!("follow.py"))?;
        FOLLOWED.set(py, ());
    }
    Ok(())
}

/// Gives an object functions as attributes.
fn add(object: &Ref<'_>, functions: &'static [Function], receiver: &Ref<'_>) -> Result<()> {
    functions
        .iter()
        .try_for_each(|function| object.set_attr(function.name, &function.of(receiver)?))
}
