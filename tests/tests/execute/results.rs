//! Proves what running a script means: which namespace it gets, what its result is, what is an error.

use super::exception_of;
use gopyre::{Error, Object, Result, Script, Value, exec, run};
use serde::{Serialize, Serializer};
use serde_json::json;
use std::collections::HashMap;
use std::thread;

// ---- the result

#[test]
fn the_last_expression_is_the_result_whatever_it_looks_like() -> Result<()> {
    for (code, expected) in [
        ("1", json!(1)),
        ("\"1\"", json!("1")),
        ("a = 2\nb = 3\na + b", json!(5)),
        ("x = 1; x", json!(1)),
        ("x = 1; x;", json!(1)),
        ("1; 2", json!(2)),
        ("(1 +\n 2)", json!(3)),
        ("[\n    1,\n    2,\n]", json!([1, 2])),
        ("1 + \\\n    2", json!(3)),
        ("max(\n    3,  # a comment inside\n    4,\n)", json!(4)),
        ("5  # a comment behind", json!(5)),
        ("6\n# a comment below\n\n   # and another", json!(6)),
        ("7\n\n\n", json!(7)),
        ("# a comment above\n8", json!(8)),
        ("'only text'", json!("only text")),
        ("'''text\nof two lines'''", json!("text\nof two lines")),
        ("'if'", json!("if")),
        ("if_ = 9\nif_", json!(9)),
        ("'a' if False else 'b'", json!("b")),
        ("[n * n for n in range(4)]", json!([0, 1, 4, 9])),
        ("(n := 10)", json!(10)),
        ("1, 2", json!([1, 2])),
        ("f'{1 + 1}'", json!("2")),
        ("min(1, 2)", json!(1)),
        ("not None", json!(true)),
        ("None", json!(null)),
        ("x = 1\r\nx + 1\r\n", json!(2)),
        ("'ä' 'ß' '🌟'", json!("äß🌟")),
        ("größe = 4\ngröße", json!(4)),
    ] {
        let value: Value = exec(code, ())?;
        assert_eq!(value, expected, "{code:?}");
    }
    Ok(())
}

#[test]
fn a_last_statement_that_is_no_expression_gives_none() -> Result<()> {
    for code in [
        "x = 1",
        "x = y = 1",
        "x: int = 1",
        "x = 1\nx += 1",
        "if True:\n    1",
        "for n in [1, 2]:\n    n",
        "while False: 1",
        "with open(__import__('os').devnull):\n    1",
        "try:\n    1\nfinally:\n    2",
        "def f(): return 1",
        "def f():\n    '''docs'''\n    return 1",
        "class C:\n    1",
        "@staticmethod\ndef f():\n    return 1",
        "import math",
        "from math import pi",
        "assert True",
        "pass",
        "x = 1\ndel x",
        "1\npass",
    ] {
        let value: Value = exec(code, ())?;
        assert_eq!(value, Value::Null, "{code:?}");
    }
    Ok(())
}

#[test]
fn no_statement_runs_twice() -> Result<()> {
    let hits: Object = exec("[]", ())?;
    let count: usize = exec(
        "hits.append('a')\nhits.append('b') or len(hits)",
        json!({"none": null}).with("hits", &hits),
    )?;
    assert_eq!(count, 2);
    let all: Vec<String> = exec("input", &hits)?;
    assert_eq!(all, ["a", "b"]);
    Ok(())
}

/// A JSON map with one handle in it.
trait With {
    fn with<'a>(self, name: &'static str, object: &'a Object) -> Mixed<'a>;
}

struct Mixed<'a>(Value, &'static str, &'a Object);

impl With for Value {
    fn with<'a>(self, name: &'static str, object: &'a Object) -> Mixed<'a> {
        Mixed(self, name, object)
    }
}

impl Serialize for Mixed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entries = self.0.as_object().into_iter().flatten();
        let mut map: HashMap<&str, Entry<'_>> = entries
            .map(|(name, value)| (&**name, Entry::Json(value)))
            .collect();
        map.insert(self.1, Entry::Object(self.2));
        map.serialize(serializer)
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Entry<'a> {
    Json(&'a Value),
    Object(&'a Object),
}

#[test]
fn an_error_in_the_last_expression_comes_after_the_statements_before_it() {
    let exception = exception_of(exec::<i64>("x = [1]\ny = x[0]\ny / (y - 1)", ()));
    assert_eq!(exception.type_name(), "ZeroDivisionError");
    assert_eq!(exception.frames()[0].line, 3);
}

// ---- the namespace

#[test]
fn every_run_gets_a_fresh_namespace() -> Result<()> {
    let code = "counter = globals().get('counter', 0) + 1; counter";
    thread::scope(|scope| {
        let threads: Vec<_> = (0..25)
            .map(|_| scope.spawn(|| exec::<i64>(code, ())))
            .collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap()?, 1);
        }
        Ok(())
    })
}

