//! What closures may look like, and what they are called with.

use super::with;
use gopyre::{Object, Result, function};
use serde::{Deserialize, Serialize};
use std::error::Error as StdError;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Debug, Deserialize, Serialize, PartialEq)]
struct Point {
    x: i64,
    y: i64,
}

#[test]
fn closures_of_every_form_need_no_annotation() -> Result<()> {
    let add = function("add", |x: i64| x + 1)?;
    assert_eq!(with::<i64>("f(41)", &add)?, 42);

    let greeting = String::from("hello");
    let greet = function(
        "greet",
        move |name: String, n: Option<i64>| -> Result<Object> {
            Object::new(format!("{greeting} {name} {n:?}"))
        },
    )?;
    assert_eq!(with::<String>("f('Ada', 3)", &greet)?, "hello Ada Some(3)");
    assert_eq!(with::<String>("f('Ada')", &greet)?, "hello Ada None");

    let nothing = function("nothing", || ())?;
    assert!(nothing.call(())?.is_none());

    let root = function("root", |a: f64| -> Result<f64, String> {
        if a < 0.0 {
            Err(format!("no root of {a}"))
        } else {
            Ok(a.sqrt())
        }
    })?;
    assert_eq!(with::<f64>("f(16)", &root)?, 4.0);
    let error = with::<f64>("f(-1.0)", &root).unwrap_err();
    assert_eq!(error.to_string(), "no root of -1");

    let file = function("file", |p: Point| -> io::Result<u64> {
        Ok(p.x.unsigned_abs())
    })?;
    assert_eq!(with::<u64>("f({'x': -3, 'y': 0})", &file)?, 3);

    let boxed = function(
        "boxed",
        || -> Result<i64, Box<dyn StdError + Send + Sync>> { Ok("17".parse::<i64>()?) },
    )?;
    assert_eq!(with::<i64>("f()", &boxed)?, 17);

    let many = function(
        "many",
        |a: i8,
         b: u8,
         c: i16,
         d: u16,
         e: i32,
         f: u32,
         g: i64,
         h: u64,
         i: f32,
         j: f64,
         k: bool,
         l: char| { format!("{a}{b}{c}{d}{e}{f}{g}{h}{i}{j}{k}{l}") },
    )?;
    assert_eq!(
        with::<String>("f(1, 2, 3, 4, 5, 6, 7, 8, 9, 0, True, 'x')", &many)?,
        "1234567890truex"
    );
    Ok(())
}

#[test]
fn a_closure_counts_its_calls_and_sends_what_it_gets() -> Result<()> {
    let count = AtomicU64::new(0);
    let counter = function("counter", move || count.fetch_add(1, Ordering::Relaxed) + 1)?;
    assert_eq!(with::<Vec<u64>>("[f(), f(), f()]", &counter)?, [1, 2, 3]);

    let (sender, receiver) = std::sync::mpsc::channel::<(String, i64)>();
    let send = function("send", move |message| sender.send(message))?;
    with::<()>("f(('hello', 1))", &send)?;
    assert_eq!(receiver.recv(), Ok(("hello".to_owned(), 1)));
    drop(receiver);
    let error = with::<()>("f(('hello', 2))", &send).unwrap_err();
    assert_eq!(error.to_string(), "sending on a closed channel");

    let each = function("each", |n: i64, x: f64, text: String| {
        (n + 1, x * 2.0, text + "-rs")
    })?;
    let found: (i64, f64, String) = with("f(42, 1.25, 'foo')", &each)?;
    assert_eq!(found, (43, 2.5, "foo-rs".to_owned()));
    Ok(())
}

#[test]
fn a_function_tells_its_name_and_signature() -> Result<()> {
    let f = function("area", |a: f64, b: Option<f64>| a * b.unwrap_or(a))?;
    let (name, signature): (String, String) = with(
        "import inspect\n(f.__name__, str(inspect.signature(f)))",
        &f,
    )?;
    assert_eq!(
        (name.as_str(), signature.as_str()),
        ("area", "(arg0, arg1=None, /)")
    );
    Ok(())
}

#[test]
fn wrong_arguments_are_type_errors_of_python() -> Result<()> {
    let f = function("f", |a: i64, b: i64| a + b)?;
    for (call, class, message) in [
        (
            "f(1)",
            "TypeError",
            "f() takes 2 positional arguments but 1 was given",
        ),
        (
            "f(1, 2, 3)",
            "TypeError",
            "f() takes 2 positional arguments but 3 were given",
        ),
        ("f(1, b=2)", "TypeError", "f() takes no keyword arguments"),
        (
            "f(1, 'x')",
            "TypeError",
            "f() argument 2: expected i64, found str 'x'",
        ),
        (
            "f(1, 2 ** 64)",
            "OverflowError",
            "f() argument 2: expected i64, found int 18446744073709551616 (out of range)",
        ),
    ] {
        let error = with::<i64>(call, &f).unwrap_err();
        let exception = error.exception().expect(call);
        assert_eq!(
            (exception.type_name(), exception.message()),
            (class, message)
        );
    }
    assert_eq!(with::<i64>("f(1, 2)", &f)?, 3);
    Ok(())
}
