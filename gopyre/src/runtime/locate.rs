//! Which Python: the candidates in order, each with the reason it was rejected.
//!
//! The first hit wins, and nothing after an explicit choice is tried. No program is run, and the
//! current directory is never searched.

mod elf;
mod error;
mod folders;
mod header;
mod help;
mod interpreter;
mod layouts;
pub(super) mod names;
mod path;
mod pyenv;
mod search;
pub(super) mod system;
// the made-up paths are those of Unix
#[cfg(all(test, unix))]
mod tests;

use std::path::{Path, PathBuf};

use super::venv::Venv;
pub use error::LibraryError;
use error::Rejected;
pub(super) use names::Tag;
use search::Search;
pub(crate) use system::{Real, System};

/// What the caller chose explicitly.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    /// the library to open
    pub(crate) library: Option<PathBuf>,
    /// the folder of a venv
    pub(crate) venv: Option<PathBuf>,
}

/// What opening a candidate tells.
#[derive(Debug)]
pub(crate) struct Opened<L> {
    /// the handle of the library
    pub(crate) library: L,
    /// its version and build
    pub(crate) tag: Tag,
}

/// The Python to use.
#[derive(Debug)]
pub(crate) struct Found<L> {
    /// the handle of the library
    pub(crate) library: L,
    /// the path it was opened by
    pub(crate) path: PathBuf,
    /// the interpreter to name to CPython: the venv's, else the one that belongs to the library
    pub(crate) program: PathBuf,
    /// where it was found, in words
    pub(crate) how: String,
    /// the folder of the venv in use
    pub(crate) venv: Option<PathBuf>,
    /// what was left out on the way
    pub(crate) notes: Vec<String>,
}

/// Finds a Python and opens its library with `open`, whose error is the reason against a candidate.
pub(crate) fn locate<L>(
    system: &impl System,
    request: &Request,
    open: impl FnMut(&Path) -> Result<Opened<L>, String>,
) -> Result<Found<L>, LibraryError> {
    let given = given_venv(system, request)?;
    let environment = environment_venv(system);
    let mut search = Search::new(system, open);
    let hit = if let Some((how, path)) = explicit_library(system, request) {
        let hit = search.library(how, &path);
        hit.ok_or_else(|| search.fail_choice(how, &path))?
    } else if let Some(venv) = &given {
        let how = format!("`Builder::venv` ({})", venv.dir.display());
        let hit = search.of_venv(&how, venv);
        hit.ok_or_else(|| search.fail(format!("no library for the venv `{}`", venv.dir.display())))?
    } else {
        let hit = search.everywhere(&environment);
        hit.ok_or_else(|| search.fail("no CPython that gopyre can use was found".to_owned()))?
    };
    let tag = hit.opened.tag;
    let program = match hit.interpreter.filter(|path| belongs(path, tag)) {
        Some(interpreter) => interpreter,
        None => layouts::program(system, &hit.path, tag),
    };
    let (venv, notes) = choose_venv(system, given, environment, hit.venv, tag, &program)?;
    let (program, venv) = with_venv(venv, program);
    Ok(Found {
        library: hit.opened.library,
        path: hit.path,
        program,
        how: hit.how,
        venv,
        notes,
    })
}

/// Decides program, venv and notes for a library that is in this process already. Its path may be
/// that of the host, if that has CPython linked into it.
pub(crate) fn adopt(
    system: &impl System,
    request: &Request,
    path: Option<&Path>,
    tag: Tag,
) -> Result<(PathBuf, Option<PathBuf>, Vec<String>), LibraryError> {
    let given = given_venv(system, request)?;
    let plain = Tag {
        debug: false,
        ..tag
    };
    let program = match path {
        Some(path) if interpreter_tag(path) == Some(plain) => path.to_owned(),
        Some(path) if Tag::of_library(&system.resolved(path)).is_some() => {
            layouts::program(system, path, tag)
        }
        // CPython itself looks up a bare name on PATH
        _ => path::interpreters(system)
            .into_iter()
            .flatten()
            .map(|interpreter| system.resolved(&interpreter.path))
            .find(|path| interpreter_tag(path) == Some(plain))
            .unwrap_or_else(|| PathBuf::from(format!("python{plain}"))),
    };
    let environment = environment_venv(system);
    let (venv, notes) = choose_venv(system, given, environment, None, tag, &program)?;
    let (program, venv) = with_venv(venv, program);
    Ok((program, venv, notes))
}

