//! Venvs of every tool that makes them, moved and linked to: in each, everything is as in its own Python.

use crate::venvs::{Packages, base_python};
use crate::{DIR, clean, given, here, library, output, python_of, site_packages, there, venv};
use gopyre::Runtime;
use gopyre_tests::{Child, Folder, in_child};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The scenario: in a venv, everything is as in the venv's own interpreter.
fn is_like_its_own_python() {
    let dir = given(DIR);
    let own = there(&python_of(&dir), &[]);
    let runtime = Runtime::builder().venv(&dir).start().unwrap();
    assert_eq!(here(), own);
    assert_eq!(runtime.executable(), python_of(&dir));
    assert_eq!(
        (own.prefix.as_path(), own.base_prefix == own.prefix),
        (dir.as_path(), false)
    );
    let report = runtime.to_string();
    let prefix = format!("prefix: {}\n", dir.display());
    assert!(
        report.contains(&prefix) && report.contains("site-packages: "),
        "{report}"
    );
    // Both ways to ask for it are the same environment.
    let subprocess = "import subprocess, sys; subprocess.check_output([sys.executable, '-c', 'import sys; print(sys.prefix)'], text=True)";
    let prefix: String = gopyre::exec(subprocess, ()).unwrap();
    assert_eq!(Path::new(prefix.trim_end()), dir);
}

/// With the library that is under test, and again with the one that the venv leads to.
fn proves_it(child: impl Fn() -> Child, make: impl FnOnce(&Folder) -> Option<PathBuf>) {
    // In a child, the first of these does not return.
    let (explicit, by_venv) = (child(), child());
    let folder = Folder::new();
    let Some(dir) = make(&folder) else { return };
    let explicit = explicit.env("GOPYRE_LIBPYTHON", library());
    clean(explicit).env(DIR, &dir).succeeds();
    let by_venv = by_venv.env_remove("GOPYRE_LIBPYTHON");
    clean(by_venv).env(DIR, &dir).succeeds();
}

#[test]
fn a_venv_of_pythons_own_module() {
    proves_it(
        || in_child(|| is_like_its_own_python()),
        |folder| Some(venv(folder, &[])),
    );
}

#[test]
fn a_venv_with_a_copy_of_the_interpreter() {
    proves_it(
        || in_child(|| is_like_its_own_python()),
        |folder| Some(venv(folder, &["--copies"])),
    );
}

#[test]
fn a_venv_with_system_site_packages() {
    proves_it(
        || in_child(|| is_like_its_own_python()),
        |folder| Some(venv(folder, &["--system-site-packages"])),
    );
}

#[test]
fn a_venv_with_pth_files() {
    let scenario = || {
        is_like_its_own_python();
        // Folders are added and lines are run, as the interpreter does.
        let seen: (String, bool) = gopyre::exec(
            "import beside, sys; (beside.name, getattr(sys, 'a_pth_file_ran', False))",
            (),
        )
        .unwrap();
        assert_eq!(seen, ("beside".to_owned(), true));
    };
    proves_it(
        || in_child(|| scenario()),
        |folder| {
            let dir = venv(folder, &[]);
            let beside = folder.path().join("beside");
            std::fs::create_dir(&beside).unwrap();
            std::fs::write(beside.join("beside.py"), "name = 'beside'").unwrap();
            let lines = format!(
                "{}\nimport sys; sys.a_pth_file_ran = True\n",
                beside.display()
            );
            std::fs::write(site_packages(&dir).join("beside.pth"), lines).unwrap();
            Some(dir)
        },
    );
}

#[test]
fn a_venv_that_was_moved() {
    proves_it(
        || in_child(|| is_like_its_own_python()),
        |folder| {
            let moved = folder.path().join("moved here");
            std::fs::rename(venv(folder, &[]), &moved).unwrap();
            Some(moved)
        },
    );
}

#[cfg(unix)]
#[test]
fn a_venv_behind_a_link() {
    proves_it(
        || in_child(|| is_like_its_own_python()),
        |folder| {
            let link = folder.path().join("link");
            std::os::unix::fs::symlink(venv(folder, &[]), &link).unwrap();
            Some(link)
        },
    );
}

/// Makes a venv with a tool from PyPI, which is kept in a venv of its own; none where that is not to be had.
fn made_by(tool: &str, options: &[&str], folder: &Folder) -> Option<PathBuf> {
    static TOOLS: LazyLock<Packages> =
        LazyLock::new(|| Packages::make("tools", &["virtualenv", "uv"]));
    let dir = folder.path().join("venv");
    let to = [base_python().to_str()?, dir.to_str()?];
    let args = [&["-m", tool], options, &["--quiet", "--python"], &to].concat();
    TOOLS
        .has(tool)
        .then(|| output(&python_of(&TOOLS.dir), &args))?;
    Some(dir)
}

#[test]
fn a_venv_of_virtualenv() {
    proves_it(
        || in_child(|| is_like_its_own_python()),
        |folder| made_by("virtualenv", &["--no-download", "--without-pip"], folder),
    );
}

#[test]
fn a_venv_of_virtualenv_with_copies() {
    let options = [
        "--no-download",
        "--without-pip",
        "--copies",
        "--system-site-packages",
    ];
    proves_it(
        || in_child(|| is_like_its_own_python()),
        |folder| made_by("virtualenv", &options, folder),
    );
}

#[test]
fn a_venv_of_uv() {
    proves_it(
        || in_child(|| is_like_its_own_python()),
        |folder| made_by("uv", &["venv", "--offline", "--no-config"], folder),
    );
}

#[test]
fn a_relocatable_venv_of_uv_that_was_moved() {
    proves_it(
        || in_child(|| is_like_its_own_python()),
        |folder| {
            let options = ["venv", "--offline", "--no-config", "--relocatable"];
            let moved = folder.path().join("moved");
            std::fs::rename(made_by("uv", &options, folder)?, &moved).unwrap();
            Some(moved)
        },
    );
}

#[test]
fn a_package_of_the_venv_can_be_imported_and_others_cannot() {
    let child = clean(in_child(|| {
        let dir = given(DIR);
        Runtime::builder().venv(&dir).start().unwrap();
        assert_eq!(
            gopyre::call::<i64>("of_the_venv", "answer", ()).unwrap(),
            42
        );
        let file: PathBuf = gopyre::exec("import of_the_venv; of_the_venv.__file__", ()).unwrap();
        assert!(file.starts_with(dir));
        // Whatever is installed for the base is not seen, pip for one.
        let seen: bool = gopyre::exec(
            "import importlib.util; bool(importlib.util.find_spec('pip'))",
            (),
        )
        .unwrap();
        assert!(!seen);
    }));
    let folder = Folder::new();
    let dir = venv(&folder, &[]);
    std::fs::write(
        site_packages(&dir).join("of_the_venv.py"),
        "def answer(): return 42",
    )
    .unwrap();
    child.env(DIR, dir).succeeds();
}
