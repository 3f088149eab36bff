//! The options of a start without a venv.

use crate::venvs::base_python;
use crate::{BASE, DIR, clean, given, here, library, python_of, there, venv};
use gopyre::{Error, Runtime};
use gopyre_tests::{Folder, in_child};
use std::path::PathBuf;
use std::process::Command;

#[test]
fn without_a_venv_it_is_like_the_librarys_own_python() {
    let child = clean(in_child(|| {
        let runtime = Runtime::start().unwrap();
        let own = there(&given(BASE), &[]);
        assert_eq!(here(), own);
        assert_eq!(runtime.executable(), own.executable);
        assert_eq!(own.prefix, own.base_prefix);
    }));
    child.env(BASE, base_python()).succeeds();
}

#[test]
fn folders_come_first_and_in_order() {
    let child = clean(in_child(|| {
        let dir = given(DIR);
        let (one, two) = (dir.join("one"), dir.join("two"));
        Runtime::builder().path(&one).path(&two).start().unwrap();
        let here = here().path;
        assert_eq!(here[..2], [one, two]);
        assert_eq!(here[2..], there(&given(BASE), &[]).path);
        let found: (String, String, String) = gopyre::exec(
            "import both, only, json; (both.where, only.where, json.__name__)",
            (),
        )
        .unwrap();
        assert_eq!(found, ("one".into(), "two".into(), "json".into()));
    }));
    let folder = Folder::new();
    for name in ["one", "two"] {
        let dir = folder.path().join(name);
        std::fs::create_dir(&dir).unwrap();
        std::fs::write(dir.join("both.py"), format!("where = '{name}'")).unwrap();
    }
    folder.file("two/only.py", "where = 'two'");
    child
        .env(DIR, folder.path())
        .env(BASE, base_python())
        .succeeds();
}

#[cfg(unix)]
#[test]
fn the_standard_library_comes_from_the_home_that_is_given() {
    let child = clean(in_child(|| {
        let home = given(DIR).join("home");
        let base = there(&given(BASE), &[]).base_prefix;
        std::os::unix::fs::symlink(base, &home).unwrap();
        Runtime::builder().home(&home).start().unwrap();
        assert_eq!(here().prefix, home);
        let json: PathBuf = gopyre::exec("import json; json.__file__", ()).unwrap();
        assert!(json.starts_with(&home), "{}", json.display());
    }));
    let folder = Folder::new();
    child
        .env(DIR, folder.path())
        .env(BASE, base_python())
        .succeeds();
}

#[test]
fn isolated_ignores_the_environment_and_the_users_packages() {
    for isolated in [true, false] {
        let child = clean(in_child(|| {
            let isolated = std::env::var("GOPYRE_TEST_ISOLATED").unwrap() == "true";
            let dir = given(DIR);
            Runtime::builder().isolated(isolated).start().unwrap();
            let here = here();
            let options: &[&str] = if isolated { &["-I"] } else { &[] };
            assert_eq!(here, there(&given(BASE), options));
            assert_eq!(here.flags, [u8::from(isolated); 3]);
            assert_eq!(here.user_site, Some(!isolated));
            let strangers = here.path.iter().filter(|path| path.starts_with(&dir));
            assert_eq!(strangers.count(), if isolated { 0 } else { 2 });
        }));
        let folder = Folder::new();
        let code = "import site; print(site.getusersitepackages())";
        let user = Command::new(base_python())
            .args(["-c", code])
            .env("PYTHONUSERBASE", folder.path())
            .output()
            .unwrap();
        let user = String::from_utf8(user.stdout).unwrap();
        std::fs::create_dir_all(user.trim_end()).unwrap();
        child
            .env("GOPYRE_TEST_ISOLATED", isolated.to_string())
            .env(DIR, folder.path())
            .env(BASE, base_python())
            .env("PYTHONUSERBASE", folder.path())
            .env("PYTHONPATH", folder.path().join("strange"))
            .succeeds();
    }
}

#[test]
fn arguments_are_sys_argv_and_options_of_nobody() {
    in_child(|| {
        Runtime::builder()
            .args(["-c", "raise SystemExit"])
            .args(["--", "größe", ""])
            .start()
            .unwrap();
        let argv: Vec<String> = gopyre::exec("import sys; sys.argv", ()).unwrap();
        let program = std::env::args().next().unwrap();
        assert_eq!(
            argv,
            [&program, "-c", "raise SystemExit", "--", "größe", ""]
        );
    })
    .succeeds();
}

