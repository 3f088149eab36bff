//! Row 18: what a million calls leave behind.

use super::calls::function;
use crate::data::{Order, Point};
use crate::measure::{Amount, Missing, Ratio};
use crate::row::{Goal, Row};
use gopyre::{Object, Value, py_script};
use serde_json::json;

#[py_script(r#"{"sum": point["x"] + point["y"], "words": [word.upper() for word in words]}"#)]
fn mixed(point: &Point, words: &[&str]) -> gopyre::Result<Value>;

#[py_script("import sys; sys.getallocatedblocks()")]
fn blocks() -> gopyre::Result<i64>;

/// How much a page or two in use at the wrong moment may be.
const NOISE: i64 = 64 * 1024;
const CALLS: usize = 1_000_000;

pub(super) fn rows() -> Vec<Row> {
    let work = "growth of memory over a million mixed calls";
    let row = Row::whole(18, work, ("none", Goal::AtMost(0.0)), || {
        let calls = Calls::new()?;
        calls.repeat(CALLS / 5)?;
        let before = (resident()?, allocated()?);
        calls.repeat(CALLS)?;
        let after = (resident()?, allocated()?);
        let (bytes, blocks) = (after.0 - before.0, after.1 - before.1);
        // A leak of one byte a call, or of one block in ten thousand, is more than this.
        let grown = bytes > NOISE || blocks > 100;
        let ratio = if grown {
            bytes.max(1) as f64 / CALLS as f64
        } else {
            0.0
        };
        Ok(Ratio::single(
            ratio,
            Amount::Bytes(bytes as f64),
            Amount::Nothing,
        ))
    });
    let note = "The ratio is bytes for each call, of the process's resident memory; up to 64 kB in all, and \
                100 blocks of Python's allocator, count as none.";
    vec![row.note(note)]
}

struct Calls {
    add: Object,
    fail: Object,
    order: Order,
}

impl Calls {
    fn new() -> Result<Calls, Missing> {
        Ok(Calls {
            add: function("add")?,
            fail: function("fail")?,
            order: Order::new(2),
        })
    }

    /// One call in ten is each of ten kinds.
    fn repeat(&self, count: usize) -> Result<(), Missing> {
        (0..count)
            .try_for_each(|n| self.one(n))
            .map_err(|e| e.to_string())
    }

    fn one(&self, n: usize) -> gopyre::Result<()> {
        match n % 10 {
            0..3 => drop(self.add.call((n, 1))?.extract::<usize>()?),
            3 => drop(self.fail.call(()).expect_err("it raises")),
            4 => drop(Object::new(&self.order)?.extract::<Order>()?),
            5 => drop(mixed(&Point { x: 1, y: n as i64 }, &["one", "two"])?),
            6 => drop(gopyre::exec::<String>("f'{input}'", n)?),
            7 => drop(gopyre::exec::<i64>("input", "no number").expect_err("it is text")),
            8 => drop(gopyre::call::<f64>("math", "sqrt", (n as f64,))?),
            _ => drop(
                Object::new(json!({"a": [n, null, "text"]}))?
                    .item("a")?
                    .len()?,
            ),
        }
        Ok(())
    }
}

/// The bytes of this process that are in memory.
fn resident() -> Result<i64, Missing> {
    let status = std::fs::read_to_string("/proc/self/status").map_err(|e| e.to_string())?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse::<i64>().ok());
    number.map(|kb| kb * 1024).ok_or("no VmRSS".to_owned())
}

/// The blocks that Python's allocator has given out.
fn allocated() -> Result<i64, Missing> {
    blocks().map_err(|e| e.to_string())
}
