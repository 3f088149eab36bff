//! Virtual environments: given, active, and around an interpreter.

use std::path::Path;

use super::{Request, Result, Tree, library, refused, search, search_for, venv};
use crate::runtime::{
    locate::{adopt, names::Tag, system::Os},
    venv::{Config, Venv},
};

const LIBRARY: &str = "/usr/lib/x86_64-linux-gnu/libpython3.11.so.1.0";

fn debian() -> Tree {
    Tree::debian("3.11")
        .debian_library("3.11")
        .venv("/v", "/usr/bin", "3.11")
}

#[test]
fn a_given_venv_leads_to_its_library() -> Result {
    let found = search_for(&debian(), &venv("/v"))?;
    assert_eq!(found.path, Path::new(LIBRARY));
    assert_eq!(found.program, Path::new("/v/bin/python"));
    assert_eq!(found.venv.as_deref(), Some(Path::new("/v")));
    assert_eq!(found.how, "`Builder::venv` (/v)");
    Ok(())
}

#[test]
fn a_given_relative_venv_is_made_absolute() -> Result {
    let tree = debian().venv("/cwd/.venv", "/usr/bin", "3.11");
    let found = search_for(&tree, &venv(".venv"))?;
    assert_eq!(found.program, Path::new("/cwd/.venv/bin/python"));
    Ok(())
}

#[test]
fn an_active_venv_leads_to_its_library_before_path() -> Result {
    let tree = debian()
        .var("VIRTUAL_ENV", "/w")
        .python("/opt/py", "3.12", true)
        .venv("/w", "/opt/py/bin", "3.12");
    let found = search(&tree)?;
    assert_eq!(found.path, Path::new("/opt/py/lib/libpython3.12.so.1.0"));
    assert_eq!(found.program, Path::new("/w/bin/python"));
    assert_eq!(found.how, "`VIRTUAL_ENV` (/w)");
    Ok(())
}

#[test]
fn venvs_of_virtualenv_and_uv_are_read() -> Result {
    let base = "/home/u/.local/share/uv/python/cpython-3.12.4-linux-x86_64-gnu";
    let virtualenv = format!(
        "home = {base}/bin\nimplementation = CPython\nversion_info = 3.12.4.final.0\nvirtualenv = 20.26.6\n\
         include-system-site-packages = false\nbase-prefix = {base}\nbase-executable = {base}/bin/python3.12\nversion = 3.12.4\n"
    );
    let uv = format!(
        "home = {base}/bin\nimplementation = CPython\nuv = 0.5.1\nversion_info = 3.12.4\ninclude-system-site-packages = false\n"
    );
    let spaces = format!("HOME={base}/bin\nVersion   =   3.12\n\n# a remark\n");
    for text in [virtualenv, uv, spaces] {
        let tree = Tree::linux()
            .python(base, "3.12", true)
            .file("/v/pyvenv.cfg", &text)
            // copies, as `--copies` makes them
            .program("/v/bin/python3")
            .folder("/v/lib/python3.12/site-packages");
        let found = search_for(&tree, &venv("/v"))?;
        assert_eq!(
            found.path,
            Path::new(&format!("{base}/lib/libpython3.12.so.1.0"))
        );
        assert_eq!(found.program, Path::new("/v/bin/python3"));
    }
    Ok(())
}

#[test]
fn a_venv_of_windows_has_its_own_folders() -> Result {
    let tree = Tree::new(Os::Windows, "x86_64")
        .file("/v/pyvenv.cfg", "home = /Python312\nversion = 3.12.4\n")
        .program("/v/Scripts/python.exe")
        .folder("/v/Lib/site-packages")
        .program("/Python312/python.exe")
        .program("/Python312/python312.dll");
    let found = search_for(&tree, &venv("/v"))?;
    assert_eq!(found.path, Path::new("/Python312/python312.dll"));
    assert_eq!(found.program, Path::new("/v/Scripts/python.exe"));
    Ok(())
}

#[test]
fn an_interpreter_on_path_counts_as_the_venv_it_is_in() -> Result {
    let found = search(&debian().var("PATH", "/v/bin:/usr/bin"))?;
    assert_eq!(found.program, Path::new("/v/bin/python"));
    assert_eq!(found.venv.as_deref(), Some(Path::new("/v")));
    assert_eq!(found.how, "`python3` on PATH (/v/bin/python3)");
    Ok(())
}

