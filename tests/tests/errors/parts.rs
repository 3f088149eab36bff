//! Proves what an error says: one line, a whole traceback, its parts, and that none of it needs Python.

use super::{raised, version};
use gopyre::{Error, Exception, Object, Result, Script, attach, exec, py_module};
use gopyre_tests::Folder;
use serde_json::json;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

/// A line that only marks part of the one above, which every version of Python does in another way.
fn is_marks(line: &str) -> bool {
    let line = line.trim_start_matches([' ', '|']);
    !line.is_empty() && line.chars().all(|c| "^~ ".contains(c))
}

// ---- the class

#[test]
fn the_class_has_the_name_that_a_traceback_prints_and_its_bases() {
    let exception = raised("import json; json.loads('{')");
    for name in [
        "json.decoder.JSONDecodeError",
        "JSONDecodeError",
        "ValueError",
        "Exception",
        "BaseException",
        "object",
    ] {
        assert!(exception.is(name), "{name}");
    }
    for name in [
        "json.JSONDecodeError",
        "OSError",
        "Value",
        "",
        "decoder.JSONDecodeError",
    ] {
        assert!(!exception.is(name), "{name}");
    }
    let exception = raised("class Mine(KeyError, OSError): pass\nraise Mine('x')");
    assert_eq!(exception.type_name(), "Mine");
    assert!(exception.is("Mine") && exception.is("LookupError") && exception.is("OSError"));
    assert_eq!(
        raised("open('/gopyre/absent')").type_name(),
        "FileNotFoundError"
    );
}

#[test]
fn a_missing_module_is_an_import_error_without_frames_of_the_import_system() {
    let exception = raised("import gopyre_absent");
    assert_eq!(exception.type_name(), "ModuleNotFoundError");
    assert!(exception.is("ImportError"));
    assert_eq!(exception.message(), "No module named 'gopyre_absent'");
    assert_eq!(exception.frames().len(), 1);
    let report = "ModuleNotFoundError: No module named 'gopyre_absent'";
    for error in [
        gopyre::import("gopyre_absent").unwrap_err(),
        gopyre::import("gopyre_absent.inner").unwrap_err(),
        gopyre::call::<()>("gopyre_absent", "f", ()).unwrap_err(),
        absent().unwrap_err(),
    ] {
        assert_eq!(format!("{error:?}"), report);
    }
    // Frames that are somebody's own stay.
    let folder = Folder::new();
    folder.file("gopyre_half.py", "import gopyre_absent\n");
    let import = "import sys; sys.path.insert(0, input)\ntry:\n    import gopyre_half\nfinally:\n    del sys.path[0]";
    let error = exec::<()>(import, folder.path()).unwrap_err();
    let files: Vec<_> = error
        .exception()
        .unwrap()
        .frames()
        .iter()
        .map(|frame| &*frame.file)
        .collect();
    assert!(
        files.len() == 2 && files[1].ends_with("gopyre_half.py"),
        "{error:?}"
    );
    let error = exec::<()>(
        "import importlib; importlib.import_module('gopyre_absent')",
        (),
    )
    .unwrap_err();
    assert!(
        format!("{error:?}").contains(", in import_module\n"),
        "{error:?}"
    );
}

#[py_module(name = "gopyre_absent")]
extern "Python" {
    fn absent() -> Result<()>;
}

#[test]
fn a_class_that_lies_about_itself_is_an_error_all_the_same() {
    let exception = raised(
        "class Odd(Exception):\n    __module__ = None\n    def __str__(self): raise KeyError('no text')\nraise Odd",
    );
    assert!(exception.is("Odd"), "{exception:?}");
    assert_eq!(exception.message(), "<exception str() failed>");
    let exception = raised("class Odd(Exception):\n    def __str__(self): return 5\nraise Odd");
    assert_eq!(exception.message(), "<exception str() failed>");
    let exception = raised(
        "class Odd(Exception):\n    def __getattribute__(self, name): raise RuntimeError(name)\nraise Odd('kept')",
    );
    assert!(exception.is("Odd"), "{exception:?}");
    assert!(exception.cause().is_none() && exception.notes().is_empty());
    assert_eq!(exec::<i64>("1", ()).unwrap(), 1);
}

