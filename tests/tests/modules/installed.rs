//! Modules that are installed, and what `check` says of those that are not as declared.

use gopyre::{Error, Object, Result, py_module};
use serde::Serialize;

#[py_module(name = "math")]
extern "Python" {
    fn sqrt(x: f64) -> Result<f64>;
}

#[py_module(name = "builtins")]
extern "Python" {
    #[name = "len"]
    fn length(of: impl Serialize) -> Result<usize>;
    fn abs(x: i64) -> Result<i64>;
    fn sum(values: &[i64]) -> Result<i64>;
    #[name = "sorted"]
    fn order(values: Vec<i64>, #[kw] reverse: Option<bool>) -> Result<Vec<i64>>;
}

#[py_module(name = "collections")]
extern "Python" {
    #[name = "OrderedDict"]
    type Ordered;
    #[new]
    fn of(items: &[(&str, i64)]) -> Result<Ordered>;
    fn move_to_end(self: &Ordered, key: &str, #[kw] last: Option<bool>) -> Result<()>;
    fn keys(self: &Ordered) -> Result<Vec<String>>;
}

#[py_module(name = "datetime")]
extern "Python" {
    #[name = "timedelta"]
    type Delta;
    #[new]
    fn hours(#[kw] hours: i64) -> Result<Delta>;
    #[get]
    fn seconds(self: &Delta) -> i64;
    #[name = "datetime.fromisoformat"]
    fn parse(text: &str) -> Result<Object>;
}

#[test]
fn installed_modules_are_declared_alike() -> Result<()> {
    assert_eq!(
        (sqrt(16.0)?, length("hello")?, abs(-42)?, sum(&[1, 2, 3])?),
        (4.0, 5, 42, 6)
    );
    assert_eq!(order(vec![2, 3, 1], None)?, [1, 2, 3]);
    assert_eq!(order(vec![2, 3, 1], Some(true))?, [3, 2, 1]);
    let ordered = Ordered::of(&[("a", 1), ("b", 2)])?;
    ordered.move_to_end("b", Some(false))?;
    ordered.move_to_end("b", None)?;
    ordered.move_to_end("b", Some(false))?;
    assert_eq!(ordered.keys()?, ["b", "a"]);
    assert_eq!(Delta::hours(2)?.seconds(), 7200);
    assert_eq!(parse("2024-02-03")?.attr("month")?.extract::<i64>()?, 2);
    Ok(())
}

mod absent {
    use super::*;

    #[py_module(name = "no_such_module_here")]
    extern "Python" {
        pub(super) fn f() -> Result<()>;
    }

    #[py_module(name = "json")]
    extern "Python" {
        pub(super) fn dumpss(value: i64) -> Result<String>;
        pub(super) fn dumps(value: i64, indent: i64) -> Result<String>;
        pub(super) fn loads() -> Result<i64>;
        #[name = "dumps"]
        pub(super) type NoClass;
        #[name = "JSONEncoder"]
        pub(super) type Encoder;
        pub(super) fn encoed(self: &Encoder, value: i64) -> Result<String>;
        pub(super) fn encode(self: &Encoder) -> Result<String>;
        #[new]
        pub(super) fn encoder(#[kw] indentation: i64) -> Result<Encoder>;
    }
}

#[test]
fn what_is_missing_is_named_by_the_call() {
    let error = absent::f().unwrap_err();
    assert!(error.exception().unwrap().is("ModuleNotFoundError"));
    assert!(error.to_string().contains("no_such_module_here"));
    let error = absent::dumpss(1).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("'json' has no attribute 'dumpss'"),
        "{error}"
    );
    let error = absent::loads().unwrap_err();
    assert!(
        error
            .to_string()
            .contains("loads() missing 1 required positional argument"),
        "{error}"
    );
    let _ = (
        absent::dumps,
        absent::Encoder::encoder,
        absent::Encoder::encode,
        absent::Encoder::encoed,
    );
}

#[test]
fn check_lists_every_mismatch() {
    let error = gopyre::check().unwrap_err();
    let Error::Mismatch(list) = &error else {
        panic!("{error:?}")
    };
    let found: Vec<(&str, &str)> = list.iter().map(|m| (&*m.item, &*m.message)).collect();
    let starts = [
        (
            "no_such_module_here",
            "ModuleNotFoundError: No module named 'no_such_module_here'",
        ),
        (
            "json.dumpss",
            "module `json` has no `dumpss`; help: did you mean `dumps`?",
        ),
        (
            "json.dumps",
            "expected at most 1 positional argument, found 2; Python has `(obj, *, ",
        ),
        (
            "json.loads",
            "expected 1 positional argument, found 0; Python has `(s, *, ",
        ),
        ("json.dumps", "expected a class, found function"),
        (
            "json.JSONEncoder.encoed",
            "class `JSONEncoder` has no `encoed`; help: did you mean `encode`?",
        ),
        (
            "json.JSONEncoder.encode",
            "expected 1 positional argument, found 0; Python has `(self, o)`",
        ),
        (
            "json.JSONEncoder.encoder",
            "expected a keyword of the function, found `indentation`",
        ),
    ];
    assert_eq!(found.len(), starts.len(), "{error:?}");
    for (index, (item, start)) in starts.into_iter().enumerate() {
        assert_eq!(found[index].0, item, "{error:?}");
        assert!(found[index].1.starts_with(start), "{error:?}");
        assert!(list[index].file.ends_with("installed.rs"));
    }
    assert!(
        list.windows(2).all(|pair| pair[0].line < pair[1].line),
        "{error:?}"
    );
}
