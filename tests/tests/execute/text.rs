//! Proves what of a script is its text: indentation, syntax errors with their places, how often it compiles, its name.

use super::{exception_of, syntax_error_of};
use gopyre::{Error, Object, Result, Script, Value, exec, run};
use gopyre_tests::{Folder, in_child};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

// ---- the text

#[test]
fn the_first_lines_indentation_is_removed_from_every_line_that_has_it() -> Result<()> {
    let value: i64 = exec(
        "
        total = 0
        for n in range(4):
            if n % 2:
                total += n
        total
        ",
        (),
    )?;
    assert_eq!(value, 4);
    assert_eq!(exec::<i64>("\tx = 1\n\tif x:\n\t\tx = 2\n\tx", ())?, 2);
    assert_eq!(exec::<i64>("    1", ())?, 1);
    assert_eq!(exec::<i64>("\n\n    # a comment first\n    2\n", ())?, 2);
    Ok(())
}

#[test]
fn a_line_with_less_indentation_stays_as_it_is() -> Result<()> {
    let text: String = exec("\n    text = '''one\n  two\n    three'''\n    text\n", ())?;
    assert_eq!(text, "one\n  two\nthree");
    let error = syntax_error_of(exec::<()>("\n    x = 1\n  y = 2\n", ()));
    assert_eq!(error.line, 3);
    Ok(())
}

#[test]
fn nothing_is_an_error_and_comments_alone_are_none() -> Result<()> {
    for code in ["", " ", "\n", " \n\t\n"] {
        let error = syntax_error_of(exec::<Value>(code, ()));
        assert!(error.message.contains("empty"), "{error}");
        assert!(matches!(Script::new(code), Err(Error::Syntax(_))));
    }
    for code in ["# a comment", "\n    # a comment\n", "# one\n# two\n\n"] {
        assert_eq!(exec::<Value>(code, ())?, Value::Null, "{code:?}");
    }
    Ok(())
}

#[test]
fn a_nul_byte_is_a_syntax_error_at_its_place() -> Result<()> {
    let error = syntax_error_of(exec::<()>("x = 1\ny = 'a\0b'", ()));
    assert_eq!((error.line, error.column), (2, 7));
    assert!(error.message.contains("null bytes"), "{error}");
    syntax_error_of(exec::<()>("# a comment\0", ()));
    syntax_error_of(run("\0"));
    // As an escape sequence it is no part of the text.
    assert_eq!(exec::<String>(r"'a\0b'", ())?, "a\0b");
    Ok(())
}

#[test]
fn a_syntax_error_has_line_and_column_and_runs_nothing() -> Result<()> {
    let error = syntax_error_of(exec::<()>(
        "import builtins\nbuiltins.gopyre_syntax = 1\n  x = = 1",
        (),
    ));
    assert_eq!(error.line, 3);
    let error = syntax_error_of(exec::<()>("x = = 1", ()));
    assert_eq!((error.line, error.column), (1, 5));
    assert!(error.message.contains("invalid syntax"), "{error}");
    assert!(
        error.file.starts_with("<script ") && error.file.contains("execute/text.rs"),
        "{error}"
    );
    for code in [
        "return 1",
        "await x",
        "yield 1",
        "break",
        "1 +",
        "def",
        "x = (",
        "'open",
        "nonlocal x",
    ] {
        syntax_error_of(exec::<()>(code, ()));
    }
    assert!(!exec::<bool>(
        "import builtins; hasattr(builtins, 'gopyre_syntax')",
        ()
    )?);
    Ok(())
}

