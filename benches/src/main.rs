//! gopyre beside its peers.
//!
//! ```sh
//! cargo run --release --manifest-path benches/Cargo.toml                 # the table
//! cargo run --release --manifest-path benches/Cargo.toml -- 7            # one row
//! cargo run --release --manifest-path benches/Cargo.toml -- numpy        # rows whose text has the word
//! cargo run --release --manifest-path benches/Cargo.toml -- --json       # one JSON object a row
//! cargo run --release --manifest-path benches/Cargo.toml -- --readme     # the table goes into the README, too
//! cargo run --release --manifest-path benches/Cargo.toml -- 7 --gopyre=1000   # our side alone, for a profiler
//! cargo run --release --manifest-path benches/Cargo.toml -- 7 --peer=1000     # the other
//! ```

use gopyre_benches::page::Page;
use gopyre_benches::report::{self, Title, Verdicts};
use gopyre_benches::{Measure, python, rows};
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let as_json = args.iter().any(|arg| arg == "--json");
    let filters: Vec<&str> = args
        .iter()
        .map(String::as_str)
        .filter(|arg| !arg.starts_with('-'))
        .collect();
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

    let option = |name: &str| {
        args.iter()
            .find_map(|arg| arg.strip_prefix(name)?.parse().ok())
    };
    let alone = (option("--gopyre="), option("--peer="));
    if let (Some(count), _) | (None, Some(count)) = alone {
        return profile(&filters, alone.0.is_some(), count);
    }

    let mut page = Page::new(as_json);
    page.say(&report::head(runtime));
    let mut verdicts = Verdicts::default();
    let mut notes = Vec::new();
    for row in rows::all() {
        if !row.is_wanted(&filters) {
            continue;
        }
        let title = Title {
            id: row.id,
            work: row.work,
            peer: row.peer,
            goal: row.goal,
        };
        let note = row.note;
        let outcome = row.run();
        if let Ok(found) = &outcome {
            if !note.is_empty() {
                notes.push((title.id, note));
            }
            verdicts.add(title.id, title.goal.is_met(found.ratio));
        }
        if as_json {
            println!("{}", title.json(&outcome));
        }
        page.say(&title.row(&outcome));
    }
    page.say(&format!("\n{verdicts}"));
    notes.dedup();
    for (id, note) in notes {
        page.say(&format!("\nRow {id}: {note}"));
    }
    if args.iter().any(|arg| arg == "--readme")
        && let Err(why) = page.into_readme(runtime.version(), &filters)
    {
        eprintln!("{why}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Runs one side of the first row that is wanted, for a profiler.
fn profile(filters: &[&str], ours: bool, count: u64) -> ExitCode {
    let sides = rows::all().into_iter().find_map(|row| match row.measure {
        Measure::Sides(sides) if row.is_wanted(filters) => Some(sides),
        _ => None,
    });
    match sides.map(|sides| sides()) {
        Some(Ok((mut one, mut other))) => {
            let work = if ours { &mut one } else { &mut other };
            eprintln!("{:?} for {count}", work(count));
            ExitCode::SUCCESS
        }
        Some(Err(why)) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
        None => {
            eprintln!("no such row of two sides");
            ExitCode::FAILURE
        }
    }
}
