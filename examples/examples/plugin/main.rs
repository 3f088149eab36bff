//! Runs the rules of a folder on some orders. Rules are scripts that somebody else writes, and some of
//! them are broken: the good ones work all the same, and each of the others is reported with its line.
//!
//! ```sh
//! cargo run -p gopyre-examples --example plugin                 # the rules beside this file
//! cargo run -p gopyre-examples --example plugin -- my/rules     # rules of your own
//! ```
//!
//! A rule sees the order's fields as variables. Its last expression is a discount, or `None`.

use gopyre::{Error, Result, Script, py_script};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(Serialize)]
struct Order {
    customer: &'static str,
    visits: u32,
    total: f64,
    items: Vec<Item>,
}

#[derive(Serialize)]
struct Item {
    name: &'static str,
    price: f64,
    count: u32,
}

#[derive(Deserialize)]
struct Discount {
    amount: f64,
    reason: String,
}

/// A rule that may be run.
struct Rule {
    path: PathBuf,
    script: Script,
}

/// A rule that must not be run, and why.
struct Broken {
    path: PathBuf,
    error: Error,
}

fn main() -> Result<()> {
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/plugin/rules");
    let folder = std::env::args().nth(1).unwrap_or_else(|| own.to_owned());
    let (mut rules, mut broken) = load(Path::new(&folder))?;

    for order in orders() {
        println!("{}, {:.2}", order.customer, order.total);
        rules.retain(|rule| match run(rule, &order) {
            Ok(None) => true,
            Ok(Some(discount)) => {
                println!("{:>10.2}  {}", -discount.amount, discount.reason);
                true
            }
            // It is not asked again.
            Err(error) => {
                let path = rule.path.clone();
                broken.push(Broken { path, error });
                false
            }
        });
    }

    println!(
        "\n{} rules are fine, {} are broken",
        rules.len(),
        broken.len()
    );
    broken.sort_by(|one, other| one.path.cmp(&other.path));
    broken.iter().for_each(report);
    Ok(())
}

/// Compiles every `.py` file of a folder.
fn load(folder: &Path) -> Result<(Vec<Rule>, Vec<Broken>)> {
    let unreadable = |source| Error::Io {
        path: folder.to_owned(),
        source,
    };
    let (mut rules, mut broken) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "py") {
            match Script::from_file(&path) {
                Ok(script) => rules.push(Rule { path, script }),
                Err(error) => broken.push(Broken { path, error }),
            }
        }
    }
    rules.sort_by(|one, other| one.path.cmp(&other.path));
    Ok((rules, broken))
}

/// Asks a rule, which may take a second.
fn run(rule: &Rule, order: &Order) -> Result<Option<Discount>> {
    let limit = Duration::from_secs(1);
    rule.script.input(order).timeout(limit).exec()
}

/// Prints what is wrong with a rule, and the line that it is about.
fn report(broken: &Broken) {
    let Broken { path, error } = broken;
    let text = fs::read_to_string(path).unwrap_or_default();
    let name = path.file_name().unwrap_or_default().display();
    println!("\n{name}: {}", message(error));
    if let Some(number) = line(path, &text, error) {
        let line = text.lines().nth(number as usize - 1).unwrap_or_default();
        println!("{number:>4} | {line}");
    }
}

/// What is wrong, without the name of the file.
fn message(error: &Error) -> String {
    match error {
        Error::Syntax(errors) => errors.iter().map(|it| it.message.as_str()).collect(),
        Error::Convert(_) => format!("this is no discount, {error}"),
        _ => error.to_string(),
    }
}

/// The number of the line that an error is about.
fn line(path: &Path, text: &str, error: &Error) -> Option<u32> {
    match error {
        Error::Syntax(errors) => Some(errors.first()?.line),
        Error::Python(exception) => {
            // The innermost call may be in a module that the rule uses.
            let frames = exception.frames().iter().rev();
            let mut own = frames.filter(|frame| Path::new(&frame.file) == path);
            Some(own.next()?.line)
        }
        Error::Convert(_) => last_statement(text).ok(),
        _ => None,
    }
}

/// The line of the expression that is the result.
#[py_script("import ast; ast.parse(text).body[-1].lineno")]
fn last_statement(text: &str) -> Result<u32>;

fn orders() -> Vec<Order> {
    let order = |customer, visits, items: &[(&'static str, f64, u32)]| Order {
        customer,
        visits,
        total: items
            .iter()
            .map(|(_, price, count)| price * f64::from(*count))
            .sum(),
        items: items
            .iter()
            .map(|&(name, price, count)| Item { name, price, count })
            .collect(),
    };
    vec![
        order("Ada", 12, &[("lamp", 40.0, 1), ("bulb", 2.5, 12)]),
        order("Grace", 0, &[("desk", 180.0, 1)]),
        order("Edsger", 3, &[("pen", 1.2, 2)]),
    ]
}
