//! Proves that a library which cannot be used is an error of its own kind, with its path and what is wrong.
//!
//! Which Python a process gets is decided once, so each choice is made in a process of its own.
//! Environments are in `environments.rs`.

#![allow(clippy::unwrap_used, clippy::panic)]

use gopyre::{Error, Runtime, exec};
use gopyre_tests::{End, Folder, in_child, pythons};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The library of the Python under test, for children that name it themselves.
const GOOD: &str = "GOPYRE_TEST_GOOD";
/// What the child is to open instead.
const BAD: &str = "GOPYRE_TEST_BAD";

/// The library under test. In a child, which must not start it, it is given.
fn library() -> PathBuf {
    let given = std::env::var_os(GOOD).map(PathBuf::from);
    given.unwrap_or_else(|| Runtime::start().unwrap().library().to_owned())
}

fn given(name: &str) -> PathBuf {
    PathBuf::from(std::env::var_os(name).unwrap())
}

/// A library and what is wrong with it, in a word or two.
type Case = (PathBuf, &'static str);

/// Files that look like the start of one, of every kind that somebody may name by mistake.
fn bad_libraries(folder: &Folder, good: &Path) -> Vec<Case> {
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let mut cases = vec![
        (folder.path().join("absent.so"), "no such file"),
        (folder.path().to_owned(), "a folder"),
        (
            write("libpython3.12.so.1.0", b"not a library"),
            "a text file",
        ),
        (write("empty.so", b""), "an empty file"),
    ];
    if cfg!(target_os = "linux") {
        let elf = |class: u8, machine: u16| {
            let mut bytes = vec![
                0x7f, b'E', b'L', b'F', class, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0,
            ];
            bytes.extend(machine.to_le_bytes());
            bytes.resize(64, 0);
            bytes
        };
        let foreign = if cfg!(target_arch = "x86_64") {
            183
        } else {
            62
        };
        cases.push((write("narrow.so", &elf(1, 3)), "32-bit"));
        cases.push((write("foreign.so", &elf(2, foreign)), "expected a 64-bit"));
        cases.push((write("libpython3.12.a", b"!<arch>\n"), "a static library"));
        // A loader takes it, and the process ends where it touches what is missing.
        let bytes = std::fs::read(good).unwrap();
        for size in [4096, 100_000, 1_000_000] {
            cases.push((write(&format!("cut-{size}.so"), &bytes[..size]), "cut off"));
        }
        // What another loader would take.
        cases.push((write("python312.dll", b"MZ\0\0"), "cannot be used"));
    }
    let known = pythons::libraries();
    let folders = [
        "/lib/x86_64-linux-gnu",
        "/lib/aarch64-linux-gnu",
        "/lib64",
        "/lib",
        "/usr/lib",
    ];
    match folders
        .iter()
        .map(|dir| Path::new(dir).join("libm.so.6"))
        .find(|path| path.exists())
    {
        Some(path) => cases.push((path, "no CPython")),
        None => println!("left out: no libm.so.6"),
    }
    let old = known
        .iter()
        .rfind(|path| pythons::named(path).is_some_and(|(version, _)| version < (3, 9)));
    match old {
        Some(path) => cases.push((path.clone(), "older than 3.9")),
        None => println!("left out: no libpython before 3.9"),
    }
    cases
}

#[track_caller]
fn report_of(error: &Error, path: &Path, what: &str) -> String {
    let Error::Library(library) = error else {
        panic!("expected a library error, found {error:?}")
    };
    // Nothing else was tried.
    let candidates: Vec<String> = library.candidates().collect();
    assert_eq!(candidates.len(), 1, "{error:?}");
    assert!(candidates[0].contains(path.to_str().unwrap()), "{error:?}");
    let report = format!("{error:?}");
    assert!(report.contains(what), "expected {what:?} in {report}");
    assert!(report.contains("\nhelp: "), "{report}");
    // No installation helps while this one is chosen.
    assert!(!report.contains("install"), "{report}");
    assert!(!error.to_string().contains('\n'), "{error}");
    candidates[0].replace(path.to_str().unwrap(), "PATH")
}

#[test]
fn each_bad_library_of_the_environment_is_an_error_with_path_and_reason() {
    let folder = Folder::new();
    let mut reasons = BTreeSet::new();
    let good = library();
    let cases = bad_libraries(&folder, &good);
    for (path, what) in &cases {
        let end = in_child(|| {
            let (path, what) = (given("GOPYRE_LIBPYTHON"), std::env::var(BAD).unwrap());
            let error = Runtime::start().unwrap_err();
            print!("{}", report_of(&error, &path, &what));
            assert!(!Runtime::is_running());
            // The first use of Python says the same, and the process is free to start another.
            let again = exec::<i64>("1", ()).unwrap_err();
            assert_eq!(format!("{error:?}"), format!("{again:?}"));
            Runtime::builder().library(given(GOOD)).start().unwrap();
            assert_eq!(exec::<i64>("6 * 7", ()).unwrap(), 42);
        })
        .env("GOPYRE_LIBPYTHON", path)
        .env(BAD, what)
        .env(GOOD, &good)
        .succeeds();
        println!("{}: {}", path.display(), end.stdout);
        reasons.insert(end.stdout);
    }
    assert_eq!(reasons.len(), cases.len(), "{reasons:#?}");
}

#[test]
fn a_bad_library_of_the_builder_is_an_error_whatever_the_environment_says() {
    let folder = Folder::new();
    let good = library();
    for (path, what) in bad_libraries(&folder, &good) {
        in_child(|| {
            let (path, what) = (given(BAD), std::env::var("GOPYRE_TEST_WHAT").unwrap());
            let error = Runtime::builder().library(&path).start().unwrap_err();
            let reason = report_of(&error, &path, &what);
            assert!(reason.starts_with("`Builder::library`: "), "{reason}");
            // The environment's is a good one.
            assert_eq!(exec::<i64>("6 * 7", ()).unwrap(), 42);
        })
        .env("GOPYRE_LIBPYTHON", &good)
        .env(GOOD, &good)
        .env(BAD, path)
        .env("GOPYRE_TEST_WHAT", what)
        .succeeds();
    }
}

#[test]
fn an_interpreter_in_the_variable_leads_to_its_library() {
    // In the child, which must not start it, it is given.
    let interpreter = match std::env::var_os(BAD) {
        Some(interpreter) => PathBuf::from(interpreter),
        None => Runtime::start().unwrap().executable().to_owned(),
    };
    if !interpreter.is_file() {
        println!("left out: `{}` is not there", interpreter.display());
        return;
    }
    in_child(|| {
        let error = Runtime::start().unwrap_err();
        let Error::Library(error) = error else {
            panic!("{error:?}")
        };
        let [help, _] = error.help() else {
            panic!("{error:?}")
        };
        let named = help.strip_prefix("`GOPYRE_LIBPYTHON=").unwrap();
        let (library, _) = named.split_once('`').unwrap();
        // What it says is what mends it.
        Runtime::builder().library(library).start().unwrap();
        assert_eq!(exec::<i64>("6 * 7", ()).unwrap(), 42);
    })
    .env("GOPYRE_LIBPYTHON", &interpreter)
    .env(BAD, &interpreter)
    .succeeds();
}

#[test]
fn the_builders_library_wins_over_the_environments() {
    in_child(|| {
        let good = given(GOOD);
        let runtime = Runtime::builder().library(&good).start().unwrap();
        assert_eq!(runtime.library(), good);
        assert!(
            runtime.to_string().contains("Builder::library"),
            "{runtime}"
        );
    })
    .env("GOPYRE_LIBPYTHON", "/gopyre/absent.so")
    .env(GOOD, library())
    .succeeds();
}

#[test]
fn without_any_python_every_candidate_and_the_mend_are_told() {
    let end: End = in_child(|| match Runtime::start() {
        Ok(runtime) => {
            println!("left out, because there is one in the system's folders:\n{runtime}")
        }
        Err(error) => {
            let report = format!("{error:?}");
            assert!(matches!(error, Error::Library(_)), "{report}");
            assert!(
                report.contains("no CPython that gopyre can use was found"),
                "{report}"
            );
            assert!(report.contains("GOPYRE_LIBPYTHON="), "{report}");
            assert!(report.contains("uv python install"), "{report}");
        }
    })
    .env_remove("GOPYRE_LIBPYTHON")
    .env_remove("VIRTUAL_ENV")
    .env("PATH", "/gopyre/absent")
    .env("HOME", "/gopyre/absent")
    .env_remove("PYENV_ROOT")
    .env_remove("UV_PYTHON_INSTALL_DIR")
    .succeeds();
    print!("{}", end.stdout);
}

#[test]
fn the_runtime_reports_version_library_prefix_and_how_it_was_found() {
    in_child(|| {
        let runtime = Runtime::start().unwrap();
        let report = runtime.to_string();
        let (version, prefix, executable, packages): (String, String, String, Vec<String>) = exec(
            "import sys, site, platform\nplatform.python_version(), sys.prefix, sys.executable, site.getsitepackages()",
            (),
        )
        .unwrap();
        // `3.13.5t` and `3.13.5td` are 3.13.5 for Python; a candidate's number has its letters at the end.
        let number = version.trim_end_matches('+').split(|c: char| c.is_ascii_alphabetic()).next().unwrap();
        assert!(report.starts_with(&format!("CPython {number}")), "{report}\n{version}");
        assert!(runtime.version().to_string().starts_with(number));
        for text in [runtime.library().to_str().unwrap(), &prefix, &executable, "GOPYRE_LIBPYTHON"] {
            assert!(report.contains(text), "{text} is not in\n{report}");
        }
        for folder in packages {
            assert!(report.contains(&folder), "{folder} is not in\n{report}");
        }
        assert_eq!(runtime.library(), given("GOPYRE_LIBPYTHON"));
        assert_eq!(runtime.executable(), Path::new(&executable));
    })
    .env("GOPYRE_LIBPYTHON", library())
    .env_remove("VIRTUAL_ENV")
    .succeeds();
}

#[test]
fn the_build_is_told_as_python_tells_it() {
    let version = Runtime::start().unwrap().version();
    let (numbers, debug, without_gil): ((u8, u8, u8), bool, bool) = exec(
        "import sys, sysconfig\ntuple(sys.version_info[:3]), hasattr(sys, 'gettotalrefcount'), bool(sysconfig.get_config_var('Py_GIL_DISABLED'))",
        (),
    )
    .unwrap();
    assert_eq!((version.major, version.minor, version.micro), numbers);
    assert_eq!((version.debug, version.free_threaded), (debug, without_gil));
}

#[test]
fn every_module_that_the_librarys_own_interpreter_imports_is_imported_here() {
    let modules = "math _struct _socket _ssl _ctypes _decimal _sqlite3 _asyncio _hashlib zlib _bz2 _lzma datetime json zoneinfo uuid";
    let executable = Runtime::start().unwrap().executable().to_owned();
    if !executable.is_file() {
        println!("left out: `{}` is not there", executable.display());
        return;
    }
    for module in modules.split(' ') {
        let mut interpreter = std::process::Command::new(&executable);
        let there = interpreter
            .args(["-I", "-c", &format!("import {module}")])
            .output()
            .unwrap()
            .status
            .success();
        let here = exec::<()>(&format!("import {module}"), ());
        assert!(here.is_ok() || !there, "{module}: {:?}", here.unwrap_err());
    }
}
