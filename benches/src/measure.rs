//! Two sides of one work, timed in turn.
//!
//! The machine is shared and its clock is noisy. So the sides alternate in batches of half a
//! millisecond, each batch is compared with its neighbour of the other side only, and what is reported
//! is the median of those ratios with their middle half.

use std::hint::black_box;
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// One side: does its work that many times, and says how long that took.
pub type Work = Box<dyn FnMut(u64) -> Duration>;

/// A side or a row that cannot run here, and why.
pub type Missing = String;

const BATCH: Duration = Duration::from_micros(500);
const BUDGET: Duration = Duration::from_millis(1_500);
const ROUNDS: std::ops::RangeInclusive<usize> = 15..=1_001;

/// The ratio of two sides.
#[derive(Clone, Copy, Debug)]
pub struct Ratio {
    /// The median.
    pub ratio: f64,
    /// The first and the third quartile.
    pub spread: (f64, f64),
    /// What one piece of our work takes, as the lowest tenth of the batches has it.
    pub ours: Amount,
    /// The same of the peer's.
    pub theirs: Amount,
}

/// What a side took, in a unit.
#[derive(Clone, Copy, Debug)]
pub enum Amount {
    /// Nanoseconds.
    Time(f64),
    /// Pieces of work in a second.
    Rate(f64),
    /// Bytes.
    Bytes(f64),
    /// The limit itself, which takes nothing.
    Nothing,
}

/// Repeats `f`.
pub fn repeat<R>(mut f: impl FnMut() -> R + 'static) -> Work {
    Box::new(move |count| time(count, &mut f))
}

/// Times `count` calls of `f`.
#[inline]
pub fn time<R>(count: u64, mut f: impl FnMut() -> R) -> Duration {
    let start = Instant::now();
    for _ in 0..count {
        black_box(f());
    }
    start.elapsed()
}

/// Does the work on a thread of its own, which lives as long as the work.
pub fn on_worker(make: impl FnOnce() -> Work + Send + 'static) -> Work {
    let (ask, asked) = mpsc::channel::<u64>();
    let (answer, answered) = mpsc::channel();
    std::thread::spawn(move || {
        let mut work = make();
        for count in asked {
            if answer.send(work(count)).is_err() {
                break;
            }
        }
    });
    Box::new(move |count| {
        ask.send(count).expect("the worker waits");
        answered.recv().expect("the worker answers")
    })
}

/// Compares two sides.
pub fn compare(mut ours: Work, mut theirs: Work) -> Ratio {
    let (our_count, their_count) = (batch(&mut ours), batch(&mut theirs));
    let start = Instant::now();
    let mut pairs = Vec::new();
    while pairs.len() < *ROUNDS.start() || (start.elapsed() < BUDGET && pairs.len() < *ROUNDS.end())
    {
        let mut one = || ours(our_count).as_nanos() as f64 / our_count as f64;
        let mut other = || theirs(their_count).as_nanos() as f64 / their_count as f64;
        // Whoever comes second finds the other's data in the cache.
        pairs.push(if pairs.len() % 2 == 0 {
            let one = one();
            (one, other())
        } else {
            let other = other();
            (one(), other)
        });
    }
    Ratio::of(&pairs, Amount::Time)
}

/// How many pieces of work make a batch.
fn batch(work: &mut Work) -> u64 {
    let mut count = 1;
    loop {
        let time = work(count);
        if time >= BATCH {
            return count;
        }
        // Where the clock sees next to nothing, not too far at once.
        let factor = BATCH.as_secs_f64() / time.as_secs_f64().max(1e-9);
        count = (count as f64 * factor.clamp(1.1, 10.0)).ceil() as u64;
    }
}

impl Ratio {
    /// Of pairs of what both sides took, neighbours in time.
    pub fn of(pairs: &[(f64, f64)], amount: fn(f64) -> Amount) -> Ratio {
        let ratios = sorted(pairs.iter().map(|(ours, theirs)| ours / theirs));
        let low =
            |side: fn(&(f64, f64)) -> f64| amount(quantile(&sorted(pairs.iter().map(side)), 0.1));
        Ratio {
            ratio: quantile(&ratios, 0.5),
            spread: (quantile(&ratios, 0.25), quantile(&ratios, 0.75)),
            ours: low(|pair| pair.0),
            theirs: low(|pair| pair.1),
        }
    }

    /// Of one of so many pieces, each side's whole being the same to the peer's.
    pub fn divided_by(self, pieces: f64) -> Ratio {
        let amount = |amount| match amount {
            Amount::Time(time) => Amount::Time(time / pieces),
            other => other,
        };
        Ratio {
            ratio: self.ratio / pieces,
            spread: (self.spread.0 / pieces, self.spread.1 / pieces),
            ours: amount(self.ours),
            theirs: self.theirs,
        }
    }

    /// Of one number a side.
    pub fn single(ratio: f64, ours: Amount, theirs: Amount) -> Ratio {
        Ratio {
            ratio,
            spread: (ratio, ratio),
            ours,
            theirs,
        }
    }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

fn quantile(sorted: &[f64], part: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted[(last as f64 * part).round() as usize]
}
