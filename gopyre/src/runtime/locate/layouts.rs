//! From an interpreter to its library and back, by the layouts that Pythons are installed in.

use std::path::{Path, PathBuf};

use super::{
    names::{self, FRAMEWORK_LIBRARIES, Tag},
    system::{Os, System},
};

/// Why an interpreter has no library that could be opened.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Missing {
    pub(super) reason: String,
    /// the static build to which a library can be added
    pub(super) build: Option<Tag>,
}

impl From<String> for Missing {
    fn from(reason: String) -> Missing {
        Missing {
            reason,
            build: None,
        }
    }
}

/// Returns the libraries that belong to an interpreter, the likeliest first. The error says why
/// there is none.
///
/// `interpreter` has its symlinks resolved. Of an interpreter whose name tells no version, those of
/// its whole prefix come, newest first. `wanted` is a version that is known in another way.
pub(super) fn libraries(
    system: &impl System,
    interpreter: &Path,
    wanted: Option<Tag>,
) -> Result<Vec<PathBuf>, Missing> {
    let name = interpreter.file_name().and_then(|name| name.to_str());
    let name = name.unwrap_or_default();
    if !name.starts_with("python") && !name.starts_with("Python") {
        return Err(format!("expected CPython, found `{name}`").into());
    }
    let named = Tag::of_interpreter(name);
    if let Some(reason) = named.and_then(|tag| names::too_old(tag.version)) {
        return Err(reason.into());
    }
    let bin = interpreter.parent().unwrap_or(interpreter);
    let prefix = match system.os() {
        Os::Windows => bin,
        Os::Unix | Os::Mac => bin.parent().unwrap_or(bin),
    };
    let tags = match wanted.or(named).or_else(|| framework_tag(prefix)) {
        Some(tag) => with_letters(system, prefix, tag),
        None => installed(system, prefix),
    };
    let folders = folders(system, prefix);
    let found: Vec<PathBuf> = tags
        .iter()
        .flat_map(|tag| in_folders(system, &folders, *tag))
        .collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let another = named.filter(|named| wanted.is_some_and(|tag| tag.version != named.version));
    Err(why_none(
        system,
        interpreter,
        &tags,
        &folders,
        another.is_some(),
    ))
}

/// Returns the interpreter that belongs to a library, from which CPython computes its prefix.
///
/// It may be absent: on Debian the library can be installed without the interpreter, and its prefix
/// is the same.
pub(super) fn program(system: &impl System, library: &Path, opened: Tag) -> PathBuf {
    let real = system.resolved(library);
    let named = Tag::of_library(&real).filter(|tag| tag.version == opened.version);
    let tag = Tag {
        debug: named.is_some_and(|tag| tag.debug),
        ..opened
    };
    let mut programs = programs(system, &real, tag);
    programs.extend(self::programs(system, library, tag));
    match programs.iter().position(|program| system.is_file(program)) {
        Some(first) => programs.swap_remove(first),
        None => programs.swap_remove(0),
    }
}

/// Lists the places of the interpreter of a library; never empty.
fn programs(system: &impl System, library: &Path, tag: Tag) -> Vec<PathBuf> {
    let dir = library.parent().unwrap_or(library);
    if system.os() == Os::Windows {
        return vec![dir.join("python.exe")];
    }
    let (major, minor) = tag.version;
    let plain = Tag {
        debug: false,
        ..tag
    };
    let mut names = vec![
        format!("python{tag}"),
        format!("python{plain}"),
        format!("python{major}.{minor}"),
    ];
    names.dedup();
    let bin = prefix(library, dir).join("bin");
    names.iter().map(|name| bin.join(name)).collect()
}

/// Returns the prefix of the installation that a library is in.
fn prefix<'a>(library: &Path, dir: &'a Path) -> &'a Path {
    if library
        .file_name()
        .is_some_and(|name| FRAMEWORK_LIBRARIES.iter().any(|f| name == *f))
    {
        return dir;
    }
    // `<prefix>/lib`, `<prefix>/lib64`, or Debian's `<prefix>/lib/x86_64-linux-gnu`
    dir.ancestors()
        .take(2)
        .find(|dir| {
            dir.file_name()
                .is_some_and(|name| name == "lib" || name == "lib64")
        })
        .and_then(Path::parent)
        .unwrap_or(dir)
}

/// Returns the folders of a prefix that may hold its library.
pub(super) fn folders(system: &impl System, prefix: &Path) -> Vec<PathBuf> {
    match system.os() {
        Os::Windows => vec![prefix.to_owned()],
        Os::Mac => vec![prefix.to_owned(), prefix.join("lib")],
        Os::Unix => {
            let lib = prefix.join("lib");
            let multiarch = multiarch(system.arch()).map(|triplet| lib.join(triplet));
            let mut folders: Vec<PathBuf> = multiarch.into_iter().collect();
            folders.extend([prefix.join("lib64"), lib]);
            folders
        }
    }
}

