//! Tests that need a process of their own: the test binary runs itself again for one test.

use std::any::type_name;
use std::ffi::OsStr;
use std::fmt;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

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
    Some(Child {
        name,
        command,
        limit: Duration::from_secs(60),
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

    /// Sets how long the process may take; a minute otherwise.
    pub fn limit(mut self, limit: Duration) -> Child {
        self.limit = limit;
        self
    }

    /// Runs the process, and ends it if it takes too long.
    pub fn run(mut self) -> End {
        self.command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = self.command.spawn().expect("the test binary starts again");
        let stdout = reader(child.stdout.take().unwrap());
        let stderr = reader(child.stderr.take().unwrap());
        let deadline = Instant::now() + self.limit;
        let status = loop {
            match child.try_wait().unwrap() {
                Some(status) => break Some(status),
                None if Instant::now() < deadline => thread::sleep(Duration::from_millis(5)),
                None => break None,
            }
        };
        if status.is_none() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        // A process that the scenario started may hold the pipes open; it is not waited for long.
        let text = |bytes: Receiver<Vec<u8>>| {
            let bytes = bytes
                .recv_timeout(Duration::from_secs(5))
                .unwrap_or_default();
            String::from_utf8(bytes).unwrap_or_else(|error| format!("no UTF-8: {error}"))
        };
        let (stdout, stderr) = (text(stdout), text(stderr));
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

/// What became of a process.
#[derive(Debug)]
pub struct End {
    /// How it ended; none where it took too long and was killed.
    pub status: Option<ExitStatus>,
    /// What the scenario printed.
    pub stdout: String,
    /// What the process printed to standard error.
    pub stderr: String,
}

impl End {
    /// The exit code; none for a process that a signal ended, too.
    pub fn code(&self) -> Option<i32> {
        self.status?.code()
    }

    /// Whether the process took too long.
    pub fn timed_out(&self) -> bool {
        self.status.is_none()
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status {
            Some(status) => writeln!(f, "{status}")?,
            None => writeln!(f, "killed, because it took too long")?,
        }
        write!(
            f,
            "--- stdout\n{}\n--- stderr\n{}",
            self.stdout, self.stderr
        )
    }
}

/// Reads a pipe to its end on a thread, so that neither of two can fill up.
fn reader(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (send, receive) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        let _ = send.send(bytes);
    });
    receive
}
