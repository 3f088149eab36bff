//! Proves that an embedded Python is where its interpreter would be: the same executable, prefix and
//! search path, in venvs from each of the tools that make them. Each start needs a process of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// A child is known by the closure that it runs.
#![allow(clippy::redundant_closure)]

mod active;
mod makers;
mod options;
mod refused;
mod system_site;
#[path = "../venvs/mod.rs"]
mod venvs;

use gopyre::Runtime;
use gopyre_tests::{Child, Folder};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::Command;
use venvs::base_python;

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

/// The library under test.
fn library() -> PathBuf {
    Runtime::start().unwrap().library().to_owned()
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
