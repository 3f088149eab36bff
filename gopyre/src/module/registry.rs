//! The modules of this program, by name; every interpreter makes its own of them.

use super::{ModuleItem, Parts, RegisteredExport};
use crate::error::{Error, Result};
use crate::export::python;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// What a module is made of.
#[derive(Clone)]
pub(super) enum Source {
    /// What a macro describes.
    Item(&'static ModuleItem),
    /// What was put together at run time.
    Built(Arc<Parts>),
    /// Nothing: there are modules in it.
    Parent,
    /// Two modules of that name are exported.
    Twice,
}

#[derive(Default)]
struct Registry {
    modules: BTreeMap<String, Source>,
    /// Extension modules, which Python finds by their files.
    extensions: BTreeSet<String>,
}

/// Held for a look or a change, never while Python runs (rule 7).
fn registry() -> MutexGuard<'static, Registry> {
    static REGISTRY: OnceLock<Mutex<Registry>> = OnceLock::new();
    let registry = REGISTRY.get_or_init(|| {
        let mut registry = Registry::default();
        for RegisteredExport(item) in inventory::iter::<RegisteredExport> {
            registry.add(item);
        }
        Mutex::new(registry)
    });
    registry.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Registry {
    fn add(&mut self, item: &'static ModuleItem) {
        let before = self
            .modules
            .insert(item.name.to_owned(), Source::Item(item));
        if before.is_some() {
            self.modules.insert(item.name.to_owned(), Source::Twice);
        }
        for inner in item.modules {
            self.add(inner);
        }
    }
}

/// What the module of a name is made of, if it is one of ours.
pub(super) fn find(name: &str) -> Option<Source> {
    let registry = registry();
    if let Some(source) = registry.modules.get(name) {
        return (!registry.extensions.contains(name)).then(|| source.clone());
    }
    let inside = format!("{name}.");
    let mut after = registry.modules.range(inside.clone()..);
    let is_parent = after
        .next()
        .is_some_and(|(next, _)| next.starts_with(&inside));
    is_parent.then_some(Source::Parent)
}

/// Adds a module.
///
/// # Errors
/// [`Error::Argument`] where the name is no name, or taken.
pub(super) fn register(name: &str, source: Source) -> Result<()> {
    let is_identifier = |part: &str| {
        let mut rest = part.chars();
        rest.next().is_some_and(|c| c.is_alphabetic() || c == '_')
            && rest.all(|c| c.is_alphanumeric() || c == '_')
    };
    if !name.split('.').all(is_identifier) {
        let message = format!("expected a dotted name of a module, found {name:?}");
        return Err(Error::Argument(message));
    }
    let mut registry = registry();
    if name == python::NAME || registry.modules.contains_key(name) {
        let message = format!("a module `{name}` is registered already");
        return Err(Error::Argument(message));
    }
    registry.modules.insert(name.to_owned(), source);
    Ok(())
}

/// Takes back a module that could not be imported.
pub(super) fn withdraw(name: &str) {
    let source = registry().modules.remove(name);
    // Letting go of it may run Python.
    drop(source);
}

/// Takes note of a module that Python finds by its file.
pub(crate) fn extend(item: &'static ModuleItem) {
    registry().extensions.insert(item.name.to_owned());
}

/// Whether this program is a library that Python has imported.
pub(super) fn is_library() -> bool {
    !registry().extensions.is_empty()
}

/// The names of all modules.
pub(crate) fn names() -> Vec<String> {
    registry().modules.keys().cloned().collect()
}
