//! Where each way of installing Python puts its library.

use std::path::Path;

use super::{Result, Tree, assert_found, library, refused, search, search_for};
use crate::runtime::locate::{Request, Tag, adopt, system::Os};

#[test]
fn debian_keeps_the_library_in_its_multiarch_folder() -> Result {
    let tree = Tree::debian("3.11").debian_library("3.11");
    assert_found(
        &search(&tree)?,
        "/usr/lib/x86_64-linux-gnu/libpython3.11.so.1.0",
        "/usr/bin/python3.11",
        "`python3` on PATH (/usr/bin/python3)",
    );
    Ok(())
}

#[test]
fn the_interpreter_of_a_debian_library_is_in_usr_bin_even_if_absent() -> Result {
    let tree = Tree::linux()
        .debian_library("3.12")
        .link("/lib", "/usr/lib");
    for path in [
        "/usr/lib/x86_64-linux-gnu/libpython3.12.so.1",
        "/lib/x86_64-linux-gnu/libpython3.12.so.1.0",
    ] {
        assert_found(
            &search_for(&tree, &library(path))?,
            path,
            "/usr/bin/python3.12",
            "`Builder::library`",
        );
    }
    Ok(())
}

#[test]
fn fedora_keeps_the_library_in_lib64() -> Result {
    let tree = Tree::linux()
        .var("PATH", "/usr/bin")
        .link("/usr/bin/python3", "python3.13")
        .program("/usr/bin/python3.13")
        .folder("/usr/lib64/python3.13")
        .program("/usr/lib64/libpython3.13.so.1.0");
    assert_found(
        &search(&tree)?,
        "/usr/lib64/libpython3.13.so.1.0",
        "/usr/bin/python3.13",
        "`python3` on PATH (/usr/bin/python3)",
    );
    Ok(())
}

#[test]
fn conda_is_found_by_its_prefix_after_path() -> Result {
    let tree = Tree::linux()
        .var("CONDA_PREFIX", "/opt/conda")
        .python("/opt/conda", "3.12", true);
    let (library, program) = (
        "/opt/conda/lib/libpython3.12.so.1.0",
        "/opt/conda/bin/python3.12",
    );
    assert_found(
        &search(&tree)?,
        library,
        program,
        "`CONDA_PREFIX` (/opt/conda)",
    );
    let tree = tree.var("PATH", "/opt/conda/bin");
    assert_found(
        &search(&tree)?,
        library,
        program,
        "`python3` on PATH (/opt/conda/bin/python3)",
    );
    Ok(())
}

#[test]
fn uv_is_searched_newest_first_and_releases_before_previews() -> Result {
    let root = "/home/u/.local/share/uv/python";
    let name = |version: &str| format!("{root}/cpython-{version}-linux-x86_64-gnu");
    let tree = Tree::linux()
        .python(&name("3.9.20"), "3.9", true)
        .python(&name("3.12.4"), "3.12", true)
        .python(&name("3.12.10"), "3.12", true)
        .python(&name("3.13.0rc1"), "3.13", true)
        .python(&name("3.12.11+freethreaded"), "3.12t", true)
        .folder(&format!("{root}/pypy-3.11.11-linux-x86_64-gnu"));
    let dir = name("3.12.10");
    assert_found(
        &search(&tree)?,
        &format!("{dir}/lib/libpython3.12.so.1.0"),
        &format!("{dir}/bin/python3.12"),
        &format!("an installation of uv ({dir}/bin/python3.12)"),
    );
    Ok(())
}

#[test]
fn uv_is_searched_where_its_variables_say() -> Result {
    let at = |root: &str| {
        Tree::linux().python(
            &format!("{root}/cpython-3.13.1-linux-x86_64-gnu"),
            "3.13",
            true,
        )
    };
    let found = search(&at("/data/uv/python").var("XDG_DATA_HOME", "/data"))?;
    assert_eq!(
        found.program,
        Path::new("/data/uv/python/cpython-3.13.1-linux-x86_64-gnu/bin/python3.13")
    );
    let tree = at("/py")
        .var("XDG_DATA_HOME", "/data")
        .var("UV_PYTHON_INSTALL_DIR", "/py");
    let found = search(&tree)?;
    assert_eq!(
        found.path,
        Path::new("/py/cpython-3.13.1-linux-x86_64-gnu/lib/libpython3.13.so.1.0")
    );
    Ok(())
}

