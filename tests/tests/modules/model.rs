//! A module as it is used: functions, keywords, classes as types, state, errors in its own source.

use super::leaks_nothing;
use gopyre::{Error, Object, Result, py_module};
use gopyre_tests::in_child;
use serde::{Deserialize, Serialize};
use std::thread;

#[derive(Serialize)]
struct Row {
    x: f64,
}

#[py_module(file = "tests/modules/model.py")]
extern "Python" {
    /// Documented.
    pub fn predict(
        rows: &[Row],
        #[kw] scale: Option<f64>,
        #[kw] offset: Option<f64>,
    ) -> Result<Vec<f64>>;
    #[name = "predict"]
    fn scaled(rows: &[Row], scale: f64, #[kw] offset: f64) -> Vec<f64>;
    fn describe(
        first: &str,
        second: &str,
        #[kw] sep: &Option<String>,
        #[kw = "last"] end: i64,
    ) -> Result<String>;
    fn loads() -> Result<i64>;
    fn remember<T: Serialize>(value: &T) -> Result<()>;
    fn recall() -> Result<i64>;
    fn fail(depth: u32) -> Result<()>;
    #[name = "fail"]
    fn fail_hard(depth: u32);
    #[name = "fail"]
    fn fail_mine(depth: u32) -> Result<(), Mine>;
    fn kinds(a: impl Serialize, b: Option<i64>, c: &serde_json::Value) -> Result<Vec<String>>;
    fn frames() -> Result<String>;
    #[name = "where"]
    fn place() -> Result<(String, String, String)>;
    fn get_source() -> Result<String>;

    /// A counter.
    pub type Counter;
    #[new]
    fn new(initial: i64) -> Result<Counter>;
    #[new]
    fn stepping(initial: i64, #[kw] step: i64) -> Counter;
    fn incr(self: &Counter, n: Option<i64>) -> Result<i64>;
    fn add(self: &Counter, #[kw] times: Option<i64>, #[kw] by: Option<i64>) -> Result<i64>;
    fn merged(self: &Counter, other: &Counter) -> Result<Counter>;
    #[get]
    fn value(self: &Counter) -> Result<i64>;
    #[set]
    fn set_value(self: &Counter, value: i64) -> Result<()>;
    #[get]
    fn step(self: &Counter) -> i64;
    #[set]
    fn set_step(self: &Counter, value: i64) -> Result<()>;
    #[r#static]
    fn zero() -> Result<Counter>;
    #[classmethod]
    fn count() -> Result<i64>;

    fn total(counters: &[Counter]) -> Result<i64>;
    fn special(initial: i64) -> Result<Counter>;
    fn pair(initial: i64) -> Result<Pair>;
    fn not_a_counter() -> Result<Pair>;
    #[name = "loads"]
    fn no_counter() -> Result<Counter>;
}

#[derive(Debug)]
struct Mine(String);

impl From<Error> for Mine {
    fn from(error: Error) -> Mine {
        Mine(error.to_string())
    }
}

#[derive(Serialize, Deserialize, Debug)]
struct Pair {
    counter: Counter,
    name: String,
    others: Vec<Counter>,
}

fn rows() -> Vec<Row> {
    [1.0, 2.0].map(|x| Row { x }).into()
}

#[test]
fn an_instance_shows_its_class() -> Result<()> {
    let shown = format!("{:?}", Counter::new(1)?);
    let inner = shown
        .strip_prefix("Counter(")
        .and_then(|rest| rest.strip_suffix(')'));
    assert!(
        inner.is_some_and(|inner| inner.starts_with("Object")),
        "{shown}"
    );
    Ok(())
}

#[test]
fn keywords_that_are_none_are_left_out() -> Result<()> {
    assert_eq!(predict(&rows(), None, None)?, [1.0, 2.0]);
    assert_eq!(predict(&rows(), Some(3.0), None)?, [3.0, 6.0]);
    assert_eq!(predict(&rows(), None, Some(1.0))?, [2.0, 3.0]);
    assert_eq!(predict(&rows(), Some(3.0), Some(1.0))?, [4.0, 7.0]);
    assert_eq!(scaled(&rows(), 2.0, 0.5), [2.5, 4.5]);
    assert_eq!(describe("a", "b", &None, 3)?, "a, b, last=3");
    assert_eq!(describe("a", "b", &Some("-".to_owned()), 3)?, "a-b-last=3");
    Ok(())
}

#[test]
fn arguments_are_values() -> Result<()> {
    let map = serde_json::json!({ "scale": 3 });
    assert_eq!(kinds((1, 2), None, &map)?, ["tuple", "NoneType", "dict"]);
    Ok(())
}

#[test]
fn state_stays() -> Result<()> {
    remember(&5)?;
    assert_eq!(recall()?, 5);
    let loads: Vec<_> = (0..4).map(|_| thread::spawn(loads)).collect();
    for load in loads {
        assert_eq!(load.join().unwrap()?, 1);
    }
    Ok(())
}

#[test]
fn a_module_has_a_name_of_its_own() -> Result<()> {
    let (name, file, spec) = place()?;
    assert_eq!(name, "gopyre_modules.gopyre_tests.tests_modules_model");
    assert_eq!((&*file, &*spec), ("tests/modules/model.py", &*name));
    let module = gopyre::import(&name)?;
    assert_eq!(module.attr("SCALE")?.extract::<f64>()?, 2.0);
    let pickled = "import pickle; pickle.loads(pickle.dumps(input)).value";
    assert_eq!(gopyre::exec::<i64>(pickled, &Counter::new(4)?)?, 4);
    Ok(())
}

#[test]
fn errors_show_the_embedded_source() -> Result<()> {
    let error = fail(1).unwrap_err();
    let exception = error.exception().unwrap();
    assert!(exception.is("NotFitted"), "{error:?}");
    let frames = exception.frames();
    assert_eq!(frames.len(), 2, "{error:?}");
    assert_eq!(
        (&*frames[1].file, frames[1].line),
        ("tests/modules/model.py", 36)
    );
    assert_eq!(
        frames[1].source.as_deref().map(str::trim),
        Some("raise NotFitted(\"fit it first\")")
    );
    assert!(frames_of_python()?.contains("raise NotFitted(\"fit it first\")"));
    assert!(get_source()?.starts_with("def loads():"));
    assert!(
        fail_mine(0)
            .unwrap_err()
            .0
            .ends_with("NotFitted: fit it first")
    );
    let panic = thread::spawn(|| fail_hard(0)).join().unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(
        message.contains("`fail_hard` failed: Traceback"),
        "{message}"
    );
    Ok(())
}

fn frames_of_python() -> Result<String> {
    frames()
}

#[test]
fn classes_are_types() -> Result<()> {
    let counter = Counter::new(3)?;
    assert_eq!(counter.incr(Some(2))?, 5);
    assert_eq!(counter.incr(None)?, 6);
    assert_eq!(counter.value()?, 6);
    counter.set_value(10)?;
    assert_eq!(counter.add(None, None)?, 11);
    assert_eq!(counter.add(Some(2), None)?, 13);
    assert_eq!(counter.add(Some(2), Some(3))?, 19);
    assert_eq!(counter.step(), 1);
    counter.set_step(4)?;
    assert_eq!(counter.incr(None)?, 23);
    assert!(
        counter
            .set_step(0)
            .unwrap_err()
            .exception()
            .unwrap()
            .is("ValueError")
    );
    assert_eq!(Counter::stepping(0, 7).incr(None)?, 7);
    assert_eq!(Counter::zero()?.value()?, 0);
    assert!(Counter::count()? >= 3);
    assert_eq!(counter.merged(&Counter::new(1)?)?.value()?, 24);
    Ok(())
}

#[test]
fn handles_go_anywhere() -> Result<()> {
    let counters = [Counter::new(1)?, Counter::new(2)?, special(3)?];
    assert_eq!(total(&counters)?, 6);
    let moved = counters[0].clone();
    let value = thread::spawn(move || moved.incr(Some(9))).join().unwrap()?;
    assert_eq!((value, counters[0].value()?), (10, 10));
    let pair = pair(5)?;
    assert_eq!(
        (&*pair.name, pair.counter.value()?, pair.others.len()),
        ("pair", 5, 2)
    );
    let sum = "input['counter'].value + input['others'][1].value";
    assert_eq!(gopyre::exec::<i64>(sum, &pair)?, 7);
    let object: Object = pair.counter.clone().into();
    assert!(object.is(pair.counter.as_ref()));
    assert_eq!(Counter::try_from(object)?.value()?, 5);
    assert!(Counter::try_from(Object::new(1)?).is_err());
    fn threads<T: Send + Sync + Clone + std::fmt::Debug>() {}
    threads::<Counter>();
    Ok(())
}

#[test]
fn an_instance_of_another_class_is_an_error() -> Result<()> {
    let Err(Error::Convert(error)) = not_a_counter() else {
        panic!()
    };
    assert_eq!(
        error.to_string(),
        "at counter: expected Counter, found int 3"
    );
    let Err(Error::Convert(error)) = no_counter() else {
        panic!()
    };
    assert_eq!(error.to_string(), "expected Counter, found int 1");
    Ok(())
}

#[derive(Serialize)]
struct Broken {
    #[serde(serialize_with = "refuse")]
    field: i64,
}

fn refuse<S: serde::Serializer>(_: &i64, _: S) -> Result<S::Ok, S::Error> {
    Err(serde::ser::Error::custom("refused"))
}

#[test]
fn a_conversion_error_names_the_parameter() {
    let error = remember(&Broken { field: 1 }).unwrap_err();
    assert_eq!(error.to_string(), "at value.field: refused");
}

#[test]
fn nothing_leaks() {
    in_child(|| {
        leaks_nothing(|| {
            assert!(fail(1).is_err());
            assert!(not_a_counter().is_err());
            let counter = Counter::new(1)?;
            counter.set_value(counter.value()? + 1)?;
            assert!(counter.set_step(0).is_err());
            assert!(remember(&Broken { field: 1 }).is_err());
            Ok(())
        })
    })
    .succeeds();
}