#[test]
fn names_of_one_run_are_unknown_to_the_next() -> Result<()> {
    exec::<()>("gopyre_left = 1", ())?;
    let exception = exception_of(exec::<()>("gopyre_left", ()));
    assert_eq!(
        exception.to_string(),
        "NameError: name 'gopyre_left' is not defined"
    );
    exec::<()>("gopyre_left = 2", ())?;
    assert_eq!(
        exec::<Vec<String>>("[n for n in globals() if not n.startswith('__')]", ())?,
        ["input"]
    );
    Ok(())
}

#[test]
fn the_namespace_is_that_of_a_main_program() -> Result<()> {
    assert_eq!(exec::<String>("__name__", ())?, "__main__");
    assert!(exec::<bool>("globals() is locals()", ())?);
    assert_eq!(exec::<Option<String>>("__doc__", ())?, None);
    // `dataclasses`, which it needs, takes a `typing` that another thread is still importing.
    let documented = "'Counts.'\nimport typing\nimport argparse\nargparse.ArgumentParser(description=__doc__).description";
    assert_eq!(exec::<String>(documented, ())?, "Counts.");
    Ok(())
}

#[test]
fn functions_see_the_scripts_names_and_imports() -> Result<()> {
    let factorial: u64 = exec(
        "
        import operator
        def factorial(n):
            return 1 if n == 0 else operator.mul(n, factorial(n - 1))
        factorial(10)
        ",
        (),
    )?;
    assert_eq!(factorial, 3_628_800);
    let scopes: [i64; 3] = exec(
        "
        def local():
            bb = cc + 10
        def outer():
            global bb
            bb = cc + 10
        first = bb
        local()
        second = bb
        outer()
        [first, second, bb]
        ",
        json!({"bb": 100, "cc": 10}),
    )?;
    assert_eq!(scopes, [100, 100, 20]);
    let class: (i64, i64) = exec(
        "
        class Adder:
            def __init__(self, value):
                self.value = value
            def call(self, more):
                return self.value + more + bb
            def update(self, more):
                global bb
                bb = self.value + more
        adder = Adder(20)
        called = adder.call(10)
        adder.update(10)
        called, bb
        ",
        json!({"bb": 100}),
    )?;
    assert_eq!(class, (130, 30));
    assert_eq!(
        exec::<Vec<i64>>("[y * x for y in range(x)]", json!({"x": 3}))?,
        [0, 3, 6]
    );
    Ok(())
}

#[test]
fn a_dataclass_and_a_pattern_of_the_standard_library_work_in_a_script() -> Result<()> {
    let text: String = exec(
        "
        from dataclasses import dataclass, field
        from typing import List, NamedTuple

        @dataclass
        class Order:
            name: str
            prices: List[float] = field(default_factory=list)

        class Point(NamedTuple):
            x: int

        f'{Order(\"a\", [1.5])} {Point(1)}'
        ",
        (),
    )?;
    assert_eq!(text, "Order(name='a', prices=[1.5]) Point(x=1)");
    Ok(())
}

// ---- the input

#[test]
fn the_input_is_input_and_its_keys_are_globals() -> Result<()> {
    #[derive(Serialize)]
    struct Order<'a> {
        name: &'a str,
        count: u32,
    }
    let order = Order {
        name: "tea",
        count: 3,
    };
    assert_eq!(
        exec::<String>("f'{count} {name} {input[\"count\"]}'", &order)?,
        "3 tea 3"
    );
    assert_eq!(exec::<i64>("x + y", json!({"x": 1, "y": 2}))?, 3);
    assert_eq!(exec::<i64>("foo + 29", HashMap::from([("foo", 13)]))?, 42);
    assert_eq!(exec::<i64>("input * 2", 21)?, 42);
    assert_eq!(exec::<i64>("sum(input)", [1, 2, 3])?, 6);
    assert_eq!(exec::<String>("input.upper()", "text")?, "TEXT");
    // A key that is no identifier is a global all the same.
    assert_eq!(
        exec::<i64>("globals()['two words']", json!({"two words": 2}))?,
        2
    );
    Ok(())
}

#[test]
fn unit_is_none() -> Result<()> {
    assert!(exec::<bool>("input is None", ())?);
    assert!(exec::<bool>("input is None", None::<i64>)?);
    Ok(())
}

