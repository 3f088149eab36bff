//! What an error says, and that nothing is lost on the way to it.

use crate::{read, refusal, refused};
use gopyre::{Object, Value, exec};
use serde::de::{Deserialize, Deserializer, Error as _};
use std::collections::HashMap;
use std::num::NonZeroU8;

#[test]
fn both_sides_are_there_to_be_asked() {
    let error = refused::<HashMap<String, Vec<f64>>>("{'prices': [1.0, 'n/a']}");
    assert_eq!(
        (error.path(), error.expected(), error.found()),
        ("prices[1]", "f64", "str 'n/a'")
    );
    let error = refused::<i64>("'x'");
    assert_eq!(
        (error.path(), error.to_string().as_str()),
        ("", "expected i64, found str 'x'")
    );
    fn is_error<T: std::error::Error + Send + Sync + 'static>(_: &T) {}
    is_error(&error);
}

#[test]
fn values_are_quoted_as_python_writes_them_and_cut() {
    assert_eq!(
        refusal::<i64>(r#""it's""#),
        r#"expected i64, found str "it's""#
    );
    assert_eq!(refusal::<i64>(r"'a\nb'"), r"expected i64, found str 'a\nb'");
    let long = refusal::<i64>("'x' * 1000");
    assert!(
        long.contains(&"x".repeat(60)) && !long.contains(&"x".repeat(61)),
        "{long}"
    );
    assert_eq!(
        refusal::<i64>("float('-inf')"),
        "expected i64, found float -inf"
    );
    assert_eq!(
        refusal::<i64>("{'a': 1}.keys()"),
        "expected i64, found dict_keys"
    );
    assert_eq!(
        refusal::<i64>("import collections; collections.Counter('ab')"),
        "expected i64, found collections.Counter of 2"
    );
}

#[test]
fn numbers_and_dates_of_the_standard_library_show_their_value() {
    for (code, found) in [
        (
            "import decimal; decimal.Decimal('1.50')",
            "decimal.Decimal 1.50",
        ),
        (
            "import datetime; datetime.date(2024, 2, 29)",
            "datetime.date 2024-02-29",
        ),
        (
            "import datetime; datetime.timedelta(minutes=1)",
            "datetime.timedelta 0:01:00",
        ),
    ] {
        assert_eq!(
            refusal::<bool>(code),
            format!("expected a boolean, found {found}")
        );
    }
    // A class of Python code may say that it is one of them: its code is not run.
    let code = "
        class Decimal:
            __module__ = 'decimal'
            def __str__(self): raise SystemExit
        Decimal()";
    assert_eq!(
        refusal::<bool>(code),
        "expected a boolean, found decimal.Decimal"
    );
}

#[test]
fn a_long_path_is_whole_but_shown_in_part() {
    let error = refused::<Value>("a = 0\nfor _ in range(200): a = [a]\na");
    assert_eq!(error.path(), "[0]".repeat(128));
    let eight = "[0]".repeat(8);
    assert!(
        error
            .to_string()
            .starts_with(&format!("at {eight}..{eight}: expected at most 128 levels")),
        "{error}"
    );
}

#[test]
fn keys_in_a_path_are_escaped_once() {
    for (code, path) in [
        (r"{'\ud800': 'x'}", r#"["\ud800"]"#),
        (r"{'a\ud800\n': 'x'}", "[\"a\\ud800\\n\"]"),
        (r"{'a b': 'x'}", r#"["a b"]"#),
        (r"{'a\\b': 'x'}", r#"["a\\b"]"#),
    ] {
        let error = refused::<HashMap<Anything, i64>>(code);
        assert_eq!(error.path(), path, "{code}");
    }
}

/// A key that may be anything.
#[derive(PartialEq, Eq, Hash, Debug)]
struct Anything;

impl<'de> Deserialize<'de> for Anything {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Anything, D::Error> {
        serde::de::IgnoredAny::deserialize(d).map(|_| Anything)
    }
}

#[test]
fn describing_runs_no_code_of_the_object() {
    let code = "
        class Nasty:
            def __repr__(self): raise SystemExit
            __str__ = __len__ = __iter__ = __repr__
        Nasty()";
    assert_eq!(refusal::<i64>(code), "expected i64, found Nasty");
    assert_eq!(
        refusal::<i64>("class S(str):\n    def __repr__(self): raise SystemExit\nS('x')"),
        "expected i64, found S 'x'"
    );
}

#[test]
fn a_deserialize_that_refuses_keeps_its_text() {
    #[derive(Debug)]
    struct Even;
    impl<'de> Deserialize<'de> for Even {
        fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Even, D::Error> {
            match u8::deserialize(d)? % 2 {
                0 => Ok(Even),
                _ => Err(D::Error::custom("this one is odd")),
            }
        }
    }
    let error = refused::<Vec<Even>>("[2, 3]");
    assert!(
        error.to_string().starts_with("at [1]: this one is odd"),
        "{error}"
    );
    assert_eq!(
        refusal::<Vec<NonZeroU8>>("[0]"),
        "at [0]: expected a nonzero u8, found int 0"
    );
}

#[test]
fn a_panic_in_deserialize_leaks_nothing() {
    #[derive(Debug)]
    struct Panics;
    impl<'de> Deserialize<'de> for Panics {
        fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Panics, D::Error> {
            panic!("on purpose")
        }
    }
    let list: Object = read("[[object()], {'k': object()}]");
    let count = "import sys; [sys.getrefcount(input), sys.getrefcount(input[0]), sys.getrefcount(input[1]['k'])]";
    let before: Vec<i64> = exec(count, &list).unwrap();
    for _ in 0..10 {
        let both = || list.extract::<(Vec<Object>, HashMap<String, Panics>)>();
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(both)).is_err());
        assert!(
            list.extract::<(Vec<Object>, HashMap<String, i64>)>()
                .is_err()
        );
        assert!(
            list.extract::<(Vec<Object>, HashMap<String, Object>)>()
                .is_ok()
        );
    }
    assert_eq!(exec::<Vec<i64>>(count, &list).unwrap(), before);
}

#[test]
fn an_object_cannot_go_through_serdes_own_buffer() {
    #[derive(serde::Deserialize, Debug)]
    #[serde(untagged)]
    enum Untagged {
        #[allow(dead_code)]
        It(Object),
    }
    let cannot = "expected what serde's buffer (untagged, internally tagged, flatten) can hold: \
                  no Python object, no integer beyond 64 bits, found ";
    assert_eq!(
        refusal::<Untagged>("object"),
        format!("{cannot}class `object`")
    );
    assert_eq!(
        refusal::<Untagged>("2**100"),
        format!("{cannot}int 1267650600228229401496703205376")
    );
    assert_eq!(
        refusal::<Untagged>("5"),
        "data did not match any variant of untagged enum Untagged, found int 5; help: a Python object can \
         only come from Python, and not through a buffer of serde's (untagged, internally tagged, flatten)"
    );

    #[derive(serde::Deserialize, Debug)]
    #[serde(untagged)]
    enum Plain {
        #[allow(dead_code)]
        Int(i64),
    }
    assert_eq!(
        refusal::<Plain>("'x'"),
        "data did not match any variant of untagged enum Plain, found str 'x'"
    );
    assert_eq!(read::<Value>("1"), 1);
}

#[test]
fn ignored_values_are_not_looked_at() {
    #[derive(serde::Deserialize, Debug)]
    struct Only {
        x: i64,
    }
    let only: Only = read("a = {'x': 1, 'file': open, 'class': int}\na['self'] = a\na");
    assert_eq!(only.x, 1);
}
