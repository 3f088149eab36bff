//! Places where Pythons lie without being on PATH: uv's installations and the system's folders.

use std::{
    cmp::Reverse,
    path::{Path, PathBuf},
};

use super::{
    layouts,
    names::{FRAMEWORK_LIBRARIES, Tag, split_number, split_version},
    system::{Os, System},
};

/// Returns the folder that uv installs Pythons into.
pub(super) fn uv_root(system: &impl System) -> Option<PathBuf> {
    if let Some(dir) = system.folder("UV_PYTHON_INSTALL_DIR") {
        return Some(dir);
    }
    let data = match system.os() {
        Os::Windows => system.folder("APPDATA")?,
        Os::Unix | Os::Mac => system
            .folder("XDG_DATA_HOME")
            .or_else(|| Some(system.home()?.join(".local/share")))?,
    };
    Some(data.join("uv").join("python"))
}

/// Lists the interpreters of uv's installations, newest first.
pub(super) fn uv_interpreters(system: &impl System) -> Vec<PathBuf> {
    let Some(root) = uv_root(system) else {
        return Vec::new();
    };
    let names = system.names(&root);
    let mut builds: Vec<Build> = names.iter().filter_map(|name| Build::parse(name)).collect();
    builds.sort_by_key(|build| {
        let Tag {
            version,
            free_threaded,
            debug,
        } = build.tag;
        // those of one micro version: the real folder before uv's link to the newest one
        (
            !build.released,
            Reverse(version),
            debug,
            free_threaded,
            Reverse(build.micro),
        )
    });
    builds
        .iter()
        .map(|build| {
            let dir = root.join(build.folder);
            match system.os() {
                Os::Windows => dir.join("python.exe"),
                Os::Unix | Os::Mac => dir.join(format!("bin/python{}", build.tag)),
            }
        })
        .filter(|interpreter| system.is_file(interpreter))
        .collect()
}

/// What the name of an installation of uv tells: `cpython-3.13.1+freethreaded-linux-x86_64-gnu`.
struct Build<'a> {
    folder: &'a str,
    tag: Tag,
    /// `None` in uv's links, `cpython-3.13-linux-x86_64-gnu`
    micro: Option<u8>,
    released: bool,
}

impl<'a> Build<'a> {
    fn parse(folder: &'a str) -> Option<Build<'a>> {
        let version = folder.strip_prefix("cpython-")?.split('-').next()?;
        let (number, variant) = version.split_once('+').unwrap_or((version, ""));
        let (version, rest) = split_version(number)?;
        let (micro, rest) = match rest.strip_prefix('.').and_then(split_number) {
            Some((micro, rest)) => (Some(micro), rest),
            None => (None, rest),
        };
        let tag = Tag {
            version,
            free_threaded: variant.contains("freethreaded"),
            debug: variant.contains("debug"),
        };
        Some(Build {
            folder,
            tag,
            micro,
            released: rest.is_empty(),
        })
    }
}

/// Lists the folders in which the system keeps libraries.
pub(super) fn system_folders(system: &impl System) -> Vec<PathBuf> {
    let mut folders = match system.os() {
        Os::Unix => {
            let mut folders = layouts::folders(system, Path::new("/usr"));
            folders.extend(["/usr/local/lib", "/usr/local/lib64"].map(PathBuf::from));
            folders
        }
        Os::Mac => frameworks(system),
        Os::Windows => installers(system),
    };
    folders.retain(|dir| system.is_dir(dir));
    folders
}

/// Lists the libraries in the system's folders, newest first.
pub(super) fn system_libraries(system: &impl System) -> Vec<PathBuf> {
    let mut libraries = Vec::new();
    for dir in system_folders(system) {
        for name in system.names(&dir).into_iter().rev() {
            let path = dir.join(name);
            if let Some(tag) = Tag::of_library(&path) {
                libraries.push((path, tag));
            }
        }
    }
    layouts::newest_first(&mut libraries, |(_, tag)| *tag);
    libraries.into_iter().map(|(path, _)| path).collect()
}

/// Lists the folders of Homebrew, MacPorts, python.org and Xcode that hold a library.
fn frameworks(system: &impl System) -> Vec<PathBuf> {
    let mut roots = Vec::new();
    let mut folders = Vec::new();
    for brew in ["/opt/homebrew", "/usr/local"].map(Path::new) {
        let opt = brew.join("opt");
        let formulas = system
            .names(&opt)
            .into_iter()
            .filter(|name| name.starts_with("python"));
        roots.extend(formulas.map(|name| opt.join(name).join("Frameworks")));
        folders.push(brew.join("lib"));
    }
    let fixed = [
        "/Library/Frameworks",
        "/opt/local/Library/Frameworks",
        "/Library/Developer/CommandLineTools/Library/Frameworks",
        "/Applications/Xcode.app/Contents/Developer/Library/Frameworks",
    ];
    roots.extend(fixed.map(PathBuf::from));
    for root in roots {
        for name in FRAMEWORK_LIBRARIES {
            let versions = root.join(format!("{name}.framework/Versions"));
            let names = system.names(&versions).into_iter();
            folders.extend(
                names
                    .filter(|name| name != "Current")
                    .map(|name| versions.join(name)),
            );
        }
    }
    folders
}

/// Lists the folders that Python's installer for Windows uses.
fn installers(system: &impl System) -> Vec<PathBuf> {
    let local = system
        .folder("LOCALAPPDATA")
        .map(|dir| dir.join("Programs").join("Python"));
    let roots = local.into_iter().chain(system.folder("ProgramFiles"));
    let mut folders = Vec::new();
    for root in roots {
        let names = system.names(&root).into_iter();
        folders.extend(
            names
                .filter(|name| name.starts_with("Python3"))
                .map(|name| root.join(name)),
        );
    }
    folders
}
