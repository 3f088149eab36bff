//! Whether a home holds the standard library: CPython ends the process where it does not.

use crate::error::{Error, Result};
use gopyre_sys::Version;
use std::path::{Path, PathBuf};

/// Checks the home that CPython is going to use, if one is set.
///
/// # Errors
/// [`Error::Start`] where it has no standard library of this version, with what was expected.
pub(super) fn check(given: Option<&Path>, isolated: bool, version: Version) -> Result<()> {
    let variable = || std::env::var_os("PYTHONHOME").filter(|home| !isolated && !home.is_empty());
    let (home, origin) = match given {
        Some(home) => (home.to_owned(), "the given home"),
        None => match variable() {
            // Two folders may be given, of which the first has the library.
            Some(home) => (
                std::env::split_paths(&home).next().unwrap_or_default(),
                "`PYTHONHOME`",
            ),
            None => return Ok(()),
        },
    };
    let candidates = candidates(version);
    if candidates.iter().any(|file| home.join(file).is_file()) {
        return Ok(());
    }
    Err(Error::Start(format!(
        "{origin}, `{}`, has no standard library of Python {version}: expected `{}` in it",
        home.display(),
        candidates[0].display()
    )))
}

/// What tells a standard library, wherever a system has it.
fn candidates(version: Version) -> [PathBuf; 5] {
    let Version {
        major,
        minor,
        free_threaded,
        ..
    } = version;
    let folder = format!(
        "python{major}.{minor}{}",
        if free_threaded { "t" } else { "" }
    );
    [
        Path::new("lib").join(&folder).join("os.py"),
        Path::new("lib").join(&folder).join("os.pyc"),
        Path::new("lib64").join(&folder).join("os.py"),
        Path::new("lib").join(format!("python{major}{minor}.zip")),
        PathBuf::from("Lib/os.py"),
    ]
}
