//! Proves that functions declared with `#[py_script]` do what their scripts say, in every form they may have.

#![allow(clippy::unwrap_used, clippy::panic)]

use gopyre::{Error, Object, Result, Value, py_script};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::panic::catch_unwind;
use std::thread;

/// The line of this file in which a text stands first.
fn line_of(text: &str) -> u32 {
    let mut lines = include_str!("declared.rs").lines();
    lines.position(|line| line.contains(text)).unwrap() as u32 + 1
}

#[derive(Debug, Deserialize, PartialEq)]
struct Stats {
    total: f64,
    mean: f64,
}

/// Sums up a list of prices.
#[py_script(
    r#"
    {"total": sum(prices), "mean": sum(prices) / len(prices)}
"#
)]
fn stats(prices: &[f64]) -> Result<Stats>;

#[test]
fn a_slice_goes_in_and_a_struct_comes_out() -> Result<()> {
    assert_eq!(
        stats(&[1.0, 2.0, 6.0])?,
        Stats {
            total: 9.0,
            mean: 3.0
        }
    );
    let exception = stats(&[]).unwrap_err();
    assert!(
        exception.exception().unwrap().is("ZeroDivisionError"),
        "{exception:?}"
    );
    Ok(())
}

#[py_script(file = "tests/scripts/shares.py")]
fn shares(parts: &[u32]) -> Result<Vec<f64>>;

#[py_script(file = "../tests/tests/scripts/shares.py")]
fn shares_by_another_path(parts: Vec<u32>) -> Vec<f64>;

#[test]
fn a_script_in_a_file_is_embedded_and_named_in_its_errors() -> Result<()> {
    assert_eq!(shares(&[1, 3])?, [0.25, 0.75]);
    assert_eq!(shares_by_another_path(vec![2, 2]), [0.5, 0.5]);
    let error = shares(&[0]).unwrap_err();
    let frames = error.exception().unwrap().frames();
    let frame = frames.last().unwrap();
    assert_eq!(
        (&*frame.file, frame.line, &*frame.function),
        ("tests/scripts/shares.py", 5, "share")
    );
    assert_eq!(frame.source.as_deref(), Some("return part / total"));
    Ok(())
}

#[py_script("f'{first}-{second}-{third}-{input[\"third\"]}'")]
fn joined(first: &str, second: i64, third: Option<bool>) -> Result<String>;

#[py_script("[input, sorted(input)]")]
fn names_of_the_input(b: u8, a: u8) -> Result<(BTreeMap<String, u8>, Vec<String>)>;

#[py_script("input is not None and dict(input) == {}")]
fn without_parameters() -> Result<bool>;

#[test]
fn each_parameter_is_a_global_and_an_entry_of_the_input() -> Result<()> {
    assert_eq!(joined("a", 2, Some(true))?, "a-2-True-True");
    assert_eq!(joined("a", 2, None)?, "a-2-None-None");
    let (map, names) = names_of_the_input(2, 1)?;
    assert_eq!(
        map,
        BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)])
    );
    assert_eq!(names, ["a", "b"]);
    assert!(without_parameters()?);
    Ok(())
}

#[derive(Serialize)]
struct Request<'a> {
    name: &'a str,
    tags: &'a [&'a str],
}

