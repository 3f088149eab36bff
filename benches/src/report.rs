//! The table, and the same for a script.

use crate::measure::{Amount, Missing, Ratio};
use crate::row::Goal;
use gopyre::Runtime;
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt;

/// What it was measured on, and the first lines of the table.
pub fn head(runtime: Runtime) -> String {
    let head = line(
        "#",
        "work",
        "peer",
        ["ratio", "middle half", "goal", "met", "gopyre", "peer"].map(str::to_owned),
    );
    let rule: String = head
        .chars()
        .map(|c| if c == '|' { '|' } else { '-' })
        .collect();
    format!("CPython {}\n\n{head}\n{rule}", runtime.version())
}

/// Which numbers have all of their rows met.
#[derive(Debug, Default)]
pub struct Verdicts(BTreeMap<u32, bool>);

impl Verdicts {
    /// Adds a row that ran.
    pub fn add(&mut self, id: u32, is_met: bool) {
        let all = self.0.entry(id).or_insert(true);
        *all &= is_met;
    }
}

impl fmt::Display for Verdicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let met = self.0.values().filter(|met| **met).count();
        write!(
            f,
            "{met} of {} numbers meet all of their goals",
            self.0.len()
        )?;
        let missed: Vec<String> = self
            .0
            .iter()
            .filter(|(_, met)| !**met)
            .map(|(id, _)| id.to_string())
            .collect();
        match missed.as_slice() {
            [] => f.write_str("."),
            missed => write!(f, "; not {}.", missed.join(", ")),
        }
    }
}

/// A row's heading: its number, work and peer.
#[derive(Clone, Copy, Debug)]
pub struct Title {
    /// The number.
    pub id: u32,
    /// What is done.
    pub work: &'static str,
    /// Who else does it.
    pub peer: &'static str,
    /// What the ratio should be.
    pub goal: Goal,
}

impl Title {
    /// The row of the table.
    pub fn row(self, outcome: &Result<Ratio, Missing>) -> String {
        let goal = self.goal.to_string();
        let id = self.id.to_string();
        let cells = match outcome {
            Ok(found) => [
                number(found.ratio),
                format!("{} to {}", number(found.spread.0), number(found.spread.1)),
                goal,
                if self.goal.is_met(found.ratio) {
                    "yes"
                } else {
                    "NO"
                }
                .to_owned(),
                found.ours.to_string(),
                found.theirs.to_string(),
            ],
            Err(why) => [
                "-".to_owned(),
                why.lines().next().unwrap_or_default().to_owned(),
                goal,
                "-".to_owned(),
                String::new(),
                String::new(),
            ],
        };
        line(&id, self.work, self.peer, cells)
    }

    /// The row as a JSON object.
    pub fn json(self, outcome: &Result<Ratio, Missing>) -> serde_json::Value {
        let Title {
            id,
            work,
            peer,
            goal,
        } = self;
        let mut row = json!({
            "id": id, "work": work, "peer": peer, "ratio": null, "goal": goal.number(), "met": null,
        });
        match outcome {
            Ok(found) => {
                row["ratio"] = found.ratio.into();
                row["met"] = goal.is_met(found.ratio).into();
                row["low"] = found.spread.0.into();
                row["high"] = found.spread.1.into();
                row["ours"] = found.ours.to_string().into();
                row["theirs"] = found.theirs.to_string().into();
            }
            Err(why) => row["missing"] = why.as_str().into(),
        }
        row
    }
}

fn line(id: &str, work: &str, peer: &str, cells: [String; 6]) -> String {
    let [ratio, spread, goal, met, ours, theirs] = cells;
    format!(
        "| {id:>2} | {work:<50} | {peer:<28} | {ratio:>6} | {spread:<16} | {goal:<7} | {met:<3} | {ours:>8} | {theirs:>8} |"
    )
}

/// Three digits.
fn number(value: f64) -> String {
    match value.abs() {
        v if v < 0.0995 && v > 0.0 => format!("{value:.3}"),
        v if v < 9.95 => format!("{value:.2}"),
        v if v < 99.5 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (value, units) = match *self {
            Amount::Time(ns) => (ns, ["ns", "us", "ms", "s"]),
            Amount::Bytes(bytes) => (bytes, ["B", "kB", "MB", "GB"]),
            Amount::Rate(rate) => (rate, ["/s", "k/s", "M/s", "G/s"]),
            Amount::Nothing => return Ok(()),
        };
        let mut value = value;
        let mut unit = 0;
        while value >= 1_000.0 && unit + 1 < units.len() {
            value /= 1_000.0;
            unit += 1;
        }
        write!(f, "{} {}", number(value), units[unit])
    }
}