#[test]
fn uv_works_on_macos() -> Result {
    let dir = "/Users/u/.local/share/uv/python/cpython-3.12.4-macos-aarch64-none";
    let tree = Tree::mac()
        .program(&format!("{dir}/bin/python3.12"))
        .program(&format!("{dir}/lib/libpython3.12.dylib"));
    let found = search(&tree)?;
    assert_eq!(
        found.path,
        Path::new(&format!("{dir}/lib/libpython3.12.dylib"))
    );
    assert_eq!(found.program, Path::new(&format!("{dir}/bin/python3.12")));
    Ok(())
}

fn homebrew() -> Tree {
    let cellar = "/opt/homebrew/Cellar/python@3.12/3.12.4";
    let version = format!("{cellar}/Frameworks/Python.framework/Versions/3.12");
    Tree::mac()
        .program(&format!("{version}/Python"))
        .program(&format!("{version}/bin/python3.12"))
        .link(&format!("{version}/bin/python3"), "python3.12")
        .link(
            &format!("{cellar}/bin/python3"),
            "../Frameworks/Python.framework/Versions/3.12/bin/python3",
        )
        .link(
            "/opt/homebrew/bin/python3",
            "../Cellar/python@3.12/3.12.4/bin/python3",
        )
        .link(
            "/opt/homebrew/opt/python@3.12",
            "../Cellar/python@3.12/3.12.4",
        )
}

#[test]
fn homebrew_keeps_the_library_in_a_framework() -> Result {
    let version =
        "/opt/homebrew/Cellar/python@3.12/3.12.4/Frameworks/Python.framework/Versions/3.12";
    let program = format!("{version}/bin/python3.12");
    let found = search(&homebrew().var("PATH", "/opt/homebrew/bin"))?;
    let how = "`python3` on PATH (/opt/homebrew/bin/python3)";
    assert_found(&found, &format!("{version}/Python"), &program, how);
    let opt = "/opt/homebrew/opt/python@3.12/Frameworks/Python.framework/Versions/3.12/Python";
    assert_found(
        &search(&homebrew())?,
        opt,
        &program,
        "the system's library folders",
    );
    Ok(())
}

#[test]
fn a_framework_of_python_org_is_found_newest_first() -> Result {
    let versions = "/Library/Frameworks/Python.framework/Versions";
    let tree = Tree::mac()
        .program(&format!("{versions}/3.9/Python"))
        .program(&format!("{versions}/3.13/Python"))
        .link(&format!("{versions}/Current"), "3.9");
    assert_found(
        &search(&tree)?,
        &format!("{versions}/3.13/Python"),
        &format!("{versions}/3.13/bin/python3.13"),
        "the system's library folders",
    );
    Ok(())
}

#[test]
fn a_free_threaded_framework_has_a_name_of_its_own() -> Result {
    let version = "/Library/Frameworks/PythonT.framework/Versions/3.13";
    let tree = Tree::mac()
        .var("PATH", &format!("{version}/bin"))
        .link(&format!("{version}/bin/python3"), "python3.13t")
        .program(&format!("{version}/bin/python3.13t"))
        .program(&format!("{version}/PythonT"));
    let found = search(&tree)?;
    assert_eq!(found.path, Path::new(&format!("{version}/PythonT")));
    assert_eq!(
        found.program,
        Path::new(&format!("{version}/bin/python3.13t"))
    );
    Ok(())
}

#[test]
fn a_file_named_python_outside_of_a_framework_is_no_library() -> Result {
    let tree = Tree::mac()
        .var("PATH", "/opt/py/bin")
        .program("/opt/py/bin/python3.12")
        .link("/opt/py/bin/python3", "python3.12")
        .program("/opt/py/Python");
    let text = refused(&tree, &Request::default())?.to_string();
    assert!(
        text.contains(
            "a static build with no shared library: no `libpython3.12.dylib` in `/opt/py`\n"
        ),
        "{text}"
    );
    Ok(())
}

#[test]
fn windows_keeps_the_library_beside_the_interpreter() -> Result {
    let tree = Tree::new(Os::Windows, "x86_64")
        .var("PATH", "/Python312")
        .program("/Python312/python.exe")
        .program("/Python312/python3.dll")
        .program("/Python312/python312.dll");
    let how = "`python` on PATH (/Python312/python.exe)";
    assert_found(
        &search(&tree)?,
        "/Python312/python312.dll",
        "/Python312/python.exe",
        how,
    );
    Ok(())
}

#[test]
fn the_systems_folders_are_searched_newest_first_across_folders() -> Result {
    let tree = Tree::linux()
        .debian_library("3.9")
        .program("/usr/lib64/libpython3.11.so.1.0")
        .program("/usr/local/lib/libpython3.13t.so.1.0")
        .program("/usr/local/lib/libpython3.13.so.1.0")
        .program("/usr/lib/libpython3.12.so.1.0");
    let (library, program) = (
        "/usr/local/lib/libpython3.13.so.1.0",
        "/usr/local/bin/python3.13",
    );
    assert_found(
        &search(&tree)?,
        library,
        program,
        "the system's library folders",
    );
    Ok(())
}

