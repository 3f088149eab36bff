//! The commands that mend a failed search, as they are on this system.

use std::path::{Path, PathBuf};

use super::{
    super::venv,
    VARIABLE, header, layouts,
    names::{self, Tag},
    pyenv,
    system::{Os, System},
};

/// Returns how to get a library, the likeliest way first. `statics` are the interpreters that have
/// none.
pub(super) fn for_libraries(system: &impl System, statics: &[(PathBuf, Tag)]) -> Vec<String> {
    let packages = Packages::of(system);
    let mut help: Vec<String> = statics
        .iter()
        .filter_map(|(interpreter, tag)| for_static(system, packages, interpreter, *tag))
        .collect();
    let systems = |(interpreter, _): &(PathBuf, Tag)| interpreter.starts_with("/usr/bin");
    if !statics.iter().any(systems)
        && let Some(command) = packages.python()
    {
        help.push(format!("`{command}` installs a Python with its library"));
    }
    help.push("`uv python install` installs one that gopyre finds".to_owned());
    help.push(set_library(system));
    help
}

/// Returns how to get the library of an interpreter that has none.
fn for_static(
    system: &impl System,
    packages: Packages,
    interpreter: &Path,
    tag: Tag,
) -> Option<String> {
    let shown = interpreter.display();
    if let Some(version) = pyenv_version(system, interpreter) {
        return Some(format!(
            "`PYTHON_CONFIGURE_OPTS=--enable-shared pyenv install --force {version}` builds it with a shared library"
        ));
    }
    if !interpreter.starts_with("/usr/bin") {
        return Some(format!("build `{shown}` with `--enable-shared`"));
    }
    let command = packages.library(tag)?;
    Some(format!("`{command}` installs the library of `{shown}`"))
}

/// Returns what to do about a library that was chosen and cannot be used.
pub(super) fn for_choice(system: &impl System, how: &str, path: &Path) -> Vec<String> {
    let give = |library: &str| match how == VARIABLE {
        true => format!("`GOPYRE_LIBPYTHON={library}`"),
        false => format!("`Builder::library(\"{library}\")`"),
    };
    let mut help = Vec::new();
    if header::is_interpreter(path) && system.is_file(path) {
        let interpreter = system.resolved(path);
        match layouts::libraries(system, &interpreter, None) {
            Ok(libraries) => help.extend(libraries.first().map(|library| {
                let give = give(&library.display().to_string());
                format!("{give} names the library of this interpreter")
            })),
            Err(missing) => help.extend(
                missing
                    .build
                    .and_then(|tag| for_static(system, Packages::of(system), &interpreter, tag)),
            ),
        }
    }
    let leave = match how == VARIABLE {
        true => "unset `GOPYRE_LIBPYTHON`",
        false => "leave it out",
    };
    let mend = "to let gopyre look for a Python by itself";
    help.push(match help.is_empty() {
        true => format!("mend the path, or {leave} {mend}"),
        false => format!("or {leave} {mend}"),
    });
    help
}

/// Returns how to name a library.
pub(super) fn set_library(system: &impl System) -> String {
    let pattern = names::library_pattern(system.os());
    format!("`GOPYRE_LIBPYTHON=/path/to/{pattern}` names a library")
}

/// Returns how to get a venv in the place of an unusable one.
pub(super) fn for_venv(system: &impl System, dir: &Path) -> Vec<String> {
    let shown = dir.display();
    if system.is_dir(&dir.join("conda-meta")) {
        let pattern = names::library_pattern(system.os());
        return vec![format!(
            "`GOPYRE_LIBPYTHON={shown}/lib/{pattern}` uses the environment as it is"
        )];
    }
    // a venv is not to be made in a folder that holds something else
    let free = match system.is_dir(dir) {
        true => system.is_file(&dir.join(venv::FILE)),
        false => !dir.as_os_str().is_empty() && !system.is_file(dir),
    };
    vec![match free {
        true => format!("`python3 -m venv {shown}` makes it"),
        false => "give the folder that holds `pyvenv.cfg`".to_owned(),
    }]
}

/// Returns how to bring a venv and a library of different versions together.
pub(super) fn for_mismatch(
    system: &impl System,
    dir: &Path,
    program: &Path,
    venv: Tag,
) -> Vec<String> {
    let (dir, program) = (dir.display(), program.display());
    let pattern = names::library_pattern(system.os()).replace("3.x", &venv.to_string());
    vec![
        format!("`{program} -m venv --clear {dir}` makes the venv anew for the library"),
        format!("or open the library of the venv, a `{pattern}`: it is found if no other is given"),
    ]
}

/// Returns the name of the pyenv version that an interpreter is of.
fn pyenv_version(system: &impl System, interpreter: &Path) -> Option<String> {
    let versions = system.resolved(&pyenv::root(system)?).join("versions");
    let inside = interpreter.strip_prefix(versions).ok()?;
    Some(inside.iter().next()?.to_str()?.to_owned())
}

/// What installs software on a system.
#[derive(Clone, Copy)]
enum Packages {
    Apt,
    Dnf,
    Zypper,
    Pacman,
    Apk,
    Brew,
    Winget,
    Unknown,
}

impl Packages {
    fn of(system: &impl System) -> Packages {
        match system.os() {
            Os::Mac => return Packages::Brew,
            Os::Windows => return Packages::Winget,
            Os::Unix => {}
        }
        let text = ["/etc/os-release", "/usr/lib/os-release"]
            .iter()
            .find_map(|file| system.text(Path::new(file)))
            .unwrap_or_default();
        let value = |key: &str| {
            let line = text.lines().find_map(|line| line.trim().strip_prefix(key));
            line.unwrap_or_default()
                .trim_matches(['"', '\''])
                .to_lowercase()
        };
        let (id, like) = (value("ID="), value("ID_LIKE="));
        // the system itself, before the ones that it is like
        std::iter::once(id.as_str())
            .chain(like.split_whitespace())
            .find_map(|id| match id {
                "debian" | "ubuntu" => Some(Packages::Apt),
                "fedora" | "rhel" | "centos" => Some(Packages::Dnf),
                "suse" | "opensuse" => Some(Packages::Zypper),
                "arch" => Some(Packages::Pacman),
                "alpine" => Some(Packages::Apk),
                _ => None,
            })
            .unwrap_or(Packages::Unknown)
    }

    /// Returns the command that adds the library to an installed interpreter.
    fn library(self, tag: Tag) -> Option<String> {
        let (major, minor) = tag.version;
        match self {
            Packages::Apt => Some(format!("apt install libpython{major}.{minor}")),
            _ => self.python().map(str::to_owned),
        }
    }

    /// Returns the command that installs the system's Python and its library.
    fn python(self) -> Option<&'static str> {
        match self {
            Packages::Apt => Some("apt install libpython3-dev"),
            Packages::Dnf => Some("dnf install python3-libs"),
            Packages::Zypper => Some("zypper install python3-devel"),
            Packages::Pacman => Some("pacman -S python"),
            Packages::Apk => Some("apk add python3"),
            Packages::Brew => Some("brew install python"),
            Packages::Winget => Some("winget install Python.Python.3.13"),
            Packages::Unknown => None,
        }
    }
}
