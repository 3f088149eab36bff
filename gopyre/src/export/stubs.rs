//! Type stubs of the exported modules.

mod scope;
mod write;

use super::{ModuleItem, RegisteredExport};
use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

/// The type stub of an exported module: what a type checker reads in the place of the module.
///
/// Made by [`stubs`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stub {
    /// The dotted name of the module, such as `api.shapes`.
    pub module: String,
    /// Where the file belongs, relative to a folder of modules: `api.pyi`, or `api/__init__.pyi` where the
    /// module has others in it.
    pub path: PathBuf,
    /// The text of the file.
    pub text: String,
}

impl Stub {
    /// Writes the file into a folder of modules, and makes the folders that its path names.
    ///
    /// # Errors
    /// [`Error::Io`] where a folder or the file cannot be written.
    pub fn write_to(&self, dir: impl AsRef<Path>) -> Result<PathBuf> {
        let path = dir.as_ref().join(&self.path);
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::Io { path, source }
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed(folder))?;
        }
        std::fs::write(&path, &self.text).map_err(failed(&path))?;
        Ok(path)
    }
}

/// Returns the type stubs of every module of this program that `#[py_export]` shows to Python, sorted by name.
///
/// They hold names, types, defaults and documentation, as far as the Rust types tell by their names, and are
/// `Any` elsewhere. Type checkers such as mypy read them for every Python from 3.9 to 3.15. No Python is
/// needed to make them.
///
/// ```
/// #[gopyre::py_export]
/// mod stubbed {
///     /// Adds two integers.
///     pub fn add(a: i64, #[default(1)] b: i64) -> i64 {
///         a + b
///     }
/// }
///
/// # fn main() -> gopyre::Result<()> {
/// let stubs = gopyre::stubs();
/// let stubbed = stubs.iter().find(|stub| stub.module == "stubbed").unwrap();
/// assert_eq!(stubbed.path.to_str(), Some("stubbed.pyi"));
/// assert!(stubbed.text.contains("def add(a: int, b: int = 1) -> int:"));
///
/// # let folder = std::env::temp_dir().join("gopyre-stubs-example");
/// for stub in stubs {
///     stub.write_to(&folder)?;
/// }
/// # Ok(())
/// # }
/// ```
pub fn stubs() -> Vec<Stub> {
    let mut stubs = Vec::new();
    for RegisteredExport(item) in inventory::iter::<RegisteredExport> {
        add(item, item, &mut stubs);
    }
    stubs.sort_by(|a: &Stub, b: &Stub| a.module.cmp(&b.module));
    stubs
}

/// Adds the stubs of a module and of those in it.
fn add(top: &ModuleItem, item: &ModuleItem, stubs: &mut Vec<Stub>) {
    let mut path: PathBuf = item.name.split('.').collect();
    match item.modules.is_empty() {
        true => path.set_extension("pyi"),
        false => {
            path.push("__init__.pyi");
            true
        }
    };
    stubs.push(Stub {
        module: item.name.to_owned(),
        path,
        text: write::module(top, item),
    });
    for inner in item.modules {
        add(top, inner, stubs);
    }
}
