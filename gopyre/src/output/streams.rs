//! Python's side of the streams: `sys.stdout`, `sys.stderr` and `sys.stdin`.
//!
//! They are objects of the classes in `io`, with functions of ours for some of their attributes: compiling
//! classes of our own, in Python, would take a tenth of the start.

use super::functions::{FOLLOW, Function, INPUT, INPUT_TEXT, OUTPUT, STDERR_TEXT, STDOUT_TEXT};
use crate::attach::Attached;
use crate::error::Result;
use crate::interpreter::Each;
use crate::object::Object;
use crate::reference::Ref;
use crate::script;

/// The binary end of `sys.stdout`; made at start or at the first redirection.
static STDOUT: Each<Object> = Each::new();
/// Whether new threads follow the route of the thread that starts them.
static FOLLOWED: Each<()> = Each::new();

/// Puts our streams in the place of Python's own.
pub(crate) fn install(py: Attached<'_>) -> Result<()> {
    let io = Ref::import(py, "io")?;
    let wrapper = io.attr("TextIOWrapper")?;
    let (encoding, newline) = (Ref::name(py, "utf-8")?, Ref::name(py, "\n")?);
    let stdout = ["stdout", "__stdout__", "<stdout>"];
    let stderr = ["stderr", "__stderr__", "<stderr>"];
    for (is_stderr, names, errors, functions) in [
        (false, stdout, "surrogateescape", &STDOUT_TEXT),
        (true, stderr, "backslashreplace", &STDERR_TEXT),
    ] {
        let is_stderr = Ref::boolean(py, is_stderr)?;
        let binary = io.call_method("BufferedIOBase", [])?;
        add(&binary, &OUTPUT, &is_stderr)?;
        let text = wrapper.call([&binary, &encoding, &Ref::name(py, errors)?, &newline])?;
        add(&text, functions, &text)?;
        place(names, &binary, &text, ["wb", "w"])?;
    }
    // At its end from the beginning, so that `input()` raises `EOFError` instead of waiting for ever.
    let binary = io.call_method("BytesIO", [])?;
    add(&binary, &INPUT, &Ref::none(py))?;
    let text = wrapper.call([&binary, &encoding])?;
    add(&text, &INPUT_TEXT, &Ref::none(py))?;
    place(
        ["stdin", "__stdin__", "<stdin>"],
        &binary,
        &text,
        ["rb", "r"],
    )?;
    let stdout = Ref::import(py, "sys")?.attr("stdout")?.attr("buffer")?;
    STDOUT.set(py, Object::from_ref(stdout));
    Ok(())
}

/// Names a stream, and makes it `sys`'s.
fn place(
    [name, original, shown]: [&'static str; 3],
    binary: &Ref<'_>,
    text: &Ref<'_>,
    modes: [&'static str; 2],
) -> Result<()> {
    let py = text.py();
    binary.set_attr("name", &Ref::name(py, shown)?)?;
    binary.set_attr("mode", &Ref::name(py, modes[0])?)?;
    text.set_attr("mode", &Ref::name(py, modes[1])?)?;
    let sys = Ref::import(py, "sys")?;
    sys.set_attr(name, text)?;
    sys.set_attr(original, text)
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

/// Makes threads that Python starts print where the thread that started them does.
pub(super) fn follow_threads(py: Attached<'_>) -> Result<()> {
    if FOLLOWED.get(py).is_none() {
        if !is_installed(py)? {
            install(py)?;
        }
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

/// Whether `sys.stdout` is ours.
fn is_installed(py: Attached<'_>) -> Result<bool> {
    let (Some(ours), Some(stdout)) = (STDOUT.get(py), Ref::of_sys(py, "stdout")?) else {
        return Ok(false);
    };
    let ours = ours.pointer(py)?;
    let binary = stdout.attr_or_none("buffer")?;
    Ok(binary.is_some_and(|binary| binary.as_ptr() == ours))
}

/// Gives an object functions as attributes.
fn add(object: &Ref<'_>, functions: &'static [Function], receiver: &Ref<'_>) -> Result<()> {
    functions
        .iter()
        .try_for_each(|function| object.set_attr(function.name, &function.of(receiver)?))
}
