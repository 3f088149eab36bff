//! The whole text of a search that found nothing.

use super::{Request, Result, Tree, library, refused, venv};
use crate::runtime::locate::{LibraryError, system::Os};

#[test]
fn debian_with_a_static_interpreter() -> Result {
    let expected = "no CPython that gopyre can use was found
  `GOPYRE_LIBPYTHON`: not set
  `VIRTUAL_ENV`: not set
  `python3` on PATH (/usr/bin/python3): a static build with no shared library: no `libpython3.11.so.1.0` in `/usr/lib/x86_64-linux-gnu`, `/usr/lib`
  an installation of uv: there is none in `/home/u/.local/share/uv/python`
  the system's library folders: no `libpython3.x.so` in `/usr/lib/x86_64-linux-gnu`, `/usr/lib`
help: `apt install libpython3.11` installs the library of `/usr/bin/python3.11`
help: `uv python install` installs one that gopyre finds
help: `GOPYRE_LIBPYTHON=/path/to/libpython3.x.so` names a library";
    let error = refused(&Tree::debian("3.11"), &Request::default())?;
    assert_eq!(error.to_string(), expected);
    assert_eq!(format!("{error:?}"), expected);
    Ok(())
}

#[test]
fn macos_with_nothing() -> Result {
    let tree = Tree::mac()
        .var("PATH", "/usr/bin")
        .program("/usr/bin/python3");
    let expected = "no CPython that gopyre can use was found
  `GOPYRE_LIBPYTHON`: not set
  `VIRTUAL_ENV`: not set
  `python3` on PATH (/usr/bin/python3): the stub that starts Xcode's Python
  an installation of uv: there is none in `/Users/u/.local/share/uv/python`
  the system's library folders: there are none
help: `brew install python` installs a Python with its library
help: `uv python install` installs one that gopyre finds
help: `GOPYRE_LIBPYTHON=/path/to/libpython3.x.dylib` names a library";
    assert_eq!(refused(&tree, &Request::default())?.to_string(), expected);
    Ok(())
}

#[test]
fn an_empty_linux() -> Result {
    let expected = "no CPython that gopyre can use was found
  `GOPYRE_LIBPYTHON`: not set
  `VIRTUAL_ENV`: not set
  `python3` on PATH: there is none
  an installation of uv: there is none
  the system's library folders: there are none
help: `uv python install` installs one that gopyre finds
help: `GOPYRE_LIBPYTHON=/path/to/libpython3.x.so` names a library";
    let tree = Tree::new(Os::Unix, "x86_64");
    assert_eq!(refused(&tree, &Request::default())?.to_string(), expected);
    Ok(())
}

#[test]
fn each_system_has_its_own_command() -> Result {
    for (release, command) in [
        ("ID=ubuntu\nID_LIKE=debian\n", "apt install libpython3-dev"),
        (
            "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n",
            "apt install libpython3-dev",
        ),
        ("ID=fedora\n", "dnf install python3-libs"),
        (
            "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n",
            "dnf install python3-libs",
        ),
        (
            "ID=opensuse-leap\nID_LIKE=\"suse opensuse\"\n",
            "zypper install python3-devel",
        ),
        ("ID=arch\n", "pacman -S python"),
        ("ID=alpine\n", "apk add python3"),
    ] {
        let tree = Tree::linux().file("/etc/os-release", release);
        let error = refused(&tree, &Request::default())?;
        assert_eq!(
            error.help()[0],
            format!("`{command}` installs a Python with its library")
        );
    }
    let windows = refused(&Tree::new(Os::Windows, "x86_64"), &Request::default())?;
    assert_eq!(
        windows.help()[0],
        "`winget install Python.Python.3.13` installs a Python with its library"
    );
    Ok(())
}

#[test]
fn a_chosen_library_that_is_missing() -> Result {
    let expected = "the library given by `Builder::library` cannot be used
  `Builder::library`: `/opt/libpython3.12.so`: no such file
help: mend the path, or leave it out to let gopyre look for a Python by itself";
    let error = refused(&Tree::debian("3.11"), &library("/opt/libpython3.12.so"))?;
    assert_eq!(error.to_string(), expected);
    Ok(())
}

#[test]
fn an_interpreter_in_the_place_of_a_library_leads_to_its_library() -> Result {
    let tree = Tree::debian("3.11").python("/p", "3.12", true);
    let unset = "or unset `GOPYRE_LIBPYTHON` to let gopyre look for a Python by itself";
    for (path, mend) in [
        (
            "/p/bin/python3",
            "`GOPYRE_LIBPYTHON=/p/lib/libpython3.12.so.1.0` names the library of this interpreter",
        ),
        (
            "/usr/bin/python3",
            "`apt install libpython3.11` installs the library of `/usr/bin/python3.11`",
        ),
    ] {
        let tree = tree.clone().var("GOPYRE_LIBPYTHON", path);
        let error = refused(&tree, &Request::default())?;
        assert_eq!(error.help(), [mend, unset], "{path}");
    }
    assert_eq!(
        refused(&tree, &library("/p/bin/python3"))?.help(),
        [
            "`Builder::library(\"/p/lib/libpython3.12.so.1.0\")` names the library of this interpreter",
            "or leave it out to let gopyre look for a Python by itself",
        ]
    );
    let tree = tree.var("GOPYRE_LIBPYTHON", "/p/bin/python4");
    assert_eq!(
        refused(&tree, &Request::default())?.help(),
        ["mend the path, or unset `GOPYRE_LIBPYTHON` to let gopyre look for a Python by itself"]
    );
    Ok(())
}

#[test]
fn a_venv_is_only_to_be_made_where_nothing_else_is() -> Result {
    let tree = Tree::debian("3.11")
        .folder("/conda/conda-meta")
        .file("/broken/pyvenv.cfg", "home = /usr/bin\n");
    for (dir, help) in [
        ("/none", "`python3 -m venv /none` makes it"),
        ("/broken", "`python3 -m venv /broken` makes it"),
        ("/usr", "give the folder that holds `pyvenv.cfg`"),
        ("/etc/os-release", "give the folder that holds `pyvenv.cfg`"),
        ("", "give the folder that holds `pyvenv.cfg`"),
        (
            "/conda",
            "`GOPYRE_LIBPYTHON=/conda/lib/libpython3.x.so` uses the environment as it is",
        ),
    ] {
        assert_eq!(refused(&tree, &venv(dir))?.help(), [help], "{dir}");
    }
    Ok(())
}

#[test]
fn the_error_can_be_sent_and_shared() {
    fn check<T: std::error::Error + Send + Sync + 'static>() {}
    check::<LibraryError>();
}
