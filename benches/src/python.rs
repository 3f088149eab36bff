//! The Python that all is measured on, PyO3 for it, and its packages.

use crate::measure::Missing;
use gopyre::{Object, Runtime, py_script};
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Tells the program that was built with PyO3 which interpreter belongs to its library.
const INTERPRETER: &str = "GOPYRE_BENCHES_PYTHON";

/// Where `__main__` has the object that is read.
pub const SHARED: &str = "shared";

/// The interpreter that belongs to the library.
static EXECUTABLE: OnceLock<PathBuf> = OnceLock::new();
/// Why there is no PyO3.
static NO_PYO3: OnceLock<Missing> = OnceLock::new();

#[py_script(r#"import sys; f"{sys.base_prefix}:{sys.base_exec_prefix}""#)]
fn home() -> gopyre::Result<String>;

#[py_script("import site; site.addsitedir(folder)")]
fn add_site(folder: &str) -> gopyre::Result<()>;

#[py_script("import sysconfig; sysconfig.get_path('purelib', vars={'base': venv})")]
fn site_of(venv: &str) -> gopyre::Result<String>;

#[py_script(
    r#"
    import sys

    def plain(value):
        """The value as Python code would have made it: with names that are interned as keys."""
        if isinstance(value, dict):
            return {sys.intern(key): plain(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [plain(inner) for inner in value]
        return value

    value = plain(value)
    setattr(sys.modules["__main__"], name, value)
    value
"#
)]
fn publish(name: &str, value: &gopyre::Value) -> gopyre::Result<Object>;

/// An object that all sides read: `__main__` has it under that name.
///
/// # Errors
/// The value cannot go to Python.
pub fn shared(name: &str, value: impl serde::Serialize) -> Result<Object, Missing> {
    let value = serde_json::to_value(value).map_err(|e| e.to_string())?;
    publish(name, &value).map_err(|e| e.to_string())
}

/// Starts Python: PyO3 does so on this thread where it is there, and gopyre takes it up.
///
/// # Errors
/// There is no Python.
pub fn start() -> Result<Runtime, Missing> {
    #[cfg(feature = "pyo3")]
    pyo3::Python::initialize();
    let runtime = start_gopyre()?;
    let executable = match env::var_os(INTERPRETER) {
        Some(executable) => PathBuf::from(executable),
        None => runtime.executable().to_owned(),
    };
    EXECUTABLE.get_or_init(|| executable);
    Ok(runtime)
}

fn start_gopyre() -> Result<Runtime, Missing> {
    let mut builder = Runtime::builder();
    // PyO3's own way to say which Python; here it says so to both.
    if cfg!(not(feature = "pyo3"))
        && let Some(interpreter) = env::var_os("PYO3_PYTHON")
    {
        builder = builder.library(library_of(&interpreter)?);
    }
    builder.start().map_err(|e| e.to_string())
}

/// The shared library of an interpreter.
fn library_of(interpreter: &OsString) -> Result<PathBuf, Missing> {
    let code = "import os, sysconfig; v = sysconfig.get_config_var; \
                print(os.path.join(v('LIBDIR'), v('INSTSONAME')))";
    let output = Command::new(interpreter)
        .args(["-c", code])
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| format!("`{}`: {e}", interpreter.display()))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().into())
}

/// What the command line of an interpreter that is to run beside us begins with.
pub fn interpreter() -> Command {
    let mut command = Command::new(
        EXECUTABLE
            .get()
            .map_or(Path::new("python3"), PathBuf::as_path),
    );
    command.env_remove("PYTHONHOME");
    command
}

/// Why the rows that need PyO3 cannot run.
pub fn no_pyo3() -> Missing {
    let why = NO_PYO3.get().map_or("not built", String::as_str);
    format!("no PyO3: {why}")
}

/// Where cargo puts what it builds, as this program lies there itself.
pub fn target() -> Option<PathBuf> {
    let own = env::current_exe().ok()?;
    // Past `release`, and past the folder of a Python.
    let folders = own.ancestors().skip(2);
    let mut folders = folders.skip_while(|folder| is_for_python(folder));
    folders.next().map(Path::to_owned)
}

