//! Reads a `Cargo.lock`, and lets Python's standard library say what is in it: what the quickstart of
//! gopyre's examples does, with PyO3 and pythonize.

use pyo3::prelude::*;
use pyo3::types::PyDict;
use pythonize::{depythonize, pythonize};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::error::Error;
use std::ffi::CStr;

#[derive(Serialize)]
struct Package {
    name: String,
    dependencies: Vec<String>,
}

type Outcome<T> = Result<T, Box<dyn Error>>;

#[derive(Deserialize)]
struct Overview {
    mean: f64,
    median: f64,
    needed: Vec<(String, usize)>,
}

/// Runs statements, and reads the value of an expression after them.
fn run<'py, T: serde::de::DeserializeOwned>(
    names: &Bound<'py, PyDict>,
    statements: &CStr,
    expression: &CStr,
) -> Outcome<T> {
    let py = names.py();
    py.run(statements, Some(names), None)?;
    Ok(depythonize(&py.eval(expression, Some(names), None)?)?)
}

fn overview(py: Python<'_>, packages: &[Package]) -> Outcome<Overview> {
    let names = PyDict::new(py);
    names.set_item("packages", pythonize(py, packages)?)?;
    let statements = cr#"
import collections, statistics

counts = [len(package["dependencies"]) for package in packages]
needed = collections.Counter(name for package in packages for name in package["dependencies"])
"#;
    let expression = cr#"{
        "mean": statistics.mean(counts),
        "median": statistics.median(counts),
        "needed": needed.most_common(3),
    }"#;
    run(&names, statements, expression)
}

fn families(py: Python<'_>, words: &[&str]) -> Outcome<BTreeMap<String, Vec<String>>> {
    let names = PyDict::new(py);
    names.set_item("names", pythonize(py, words)?)?;
    let statements = cr#"
import itertools, re

def family(name):
    return re.split("[-_]", name)[0]

groups = itertools.groupby(sorted(names, key=family), family)
groups = {key: list(members) for key, members in groups}
"#;
    let expression = c"{key: members for key, members in groups.items() if len(members) > 2}";
    run(&names, statements, expression)
}

fn lookalikes(
    py: Python<'_>,
    words: &[&str],
    at_least: f64,
) -> Outcome<Vec<(f64, String, String)>> {
    let names = PyDict::new(py);
    names.set_item("names", pythonize(py, words)?)?;
    names.set_item("at_least", at_least)?;
    let statements = cr#"
import difflib, itertools

pairs = itertools.combinations(sorted(set(names)), 2)
pairs = [(difflib.SequenceMatcher(None, a, b).ratio(), a, b) for a, b in pairs]
"#;
    let expression = c"sorted((pair for pair in pairs if pair[0] >= at_least), reverse=True)";
    run(&names, statements, expression)
}

fn paragraph(py: Python<'_>, title: &str, words: &[String]) -> Outcome<String> {
    let names = PyDict::new(py);
    names.set_item("title", title)?;
    names.set_item("words", pythonize(py, words)?)?;
    let expression =
        cr#"textwrap.fill(f"  {title:<8}" + ", ".join(words), 80, subsequent_indent=" " * 10)"#;
    run(&names, c"import textwrap", expression)
}

fn main() -> Outcome<()> {
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../Cargo.lock");
    let packages = read(&std::env::args().nth(1).unwrap_or(own.to_owned()))?;
    let names: Vec<&str> = packages.iter().map(|p| p.name.as_str()).collect();
    Python::attach(|py| {
        println!("Python {}", Python::version_str());
        let count = packages.len();
        let found = overview(py, &packages)?;
        let (mean, median) = (found.mean, found.median);
        println!("\n{count} packages; dependencies of each: mean {mean:.1}, median {median}");
        for (name, times) in found.needed {
            println!("  {name} is needed by {times}");
        }
        println!("\nfamilies");
        for (family, members) in families(py, &names)? {
            println!("{}", paragraph(py, &family, &members)?);
        }
        println!("\neasily mixed up");
        for (similarity, one, other) in lookalikes(py, &names, 0.75)? {
            println!("  {similarity:.2}    {one}, {other}");
        }
        Ok(())
    })
}

/// Reads what cargo writes, which takes no TOML parser.
fn read(path: &str) -> Result<Vec<Package>, std::io::Error> {
    let lock = std::fs::read_to_string(path)?;
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
