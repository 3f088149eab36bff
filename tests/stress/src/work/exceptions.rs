//! Errors of Python's in Rust, and of Rust's in Python.

use super::{ON_PURPOSE, join, message};
use crate::random::Random;
use crate::world::World;
use gopyre::{Error, Result, attach, exec};
use serde::{Serialize, Serializer, ser};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

pub(crate) fn exceptions(_: &World, random: &mut Random) -> Result<()> {
    let n = random.number(1000);
    match random.below(5) {
        0 => chained(n),
        1 => not_converted(n),
        2 => refused(n),
        3 => panicked(n),
        _ => exits(n),
    }
}

/// An exception with a cause, raised again from its object, and dropped on another thread.
fn chained(n: i64) -> Result<()> {
    let code = "
        def inner(n): raise KeyError(n)
        try: inner(input)
        except KeyError as error: raise ValueError(f'no {input}') from error
    ";
    let Err(error) = exec::<()>(code, n) else {
        panic!("the script raises");
    };
    let Some(exception) = error.exception() else {
        panic!("{error:?}");
    };
    assert_eq!(exception.type_name(), "ValueError");
    assert_eq!(exception.message(), format!("no {n}"));
    let cause = exception
        .cause()
        .map(|cause| (cause.type_name(), cause.frames().len()));
    assert_eq!(cause, Some(("KeyError", 2)));
    let again = exec::<()>("raise input", exception.object());
    assert_eq!(
        again.err().map(|again| again.to_string()),
        Some(error.to_string())
    );
    thread::scope(|scope| join(scope.spawn(move || drop(error))));
    Ok(())
}

/// A value that is not what it should be.
fn not_converted(n: i64) -> Result<()> {
    let found = exec::<Vec<(i64, String)>>("[(input, 'a'), (input, 5)]", n);
    match found {
        Err(Error::Convert(error)) => assert_eq!(error.path(), "[1][1]"),
        other => panic!("{other:?}"),
    }
    Ok(())
}

/// A value that does not want to become Python's, or breaks on the way.
struct Unwilling(bool);

impl Serialize for Unwilling {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        assert!(!self.0, "broken {ON_PURPOSE}");
        Err(ser::Error::custom("unwilling"))
    }
}

fn refused(n: i64) -> Result<()> {
    let found = exec::<i64>("input", (n, vec![Unwilling(false)]));
    let error = found.err().map(|error| error.to_string());
    assert!(error.is_some_and(|error| error.contains("unwilling")));
    Ok(())
}

/// A panic passes through calls of ours and leaves all as it was.
fn panicked(n: i64) -> Result<()> {
    let call = || attach(|| exec::<i64>("input", (n, Unwilling(true))));
    let outcome = catch_unwind(AssertUnwindSafe(call));
    let panic = outcome.err().map(|panic| message(&*panic));
    assert_eq!(panic.as_deref(), Some("broken on purpose"));
    assert_eq!(exec::<i64>("input", n)?, n);
    Ok(())
}

/// What would end a Python program does not end this one.
fn exits(n: i64) -> Result<()> {
    for (code, name) in [
        ("import sys; sys.exit(input)", "SystemExit"),
        ("raise KeyboardInterrupt(input)", "KeyboardInterrupt"),
    ] {
        let error = exec::<()>(code, n).err();
        let exception = error.as_ref().and_then(Error::exception);
        assert!(exception.is_some_and(|error| error.is(name) && error.message() == n.to_string()));
    }
    Ok(())
}
