//! gopyre beside its peers.
//!
//! ```sh
//! cargo run --release --manifest-path benches/Cargo.toml                 # the table
//! cargo run --release --manifest-path benches/Cargo.toml -- 7            # one row
//! cargo run --release --manifest-path benches/Cargo.toml -- numpy        # rows whose text has the word
//! cargo run --release --manifest-path benches/Cargo.toml -- --json       # one JSON object a row
//! ```

use gopyre_benches::report::{self, Title};
use gopyre_benches::{python, rows};
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let as_json = args.iter().any(|arg| arg == "--json");
    let filter = args.iter().find(|arg| !arg.starts_with('-'));
    let filter = filter.map(String::as_str);
    let runtime = match python::start() {
        Ok(runtime) => runtime,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::FAILURE;
        }
    };
    if cfg!(not(feature = "pyo3"))
        && let Some(status) = python::with_pyo3(runtime, &args)
    {
        return ExitCode::from(u8::try_from(status).unwrap_or(1));
    }

    if !as_json {
        let (version, library) = (runtime.version(), runtime.library().display());
        println!("Python {version}, {library}\n\n{}", report::head());
    }
    let mut notes = Vec::new();
    for row in rows::all() {
        if !row.is_wanted(filter) {
            continue;
        }
        let title = Title {
            id: row.id,
            work: row.work,
            peer: row.peer,
            goal: row.goal,
        };
        if !row.note.is_empty() {
            notes.push((row.id, row.note));
        }
        let outcome = row.run();
        if as_json {
            println!("{}", title.json(&outcome));
        } else {
            println!("{}", title.row(&outcome));
        }
    }
    notes.dedup();
    for (id, note) in notes {
        if !as_json {
            println!("\nRow {id}: {note}");
        }
    }
    ExitCode::SUCCESS
}
