//! pyenv's shims, read and never run.

use std::path::Path;

use super::{Result, Tree, refused, search};
use crate::runtime::locate::Request;

const SHIM: &str = "#!/usr/bin/env bash\nset -e\nprogram=\"${0##*/}\"\n\
    export PYENV_ROOT=\"/home/u/.pyenv\"\nexec \"/home/u/.pyenv/libexec/pyenv\" exec \"$program\" \"$@\"\n";

fn pyenv() -> Tree {
    Tree::linux()
        .var("PATH", "/home/u/.pyenv/shims:/usr/bin")
        .file("/home/u/.pyenv/shims/python3", SHIM)
        .file("/home/u/.pyenv/shims/python", SHIM)
        .python("/home/u/.pyenv/versions/3.10.13", "3.10", true)
        .python("/home/u/.pyenv/versions/3.12.1", "3.12", true)
        .python("/home/u/.pyenv/versions/3.12.10", "3.12", true)
        .python("/home/u/.pyenv/versions/3.11.7", "3.11", false)
}

fn found(tree: &Tree) -> Result<String> {
    let found = search(tree)?;
    let program = found.program.strip_prefix("/home/u/.pyenv/versions")?;
    Ok(program.display().to_string())
}

#[test]
fn the_global_version_is_taken() -> Result {
    let tree = pyenv().file("/home/u/.pyenv/version", "3.12.1\n");
    assert_eq!(found(&tree)?, "3.12.1/bin/python3.12");
    let how = "`python3` on PATH (/home/u/.pyenv/shims/python3), pyenv's `3.12.1`";
    assert_eq!(search(&tree)?.how, how);
    Ok(())
}

#[test]
fn the_variable_wins_over_the_global_version() -> Result {
    let tree = pyenv().file("/home/u/.pyenv/version", "3.12.1\n");
    assert_eq!(
        found(&tree.clone().var("PYENV_VERSION", "3.10.13"))?,
        "3.10.13/bin/python3.10"
    );
    assert_eq!(
        found(&tree.var("PYENV_VERSION", ""))?,
        "3.12.1/bin/python3.12"
    );
    Ok(())
}

#[test]
fn of_several_versions_the_first_usable_is_taken() -> Result {
    let tree = pyenv().file(
        "/home/u/.pyenv/version",
        "# ours\n3.99.0\n3.11.7 3.10.13\n3.12.1\n",
    );
    assert_eq!(found(&tree)?, "3.10.13/bin/python3.10");
    let tree = pyenv().var("PYENV_VERSION", "system:python-3.12.1:3.10.13");
    assert_eq!(found(&tree)?, "3.12.1/bin/python3.12");
    Ok(())
}

#[test]
fn the_start_of_a_version_means_its_newest() -> Result {
    assert_eq!(
        found(&pyenv().var("PYENV_VERSION", "3.12"))?,
        "3.12.10/bin/python3.12"
    );
    Ok(())
}

#[test]
fn the_version_file_of_the_current_directory_is_not_read() -> Result {
    let tree = pyenv()
        .file("/cwd/.python-version", "3.10.13\n")
        .file("/home/u/.pyenv/version", "3.12.1\n");
    assert_eq!(found(&tree)?, "3.12.1/bin/python3.12");
    Ok(())
}

#[test]
fn a_shim_is_known_by_its_text_and_by_its_folder() -> Result {
    let tree = pyenv()
        .var("PATH", "/shortcuts")
        .file("/shortcuts/python3", SHIM)
        .file("/home/u/.pyenv/version", "3.12.1");
    assert_eq!(found(&tree)?, "3.12.1/bin/python3.12");
    let tree = Tree::linux()
        .var("PYENV_ROOT", "/py")
        .var("PATH", "/py/shims")
        .program("/py/shims/python3")
        .file("/py/version", "3.12.1")
        .python("/py/versions/3.12.1", "3.12", true);
    assert_eq!(
        search(&tree)?.program,
        Path::new("/py/versions/3.12.1/bin/python3.12")
    );
    Ok(())
}

#[test]
fn the_systems_version_is_that_further_down_the_path() -> Result {
    let tree = pyenv()
        .program("/usr/bin/python3.13")
        .link("/usr/bin/python3", "python3.13")
        .program("/usr/lib64/libpython3.13.so.1.0");
    for tree in [
        tree.clone(),
        tree.file("/home/u/.pyenv/version", "system\n"),
    ] {
        assert_eq!(search(&tree)?.program, Path::new("/usr/bin/python3.13"));
    }
    Ok(())
}

#[test]
fn the_systems_version_is_no_candidate_of_its_own() -> Result {
    let tree = pyenv().var("PYENV_VERSION", "system");
    let text = refused(&tree, &Request::default())?.to_string();
    assert!(!text.contains("pyenv's"), "{text}");
    Ok(())
}

#[test]
fn a_venv_of_pyenv_is_a_venv() -> Result {
    let tree = pyenv()
        .venv(
            "/home/u/.pyenv/versions/tools",
            "/home/u/.pyenv/versions/3.12.1/bin",
            "3.12",
        )
        .var("PYENV_VERSION", "tools");
    let found = search(&tree)?;
    assert_eq!(
        found.venv.as_deref(),
        Some(Path::new("/home/u/.pyenv/versions/tools"))
    );
    assert_eq!(
        found.path,
        Path::new("/home/u/.pyenv/versions/3.12.1/lib/libpython3.12.so.1.0")
    );
    Ok(())
}

#[test]
fn versions_outside_of_pyenv_are_not_followed() -> Result {
    let tree = pyenv().python("/evil", "3.12", true);
    for name in ["../../../../evil", "/evil", ".."] {
        let tree = tree.clone().var("PYENV_VERSION", name);
        let text = refused(&tree, &Request::default())?.to_string();
        assert!(
            text.contains(&format!(
                "pyenv's `{name}`: `PYENV_VERSION` selects it, and it is not installed"
            )),
            "{text}"
        );
    }
    Ok(())
}

#[test]
fn a_static_build_says_so_and_how_to_build_it() -> Result {
    let tree = pyenv().file("/home/u/.pyenv/version", "3.11.7\n");
    let text = refused(&tree, &Request::default())?.to_string();
    assert!(text.contains("pyenv's `3.11.7`: a static build with no shared library: no `libpython3.11.so.1.0` in `/home/u/.pyenv/versions/3.11.7/lib`\n"), "{text}");
    assert!(text.contains("help: `PYTHON_CONFIGURE_OPTS=--enable-shared pyenv install --force 3.11.7` builds it with a shared library\n"), "{text}");
    Ok(())
}
