//! Declarations against what is there: embedded modules at start, without running them, and installed
//! ones where that is asked for.

use super::embedded::{self, File};
use super::{DeclaredModule, Imported, Item, Kind, Origin, RegisteredItem, RegisteredModule};
use crate::attach::{self, Attached};
use crate::convert;
use crate::error::{Error, Mismatch, Result, SyntaxError};
use crate::reference::Ref;
use crate::script;
use serde::Serialize;

/// Checks every declared module against what is installed, and lists all mismatches.
///
/// Installed modules are imported for it: starting the runtime does not do that. The modules that are
/// embedded in the program are checked at start already, and here once more.
///
/// # Errors
/// [`Error::Mismatch`] with each module that cannot be imported, each function, class and method that
/// does not exist, and each that cannot be called with the declared parameters as far as Python knows
/// its signature; whatever keeps the runtime from starting.
///
/// ```standalone_crate
/// #[gopyre::py_module(name = "math")]
/// extern "Python" {
///     fn hypot(x: f64, y: f64) -> gopyre::Result<f64>;
///     fn squrt(x: f64) -> gopyre::Result<f64>;
/// }
///
/// let error = gopyre::check().unwrap_err();
/// let gopyre::Error::Mismatch(list) = error else { panic!("{error:?}") };
/// assert_eq!(list[0].item, "math.squrt");
/// assert_eq!(list[0].message, "module `math` has no `squrt`; help: did you mean `sqrt`?");
/// assert_eq!(list.len(), 1);
/// ```
pub fn check() -> Result<()> {
    attach::with(|py| {
        let mut found = Vec::new();
        embedded_modules(py, &mut found)?;
        let helper = helper(py)?;
        for RegisteredModule(module) in inventory::iter::<RegisteredModule> {
            if let Origin::Installed(name) = module.origin {
                installed(&helper, module, name, &mut found)?;
            }
        }
        listed(found)
    })
}

/// Checks what is embedded, while the runtime starts; runs none of it.
///
/// # Errors
/// [`Error::Syntax`] with the syntax errors of every file, [`Error::Mismatch`] if there are none.
pub(crate) fn check_embedded(py: Attached<'_>) -> Result<()> {
    if embedded::all().next().is_none() {
        return Ok(());
    }
    let mut found = Vec::new();
    embedded_modules(py, &mut found)?;
    listed(found)
}

/// One error of all mismatches, in the order of their files and lines.
fn listed(mut found: Vec<Mismatch>) -> Result<()> {
    if found.is_empty() {
        return Ok(());
    }
    found.sort_unstable_by(|a, b| (&a.file, a.line, &a.item).cmp(&(&b.file, b.line, &b.item)));
    Err(Error::Mismatch(found))
}

/// What the helper is told of an item.
#[derive(Serialize)]
struct Told {
    kind: Kind,
    class: &'static str,
    name: &'static str,
    positional: &'static [&'static str],
    keywords: &'static [(&'static str, bool)],
}

fn items(module: &'static DeclaredModule) -> Vec<&'static Item> {
    let all = inventory::iter::<RegisteredItem>.into_iter();
    let items = all.map(|RegisteredItem(Imported { item, .. })| item);
    items
        .filter(|item| std::ptr::eq(item.module, module))
        .collect()
}

fn told<'py>(py: Attached<'py>, items: &[&'static Item]) -> Result<Ref<'py>> {
    let told = items.iter().map(|item| {
        let Item {
            kind,
            class,
            name,
            positional,
            keywords,
            ..
        } = **item;
        Told {
            kind,
            class,
            name,
            positional,
            keywords,
        }
    });
    convert::to_python(py, &told.collect::<Vec<_>>())
}

fn mismatches(items: &[&Item], wrong: Vec<(usize, String)>) -> impl Iterator<Item = Mismatch> {
    wrong.into_iter().filter_map(|(index, message)| {
        let item = items.get(index)?;
        let file = item.file.to_owned();
        Some(Mismatch {
            file,
            line: item.line,
            item: item.label(),
            message,
        })
    })
}

fn embedded_modules(py: Attached<'_>, found: &mut Vec<Mismatch>) -> Result<()> {
    if embedded::all().next().is_none() {
        return Ok(());
    }
    let importer = embedded::importer(py)?;
    let helper = helper(py)?;
    let mut broken: Vec<SyntaxError> = Vec::new();
    for File { name, source, .. } in embedded::files() {
        let tree = embedded::function(&importer, "tree")?.call([&Ref::text(py, name)?]);
        let tree = match tree.map_err(|error| script::in_source(py, error, source)) {
            Err(Error::Syntax(errors)) => {
                broken.extend(errors);
                continue;
            }
            tree => tree?,
        };
        for (module, embedded) in embedded::all() {
            if embedded.name() != *name {
                continue;
            }
            let items = items(module);
            let check = embedded::function(&helper, "check_tree")?;
            let wrong = check.call([&tree, &Ref::text(py, source.file())?, &told(py, &items)?])?;
            found.extend(mismatches(&items, convert::from_python(&wrong)?));
        }
    }
    if broken.is_empty() {
        Ok(())
    } else {
        Err(Error::Syntax(broken))
    }
}

fn installed(
    helper: &Ref<'_>,
    module: &'static DeclaredModule,
    name: &str,
    found: &mut Vec<Mismatch>,
) -> Result<()> {
    let py = helper.py();
    let items = items(module);
    let check = embedded::function(helper, "check_module")?;
    let outcome = check.call([&Ref::text(py, name)?, &told(py, &items)?])?;
    let (missing, wrong): (Option<String>, Vec<(usize, String)>) = convert::from_python(&outcome)?;
    found.extend(missing.map(|message| Mismatch {
        file: module.file.to_owned(),
        line: module.line,
        item: name.to_owned(),
        message,
    }));
    found.extend(mismatches(&items, wrong));
    Ok(())
}

/// The check's half in Python, as a namespace.
fn helper(py: Attached<'_>) -> Result<Ref<'_>> {
    let namespace = Ref::dict(py)?;
    script::run_internal(&namespace, include_str!("check.py"))?;
    Ok(namespace)
}