#[test]
fn keys_win_over_builtins_and_over_input_itself() -> Result<()> {
    assert_eq!(exec::<i64>("len", json!({"len": 5}))?, 5);
    assert_eq!(exec::<i64>("input", json!({"input": 7, "x": 1}))?, 7);
    // The next run has its builtins back.
    assert_eq!(exec::<i64>("len([1, 2])", json!({"x": 5}))?, 2);
    Ok(())
}

#[test]
fn a_key_cannot_take_the_builtins_away() -> Result<()> {
    assert_eq!(exec::<i64>("len([1, 2])", json!({"__builtins__": {}}))?, 2);
    assert_eq!(
        exec::<i64>(
            "len(input['__builtins__'])",
            json!({"__builtins__": {"a": 1}})
        )?,
        1
    );
    assert_eq!(exec::<i64>("len([1, 2])", ())?, 2);
    Ok(())
}

#[test]
fn only_string_keys_are_globals() -> Result<()> {
    let input = HashMap::from([(1, "one"), (2, "two")]);
    assert_eq!(exec::<String>("input[1]", &input)?, "one");
    assert!(exec::<bool>(
        "all(isinstance(name, str) for name in globals())",
        &input
    )?);
    Ok(())
}

#[test]
fn what_python_changes_in_its_copy_never_reaches_the_caller() -> Result<()> {
    let mut map = HashMap::from([("x", vec![1, 2])]);
    assert_eq!(
        exec::<usize>("input['x'].append(3); input['y'] = 1; len(x)", &map)?,
        3
    );
    assert_eq!(map, HashMap::from([("x", vec![1, 2])]));
    assert_eq!(exec::<usize>("x.clear(); len(x)", &mut map)?, 0);
    assert_eq!(map["x"], [1, 2]);
    Ok(())
}

#[test]
fn an_object_as_the_input_is_the_object_itself() -> Result<()> {
    let list: Object = exec("[1]", ())?;
    exec::<()>("input.append(2)", &list)?;
    assert_eq!(exec::<Vec<i64>>("input", &list)?, [1, 2]);
    let dict: Object = exec("{'x': 1}", ())?;
    assert_eq!(exec::<i64>("input['x'] = 5; x", &dict)?, 1);
    assert_eq!(exec::<i64>("x", &dict)?, 5);
    Ok(())
}

#[test]
fn an_input_that_fails_to_serialize_is_an_error_before_anything_runs() -> Result<()> {
    struct Broken;
    impl Serialize for Broken {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("a sensor is unplugged"))
        }
    }
    let code = "import builtins; builtins.gopyre_input_ran = True";
    for error in [
        exec::<()>(code, Broken).unwrap_err(),
        exec::<()>(code, HashMap::from([("deep", vec![Broken])])).unwrap_err(),
        Script::new(code)?.exec::<()>((1, Broken)).unwrap_err(),
    ] {
        assert!(
            error.to_string().contains("a sensor is unplugged"),
            "{error}"
        );
        assert!(error.exception().is_none(), "{error:?}");
    }
    assert!(!exec::<bool>(
        "import builtins; hasattr(builtins, 'gopyre_input_ran')",
        ()
    )?);
    Ok(())
}

#[test]
fn a_result_of_the_wrong_type_is_an_error_and_leaves_all_usable() -> Result<()> {
    let error = exec::<i64>("'text'", ()).unwrap_err();
    assert!(matches!(error, Error::Convert(_)), "{error:?}");
    let error = exec::<Vec<String>>("object()", ()).unwrap_err();
    assert!(matches!(error, Error::Convert(_)), "{error:?}");
    assert_eq!(exec::<i64>("1", ())?, 1);
    Ok(())
}

// ---- errors that are no errors of the script

#[test]
fn an_exit_an_interrupt_and_a_stop_are_errors_like_any_other() -> Result<()> {
    for (code, class, message) in [
        ("import sys; sys.exit(3)", "SystemExit", "3"),
        (
            "import sys\ndef f():\n    sys.exit('bye')\nf()",
            "SystemExit",
            "bye",
        ),
        ("raise SystemExit", "SystemExit", ""),
        ("raise KeyboardInterrupt", "KeyboardInterrupt", ""),
        ("next(iter([]))", "StopIteration", ""),
        ("raise GeneratorExit", "GeneratorExit", ""),
        ("exit(4)", "SystemExit", "4"),
    ] {
        let exception = exception_of(exec::<()>(code, ()));
        assert!(exception.is(class), "{code}: {exception:?}");
        assert_eq!(exception.message(), message, "{code}");
        assert!(exception_of(run(code)).is(class), "{code}");
    }
    assert_eq!(exec::<i64>("1 + 1", ())?, 2);
    Ok(())
}