#[test]
fn an_interpreter_without_a_version_in_its_name_has_the_library_of_its_prefix() -> Result {
    let tree = Tree::linux()
        .var("PATH", "/opt/py/bin")
        .program("/opt/py/bin/python3")
        .folder("/opt/py/lib/python3.12")
        .program("/opt/py/lib/libpython3.12.so.1.0");
    let (library, program) = ("/opt/py/lib/libpython3.12.so.1.0", "/opt/py/bin/python3");
    assert_found(
        &search(&tree)?,
        library,
        program,
        "`python3` on PATH (/opt/py/bin/python3)",
    );
    Ok(())
}

#[test]
fn builds_keep_their_letters() -> Result {
    for abi in ["3.13t", "3.13d", "3.14td"] {
        let tree = Tree::linux()
            .var("PATH", "/opt/py/bin")
            .python("/opt/py", abi, true);
        let found = search(&tree)?;
        assert_eq!(
            found.path,
            Path::new(&format!("/opt/py/lib/libpython{abi}.so.1.0"))
        );
        assert_eq!(
            found.program,
            Path::new(&format!("/opt/py/bin/python{abi}"))
        );
        let path = format!("/opt/py/lib/libpython{abi}.so");
        let given = search_for(&tree, &library(&path))?;
        assert_eq!(given.program, found.program);
    }
    Ok(())
}

#[test]
fn a_static_interpreter_does_not_take_the_free_threaded_library() -> Result {
    let tree = Tree::linux()
        .var("PATH", "/opt/py/bin")
        .python("/opt/py", "3.13", false)
        .program("/opt/py/lib/libpython3.13t.so.1.0")
        .folder("/opt/py/lib/python3.13t");
    let text = refused(&tree, &Request::default())?.to_string();
    assert!(text.contains("no `libpython3.13.so.1.0` in"), "{text}");
    Ok(())
}

#[test]
fn the_forwarder_of_the_stable_abi_is_never_a_candidate() -> Result {
    let tree = Tree::linux().program("/usr/lib64/libpython3.so");
    let text = refused(&tree, &Request::default())?.to_string();
    assert!(
        text.contains("library folders: no `libpython3.x.so` in `/usr/lib64`"),
        "{text}"
    );
    let text = refused(&tree, &library("/usr/lib64/libpython3.so"))?.to_string();
    assert!(
        text.contains("`libpython3.so` only forwards the stable ABI"),
        "{text}"
    );
    Ok(())
}

#[test]
fn other_interpreters_and_scripts_are_named() -> Result {
    let tree = Tree::linux()
        .var("PATH", "/a:/b:/c")
        .link("/a/python3", "pypy3.10")
        .program("/a/pypy3.10")
        .file("/b/python3", "#!/bin/sh\nexec asdf exec python3\n")
        .link("/c/python3", "python3.8")
        .program("/c/python3.8");
    let text = refused(&tree, &Request::default())?.to_string();
    assert!(
        text.contains("(/a/python3): expected CPython, found `pypy3.10`\n"),
        "{text}"
    );
    assert!(
        text.contains("(/b/python3): a script, which is not run to find out what it starts\n"),
        "{text}"
    );
    assert!(
        text.contains(
            "(/c/python3): CPython 3.8 is older than 3.9, the oldest that gopyre supports\n"
        ),
        "{text}"
    );
    Ok(())
}

#[test]
fn an_adopted_library_names_its_interpreter() -> Result {
    let tree = Tree::debian("3.11").debian_library("3.11");
    let request = Request::default();
    let program = |path: Option<&str>, version| {
        adopt(
            &tree,
            &request,
            path.map(Path::new),
            Tag::new(version, false),
        )
        .map(|(program, ..)| program)
    };
    let path = "/usr/lib/x86_64-linux-gnu/libpython3.11.so.1.0";
    assert_eq!(
        program(Some(path), (3, 11))?,
        Path::new("/usr/bin/python3.11")
    );
    assert_eq!(
        program(Some("/opt/x/bin/python3.9"), (3, 9))?,
        Path::new("/opt/x/bin/python3.9")
    );
    assert_eq!(
        program(Some("/opt/host"), (3, 11))?,
        Path::new("/usr/bin/python3.11")
    );
    assert_eq!(program(None, (3, 11))?, Path::new("/usr/bin/python3.11"));
    assert_eq!(program(None, (3, 12))?, Path::new("python3.12"));
    Ok(())
}
