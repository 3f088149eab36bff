//! Built libraries, imported by plain Python: whichever version the suite runs on.

#![allow(clippy::unwrap_used)]

mod ending;
mod importing;
mod interpreters;
mod module;

// Only to have the libraries built.
use fuzzy as _;
use gopyre_test_extension as _;
use gopyre_tests::{End, Folder, run, this_binary};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// A built library: cargo puts it beside the test binary.
fn library(name: &str) -> PathBuf {
    let (before, after) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    this_binary().with_file_name(format!("{before}{name}{after}"))
}

/// A folder in which Python finds the modules.
fn installed() -> Folder {
    let folder = Folder::new();
    for (name, module) in [
        ("gopyre_test_extension", "exported_api"),
        ("fuzzy", "fuzzy"),
    ] {
        std::fs::copy(library(name), folder.path().join(format!("{module}.so"))).unwrap();
    }
    folder
}

/// Runs a program with plain Python.
fn python(interpreter: &Path, folder: &Folder, arguments: &[&str]) -> End {
    let mut command = Command::new(interpreter);
    command
        .args(["-X", "faulthandler"])
        .args(arguments)
        .env("PYTHONPATH", folder.path())
        .env("PYTHONIOENCODING", "utf-8")
        .env_remove("PYTHONHOME");
    run(&mut command, Duration::from_secs(60))
}

/// The interpreter of the library that the suite runs on; any other where the library came alone.
fn interpreter() -> PathBuf {
    let runtime = gopyre::Runtime::start().unwrap();
    let own = runtime.executable();
    if own.exists() {
        own.to_owned()
    } else {
        PathBuf::from("python3")
    }
}

/// What a program prints that ends well.
fn prints(code: &str) -> String {
    prints_in(&interpreter(), &installed(), code)
}

fn prints_in(interpreter: &Path, folder: &Folder, code: &str) -> String {
    let end = python(interpreter, folder, &["-c", code]);
    assert!(
        end.code() == Some(0) && end.stderr.is_empty(),
        "{code}\n{end}"
    );
    end.stdout
}
