//! Virtual environments: what their `pyvenv.cfg` and their folders say.

use std::path::{Path, PathBuf};

use super::locate::{
    names::{Tag, split_version},
    system::{Os, Real, System},
};

/// The file that makes a folder a virtual environment.
pub(crate) const FILE: &str = "pyvenv.cfg";

/// The settings of a `pyvenv.cfg`, as venv, virtualenv and uv write it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Config(Vec<(String, String)>);

impl Config {
    /// Reads the text of the file. Lines that are no `key = value` are skipped, as Python does.
    pub(crate) fn parse(text: &str) -> Config {
        let text = text.trim_start_matches('\u{feff}');
        let pairs = text.lines().filter_map(|line| {
            let (key, value) = line.split_once('=')?;
            Some((key.trim().to_lowercase(), value.trim().to_owned()))
        });
        Config(pairs.collect())
    }

    /// Returns a setting, by its name in lower case.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        let pair = self.0.iter().find(|(name, _)| name == key)?;
        Some(&pair.1)
    }

    /// Returns the version of the Python it was made with.
    fn version(&self) -> Option<(u8, u8)> {
        let text = self.get("version_info").or(self.get("version"))?;
        Some(split_version(text)?.0)
    }
}

/// A virtual environment that is complete enough to be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Venv {
    /// the folder, which becomes `sys.prefix`
    pub(crate) dir: PathBuf,
    /// its interpreter, from which CPython finds the folder
    pub(crate) program: PathBuf,
    /// the interpreters that its base may be found by, absent ones too
    bases: Vec<PathBuf>,
    version: Option<(u8, u8)>,
    free_threaded: Option<bool>,
    /// its Python is a debug build, as far as the names of its interpreters say
    debug: bool,
}

impl Venv {
    /// Reads a virtual environment; the error says what is wrong with it.
    pub(crate) fn read(system: &impl System, dir: &Path) -> Result<Venv, String> {
        if dir.as_os_str().is_empty() {
            return Err("expected the folder of a venv, found an empty path".to_owned());
        }
        if !system.is_dir(dir) {
            return Err("no such folder".to_owned());
        }
        Venv::with_file(system, dir, &dir.join(FILE))
    }

    /// Reads the virtual environment that an interpreter is in, `None` if it is in none.
    pub(crate) fn around(system: &impl System, interpreter: &Path) -> Option<Result<Venv, String>> {
        let bin = interpreter.parent()?;
        let dir = bin.parent()?;
        // Python looks beside the interpreter first, and takes the folder above either way
        let file = [bin.join(FILE), dir.join(FILE)]
            .into_iter()
            .find(|file| system.is_file(file))?;
        Some(Venv::with_file(system, dir, &file))
    }

    fn with_file(system: &impl System, dir: &Path, file: &Path) -> Result<Venv, String> {
        if !system.is_file(file) {
            let conda = system.is_dir(&dir.join("conda-meta"));
            let kind = if conda {
                "a conda environment"
            } else {
                "no venv"
            };
            return Err(format!("no `{FILE}` in it, so it is {kind}"));
        }
        let text = system
            .text(file)
            .ok_or_else(|| format!("its `{FILE}` cannot be read"))?;
        let config = Config::parse(&text);
        let program = program(system, dir);
        let version = config.version().or_else(|| {
            let base = system.canonical(&program)?;
            Some(Tag::of_interpreter(base.file_name()?.to_str()?)?.version)
        });
        let (version, free_threaded) = match system.os() {
            Os::Windows => {
                let site = dir.join("Lib").join("site-packages");
                check_folders(system, &site, &[dir.join("Lib"), site.clone()])?;
                (version, None)
            }
            Os::Unix | Os::Mac => site_packages(system, dir, version)?,
        };
        let bases = bases(system, dir, &program, &config, version);
        let mut real = bases.iter().filter_map(|base| system.canonical(base));
        let debug = real.any(|base| {
            let name = base.file_name().and_then(|name| name.to_str());
            name.and_then(Tag::of_interpreter)
                .is_some_and(|tag| tag.debug)
        });
        Ok(Venv {
            dir: dir.to_owned(),
            program,
            bases,
            version,
            free_threaded,
            debug,
        })
    }

    /// Returns the interpreters of its base that exist, symlinks resolved.
    pub(crate) fn interpreters(&self, system: &impl System) -> Result<Vec<PathBuf>, String> {
        let own = system.resolved(&self.dir);
        let mut found = Vec::new();
        for base in &self.bases {
            // a copied interpreter has no library beside it
            if let Some(real) = system.canonical(base)
                && system.is_file(&real)
                && !real.starts_with(&own)
                && !found.contains(&real)
            {
                found.push(real);
            }
        }
        if !found.is_empty() {
            return Ok(found);
        }
        Err(match self.bases.last() {
            Some(base) => format!("its base Python is gone, no `{}`", base.display()),
            None => format!("no `home` in its `{FILE}`"),
        })
    }

