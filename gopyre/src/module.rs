//! Rust functions and values as an importable Python module.

mod finder;
mod registry;

pub(crate) use finder::install;
pub(crate) use registry::{extend, names};

use crate::attach::{self, Attached};
use crate::class::{Class, ClassItem, class_of_item};
use crate::convert::{self, Recorded};
use crate::error::{Error, Result};
use crate::export::{
    Callback, Closure, FunctionItem, FunctionKind, ValueItem, closure_object, definition,
};
use crate::object::Object;
use crate::reference::Ref;
use registry::Source;
use serde::Serialize;
use std::fmt;
use std::sync::Arc;

/// A module as the macro describes it.
#[derive(Debug)]
pub struct ModuleItem {
    /// Its dotted name.
    pub name: &'static str,
    /// Its documentation.
    pub doc: &'static str,
    /// Its functions.
    pub functions: &'static [FunctionItem],
    /// Its classes.
    pub classes: &'static [fn() -> &'static ClassItem],
    /// Its constants.
    pub values: &'static [ValueItem],
    /// The modules in it.
    pub modules: &'static [&'static ModuleItem],
}

/// What a module registers at link time.
#[derive(Debug)]
pub struct RegisteredExport(pub &'static ModuleItem);

inventory::collect!(RegisteredExport);

/// A Python module whose functions and values are Rust's.
///
/// Once it is [registered](Module::register), `import name` works in every script and in every
/// interpreter: each gets a module of its own, with the same functions and the same values.
///
/// ```
/// gopyre::Module::new("geometry")
///     .doc("Areas and lengths.")
///     .value("PI", std::f64::consts::PI)
///     .function("area", |width: f64, height: f64| width * height)
///     .register()?;
/// gopyre::Module::new("geometry.solid")
///     .function("volume", |a: f64, b: f64, c: f64| a * b * c)
///     .register()?;
///
/// let volume: f64 = gopyre::exec(r#"
///     import geometry.solid
///     assert round(geometry.PI) == 3
///     geometry.area(2, 3) * geometry.solid.volume(1, 2, 3)
/// "#, ())?;
/// assert_eq!(volume, 36.0);
/// # Ok::<(), gopyre::Error>(())
/// ```
#[must_use = "a module is there once it is registered"]
pub struct Module {
    parts: Parts,
    /// The first mistake, told by `register`.
    mistake: Option<Error>,
}

/// What a module has.
struct Parts {
    name: String,
    doc: String,
    members: Vec<(String, Member)>,
}

enum Member {
    Function(Arc<Closure>),
    Value(Recorded),
    Class(&'static ClassItem),
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module")
            .field("name", &self.parts.name)
            .finish_non_exhaustive()
    }
}

impl Module {
    /// A module of that name, without anything in it. A dotted name is a module inside another, which need
    /// not be there, and may be registered later. (An interpreter other than the current one that has imported
    /// the inner one by then keeps the outer one that it has.)
    pub fn new(name: &str) -> Module {
        Module {
            parts: Parts {
                name: name.to_owned(),
                doc: String::new(),
                members: Vec::new(),
            },
            mistake: None,
        }
    }

    /// Sets the module's documentation.
    pub fn doc(mut self, text: &str) -> Self {
        text.clone_into(&mut self.parts.doc);
        self
    }

    /// Adds a function; see [`function`](crate::function()).
    pub fn function<F, Args>(self, name: &str, f: F) -> Self
    where
        F: Callback<Args>,
    {
        self.member(name, Member::Function(Arc::new(Closure::new(name, f))))
    }

    /// Adds a value. It is converted here, once, and made anew in each interpreter; an
    /// [`Object`] stays in its own, and the module cannot be imported elsewhere.
    pub fn value(mut self, name: &str, value: impl Serialize) -> Self {
        match Recorded::new(&value) {
            Ok(value) => self.member(name, Member::Value(value)),
            Err(error) => {
                self.mistake.get_or_insert(error);
                self
            }
        }
    }

    /// Adds an exported Rust type.
    pub fn class<T: Class>(self) -> Self {
        let item = T::item();
        self.member(item.name, Member::Class(item))
    }

    fn member(mut self, name: &str, member: Member) -> Self {
        let Parts {
            name: module,
            members,
            ..
        } = &mut self.parts;
        if members.iter().any(|(other, _)| other == name) {
            let message = format!("`{name}` is in the module `{module}` already");
            self.mistake.get_or_insert(Error::Argument(message));
        } else {
            members.push((name.to_owned(), member));
        }
        self
    }

    /// Registers the module and imports it: from here on `import name` works, in every interpreter.
    ///
    /// A module stays registered for as long as the process. It never hides another one: where a module of
    /// that name is installed, it cannot be registered, and where one is installed for another interpreter
    /// alone, importing it there is an `ImportError`.
    ///
    /// # Errors
    /// [`Error::Argument`] where the name is no dotted name of Python's or is taken, by a registered module,
    /// one that is imported or one that is installed, and where something is in it twice;
    /// [`Error::Convert`] where a value cannot be converted.
    pub fn register(self) -> Result<Object> {
        if let Some(mistake) = self.mistake {
            return Err(mistake);
        }
        let name = self.parts.name.clone();
        attach::with(|py| {
            finder::install(py)?;
            let parent = finder::check_unused(py, &name)?;
            let parts = Arc::new(self.parts);
            registry::register(&name, Source::Built(parts.clone()))?;
            let module = match parent {
                Some(parent) => fill_built(&parent, &parts).map(|()| parent),
                None => Ref::import(py, &name),
            };
            if module.is_err() {
                registry::withdraw(&name);
            }
            module.map(Object::from_ref)
        })
    }
}

/// Fills a module that has been made for a source.
fn fill(module: &Ref<'_>, source: &Source) -> Result<()> {
    match source {
        Source::Item(item) => fill_item(module, item),
        Source::Built(parts) => fill_built(module, parts),
        Source::Parent | Source::Twice => Ok(()),
    }
}

/// Fills a module as the macro describes it.
pub(crate) fn fill_item(module: &Ref<'_>, item: &'static ModuleItem) -> Result<()> {
    let py = module.py();
    set_doc(module, item.doc)?;
    let name = Ref::text(py, item.name)?;
    for function in item.functions {
        if function.kind() != FunctionKind::Function {
            let name = function.name();
            let message = format!("`{name}` is a method and cannot be in a module");
            return Err(Error::Argument(message));
        }
        let def = definition(function);
        // SAFETY: attached; the definition is static; live objects; a new reference.
        let object = unsafe {
            let object = py.PyCFunction_NewEx(def, module.as_ptr(), name.as_ptr());
            Ref::owned(py, object)?
        };
        set(module, function.name(), &object)?;
    }
    for class in item.classes {
        let class = class();
        set(module, class.name, &class_of_item(py, class)?)?;
    }
    for value in item.values {
        set(module, value.name, &(value.make)()?.bind(py)?)?;
    }
    for inner in item.modules {
        // The import system makes it an attribute of this one, but only at its first import.
        let (_, name) = inner.name.rsplit_once('.').unwrap_or(("", inner.name));
        set(module, name, &Ref::import(py, inner.name)?)?;
    }
    Ok(())
}

fn fill_built(module: &Ref<'_>, parts: &Parts) -> Result<()> {
    let py = module.py();
    set_doc(module, &parts.doc)?;
    let name = Ref::text(py, &parts.name)?;
    for (member, value) in &parts.members {
        let value = match value {
            Member::Function(closure) => closure_object(py, closure, Some(&name))?,
            Member::Value(value) => convert::to_python(py, value)?,
            Member::Class(item) => class_of_item(py, item)?,
        };
        set(module, member, &value)?;
    }
    Ok(())
}

fn set_doc(module: &Ref<'_>, doc: &str) -> Result<()> {
    match doc {
        "" => Ok(()),
        doc => set(module, "__doc__", &Ref::text(module.py(), doc)?),
    }
}

fn set(module: &Ref<'_>, name: &str, value: &Ref<'_>) -> Result<()> {
    let py: Attached<'_> = module.py();
    let name = Ref::text(py, name)?;
    // SAFETY: attached; live objects.
    py.check(unsafe { py.PyObject_SetAttr(module.as_ptr(), name.as_ptr(), value.as_ptr()) })
}
