//! Modules of Rust functions and values, and what Python shows to Rust in return.

#![allow(clippy::unwrap_used)]

use gopyre::{Error, Interpreter, Module, Result, exec, exported, run};
use gopyre_tests::in_child;
use serde::Serialize;
use serde_json::json;

fn type_and_message(code: &str) -> (String, String) {
    let error = run(code).unwrap_err();
    let exception = error.exception().unwrap();
    (
        exception.type_name().to_owned(),
        exception.message().to_owned(),
    )
}

#[derive(Serialize)]
struct Limits {
    low: i64,
    high: Option<f64>,
    tags: [&'static str; 2],
}

#[test]
fn a_module_has_functions_values_and_docs() -> Result<()> {
    let module = Module::new("registered_all")
        .doc("All there is.")
        .function("double", |n: i64| n * 2)
        .function("join", |parts: Vec<String>| parts.join("-"))
        .value("ANSWER", 42)
        .value(
            "LIMITS",
            Limits {
                low: -1,
                high: None,
                tags: ["a", "b"],
            },
        )
        .register()?;
    assert_eq!(
        module.attr("__doc__")?.extract::<String>()?,
        "All there is."
    );
    let seen: (i64, String, i64, serde_json::Value, String, String) = exec(
        "
        import registered_all as m
        from registered_all import double
        (m.double(21), m.join(['x', 'y']), m.ANSWER, m.LIMITS, double.__module__, repr(m))
        ",
        (),
    )?;
    assert_eq!((seen.0, seen.1.as_str(), seen.2), (42, "x-y", 42));
    assert_eq!(
        seen.3,
        json!({ "low": -1, "high": null, "tags": ["a", "b"] })
    );
    assert_eq!(seen.4, "registered_all");
    assert_eq!(seen.5, "<module 'registered_all' (Rust)>");
    Ok(())
}

#[test]
fn a_dotted_name_is_a_module_inside_another() -> Result<()> {
    Module::new("registered_outer.middle.inner")
        .value("DEPTH", 3)
        .register()?;
    Module::new("registered_outer.beside")
        .value("DEPTH", 2)
        .register()?;
    let depths: (i64, i64, i64) = exec(
        "
        import registered_outer.middle.inner, registered_outer.beside
        from registered_outer.middle import inner
        (registered_outer.middle.inner.DEPTH, registered_outer.beside.DEPTH, inner.DEPTH)
        ",
        (),
    )?;
    assert_eq!(depths, (3, 2, 3));
    let (class, _) = type_and_message("import registered_outer.nothing");
    assert_eq!(class, "ModuleNotFoundError");
    Ok(())
}

#[test]
fn a_module_is_imported_again_after_it_was_forgotten() -> Result<()> {
    Module::new("registered_again")
        .function("f", || 7)
        .register()?;
    let same: (bool, i64) = exec(
        "
        import sys, registered_again as first
        del sys.modules['registered_again']
        import registered_again as second
        (first is second, second.f())
        ",
        (),
    )?;
    assert_eq!(same, (false, 7));
    Ok(())
}

#[test]
fn every_interpreter_has_a_module_of_its_own() -> Result<()> {
    Module::new("registered_everywhere")
        .function("double", |n: i64| n * 2)
        .value("NAMES", vec!["a", "b"])
        .register()?;
    run("import registered_everywhere; registered_everywhere.tag = 'main'")?;
    let other = Interpreter::new()?;
    let seen: (i64, Vec<String>, bool) = other.enter(|| {
        exec(
            "import registered_everywhere as m\n(m.double(4), m.NAMES, hasattr(m, 'tag'))",
            (),
        )
    })??;
    assert_eq!(seen, (8, vec!["a".to_owned(), "b".to_owned()], false));
    // What is registered there is there for all.
    other.enter(|| {
        Module::new("registered_from_there")
            .value("X", 1)
            .register()
            .map(drop)
    })??;
    assert_eq!(
        exec::<i64>("import registered_from_there as m; m.X", ())?,
        1
    );
    Ok(())
}

#[test]
fn a_module_may_come_after_those_inside_it() -> Result<()> {
    let inner = Module::new("registered_late.inner");
    inner.function("f", || 1).register()?;
    run("import registered_late.inner as early")?;
    let late = Module::new("registered_late").doc("Late.");
    let late = late.function("f", || 2).register()?;
    assert_eq!(late.attr("__doc__")?.extract::<String>()?, "Late.");
    let (late, inner, same): (i64, i64, bool) = exec(
        "
        import __main__, registered_late
        registered_late.f(), registered_late.inner.f(), registered_late.inner is __main__.early
        ",
        (),
    )?;
    assert_eq!((late, inner, same), (2, 1, true));
    // One that has Rust modules in it and is Python's stays as it is.
    run(
        "import sys, types; sys.modules['registered_theirs'] = types.ModuleType('registered_theirs')",
    )?;
    run("sys.modules['registered_theirs'].__path__ = []")?;
    Module::new("registered_theirs.inner").register()?;
    let error = Module::new("registered_theirs").register().unwrap_err();
    assert_eq!(
        error.to_string(),
        "a module `registered_theirs` is imported already"
    );
    Ok(())
}

#[test]
fn a_name_that_is_taken_is_refused() -> Result<()> {
    let refused = |name: &str| match Module::new(name).register() {
        Err(Error::Argument(text)) => text,
        other => panic!("{name}: {other:?}"),
    };
    Module::new("registered_once").register()?;
    assert_eq!(
        refused("registered_once"),
        "a module `registered_once` is registered already"
    );
    assert_eq!(refused("gopyre"), "a module `gopyre` is registered already");
    assert_eq!(refused("sys"), "a module `sys` is imported already");
    // Installed, and not imported by anybody here.
    let text = refused("this");
    assert!(
        text.contains("`this` is a Rust module of this program, and one that is installed"),
        "{text}"
    );
    run("import sys; assert 'this' not in sys.modules")?;
    for name in ["", "a b", "a..b", "1a", "a-b"] {
        let text = refused(name);
        assert!(
            text.starts_with("expected a dotted name of a module, found "),
            "{text}"
        );
    }
    Ok(())
}

#[test]
fn mistakes_of_the_builder_are_told_by_register() {
    let twice = Module::new("registered_twice")
        .function("f", || 1)
        .value("f", 2);
    let Err(Error::Argument(text)) = twice.register() else {
        panic!()
    };
    assert_eq!(text, "`f` is in the module `registered_twice` already");
    struct Broken;
    impl Serialize for Broken {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("broken"))
        }
    }
    let broken = Module::new("registered_broken").value("x", Broken);
    assert!(matches!(broken.register(), Err(Error::Convert(_))));
    // Neither is there.
    let (class, _) = type_and_message("import registered_twice");
    assert_eq!(class, "ModuleNotFoundError");
}