#[py_script("f'{name}: {\", \".join(tags)} ({len(input)})'")]
fn described(input: &Request<'_>) -> String;

#[py_script("input + 1")]
fn incremented(r#input: i64) -> Result<i64>;

#[test]
fn one_parameter_named_input_is_the_input_itself() -> Result<()> {
    assert_eq!(
        described(&Request {
            name: "tea",
            tags: &["hot", "green"]
        }),
        "tea: hot, green (2)"
    );
    assert_eq!(incremented(41)?, 42);
    Ok(())
}

#[py_script("a = 1\n\"b\" if a else \"c\"")]
fn cooked() -> Result<String>;

#[py_script("1 + 1")]
fn plain() -> i64;

#[py_script("# nothing to do")]
fn nothing();

#[py_script("type + str(fn_)")]
fn raw_names(r#type: &str, fn_: u8) -> String;

#[test]
fn literals_names_and_results_of_every_kind_work() -> Result<()> {
    assert_eq!(cooked()?, "b");
    assert_eq!(plain(), 2);
    nothing();
    assert_eq!(raw_names("a", 1), "a1");
    Ok(())
}

#[py_script("[first, second]")]
fn generic<'a, T, U: Debug + Serialize>(first: &'a [T], second: U) -> Result<Value>
where
    T: Serialize + 'a;

#[py_script("items[-1]")]
fn last<T: Serialize + for<'de> Deserialize<'de>>(items: &[T]) -> Result<T>;

#[py_script("more.append(1)\nsum(values) + sum(more)")]
fn impl_trait(values: impl Serialize, more: &impl Serialize) -> Result<f64>;

#[py_script("items.append(4); len(items)")]
fn changed(items: &mut Vec<u8>) -> usize;

#[py_script("sorted(rows, key=lambda row: row[name])[0]['id']")]
fn lowest(rows: Vec<HashMap<&str, f64>>, name: &str) -> f64;

#[test]
fn generics_references_and_impl_trait_are_passed_through_serde() -> Result<()> {
    assert_eq!(generic(&["a"], 2)?, json!([["a"], 2]));
    assert_eq!(generic(&[1], vec![(2, 'x')])?, json!([[1], [[2, "x"]]]));
    assert_eq!(last(&[1, 2])?, 2);
    assert_eq!(last(&["a".to_owned()])?, "a");
    assert_eq!(impl_trait([1, 2], &vec![3])?, 7.0);
    let mut items = vec![1, 2, 3];
    assert_eq!(changed(&mut items), 4);
    assert_eq!(items, [1, 2, 3]);
    let row = |id: f64, age: f64| HashMap::from([("id", id), ("age", age)]);
    assert_eq!(lowest(vec![row(1.0, 9.0), row(2.0, 3.0)], "age"), 2.0);
    Ok(())
}

#[py_script("input.append(2); input")]
fn appended(input: &Object) -> Result<Object>;

#[test]
fn an_object_passes_through_as_itself() -> Result<()> {
    let list: Object = gopyre::exec("[1]", ())?;
    let same = appended(&list)?;
    assert!(same.is(&list));
    assert_eq!(list.extract::<Vec<i64>>()?, [1, 2]);
    Ok(())
}

#[derive(Debug)]
struct Mine(String);

impl From<Error> for Mine {
    fn from(error: Error) -> Mine {
        Mine(format!("mine: {error}"))
    }
}

#[py_script("int(text)")]
fn parsed(text: &str) -> Result<i64, Mine>;

#[py_script("int(text)")]
fn boxed(text: &str) -> std::result::Result<i64, Box<dyn std::error::Error + Send + Sync>>;

#[test]
fn a_result_may_have_an_error_type_of_its_own() {
    assert_eq!(parsed("7").unwrap(), 7);
    assert!(
        parsed("x")
            .unwrap_err()
            .0
            .starts_with("mine: ValueError: invalid literal")
    );
    assert_eq!(boxed("7").unwrap(), 7);
    let error = boxed("x").unwrap_err();
    assert!(
        error
            .downcast_ref::<Error>()
            .unwrap()
            .exception()
            .unwrap()
            .is("ValueError")
    );
}

#[py_script(
    r#"
    def inverse(n):
        return 1 / n  # the division

    inverse(n)
"#
)]
fn inverse(n: i64) -> f64;

#[test]
fn without_a_result_an_error_is_a_panic_with_the_traceback() {
    assert_eq!(inverse(2), 0.5);
    let panic = catch_unwind(|| inverse(0)).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    let line = line_of("# the division");
    assert!(
        message.starts_with("`inverse` failed: Traceback (most recent call last):"),
        "{message}"
    );
    assert!(
        message.contains(&format!("File \"{}\", line {line}, in inverse", file!())),
        "{message}"
    );
    assert!(
        message.contains("    return 1 / n  # the division\n"),
        "{message}"
    );
    assert!(
        message.ends_with("ZeroDivisionError: division by zero"),
        "{message}"
    );
    // The interpreter is none the worse for it.
    assert_eq!(inverse(4), 0.25);
}

