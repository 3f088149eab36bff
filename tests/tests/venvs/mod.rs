//! Virtual environments of the Python under test, with packages from PyPI.

use gopyre::Runtime;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

/// The interpreter that belongs to the library under test, out of any venv.
pub(crate) fn base_python() -> &'static Path {
    static PYTHON: LazyLock<PathBuf> = LazyLock::new(|| {
        Runtime::start().expect("the default runtime starts");
        let code = "import sys; getattr(sys, '_base_executable', None) or sys.executable";
        gopyre::exec(code, ()).expect("it knows its interpreter")
    });
    &PYTHON
}

/// A venv, and what could be installed into it.
pub(crate) struct Packages {
    pub(crate) dir: PathBuf,
    rows: BTreeMap<String, Row>,
}

enum Row {
    Installed,
    /// There is no wheel for this Python, or no network.
    NotThere(String),
    Failed(String),
}

impl Packages {
    /// Makes a venv with `tests/matrix/packages`, or finds the one that an earlier run has made.
    pub(crate) fn make(kind: &str, packages: &[&str]) -> Packages {
        let python = base_python();
        // A name of its own for each Python: several may be tested at the same time.
        let name = python.display().to_string().replace('/', "-");
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{kind}{name}"));
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("matrix/packages");
        let output = Command::new(&script)
            .arg(python)
            .arg(&dir)
            .args(packages)
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output();
        let output = output.unwrap_or_else(|error| panic!("{}: {error}", script.display()));
        assert!(output.status.success(), "no venv with {}", python.display());
        Packages::read(dir, &String::from_utf8_lossy(&output.stdout))
    }

    /// Reads the list of what is in a venv; where that is empty, everything is taken to be there.
    pub(crate) fn read(dir: PathBuf, rows: &str) -> Packages {
        let row = |line: &str| {
            let (name, rest) = line.split_once(' ')?;
            let row = match rest.strip_prefix("missing ") {
                None => Row::Installed,
                Some(why @ ("no wheel" | "no network")) => Row::NotThere(why.to_owned()),
                Some(why) => Row::Failed(why.to_owned()),
            };
            Some((name.to_owned(), row))
        };
        let rows = rows.lines().filter_map(row).collect();
        Packages { dir, rows }
    }

    /// Whether a package can be tested. One that is not there is said so, out loud.
    #[track_caller]
    pub(crate) fn has(&self, package: &str) -> bool {
        match self.rows.get(package) {
            None if self.rows.is_empty() => true,
            Some(Row::Installed) => true,
            Some(Row::NotThere(why)) => {
                let python = Runtime::start().map(|it| it.version().to_string());
                let python = python.unwrap_or_default();
                // Past the test runner's capture: a test that tests nothing must not look like any other.
                let text = format!("not there: {package} for {python} ({why})\n");
                std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes()).unwrap();
                false
            }
            Some(Row::Failed(why)) => panic!("{package} could not be installed: {why}"),
            None => panic!("{package} is not in {}", self.dir.display()),
        }
    }
}
