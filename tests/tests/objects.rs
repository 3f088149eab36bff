//! Handles to Python objects: what can be done with one, from any thread, and what is refused.

use gopyre::{Error, Object, Result};
use serde_json::json;
use std::cmp::Ordering;

fn object(code: &str) -> Result<Object> {
    gopyre::exec(code, ())
}

fn class_of(error: Error) -> String {
    error
        .exception()
        .map_or_else(|| format!("{error}"), |e| e.type_name().to_owned())
}

#[test]
fn attributes_are_read_set_deleted_and_missed() -> Result<()> {
    let space = object("import types; types.SimpleNamespace(size=3)")?;
    assert_eq!(space.attr("size")?.extract::<i64>()?, 3);
    space.set_attr("size", vec![1, 2])?;
    assert_eq!(space.attr("size")?.extract::<Vec<i64>>()?, [1, 2]);
    assert!(space.has_attr("size")?);
    space.del_attr("size")?;
    assert!(!space.has_attr("size")?);
    let error = space.attr("size").unwrap_err();
    assert!(error.to_string().contains("size"), "{error}");
    assert_eq!(class_of(error), "AttributeError");
    Ok(())
}

#[test]
fn a_property_that_raises_is_that_error() -> Result<()> {
    let value = object(
        "
        class Broken:
            @property
            def price(self):
                raise LookupError('no price')
        Broken()
        ",
    )?;
    assert_eq!(class_of(value.attr("price").unwrap_err()), "LookupError");
    assert_eq!(
        class_of(value.has_attr("price").unwrap_err()),
        "LookupError"
    );
    Ok(())
}

#[test]
fn items_are_read_set_deleted_and_missed() -> Result<()> {
    let dict = Object::new(json!({ "a": 1 }))?;
    dict.set_item(("x", 2), "pair")?;
    assert_eq!(dict.item(("x", 2))?.extract::<String>()?, "pair");
    assert_eq!(dict.len()?, 2);
    assert!(dict.contains("a")? && !dict.contains("b")?);
    dict.del_item("a")?;
    assert_eq!(class_of(dict.item("a").unwrap_err()), "KeyError");
    assert_eq!(class_of(dict.del_item("a").unwrap_err()), "KeyError");
    let list = Object::new([1, 2, 3])?;
    assert_eq!(list.item(-1)?.extract::<i64>()?, 3);
    assert_eq!(class_of(list.item(3).unwrap_err()), "IndexError");
    assert_eq!(class_of(Object::new(5)?.len().unwrap_err()), "TypeError");
    Ok(())
}

#[test]
fn arguments_are_what_serializes_to_a_sequence() -> Result<()> {
    let show = object("lambda *args: args")?;
    assert_eq!(show.call(())?.repr()?, "()");
    assert_eq!(show.call((1, "a"))?.repr()?, "(1, 'a')");
    assert_eq!(show.call([1, 2])?.repr()?, "(1, 2)");
    assert_eq!(show.call(vec![1.5])?.repr()?, "(1.5,)");
    assert_eq!(show.call((json!({ "a": 1 }),))?.repr()?, "({'a': 1},)");
    let many: Vec<usize> = (0..40).collect();
    assert_eq!(show.call(&many)?.extract::<Vec<usize>>()?, many);
    assert_eq!(show.call(object("(1, [2])")?)?.repr()?, "(1, [2])");
    for error in [
        show.call(1).unwrap_err(),
        show.call("text").unwrap_err(),
        show.call(json!({ "a": 1 })).unwrap_err(),
        show.call(object("{1}")?).unwrap_err(),
    ] {
        assert!(matches!(error, Error::Argument(_)), "{error:?}");
        assert!(error.to_string().contains("write `(x,)`"), "{error}");
    }
    Ok(())
}

#[test]
fn every_kind_of_parameter_is_reached() -> Result<()> {
    let call = |code: &str, args: &serde_json::Value, kwargs: serde_json::Value| -> Result<i64> {
        object(code)?.call_with(args, kwargs)?.extract()
    };
    let args = json!([1, 2, 3]);
    assert_eq!(
        call("f = lambda a, /, b, c: a + b + c; f", &args, json!({}))?,
        6
    );
    assert_eq!(
        call("lambda a, b, *args: a + b + args[0]", &args, json!({}))?,
        6
    );
    assert_eq!(
        call(
            "lambda a, b, **kw: a + b + kw['c']",
            &json!([1, 2]),
            json!({ "c": 3 })
        )?,
        6
    );
    assert_eq!(
        call(
            "lambda a, *, b, c: a + b + c",
            &json!([1]),
            json!({ "b": 2, "c": 3 })
        )?,
        6
    );
    assert_eq!(
        call(
            "lambda a, *args, d: a + sum(args) + d",
            &args,
            json!({ "d": 3 })
        )?,
        9
    );
    Ok(())
}

