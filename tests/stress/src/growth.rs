//! Whether memory grows from one quiet point to the next.

use crate::ledger::Ledger;
use crate::memory::{self, Amounts, NAMES};
use crate::world::INTERPRETERS;
use gopyre::{Result, Version};
use std::sync::atomic::Ordering::Relaxed;

/// What may come and go without a reason of its own: caches, and the system's way with memory.
const SLACK: Amounts = [1 << 20, 20_000, 20_000, 64 << 20];

/// The readings of a run.
#[derive(Debug)]
pub(crate) struct Growth {
    interpreter: Amounts,
    readings: Vec<Reading>,
}

/// What was there at a quiet point.
#[derive(Debug)]
struct Reading {
    /// The operations that were done by then.
    operations: u64,
    /// The interpreters that had been made by then.
    interpreters: i64,
    amounts: Amounts,
}

impl Growth {
    pub(crate) fn new(ledger: &Ledger) -> Result<Growth> {
        Ok(Growth {
            interpreter: memory::of_an_interpreter(ledger)?,
            readings: Vec::new(),
        })
    }

    /// Reads at a quiet point: no other thread does anything.
    pub(crate) fn read(&mut self, operations: u64) -> Result<()> {
        self.readings.push(Reading {
            operations,
            interpreters: INTERPRETERS.load(Relaxed),
            amounts: memory::now()?,
        });
        Ok(())
    }

    /// Prints how much was there, and tells what grew beyond its bound: from the least in the second quarter
    /// of the time, when all is warm, to the least in the last one.
    pub(crate) fn found(&self, version: Version) -> Vec<String> {
        let quarter = self.readings.len() / 4;
        if quarter == 0 {
            return Vec::new();
        }
        let early = &self.readings[quarter..2 * quarter];
        let late = &self.readings[self.readings.len() - quarter..];
        let (Some(first), Some(last)) = (early.first(), late.last()) else {
            return Vec::new();
        };
        let operations = (last.operations - first.operations) as i64;
        let interpreters = last.interpreters - first.interpreters;
        // 3.13 without the GIL keeps every function and class for good.
        let forgetful = version.free_threaded && version.minor == 13;
        let each: Amounts = if forgetful {
            [0, 20, 0, 4 << 10]
        } else {
            [0; 4]
        };
        let mut found = Vec::new();
        for (at, name) in NAMES.iter().enumerate() {
            let least = |readings: &[Reading]| {
                let amounts = readings.iter().map(|reading| reading.amounts[at]);
                amounts.min().unwrap_or_default()
            };
            let (before, after) = (least(early), least(late));
            let bound = SLACK[at] + interpreters * self.interpreter[at] + operations * each[at];
            let grown = after - before;
            println!("{name}: {before} early, {after} late; {grown:+}, at most {bound:+}");
            if grown > bound {
                found.push(format!("growth: {grown} {name} more than before"));
            }
        }
        found
    }
}