#[test]
fn the_module_gopyre_has_its_classes() -> Result<()> {
    let seen: (Vec<String>, bool, bool, bool, String) = exec(
        "
        import gopyre
        (
            sorted(gopyre.__all__),
            issubclass(gopyre.RustError, RuntimeError) and issubclass(gopyre.RustPanic, RuntimeError),
            issubclass(gopyre.Interrupted, Exception),
            all(hasattr(gopyre, name) for name in gopyre.__all__),
            gopyre.RustError.__module__,
        )
        ",
        (),
    )?;
    assert_eq!(seen.0, ["Interrupted", "RustError", "RustPanic", "export"]);
    assert!(seen.1 && !seen.2 && seen.3);
    assert_eq!(seen.4, "gopyre");
    assert!(!exec::<String>("import gopyre; gopyre.__doc__", ())?.is_empty());
    Ok(())
}

#[test]
fn what_python_exports_is_found_by_its_name() -> Result<()> {
    run(r#"
import gopyre

@gopyre.export
def exported_greet(name):
    return "hello " + name

@gopyre.export(name="exported_times")
def multiply(a, b):
    return a * b

@gopyre.export
class ExportedCounter:
    def __init__(self, value=0):
        self.value = value

    def incr(self, n=1):
        self.value += n
        return self.value
"#)?;
    assert_eq!(
        exported("exported_greet")?
            .call(("Ada",))?
            .extract::<String>()?,
        "hello Ada"
    );
    assert_eq!(
        exported("exported_times")?.call((6, 7))?.extract::<i64>()?,
        42
    );
    let class = exported("ExportedCounter")?;
    let (one, two) = (class.call((20,))?, class.call(())?);
    assert_eq!(one.call_method("incr", (10,))?.extract::<i64>()?, 30);
    assert_eq!(two.call_method("incr", ())?.extract::<i64>()?, 1);
    assert_eq!(one.attr("value")?.extract::<i64>()?, 30);
    let Err(Error::Argument(text)) = exported("exported_nothing") else {
        panic!()
    };
    assert!(
        text.starts_with("nothing is exported as `exported_nothing`, only `"),
        "{text}"
    );
    assert!(
        text.contains("`ExportedCounter`") && text.contains("`exported_times`"),
        "{text}"
    );
    // An interpreter has what was exported in it.
    let other = Interpreter::new()?;
    assert!(other.enter(|| exported("exported_greet").is_err())?);
    Ok(())
}

#[test]
fn a_wrong_export_is_an_error_that_says_what_is_wrong() -> Result<()> {
    run("import gopyre\ndef exported_once(): pass\ngopyre.export(exported_once)")?;
    for (code, class, message) in [
        (
            "gopyre.export(exported_once)",
            "ValueError",
            "`exported_once` is exported already",
        ),
        (
            "gopyre.export(5)",
            "TypeError",
            "expected a function or a class, found int 5",
        ),
        (
            "gopyre.export(name=5)(len)",
            "TypeError",
            "expected a str, found int 5",
        ),
        (
            "import functools\ngopyre.export(functools.partial(print))",
            "TypeError",
            "functools.partial(<built-in function print>) has no name; help: write `@gopyre.export(name=...)`",
        ),
    ] {
        let found = type_and_message(&format!("import gopyre\n{code}"));
        assert_eq!((found.0.as_str(), found.1.as_str()), (class, message));
    }
    Ok(())
}

#[test]
fn what_is_exported_to_one_module_is_found_by_its_program_alone() -> Result<()> {
    Module::new("registered_target").register()?;
    run("
import gopyre
gopyre.export(lambda: 'ours', name='exported_to', to='registered_target')
gopyre.export(lambda: 'theirs', name='exported_to', to='somebody_else')
gopyre.export(lambda: 'all', name='exported_to')
gopyre.export(lambda: 'hidden', name='exported_to_others', to='somebody_else')
")?;
    assert_eq!(
        exported("exported_to")?.call(())?.extract::<String>()?,
        "ours"
    );
    assert!(matches!(
        exported("exported_to_others"),
        Err(Error::Argument(_))
    ));
    Ok(())
}

#[test]
fn the_module_that_another_copy_has_made_is_shared() {
    in_child(|| {
        // What another extension module in the process has left.
        run(r#"
import sys, types
other = types.ModuleType("gopyre")
other.__rust__ = "2"
class RustError(RuntimeError): pass
class RustPanic(RuntimeError): pass
class _Kept(tuple): pass
other.RustError, other.RustPanic, other._Kept = RustError, RustPanic, _Kept
other._find = lambda name, modules: [len]
sys.modules["gopyre"] = other
"#)
        .unwrap();
        let f = gopyre::function("f", || -> Result<(), String> { Err("no".to_owned()) }).unwrap();
        let shared: bool = exec(
            "import sys\ntry: input()\nexcept sys.modules['gopyre'].RustError: ok = True\nok",
            &f,
        )
        .unwrap();
        assert!(shared);
        assert_eq!(
            exported("anything")
                .unwrap()
                .call(([1, 2],))
                .unwrap()
                .extract::<i64>()
                .unwrap(),
            2
        );
    })
    .succeeds();
}

#[test]
fn a_module_of_that_name_that_is_somebody_elses_is_left_alone() {
    in_child(|| {
        run("import sys, types; sys.modules['gopyre'] = types.ModuleType('gopyre')").unwrap();
        let f = gopyre::function("f", || -> Result<(), String> { Err("no".to_owned()) }).unwrap();
        let seen: (String, bool) = exec(
            "
            import gopyre
            try: input()
            except RuntimeError as e: seen = type(e).__name__, hasattr(gopyre, 'RustError')
            seen
            ",
            &f,
        )
        .unwrap();
        assert_eq!(seen, ("RustError".to_owned(), false));
    })
    .succeeds();
}
