//! The Python module `gopyre`: the classes of Rust's errors, and what Python marks for Rust.

use crate::attach::{self, Attached};
use crate::error::{Error, Result};
use crate::interpreter::Each;
use crate::interrupt;
use crate::module;
use crate::object::Object;
use crate::reference::Ref;
use crate::script;
use gopyre_sys as sys;

/// The module's name.
pub(crate) const NAME: &str = "gopyre";

/// What tells an object of ours, which another copy of this crate may have made, from any other: the version of
/// what the copies share.
const MARK: &str = "__rust__";
const SHARED: &str = "2";

/// What is taken from the module once, whatever Python code makes of that later.
struct Parts {
    module: Object,
    rust_error: Object,
    rust_panic: Object,
    kept: Object,
    find: Object,
}

static PARTS: Each<Parts> = Each::new();

fn parts<'py>(py: Attached<'py>) -> Result<&'py Parts> {
    if let Some(parts) = PARTS.get(py) {
        return Ok(parts);
    }
    let module = shared(py)?;
    let class = |name, base, what| {
        let class = module.attr(name)?;
        // SAFETY: attached; live objects, of which the first is looked at before it is taken for a class.
        let is_derived = class.has_flag(sys::type_flags::TYPE)
            && unsafe { py.PyType_IsSubtype(class.as_ptr(), base) } != 0;
        match is_derived {
            true => Ok(Object::from_ref(class)),
            false => Err(Error::Argument(format!("`{NAME}.{name}` is no {what}"))),
        }
    };
    let exception = |name| class(name, py.PyExc_RuntimeError(), "exception");
    let parts = Parts {
        rust_error: exception("RustError")?,
        rust_panic: exception("RustPanic")?,
        kept: class("_Kept", py.PyTuple_Type(), "tuple")?,
        find: Object::from_ref(module.attr("_find")?),
        module: Object::from_ref(module),
    };
    Ok(PARTS.set(py, parts))
}

