//! Proves how files run as scripts, and `run` in `__main__`.

#![allow(clippy::unwrap_used, clippy::panic)]

use gopyre::{Error, Result, Script, Value, exec, run, run_file};
use gopyre_tests::{Folder, in_child};
use serde_json::json;

#[track_caller]
fn exception_of<T>(result: Result<T>) -> Box<gopyre::Exception> {
    match result {
        Err(Error::Python(exception)) => exception,
        Err(other) => panic!("expected an exception, found {other:?}"),
        Ok(_) => panic!("expected an exception, found a value"),
    }
}

#[track_caller]
fn syntax_error_of<T>(result: Result<T>) -> gopyre::SyntaxError {
    match result {
        Err(Error::Syntax(mut errors)) if errors.len() == 1 => errors.remove(0),
        Err(other) => panic!("expected a syntax error, found {other:?}"),
        Ok(_) => panic!("expected a syntax error, found a value"),
    }
}

#[test]
fn a_script_from_a_file_is_named_after_it() -> Result<()> {
    let folder = Folder::new();
    let path = folder.file(
        "rule.py",
        "def double(x):\n    return x * 2\n\ndouble(input) if input else 1 / 0\n",
    );
    let script = Script::from_file(&path)?;
    assert_eq!(script.exec::<i64>(21)?, 42);
    let exception = exception_of(script.exec::<i64>(0));
    let frame = &exception.frames()[0];
    assert_eq!((&*frame.file, frame.line), (path.to_str().unwrap(), 4));
    assert_eq!(
        frame.source.as_deref(),
        Some("double(input) if input else 1 / 0")
    );
    Ok(())
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_with_its_path() -> Result<()> {
    let folder = Folder::new();
    let absent = folder.path().join("absent.py");
    let latin = folder.path().join("latin.py");
    std::fs::write(&latin, b"'\xe4'").unwrap();
    for path in [&absent, &latin, &folder.path().to_owned()] {
        for error in [
            Script::from_file(path).unwrap_err(),
            run_file(path).unwrap_err(),
        ] {
            assert!(
                matches!(&error, Error::Io { path: named, .. } if named == path),
                "{error:?}"
            );
            assert!(
                error.to_string().contains(path.to_str().unwrap()),
                "{error}"
            );
        }
    }
    let error =
        syntax_error_of(Script::from_file(folder.file("broken.py", "x = 1\ny = )\n")).map(drop));
    assert_eq!((error.line, error.column), (2, 5));
    assert!(error.file.ends_with("broken.py"), "{error}");
    let marked = folder.file("marked.py", "\u{feff}# -*- coding: utf-8 -*-\n'ä'\n");
    assert_eq!(Script::from_file(marked)?.exec::<String>(())?, "ä");
    Ok(())
}

#[test]
fn run_keeps_names_in_main_for_later_calls() -> Result<()> {
    run("run_foo = 5")?;
    run("assert run_foo == 5")?;
    run("
        import math
        def run_calculate():
            return {'sqrt': math.sqrt(16), 'foo': run_foo}
    ")?;
    assert_eq!(exec::<i64>("import __main__; __main__.run_foo", ())?, 5);
    assert_eq!(
        exec::<Value>("import __main__; __main__.run_calculate()", ())?,
        json!({"sqrt": 4.0, "foo": 5})
    );
    run("assert __name__ == '__main__'")?;
    // A fresh namespace is not that of `run`.
    assert!(exception_of(exec::<i64>("run_foo", ())).is("NameError"));
    assert!(exception_of(run("run_bar = 1\nraise ValueError")).is("ValueError"));
    run("assert run_bar == 1")
}

#[test]
fn run_file_runs_in_main_and_tells_the_file_its_name() {
    // `__file__` is one for the whole process.
    in_child(|| {
        let folder = Folder::new();
        let path = folder.file(
            "setup.py",
            "here = __file__\ndef fail():\n    raise ValueError('from the file')\n",
        );
        run_file(&path).unwrap();
        assert_eq!(
            exec::<String>("import __main__; __main__.here", ()).unwrap(),
            path.to_str().unwrap()
        );
        let exception = exception_of(run("fail()"));
        let frame = exception.frames().last().unwrap();
        assert_eq!(
            (&*frame.file, frame.line, &*frame.function),
            (path.to_str().unwrap(), 3, "fail")
        );
        assert_eq!(
            frame.source.as_deref(),
            Some("raise ValueError('from the file')")
        );
    })
    .succeeds();
}

#[test]
fn a_compiled_file_of_another_kind_is_no_script() {
    let folder = Folder::new();
    let path = folder.path().join("module.pyc");
    std::fs::write(&path, [0xa7, 0x0d, 0x0d, 0x0a, 0, 0, 0, 0]).unwrap();
    assert!(matches!(Script::from_file(&path), Err(Error::Io { .. })));
}
