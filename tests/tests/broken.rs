//! Proves that a start lists every declared script that does not parse, with its place.
//!
//! The scripts below keep Python from starting in this whole program, which is why they are by themselves.

#![allow(clippy::unwrap_used, clippy::panic)]

use gopyre::{Error, Result, Runtime, Script, attach, exec, py_script, run};
use gopyre_tests::in_child;

#[py_script(
    r#"
    total = 0
    for price in prices
        total += price
    total
"#
)]
#[allow(dead_code)]
fn without_a_colon(prices: &[f64]) -> Result<f64>;

#[py_script("größe = (1 + 2")]
fn without_a_parenthesis() -> i64;

#[py_script("1 + 1")]
fn good() -> i64;

#[py_script(file = "tests/scripts/broken.py")]
fn in_a_file() -> Result<()>;

#[py_script(r"return 7")]
fn outside_of_a_function() -> Result<i64>;

/// The line and column of this file at which a text stands first.
fn place_of(text: &str) -> (u32, u32) {
    let lines = include_str!("broken.rs").lines();
    let mut places = (1..).zip(lines).filter_map(|(number, line)| {
        let before = &line[..line.find(text)?];
        Some((number, before.chars().count() as u32 + 1))
    });
    places.next().unwrap()
}

#[track_caller]
fn list(error: Error) -> Vec<gopyre::SyntaxError> {
    match error {
        Error::Syntax(list) => list,
        other => panic!("expected syntax errors, found {other:?}"),
    }
}

#[test]
fn a_start_lists_every_broken_script_with_file_line_and_column() {
    let list = list(Runtime::start().unwrap_err());
    let places: Vec<_> = list
        .iter()
        .map(|error| (&*error.file, error.line, error.column))
        .collect();
    let (colon, after) = place_of("for price in prices");
    let (parenthesis, column) = place_of("(1 + 2");
    let (outside, start) = place_of("return 7");
    assert_eq!(places.len(), 4, "{list:?}");
    assert_eq!((places[0].0, places[0].1), ("tests/scripts/broken.py", 2));
    // Python 3.9 points at what follows the missing colon or, without a parenthesis, at the end.
    let older = |error: &gopyre::SyntaxError| {
        error.message == "invalid syntax" || error.message.contains("EOF")
    };
    assert_eq!((places[1].0, places[1].1), (file!(), colon));
    assert!(places[1].2 == after + 19 || older(&list[1]), "{places:?}");
    assert_eq!((places[2].0, places[2].1), (file!(), parenthesis));
    assert!(places[2].2 == column || older(&list[2]), "{places:?}");
    assert_eq!(places[3], (file!(), outside, start));
}

#[test]
fn the_report_shows_each_line_with_a_caret() {
    let report = format!("{:?}", Runtime::start().unwrap_err());
    let (line, column) = place_of("return 7");
    let margin = " ".repeat(line.to_string().len());
    let expected = format!(
        "  --> {}:{line}:{column}\n{margin} |\n{line} | return 7\n{margin} | ^",
        file!()
    );
    assert!(
        report.contains(&expected),
        "{report}\n\nlacks\n\n{expected}"
    );
    assert!(report.contains("    for price in prices\n"), "{report}");
    assert!(report.contains("| größe = (1 + 2\n"), "{report}");
    assert!(report.contains("tests/scripts/broken.py:2"), "{report}");
    assert_eq!(report.matches("-->").count(), 4, "{report}");
}

#[test]
fn one_line_names_the_first_and_counts_the_others() {
    let line = Runtime::start().unwrap_err().to_string();
    assert!(line.starts_with("tests/scripts/broken.py:2:"), "{line}");
    assert!(line.ends_with("(and 3 more syntax errors)"), "{line}");
    assert!(!line.contains('\n'), "{line}");
}

#[test]
fn nothing_runs_while_a_declared_script_is_broken() {
    let count = |result: Result<()>| list(result.unwrap_err()).len();
    assert_eq!(count(exec("1", ())), 4);
    assert_eq!(count(run("x = 1")), 4);
    assert_eq!(count(attach(|| ())), 4);
    assert_eq!(count(Script::new("1").map(drop)), 4);
    assert_eq!(count(Runtime::builder().start().map(drop)), 4);
    let other = Runtime::builder().args(["other"]);
    assert_eq!(count(other.start().map(drop)), 4);
    assert_eq!(count(gopyre::check()), 4);
    assert!(Runtime::get().is_none() && !Runtime::is_running());
    assert_eq!(count(outside_of_a_function().map(drop)), 4);
    assert_eq!(count(in_a_file()), 4);
    // A panic names the function that was called, though it is none of the broken ones.
    for call in [good as fn() -> i64, without_a_parenthesis] {
        let panic = std::panic::catch_unwind(call).unwrap_err();
        assert!(
            panic
                .downcast_ref::<String>()
                .unwrap()
                .contains("tests/scripts/broken.py:2")
        );
    }
}

#[test]
fn a_program_that_returns_the_error_shows_the_report_and_fails() {
    let end = in_child(|| {
        let result = Runtime::start();
        if let Err(error) = &result {
            eprintln!("Error: {error:?}");
        }
        std::process::exit(i32::from(result.is_err()));
    })
    .run();
    assert_eq!(end.code(), Some(1), "{end}");
    assert_eq!(end.stderr.matches("-->").count(), 4, "{end}");
}
