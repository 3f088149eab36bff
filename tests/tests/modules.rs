//! Modules declared with `#[py_module]`: calls, classes, state, embedded packages, and `check()`.

use gopyre::{Error, Object, Result, py_module};
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

#[py_module(file = "tests/modules/once.py")]
extern "Python" {
    fn runs() -> Result<i64>;
}

#[test]
fn two_threads_that_come_first_run_the_body_once() -> Result<()> {
    let threads: Vec<_> = (0..8).map(|_| thread::spawn(runs)).collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap()?, 1);
    }
    Ok(())
}

#[py_module(file = "tests/modules/flaky.py")]
extern "Python" {
    fn tries() -> Result<i64>;
}

#[test]
fn a_module_that_raises_is_tried_again() -> Result<()> {
    for expected in ["not yet: 1", "not yet: 2"] {
        let error = tries().unwrap_err();
        let exception = error.exception().unwrap();
        assert_eq!(exception.message(), expected);
        assert_eq!(exception.frames().len(), 1, "{error:?}");
        let name = "gopyre_modules.gopyre_tests.tests_modules_flaky";
        assert!(!gopyre::exec::<bool>(
            "import sys; input in sys.modules",
            name
        )?);
    }
    assert_eq!(tries()?, 3);
    Ok(())
}

#[py_module(dir = "tests/modules/plain/", file = "main.py")]
extern "Python" {
    #[name = "call"]
    fn plain_call() -> Result<Vec<String>>;
    fn raises() -> Result<()>;
    fn same() -> Result<bool>;
}

#[py_module(dir = "tests/modules/pack", file = "model.py")]
extern "Python" {
    #[name = "call"]
    fn pack_call(x: i64) -> Result<Vec<i64>>;
    fn version() -> Result<String>;
    fn standard() -> Result<bool>;
}

#[py_module(dir = "tests/modules/pack", file = "helper.py")]
extern "Python" {
    fn twice(x: i64) -> Result<i64>;
}

#[test]
fn files_of_a_folder_import_each_other() -> Result<()> {
    assert_eq!(plain_call()?, ["helper", "7", "inner", "other", "json"]);
    assert!(same()?);
    assert_eq!(pack_call(4)?, [8, 8, 8]);
    assert_eq!(twice(4)?, 8);
    assert_eq!(version()?, "1.2");
    assert!(standard()?);
    let error = raises().unwrap_err();
    let frames = error.exception().unwrap().frames();
    assert_eq!(&*frames[1].file, "tests/modules/plain/helper.py");
    assert_eq!(
        frames[1].source.as_deref().map(str::trim),
        Some("raise ValueError(\"in the helper\")")
    );
    assert!(gopyre::import("helper").is_err());
    Ok(())
}

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
        assert!(list[index].file.ends_with("modules.rs"));
    }
    assert!(
        list.windows(2).all(|pair| pair[0].line < pair[1].line),
        "{error:?}"
    );
}

/// The rows C2 to C14 of the case list.
mod cases {
    use super::*;
    use gopyre::Value;
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

    /// On a debug build: every kind of call, with no reference left over.
    #[test]
    fn nothing_leaks() -> Result<()> {
        let count = || {
            gopyre::exec::<Option<i64>>(
                "import sys; getattr(sys, 'gettotalrefcount', lambda: None)()",
                (),
            )
        };
        if count()?.is_none() {
            return Ok(());
        }
        gopyre_tests::in_child(|| {
            let once = || -> Result<()> {
                parameters()?;
                objects()?;
                assert!(mixed(1, 2, 3, None, 4).is_ok());
                assert!(super::fail(1).is_err());
                assert!(super::not_a_counter().is_err());
                let counter = Counter::new(1)?;
                counter.set_value(counter.value()? + 1)?;
                assert!(counter.set_step(0).is_err());
                assert!(super::remember(&Broken { field: 1 }).is_err());
                Ok(())
            };
            for _ in 0..20 {
                once().unwrap();
            }
            let before = count().unwrap().unwrap();
            for _ in 0..200 {
                once().unwrap();
            }
            let grown = count().unwrap().unwrap() - before;
            assert!(grown < 100, "{grown} references more");
        })
        .succeeds();
        Ok(())
    }
}
