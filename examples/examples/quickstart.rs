//! Reads a `Cargo.lock`, and lets Python's standard library say what is in it.
//!
//! ```sh
//! cargo run -p gopyre-examples --example quickstart                # this repository's Cargo.lock
//! cargo run -p gopyre-examples --example quickstart ../Cargo.lock  # another one
//! cargo run -p gopyre-examples --example quickstart -- --mistake   # what a Python error looks like
//! ```

use gopyre::{Error, Result, Runtime, py_script};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What goes in: in Python, a dict.
#[derive(Serialize)]
struct Package {
    name: String,
    dependencies: Vec<String>,
}

/// What comes out: in Python, a dict too.
#[derive(Deserialize)]
struct Overview {
    mean: f64,
    median: f64,
    needed: Vec<(String, usize)>,
}

/// Counts dependencies. The parameter is a variable, the last expression is the result.
#[py_script(
    r#"
    import collections, statistics

    counts = [len(package["dependencies"]) for package in packages]
    needed = collections.Counter(name for package in packages for name in package["dependencies"])
    {
        "mean": statistics.mean(counts),
        "median": statistics.median(counts),
        "needed": needed.most_common(3),
    }
"#
)]
fn overview(packages: &[Package]) -> Result<Overview>;

/// Groups names by their first word, and keeps the groups of more than two.
#[py_script(
    r#"
    import itertools, re

    def family(name):
        return re.split("[-_]", name)[0]

    groups = itertools.groupby(sorted(names, key=family), family)
    groups = {key: list(members) for key, members in groups}
    {key: members for key, members in groups.items() if len(members) > 2}
"#
)]
fn families(names: &[&str]) -> Result<BTreeMap<String, Vec<String>>>;

/// Finds the pairs of names that are easily mixed up, the most similar first.
#[py_script(
    r#"
    import difflib, itertools

    pairs = itertools.combinations(sorted(set(names)), 2)
    pairs = [(difflib.SequenceMatcher(None, a, b).ratio(), a, b) for a, b in pairs]
    sorted((pair for pair in pairs if pair[0] >= at_least), reverse=True)
"#
)]
fn lookalikes(names: &[&str], at_least: f64) -> Result<Vec<(f64, String, String)>>;

/// Wraps words after a title. Without a `Result` in the return type an error is a panic.
#[py_script(
    r#"
    import textwrap

    textwrap.fill(f"  {title:<8}" + ", ".join(words), 80, subsequent_indent=" " * 10)
"#
)]
fn paragraph(title: &str, words: &[String]) -> String;

/// The deliberate mistake: no package here has a licence.
#[py_script(
    r#"
    def licence(package):
        return package["licence"]

    sorted(map(licence, packages))
"#
)]
fn licences(packages: &[Package]) -> Result<Vec<String>>;

fn main() -> Result<()> {
    // The first call would start Python as well; this one is here to say which it is.
    let python = Runtime::start()?;
    let (version, library) = (python.version(), python.library().display());
    println!("Python {version} from {library}");

    let args: Vec<String> = std::env::args().skip(1).collect();
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock");
    let given = args.iter().find(|arg| *arg != "--mistake");
    let packages = read(given.map_or(own, String::as_str))?;
    let names: Vec<&str> = packages.iter().map(|p| p.name.as_str()).collect();
    if args.iter().any(|arg| arg == "--mistake") {
        println!("{:?}", licences(&packages)?);
    }

    let count = packages.len();
    let found = overview(&packages)?;
    let (mean, median) = (found.mean, found.median);
    println!("\n{count} packages; dependencies of each: mean {mean:.1}, median {median}");
    for (name, times) in found.needed {
        println!("  {name} is needed by {times}");
    }
    println!("\nfamilies");
    for (family, members) in families(&names)? {
        println!("{}", paragraph(&family, &members));
    }
    println!("\neasily mixed up");
    for (similarity, one, other) in lookalikes(&names, 0.75)? {
        println!("  {similarity:.2}    {one}, {other}");
    }
    Ok(())
}

/// Reads what cargo writes, which takes no TOML parser.
fn read(path: &str) -> Result<Vec<Package>> {
    let lock = std::fs::read_to_string(path).map_err(|source| {
        let path = path.into();
        Error::Io { path, source }
    })?;
    let mut packages: Vec<Package> = Vec::new();
    for line in lock.lines() {
        // A name may be followed by a version, after a space.
        let words: Vec<&str> = line.split(['"', ' ']).collect();
        match (words.as_slice(), packages.last_mut()) {
            (["name", "=", "", name, ..], _) => packages.push(Package {
                name: name.to_string(),
                dependencies: Vec::new(),
            }),
            (["", "", name, ..], Some(package)) => package.dependencies.push(name.to_string()),
            _ => {}
        }
    }
    Ok(packages)
}
