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

#[test]
fn a_variable_of_pythons_that_holds_nonsense_is_an_error_and_not_the_end() {
    let child = || {
        clean(in_child(|| {
            let [name, value, refused] = ["NAME", "VALUE", "REFUSED"]
                .map(|part| std::env::var(format!("GOPYRE_TEST_{part}")).unwrap());
            let refused = refused == "true";
            match Runtime::start() {
                // What a version does not know, it does not look at.
                Ok(_) => assert!(!refused),
                Err(error) => {
                    let message = error.to_string();
                    assert!(message.contains("could not start"), "{message}");
                    if refused {
                        let told =
                            format!("in the variable `{name}`, found `{value}`; help: unset it");
                        assert!(message.contains(&told), "{message}");
                        // An isolated start does not look at it.
                        Runtime::builder().isolated(true).start().unwrap();
                        assert_eq!(gopyre::exec::<i64>("6 * 7", ()).unwrap(), 42);
                    }
                }
            }
        }))
    };
    // The child does not get past its first use.
    drop(child());
    let version = Runtime::start().unwrap().version();
    let cases = [
        ("PYTHONMALLOC", "none", 9),
        ("PYTHON_CPU_COUNT", "0", 13),
        (
            "PYTHON_GIL",
            if version.free_threaded { "2" } else { "0" },
            13,
        ),
    ];
    // Later versions refuse by themselves.
    let refused = |since| (since..14).contains(&version.minor);
    let early = cases.map(|(name, value, since)| (name, value, refused(since)));
    let always = [
        ("PYTHONHASHSEED", "abc", true),
        ("PYTHONHASHSEED", "4294967296", true),
        ("PYTHONTRACEMALLOC", "65536", true),
        ("PYTHONTRACEMALLOC", "x", true),
        ("PYTHONINTMAXSTRDIGITS", "639", version.minor >= 11),
    ];
    for (name, value, refused) in early.into_iter().chain(always) {
        child()
            .env(name, value)
            .env("GOPYRE_TEST_NAME", name)
            .env("GOPYRE_TEST_VALUE", value)
            .env("GOPYRE_TEST_REFUSED", refused.to_string())
            .succeeds();
    }
}

#[test]
fn variables_of_pythons_count_in_every_version() {
    let child = clean(in_child(|| {
        let code = "
            import sys, tracemalloc
            digits = getattr(sys, 'get_int_max_str_digits', lambda: 640)()
            flags = sys.flags
            tracemalloc.is_tracing(), flags.dev_mode, flags.hash_randomization, flags.optimize, digits
        ";
        let found: (bool, bool, i64, i64, i64) = gopyre::exec(code, ()).unwrap();
        assert_eq!(found, (true, true, 0, 2, 640));
    }));
    let version = Runtime::start().unwrap().version();
    let gil = if version.free_threaded { "0" } else { "1" };
    child
        .env("PYTHONDEVMODE", "1")
        .env("PYTHONHASHSEED", " +0")
        .env("PYTHONINTMAXSTRDIGITS", "640")
        .env("PYTHONMALLOC", "debug")
        .env("PYTHONOPTIMIZE", "2")
        .env("PYTHONTRACEMALLOC", "1")
        .env("PYTHON_CPU_COUNT", "default")
        .env("PYTHON_GIL", gil)
        .succeeds();
}