#[test]
fn a_wrong_call_says_what_is_missing() -> Result<()> {
    let dump = object("def dump(a, b):\n    pass\ndump")?;
    let error = dump.call(()).unwrap_err();
    assert_eq!(
        error.exception().map(|e| e.message()),
        Some("dump() missing 2 required positional arguments: 'a' and 'b'")
    );
    let error = dump.call_with((1,), json!({ "c": 2 })).unwrap_err();
    assert!(error.to_string().contains("'c'"), "{error}");
    let key = std::collections::HashMap::from([(1, 2)]);
    let error = dump.call_with((), key).unwrap_err();
    assert_eq!(
        error.to_string(),
        "expected a map of keyword arguments, found the key int 1"
    );
    for (found, error) in [
        ("int 5", dump.call_with((), 5)),
        ("list of 2", dump.call_with((), vec![1, 2])),
        ("str 'a'", dump.call_with((), "a")),
    ] {
        let Err(Error::Argument(message)) = error else {
            panic!("{found}: {error:?}")
        };
        assert_eq!(
            message,
            format!("expected a map of keyword arguments, found {found}")
        );
    }
    let error = Object::new("text")?.call(()).unwrap_err();
    assert!(error.to_string().contains("'str' object is not callable"));
    Ok(())
}

#[test]
fn methods_are_called_and_missed() -> Result<()> {
    let list = Object::new([3, 6, 5, 4, 7])?.call_method("copy", ());
    assert_eq!(class_of(list.unwrap_err()), "AttributeError");
    let list = Object::new(vec![3, 6, 5, 4, 7])?;
    list.attr("sort")?
        .call_with((), json!({ "reverse": true }))?;
    assert_eq!(list.extract::<Vec<i64>>()?, [7, 6, 5, 4, 3]);
    assert_eq!(list.call_method("index", (5,))?.extract::<i64>()?, 2);
    Ok(())
}

#[test]
fn a_module_function_is_one_call_away() -> Result<()> {
    assert_eq!(gopyre::call::<f64>("math", "sqrt", (16.0,))?, 4.0);
    assert_eq!(gopyre::call::<i64>("builtins", "len", ("hello",))?, 5);
    assert_eq!(gopyre::call::<i64>("builtins", "sum", (vec![1, 2, 3],))?, 6);
    assert_eq!(
        gopyre::call::<String>("os.path", "basename", ("a/b.txt",))?,
        "b.txt"
    );
    let error = gopyre::call::<i64>("no_such_module", "f", ()).unwrap_err();
    assert!(error.to_string().contains("no_such_module"), "{error}");
    assert_eq!(class_of(error), "ModuleNotFoundError");
    let error = gopyre::call::<i64>("math", "no_such_function", ()).unwrap_err();
    assert!(error.to_string().contains("'math'") && error.to_string().contains("no_such_function"));
    Ok(())
}

#[test]
fn names_that_run_leaves_in_main_can_be_called() -> Result<()> {
    gopyre::run("def objects_test_double(n):\n    return n * 2")?;
    assert_eq!(
        gopyre::call::<i64>("__main__", "objects_test_double", (21,))?,
        42
    );
    Ok(())
}

#[test]
fn iteration_is_lazy_and_can_be_stopped() -> Result<()> {
    let endless = object(
        "
        made = []
        def numbers():
            n = 0
            while True:
                made.append(n)
                yield n
                n += 1
        (numbers(), made)
        ",
    )?;
    let numbers = endless.item(0)?;
    let first: Vec<i64> = numbers
        .iter()?
        .take(10)
        .map(|n| n?.extract())
        .collect::<Result<_>>()?;
    assert_eq!(first, (0..10).collect::<Vec<_>>());
    assert_eq!(endless.item(1)?.len()?, 10);
    Ok(())
}