fn is_for_python(folder: &Path) -> bool {
    let name = folder.file_name().map(|name| name.to_string_lossy());
    name.is_some_and(|name| name.starts_with("python-"))
}

/// Runs cargo on this workspace; the error is the end of what it says.
///
/// # Errors
/// cargo is not there, or fails.
pub fn cargo(args: &[&str], target: &Path) -> Result<(), Missing> {
    cargo_with(args, target, ("CARGO_TERM_COLOR", "never"))
}

/// The same with one more variable in its environment.
///
/// # Errors
/// As for [`cargo`].
pub fn cargo_with(args: &[&str], target: &Path, variable: (&str, &str)) -> Result<(), Missing> {
    let cargo = env::var_os("CARGO").ok_or("run by hand, and not by cargo")?;
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let output = Command::new(cargo)
        .arg(args[0])
        .args(["--manifest-path", manifest, "--quiet", "--target-dir"])
        .arg(target)
        .args(&args[1..])
        .env(variable.0, variable.1)
        .env_remove("PYTHONHOME")
        .env(
            "PYO3_PYTHON",
            EXECUTABLE
                .get()
                .map_or(Path::new("python3"), PathBuf::as_path),
        )
        .output()
        .map_err(|e| e.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    eprintln!("{text}");
    let reason = text.lines().map(str::trim).find(|line| {
        line.starts_with("error: ") && !line.contains("failed to run custom build command")
    });
    Err(reason.unwrap_or("cargo failed").to_owned())
}

/// Builds this program again with PyO3 for this Python, and runs that with the same arguments. Returns
/// where there is none.
pub fn with_pyo3(runtime: Runtime, args: &[String]) -> Option<i32> {
    let built = || -> Result<PathBuf, Missing> {
        let target = target().ok_or("no folder to build in")?;
        let target = target.join(format!("python-{}", runtime.version()));
        eprintln!("building with PyO3 for Python {}, once", runtime.version());
        let package = env!("CARGO_PKG_NAME");
        let features = ["--features", "pyo3"];
        cargo(
            &[
                "build",
                "--release",
                "--package",
                package,
                features[0],
                features[1],
            ],
            &target,
        )?;
        Ok(target.join("release").join(package))
    };
    let program = match built() {
        Ok(program) => program,
        Err(why) => {
            eprintln!("no PyO3: {why}");
            NO_PYO3.get_or_init(|| why);
            return None;
        }
    };
    let home = home().ok()?;
    let status = Command::new(program)
        .args(args)
        .env(INTERPRETER, runtime.executable())
        // The library of a Python that is not on the system's path does not find its own modules.
        .env("PYTHONHOME", home)
        .status();
    match status {
        Ok(status) => Some(status.code().unwrap_or(1)),
        Err(e) => {
            NO_PYO3.get_or_init(|| e.to_string());
            None
        }
    }
}

/// Makes a package importable: as it is, or from a venv of ours that pip fills.
///
/// # Errors
/// It is not there, and pip does not bring it.
pub fn package(name: &str) -> Result<(), Missing> {
    if gopyre::import(name).is_ok() {
        return Ok(());
    }
    let version = Runtime::get().ok_or("Python does not run")?.version();
    let venv = target()
        .ok_or("no folder for a venv")?
        .join(format!("venv-{version}"));
    let run = |command: &mut Command| -> Result<(), Missing> {
        let output = command.output().map_err(|e| e.to_string())?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let last = text.lines().last().unwrap_or_default().to_owned();
        if output.status.success() {
            Ok(())
        } else {
            Err(last)
        }
    };
    let python = venv.join("bin/python");
    let missing = |why| format!("no {name}: {why}");
    if !python.exists() {
        run(interpreter().args(["-m", "venv"]).arg(&venv)).map_err(missing)?;
    }
    let pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--only-binary",
        ":all:",
        name,
    ];
    run(Command::new(&python).env_remove("PYTHONHOME").args(pip)).map_err(missing)?;
    let site = site_of(&venv.to_string_lossy()).map_err(|e| e.to_string())?;
    add_site(&site).map_err(|e| e.to_string())?;
    gopyre::import(name).map_err(|e| missing(e.to_string()))?;
    Ok(())
}
