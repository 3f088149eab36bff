//! The candidates, tried one after another until one opens.

use std::path::{Path, PathBuf};

use super::super::venv::Venv;
use super::{
    Environment, Opened,
    error::{LibraryError, Rejected},
    folders, header, help,
    interpreter::Interpreter,
    interpreter_tag, layouts,
    names::{self, Tag},
    path,
    system::System,
};

/// A candidate that could be opened.
pub(super) struct Hit<L> {
    pub(super) path: PathBuf,
    pub(super) opened: Opened<L>,
    pub(super) how: String,
    /// the interpreter that led to the library, symlinks resolved
    pub(super) interpreter: Option<PathBuf>,
    /// the venv that the interpreter is in
    pub(super) venv: Option<Venv>,
}

/// A search under way.
pub(super) struct Search<'a, S, F> {
    system: &'a S,
    open: F,
    /// the libraries already looked at, symlinks resolved
    seen: Vec<PathBuf>,
    /// the interpreters already looked at, and for which version
    asked: Vec<(PathBuf, Option<Tag>)>,
    rejected: Vec<Rejected>,
    /// the interpreters that are static builds
    statics: Vec<(PathBuf, Tag)>,
}

impl<'a, S: System, F> Search<'a, S, F> {
    /// Starts a search that opens candidates with `open`.
    pub(super) fn new(system: &'a S, open: F) -> Self {
        Search {
            system,
            open,
            seen: Vec::new(),
            asked: Vec::new(),
            rejected: Vec::new(),
            statics: Vec::new(),
        }
    }

    /// Tries everything that is not an explicit choice.
    pub(super) fn everywhere<L>(&mut self, environment: &Environment) -> Option<Hit<L>>
    where
        F: FnMut(&Path) -> Result<Opened<L>, String>,
    {
        self.reject("`GOPYRE_LIBPYTHON`", "not set");
        match environment {
            None => self.reject("`VIRTUAL_ENV`", "not set"),
            Some((dir, venv)) => {
                let how = format!("`VIRTUAL_ENV` ({})", dir.display());
                match venv {
                    Ok(venv) => {
                        if let Some(hit) = self.of_venv(&how, venv) {
                            return Some(hit);
                        }
                    }
                    Err(reason) => self.reject(&how, reason),
                }
            }
        }
        let on_path = path::interpreters(self.system);
        if on_path.is_empty() {
            self.reject("`python3` on PATH", "there is none");
        }
        for interpreter in on_path {
            let hit = match interpreter {
                Ok(Interpreter { path, how }) => self.of_interpreter(&how, &path),
                Err(rejected) => {
                    self.rejected.push(rejected);
                    None
                }
            };
            if hit.is_some() {
                return hit;
            }
        }
        let of_uv = folders::uv_interpreters(self.system);
        if of_uv.is_empty() {
            let root = folders::uv_root(self.system);
            let place = root.map(|root| format!(" in `{}`", root.display()));
            let reason = format!("there is none{}", place.unwrap_or_default());
            self.reject("an installation of uv", &reason);
        }
        for interpreter in of_uv {
            let how = format!("an installation of uv ({})", interpreter.display());
            if let Some(hit) = self.of_interpreter(&how, &interpreter) {
                return Some(hit);
            }
        }
        self.in_system_folders()
    }

    fn in_system_folders<L>(&mut self) -> Option<Hit<L>>
    where
        F: FnMut(&Path) -> Result<Opened<L>, String>,
    {
        let how = "the system's library folders";
        let libraries = folders::system_libraries(self.system);
        if libraries.is_empty() {
            let searched = folders::system_folders(self.system);
            let searched = searched.iter().map(|dir| format!("`{}`", dir.display()));
            let searched = searched.collect::<Vec<_>>().join(", ");
            let pattern = names::library_pattern(self.system.os());
            match searched.is_empty() {
                true => self.reject(how, "there are none"),
                false => self.reject(how, &format!("no `{pattern}` in {searched}")),
            }
        }
        libraries.iter().find_map(|path| self.library(how, path))
    }

    /// Tries the libraries of the Python that a venv was made with.
    pub(super) fn of_venv<L>(&mut self, how: &str, venv: &Venv) -> Option<Hit<L>>
    where
        F: FnMut(&Path) -> Result<Opened<L>, String>,
    {
        let bases = match venv.interpreters(self.system) {
            Ok(bases) => bases,
            Err(reason) => {
                self.reject(how, &reason);
                return None;
            }
        };
        let hit = bases
            .iter()
            .find_map(|base| self.of_base(how, base, venv.tag()))?;
        Some(Hit {
            venv: Some(venv.clone()),
            ..hit
        })
    }

    /// Tries the libraries of an interpreter, or of the venv that it is in.
    fn of_interpreter<L>(&mut self, how: &str, interpreter: &Path) -> Option<Hit<L>>
    where
        F: FnMut(&Path) -> Result<Opened<L>, String>,
    {
        match Venv::around(self.system, interpreter) {
            None => self.of_base(how, &self.system.resolved(interpreter), None),
            Some(Ok(venv)) => self.of_venv(how, &venv),
            Some(Err(reason)) => {
                self.reject(how, &reason);
                None
            }
        }
    }

    /// Tries the libraries of an interpreter that is in no venv.
    fn of_base<L>(&mut self, how: &str, interpreter: &Path, wanted: Option<Tag>) -> Option<Hit<L>>
    where
        F: FnMut(&Path) -> Result<Opened<L>, String>,
    {
        let question = (
            interpreter.to_owned(),
            wanted.or(interpreter_tag(interpreter)),
        );
        if self.asked.contains(&question) {
            return None;
        }
        self.asked.push(question);
        let libraries = match layouts::libraries(self.system, interpreter, wanted) {
            Ok(libraries) => libraries,
            Err(missing) => {
                self.reject(how, &missing.reason);
                let build = missing.build.map(|build| (interpreter.to_owned(), build));
                self.statics.extend(build);
                return None;
            }
        };
        let hit = libraries.iter().find_map(|path| self.library(how, path))?;
        Some(Hit {
            interpreter: Some(interpreter.to_owned()),
            ..hit
        })
    }

    /// Tries one library.
    pub(super) fn library<L>(&mut self, how: &str, path: &Path) -> Option<Hit<L>>
    where
        F: FnMut(&Path) -> Result<Opened<L>, String>,
    {
        let real = self.system.resolved(path);
        if self.seen.contains(&real) {
            return None;
        }
        self.seen.push(real);
        let opened = header::check(self.system, path).and_then(|()| (self.open)(path));
        match opened {
            Ok(opened) => Some(Hit {
                path: path.to_owned(),
                opened,
                how: how.to_owned(),
                interpreter: None,
                venv: None,
            }),
            Err(reason) => {
                self.rejected.push(Rejected::library(how, path, reason));
                None
            }
        }
    }

    fn reject(&mut self, how: &str, reason: &str) {
        self.rejected.push(Rejected::new(how, reason));
    }

    /// Makes the error of a library that was chosen and cannot be used; nothing else helps while it is.
    pub(super) fn fail_choice(&mut self, how: &str, path: &Path) -> LibraryError {
        let message = format!("the library given by {how} cannot be used");
        let help = help::for_choice(self.system, how, path);
        LibraryError::new(message, std::mem::take(&mut self.rejected), help)
    }

    /// Makes the error of a search that ends here.
    pub(super) fn fail(&mut self, message: String) -> LibraryError {
        let help = help::for_libraries(self.system, &self.statics);
        LibraryError::new(message, std::mem::take(&mut self.rejected), help)
    }
}
