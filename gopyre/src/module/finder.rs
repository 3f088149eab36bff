//! What Python's import system asks for our modules: an object in `sys.meta_path` of each interpreter.

use super::fill;
use super::registry::{self, Source};
use crate::attach::{self, Attached};
use crate::error::{Error, Result};
use crate::export::{Closure, closure_object, python};
use crate::interpreter::Each;
use crate::object::Object;
use crate::reference::Ref;
use std::cell::RefCell;
use std::sync::Arc;

static FINDER: Each<Object> = Each::new();

thread_local! {
    /// The names that this thread is asking other finders for.
    static ASKING: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Lets the attached interpreter find the modules of this program.
pub(crate) fn install(py: Attached<'_>) -> Result<()> {
    if FINDER.get(py).is_some() {
        return Ok(());
    }
    // It is a module, because that is an object to which attributes can be given.
    // SAFETY: a static class.
    let class = unsafe { Ref::borrowed(py, py.PyModule_Type())? };
    let finder = class.call([&Ref::name(py, "gopyre.finder")?])?;
    for closure in [
        Closure::new("find_spec", find_spec),
        Closure::new("create_module", create_module),
        Closure::new("exec_module", exec_module),
    ] {
        let closure = Arc::new(closure);
        let function = closure_object(py, &closure, None)?;
        super::set(&finder, closure.name(), &function)?;
    }
    python::mark(&finder)?;
    let finder = Object::from_ref(finder);
    let kept = FINDER.set(py, finder.clone());
    if kept.is(&finder) {
        let path = Ref::import(py, "sys")?.attr("meta_path")?;
        // SAFETY: attached; a new reference.
        let first = unsafe { Ref::owned(py, py.PyLong_FromLongLong(0))? };
        path.call_method("insert", [&first, &finder.bind(py)?])?;
    }
    Ok(())
}

/// `find_spec` of a finder.
fn find_spec(name: Object, path: Option<Object>, target: Option<Object>) -> Result<Option<Object>> {
    attach::with(|py| {
        let name_object = name.bind(py)?;
        let Ok(name) = name_object.as_str() else {
            return Ok(None);
        };
        // One of the others asks in turn all finders but itself.
        if Asking::is(name) {
            return Ok(None);
        }
        let source = match name {
            python::NAME => None,
            name => match registry::find(name) {
                Some(source) => Some(source),
                None => return Ok(None),
            },
        };
        let other = match &source {
            None => None,
            Some(_) => elsewhere(py, &name_object, path, target)?,
        };
        match (source, other) {
            (Some(Source::Parent), Some(_)) => return Ok(None),
            // Plain Python may have any module of its own; that may also be this one, by its own file.
            (Some(Source::Item(_) | Source::Twice), Some(_))
                if registry::is_library() && !name.contains('.') =>
            {
                return Ok(None);
            }
            (_, Some(place)) => return Err(taken(py, name, &place)),
            (Some(Source::Twice), None) => {
                let message = format!("two Rust modules of this program are named `{name}`");
                return Err(import_error(py, message));
            }
            _ => {}
        }
        let finder = FINDER.get(py).ok_or(Error::WrongInterpreter)?.bind(py)?;
        let spec = Ref::import(py, "_frozen_importlib")?.attr("ModuleSpec")?;
        let spec = spec.call([&name_object, &finder])?;
        spec.set_attr("origin", &Ref::name(py, "Rust")?)?;
        if name != python::NAME {
            // SAFETY: attached; a new reference.
            let places = unsafe { Ref::owned(py, py.PyList_New(0))? };
            spec.set_attr("submodule_search_locations", &places)?;
        }
        Ok(Some(Object::from_ref(spec)))
    })
}

/// `create_module` of a loader; none for one that Python is to make.
fn create_module(spec: Object) -> Result<Option<Object>> {
    spec.with(|spec| match spec.attr("name")?.as_str()? {
        python::NAME => python::module(spec.py()).map(Some),
        _ => Ok(None),
    })
}

/// `exec_module` of a loader.
fn exec_module(module: Object) -> Result<()> {
    module.with(|module| {
        let name = module.attr("__spec__")?.attr("name")?;
        match name.as_str()? {
            python::NAME => Ok(()),
            name => match registry::find(name) {
                Some(source) => fill(module, &source),
                None => Err(Error::Argument(format!("there is no Rust module `{name}`"))),
            },
        }
    })
}

/// Where other finders find a module of that name: in words. The finders of other copies of this crate, in
/// extension modules, are not asked: what two of them have is the same to Python, and either will do.
fn elsewhere(
    py: Attached<'_>,
    name: &Ref<'_>,
    path: Option<Object>,
    target: Option<Object>,
) -> Result<Option<String>> {
    let _asking = Asking::new(name.as_str()?);
    let argument = |value: &Option<Object>| match value {
        Some(value) => value.bind(py),
        None => Ok(Ref::none(py)),
    };
    let (path, target) = (argument(&path)?, argument(&target)?);
    let finders = Ref::import(py, "sys")?.attr("meta_path")?;
    // The list may change meanwhile.
    let finders = Ref::import(py, "builtins")?.call_method("list", [&finders])?;
    let finders = finders.iter()?;
    while let Some(finder) = finders.next()? {
        if python::is_marked(&finder)? {
            continue;
        }
        let Some(find_spec) = finder.attr_or_none("find_spec")? else {
            continue;
        };
        let spec = find_spec.call([name, &path, &target])?;
        if spec.is_none() {
            continue;
        }
        // A mere folder of that name is no module that anybody would miss.
        let loader = spec.attr_or_none("loader")?;
        let is_module = loader.is_some_and(|loader| !loader.is_none() && !is_namespace(&loader));
        if is_module {
            let origin = spec.attr_or_none("origin")?;
            return match origin {
                Some(origin) => origin.to_str()?.to_text_lossy().map(Some),
                None => Ok(Some("elsewhere".to_owned())),
            };
        }
    }
    Ok(None)
}

/// That this thread asks other finders for a name.
struct Asking;

impl Asking {
    fn new(name: &str) -> Asking {
        // A thread that is ending has no place for it.
        let _ = ASKING.try_with(|names| names.borrow_mut().push(name.to_owned()));
        Asking
    }

    fn is(name: &str) -> bool {
        let asks = |names: &RefCell<Vec<String>>| names.borrow().iter().any(|asked| asked == name);
        ASKING.try_with(asks).unwrap_or(false)
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        let _ = ASKING.try_with(|names| names.borrow_mut().pop());
    }
}

/// Whether a loader is that of a folder without `__init__.py`.
fn is_namespace(loader: &Ref<'_>) -> bool {
    // SAFETY: the type of a live object.
    let class = unsafe { Ref::borrowed(loader.py(), loader.type_ptr()) };
    let name = class.and_then(|class| class.attr("__name__")?.to_text_lossy());
    name.is_ok_and(|name| name == "NamespaceLoader" || name == "_NamespaceLoader")
}

fn taken(py: Attached<'_>, name: &str, place: &str) -> Error {
    let message = format!(
        "`{name}` is a Rust module of this program, and one that is installed ({place}); \
         help: rename the Rust module"
    );
    import_error(py, message)
}

/// An `ImportError` that is an [`Error::Argument`] for Rust.
fn import_error(py: Attached<'_>, message: String) -> Error {
    // SAFETY: a class that lives as long as CPython.
    let class = unsafe { Ref::borrowed(py, py.PyExc_ImportError()) };
    crate::error::argument_as(class, message)
}

/// Refuses the name of a module that is imported already. One that is there only because modules inside it are is
/// no other module: it is the one to fill.
pub(super) fn check_unused<'py>(py: Attached<'py>, name: &str) -> Result<Option<Ref<'py>>> {
    let registered = registry::find(name);
    if matches!(&registered, Some(source) if !matches!(source, Source::Parent)) {
        // The registry says so.
        return Ok(None);
    }
    let modules = Ref::import(py, "sys")?.attr("modules")?;
    let found = modules.call_method("get", [&Ref::text(py, name)?])?;
    if found.is_none() {
        return Ok(None);
    }
    if let (Some(_), Some(finder)) = (registered, FINDER.get(py))
        && let Some(loader) = found.attr_or_none("__loader__")?
        && loader.as_ptr() == finder.pointer(py)?
    {
        return Ok(Some(found));
    }
    let message = format!("a module `{name}` is imported already");
    Err(Error::Argument(message))
}