/// The module that is imported already, which another copy of this crate may have made; else a new one, which
/// becomes that.
fn shared(py: Attached<'_>) -> Result<Ref<'_>> {
    let modules = Ref::import(py, "sys")?.attr("modules")?;
    let name = Ref::name(py, NAME)?;
    let found = modules.call_method("get", [&name])?;
    if !found.is_none() {
        // Anything else of that name is somebody's own, and stays what it is.
        return match is_marked(&found)? {
            true => Ok(found),
            false => new(py),
        };
    }
    let module = new(py)?;
    modules.call_method("setdefault", [&name, &module])
}

/// A module that is not in `sys.modules`.
fn new(py: Attached<'_>) -> Result<Ref<'_>> {
    let name = Ref::name(py, NAME)?;
    // SAFETY: a static class.
    let module = unsafe { Ref::borrowed(py, py.PyModule_Type())? }.call([&name])?;
    script::run_internal(&module.attr("__dict__")?, include_str!("gopyre.py"))?;
    module.set_attr("Interrupted", &interrupt::class_object(py)?)?;
    mark(&module)?;
    Ok(module)
}

/// The module for Python's import system. It is whole before anybody can find it, and always the same: what one thread
/// catches must be what another raises.
pub(crate) fn module(py: Attached<'_>) -> Result<Object> {
    Ok(parts(py)?.module.clone())
}

/// Marks an object for other copies of this crate.
pub(crate) fn mark(object: &Ref<'_>) -> Result<()> {
    object.set_attr(MARK, &Ref::name(object.py(), SHARED)?)
}

/// Whether an object is marked, by whichever copy.
pub(crate) fn is_marked(object: &Ref<'_>) -> Result<bool> {
    let mark = object.attr_or_none(MARK)?;
    Ok(mark.is_some_and(|mark| mark.as_str().is_ok_and(|mark| mark == SHARED)))
}

/// `gopyre.RustError`.
pub(crate) fn rust_error(py: Attached<'_>) -> Result<Ref<'_>> {
    parts(py)?.rust_error.bind(py)
}

/// `gopyre.RustPanic`.
pub(crate) fn rust_panic(py: Attached<'_>) -> Result<Ref<'_>> {
    parts(py)?.rust_panic.bind(py)
}

/// Wraps what an exception keeps, so that it is no hindrance to pickling the exception.
pub(crate) fn wrap_kept<'py>(kept: &Ref<'py>) -> Result<Ref<'py>> {
    let py = kept.py();
    let class = parts(py)?.kept.bind(py)?;
    // SAFETY: attached; a new tuple takes over a reference of its own.
    let tuple = unsafe {
        let tuple = Ref::owned(py, py.PyTuple_New(1))?;
        let kept = kept.clone().into_ptr();
        py.check(py.PyTuple_SetItem(tuple.as_ptr(), 0, kept.as_ptr()))?;
        tuple
    };
    class.call([&tuple])
}

/// What was wrapped; anything else as it is.
pub(crate) fn unwrap_kept(kept: Ref<'_>) -> Result<Ref<'_>> {
    let py = kept.py();
    let parts = PARTS.get(py);
    let class = parts.and_then(|parts| parts.kept.pointer(py).ok());
    match class == Some(kept.type_ptr()) {
        // SAFETY: attached; a tuple; borrowed from it, or null with an exception.
        true => unsafe { Ref::borrowed(py, py.PyTuple_GetItem(kept.as_ptr(), 0)) },
        false => Ok(kept),
    }
}

/// Whether an exception is a `gopyre.RustError` and nothing derived from it.
pub(crate) fn is_rust_error(exception: &Ref<'_>) -> bool {
    let py = exception.py();
    let class = PARTS
        .get(py)
        .and_then(|parts| parts.rust_error.pointer(py).ok());
    class == Some(exception.type_ptr())
}

/// Finds what Python has marked with `@gopyre.export`.
///
/// In Python, `import gopyre` works wherever Rust code of this crate is loaded. What is marked is a function or
/// a class; its name is its own, or the one that is given, and can be marked once. What is marked
/// with `to=` is found by the code that has a module of that name: where several extension modules are
/// in a process, it keeps apart what is meant for each.
///
/// ```
/// gopyre::run(r#"
/// import gopyre
///
/// @gopyre.export
/// def greet(name):
///     return f"hello {name}"
///
/// @gopyre.export(name="Tally")
/// class Counter:
///     def __init__(self, value):
///         self.value = value
/// "#)?;
/// let greet = gopyre::exported("greet")?;
/// assert_eq!(greet.call(("Ada",))?.extract::<String>()?, "hello Ada");
/// let tally = gopyre::exported("Tally")?.call((20,))?;
/// assert_eq!(tally.attr("value")?.extract::<i64>()?, 20);
/// # Ok::<(), gopyre::Error>(())
/// ```
///
/// # Errors
/// [`Error::Argument`], with what is exported, where nothing of that name is.
pub fn exported(name: &str) -> Result<Object> {
    attach::with(|py| {
        let find = parts(py)?.find.bind(py)?;
        // SAFETY: attached; a new reference, and a list of ours.
        let modules = unsafe {
            let list = Ref::owned(py, py.PyList_New(0))?;
            for module in module::names() {
                let module = Ref::text(py, &module)?;
                py.check(py.PyList_Append(list.as_ptr(), module.as_ptr()))?;
            }
            list
        };
        let found = find.call([&Ref::text(py, name)?, &modules])?;
        if found.has_flag(sys::type_flags::LIST) {
            // SAFETY: attached; a list; a new reference, or null with an exception.
            let item = unsafe { Ref::owned(py, py.PyList_GetItemRef(found.as_ptr(), 0))? };
            return Ok(Object::from_ref(item));
        }
        let known: Vec<String> = crate::convert::from_python(&found)?;
        let only = match known.as_slice() {
            [] => String::new(),
            names => format!(", only `{}`", names.join("`, `")),
        };
        Err(Error::Argument(format!(
            "nothing is exported as `{name}`{only}; help: mark it with `@gopyre.export`"
        )))
    })
}
