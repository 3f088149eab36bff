//! The machine that runs the tests.

use std::path::{Path, PathBuf};

use super::{Result, Tag};
use crate::runtime::locate::{Opened, Real, Request, System, layouts, locate};

/// Lists pyenv's interpreters of supported versions.
fn interpreters() -> Vec<PathBuf> {
    let Some(home) = Real.home() else {
        return Vec::new();
    };
    let versions = home.join(".pyenv/versions");
    let names = Real.names(&versions).into_iter();
    let bins = names.map(|name| Real.resolved(&versions.join(name).join("bin/python3")));
    bins.filter(|path| named(path).is_some_and(|tag| tag.version >= (3, 9)))
        .collect()
}

fn named(path: &Path) -> Option<Tag> {
    Tag::of_interpreter(path.file_name()?.to_str()?)
}

#[test]
fn every_interpreter_of_pyenv_leads_to_its_library_and_back() -> Result {
    let interpreters = interpreters();
    println!("{} of pyenv", interpreters.len());
    for interpreter in interpreters {
        let tag = named(&interpreter).ok_or("no version in the name")?;
        let prefix = interpreter
            .parent()
            .and_then(Path::parent)
            .ok_or("no prefix")?;
        match layouts::libraries(&Real, &interpreter, None) {
            Ok(libraries) => {
                println!("{}: {libraries:?}", interpreter.display());
                assert!(libraries[0].starts_with(prefix));
                assert_eq!(Tag::of_library(&libraries[0]), Some(tag));
                assert_eq!(layouts::program(&Real, &libraries[0], tag), interpreter);
                let request = Request {
                    library: Some(libraries[0].clone()),
                    venv: None,
                };
                let found = locate(&Real, &request, |path| {
                    let tag = Tag::of_library(path).ok_or("no version in the name")?;
                    Ok(Opened { library: (), tag })
                })?;
                assert_eq!(found.path, libraries[0]);
            }
            Err(missing) => {
                println!("{}: {}", interpreter.display(), missing.reason);
                let name = format!("libpython{tag}.so.1.0");
                assert!(!Real.is_file(&prefix.join("lib").join(name)));
            }
        }
    }
    Ok(())
}

#[test]
fn every_candidate_of_this_machine_is_a_supported_library() -> Result {
    let mut opened = Vec::new();
    let refused = locate::<()>(&Real, &Request::default(), |path| {
        opened.push(path.to_owned());
        Err("not this one".to_owned())
    });
    let Err(error) = refused else {
        return Err("found one".into());
    };
    println!("{error}");
    // a library that the environment names may be called anything
    if Real.var("GOPYRE_LIBPYTHON").is_some() {
        return Ok(());
    }
    for path in opened {
        assert!(path.is_absolute());
        let tag = Tag::of_library(&path).ok_or("no version in the name")?;
        assert!(tag.version >= (3, 9), "{}", path.display());
    }
    Ok(())
}
