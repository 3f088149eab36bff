//! Tests that need a process of their own: the test binary runs itself again for one test.

use crate::folder::Folder;
use crate::process::{End, run};
use std::any::type_name;
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Names the test that the process was started for.
const VARIABLE: &str = "GOPYRE_TEST_CHILD";

/// Separates what the test runner prints from what the scenario does.
const BEGIN: &str = "\n--- the scenario begins ---\n";

/// A process that will run one scenario, being configured.
#[must_use = "a child starts with `run` or `succeeds`"]
pub struct Child {
    name: String,
    command: Command,
    limit: Duration,
    /// Its temporary files: it ends without clearing up.
    temporary: Folder,
}

/// Declares that the rest of this test runs in a process of its own, and is the scenario.
///
/// Called first thing in a test. In the test's own process it returns a [`Child`] that starts the test
/// binary again for this test alone; there the scenario runs, the process exits with 0, and nothing
/// after the call is reached. A panic in the scenario is a failure of the child.
pub fn in_child<F: FnOnce()>(scenario: F) -> Child {
    in_returning_child(scenario).unwrap_or_else(|| std::process::exit(0))
}

/// Like [`in_child`], for a process that ends because its `main` returns: there it returns none after
/// the scenario, and the test must return at once.
pub fn in_returning_child<F: FnOnce()>(scenario: F) -> Option<Child> {
    // `binary::test::{{closure}}`; the runner knows it without the first part. The thread's name would
    // do too, were it not `main` where tests run one at a time.
    let path = type_name::<F>();
    let path = path.split_once("::").map_or(path, |(_, rest)| rest);
    let name = path.trim_end_matches("::{{closure}}").to_owned();
    assert_ne!(name, path, "a scenario is a closure of its test");
    if std::env::var_os(VARIABLE).is_some_and(|value| value == *name) {
        begin();
        scenario();
        return None;
    }
    let mut command = Command::new(this_binary());
    command.args(["--exact", &name, "--nocapture", "--test-threads=1"]);
    command.env(VARIABLE, &name).env_remove("RUST_BACKTRACE");
    let temporary = Folder::new();
    command.env("TMPDIR", temporary.path());
    Some(Child {
        name,
        command,
        limit: Duration::from_secs(180),
        temporary,
    })
}

/// The running test binary.
pub fn this_binary() -> PathBuf {
    // Without a /proc the first argument is as good.
    std::env::current_exe().unwrap_or_else(|_| std::env::args_os().next().unwrap().into())
}

fn begin() {
    let mut stdout = std::io::stdout().lock();
    stdout
        .write_all(BEGIN.as_bytes())
        .and_then(|()| stdout.flush())
        .unwrap();
}

impl Child {
    /// Sets an environment variable.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Child {
        self.command.env(name, value);
        self
    }

    /// Removes an environment variable.
    pub fn env_remove(mut self, name: impl AsRef<OsStr>) -> Child {
        self.command.env_remove(name);
        self
    }

    /// Sets the folder that the process starts in.
    pub fn current_dir(mut self, dir: impl AsRef<Path>) -> Child {
        self.command.current_dir(dir);
        self
    }

    /// Sets how long the process may take; three minutes otherwise.
    pub fn limit(mut self, limit: Duration) -> Child {
        self.limit = limit;
        self
    }

    /// Runs the process, and ends it if it takes too long.
    pub fn run(mut self) -> End {
        let End {
            status,
            stdout,
            stderr,
        } = run(&mut self.command, self.limit);
        drop(self.temporary);
        let Some((_, stdout)) = stdout.split_once(BEGIN) else {
            panic!(
                "the scenario of `{}` did not begin: {status:?}\n{stdout}\n{stderr}",
                self.name
            );
        };
        End {
            status,
            stdout: stdout.to_owned(),
            stderr,
        }
    }

    /// Runs the process, which must exit with 0 within its time.
    pub fn succeeds(self) -> End {
        let name = self.name.clone();
        let end = self.run();
        assert!(
            end.code() == Some(0),
            "the scenario of `{name}` failed\n{end}"
        );
        end
    }
}