// ---- the chain

#[test]
fn cause_and_context_are_kept_apart() {
    let exception = raised("raise ValueError('nested') from ValueError('inner')");
    assert_eq!(
        (exception.message(), exception.cause().unwrap().message()),
        ("nested", "inner")
    );
    assert!(exception.context().is_none());

    let exception = raised("try:\n    1 / 0\nexcept Exception:\n    raise KeyError('k')");
    assert!(exception.cause().is_none());
    assert!(exception.context().unwrap().is("ZeroDivisionError"));
    assert_eq!(exception.context().unwrap().frames()[0].line, 2);

    let exception = raised("try:\n    1 / 0\nexcept Exception:\n    raise KeyError('k') from None");
    assert!(exception.cause().is_none() && exception.context().is_none());

    let exception = raised("list()[0]");
    assert!(exception.cause().is_none() && exception.context().is_none());
}

#[test]
fn source_is_the_cause_or_else_the_context() {
    let error = exec::<()>("raise Exception('banana') from Exception('apple')", ()).unwrap_err();
    let texts = |error: &dyn std::error::Error| {
        let mut texts = Vec::new();
        let mut next = error.source();
        while let Some(source) = next {
            texts.push(source.to_string());
            next = source.source();
        }
        texts
    };
    assert_eq!(texts(&error), ["Exception: apple"]);
    let code = "
        try:
            try:
                {}['a']
            except KeyError as e:
                raise ValueError('b') from e
        except ValueError:
            raise TypeError('c')
    ";
    let error = exec::<()>(code, ()).unwrap_err();
    assert_eq!(texts(&error), ["ValueError: b", "KeyError: 'a'"]);
    assert!(
        std::error::Error::source(&error)
            .unwrap()
            .downcast_ref::<Exception>()
            .unwrap()
            .is("ValueError")
    );
    assert!(std::error::Error::source(&exec::<()>("1 / 0", ()).unwrap_err()).is_none());
}

#[test]
fn a_chain_that_bites_its_tail_or_never_ends_is_cut() {
    let exception = raised(
        "a = ValueError('a')\nb = ValueError('b')\na.__cause__ = b\nb.__cause__ = a\nraise a",
    );
    assert_eq!(exception.cause().unwrap().message(), "b");
    assert!(exception.cause().unwrap().cause().is_none());
    let exception = raised(
        "
        error = None
        for n in range(5000):
            new = ValueError(n)
            new.__cause__ = error
            error = new
        raise error
        ",
    );
    assert_eq!(exception.message(), "4999");
    assert!(exception.traceback().len() < 100_000);
}

// ---- notes, groups, recursion

#[test]
fn notes_are_kept_and_shown() {
    if version() < (3, 11) {
        return;
    }
    let exception = raised("e = ValueError('v')\ne.add_note('x')\ne.add_note('y')\nraise e");
    assert_eq!(exception.notes(), ["x", "y"]);
    assert!(
        exception.traceback().ends_with("ValueError: v\nx\ny\n"),
        "{exception:?}"
    );
    assert_eq!(exception.to_string(), "ValueError: v");
}

#[test]
fn a_group_shows_its_members() {
    if version() < (3, 11) {
        return;
    }
    let exception = raised("raise ExceptionGroup('two of them', [ValueError('a'), KeyError('b')])");
    assert_eq!(
        exception.to_string(),
        "ExceptionGroup: two of them (2 sub-exceptions)"
    );
    let text = exception.traceback();
    assert!(
        text.contains("| ValueError: a\n") && text.contains("| KeyError: 'b'\n"),
        "{text}"
    );
    assert!(
        text.contains("+---------------- 2 ----------------"),
        "{text}"
    );
}

#[test]
fn endless_recursion_is_an_error_with_equal_frames_counted() {
    let exception = raised("def f(n):\n    return f(n + 1)\nf(0)");
    assert_eq!(exception.type_name(), "RecursionError");
    let text = exception.traceback();
    assert!(
        text.contains("  [Previous line repeated ") && text.contains(" more times]\n"),
        "{text}"
    );
    assert!(text.lines().count() < 20, "{text}");
    assert!(exception.frames().len() > 100);
    assert_eq!(exec::<i64>("1", ()).unwrap(), 1);
}

