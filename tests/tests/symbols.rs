//! Proves that the list of CPython functions fits every libpython of this machine, and that others are refused.
//!
//! Each library is opened in a process of its own, because one that was opened stays.

#![allow(clippy::unwrap_used)]

use gopyre_sys::{Reason, Table};
use gopyre_tests::{Folder, in_child, pythons};
use std::path::{Path, PathBuf};

/// The library that a child is to open.
const LIBRARY: &str = "GOPYRE_TEST_LIBRARY";

#[test]
fn every_library_fills_the_table_and_those_before_3_9_are_refused_by_version() {
    let libraries = pythons::libraries();
    for library in &libraries {
        let child = in_child(|| open_by_name(&PathBuf::from(std::env::var_os(LIBRARY).unwrap())));
        let end = child.env(LIBRARY, library).succeeds();
        print!("{}", end.stdout);
    }
    println!("{} libraries", libraries.len());
}

/// What a library is must be what its name says.
fn open_by_name(path: &Path) {
    let ((major, minor), letters) = pythons::named(path).unwrap();
    match Table::load(path) {
        Ok(table) => {
            let version = table.version;
            println!("{}: {version}", path.display());
            assert_eq!((version.major, version.minor), (major, minor));
            assert_eq!(version.free_threaded, letters.contains('t'));
            assert_eq!(version.debug, letters.contains('d'));
            assert!((major, minor) >= (3, 9));
        }
        Err(error) => {
            println!("refused: {error}");
            assert!((major, minor) < (3, 9), "{error}");
            assert_eq!(error.path, path);
            assert!(matches!(error.reason, Reason::Version(_)), "{error:?}");
            let text = error.to_string();
            assert!(
                text.contains(&format!("CPython {major}.{minor}.")),
                "{text}"
            );
            assert!(text.contains("older than 3.9"), "{text}");
        }
    }
}

#[test]
fn a_refused_library_leaves_the_process_free_to_open_another() {
    let libraries = pythons::libraries();
    let is_old =
        |path: &&PathBuf| pythons::named(path).is_some_and(|(version, _)| version < (3, 9));
    let (old, new) = (
        libraries.iter().find(is_old),
        libraries.iter().find(|path| !is_old(path)),
    );
    let (Some(old), Some(new)) = (old, new) else {
        println!("left out: this takes a libpython before 3.9 and a later one");
        return;
    };
    in_child(|| {
        let path = |name| PathBuf::from(std::env::var_os(name).unwrap());
        Table::load(&path("GOPYRE_TEST_OLD")).unwrap_err();
        open_by_name(&path(LIBRARY));
        assert!(Table::in_process().unwrap().is_some());
    })
    .env("GOPYRE_TEST_OLD", old)
    .env(LIBRARY, new)
    .succeeds();
}

#[test]
fn what_is_no_library_is_refused_with_its_path() {
    let folder = Folder::new();
    let text = folder.file("libpython3.12.so.1.0", "not a library");
    for path in [
        text,
        folder.path().join("absent.so"),
        folder.path().to_owned(),
    ] {
        let error = Table::load(&path).unwrap_err();
        assert_eq!(error.path, path);
        assert!(
            matches!(&error.reason, Reason::Open(reason) if !reason.is_empty()),
            "{error:?}"
        );
    }
}

#[test]
fn a_library_that_is_no_python_is_refused_as_such() {
    let Some(libm) = ["libm.so.6", "libm.dylib"]
        .map(Path::new)
        .into_iter()
        .find(|name| {
            // A bare name is looked up by the system's loader.
            !matches!(Table::load(name).unwrap_err().reason, Reason::Open(_))
        })
    else {
        println!("left out: no libm of a known name");
        return;
    };
    let error = Table::load(libm).unwrap_err();
    assert!(matches!(error.reason, Reason::Version(_)), "{error:?}");
    assert!(error.to_string().contains("no CPython"), "{error}");
}
