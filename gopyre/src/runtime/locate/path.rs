//! The `python3` that a shell would start.

use std::{ffi::OsStr, path::Path};

use super::{
    error::Rejected,
    interpreter::Interpreter,
    pyenv,
    system::{Os, System},
};

/// Lists the interpreters on PATH: every `python3`, then every `python`; then that of the active
/// conda environment.
pub(super) fn interpreters(system: &impl System) -> Vec<Result<Interpreter, Rejected>> {
    let mut found = Vec::new();
    let path = system.var("PATH").unwrap_or_default();
    let mut shims = Vec::new();
    for name in ["python3", "python"] {
        let file = match system.os() {
            Os::Windows => format!("{name}.exe"),
            Os::Unix | Os::Mac => name.to_owned(),
        };
        // an entry that is relative or empty means the current directory, which is never searched
        for dir in std::env::split_paths(&path).filter(|dir| dir.is_absolute()) {
            let file = dir.join(&file);
            if !system.is_file(&file) {
                continue;
            }
            let how = format!("`{name}` on PATH ({})", file.display());
            match pyenv::root_of_shim(system, &file) {
                // `python` would lead to the same versions as `python3`
                Some(root) if shims.contains(&root) => {}
                Some(root) => {
                    found.extend(pyenv::interpreters(system, &root, &how));
                    shims.push(root);
                }
                None => found.push(Ok(Interpreter { path: file, how })),
            }
        }
    }
    if let Some(prefix) = system.folder("CONDA_PREFIX") {
        found.extend(of_conda(system, &prefix).map(Ok));
    }
    found
}

/// Returns the interpreter of a conda environment.
fn of_conda(system: &impl System, prefix: &Path) -> Option<Interpreter> {
    let path = match system.os() {
        Os::Windows => prefix.join("python.exe"),
        Os::Unix | Os::Mac => prefix.join("bin").join(OsStr::new("python3")),
    };
    system.is_file(&path).then(|| Interpreter {
        how: format!("`CONDA_PREFIX` ({})", prefix.display()),
        path,
    })
}
