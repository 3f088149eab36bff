//! Venvs that are none.

use crate::{DIR, clean, given, here, library, venv, venv_of_3_8};
use gopyre::{Error, Runtime};
use gopyre_tests::{Folder, in_child};

#[test]
fn each_bad_venv_is_an_error_of_its_own_and_the_next_start_is_free() {
    let child = clean(in_child(|| {
        let dir = given(DIR);
        let refusal = |name: &str| match Runtime::builder().venv(dir.join(name)).start() {
            Err(error @ Error::Library(_)) => error.to_string() + "\n" + &format!("{error:?}"),
            other => panic!("{name}: expected a library error, found {other:?}"),
        };
        let empty = Runtime::builder().venv("").start().unwrap_err();
        assert!(
            format!("{empty:?}").contains("found an empty path"),
            "{empty:?}"
        );
        for (name, expected) in [
            ("absent", "no such folder"),
            ("plain", "no `pyvenv.cfg` in it"),
            ("without-lib", "found no folder"),
            ("without-site", "site-packages`"),
        ] {
            let refusal = refusal(name);
            let place = dir.join(name).display().to_string();
            assert!(
                refusal.contains(expected) && refusal.contains(&place),
                "{refusal}"
            );
        }
        let (old, own) = (refusal("old"), given("GOPYRE_TEST_VERSION"));
        assert!(old.contains("of Python 3.8"), "{old}");
        assert!(
            old.contains(&format!("the library is of {}", own.display())),
            "{old}"
        );
        assert!(!Runtime::is_running());
        Runtime::builder().venv(dir.join("venv")).start().unwrap();
        assert_eq!(here().prefix, dir.join("venv"));
    }));
    let folder = Folder::new();
    venv_of_3_8(&folder);
    venv(&folder, &[]);
    for dir in ["plain/lib", "without-lib", "without-site"] {
        std::fs::create_dir_all(folder.path().join(dir)).unwrap();
    }
    let version = Runtime::start().unwrap().version();
    let mut short = format!("{}.{}", version.major, version.minor);
    let config = format!("home = /opt/python/bin\nversion = {short}.0\n");
    folder.file("without-lib/pyvenv.cfg", &config);
    folder.file("without-site/pyvenv.cfg", &config);
    std::fs::create_dir_all(
        folder
            .path()
            .join(format!("without-site/lib/python{short}")),
    )
    .unwrap();
    if version.free_threaded {
        short.push('t');
    }
    child
        .env("GOPYRE_LIBPYTHON", library())
        .env("GOPYRE_TEST_VERSION", short)
        .env(DIR, folder.path())
        .succeeds();
}

#[test]
fn a_home_without_the_standard_library_is_an_error_and_not_the_end() {
    let child = clean(in_child(|| {
        let dir = given(DIR);
        let refused = |home: &std::path::Path, start: gopyre::Result<Runtime>| {
            let message = start.unwrap_err().to_string();
            let place = home.display().to_string();
            assert!(message.contains(&place), "{message}");
            assert!(message.contains("has no standard library"), "{message}");
        };
        let absent = dir.join("absent");
        refused(&absent, Runtime::builder().home(&absent).start());
        refused(&dir, Runtime::start());
        // An isolated start does not look at `PYTHONHOME`.
        Runtime::builder().isolated(true).start().unwrap();
        assert_eq!(gopyre::exec::<i64>("6 * 7", ()).unwrap(), 42);
    }));
    let folder = Folder::new();
    child
        .env("PYTHONHOME", folder.path())
        .env(DIR, folder.path())
        .succeeds();
}
