//! Rust functions that Python calls: from scripts, from its own threads, and in the midst of its own work.

use super::{ON_PURPOSE, join};
use crate::ledger::lock;
use crate::random::Random;
use crate::world::World;
use gopyre::{Error, Object, Result, attach, detach, exec, function};
use serde::Serialize;
use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

#[derive(Serialize)]
struct Input<'a> {
    f: &'a Object,
    n: i64,
}

/// An error of our own.
#[derive(Debug, PartialEq)]
struct Own(i64);

impl fmt::Display for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "own {}", self.0)
    }
}

impl std::error::Error for Own {}

pub(crate) fn callbacks(_: &World, random: &mut Random) -> Result<()> {
    let n = random.number(100);
    match random.below(5) {
        0 => nested(n),
        1 => from_python_threads(n),
        2 => errors(n),
        3 => panics(n),
        _ => dropped_elsewhere(n),
    }
}

/// A callback that calls Python, which calls it, with attachments in between.
fn nested(n: i64) -> Result<()> {
    let f = function("deeper", |f: Object, n: i64| -> Result<i64> {
        if n == 0 {
            return Ok(0);
        }
        let inner = detach(|| attach(|| exec::<i64>("f(f, n - 1)", Input { f: &f, n })))?;
        Ok(inner? + 1)
    })?;
    let depth = n % 8;
    let found = exec::<i64>("f(f, n)", Input { f: &f, n: depth })?;
    assert_eq!(found, depth);
    Ok(())
}

/// Every call arrives once, from threads that Rust has never seen.
fn from_python_threads(n: i64) -> Result<()> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let book = Arc::clone(&seen);
    let f = function("note", move |n: i64| -> i64 {
        detach(|| lock(&book).push(n));
        n
    })?;
    let code = "
        import threading
        threads = [threading.Thread(target=lambda k=k: [f(k * n + i) for i in range(n)]) for k in range(3)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
    ";
    exec::<()>(code, Input { f: &f, n })?;
    let mut seen = std::mem::take(&mut *lock(&seen));
    seen.sort_unstable();
    assert_eq!(seen, (0..3 * n).collect::<Vec<_>>());
    Ok(())
}

/// An error of Rust's is caught in Python, or comes back as what it was.
fn errors(n: i64) -> Result<()> {
    let code = "
        import gopyre_stress
        try: gopyre_stress.refuse(input)
        except FileNotFoundError as error: found = str(error)
        found
    ";
    assert_eq!(exec::<String>(code, n)?, format!("no {n}"));
    let f = function("own", |n: i64| -> Result<(), Own> { Err(Own(n)) })?;
    match exec::<()>("sorted([n, n + 1], key=f)", Input { f: &f, n }) {
        Err(Error::Rust(error)) => assert_eq!(error.downcast_ref(), Some(&Own(n))),
        other => panic!("{other:?}"),
    }
    Ok(())
}

/// A panic of Rust's is an exception in Python.
fn panics(n: i64) -> Result<()> {
    let f = function("broken", |n: i64| {
        assert!(n < 0, "{n} {ON_PURPOSE}");
        n
    })?;
    let code = "
        import gopyre
        try: f(n)
        except gopyre.RustPanic as error: found = str(error)
        found
    ";
    let found = exec::<String>(code, Input { f: &f, n })?;
    assert!(found.contains(&format!("{n} {ON_PURPOSE}")), "{found}");
    assert_eq!(exec::<i64>("f(-n - 1)", Input { f: &f, n })?, -n - 1);
    Ok(())
}

/// What a callback holds is dropped with it, wherever that is.
fn dropped_elsewhere(n: i64) -> Result<()> {
    let held: Object = exec("[input]", n)?;
    let count = Arc::new(());
    let (own, copy) = (held.clone(), Arc::clone(&count));
    let f = function("held", move || -> Result<Object> {
        assert!(Arc::strong_count(&copy) > 0);
        own.item(0)
    })?;
    assert_eq!(exec::<i64>("f()", Input { f: &f, n })?, n);
    thread::scope(|scope| {
        join(scope.spawn(move || attach(|| drop(f))))?;
        Ok::<_, Error>(())
    })?;
    // Without a GIL, what a thread made goes away some time when that thread runs Python again.
    let start = Instant::now();
    while Arc::strong_count(&count) > 1 {
        assert!(start.elapsed() < Duration::from_secs(20), "never dropped");
        assert_eq!(exec::<i64>("sum([1 for _ in input])", &held)?, 1);
    }
    Ok(())
}
