//! The command line.

use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub(crate) const USAGE: &str = "\
usage: gopyre-stress [SECONDS] [--threads N] [--seed N] [--only KIND,KIND..]
       gopyre-stress exits [COUNT] [KIND]..";

/// What the program was started for.
#[derive(Debug)]
pub(crate) enum Command {
    Load(Options),
    Exits {
        count: usize,
        /// The ways to end; all if there are none.
        only: Vec<String>,
    },
    /// A child of `exits`: ends as the kind says.
    Exit {
        kind: String,
        number: u64,
    },
}

#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) time: Duration,
    pub(crate) threads: usize,
    pub(crate) seed: u64,
    /// The kinds of work to do; all if there are none.
    pub(crate) only: Vec<String>,
    pub(crate) control: Option<Control>,
    /// How long nothing may move.
    pub(crate) patience: Duration,
}

/// A mistake to make on purpose, which must be reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Control {
    Deadlock,
    Leak,
    Failure,
}

pub(crate) fn read(arguments: impl Iterator<Item = String>) -> Result<Command, String> {
    let mut arguments = arguments.peekable();
    match arguments.peek().map(String::as_str) {
        Some("exits") => {
            let count = arguments.nth(1).map_or(Ok(100), |text| number(&text))?;
            let only = arguments.collect();
            return Ok(Command::Exits { count, only });
        }
        Some("exit") => {
            let kind = arguments.nth(1).unwrap_or_default();
            let number = arguments.next().map_or(Ok(0), |text| number(&text))?;
            return Ok(Command::Exit { kind, number });
        }
        _ => {}
    }
    let processors = std::thread::available_parallelism().map_or(2, usize::from);
    let mut options = Options {
        time: Duration::from_secs(60),
        threads: (2 * processors).max(4),
        seed: SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(1, |time| time.as_millis() as u64),
        only: Vec::new(),
        control: None,
        patience: Duration::from_secs(60),
    };
    while let Some(argument) = arguments.next() {
        let mut value = || {
            let missing = || format!("expected a value after `{argument}`");
            arguments.next().ok_or_else(missing)
        };
        match argument.as_str() {
            "--threads" => options.threads = number::<usize>(&value()?)?.max(1),
            "--seed" => options.seed = number(&value()?)?,
            "--only" => options.only = value()?.split(',').map(str::to_owned).collect(),
            "--patience" => options.patience = Duration::from_secs(number(&value()?)?),
            "--control" => {
                options.control = Some(match value()?.as_str() {
                    "deadlock" => Control::Deadlock,
                    "leak" => Control::Leak,
                    "failure" => Control::Failure,
                    other => return Err(format!("there is no control `{other}`")),
                });
            }
            seconds => options.time = Duration::from_secs(number(seconds)?),
        }
    }
    Ok(Command::Load(options))
}

fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| format!("expected a number, found `{text}`"))
}
