//! The order of the places, and the place that is never searched.

use std::path::Path;

use super::{Request, Result, Tree, by_name, refused, search};
use crate::runtime::locate::locate;

#[test]
fn the_places_come_in_their_order() -> Result {
    let uv = "/home/u/.local/share/uv/python/cpython-3.13.1-linux-x86_64-gnu";
    let tree = Tree::linux()
        .var("PATH", "/a/bin:/b/bin")
        .var("VIRTUAL_ENV", "/v")
        .var("CONDA_PREFIX", "/conda")
        .python("/base", "3.10", true)
        .venv("/v", "/base/bin", "3.10")
        .python("/a", "3.11", true)
        .python("/b", "3.12", true)
        .python("/conda", "3.9", true)
        .python(uv, "3.13", true)
        .program("/usr/lib64/libpython3.14.so.1.0")
        .program("/usr/lib64/libpython3.15.so.1.0");
    let mut opened = Vec::new();
    let refused = locate::<()>(&tree, &Request::default(), |path| {
        opened.push(path.display().to_string());
        Err("not this one".to_owned())
    });
    let error = refused.err().ok_or("found one")?;
    let expected = [
        ("`VIRTUAL_ENV` (/v)", "/base/lib/libpython3.10.so.1.0"),
        (
            "`python3` on PATH (/a/bin/python3)",
            "/a/lib/libpython3.11.so.1.0",
        ),
        (
            "`python3` on PATH (/b/bin/python3)",
            "/b/lib/libpython3.12.so.1.0",
        ),
        ("`CONDA_PREFIX` (/conda)", "/conda/lib/libpython3.9.so.1.0"),
        (
            &format!("an installation of uv ({uv}/bin/python3.13)"),
            &format!("{uv}/lib/libpython3.13.so.1.0"),
        ),
        (
            "the system's library folders",
            "/usr/lib64/libpython3.15.so.1.0",
        ),
        (
            "the system's library folders",
            "/usr/lib64/libpython3.14.so.1.0",
        ),
    ];
    assert_eq!(opened, expected.map(|(_, path)| path.to_owned()));
    let lines = expected.map(|(how, path)| format!("{how}: `{path}`: not this one"));
    let found: Vec<String> = error.candidates().skip(1).collect();
    assert_eq!(found, lines);
    // each is taken once those before it are refused
    for (n, (how, path)) in expected.iter().enumerate() {
        let mut left = n;
        let found = locate(&tree, &Request::default(), |path| {
            if left > 0 {
                left -= 1;
                return Err("not this one".to_owned());
            }
            by_name(&tree, path)
        })?;
        assert_eq!(
            (found.how.as_str(), found.path.as_path()),
            (*how, Path::new(path))
        );
    }
    Ok(())
}

#[test]
fn python3_comes_before_python() -> Result {
    let tree = Tree::linux()
        .var("PATH", "/a:/b/bin")
        .link("/a/python", "/a/py/bin/python3.9")
        .python("/a/py", "3.9", true)
        .python("/b", "3.12", true);
    assert_eq!(search(&tree)?.how, "`python3` on PATH (/b/bin/python3)");
    Ok(())
}

#[test]
fn relative_and_empty_entries_of_path_are_skipped() -> Result {
    let tree = Tree::linux()
        .python("/cwd", "3.12", true)
        .link("/cwd/python3", "bin/python3")
        .venv("/cwd/.venv", "/cwd/bin", "3.12");
    for path in [
        "",
        ":",
        ".",
        "./bin",
        "bin",
        ":bin:.venv/bin:",
        "../cwd/bin",
    ] {
        let text = refused(&tree.clone().var("PATH", path), &Request::default())?.to_string();
        assert!(
            text.contains("`python3` on PATH: there is none\n"),
            "{path}: {text}"
        );
    }
    Ok(())
}

#[test]
fn the_current_directory_is_never_searched() -> Result {
    let tree = Tree::linux()
        .python("/cwd", "3.12", true)
        .program("/cwd/libpython3.12.so.1.0")
        .python("/cwd/py/cpython-3.12.1-linux-x86_64-gnu", "3.12", true)
        .python("/cwd/versions/3.12.1", "3.12", true)
        .file("/cwd/version", "3.12.1")
        .file("/cwd/.python-version", "3.12.1")
        .venv("/cwd/.venv", "/cwd/bin", "3.12")
        .var("PATH", ".:/cwd/none")
        .var("VIRTUAL_ENV", ".venv")
        .var("PYENV_ROOT", ".")
        .var("UV_PYTHON_INSTALL_DIR", "py")
        .var("XDG_DATA_HOME", ".")
        .var("CONDA_PREFIX", ".")
        .var("HOME", ".");
    refused(&tree, &Request::default())?;
    Ok(())
}
