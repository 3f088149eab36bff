//! How cost grows: rows 4, 5, 7 and 8 at other sizes, as what one item, or one call, costs.

use super::calls::attached;
use crate::data::Order;
use crate::measure::{Amount, Missing, Ratio, Work, compare, time};
use crate::row::{Goal, Row};
use gopyre::{Object, py_module, py_script};
use std::hint::black_box;
use std::time::Instant;

#[py_script("len(numbers)")]
fn count(numbers: &[f64]) -> gopyre::Result<usize>;

#[py_module(file = "python/work.py")]
extern "Python" {
    fn add(a: i64, b: i64) -> gopyre::Result<i64>;
}

const HUNDRED: (&str, Goal) = ("the same with 100 items", Goal::AtMost(1.3));
const SMALL: (&str, Goal) = ("the same with 100 items", Goal::AtMost(3.0));
const ONE: (&str, Goal) = ("one thread", Goal::AtMost(3.0));

/// Writes the rows of a work at several sizes.
macro_rules! sizes {
    ($id:literal, $work:literal, $against:expr, $run:path, [$($size:literal),*]) => {
        vec![$(
            Row::whole($id, concat!("growth: ", $work, ", ", $size), $against, || $run($size)).slow("growth")
        ),*]
    };
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    rows.extend(sizes!(
        5,
        "an item of a script's input",
        HUNDRED,
        script,
        [1_000, 10_000]
    ));
    rows.extend(sizes!(7, "an item to Python", SMALL, to, [1, 10]));
    rows.extend(sizes!(7, "an item to Python", HUNDRED, to, [1_000, 10_000]));
    rows.extend(sizes!(8, "an item from Python", SMALL, back, [1, 10]));
    rows.extend(sizes!(
        8,
        "an item from Python",
        HUNDRED,
        back,
        [1_000, 10_000]
    ));
    rows.extend(sizes!(
        4,
        "a call of `add`, threads",
        ONE,
        calls,
        [2, 4, 8, 16, 32, 64]
    ));
    rows.extend(sizes!(
        5,
        "a run of a script, threads",
        ONE,
        runs,
        [2, 4, 8, 16, 32, 64]
    ));
    rows
}

/// What an item costs among so many, and among a hundred.
fn items(size: usize, make: impl Fn(usize) -> Result<Work, Missing>) -> Result<Ratio, Missing> {
    let each = |size: usize| -> Result<Work, Missing> {
        let mut work = make(size)?;
        Ok(Box::new(move |count| work(count) / size as u32))
    };
    Ok(compare(each(size)?, each(100)?))
}

fn script(size: usize) -> Result<Ratio, Missing> {
    items(size, |size| {
        let numbers = vec![0.5; size];
        Ok(attached(move || count(&numbers).expect("a count")))
    })
}

fn to(size: usize) -> Result<Ratio, Missing> {
    items(size, |size| {
        let order = Order::new(size);
        Ok(attached(move || Object::new(&order).expect("a dict")))
    })
}

fn back(size: usize) -> Result<Ratio, Missing> {
    items(size, |size| {
        let order = Object::new(Order::new(size)).map_err(|e| e.to_string())?;
        Ok(attached(move || {
            order.extract::<Order>().expect("an order")
        }))
    })
}

fn calls(threads: usize) -> Result<Ratio, Missing> {
    Ok(contended(threads, || {
        black_box(add(2, 3).expect("a sum"));
    }))
}

fn runs(threads: usize) -> Result<Ratio, Missing> {
    Ok(contended(threads, || {
        black_box(count(&[0.5]).expect("a count"));
    }))
}

/// What a call costs when so many threads make calls at once, and when one does.
fn contended(threads: usize, call: impl Fn() + Copy + Send) -> Ratio {
    const CALLS: u64 = 64_000;
    let each = |threads: usize| {
        let count = CALLS / threads as u64;
        let start = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(move || time(count, call));
            }
        });
        start.elapsed().as_nanos() as f64 / (count * threads as u64) as f64
    };
    let pairs: Vec<_> = (0..15).map(|_| (each(threads), each(1))).collect();
    Ratio::of(&pairs, Amount::Time)
}
