//! Proves that a start lists the syntax errors of scripts and embedded modules together, before mismatches.
//!
//! The declarations below keep Python from starting in this whole program, which is why they are by themselves.

#![allow(clippy::unwrap_used, clippy::panic, dead_code)]

use gopyre::{Error, Result, Runtime, py_module, py_script};

#[py_module(file = "tests/modules/broken.py")]
extern "Python" {
    fn fine() -> Result<i64>;
}

#[py_module(file = "tests/modules/outside.py")]
extern "Python" {
    fn anything() -> Result<i64>;
}

#[py_module(file = "tests/modules/model.py")]
extern "Python" {
    fn missing() -> Result<i64>;
}

#[py_script("1 +")]
fn script() -> Result<i64>;

#[test]
fn syntax_errors_come_first_and_together() {
    let error = Runtime::start().unwrap_err();
    let Error::Syntax(list) = &error else {
        panic!("{error:?}")
    };
    let found: Vec<(&str, u32)> = list.iter().map(|e| (&*e.file, e.line)).collect();
    let script = (1..)
        .zip(include_str!("broken_module.rs").lines())
        .find(|(_, line)| line.contains("\"1 +\""));
    let expected = [
        ("tests/modules/broken.py", 5),
        ("tests/modules/outside.py", 2),
        (file!(), script.unwrap().0),
    ];
    assert_eq!(found, expected, "{error:?}");
    assert!(matches!(fine(), Err(Error::Syntax(_))));
}
