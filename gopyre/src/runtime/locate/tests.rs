//! Made-up machines, so that every layout is tested on any machine, and the machine at hand.

mod choices;
mod headers;
mod layouts;
mod messages;
mod order;
mod pyenv;
mod real;
mod tree;
mod venvs;

use std::{error::Error, path::Path};

use super::{Found, LibraryError, Opened, Request, locate, names::Tag};
use tree::Tree;

type Result<T = (), E = Box<dyn Error>> = std::result::Result<T, E>;

/// Opens a candidate as if it were what its name says.
fn by_name(tree: &Tree, path: &Path) -> Result<Opened<()>, String> {
    let real = super::System::resolved(tree, path);
    let tag = Tag::of_library(&real).ok_or("not a CPython: no `Py_IsInitialized`")?;
    Ok(Opened { library: (), tag })
}

/// Searches a machine with nothing chosen explicitly.
fn search(tree: &Tree) -> Result<Found<()>, LibraryError> {
    search_for(tree, &Request::default())
}

/// Searches a machine.
fn search_for(tree: &Tree, request: &Request) -> Result<Found<()>, LibraryError> {
    locate(tree, request, |path| by_name(tree, path))
}

/// Searches a machine where nothing may be found.
fn refused(tree: &Tree, request: &Request) -> Result<LibraryError> {
    match search_for(tree, request) {
        Ok(found) => Err(format!("found {} by {}", found.path.display(), found.how).into()),
        Err(error) => Ok(error),
    }
}

/// Asserts what is found: library, program, and where.
#[track_caller]
fn assert_found(found: &Found<()>, library: &str, program: &str, how: &str) {
    assert_eq!(found.path, Path::new(library));
    assert_eq!(found.program, Path::new(program));
    assert_eq!(found.how, how);
}

fn library(path: &str) -> Request {
    Request {
        library: Some(path.into()),
        venv: None,
    }
}

fn venv(path: &str) -> Request {
    Request {
        library: None,
        venv: Some(path.into()),
    }
}
