//! Explicit choices: nothing else is tried after them.

use super::{Request, Result, Tree, by_name, library, refused, search, search_for, venv};
use crate::runtime::locate::locate;
use std::path::Path;

/// A Debian where every place has a usable Python.
fn rich() -> Tree {
    Tree::debian("3.11")
        .debian_library("3.11")
        .python("/opt/a", "3.12", true)
        .python("/opt/b", "3.12", true)
        .venv("/v", "/opt/b/bin", "3.12")
}

#[test]
fn the_library_of_the_builder_wins_over_all() -> Result {
    let tree = rich()
        .var("GOPYRE_LIBPYTHON", "/opt/b/lib/libpython3.12.so.1.0")
        .var("VIRTUAL_ENV", "/v");
    let found = search_for(&tree, &library("/opt/a/lib/libpython3.12.so.1.0"))?;
    assert_eq!(found.how, "`Builder::library`");
    assert_eq!(found.path, Path::new("/opt/a/lib/libpython3.12.so.1.0"));
    Ok(())
}

#[test]
fn the_variable_wins_over_venvs() -> Result {
    let tree = rich().var("GOPYRE_LIBPYTHON", "/opt/a/lib/libpython3.12.so.1.0");
    for found in [
        search_for(&tree, &venv("/v"))?,
        search(&tree.var("VIRTUAL_ENV", "/v"))?,
    ] {
        assert_eq!(found.how, "`GOPYRE_LIBPYTHON`");
        assert_eq!(found.path, Path::new("/opt/a/lib/libpython3.12.so.1.0"));
        assert_eq!(found.venv.as_deref(), Some(Path::new("/v")));
    }
    Ok(())
}

#[test]
fn an_empty_variable_is_unset() -> Result {
    let found = search(&rich().var("GOPYRE_LIBPYTHON", "").var("VIRTUAL_ENV", ""))?;
    assert_eq!(found.how, "`python3` on PATH (/usr/bin/python3)");
    assert_eq!(found.notes, [""; 0]);
    Ok(())
}

#[test]
fn a_choice_that_fails_is_final() -> Result {
    let missing = "/none/libpython3.12.so";
    let error = refused(&rich(), &library(missing))?;
    assert_eq!(
        error.message(),
        "the library given by `Builder::library` cannot be used"
    );
    let line = format!("`Builder::library`: `{missing}`: no such file");
    assert_eq!(error.candidates().collect::<Vec<_>>(), [line]);

    let error = refused(&rich().var("GOPYRE_LIBPYTHON", missing), &venv("/v"))?;
    assert_eq!(
        error.message(),
        "the library given by `GOPYRE_LIBPYTHON` cannot be used"
    );
    let line = format!("`GOPYRE_LIBPYTHON`: `{missing}`: no such file");
    assert_eq!(error.candidates().collect::<Vec<_>>(), [line]);

    let tree = rich()
        .python("/opt/c", "3.11", false)
        .venv("/w", "/opt/c/bin", "3.11");
    let error = refused(&tree, &venv("/w"))?;
    assert_eq!(error.message(), "no library for the venv `/w`");
    let line = "`Builder::venv` (/w): a static build with no shared library: no `libpython3.11.so.1.0` in `/opt/c/lib`";
    assert_eq!(error.candidates().collect::<Vec<_>>(), [line]);
    assert_eq!(
        error.help()[0],
        "build `/opt/c/bin/python3.11` with `--enable-shared`"
    );
    Ok(())
}

#[test]
fn what_opening_says_is_the_reason() -> Result {
    let tree = rich().program("/usr/lib/x86_64-linux-gnu/libm.so.6");
    let text = refused(&tree, &library("/usr/lib/x86_64-linux-gnu/libm.so.6"))?.to_string();
    assert!(
        text.contains(
            "`/usr/lib/x86_64-linux-gnu/libm.so.6`: not a CPython: no `Py_IsInitialized`\n"
        ),
        "{text}"
    );
    Ok(())
}

#[test]
fn a_given_relative_library_is_made_absolute() -> Result {
    let tree = rich().program("/cwd/libpython3.12.so");
    assert_eq!(
        search_for(&tree, &library("libpython3.12.so"))?.path,
        Path::new("/cwd/libpython3.12.so")
    );
    let text = refused(&tree, &library(""))?.to_string();
    assert!(
        text.contains("expected the path of a library, found an empty one\n"),
        "{text}"
    );
    Ok(())
}

#[test]
fn a_given_library_is_opened_once_and_nothing_else() -> Result {
    let tree = rich();
    let mut opened = Vec::new();
    let found = locate(&tree, &library("/opt/a/lib/libpython3.12.so"), |path| {
        opened.push(path.to_owned());
        by_name(&tree, path)
    })?;
    assert_eq!(opened, [found.path]);
    let mut opened = Vec::new();
    let refused = locate::<()>(&tree, &Request::default(), |path| {
        opened.push(path.to_owned());
        Err("not this one".to_owned())
    });
    assert!(refused.is_err());
    // `python3` and `python`, /usr/bin and /bin, and the system's folders lead to one file
    assert_eq!(
        opened,
        [Path::new("/usr/lib/x86_64-linux-gnu/libpython3.11.so.1.0")]
    );
    Ok(())
}
