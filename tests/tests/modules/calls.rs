//! Calls with every kind of parameter, and that none leaves a reference.

use super::leaks_nothing;
use gopyre::{Result, Value, py_module};
use gopyre_tests::in_child;
use serde_json::json;

#[py_module(file = "tests/modules/cases.py")]
extern "Python" {
    fn add_numbers(#[kw] a: i64, #[kw] b: i64) -> Result<i64>;
    fn get_greeting(name: &str) -> Result<String>;
    fn multiply_list(numbers: &[i64]) -> Result<Vec<i64>>;
    fn get_number(#[kw] number: Option<i64>) -> Result<i64>;
    fn process_data(data: &Value) -> Result<Value>;
    fn positional_only(a: i64, b: i64, c: i64) -> Result<i64>;
    fn star(a: i64, b: i64, c: i64) -> Result<i64>;
    fn stars(a: i64, b: i64, #[kw] c: i64) -> Result<i64>;
    fn keyword_only(a: i64, #[kw] b: i64, #[kw] c: i64) -> Result<i64>;
    fn mixed(a: i64, b: i64, x: i64, #[kw] c: Option<i64>, #[kw] d: i64) -> Result<i64>;
    fn default_str() -> Result<String>;
    fn default_int() -> Result<i64>;
    fn default_negative() -> Result<i64>;
    fn default_none(#[kw] value: Option<i64>) -> Result<bool>;
    fn one(value: &Value) -> Result<String>;
    #[allow(clippy::too_many_arguments)]
    #[name = "star"]
    fn many(
        a: i64,
        b: i64,
        c: i64,
        d: i64,
        e: i64,
        f: i64,
        g: i64,
        h: i64,
        i: i64,
        j: i64,
    ) -> Result<i64>;

    type Instance;
    #[new]
    fn of(a: i64, b: &str) -> Result<Instance>;
    fn get_args(self: &Instance) -> Result<(i64, String)>;
    fn echo(self: &Instance, text: &str) -> Result<String>;
    fn hello(self: &Instance, name: &str) -> Result<String>;
    fn no_return(self: &Instance) -> Result<()>;
    fn no_args(self: &Instance) -> Result<i64>;

    type Store;
    #[new]
    fn empty() -> Result<Store>;
    fn increment_counter(self: &Store, #[kw] by: Option<i64>) -> Result<i64>;
    fn reset(self: &Store) -> Result<i64>;
    fn batch_operations(self: &Store, steps: &Value) -> Result<Value>;
}

#[test]
fn functions() -> Result<()> {
    assert_eq!(
        (
            add_numbers(10, 25)?,
            get_number(None)?,
            get_number(Some(1))?
        ),
        (35, 42, 1)
    );
    assert_eq!(get_greeting("Go Developer")?, "Hello, Go Developer!");
    assert_eq!(multiply_list(&[1, 2, 3, 4, 5])?, [2, 4, 6, 8, 10]);
    let data = process_data(&json!({"numbers": [1, 2, 3, 4, 5], "text": "Hello World"}))?;
    let expected = json!({"count": 5, "sum": 15, "mean": 3.0, "median": 3, "min": 1, "max": 5,
        "text_length": 11, "word_count": 2});
    assert_eq!(data, expected);
    Ok(())
}

#[test]
fn parameters() -> Result<()> {
    assert_eq!(
        (positional_only(1, 2, 3)?, star(1, 2, 3)?, stars(1, 2, 3)?),
        (6, 6, 6)
    );
    assert_eq!((keyword_only(1, 2, 3)?, mixed(1, 2, 0, None, 3)?), (6, 9));
    assert_eq!(mixed(1, 2, 0, Some(4), 3)?, 10);
    assert_eq!(many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)?, 55);
    assert_eq!(
        (&*default_str()?, default_int()?, default_negative()?),
        ("hello", 1337, -1)
    );
    assert!(default_none(None)?);
    assert_eq!(one(&json!({"a": 1}))?, "dict");
    Ok(())
}

#[test]
fn objects() -> Result<()> {
    let instance = Instance::of(1, "two")?;
    assert_eq!(instance.get_args()?, (1, "two".to_owned()));
    assert_eq!(
        (instance.echo("x")?, instance.hello("world")?),
        ("x".to_owned(), "hello world".to_owned())
    );
    assert_eq!((instance.no_return()?, instance.no_args()?), ((), 42));
    let store = Store::empty()?;
    assert_eq!(store.increment_counter(Some(5))?, 5);
    assert_eq!(store.increment_counter(Some(3))?, 8);
    assert_eq!((store.increment_counter(None)?, store.reset()?), (9, 0));
    let steps = json!([
        ["set", "name", "test_user"],
        ["set", "age", 25],
        ["get", "name"],
        ["get", "age"],
        ["get", "x"],
        ["delete", "age"],
        ["get", "age"]
    ]);
    let expected = json!([
        "set name",
        "set age",
        "test_user",
        25,
        "not_found",
        "deleted age",
        "not_found"
    ]);
    assert_eq!(store.batch_operations(&steps)?, expected);
    Ok(())
}

#[test]
fn nothing_leaks() {
    in_child(|| {
        leaks_nothing(|| {
            parameters()?;
            objects()?;
            assert!(mixed(1, 2, 3, None, 4).is_ok());
            Ok(())
        })
    })
    .succeeds();
}