// ---- the live exception

#[test]
fn the_exception_itself_can_be_used() -> Result<()> {
    let exception = raised("class Mine(Exception):\n    code = 7\nraise Mine('first', 2)");
    let object = exception.object().unwrap();
    assert_eq!(
        exec::<(String, i64)>("input.args", object)?,
        ("first".to_owned(), 2)
    );
    assert_eq!(object.attr("code")?.extract::<i64>()?, 7);
    assert_eq!(exec::<i64>("input.__traceback__.tb_lineno", object)?, 3);
    // It can be raised again, and is the same one.
    let again = exec::<()>("raise input", object).unwrap_err();
    assert!(again.exception().unwrap().object().unwrap().is(object));
    Ok(())
}

// ---- errors without Python

#[test]
fn errors_can_be_sent_shared_and_kept() {
    fn check<T: Send + Sync + 'static>() {}
    check::<Error>();
    check::<Exception>();
}

#[test]
fn printing_an_error_waits_for_nobody() {
    let code = "
        import time
        class Slow(Exception):
            def __str__(self):
                time.sleep(0.01)  # lets other threads run
                return 'slow'
        def f(): raise Slow
        f()
    ";
    let errors: Vec<_> = (0..10).map(|_| exec::<()>(code, ()).unwrap_err()).collect();
    let one = std::sync::Arc::new(exec::<()>(code, ()).unwrap_err());
    let (send, printed) = channel();
    let printers = attach(move || {
        // Attached, and the interpreter is not let go of until all of them are done.
        let printers: Vec<_> = errors
            .into_iter()
            .map(|error| {
                let (send, one) = (send.clone(), one.clone());
                thread::spawn(move || {
                    let report = format!("{error:?}");
                    let lines = report.lines().filter(|line| !is_marks(line)).count();
                    assert!(one.exception().unwrap().frames().len() == 2);
                    send.send((error.to_string(), lines, format!("{one:?}")))
                        .unwrap();
                    drop(error);
                })
            })
            .collect();
        for _ in 0..10 {
            let (line, lines, shared) = printed.recv_timeout(Duration::from_secs(20)).unwrap();
            assert_eq!((&*line, lines), ("Slow: slow", 6));
            assert!(shared.ends_with("Slow: slow"), "{shared}");
        }
        // Those that are dropped without being attached are let go of later.
        for printer in &printers {
            while !printer.is_finished() {
                thread::sleep(Duration::from_millis(1));
            }
        }
        printers.len()
    });
    assert_eq!(printers.unwrap(), 10);
}

#[test]
fn a_thousand_errors_leave_nothing_behind() -> Result<()> {
    for n in 0..1000 {
        let code = match n % 4 {
            0 => "{}.missing",
            1 => "raise ValueError(input)",
            2 => "Absent()",
            _ => "int('no number')",
        };
        assert!(exec::<()>(code, n).unwrap_err().exception().is_some());
    }
    for _ in 0..10 {
        assert!(raised("import gopyre_missing").is("ImportError"));
    }
    assert_eq!(
        exec::<Option<String>>(
            "import sys; repr(sys.exc_info()[1]) if sys.exc_info()[1] else None",
            ()
        )?,
        None
    );
    assert_eq!(exec::<i64>("sum(input)", json!([1, 2]))?, 3);
    Ok(())
}

#[test]
fn an_error_in_a_destructor_stays_where_it_is() -> Result<()> {
    let script = Script::new(
        "class C:\n    def __del__(self): raise ValueError('in a destructor')\nC()\nNone",
    )?;
    let run = script.input(()).capture::<Option<i64>>();
    assert_eq!(run.value?, None);
    assert!(
        run.stderr.contains("ValueError: in a destructor"),
        "{}",
        run.stderr
    );
    // Let go of by a thread that is not attached, and so later.
    let object: Object = exec(
        "class C:\n    def __del__(self): raise ValueError('later')\nC()",
        (),
    )?;
    let quiet = Script::new("1")?;
    thread::spawn(move || drop(object)).join().unwrap();
    assert_eq!(quiet.input(()).capture::<i64>().value?, 1);
    Ok(())
}