/// The two ways to choose a library.
const BUILDER: &str = "`Builder::library`";
const VARIABLE: &str = "`GOPYRE_LIBPYTHON`";

/// Returns the library that the caller or the environment chose.
fn explicit_library(system: &impl System, request: &Request) -> Option<(&'static str, PathBuf)> {
    if let Some(path) = &request.library {
        return Some((BUILDER, system.absolute(path)));
    }
    let path = system.var("GOPYRE_LIBPYTHON")?;
    Some((VARIABLE, system.absolute(Path::new(&path))))
}

/// Reads the venv that the caller chose; it must be a good one.
fn given_venv(system: &impl System, request: &Request) -> Result<Option<Venv>, LibraryError> {
    let Some(dir) = &request.venv else {
        return Ok(None);
    };
    let path = match dir.as_os_str().is_empty() {
        true => dir.clone(),
        false => system.absolute(dir),
    };
    Venv::read(system, &path).map(Some).map_err(|reason| {
        let message = format!("the venv `{}` cannot be used", path.display());
        let rejected = Rejected::new("`Builder::venv`", reason);
        LibraryError::new(message, vec![rejected], help::for_venv(system, &path))
    })
}

/// The venv of the environment: its folder, and the venv or what is wrong with it.
type Environment = Option<(PathBuf, Result<Venv, String>)>;

/// Reads the venv that is active in the environment.
fn environment_venv(system: &impl System) -> Environment {
    let dir = PathBuf::from(system.var("VIRTUAL_ENV")?);
    let venv = match dir.is_absolute() {
        true => Venv::read(system, &dir),
        false => Err("expected an absolute path, found a relative one".to_owned()),
    };
    Some((dir, venv))
}

/// Decides which venv is used with a library: the given one, else the environment's, else the one
/// in which the interpreter was found. `program` is the interpreter of the library.
fn choose_venv(
    system: &impl System,
    given: Option<Venv>,
    environment: Environment,
    found: Option<Venv>,
    tag: Tag,
    program: &Path,
) -> Result<(Option<Venv>, Vec<String>), LibraryError> {
    if let Some(venv) = given {
        return match venv.mismatch(tag).zip(venv.tag()) {
            None => Ok((Some(venv), Vec::new())),
            Some((reason, of)) => Err(LibraryError::new(
                format!("the venv `{}` does not fit the library", venv.dir.display()),
                vec![Rejected::new("`Builder::venv`", reason)],
                help::for_mismatch(system, &venv.dir, program, of),
            )),
        };
    }
    let mut notes = Vec::new();
    let environment = environment.map(|(dir, venv)| ("`VIRTUAL_ENV`", dir, venv));
    let found = found.map(|venv| ("the venv of the interpreter", venv.dir.clone(), Ok(venv)));
    for (name, dir, venv) in environment.into_iter().chain(found) {
        let reason = match venv.map(|venv| (venv.mismatch(tag), venv)) {
            Ok((None, venv)) => return Ok((Some(venv), notes)),
            Ok((Some(reason), _)) | Err(reason) => reason,
        };
        notes.push(format!("{name} ({}) is left out: {reason}", dir.display()));
    }
    Ok((None, notes))
}

/// Puts the interpreter of a venv in the place of the library's.
fn with_venv(venv: Option<Venv>, program: PathBuf) -> (PathBuf, Option<PathBuf>) {
    match venv {
        Some(venv) => (venv.program, Some(venv.dir)),
        None => (program, None),
    }
}

/// Reads the name of an interpreter, debug builds as the build they are otherwise.
fn interpreter_tag(path: &Path) -> Option<Tag> {
    let tag = Tag::of_interpreter(path.file_name()?.to_str()?)?;
    Some(Tag {
        debug: false,
        ..tag
    })
}

/// Tells whether an interpreter can be that of a library, as far as its name says.
fn belongs(interpreter: &Path, tag: Tag) -> bool {
    interpreter_tag(interpreter).is_none_or(|named| {
        // `python3.13` is also a name of `python3.13t`
        named.version == tag.version && (tag.free_threaded || !named.free_threaded)
    })
}