#[test]
fn a_syntax_error_stands_at_its_character() -> Result<()> {
    let folder = Folder::new();
    for (text, places) in [
        ("é = 'ü' ; x = = 1", "= 1"),
        ("x = ('é', return)", "return"),
        ("'é'; return 1", "return"),
        ("'日本'; nonlocal x", "nonlocal"),
        ("é = '🌟'; f() = 1", "f()"),
        ("'é'; 1 = (2,\n 3)", "1 ="),
        ("'é'; x = “q”", "“"),
        ("def f():\n    'éé'; global q; nonlocal q", "global"),
        ("    def f():\n        'éé'; nonlocal q", "nonlocal"),
        ("'é' ; del f()", "f()"),
        ("'é'; await y", "await"),
        ("'éé'; x: int = yield", "yield"),
        ("'é'; *a", "*a"),
        // Of what is in an f-string, the versions name the one or the other; up to 3.11 they parse it by itself.
        ("'éé'; f'{a b}'", "a b|b}"),
        ("'éé'\nx = f'ü{a} {c d}'", "c d|d}"),
        ("x = f'''é\n{a}\n é {c d}'''", "c d|d}"),
    ] {
        let at = |place: &str| {
            let mut lines = (1..).zip(text.lines());
            let (line, before) =
                lines.find_map(|(n, line)| Some((n, line.split_once(place)?.0)))?;
            Some((line, before.chars().count() as u32 + 1))
        };
        let expected: Vec<(u32, u32)> = places.split('|').map(|place| at(place).unwrap()).collect();
        let path = folder.file("script.py", text);
        for error in [
            syntax_error_of(exec::<()>(text, ())),
            syntax_error_of(run(text)),
            syntax_error_of(Script::from_file(path).map(drop)),
        ] {
            assert!(
                expected.contains(&(error.line, error.column)),
                "{text}\n{error:?}"
            );
            let report = format!("{:?}", Error::Syntax(vec![error]));
            let mut lines = report.lines().rev();
            let (caret, shown) = (lines.next().unwrap(), lines.next().unwrap());
            let marked: String = shown.chars().skip(caret.find('^').unwrap()).collect();
            assert!(
                places.split('|').any(|place| marked.starts_with(place)),
                "{report}"
            );
        }
    }
    Ok(())
}

#[test]
fn text_that_is_too_much_for_the_parser_is_an_error_and_no_crash() -> Result<()> {
    let nested = format!("{}1{}", "(".repeat(5000), ")".repeat(5000));
    assert!(exec::<()>(&nested, ()).is_err());
    let long = "x = 1\n".repeat(20_000) + "x";
    assert_eq!(exec::<i64>(&long, ())?, 1);
    Ok(())
}

// ---- scripts that are kept

#[test]
fn the_same_text_compiles_once() {
    in_child(|| {
        run("import sys\ncompiled = []\nsys.addaudithook(lambda event, _: compiled.append(1) if event == 'compile' else None)")
            .unwrap();
        // The script that reads the number is one of those that are counted, once.
        let count = || exec::<usize>("import __main__; len(__main__.compiled)", ()).unwrap();
        count();
        let before = count();
        let runs = |code: &str| exec::<i64>(code, json!({"x": 1})).unwrap();
        assert_eq!(runs("first = x; first + 1"), 2);
        let after = count();
        assert!(after > before, "the audit hook sees nothing");
        for _ in 0..10 {
            assert_eq!(runs("first = x; first + 1"), 2);
        }
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| assert_eq!(runs("first = x; first + 1"), 2));
            }
        });
        assert_eq!(count(), after);
        assert_eq!(runs("first = x; first + 2"), 3);
        assert!(count() > after);

        let script = Script::new("x * 2").unwrap();
        let after = count();
        for x in 0..10 {
            assert_eq!(script.exec::<i64>(json!({ "x": x })).unwrap(), x * 2);
        }
        assert_eq!(count(), after);
    })
    .succeeds();
}

#[test]
fn more_texts_than_are_kept_do_no_harm() -> Result<()> {
    for round in 0..2 {
        for n in 0..700_i64 {
            assert_eq!(exec::<i64>(&format!("{n} + input"), round)?, n + round);
        }
    }
    Ok(())
}

#[test]
fn another_text_in_the_same_memory_is_another_script() -> Result<()> {
    let mut text = String::with_capacity(16);
    for round in 0..3 {
        for n in 10..99_i64 {
            text.clear();
            text.push_str(&format!("{n} + input"));
            assert_eq!(exec::<i64>(&text, round)?, n + round);
        }
    }
    Ok(())
}

#[test]
fn a_text_may_run_itself_again_and_others_meanwhile() -> Result<()> {
    fn sum(n: i64) -> Result<i64> {
        let below = gopyre::function("below", |n: i64| -> Result<i64> {
            for other in 0..100 {
                exec::<i64>(&format!("{n} + {other}"), ())?;
            }
            sum(n)
        })?;
        exec(
            "n + below(n - 1) if n else 0",
            BTreeMap::from([("n", Object::new(n)?), ("below", below)]),
        )
    }
    assert_eq!(sum(4)?, 10);
    Ok(())
}