#[test]
fn a_venv_is_used_with_a_given_library_of_its_version() -> Result {
    let tree = debian().python("/opt/py", "3.11", true);
    let path = "/opt/py/lib/libpython3.11.so";
    let given = Request {
        venv: Some("/v".into()),
        ..library(path)
    };
    for found in [
        search_for(&tree, &given)?,
        search_for(&tree.var("VIRTUAL_ENV", "/v"), &library(path))?,
    ] {
        assert_eq!(found.path, Path::new(path));
        assert_eq!(found.program, Path::new("/v/bin/python"));
        assert_eq!(found.notes, [""; 0]);
    }
    Ok(())
}

#[test]
fn a_given_venv_of_another_version_is_an_error_that_names_both() -> Result {
    let tree = debian().python("/opt/py", "3.12", true);
    let request = Request {
        venv: Some("/v".into()),
        ..library("/opt/py/lib/libpython3.12.so")
    };
    let expected = "the venv `/v` does not fit the library
  `Builder::venv`: it is of Python 3.11, and the library is of 3.12
help: `/opt/py/bin/python3.12 -m venv --clear /v` makes the venv anew for the library
help: or open the library of the venv, a `libpython3.11.so`: it is found if no other is given";
    assert_eq!(refused(&tree, &request)?.to_string(), expected);
    let path = Path::new("/opt/py/lib/libpython3.12.so.1.0");
    let error = adopt(&tree, &venv("/v"), Some(path), Tag::new((3, 12), false))
        .err()
        .ok_or("adopted")?;
    assert_eq!(error.to_string(), expected);
    Ok(())
}

#[test]
fn an_active_venv_of_another_version_is_left_out_with_a_note() -> Result {
    let tree = debian()
        .python("/opt/py", "3.12", true)
        .var("VIRTUAL_ENV", "/v");
    let note = "`VIRTUAL_ENV` (/v) is left out: it is of Python 3.11, and the library is of 3.12";
    let path = "/opt/py/lib/libpython3.12.so.1.0";
    let found = search_for(&tree, &library(path))?;
    assert_eq!(found.program, Path::new("/opt/py/bin/python3.12"));
    assert_eq!(found.venv, None);
    assert_eq!(found.notes, [note]);
    let adopted = adopt(
        &tree,
        &Request::default(),
        Some(Path::new(path)),
        Tag::new((3, 12), false),
    )?;
    assert_eq!(
        adopted,
        ("/opt/py/bin/python3.12".into(), None, vec![note.to_owned()])
    );
    Ok(())
}

#[test]
fn an_adopted_library_gets_the_venv_that_fits() -> Result {
    let expected = ("/v/bin/python".into(), Some("/v".into()), Vec::new());
    let path = Some(Path::new(LIBRARY));
    assert_eq!(
        adopt(&debian(), &venv("/v"), path, Tag::new((3, 11), false))?,
        expected
    );
    let tree = debian().var("VIRTUAL_ENV", "/v");
    assert_eq!(
        adopt(&tree, &Request::default(), None, Tag::new((3, 11), false))?,
        expected
    );
    Ok(())
}

#[test]
fn an_unusable_active_venv_is_no_error() -> Result {
    for (dir, reason) in [
        ("/none", "no such folder"),
        ("/usr", "no `pyvenv.cfg` in it, so it is no venv"),
        ("v", "expected an absolute path, found a relative one"),
    ] {
        let found = search(&debian().var("VIRTUAL_ENV", dir))?;
        assert_eq!(found.program, Path::new("/usr/bin/python3.11"));
        assert_eq!(
            found.notes,
            [format!("`VIRTUAL_ENV` ({dir}) is left out: {reason}")]
        );
    }
    Ok(())
}

#[test]
fn an_active_venv_without_a_library_is_used_with_one_of_its_version() -> Result {
    let tree = debian()
        .python("/opt/py", "3.11", false)
        .venv("/w", "/opt/py/bin", "3.11")
        .var("VIRTUAL_ENV", "/w");
    let found = search(&tree)?;
    assert_eq!(found.path, Path::new(LIBRARY));
    assert_eq!(found.program, Path::new("/w/bin/python"));
    Ok(())
}

