//! Proves that a syntax error stands at its character, whatever letters come before it, wherever the
//! script is kept and whichever files lie around: CPython itself counts bytes, or looks at another line.
//!
//! The scripts below keep Python from starting in the test's own process, which is why that of run-time
//! text is in `execute/text.rs`.

#![allow(clippy::unwrap_used, clippy::panic)]

use gopyre::{Error, Result, Runtime, SyntaxError, py_script};
use gopyre_tests::in_child;
use std::path::Path;

#[py_script("größe = 'ü' ; del first()")]
#[allow(dead_code)]
fn first_line() -> Result<i64>;

#[py_script("'日本'; return first")]
#[allow(dead_code)]
fn first_line_compiled() -> Result<i64>;

#[py_script(
    r#"
        größe = "é"; second() = 1
    "#
)]
#[allow(dead_code)]
fn indented() -> Result<i64>;

#[py_script(
    r#"
        def größe():
            "Zoë"; nonlocal third
    "#
)]
#[allow(dead_code)]
fn indented_compiled() -> Result<i64>;

#[py_script(r#""🌟"; fourth = (1, "ß", “five”)"#)]
#[allow(dead_code)]
fn character() -> Result<i64>;

#[py_script(file = "tests/scripts/misplaced.py")]
#[allow(dead_code)]
fn in_a_file() -> Result<i64>;

const FILE: &str = "tests/scripts/misplaced.py";

/// Where a text stands first, in a file.
fn place_of(text: &str, file: &str) -> (u32, u32) {
    let mut places = (1..).zip(file.lines()).filter_map(|(number, line)| {
        let before = &line[..line.find(text)?];
        Some((number, before.chars().count() as u32 + 1))
    });
    places.next().unwrap()
}

/// Each file, line and column, in their order.
fn expected() -> Vec<(String, u32, u32)> {
    let here = include_str!("syntax_places.rs");
    let texts = [
        "first()",
        "return first",
        "second() = 1",
        "nonlocal third",
        "“five”",
    ];
    let mut expected: Vec<_> = texts
        .iter()
        .map(|text| {
            let (line, column) = place_of(text, here);
            (file!().to_owned(), line, column)
        })
        .collect();
    let (line, column) = place_of("return", include_str!("scripts/misplaced.py"));
    expected.push((FILE.to_owned(), line, column));
    expected.sort();
    expected
}

fn found() -> Vec<SyntaxError> {
    match Runtime::start() {
        Err(Error::Syntax(list)) => list,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn check_places() {
    let list = found();
    let places: Vec<_> = list
        .iter()
        .map(|error| (error.file.clone(), error.line, error.column))
        .collect();
    assert_eq!(places, expected(), "{list:?}");
}

/// The folders that hold the Rust file, the script's file and neither, by the names of the scripts.
#[test]
fn declared_scripts_have_their_places_whatever_the_current_directory_holds() {
    let krate = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert!(krate.parent().unwrap().join(file!()).is_file());
    for folder in [krate, krate.parent().unwrap(), Path::new("/")] {
        in_child(|| check_places()).current_dir(folder).succeeds();
    }
}

#[test]
fn the_caret_stands_under_the_character() {
    let report = format!("{:?}", Error::Syntax(found()));
    let mut carets = 0;
    let lines: Vec<&str> = report.lines().collect();
    for pair in lines.windows(2) {
        let Some(caret) = pair[1].find('^') else {
            continue;
        };
        // Before the caret there are only spaces and the bar.
        let marked: String = pair[0].chars().skip(caret).collect();
        let texts = ["first()", "return", "second()", "nonlocal", "“five”"];
        assert!(
            texts.iter().any(|text| marked.starts_with(text)),
            "{marked}\n{report}"
        );
        carets += 1;
    }
    assert_eq!(carets, 6, "{report}");
}
