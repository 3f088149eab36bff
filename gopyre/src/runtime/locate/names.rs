//! What the names of interpreters and libraries tell about the Python they belong to.

use std::{fmt, path::Path};

use super::system::Os;

/// The oldest CPython that gopyre supports.
pub(super) const OLDEST: (u8, u8) = (3, 9);

/// A major.minor version with the letters of its ABI: `3.11`, `3.13t`, `3.13d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    /// the major and the minor version
    pub(crate) version: (u8, u8),
    /// `t`: built without the GIL
    pub(crate) free_threaded: bool,
    /// `d`: a debug build
    pub(crate) debug: bool,
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (major, minor) = self.version;
        let t = if self.free_threaded { "t" } else { "" };
        let d = if self.debug { "d" } else { "" };
        write!(f, "{major}.{minor}{t}{d}")
    }
}

impl Tag {
    /// Returns the tag of a release build.
    pub(crate) fn new(version: (u8, u8), free_threaded: bool) -> Tag {
        Tag {
            version,
            free_threaded,
            debug: false,
        }
    }

    /// Reads `3.13td`; what follows goes to `rest`.
    fn split(text: &str) -> Option<(Tag, &str)> {
        let (version, rest) = split_version(text)?;
        let (free_threaded, rest) = strip(rest, 't');
        let (debug, rest) = strip(rest, 'd');
        // `m` marked the memory allocator up to 3.7
        let (_, rest) = strip(rest, 'm');
        let tag = Tag {
            version,
            free_threaded,
            debug,
        };
        Some((tag, rest))
    }

    /// Reads the name of an interpreter: `python3.11`, `python3.13t`, `python3.11-dbg`.
    pub(crate) fn of_interpreter(name: &str) -> Option<Tag> {
        let name = name.strip_suffix(".exe").unwrap_or(name);
        let (tag, rest) = Tag::split(name.strip_prefix("python")?)?;
        match rest {
            "" => Some(tag),
            "-dbg" => Some(Tag { debug: true, ..tag }),
            _ => None,
        }
    }

    /// Reads the path of a library: `libpython3.11.so.1.0`, `libpython3.12.dylib`, `python313t.dll`
    /// or a framework's `Versions/3.12/Python`.
    pub(super) fn of_library(path: &Path) -> Option<Tag> {
        let name = path.file_name()?.to_str()?;
        if FRAMEWORK_LIBRARIES.contains(&name) {
            let (version, rest) = split_version(framework_version(path.parent()?)?)?;
            return rest
                .is_empty()
                .then(|| Tag::new(version, name == "PythonT"));
        }
        if let Some(stem) = name.strip_suffix(".dll") {
            return of_dll(stem);
        }
        let (tag, rest) = Tag::split(name.strip_prefix("libpython")?)?;
        let shared = rest == ".dylib" || rest == ".so" || rest.starts_with(".so.");
        shared.then_some(tag)
    }
}

/// The libraries inside a macOS framework: the usual one, the free-threaded one, and Xcode's.
pub(super) const FRAMEWORK_LIBRARIES: [&str; 3] = ["Python", "PythonT", "Python3"];

/// Returns the `3.12` of a framework's `Versions/3.12` folder.
pub(super) fn framework_version(dir: &Path) -> Option<&str> {
    (dir.parent()?.file_name()? == "Versions").then(|| dir.file_name()?.to_str())?
}

/// Tells whether a library is the forwarder for extension modules that use the stable ABI only: it
/// has none of CPython in it.
pub(super) fn is_forwarder(name: &str) -> bool {
    let stable = name
        .strip_prefix("libpython3")
        .or(name.strip_prefix("python3"));
    stable.is_some_and(|rest| {
        let rest = rest.trim_start_matches(['t', 'd']);
        rest == ".dylib" || rest == ".dll" || rest == ".so" || rest.starts_with(".so.")
    })
}

/// Returns why a version is too old, where it is.
pub(super) fn too_old(version: (u8, u8)) -> Option<String> {
    (version < OLDEST).then(|| {
        let ((major, minor), (oldest, least)) = (version, OLDEST);
        format!(
            "CPython {major}.{minor} is older than {oldest}.{least}, the oldest that gopyre supports"
        )
    })
}

/// Reads the `3.11` that a text starts with.
pub(crate) fn split_version(text: &str) -> Option<((u8, u8), &str)> {
    let (major, rest) = split_number(text)?;
    let (minor, rest) = split_number(rest.strip_prefix('.')?)?;
    Some(((major, minor), rest))
}

/// Reads the number that a text starts with.
pub(super) fn split_number(text: &str) -> Option<(u8, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    Some((digits.parse().ok()?, rest))
}

/// Takes one letter off the front of a text, where it is there.
fn strip(text: &str, letter: char) -> (bool, &str) {
    match text.strip_prefix(letter) {
        Some(rest) => (true, rest),
        None => (false, text),
    }
}

/// Reads the `python313t_d` of a Windows library, whose version has no dot.
fn of_dll(stem: &str) -> Option<Tag> {
    let (major, rest) = stem.strip_prefix("python")?.split_at_checked(1)?;
    let (minor, rest) = split_number(rest)?;
    let (free_threaded, rest) = strip(rest, 't');
    let debug = rest == "_d";
    (debug || rest.is_empty()).then_some(Tag {
        version: (major.parse().ok()?, minor),
        free_threaded,
        debug,
    })
}

/// Returns what a library of CPython is called on a system.
pub(super) fn library_pattern(os: Os) -> &'static str {
    match os {
        Os::Unix => "libpython3.x.so",
        Os::Mac => "libpython3.x.dylib",
        Os::Windows => "python3xx.dll",
    }
}
