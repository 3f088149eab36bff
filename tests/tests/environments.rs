//! Proves that an embedded Python is where its interpreter would be: the same executable, prefix and
//! search path, in venvs from each of the tools that make them. Each start needs a process of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// A child is known by the closure that it runs.
#![allow(clippy::redundant_closure)]

mod venvs;

use gopyre::{Error, Runtime};
use gopyre_tests::{Child, Folder, in_child};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use venvs::{Packages, base_python};

/// The folder that a scenario is about.
const DIR: &str = "GOPYRE_TEST_DIR";
/// The interpreter that belongs to the library under test.
const BASE: &str = "GOPYRE_TEST_BASE";

/// Where a Python is, by its own words.
#[derive(Debug, PartialEq, Deserialize)]
struct Place {
    executable: PathBuf,
    prefix: PathBuf,
    exec_prefix: PathBuf,
    base_prefix: PathBuf,
    path: Vec<PathBuf>,
    user_site: Option<bool>,
    /// `isolated`, `ignore_environment`, `no_user_site`
    flags: [u8; 3],
}

const PLACE: &str = "
import site, sys
place = {name: getattr(sys, name) for name in ('executable', 'prefix', 'exec_prefix', 'base_prefix', 'path')}
place['user_site'] = site.ENABLE_USER_SITE
place['flags'] = [sys.flags.isolated, sys.flags.ignore_environment, sys.flags.no_user_site]
";

/// Where the running Python is.
fn here() -> Place {
    gopyre::exec(&format!("{PLACE}\nplace"), ()).unwrap()
}

/// Where an interpreter is, run from outside.
fn there(interpreter: &Path, options: &[&str]) -> Place {
    let code = format!("{PLACE}\nimport json; print(json.dumps(place))");
    let mut place: Place =
        serde_json::from_str(&output(interpreter, &[options, &["-c", &code]].concat())).unwrap();
    // The folder of the script, which `-c` leaves empty; an isolated interpreter has none.
    if place
        .path
        .first()
        .is_some_and(|dir| dir.as_os_str().is_empty())
    {
        place.path.remove(0);
    }
    place
}

fn output(program: &Path, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output();
    let output = output.unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{} {args:?}: {errors}",
        program.display()
    );
    String::from_utf8(output.stdout).unwrap()
}

/// A folder from the environment, in a scenario.
fn given(name: &str) -> PathBuf {
    std::env::var_os(name).expect("the parent sets it").into()
}

/// Without what the shell that runs the tests may have set.
fn clean(child: Child) -> Child {
    [
        "VIRTUAL_ENV",
        "PYTHONHOME",
        "PYTHONPATH",
        "PYTHONNOUSERSITE",
        "PYTHONUSERBASE",
    ]
    .into_iter()
    .fold(child, Child::env_remove)
}

/// Makes a venv with Python's own module.
fn venv(folder: &Folder, options: &[&str]) -> PathBuf {
    let dir = folder.path().join("venv");
    let args = [
        &["-m", "venv", "--without-pip"],
        options,
        &[dir.to_str().unwrap()],
    ]
    .concat();
    output(base_python(), &args);
    dir
}

fn python_of(venv: &Path) -> PathBuf {
    venv.join("bin/python")
}

fn site_packages(venv: &Path) -> PathBuf {
    let code = "import sysconfig; print(sysconfig.get_path('purelib'))";
    PathBuf::from(output(&python_of(venv), &["-c", code]).trim_end())
}

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

/// The library under test.
fn library() -> PathBuf {
    Runtime::start().unwrap().library().to_owned()
}

// ---- venvs, by who made them

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

// ---- the system's packages

/// The scenario: a venv of one kind, asked to be of the other.
fn system_site_is(wanted: bool) {
    let dir = given(DIR);
    Runtime::builder()
        .venv(&dir)
        .system_site(wanted)
        .start()
        .unwrap();
    let here = here().path;
    let file = dir.join("pyvenv.cfg");
    let text = std::fs::read_to_string(&file).unwrap();
    let changed = text.replace(
        &format!("include-system-site-packages = {}", !wanted),
        &format!("include-system-site-packages = {wanted}"),
    );
    assert_ne!(text, changed);
    std::fs::write(&file, changed).unwrap();
    assert_eq!(here, there(&python_of(&dir), &[]).path);
}

