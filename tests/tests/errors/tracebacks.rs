//! Proves that an error shows what Python shows, in one line and in full.

use super::{raised, version};
use gopyre::{Result, Script, exec, py_script};
use gopyre_tests::Folder;

/// The line of this file in which a text stands first.
fn line_of(text: &str) -> u32 {
    let mut lines = include_str!("tracebacks.rs").lines();
    lines.position(|line| line.contains(text)).unwrap() as u32 + 1
}

#[py_script(
    r#"
    import json

    def parse(text):
        values = json.loads(text)
        return values["total"] / len(values)  # the failing line

    parse(text)
"#
)]
fn total(text: &str) -> Result<f64>;

#[test]
fn display_is_one_line() {
    assert_eq!(
        raised("raise ValueError('some exception message')").to_string(),
        "ValueError: some exception message"
    );
    assert_eq!(
        exec::<()>("raise ValueError('two\\nlines')", ())
            .unwrap_err()
            .to_string(),
        "ValueError: two"
    );
    assert_eq!(raised("raise ValueError").to_string(), "ValueError");
    assert_eq!(raised("raise ValueError('')").to_string(), "ValueError");
    assert_eq!(
        raised("1 / 0").to_string(),
        "ZeroDivisionError: division by zero"
    );
    assert_eq!(
        raised("list()[0]").to_string(),
        "IndexError: list index out of range"
    );
    assert_eq!(raised("range(3)[3]").type_name(), "IndexError");
    assert_eq!(raised("{}['a key']").to_string(), "KeyError: 'a key'");
    for code in [
        "1 +",
        "raise ValueError",
        "import gopyre_absent",
        "int('a\\nb')",
    ] {
        let error = exec::<i64>(code, ()).unwrap_err();
        assert!(!error.to_string().contains('\n'), "{error}");
    }
}

