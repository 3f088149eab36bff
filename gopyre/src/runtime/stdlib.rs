//! Whether CPython will find its standard library: up to 3.13 it ends the process where it does not.

use crate::error::{Error, Result};
use gopyre_sys::Version;
use std::path::{Path, PathBuf};

use super::venv;

/// Checks the home that CPython is going to use, if one is set.
///
/// # Errors
/// [`Error::Start`] where it has no standard library of this version, with what was expected.
pub(super) fn check_home(given: Option<&Path>, isolated: bool, version: Version) -> Result<()> {
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

/// Checks that there is a standard library where CPython looks without a home: in the folders above the
/// interpreter, or where the library was built to be.
///
/// # Errors
/// [`Error::Start`] where there is none, with what was expected.
pub(super) fn check_program(
    program: &Path,
    library: &Path,
    isolated: bool,
    version: Version,
) -> Result<()> {
    // Other systems look at other places, and from 3.14 on it is an error and not the end of the process.
    let looks_here = cfg!(all(unix, not(target_vendor = "apple"))) && version.minor < 14;
    let variable = |name| std::env::var_os(name).filter(|value| !isolated && !value.is_empty());
    let has_encodings = |dir: PathBuf| dir.join("encodings").is_dir() || dir.is_file();
    let told = variable("PYTHONHOME").is_some()
        || variable("PYTHONPATH")
            .is_some_and(|path| std::env::split_paths(&path).any(has_encodings));
    if !looks_here || told {
        return Ok(());
    }
    // The last one is that of Windows, and of Python's own source, the path of which a debug build holds.
    let [candidates @ .., _] = candidates(version);
    // CPython does not look at the root either, which every library has the path of.
    let is_prefix = |dir: &Path| {
        dir.file_name().is_some() && candidates.iter().any(|file| dir.join(file).is_file())
    };
    let is_above = |start: &Path| start.ancestors().skip(1).any(is_prefix);
    let resolved = program.canonicalize().ok();
    let bases = venv::bases_of(program);
    let mut starts = [Some(program), resolved.as_deref()].into_iter().flatten();
    if starts.any(is_above)
        || bases.iter().any(|base| is_above(base))
        || built_in(library).iter().any(|dir| is_prefix(dir))
    {
        return Ok(());
    }
    let expected = candidates[0].display();
    Err(Error::Start(format!(
        "`{}` has no standard library of Python {version}: expected `{expected}` in a folder above `{}`; \
         help: name the folder that has `{expected}` in it, with `Builder::home` or `PYTHONHOME`",
        library.display(),
        program.display()
    )))
}

/// The folders that a library has the paths of: that which it was built for is one of them.
fn built_in(library: &Path) -> Vec<PathBuf> {
    const LONGEST: usize = 512;
    let bytes = std::fs::read(library).unwrap_or_default();
    let mut found = Vec::new();
    for text in bytes.split(|byte| *byte == 0) {
        let text = std::str::from_utf8(text).unwrap_or_default();
        if text.len() > LONGEST || text.contains(char::is_control) {
            continue;
        }
        // A linker may have put it at the end of a longer one.
        for (start, _) in text.match_indices('/') {
            let path = PathBuf::from(&text[start..]);
            if path.is_dir() {
                found.push(path);
            }
        }
    }
    found
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
