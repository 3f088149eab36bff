//! The Pythons of this machine.

use std::path::{Path, PathBuf};

/// Every libpython that can be found, whatever its version, each once.
pub fn libraries() -> Vec<PathBuf> {
    let home = std::env::var_os("HOME")
        .map(PathBuf::from)
        .unwrap_or_default();
    let pyenv = std::env::var_os("PYENV_ROOT").map_or_else(|| home.join(".pyenv"), PathBuf::from);
    let mut folders: Vec<PathBuf> = [
        "/usr/lib",
        "/usr/lib64",
        "/usr/local/lib",
        "/opt/homebrew/lib",
    ]
    .map(PathBuf::from)
    .into();
    folders.extend(entries(Path::new("/usr/lib")));
    let versions = [
        pyenv.join("versions"),
        home.join(".cache/gopyre-pythons"),
        home.join(".local/share/uv/python"),
        PathBuf::from("/opt"),
    ];
    folders.extend(
        versions
            .iter()
            .flat_map(|dir| entries(dir))
            .map(|dir| dir.join("lib")),
    );
    let mut found: Vec<PathBuf> = folders
        .iter()
        .flat_map(|dir| entries(dir))
        .filter(|path| is_libpython(path))
        .collect();
    found.extend(std::env::var_os("GOPYRE_LIBPYTHON").map(PathBuf::from));
    let mut found: Vec<PathBuf> = found
        .iter()
        .filter_map(|path| path.canonicalize().ok())
        .collect();
    found.sort();
    found.dedup();
    found
}

/// What the name of a library says: `(3, 13)` of `libpython3.13t.so.1.0`, and the letters after it.
pub fn named(library: &Path) -> Option<((u8, u8), String)> {
    let name = library.file_name()?.to_str()?;
    let rest = name.strip_prefix("libpython")?;
    let (major, rest) = rest.split_once('.')?;
    let minor: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let letters = rest[minor.len()..]
        .chars()
        .take_while(char::is_ascii_alphabetic)
        .collect();
    Some(((major.parse().ok()?, minor.parse().ok()?), letters))
}

fn is_libpython(path: &Path) -> bool {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    named(path).is_some() && (name.ends_with(".so.1.0") || name.ends_with(".dylib"))
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}