#[test]
fn the_build_of_a_venv_must_fit_too() -> Result {
    let tree = Tree::linux()
        .python("/opt/py", "3.13", true)
        .python("/opt/pyt", "3.13t", true)
        .file("/v/pyvenv.cfg", "home = /opt/pyt/bin\nversion = 3.13.1\n")
        .link("/v/bin/python", "/opt/pyt/bin/python3.13t")
        .folder("/v/lib/python3.13t/site-packages");
    assert_eq!(
        search_for(&tree, &venv("/v"))?.path,
        Path::new("/opt/pyt/lib/libpython3.13t.so.1.0")
    );
    let request = Request {
        venv: Some("/v".into()),
        ..library("/opt/py/lib/libpython3.13.so")
    };
    let text = refused(&tree, &request)?.to_string();
    assert!(
        text.contains("it is of Python 3.13t, and the library is of 3.13\n"),
        "{text}"
    );
    Ok(())
}

#[test]
fn a_venv_of_a_debug_build_gets_its_library() -> Result {
    let tree = Tree::linux()
        .python("/usr", "3.13", true)
        .program("/usr/bin/python3.13d")
        .program("/usr/lib/libpython3.13d.so.1.0")
        .venv("/v", "/usr/bin", "3.13")
        .file("/d/pyvenv.cfg", "home = /usr/bin\nversion = 3.13.1\n")
        .link("/d/bin/python", "/usr/bin/python3.13d")
        .folder("/d/lib/python3.13/site-packages");
    let found = |request: &Request| search_for(&tree, request).map(|found| found.path);
    let (debug, plain) = (
        "/usr/lib/libpython3.13d.so.1.0",
        "/usr/lib/libpython3.13.so.1.0",
    );
    assert_eq!(found(&venv("/d"))?, Path::new(debug));
    assert_eq!(found(&venv("/v"))?, Path::new(plain));
    let with = |path: &str, dir: &str| Request {
        venv: Some(dir.into()),
        ..library(path)
    };
    // A debug build imports what was built for the other one, too.
    assert_eq!(found(&with(debug, "/v"))?, Path::new(debug));
    assert_eq!(found(&with(debug, "/d"))?, Path::new(debug));
    let text = refused(&tree, &with(plain, "/d"))?.to_string();
    assert!(
        text.contains("it is of Python 3.13d, and the library is of 3.13\n"),
        "{text}"
    );
    Ok(())
}

#[test]
fn each_flaw_of_a_given_venv_is_an_error_of_its_own() -> Result {
    let cfg = "home = /usr/bin\nversion = 3.11.2\n";
    let tree = debian()
        .folder("/empty")
        .folder("/conda/conda-meta")
        .file("/nolib/pyvenv.cfg", cfg)
        .file("/nopython/pyvenv.cfg", cfg)
        .folder("/nopython/lib/python3.9/site-packages")
        .file("/nosite/pyvenv.cfg", cfg)
        .folder("/nosite/lib/python3.11")
        .file("/nohome/pyvenv.cfg", "version = 3.11\n")
        .folder("/nohome/lib/python3.11/site-packages")
        .venv("/gone", "/opt/gone/bin", "3.11");
    for (dir, reason) in [
        ("", "expected the folder of a venv, found an empty path"),
        ("/none", "no such folder"),
        ("/v/pyvenv.cfg", "no such folder"),
        ("/empty", "no `pyvenv.cfg` in it, so it is no venv"),
        (
            "/conda",
            "no `pyvenv.cfg` in it, so it is a conda environment",
        ),
        (
            "/nolib",
            "expected packages in `/nolib/lib/python3.11/site-packages`, found no folder `/nolib/lib`",
        ),
        (
            "/nopython",
            "expected packages in `/nopython/lib/python3.11/site-packages`, found no folder `/nopython/lib/python3.11`",
        ),
        (
            "/nosite",
            "expected packages in `/nosite/lib/python3.11/site-packages`, found no folder `/nosite/lib/python3.11/site-packages`",
        ),
    ] {
        let error = refused(&tree, &venv(dir))?;
        assert_eq!(error.message(), format!("the venv `{dir}` cannot be used"));
        assert_eq!(
            error.candidates().collect::<Vec<_>>(),
            [format!("`Builder::venv`: {reason}")]
        );
        assert_eq!(error.help().len(), 1);
        // a library beside it mends nothing
        let request = Request {
            venv: Some(dir.into()),
            ..library(LIBRARY)
        };
        assert_eq!(refused(&tree, &request)?, error);
    }
    for (dir, reason) in [
        (
            "/nohome",
            "its base Python is gone, no `/nohome/bin/python`",
        ),
        (
            "/gone",
            "its base Python is gone, no `/opt/gone/bin/python3`",
        ),
    ] {
        let error = refused(&tree, &venv(dir))?;
        assert_eq!(error.message(), format!("no library for the venv `{dir}`"));
        assert_eq!(
            error.candidates().collect::<Vec<_>>(),
            [format!("`Builder::venv` ({dir}): {reason}")]
        );
    }
    Ok(())
}

