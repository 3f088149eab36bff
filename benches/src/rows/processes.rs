//! Rows 16 and 17: whole processes, and building them.

use crate::measure::{Amount, Missing, Ratio};
use crate::python;
use crate::row::{Goal, Row};
use gopyre::Runtime;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

const START: &str = "a process: start, first typed call, exit";
const BY_HAND: &str = "limit: the library, a thread and that call, by hand";
const GOPYRE: &str = "start-gopyre";
const BUILD: &str = "a clean release build of the quickstart";
const SIZE: &str = "size of its binary, stripped";
const PYO3: &str = "the same on PyO3, pythonize";

pub(super) fn rows() -> Vec<Row> {
    let row = |work, goal, measure| Row::whole(17, work, (PYO3, Goal::AtMost(goal)), measure);
    vec![
        Row::whole(16, START, ("`python3 -c pass`", Goal::AtMost(1.1)), || {
            compare(&mut on_library(GOPYRE)?, &mut interpreter())
        }),
        Row::whole(16, START, ("a PyO3 program", Goal::AtMost(1.0)), || {
            compare(&mut on_library(GOPYRE)?, &mut pyo3()?)
        }),
        Row::whole(16, BY_HAND, ("a PyO3 program", Goal::AtMost(1.0)), || {
            compare(&mut on_library("start-by-hand")?, &mut pyo3()?)
        })
        .slow("limit"),
        scripts("startup: for each of 10 scripts", || start_with(10)),
        scripts("startup: for each of 100 scripts", || start_with(100)),
        scripts("startup: for each of 1,000 scripts", || start_with(1_000)),
        scripts("startup: for each of 10,000 scripts", || start_with(10_000)),
        row(BUILD, 0.7, build_time).slow("build"),
        row(SIZE, 1.0, build_size).slow("build"),
    ]
}

/// A row of what one more script adds to the start.
fn scripts(work: &'static str, measure: fn() -> Result<Ratio, Missing>) -> Row {
    let row = Row::whole(16, work, ("100 microseconds", Goal::AtMost(1.0)), measure);
    row.slow("startup")
}

fn start_with(count: usize) -> Result<Ratio, Missing> {
    let target = python::target().ok_or("no folder to build in")?;
    let build = |count: usize| -> Result<PathBuf, Missing> {
        let target = target.join("many-scripts");
        python::cargo_with(
            &["build", "--release", "--package", "many-scripts"],
            &target,
            ("SCRIPTS", &count.to_string()),
        )?;
        let program = target.join(format!("start-{count}"));
        std::fs::copy(target.join("release/many-scripts"), &program).map_err(|e| e.to_string())?;
        Ok(program)
    };
    let library = library()?;
    let run = |program: &Path| -> Result<f64, Missing> {
        let start = Instant::now();
        let status = Command::new(program)
            .env("GOPYRE_LIBPYTHON", &library)
            .env_remove("PYTHONHOME")
            .status()
            .map_err(|e| e.to_string())?;
        let time = start.elapsed().as_nanos() as f64;
        status.success().then_some(time).ok_or(status.to_string())
    };
    let (one, many) = (build(1)?, build(count)?);
    run(&one)?;
    run(&many)?;
    let each = || -> Result<(f64, f64), Missing> {
        Ok(((run(&many)? - run(&one)?) / (count - 1) as f64, 100_000.0))
    };
    let pairs: Result<Vec<_>, Missing> = (0..15).map(|_| each()).collect();
    Ok(Ratio::of(&pairs?, Amount::Time))
}

/// Runs both in turn.
fn compare(ours: &mut Command, theirs: &mut Command) -> Result<Ratio, Missing> {
    let run = |command: &mut Command| -> Result<f64, Missing> {
        let start = Instant::now();
        let status = command.status().map_err(|e| e.to_string())?;
        let time = start.elapsed();
        if status.success() {
            Ok(time.as_nanos() as f64)
        } else {
            Err(format!("{command:?}: {status}"))
        }
    };
    // What is read from the disk for the first time is no part of it.
    run(ours)?;
    run(theirs)?;
    let pairs: Result<Vec<_>, Missing> = (0..60).map(|_| Ok((run(ours)?, run(theirs)?))).collect();
    Ok(Ratio::of(&pairs?, Amount::Time))
}

/// A program that opens the library.
fn on_library(name: &str) -> Result<Command, Missing> {
    let mut command = Command::new(program(name)?);
    command
        .env("GOPYRE_LIBPYTHON", library()?)
        .env_remove("PYTHONHOME");
    Ok(command)
}