#[test]
fn without_arguments_argv_is_the_program_alone() {
    in_child(|| {
        let argv: Vec<String> = gopyre::exec("import sys; sys.argv", ()).unwrap();
        assert_eq!(argv, [std::env::args().next().unwrap()]);
    })
    .succeeds();
}

#[cfg(unix)]
#[test]
fn a_folder_and_a_venv_may_have_any_bytes_in_their_paths() {
    use std::os::unix::ffi::OsStrExt;

    let child = clean(in_child(|| {
        let dir = given(DIR);
        let runtime = Runtime::builder()
            .venv(dir.join("venv"))
            .path(&dir)
            .start()
            .unwrap();
        assert_eq!(runtime.executable(), python_of(&dir.join("venv")));
        let inside: (bool, bool) = gopyre::exec(
            "import os, sys, here; os.path.isdir(sys.prefix), os.path.dirname(here.__file__) == sys.path[0]",
            (),
        )
        .unwrap();
        assert_eq!(inside, (true, true));
        assert!(runtime.to_string().contains("\u{fffd}"), "{runtime}");
        let version = std::process::Command::new(runtime.executable())
            .arg("-V")
            .output();
        assert!(version.unwrap().status.success());
    }));
    let folder = Folder::new();
    let dir = folder.path().join(std::ffi::OsStr::from_bytes(b"caf\xe9"));
    if let Err(error) = std::fs::create_dir(&dir) {
        return println!("left out: {error}");
    }
    std::fs::write(dir.join("here.py"), "").unwrap();
    std::fs::rename(venv(&folder, &[]), dir.join("venv")).unwrap();
    child.env(DIR, dir).succeeds();
}

/// A copy of the library in a folder of its own, which does not know where it was built to be.
fn lone_library(folder: &Folder) -> PathBuf {
    let library = library();
    let prefix: String = gopyre::exec("import sys; sys.base_prefix", ()).unwrap();
    let mut bytes = std::fs::read(&library).unwrap();
    let known = format!("{prefix}\0");
    let places: Vec<usize> = bytes
        .windows(known.len())
        .enumerate()
        .filter(|(_, window)| *window == known.as_bytes())
        .map(|(place, _)| place)
        .collect();
    for place in places {
        bytes[place + 1] = b'?';
    }
    let copy = folder.path().join(library.file_name().unwrap());
    std::fs::write(&copy, bytes).unwrap();
    copy
}

#[test]
fn a_library_without_its_standard_library_does_not_end_the_process() {
    let child = clean(in_child(|| {
        match Runtime::start() {
            Err(Error::Start(message)) if message.contains("has no standard library") => {
                assert!(message.contains("help: name the folder"), "{message}");
            }
            // From 3.14 on these are CPython's own words.
            Err(Error::Start(message)) => assert!(message.contains("encodings"), "{message}"),
            Ok(runtime) => println!("left out, because it is in a folder above:\n{runtime}"),
            Err(error) => panic!("{error:?}"),
        }
        println!("alive");
    }));
    let folder = Folder::new();
    let end = child
        .env("GOPYRE_LIBPYTHON", lone_library(&folder))
        .succeeds();
    assert!(end.stdout.ends_with("alive\n"), "{end}");
}

#[test]
fn a_library_without_its_standard_library_starts_with_a_home() {
    let child = clean(in_child(|| {
        Runtime::builder().home(given(DIR)).start().unwrap();
        assert_eq!(here().prefix, given(DIR));
    }));
    let folder = Folder::new();
    let prefix: String = gopyre::exec("import sys; sys.base_prefix", ()).unwrap();
    child
        .env("GOPYRE_LIBPYTHON", lone_library(&folder))
        .env(DIR, prefix)
        .succeeds();
}

#[test]
fn a_copy_of_the_library_finds_the_folder_that_it_was_built_for() {
    let child = clean(in_child(|| {
        let prefix = here().prefix;
        assert!(prefix.is_dir(), "{}", prefix.display());
    }));
    let folder = Folder::new();
    let copy = folder.path().join(library().file_name().unwrap());
    std::fs::copy(library(), &copy).unwrap();
    child.env("GOPYRE_LIBPYTHON", copy).succeeds();
}
