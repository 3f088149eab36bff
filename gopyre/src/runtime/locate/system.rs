//! What the search sees of a machine: its files and its environment, nothing else.

use std::{
    ffi::OsString,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

/// A kind of operating system, as far as the layout of a Python depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Os {
    /// Linux and the other systems with ELF libraries
    Unix,
    /// macOS
    Mac,
    /// Windows
    Windows,
}

/// A view of the file system and the environment. Nothing in it can run a program.
pub(crate) trait System {
    /// Returns the operating system.
    fn os(&self) -> Os;
    /// Returns the architecture of this process, in the words of `std::env::consts::ARCH`.
    fn arch(&self) -> &str;
    /// Returns an environment variable; one that is empty counts as unset.
    fn var(&self, name: &str) -> Option<OsString>;
    /// Tells whether a regular file is there, symlinks followed.
    fn is_file(&self, path: &Path) -> bool;
    /// Tells whether a folder is there, symlinks followed.
    fn is_dir(&self, path: &Path) -> bool;
    /// Reads a short text file; `None` where there is none, or it is no text.
    fn text(&self, path: &Path) -> Option<String>;
    /// Reads the first bytes of a file, enough for the header of a library.
    fn head(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// Returns the size of a file in bytes; `None` where it cannot be told.
    fn size(&self, path: &Path) -> Option<u64>;
    /// Resolves every symlink of a path that exists.
    fn canonical(&self, path: &Path) -> Option<PathBuf>;
    /// Makes an explicitly given path absolute, symlinks kept.
    fn absolute(&self, path: &Path) -> PathBuf;
    /// Lists the names in a folder; none where it cannot be read.
    fn names(&self, dir: &Path) -> Vec<String>;

    /// Returns the folder that a variable names. One that is relative is ignored: it would be
    /// looked up in the current directory, which is never searched.
    fn folder(&self, name: &str) -> Option<PathBuf> {
        let path = PathBuf::from(self.var(name)?);
        path.is_absolute().then_some(path)
    }

    /// Returns the user's home folder.
    fn home(&self) -> Option<PathBuf> {
        self.folder(match self.os() {
            Os::Windows => "USERPROFILE",
            Os::Unix | Os::Mac => "HOME",
        })
    }

    /// Returns the canonical path, or the path itself where it cannot be resolved.
    fn resolved(&self, path: &Path) -> PathBuf {
        self.canonical(path).unwrap_or_else(|| path.to_owned())
    }
}

/// The machine this process runs on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Real;

/// The most that is read of a text file; a `pyvenv.cfg` or a shim is far smaller.
const TEXT: u64 = 64 * 1024;
/// The most that is read of a library.
const HEAD: u64 = 4096;

impl System for Real {
    fn os(&self) -> Os {
        if cfg!(windows) {
            Os::Windows
        } else if cfg!(target_vendor = "apple") {
            Os::Mac
        } else {
            Os::Unix
        }
    }

    fn arch(&self) -> &str {
        std::env::consts::ARCH
    }

    fn var(&self, name: &str) -> Option<OsString> {
        std::env::var_os(name).filter(|value| !value.is_empty())
    }

    fn is_file(&self, path: &Path) -> bool {
        path.is_file()
    }

    fn is_dir(&self, path: &Path) -> bool {
        path.is_dir()
    }

    fn text(&self, path: &Path) -> Option<String> {
        // a pipe or a device would block
        if !path.is_file() {
            return None;
        }
        String::from_utf8(read(path, TEXT).ok()?).ok()
    }

    fn head(&self, path: &Path) -> io::Result<Vec<u8>> {
        read(path, HEAD)
    }

    fn size(&self, path: &Path) -> Option<u64> {
        Some(path.metadata().ok()?.len())
    }

    fn canonical(&self, path: &Path) -> Option<PathBuf> {
        let path = path.canonicalize().ok()?;
        // the verbatim form of Windows is no path that Python could use
        let plain = path.to_str().and_then(|path| path.strip_prefix(r"\\?\"));
        match plain.filter(|plain| cfg!(windows) && !plain.starts_with("UNC")) {
            Some(plain) => Some(PathBuf::from(plain)),
            None => Some(path),
        }
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
    }

    fn names(&self, dir: &Path) -> Vec<String> {
        let Ok(entries) = dir.read_dir() else {
            return Vec::new();
        };
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect();
        names.sort_unstable();
        names
    }
}

/// Reads at most `limit` bytes from the start of a file.
fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}