#[test]
fn iteration_ends_after_an_error() -> Result<()> {
    let broken = object(
        "
        def half():
            yield 1
            raise ValueError('half-way')
        half()
        ",
    )?;
    let mut items = broken.iter()?;
    assert_eq!(
        items
            .next()
            .transpose()?
            .map(|n| n.extract::<i64>())
            .transpose()?,
        Some(1)
    );
    let error = items.next().and_then(Result::err);
    assert_eq!(error.map(class_of).as_deref(), Some("ValueError"));
    assert!(items.next().is_none());
    assert!(broken.iter()?.next().is_none(), "a generator runs once");
    let error = Object::new(3)?.iter().unwrap_err();
    assert!(error.to_string().contains("'int' object is not iterable"));
    Ok(())
}

/// A context manager that records what its `__exit__` is given.
fn manager(suppresses: bool) -> Result<Object> {
    gopyre::exec(
        "
        class Manager:
            seen = None
            def __enter__(self):
                return 'inside'
            def __exit__(self, *args):
                self.seen = [None if arg is None else getattr(arg, '__name__', str(arg)) for arg in args[:2]]
                return suppresses
        Manager()
        ",
        json!({ "suppresses": suppresses }),
    )
}

#[test]
fn a_with_block_is_entered_and_left() -> Result<()> {
    let manager = manager(false)?;
    let inside = manager.enter(|value| value.extract::<String>())?;
    assert_eq!(inside.as_deref(), Some("inside"));
    assert_eq!(manager.attr("seen")?.repr()?, "[None, None]");
    Ok(())
}

#[test]
fn what_is_no_context_manager_is_told_so() -> Result<()> {
    let half = "class Half:\n    def __enter__(self): raise KeyError('entered')\nHalf()";
    let made = "class Made:\n    pass\nmade = Made()\nmade.__enter__ = made.__exit__ = print\nmade";
    for (code, class) in [("5", "int"), (half, "Half"), (made, "Made")] {
        let error = object(code)?.enter(|_| Ok(())).unwrap_err();
        let report = format!("{error:?}");
        let expected =
            format!("TypeError: '{class}' object does not support the context manager protocol");
        assert_eq!(report, expected);
    }
    Ok(())
}

#[test]
fn an_error_reaches_exit_and_goes_on() -> Result<()> {
    let manager = manager(false)?;
    let error = manager.enter(|_| object("1 / 0")).unwrap_err();
    assert_eq!(class_of(error), "ZeroDivisionError");
    assert_eq!(
        manager.attr("seen")?.repr()?,
        "['ZeroDivisionError', 'division by zero']"
    );
    let error = manager
        .enter(|_| Err::<(), _>(Error::Argument("mine".to_owned())))
        .unwrap_err();
    assert!(matches!(error, Error::Argument(text) if text == "mine"));
    assert_eq!(manager.attr("seen")?.repr()?, "['RustError', 'mine']");
    Ok(())
}

#[test]
fn exit_can_suppress_the_error() -> Result<()> {
    let nothing = manager(true)?.enter(|_| object("1 / 0"))?;
    assert!(nothing.is_none());
    Ok(())
}

#[test]
fn a_panic_reaches_exit_and_goes_on() -> Result<()> {
    let manager = manager(true)?;
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        manager.enter(|_| -> Result<()> { panic!("out of order") })
    }));
    assert_eq!(
        caught.unwrap_err().downcast_ref::<&str>(),
        Some(&"out of order")
    );
    assert_eq!(
        manager.attr("seen")?.repr()?,
        "['RustPanic', 'out of order']"
    );
    assert_eq!(gopyre::exec::<i64>("1", ())?, 1);
    Ok(())
}

#[test]
fn identity_is_kept_on_a_round_trip() -> Result<()> {
    for code in ["object()", "1", "1.5", "True", "None", "[]", "()", "{}"] {
        let value = object(code)?;
        let echo: Object = gopyre::exec("input", &value)?;
        assert!(value.is(&echo), "{code}");
        assert!(!value.is(&object("object()")?), "{code}");
    }
    Ok(())
}

#[test]
fn truth_comparison_and_class_are_pythons() -> Result<()> {
    assert!(!object("[]")?.is_true()? && object("[0]")?.is_true()?);
    assert!(object("1")?.equals(1.0)? && !object("1")?.equals("1")?);
    assert_eq!(object("'b'")?.compare("a")?, Some(Ordering::Greater));
    assert_eq!(object("{1}")?.compare(object("{2}")?)?, None);
    assert_eq!(object("1")?.compare(f64::NAN)?, None);
    assert_eq!(
        class_of(object("1")?.compare("a").unwrap_err()),
        "TypeError"
    );
    let class = object("dict")?;
    assert!(Object::new(json!({}))?.is_instance(&class)? && !Object::new(1)?.is_instance(&class)?);
    assert_eq!(
        class_of(class.is_instance(&Object::new(1)?).unwrap_err()),
        "TypeError"
    );
    assert!(class.is_callable() && !Object::new(1)?.is_callable());
    assert!(object("None")?.is_none() && !Object::new(0)?.is_none());
    assert_eq!(object("3.5")?.type_name()?, "float");
    assert_eq!(
        (object("'é'")?.str()?, object("'é'")?.repr()?),
        ("é".into(), "'é'".into())
    );
    Ok(())
}