#[test]
fn texts_run_while_a_thread_ends() {
    in_child(|| {
        struct AtEnd;
        impl Drop for AtEnd {
            fn drop(&mut self) {
                // Too late for Python, where the thread has had its last attachment.
                let ran = exec::<i64>("20 + 1", ());
                assert!(matches!(ran, Ok(21) | Err(Error::Finalized)), "{ran:?}");
                LATE.fetch_add(1, Ordering::Relaxed);
            }
        }
        static LATE: AtomicUsize = AtomicUsize::new(0);
        thread_local!(static BEFORE: AtEnd = const { AtEnd });
        thread_local!(static AFTER: AtEnd = const { AtEnd });
        for n in 0..3 {
            let ends = thread::spawn(move || {
                BEFORE.with(|_| ());
                // Those that were found before are gone from the rest, and go with this thread.
                for k in 0..600 {
                    exec::<i64>(&format!("{n} * {k}"), ()).unwrap();
                }
                assert_eq!(exec::<i64>("20 + 1", ()).unwrap(), 21);
                AFTER.with(|_| ());
            });
            ends.join().unwrap();
            assert_eq!(exec::<i64>("20 + 1", ()).unwrap(), 21);
        }
        assert_eq!(LATE.load(Ordering::Relaxed), 6);
    })
    .succeeds();
}

#[test]
fn a_script_runs_any_number_of_times_from_any_thread() -> Result<()> {
    let script = Script::new("seen = globals().get('seen', 0) + 1\nx + y, seen")?;
    thread::scope(|scope| {
        let threads: Vec<_> = (0..20_i64)
            .map(|w| {
                let script = &script;
                scope.spawn(move || {
                    (0..5)
                        .map(|i| script.exec(json!({"x": w * 5 + i, "y": 2 * (w * 5 + i)})))
                        .collect::<Result<Vec<(i64, i64)>>>()
                })
            })
            .collect();
        for (w, thread) in (0..).zip(threads) {
            let expected: Vec<_> = (0..5).map(|i| (3 * (w * 5 + i), 1)).collect();
            assert_eq!(thread.join().unwrap()?, expected);
        }
        Ok(())
    })
}

#[test]
fn a_script_calls_rust_threads_that_run_the_same_script() -> Result<()> {
    let script = Script::new("input if input < 1 else input * 2")?;
    let outer = gopyre::attach(|| {
        let inner = gopyre::detach(|| {
            thread::scope(|scope| scope.spawn(|| script.exec::<i64>(4)).join().unwrap())
        });
        inner.and_then(|value| script.exec::<i64>(value))
    })??;
    assert_eq!(outer, 16);
    Ok(())
}

#[test]
fn a_script_is_named_after_the_line_that_made_it() -> Result<()> {
    let (line, exception) = (line!(), exception_of(exec::<()>("\nraise ValueError", ())));
    let frame = &exception.frames()[0];
    assert_eq!(frame.file, format!("<script {}:{line}>", file!()));
    assert_eq!((frame.line, &*frame.function), (2, "<module>"));
    assert_eq!(frame.source.as_deref(), Some("raise ValueError"));

    let (line, script) = (line!(), Script::new("raise KeyError")?);
    let exception = exception_of(script.exec::<()>(()));
    assert_eq!(
        exception.frames()[0].file,
        format!("<script {}:{line}>", file!())
    );

    let (line, exception) = (line!(), exception_of(run("raise KeyError")));
    assert_eq!(
        exception.frames()[0].file,
        format!("<script {}:{line}>", file!())
    );
    Ok(())
}

#[test]
fn the_same_text_at_two_places_is_named_after_each() {
    let code = "raise ValueError('here')";
    let (first, one) = (line!(), exception_of(exec::<()>(code, ())));
    let (second, two) = (line!(), exception_of(exec::<()>(code, ())));
    assert!(
        one.frames()[0].file.ends_with(&format!(":{first}>")),
        "{one:?}"
    );
    assert!(
        two.frames()[0].file.ends_with(&format!(":{second}>")),
        "{two:?}"
    );
}

#[test]
fn whether_it_is_an_expression_is_up_to_the_parser() -> gopyre::Result<()> {
    let tuple: (i64, i64) = gopyre::exec("*[1], 2", ())?;
    assert_eq!(tuple, (1, 2));
    assert_eq!(gopyre::exec::<Option<i64>>("x = 1", ())?, None);
    assert_eq!(gopyre::exec::<i64>("[1]; x = [2]; len(x)", ())?, 1);
    assert_eq!(gopyre::exec::<Vec<i64>>("[1]\nx = 3\n[x]", ())?, [3]);
    assert_eq!(gopyre::exec::<i64>("(1 +\n 2)", ())?, 3);
    assert_eq!(gopyre::exec::<i64>("\n\n  7  # seven", ())?, 7);
    // The text is UTF-8, whatever a comment says.
    assert_eq!(gopyre::exec::<String>("'ä'  # coding: latin-1", ())?, "ä");
    assert_eq!(
        gopyre::exec::<String>("# coding: latin-1\nx = 'ä'\nx", ())?,
        "ä"
    );
    Ok(())
}