#[test]
fn system_packages_come_into_a_venv_without_them() {
    let child = clean(in_child(|| system_site_is(true)));
    let folder = Folder::new();
    let dir = venv(&folder, &[]);
    child.env(DIR, dir).env("PYTHONNOUSERSITE", "1").succeeds();
}

#[test]
fn system_packages_leave_a_venv_with_them() {
    let child = clean(in_child(|| system_site_is(false)));
    let folder = Folder::new();
    let dir = venv(&folder, &["--system-site-packages"]);
    child.env(DIR, dir).env("PYTHONNOUSERSITE", "1").succeeds();
}

#[test]
fn without_a_venv_system_packages_are_there_or_not() {
    for wanted in [true, false] {
        let child = clean(in_child(|| {
            let wanted = given(DIR) == Path::new("true");
            Runtime::builder().system_site(wanted).start().unwrap();
            let own = there(&given(BASE), if wanted { &[] } else { &["-S"] });
            assert_eq!(here().path, own.path);
        }));
        child
            .env(DIR, wanted.to_string())
            .env(BASE, base_python())
            .env("PYTHONNOUSERSITE", "1")
            .succeeds();
    }
}

// ---- without a venv

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

// ---- VIRTUAL_ENV

#[test]
fn the_active_venv_is_used() {
    let child = clean(in_child(|| {
        let dir = given("VIRTUAL_ENV");
        let runtime = Runtime::start().unwrap();
        assert_eq!(here(), there(&python_of(&dir), &[]));
        assert_eq!(runtime.executable(), python_of(&dir));
    }));
    let folder = Folder::new();
    child.env("VIRTUAL_ENV", venv(&folder, &[])).succeeds();
}

#[test]
fn a_venv_that_is_given_wins_over_the_active_one() {
    let child = clean(in_child(|| {
        Runtime::builder().venv(given(DIR)).start().unwrap();
        assert_eq!(here().prefix, given(DIR));
    }));
    let (active, chosen) = (Folder::new(), Folder::new());
    child
        .env("VIRTUAL_ENV", venv(&active, &[]))
        .env(DIR, venv(&chosen, &[]))
        .succeeds();
}

#[test]
fn an_active_venv_of_another_python_is_left_out_and_reported() {
    let child = clean(in_child(|| {
        let runtime = Runtime::start().unwrap();
        let report = runtime.to_string();
        let note = format!(
            "note: `VIRTUAL_ENV` ({}) is left out",
            given("VIRTUAL_ENV").display()
        );
        assert!(
            report.contains(&note) && report.contains("of Python 3.8"),
            "{report}"
        );
        assert_eq!(here().prefix, there(&given(BASE), &[]).prefix);
    }));
    let folder = Folder::new();
    child
        .env("GOPYRE_LIBPYTHON", library())
        .env(BASE, base_python())
        .env("VIRTUAL_ENV", venv_of_3_8(&folder))
        .succeeds();
}

/// A venv whose Python is too old for any library that could be opened here.
fn venv_of_3_8(folder: &Folder) -> PathBuf {
    let dir = folder.path().join("old");
    std::fs::create_dir_all(dir.join("lib/python3.8/site-packages")).unwrap();
    std::fs::write(
        dir.join("pyvenv.cfg"),
        "home = /opt/python/bin\nversion = 3.8.18\n",
    )
    .unwrap();
    dir
}

// ---- venvs that are none

#[test]
fn each_bad_venv_is_an_error_of_its_own_and_the_next_start_is_free() {
    let child = clean(in_child(|| {
        let dir = given(DIR);
        let refusal = |name: &str| match Runtime::builder().venv(&dir.join(name)).start() {
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
