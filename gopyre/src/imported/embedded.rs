//! Modules whose text is in this program: their names, and the importer that finds them.

use super::kept::Kept;
use super::{DeclaredModule, Origin, RegisteredModule};
use crate::attach::Attached;
use crate::error::Result;
use crate::reference::Ref;
use crate::script::{self, Source};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Arc, OnceLock};

/// The package that all embedded modules are in.
const PACKAGE: &str = "gopyre_modules";

/// A file that is part of the program, alone or among the others of its folder.
#[derive(Debug)]
pub struct Embedded {
    /// The crate that embeds it.
    pub krate: &'static str,
    /// The crate's version.
    pub version: &'static str,
    /// The folder with a `/` at its end; empty for a file alone.
    pub dir: &'static str,
    /// The declared file's path in the folder.
    pub file: &'static str,
    /// The path of every file in the folder, with its text.
    pub texts: &'static [(&'static str, &'static str)],
}

impl Embedded {
    /// The name of the file, without what follows the dot; of a package, the name of its folder.
    pub(super) fn stem(&self) -> &'static str {
        let whole = self.file.strip_suffix(".py").unwrap_or(self.file);
        let last = |path: &'static str| {
            path.trim_end_matches('/')
                .rsplit('/')
                .next()
                .unwrap_or(path)
        };
        match whole.strip_suffix("__init__") {
            Some("") => last(self.dir),
            Some(folder) => last(folder),
            None => last(whole),
        }
    }

    /// The path of a file, as it stands in tracebacks.
    fn path(&self, file: &str) -> String {
        format!("{}{file}", self.dir)
    }

    /// What tells a package from another.
    fn key(&self) -> Key {
        let root = if self.dir.is_empty() {
            self.file
        } else {
            self.dir
        };
        (self.krate, self.version, root)
    }

    /// What Python calls the module.
    pub(super) fn name(&self) -> String {
        let root = names().get(&self.key()).cloned().unwrap_or_default();
        if self.dir.is_empty() {
            root
        } else {
            module_name(&root, self.file)
        }
    }

    pub(super) fn import<'py>(&self, py: Attached<'py>) -> Result<Ref<'py>> {
        importer(py)?;
        Ref::import(py, &self.name())
    }
}

/// A crate, its version, and a file or folder of it.
type Key = (&'static str, &'static str, &'static str);

/// The embedded modules of this program.
pub(super) fn all() -> impl Iterator<Item = (&'static DeclaredModule, &'static Embedded)> {
    inventory::iter::<RegisteredModule>
        .into_iter()
        .filter_map(|RegisteredModule(module)| match &module.origin {
            Origin::Embedded(embedded) => Some((*module, embedded)),
            Origin::Installed(_) => None,
        })
}

/// The name of each file and folder: after its crate and its path, and numbered where two would have
/// the same, such as two versions of a crate.
fn names() -> &'static BTreeMap<Key, String> {
    static NAMES: OnceLock<BTreeMap<Key, String>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let keys: BTreeSet<Key> = all().map(|(_, embedded)| embedded.key()).collect();
        let mut taken = HashSet::new();
        let name = |key: Key| {
            let (krate, _, path) = key;
            let path = path.strip_suffix(".py").unwrap_or(path);
            let parts = path
                .split('/')
                .filter(|part| !matches!(*part, "" | "." | ".."));
            let path = parts.collect::<Vec<_>>().join("_");
            let base = format!("{PACKAGE}.{}.{}", identifier(krate), identifier(&path));
            let mut name = base.clone();
            let mut number = 2;
            while !taken.insert(name.clone()) {
                name = format!("{base}_{number}");
                number += 1;
            }
            (key, name)
        };
        keys.into_iter().map(name).collect()
    })
}

/// Makes a name of Python's.
fn identifier(text: &str) -> String {
    let name: String = text
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '_' })
        .collect();
    if name.starts_with(|c: char| c.is_numeric()) || name.is_empty() {
        format!("_{name}")
    } else {
        name
    }
}

/// The name of a file in a package.
fn module_name(root: &str, file: &str) -> String {
    let path = file.strip_suffix(".py").unwrap_or(file);
    let path = path
        .strip_suffix("__init__")
        .unwrap_or(path)
        .trim_end_matches('/');
    let parts = [root]
        .into_iter()
        .chain(path.split('/').filter(|part| !part.is_empty()));
    parts.collect::<Vec<_>>().join(".")
}

/// A file as the importer knows it.
pub(super) struct File {
    pub(super) name: String,
    pub(super) source: Arc<Source>,
    is_package: bool,
    /// The folder's own name in Python; empty for a file alone.
    root: String,
}

/// Every file, in the order of their names.
pub(super) fn files() -> &'static [File] {
    static FILES: OnceLock<Vec<File>> = OnceLock::new();
    FILES.get_or_init(|| {
        let mut files = BTreeMap::new();
        for (_, embedded) in all() {
            let Some(root) = names().get(&embedded.key()) else {
                continue;
            };
            for (file, text) in embedded.texts {
                let is_package = file.rsplit('/').next() == Some("__init__.py");
                let single = embedded.dir.is_empty();
                let name = if single {
                    root.clone()
                } else {
                    module_name(root, file)
                };
                let source = Source::new((*text).into(), embedded.path(file), 1, 1);
                let root = if single { String::new() } else { root.clone() };
                let file = File {
                    name: name.clone(),
                    source: Arc::new(source),
                    is_package,
                    root,
                };
                // A package goes before a module of its name, as it does for Python.
                if is_package || !files.contains_key(&name) {
                    files.insert(name, file);
                }
            }
        }
        files.into_values().collect()
    })
}

/// The importer's half in Python, as a namespace; the first use puts it in `sys.meta_path`.
pub(super) fn importer(py: Attached<'_>) -> Result<Ref<'_>> {
    static IMPORTER: Kept = Kept::new();
    let namespace = IMPORTER.get(py, || {
        let namespace = Ref::dict(py)?;
        script::run_internal(&namespace, include_str!("importer.py"))?;
        for file in files() {
            let text = |text: &str| Ref::text(py, text);
            let package = Ref::boolean(py, file.is_package)?;
            let loader = function(&namespace, "add")?.call([
                &text(&file.name)?,
                &text(file.source.file())?,
                &text(&file.source.padded())?,
                &text(&file.root)?,
                &package,
            ])?;
            file.source.register(&loader);
        }
        function(&namespace, "install")?.call([])?;
        Ok(namespace)
    })?;
    // SAFETY: kept for as long as the process.
    unsafe { Ref::borrowed(py, namespace) }
}

/// A function of the importer's namespace.
pub(super) fn function<'py>(namespace: &Ref<'py>, name: &'static str) -> Result<Ref<'py>> {
    let function = namespace.dict_get(&Ref::name(namespace.py(), name)?)?;
    Ok(function.unwrap_or_else(|| Ref::none(namespace.py())))
}