#[py_script("'not a number'")]
fn mistyped() -> u8;

#[test]
fn a_result_of_the_wrong_type_is_a_panic_too() {
    let panic = catch_unwind(mistyped).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(message.starts_with("`mistyped` failed: "), "{message}");
    assert!(message.contains("found str"), "{message}");
}

mod inner {
    /// Visible to the module above.
    #[gopyre::py_script("x * 2")]
    pub(super) fn doubled(x: i64) -> gopyre::Result<i64>;
}

struct Shape<T>(T);

impl<T: Serialize> Shape<T> {
    #[py_script("width * height")]
    fn area(width: &T, height: T) -> f64;

    #[py_script("of * 2")]
    fn doubled(of: &Self) -> Result<f64>;
}

impl<T: Serialize> Serialize for Shape<T> {
    fn serialize<S: serde::Serializer>(
        &self,
        serializer: S,
    ) -> std::result::Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

trait Describe {
    #[py_script("f'some {x}'")]
    fn describe(x: i64) -> Result<String>;
}

impl Describe for Shape<u8> {}

impl Describe for Shape<u16> {
    #[py_script("f'wide {x}'")]
    fn describe(x: i64) -> Result<String>;
}

macro_rules! declare {
    ($name:ident, $script:literal) => {
        #[py_script($script)]
        fn $name(x: i64) -> Result<i64>;
    };
}
declare!(plus_one, "x + 1");
declare!(plus_two, "x + 2");

#[test]
fn a_declaration_may_stand_wherever_a_function_may() -> Result<()> {
    #[py_script("x - 1")]
    fn local(x: i64) -> i64;

    assert_eq!(local(1), 0);
    assert_eq!(inner::doubled(4)?, 8);
    assert_eq!(Shape::area(&2.0, 1.5), 3.0);
    assert_eq!(Shape::doubled(&Shape(4))?, 8.0);
    assert_eq!(<Shape<u8> as Describe>::describe(1)?, "some 1");
    assert_eq!(<Shape<u16> as Describe>::describe(1)?, "wide 1");
    assert_eq!((plus_one(1)?, plus_two(1)?), (2, 3));
    Ok(())
}

#[py_script("counter = globals().get('counter', 0) + by; counter")]
fn counted(by: i64) -> Result<i64>;

#[test]
fn every_call_gets_a_fresh_namespace_on_every_thread() -> Result<()> {
    thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|by| scope.spawn(move || (0..50).map(|_| counted(by)).collect::<Result<Vec<_>>>()))
            .collect();
        for (by, thread) in (0..).zip(threads) {
            assert_eq!(thread.join().unwrap()?, [by; 50]);
        }
        Ok(())
    })
}

#[py_script("items.clear()\nkept.append(1)\nlen(items), len(kept)")]
fn cleared(items: &[u8], kept: &Object) -> Result<(usize, usize)>;

#[test]
fn what_the_script_changes_stays_in_its_copies_and_shows_in_objects() -> Result<()> {
    let kept: Object = gopyre::exec("[]", ())?;
    for round in 1..4 {
        assert_eq!(cleared(&[1, 2], &kept)?, (0, round));
    }
    Ok(())
}

#[py_script("later(n)")]
fn unknown(n: i64) -> Result<i64>;

#[test]
fn an_error_names_this_file_and_line() {
    let error = unknown(1).unwrap_err();
    let exception = error.exception().unwrap();
    assert!(exception.is("NameError"));
    let frame = &exception.frames()[0];
    assert_eq!((&*frame.file, frame.line), (file!(), line_of("later(n)")));
    assert_eq!(frame.source.as_deref(), Some("later(n)"));
}

#[py_script("x = 1\nx / (x - 1)")]
fn escaped() -> Result<f64>;

#[test]
fn a_text_with_escapes_counts_its_own_lines() {
    let error = escaped().unwrap_err();
    let frame = &error.exception().unwrap().frames()[0];
    let line = line_of("fn escaped") - 1;
    assert_eq!(frame.file, format!("<script {}:{line}>", file!()));
    assert_eq!(
        (frame.line, frame.source.as_deref()),
        (2, Some("x / (x - 1)"))
    );
}