#[test]
fn debug_is_pythons_traceback_with_the_rust_files_lines() {
    assert_eq!(total(r#"{"total": 3, "count": 1}"#).unwrap(), 1.5);
    let error = total(r#"{"count": 1}"#).unwrap_err();
    let lines: Vec<_> = format!("{error:?}")
        .lines()
        .filter(|line| !is_marks(line))
        .map(str::to_owned)
        .collect();
    let (file, failing, call) = (
        file!(),
        line_of("# the failing line"),
        line_of("    parse(text)"),
    );
    assert_eq!(
        lines,
        [
            "Traceback (most recent call last):".to_owned(),
            format!("  File \"{file}\", line {call}, in <module>"),
            "    parse(text)".to_owned(),
            format!("  File \"{file}\", line {failing}, in parse"),
            "    return values[\"total\"] / len(values)  # the failing line".to_owned(),
            "KeyError: 'total'".to_owned(),
        ]
    );
}

#[test]
fn frames_have_file_line_function_and_source() {
    let error = total("{").unwrap_err();
    let exception = error.exception().unwrap();
    let frames = exception.frames();
    let functions: Vec<_> = frames.iter().map(|frame| &*frame.function).collect();
    assert_eq!(
        functions,
        ["<module>", "parse", "loads", "decode", "raw_decode"]
    );
    assert_eq!(
        (&*frames[1].file, frames[1].line),
        (file!(), line_of("json.loads(text)"))
    );
    assert_eq!(
        frames[1].source.as_deref(),
        Some("values = json.loads(text)")
    );
    // A module of the standard library is a file on the disk, with its own lines.
    assert!(
        frames[2].file.ends_with("__init__.py"),
        "{}",
        frames[2].file
    );
    assert!(
        frames[2].line > 0 && frames[2].source.as_deref().unwrap().contains("decode"),
        "{:?}",
        frames[2]
    );
    assert_eq!(exception.type_name(), "json.decoder.JSONDecodeError");
}

#[test]
fn a_message_has_no_escapes_of_its_own() {
    let exception = raised("\nraise ValueError('Error!')");
    let text = exception.traceback();
    assert!(
        text.starts_with("Traceback (most recent call last):\n"),
        "{text}"
    );
    assert!(text.ends_with("ValueError: Error!\n"), "{text}");
    assert!(!text.contains("\\n"), "{text}");
    assert_eq!(raised("raise ValueError('größe 🌟')").message(), "größe 🌟");
    // A lone surrogate cannot be in a Rust string.
    assert_eq!(
        raised("raise ValueError('a\\udcffb')").message(),
        "a\\udcffb"
    );
}

/// A line that only marks part of the one above, which every version of Python does in another way.
fn is_marks(line: &str) -> bool {
    let line = line.trim_start_matches([' ', '|']);
    !line.is_empty() && line.chars().all(|c| "^~ ".contains(c))
}

#[test]
fn the_traceback_is_the_one_that_python_prints() -> Result<()> {
    let format = Script::new(
        "
        import traceback
        ''.join(traceback.format_exception(type(input), input, input.__traceback__))
        ",
    )?;
    let mut cases = vec![
        "raise ValueError('x')",
        "raise ValueError",
        "raise KeyError('x', 1)",
        "def f(n):\n    return 1 / n\n\nclass C:\n    def m(self):\n        return [f(n) for n in (1, 0)]\n\nC().m()",
        "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise ValueError('outer') from e",
        "try:\n    1 / 0\nexcept ZeroDivisionError:\n    raise ValueError('outer')",
        "try:\n    1 / 0\nexcept ZeroDivisionError:\n    raise ValueError('outer') from None",
        "raise ValueError('outer') from KeyError('never raised')",
        "class Mine(Exception): pass\nraise Mine('mine')",
        "class Mine(Exception):\n    class Inner(Exception): pass\nraise Mine.Inner",
        "raise ValueError('first line\\nsecond line')",
        "import json\njson.loads('[1,')",
        "open('/gopyre/absent')",
        "(lambda: {}['x'])()",
        "def f(n):\n    if n: f(n - 1)\n    else: raise ValueError\nf(50)",
        "def f():\n    return f()\nf()",
        "def f(n):\n    return g(n)\ndef g(n):\n    return f(n - 1) if n else 1 / 0\nf(4)",
        "def f(n):\n    return f(n - 1) if n else 1 / 0\nf(3)",
        "import sys; sys.exit(3)",
        "raise KeyboardInterrupt",
        "compile('x = = 1', 'made up.py', 'exec')",
        "int('x')",
        "'ä' + (lambda größe: größe / 0)(1)",
        "def gen():\n    yield 1\n    raise RuntimeError('in a generator')\nlist(gen())",
    ];
    if version() >= (3, 11) {
        cases.extend([
            "e = ValueError('noted')\ne.add_note('a note')\ne.add_note('two\\nlines')\nraise e",
            "raise ExceptionGroup('several', [ValueError('a'), KeyError('b')])",
            "def f(): 1 / 0\ntry:\n    f()\nexcept Exception as e:\n    raise ExceptionGroup('outer', [e, ExceptionGroup('inner', [TypeError('t')])])",
            "try:\n    raise ExceptionGroup('several', [ValueError('a')])\nexcept* ValueError as e:\n    raise KeyError('k') from e",
        ]);
    }
    let folder = Folder::new();
    for (number, code) in cases.iter().enumerate() {
        let path = folder.file(&format!("case_{number}.py"), &format!("{code}\n"));
        let error = Script::from_file(path)?.exec::<()>(()).unwrap_err();
        let exception = error.exception().unwrap();
        let theirs: String = format.exec(exception.object().unwrap())?;
        let unmarked = |text: &str| {
            text.lines()
                .filter(|line| !is_marks(line))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            unmarked(exception.traceback()),
            unmarked(&theirs),
            "{code}\n\n{theirs}"
        );
    }
    Ok(())
}

#[test]
fn part_of_a_line_is_marked_where_the_version_keeps_columns() {
    let text = raised("\nx = 0\nvalue = 1 + (2 / x)")
        .traceback()
        .to_owned();
    let expected = "    value = 1 + (2 / x)\n                 ^^^^^\n";
    assert_eq!(text.contains(expected), version() >= (3, 11), "{text}");
}

#[py_script(
    r#"
    import traceback

    def told(missing):
        try:
            return {}[missing]  # by the first
        except KeyError:
            return traceback.format_exc()

    told(key)
"#
)]
fn told_by_the_first(key: &str) -> Result<String>;

#[py_script(
    r#"
    import traceback

    def told(missing):
        try:
            return [][missing]  # by the second
        except IndexError:
            return traceback.format_exc()

    told(index)
"#
)]
fn told_by_the_second(index: usize) -> Result<String>;

#[test]
fn a_traceback_that_a_script_prints_itself_has_the_lines_of_every_script_of_the_file() {
    for _ in 0..2 {
        let first = told_by_the_first("k").unwrap();
        assert!(
            first.contains("return {}[missing]  # by the first"),
            "{first}"
        );
        let second = told_by_the_second(0).unwrap();
        assert!(
            second.contains("return [][missing]  # by the second"),
            "{second}"
        );
        // Whatever knows the lines by now, a script that is compiled later is in them.
        Script::new("import linecache")
            .unwrap()
            .exec::<()>(())
            .unwrap();
    }
}

#[test]
fn a_script_of_a_file_that_has_changed_shows_its_lines() {
    let folder = Folder::new();
    let path = folder.path().join("changing.py");
    for text in ["one", "two"] {
        let code = format!(
            "import traceback\ntry:\n    1 / 0  # {text}\nexcept ArithmeticError:\n    out = traceback.format_exc()\nout"
        );
        std::fs::write(&path, code).unwrap();
        let script = Script::from_file(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let told: String = script.exec(()).unwrap();
        assert!(told.contains(&format!("1 / 0  # {text}")), "{told}");
    }
}