/// Returns Debian's name for the folder of an architecture's libraries.
pub(super) fn multiarch(arch: &str) -> Option<&'static str> {
    Some(match arch {
        "x86" => "i386-linux-gnu",
        "x86_64" => "x86_64-linux-gnu",
        "arm" => "arm-linux-gnueabihf",
        "aarch64" => "aarch64-linux-gnu",
        "riscv64" => "riscv64-linux-gnu",
        "powerpc64" => "powerpc64le-linux-gnu",
        "s390x" => "s390x-linux-gnu",
        "loongarch64" => "loongarch64-linux-gnu",
        _ => return None,
    })
}

/// Returns the file names of the library of one Python, the real file before the symlinks to it.
fn file_names(system: &impl System, tag: Tag) -> Vec<String> {
    match system.os() {
        Os::Unix => ["so.1.0", "so.1", "so"]
            .iter()
            .map(|end| format!("libpython{tag}.{end}"))
            .collect(),
        Os::Mac => vec![format!("libpython{tag}.dylib")],
        Os::Windows => {
            let (major, minor) = tag.version;
            let t = if tag.free_threaded { "t" } else { "" };
            let d = if tag.debug { "_d" } else { "" };
            vec![format!("python{major}{minor}{t}{d}.dll")]
        }
    }
}

/// Finds the library of one Python in some folders, at most one a folder.
fn in_folders(system: &impl System, folders: &[PathBuf], tag: Tag) -> Vec<PathBuf> {
    let names = file_names(system, tag);
    let mut found = Vec::new();
    for dir in folders {
        let framework = FRAMEWORK_LIBRARIES.iter().map(|name| dir.join(name));
        let framework = framework
            .filter(|_| system.os() == Os::Mac)
            .filter(|path| Tag::of_library(path) == Some(tag));
        let mut files = names.iter().map(|name| dir.join(name)).chain(framework);
        found.extend(files.find(|path| system.is_file(path)));
    }
    found
}

/// Returns the version of a framework's `Versions/3.12` prefix.
fn framework_tag(prefix: &Path) -> Option<Tag> {
    let (version, _) = names::split_version(names::framework_version(prefix)?)?;
    Some(Tag::new(version, false))
}

/// Adds the builds that an interpreter without letters in its name may be: `python3.13` is also a
/// name of `python3.13t` and `python3.13d`.
fn with_letters(system: &impl System, prefix: &Path, tag: Tag) -> Vec<Tag> {
    if tag.free_threaded || tag.debug {
        return vec![tag];
    }
    let (major, minor) = tag.version;
    let standard = |t| {
        let name = format!("python{major}.{minor}{t}");
        ["lib", "lib64"]
            .iter()
            .any(|lib| system.is_dir(&prefix.join(lib).join(&name)))
    };
    // each build has its own standard library: without one of its own, it is not that build
    let free_threaded = standard("t") && !standard("");
    [false, true]
        .map(|debug| Tag {
            free_threaded,
            debug,
            ..tag
        })
        .to_vec()
}

/// Lists the Pythons that a prefix has something of, newest first.
fn installed(system: &impl System, prefix: &Path) -> Vec<Tag> {
    let mut tags = Vec::new();
    if system.os() != Os::Windows {
        let names = system.names(&prefix.join("lib"));
        tags.extend(names.iter().filter_map(|name| Tag::of_interpreter(name)));
    }
    for dir in folders(system, prefix) {
        let names = system.names(&dir);
        tags.extend(
            names
                .iter()
                .filter_map(|name| Tag::of_library(&dir.join(name))),
        );
    }
    newest_first(&mut tags, |tag| *tag);
    tags.dedup();
    tags
}

/// Sorts newest first; of one version, the ordinary build before the free-threaded and debug ones.
pub(super) fn newest_first<T>(items: &mut [T], tag: impl Fn(&T) -> Tag) {
    items.sort_by_key(|item| {
        let tag = tag(item);
        (std::cmp::Reverse(tag.version), tag.debug, tag.free_threaded)
    });
}

/// Says why an interpreter has no library. `another`: its name is of another version than the
/// wanted one.
fn why_none(
    system: &impl System,
    interpreter: &Path,
    tags: &[Tag],
    folders: &[PathBuf],
    another: bool,
) -> Missing {
    let is_script = system
        .head(interpreter)
        .is_ok_and(|head| head.starts_with(b"#!"));
    if is_script {
        return "a script, which is not run to find out what it starts"
            .to_owned()
            .into();
    }
    if system.os() == Os::Mac && interpreter == Path::new("/usr/bin/python3") {
        return "the stub that starts Xcode's Python".to_owned().into();
    }
    let name = match tags.first() {
        Some(tag) => file_names(system, *tag).swap_remove(0),
        None => names::library_pattern(system.os()).to_owned(),
    };
    let places: Vec<String> = folders
        .iter()
        .filter(|dir| system.is_dir(dir))
        .map(|dir| format!("`{}`", dir.display()))
        .collect();
    let places = match places.is_empty() {
        true => "its prefix".to_owned(),
        false => places.join(", "),
    };
    if another {
        let interpreter = interpreter.display();
        return format!("`{interpreter}` is of another version now, and no `{name}` in {places}")
            .into();
    }
    Missing {
        reason: format!("a static build with no shared library: no `{name}` in {places}"),
        build: tags.first().copied(),
    }
}
