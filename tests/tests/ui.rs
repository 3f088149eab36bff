//! What the macros accept and refuse.
//!
//! `tests/ui/pass` must compile; each file in `tests/ui` must fail with exactly the errors beside
//! it. A file script is declared here and not there: `trybuild` compiles its cases as another
//! crate, whose folder has no files of ours. `TRYBUILD=overwrite` writes the expected errors anew.

use gopyre::py_script;

#[py_script(file = "ui/scripts/score.py")]
fn score(prices: &[f64]) -> gopyre::Result<f64>;

#[py_script(file = "../tests/ui/scripts/score.py")]
fn score_through_the_parent(prices: &[f64]) -> f64;

#[test]
fn a_file_script_is_declared() {
    let _: fn(&[f64]) -> gopyre::Result<f64> = score;
    let _: fn(&[f64]) -> f64 = score_through_the_parent;
}

#[test]
fn macro_errors() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/pass/*.rs");
    cases.compile_fail("ui/*.rs");
}