#[test]
fn a_copied_interpreter_is_not_taken_for_the_base() -> Result {
    let tree = Tree::linux()
        .file("/v/pyvenv.cfg", "home = /gone/bin\nversion = 3.12.1\n")
        .program("/v/bin/python")
        .folder("/v/lib/python3.12/site-packages");
    let error = refused(&tree, &venv("/v"))?;
    let line = "`Builder::venv` (/v): its base Python is gone, no `/gone/bin/python3`";
    assert_eq!(error.candidates().collect::<Vec<_>>(), [line]);
    Ok(())
}

#[test]
fn an_active_venv_wins_over_the_one_around_the_interpreter() -> Result {
    let tree = debian()
        .var("PATH", "/v/bin")
        .python("/opt/py", "3.11", false)
        .venv("/w", "/opt/py/bin", "3.11")
        .var("VIRTUAL_ENV", "/w");
    let found = search(&tree)?;
    assert_eq!(found.how, "`python3` on PATH (/v/bin/python3)");
    assert_eq!(found.venv.as_deref(), Some(Path::new("/w")));
    Ok(())
}

#[test]
fn a_venv_whose_base_was_upgraded_says_so() -> Result {
    let tree = Tree::debian("3.12")
        .debian_library("3.12")
        .file("/v/pyvenv.cfg", "home = /usr/bin\nversion = 3.11.2\n")
        .link("/v/bin/python", "/usr/bin/python3")
        .folder("/v/lib/python3.11/site-packages");
    let text = refused(&tree, &venv("/v"))?.to_string();
    assert!(
        text.contains(
            "`/usr/bin/python3.12` is of another version now, and no `libpython3.11.so.1.0` in"
        ),
        "{text}"
    );
    // an active one does not keep PATH's Python from being found
    let found = search(&tree.var("VIRTUAL_ENV", "/v"))?;
    assert_eq!(found.how, "`python3` on PATH (/usr/bin/python3)");
    assert_eq!(found.program, Path::new("/usr/bin/python3.12"));
    assert_eq!(
        found.notes,
        ["`VIRTUAL_ENV` (/v) is left out: it is of Python 3.11, and the library is of 3.12"]
    );
    Ok(())
}

#[test]
fn settings_are_read_whatever_their_case_and_spaces() {
    let config = Config::parse(
        "\u{feff}Home=/usr/bin\r\n include-system-site-packages  =  True \nnonsense\nprompt = a = b\n",
    );
    assert_eq!(config.get("home"), Some("/usr/bin"));
    assert_eq!(config.get("include-system-site-packages"), Some("True"));
    assert_eq!(config.get("prompt"), Some("a = b"));
    assert_eq!(config.get("nonsense"), None);
}

#[test]
fn the_version_of_a_venv_is_known_without_the_setting() -> Result {
    let tree = Tree::linux()
        .python("/opt/py", "3.12", true)
        .file("/v/pyvenv.cfg", "home = /opt/py/bin\n")
        .link("/v/bin/python", "/opt/py/bin/python3")
        .folder("/v/lib/python3.12/site-packages")
        .folder("/v/lib/python3.13/site-packages");
    let read = Venv::read(&tree, Path::new("/v"))?;
    assert_eq!(read.tag(), Some(Tag::new((3, 12), false)));
    Ok(())
}