    /// Returns the Python it is of, as far as it is known.
    pub(crate) fn tag(&self) -> Option<Tag> {
        Some(Tag {
            debug: self.debug,
            ..Tag::new(self.version?, self.free_threaded.unwrap_or(false))
        })
    }

    /// Returns both versions in words, where a library is of another version than the venv.
    pub(crate) fn mismatch(&self, library: Tag) -> Option<String> {
        let fits = self
            .version
            .is_none_or(|version| version == library.version)
            && self
                .free_threaded
                .is_none_or(|free_threaded| free_threaded == library.free_threaded)
            // a debug build imports the packages of both builds, the other one its own only
            && (library.debug || !self.debug);
        let tag = self.tag().filter(|_| !fits)?;
        let library = Tag {
            debug: library.debug && tag.debug,
            ..library
        };
        Some(format!(
            "it is of Python {tag}, and the library is of {library}"
        ))
    }
}

/// Lists where the interpreter may be that the venv around another was made with; none without a venv.
pub(crate) fn bases_of(program: &Path) -> Vec<PathBuf> {
    match Venv::around(&Real, program) {
        Some(Ok(venv)) => venv.bases,
        _ => Vec::new(),
    }
}

/// Returns the interpreter of a venv, which need not exist.
fn program(system: &impl System, dir: &Path) -> PathBuf {
    if system.os() == Os::Windows {
        return dir.join("Scripts").join("python.exe");
    }
    let bin = dir.join("bin");
    let python3 = bin.join("python3");
    let python = bin.join("python");
    match !system.is_file(&python) && system.is_file(&python3) {
        true => python3,
        false => python,
    }
}

/// What the folder of packages says: the version, and whether it is of a free-threaded build.
type Packages = (Option<(u8, u8)>, Option<bool>);

/// Finds the folder of packages, and by it the version and the build.
fn site_packages(
    system: &impl System,
    dir: &Path,
    version: Option<(u8, u8)>,
) -> Result<Packages, String> {
    let lib = dir.join("lib");
    let has_packages = |name: &str| system.is_dir(&lib.join(name).join("site-packages"));
    let tags: Vec<Tag> = system
        .names(&lib)
        .iter()
        .filter(|name| has_packages(name))
        .filter_map(|name| Tag::of_interpreter(name))
        .filter(|tag| version.is_none_or(|version| tag.version == version))
        .collect();
    if let Some(newest) = tags.iter().max_by_key(|tag| tag.version) {
        let both = tags
            .iter()
            .any(|tag| tag.version == newest.version && tag.free_threaded != newest.free_threaded);
        let free_threaded = (!both).then_some(newest.free_threaded);
        return Ok((Some(newest.version), free_threaded));
    }
    let python = match version {
        Some((major, minor)) => format!("python{major}.{minor}"),
        None => "python3.x".to_owned(),
    };
    let python = lib.join(python);
    let site = python.join("site-packages");
    check_folders(system, &site, &[lib, python, site.clone()])?;
    Err(missing(&site, &site))
}

/// Names the first of some nested folders that is absent.
fn check_folders(system: &impl System, site: &Path, folders: &[PathBuf]) -> Result<(), String> {
    match folders.iter().find(|dir| !system.is_dir(dir)) {
        Some(dir) => Err(missing(site, dir)),
        None => Ok(()),
    }
}

fn missing(site: &Path, dir: &Path) -> String {
    let (site, dir) = (site.display(), dir.display());
    format!("expected packages in `{site}`, found no folder `{dir}`")
}

/// Lists where the interpreter that a venv was made with may be.
fn bases(
    system: &impl System,
    dir: &Path,
    program: &Path,
    config: &Config,
    version: Option<(u8, u8)>,
) -> Vec<PathBuf> {
    let mut bases = vec![program.to_owned()];
    bases.extend(
        ["executable", "base-executable"]
            .iter()
            .filter_map(|key| config.get(key))
            .map(PathBuf::from),
    );
    if let Some(home) = config.get("home").map(|home| dir.join(home)) {
        if system.os() == Os::Windows {
            bases.push(home.join("python.exe"));
        } else {
            if let Some((major, minor)) = version {
                bases.push(home.join(format!("python{major}.{minor}")));
            }
            bases.push(home.join("python"));
            bases.push(home.join("python3"));
        }
    }
    bases.retain(|base| base.is_absolute());
    bases
}
