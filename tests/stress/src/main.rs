//! Two programs that try to break gopyre.
//!
//! `gopyre-stress SECONDS` does everything at once, from many threads, and checks every value, every
//! count and the memory. `gopyre-stress exits COUNT` ends processes in every way there is, and counts the
//! ends that are as if Python were not there.

mod exits;
mod growth;
mod ledger;
mod load;
mod memory;
mod options;
mod random;
mod watchdog;
mod work;
mod world;

use options::Command;
use std::process::ExitCode;

fn main() -> ExitCode {
    match options::read(std::env::args().skip(1)) {
        Ok(Command::Load(options)) => load::run(&options),
        Ok(Command::Exits { count, only }) => exits::run(count, &only),
        Ok(Command::Exit { kind, number }) => exits::play(&kind, number),
        Err(message) => {
            eprintln!("{message}\n\n{}", options::USAGE);
            ExitCode::from(64)
        }
    }
}
