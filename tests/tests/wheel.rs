//! Proves that the wheel of the example is installed by pip and imported, by two Pythons.

#![allow(clippy::unwrap_used, clippy::panic)]

use gopyre::Runtime;
use gopyre_tests::{End, Folder, pythons, run};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

fn example(file: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/extension");
    folder.canonicalize().unwrap().join(file)
}

/// Runs a program in a folder that no module is found in.
fn runs(program: &Path, arguments: &[&str], limit: u64) -> End {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(std::env::temp_dir())
        .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
        .env("PIP_ROOT_USER_ACTION", "ignore");
    for name in ["PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV"] {
        command.env_remove(name);
    }
    run(&mut command, Duration::from_secs(limit))
}

#[track_caller]
fn succeeds(program: &Path, arguments: &[&str], limit: u64) -> String {
    let end = runs(program, arguments, limit);
    assert_eq!(
        end.code(),
        Some(0),
        "{} {arguments:?}\n{end}",
        program.display()
    );
    end.stdout
}

/// Says so, past the test runner's capture: a test that tests nothing must not look like any other.
fn not_there(what: &str) {
    let text = format!("not there: {what}\n");
    std::io::stderr().write_all(text.as_bytes()).unwrap();
}

/// The interpreter of the library that the suite runs on, and another one, which has no GIL if there is such.
fn interpreters() -> Vec<PathBuf> {
    let runtime = Runtime::start().unwrap();
    let own = runtime.executable().to_owned();
    let others = pythons::libraries().into_iter().filter_map(|library| {
        let ((major, minor), letters) = pythons::named(&library)?;
        if (major, minor) < (3, 9) || library == runtime.library() {
            return None;
        }
        let name = format!("bin/python{major}.{minor}{letters}");
        let interpreter = library.parent()?.parent()?.join(name);
        Some((!letters.contains('t'), interpreter))
    });
    let mut others: Vec<(bool, PathBuf)> = others.collect();
    others.sort();
    let others = others.into_iter().map(|(_, interpreter)| interpreter);
    let with_pip = |interpreter: &PathBuf| {
        let asked = ["-c", "import ensurepip, venv; ensurepip.version()"];
        interpreter.exists() && runs(interpreter, &asked, 60).code() == Some(0)
    };
    [own]
        .into_iter()
        .chain(others)
        .filter(with_pip)
        .take(2)
        .collect()
}

#[test]
fn one_wheel_is_installed_and_imported_by_two_pythons() {
    let interpreters = interpreters();
    let cargo = runs(Path::new("/bin/sh"), &["-c", "command -v cargo"], 60);
    if cargo.code() != Some(0) {
        return not_there("cargo, which builds the wheel");
    }
    let [first, ..] = &interpreters[..] else {
        return not_there("a Python with venv and ensurepip");
    };

    let folder = Folder::new();
    let dist = folder.path().join("dist");
    let (script, dist) = (example("wheel.py"), dist.to_str().unwrap());
    let build = [script.to_str().unwrap(), dist, "--profile", "dev"];
    let built = succeeds(first, &build, 900);
    let wheel = built.trim();
    let name = wheel.rsplit('/').next().unwrap();
    assert!(name.starts_with("fuzzy-0.1.0-py3-none-"), "{name}");
    assert!(
        name.ends_with(&format!("_{}.whl", std::env::consts::ARCH)),
        "{name}"
    );

    for (number, interpreter) in interpreters.iter().enumerate() {
        let venv = folder.path().join(number.to_string());
        let python = venv.join("bin/python");
        succeeds(interpreter, &["-m", "venv", venv.to_str().unwrap()], 300);
        succeeds(&python, &["-m", "pip", "install", "--no-index", wheel], 300);
        let printed = succeeds(&python, &[example("spell.py").to_str().unwrap()], 60);
        assert!(printed.contains(venv.to_str().unwrap()), "{printed}");
        let listed = succeeds(&python, &["-m", "pip", "show", "--files", "fuzzy"], 120);
        for file in ["fuzzy/__init__.pyi", "fuzzy/py.typed", "Version: 0.1.0"] {
            assert!(listed.contains(file), "{listed}");
        }
    }
    if interpreters.len() < 2 {
        not_there("a second Python with venv and ensurepip");
    }
}
