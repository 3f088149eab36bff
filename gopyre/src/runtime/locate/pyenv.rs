//! pyenv: its shims are scripts that choose a version each time they run. The choice is made here
//! the same way, except that a `.python-version` of the current directory is not read.

use std::path::{Component, Path, PathBuf};

use super::{error::Rejected, interpreter::Interpreter, names::split_number, system::System};

/// Returns pyenv's folder.
pub(super) fn root(system: &impl System) -> Option<PathBuf> {
    system
        .folder("PYENV_ROOT")
        .or_else(|| Some(system.home()?.join(".pyenv")))
}

/// Returns the folder of the pyenv that a shim belongs to, `None` if the file is no shim.
pub(super) fn root_of_shim(system: &impl System, file: &Path) -> Option<PathBuf> {
    let shims = file.parent()?;
    if let Some(root) = root(system)
        && shims == root.join("shims")
    {
        return Some(root);
    }
    // interpreters are large: only a script is worth reading
    if !system.head(file).ok()?.starts_with(b"#!") {
        return None;
    }
    let text = system.text(file)?;
    if !(text.contains("PYENV_ROOT") && text.contains("pyenv\" exec")) {
        return None;
    }
    let stated = text.lines().find_map(|line| {
        let value = line.trim().strip_prefix("export PYENV_ROOT=")?;
        let path = PathBuf::from(value.trim_matches(['"', '\'']));
        path.is_absolute().then_some(path)
    });
    stated.or_else(|| root(system))
}

/// Lists the interpreters that a shim would start, in pyenv's order.
pub(super) fn interpreters(
    system: &impl System,
    root: &Path,
    how: &str,
) -> Vec<Result<Interpreter, Rejected>> {
    let (source, names) = selected(system, root);
    let mut found = Vec::new();
    // `system` stands for the rest of PATH, which comes anyway
    for name in names.iter().filter(|name| *name != "system") {
        let how = format!("{how}, pyenv's `{name}`");
        found.push(match version(system, root, name) {
            Some(dir) => Ok(Interpreter {
                path: interpreter(system, &dir),
                how,
            }),
            None => Err(Rejected::new(
                how,
                format!("{source} selects it, and it is not installed"),
            )),
        });
    }
    found
}

/// Returns the selected versions and where they are selected.
fn selected(system: &impl System, root: &Path) -> (String, Vec<String>) {
    if let Some(text) = system.var("PYENV_VERSION") {
        let text = text.to_string_lossy();
        let names = text.split(':').filter(|name| !name.is_empty());
        return (
            "`PYENV_VERSION`".to_owned(),
            names.map(str::to_owned).collect(),
        );
    }
    let file = root.join("version");
    let text = system.text(&file).unwrap_or_default();
    let names = text
        .lines()
        .filter_map(|line| line.split('#').next())
        .flat_map(str::split_whitespace);
    (
        format!("`{}`", file.display()),
        names.map(str::to_owned).collect(),
    )
}

/// Returns the folder of a version: by its name, else the newest that the name is the start of.
fn version(system: &impl System, root: &Path, name: &str) -> Option<PathBuf> {
    let versions = root.join("versions");
    let plain = name.strip_prefix("python-").unwrap_or(name);
    let inside = |name: &str| {
        Path::new(name)
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
    };
    for name in [name, plain] {
        if inside(name) && system.is_dir(&versions.join(name)) {
            return Some(versions.join(name));
        }
    }
    let start = format!("{plain}.");
    let micro = |name: &String| {
        let (micro, rest) = split_number(name.strip_prefix(&start)?)?;
        rest.is_empty().then_some(micro)
    };
    let newest = system
        .names(&versions)
        .into_iter()
        .filter(|name| micro(name).is_some())
        .max_by_key(micro)?;
    Some(versions.join(newest))
}

/// Returns the interpreter of a version.
fn interpreter(system: &impl System, dir: &Path) -> PathBuf {
    let bin = dir.join("bin");
    let python3 = bin.join("python3");
    match system.is_file(&python3) {
        true => python3,
        false => bin.join("python"),
    }
}