/// The library that all is measured on.
pub(super) fn library() -> Result<PathBuf, Missing> {
    let runtime = Runtime::get().ok_or("Python does not run")?;
    Ok(runtime.library().to_owned())
}

fn interpreter() -> Command {
    let mut command = python::interpreter();
    command.args(["-c", "pass"]);
    command
}

fn pyo3() -> Result<Command, Missing> {
    if cfg!(not(feature = "pyo3")) {
        return Err(python::no_pyo3());
    }
    // It inherits the PYTHONHOME that this program needs, too.
    Ok(Command::new(program("start-pyo3")?))
}

/// A program of this workspace, built now if cargo is there.
pub(super) fn program(name: &str) -> Result<PathBuf, Missing> {
    let target = python::target().ok_or("no folder to build in")?;
    let built = python::cargo(&["build", "--release", "--package", name], &target);
    let program = target.join("release").join(name);
    match built {
        Err(why) if !program.exists() => Err(why),
        _ => Ok(program),
    }
}

/// Builds both, each in a new folder, without a look at the network.
fn build_time() -> Result<Ratio, Missing> {
    let mut times = [0.0; 2];
    for (time, quickstart) in times.iter_mut().zip([Quickstart::Gopyre, Quickstart::PyO3]) {
        let target = quickstart.target()?;
        if target.exists() {
            std::fs::remove_dir_all(&target).map_err(|e| e.to_string())?;
        }
        quickstart.cargo("fetch", &[])?;
        let start = Instant::now();
        quickstart.cargo("build", &["--release", "--offline"])?;
        *time = start.elapsed().as_nanos() as f64;
    }
    let [ours, theirs] = times;
    Ok(Ratio::single(
        ours / theirs,
        Amount::Time(ours),
        Amount::Time(theirs),
    ))
}

fn build_size() -> Result<Ratio, Missing> {
    let size = |quickstart: Quickstart| -> Result<f64, Missing> {
        quickstart.cargo("build", &["--release"])?;
        let program = quickstart.target()?.join("release").join(quickstart.file());
        let data = std::fs::metadata(&program);
        data.map(|data| data.len() as f64)
            .map_err(|e| format!("`{}`: {e}", program.display()))
    };
    let (ours, theirs) = (size(Quickstart::Gopyre)?, size(Quickstart::PyO3)?);
    Ok(Ratio::single(
        ours / theirs,
        Amount::Bytes(ours),
        Amount::Bytes(theirs),
    ))
}

/// The same program on either side.
#[derive(Clone, Copy)]
enum Quickstart {
    Gopyre,
    PyO3,
}

impl Quickstart {
    fn target(self) -> Result<PathBuf, Missing> {
        let name = match self {
            Quickstart::Gopyre => "clean-gopyre",
            Quickstart::PyO3 => "clean-pyo3",
        };
        Ok(python::target().ok_or("no folder to build in")?.join(name))
    }

    fn file(self) -> &'static str {
        match self {
            Quickstart::Gopyre => "examples/quickstart",
            Quickstart::PyO3 => "quickstart-pyo3",
        }
    }

    fn cargo(self, command: &str, args: &[&str]) -> Result<(), Missing> {
        let cargo = std::env::var_os("CARGO").ok_or("run by hand, and not by cargo")?;
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let (manifest, which) = match self {
            Quickstart::Gopyre => (
                here.join("../Cargo.toml"),
                ["--package", "gopyre-examples", "--example", "quickstart"].as_slice(),
            ),
            Quickstart::PyO3 => (
                here.join("Cargo.toml"),
                ["--package", "quickstart-pyo3"].as_slice(),
            ),
        };
        let which = if command == "fetch" { &[] } else { which };
        let status = Command::new(cargo)
            .args([command, "--quiet", "--manifest-path"])
            .arg(manifest)
            .args(which)
            .args(args)
            .env("CARGO_TARGET_DIR", self.target()?)
            .env("CARGO_PROFILE_RELEASE_STRIP", "true")
            .env("PYO3_PYTHON", python::interpreter().get_program())
            .env_remove("PYTHONHOME")
            .stderr(Stdio::inherit())
            .status()
            .map_err(|e| e.to_string())?;
        match status.success() {
            true => Ok(()),
            false => Err(format!("cargo {command}: {status}")),
        }
    }
}
