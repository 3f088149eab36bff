//! A long Python job that calls back into Rust: it tells how far it is, hands over what it finds while it
//! runs, and is told to stop.
//!
//! ```sh
//! cargo run -p gopyre-examples --example callbacks
//! ```

use gopyre::{Error, Object, Result, py_export, py_script};
use serde::Deserialize;
use std::fmt;
use std::sync::mpsc;

/// What the job finds: numbers that are the sum of their divisors.
#[derive(Debug, Deserialize)]
struct Found {
    number: u64,
    divisors: Vec<u64>,
}

#[py_script(
    r#"
    import host

    watch = host.Watch("search", limit)
    for number in range(1, limit + 1):
        divisors = [d for d in range(1, number // 2 + 1) if number % d == 0]
        if sum(divisors) == number:
            found({"number": number, "divisors": divisors})
        if watch.step():
            progress(watch.percent)
    watch.percent
"#
)]
fn search(limit: u64, progress: &Object, found: &Object) -> Result<u64>;

/// What the job imports: `import host` works wherever a script of this program runs.
#[py_export]
mod host {
    /// Tells how far a job is.
    pub struct Watch {
        name: String,
        done: u64,
        total: u64,
    }

    impl Watch {
        pub fn new(name: String, total: u64) -> Self {
            Watch {
                name,
                done: 0,
                total,
            }
        }

        /// Counts one step; returns whether it is worth telling.
        pub fn step(&mut self) -> bool {
            let before = self.percent() / 25;
            self.done += 1;
            self.percent() / 25 > before
        }

        /// How much is done.
        #[get]
        pub fn percent(&self) -> u64 {
            self.done * 100 / self.total.max(1)
        }

        pub fn __repr__(&self) -> String {
            format!("<Watch of {} at {} %>", self.name, self.percent())
        }
    }
}

/// Why a job ends early.
#[derive(Debug)]
struct Enough(u64);

impl fmt::Display for Enough {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stopped at {} %", self.0)
    }
}

impl std::error::Error for Enough {}

fn main() -> Result<()> {
    // An event handler: what is found goes to a channel, and is Rust's from then on.
    let (sender, receiver) = mpsc::channel::<Found>();
    let found = gopyre::function("found", move |found: Found| sender.send(found))?;
    let progress = gopyre::function("progress", |percent: u64| println!("{percent:>3} %"))?;

    let end = search(500, &progress, &found)?;
    println!("ended at {end} %");
    for Found { number, divisors } in receiver.try_iter() {
        let sum: Vec<String> = divisors.iter().map(u64::to_string).collect();
        println!("{number} = {}", sum.join(" + "));
    }

    // An error of a handler ends the job, and comes back as the same value.
    let impatient = gopyre::function("progress", |percent: u64| match percent {
        0..50 => Ok(()),
        _ => Err(Enough(percent)),
    })?;
    let error = search(500, &impatient, &found).expect_err("the handler ends it");
    let Error::Rust(error) = error else {
        return Err(error);
    };
    if let Some(Enough(percent)) = error.downcast_ref() {
        println!("the handler had enough at {percent} %");
    }
    Ok(())
}