#[test]
fn handles_sit_anywhere_in_inputs_and_results() -> Result<()> {
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Job {
        model: Object,
        score: f64,
        parts: Vec<Object>,
    }
    let made: Job = gopyre::exec("{'model': len, 'score': 0.5, 'parts': [int, object()]}", ())?;
    assert_eq!(made.model.call(("four",))?.extract::<i64>()?, 4);
    let same: bool = gopyre::exec(
        "input['model'] is len and input['parts'][0] is int and score == 0.5",
        &made,
    )?;
    assert!(same);
    assert_eq!(made.score, 0.5);
    Ok(())
}

#[test]
fn a_handle_is_refused_by_other_formats() -> Result<()> {
    let error = serde_json::to_string(&Object::new(1)?).unwrap_err();
    assert_eq!(error.to_string(), "a Python object can only go to Python");
    assert!(serde_json::from_str::<Object>("1").is_err());
    Ok(())
}

#[test]
fn handles_are_cloned_and_dropped_on_any_thread() -> Result<()> {
    let count =
        |of: &Object| -> Result<usize> { gopyre::exec("import sys; sys.getrefcount(input)", of) };
    let value = object("object()")?;
    let before = count(&value)?;
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let clones: Vec<Object> = (0..50).map(|_| value.clone()).collect();
                let nested = gopyre::attach(|| clones.clone());
                assert!(nested.is_ok_and(|all| all.iter().all(|clone| clone.is(&value))));
            });
        }
    });
    let clone = value.clone();
    drop(value);
    assert_eq!(clone.type_name()?, "object");
    assert_eq!(count(&clone)?, before);
    Ok(())
}

#[test]
fn an_object_lives_as_long_as_its_handle() -> Result<()> {
    // Made without a script: a free-threaded 3.13 keeps for ever what a script's namespace holds.
    let thing: Object = gopyre::call("builtins", "set", ())?;
    let reference: Object = gopyre::call("weakref", "ref", (&thing,))?;
    assert!(!reference.call(())?.is_none());
    std::thread::spawn(move || drop(thing)).join().unwrap();
    // Whoever attaches next lets go of it, which may be another test's thread at this moment.
    let gone = (0..200).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(10));
        // A free-threaded build counts another thread's references when this one runs bytecode.
        gopyre::run("pass").is_ok() && reference.call(()).is_ok_and(|thing| thing.is_none())
    });
    assert!(gone);
    Ok(())
}

#[test]
fn a_missing_name_comes_with_a_near_one_where_python_offers_it() -> Result<()> {
    let minor = gopyre::Runtime::start()?.version().minor;
    let report = |error: Error| format!("{error:?}");
    let attribute = report(Object::new(vec![1])?.call_method("apend", ()).unwrap_err());
    let variable = report(gopyre::exec::<i64>("prices = [1]\nsum(price)", ()).unwrap_err());
    let module = report(gopyre::exec::<i64>("math.sqrt(2)", ()).unwrap_err());
    let offered = [&attribute, &variable, &module].map(|text| text.contains("Did you"));
    assert_eq!(offered, [minor >= 10; 3]);
    if minor >= 10 {
        assert!(attribute.ends_with("has no attribute 'apend'. Did you mean: 'append'?"));
        assert!(variable.ends_with("name 'price' is not defined. Did you mean: 'prices'?"));
        assert!(module.ends_with("name 'math' is not defined. Did you forget to import 'math'?"));
    }
    Ok(())
}

#[test]
fn an_exception_that_raises_itself_when_it_is_read_is_an_error() -> Result<()> {
    let error = gopyre::exec::<()>(
        "
        class Endless(Exception):
            def __str__(self):
                raise Endless()
            @property
            def __notes__(self):
                raise Endless()
        raise Endless()
        ",
        (),
    )
    .unwrap_err();
    assert_eq!(error.to_string(), "Endless: <exception str() failed>");
    assert_eq!(gopyre::exec::<i64>("1", ())?, 1);
    Ok(())
}
