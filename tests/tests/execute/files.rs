//! Proves how files run as scripts, and `run` in `__main__`.

use super::{exception_of, syntax_error_of};
use gopyre::{Error, Result, Script, Value, exec, run, run_file};
use gopyre_tests::{Folder, in_child};
use serde_json::json;
use std::path::{Path, PathBuf};

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
fn a_file_is_read_in_the_encoding_that_it_declares() -> Result<()> {
    let folder = Folder::new();
    let write = |bytes: &[u8]| {
        let path = folder.path().join("script.py");
        std::fs::write(&path, bytes).unwrap();
        path
    };
    for (bytes, value) in [
        (&b"# -*- coding: latin-1 -*-\n'\xe4'"[..], "ä"),
        (
            b"#!/usr/bin/python\n# vim: fileencoding=cp1252\n'\x80'",
            "€",
        ),
        (b"# coding: utf-8\n'\xc3\xa4'", "ä"),
        (b"\xef\xbb\xbf'\xc3\xa4'", "ä"),
        (b"\xef\xbb\xbf# coding: UTF_8\n'\xc3\xa4'", "ä"),
        // Too far down to count.
        (b"\n\n# coding: latin-1\n'\xc3\xa4'", "ä"),
    ] {
        let path = write(bytes);
        assert_eq!(Script::from_file(&path)?.exec::<String>(())?, value);
        let start = bytes.iter().position(|byte| *byte == b'\'').unwrap();
        let (head, literal) = bytes.split_at(start);
        run_file(write(&[head, b"encoded = ", literal].concat()))?;
        assert_eq!(
            exec::<String>("import __main__; __main__.encoded", ())?,
            value
        );
    }
    // The lines of a traceback are the decoded ones, and columns are those of characters.
    let script = Script::from_file(write(b"# coding: latin-1\nraise ValueError('\xe4')"))?;
    let exception = exception_of(script.exec::<()>(()));
    assert_eq!(
        exception.frames()[0].source.as_deref(),
        Some("raise ValueError('ä')")
    );
    let broken = Script::from_file(write(b"# coding: latin-1\n'\xe4\xe4'; x = = 1"));
    let error = syntax_error_of(broken.map(drop));
    assert_eq!((error.line, error.column), (2, 11));
    Ok(())
}

#[test]
fn a_file_that_is_not_what_it_declares_is_an_error_with_byte_line_and_mend() {
    let folder = Folder::new();
    let path = folder.path().join("script.py");
    let shown = path.display();
    for (bytes, expected) in [
        (
            &b"x = 1\ny = '\xe9'\n"[..],
            "expected UTF-8, found the byte 0xE9 in line 2; help: save the file as UTF-8, or declare its \
             encoding in the first line, as in `# -*- coding: latin-1 -*-`",
        ),
        (
            b"# coding: ascii\n\n'\xe9'",
            "expected `ascii`, as declared in line 1, found the byte 0xE9 in line 3; help: save the file in \
             that encoding, or declare the one that it is in",
        ),
        (
            b"#\n# coding: latin-99\n'\xe9'",
            "expected the name of an encoding, found `latin-99` declared in line 2; help: save the file as \
             UTF-8, and remove the declaration",
        ),
        (
            b"# coding: rot13\n'x'",
            "expected the name of an encoding, found `rot13` declared in line 1; help: save the file as \
             UTF-8, and remove the declaration",
        ),
        (
            b"\xef\xbb\xbf# coding: latin-1\n'\xc3\xa4'",
            "expected UTF-8, as its byte order mark says, found `latin-1` declared in line 1; help: remove \
             the one or the other",
        ),
    ] {
        std::fs::write(&path, bytes).unwrap();
        for error in [Script::from_file(&path).map(drop), run_file(&path)] {
            let error = error.unwrap_err();
            assert!(matches!(error, Error::Io { .. }), "{error:?}");
            assert_eq!(error.to_string(), format!("`{shown}`: {expected}"));
        }
    }
}

#[test]
fn nothing_is_run_as_python_runs_it() -> Result<()> {
    let folder = Folder::new();
    for text in ["", " ", "\n", "\t\n \r\n", "\u{feff}"] {
        run(text)?;
        run_file(folder.file("empty.py", text))?;
        let script = Script::from_file(folder.file("empty.py", text));
        assert!(syntax_error_of(script.map(drop)).message.contains("empty"));
    }
    run("# a comment")?;
    run_file(folder.file("comment.py", "# a comment"))?;
    // What only looks empty is an error for Python, too.
    syntax_error_of(run("\u{a0}"));
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_file_runs_whatever_bytes_its_path_has() {
    use std::os::unix::ffi::OsStrExt;

    in_child(|| {
        let folder = Folder::new();
        let path = folder.path().join(std::ffi::OsStr::from_bytes(b"caf\xe9.py"));
        if let Err(error) = std::fs::write(&path, "import os, sys\nhere = os.fsencode(__file__), os.fsencode(sys.argv[0])\ndef fail():\n    raise ValueError('here')\n") {
            return println!("left out: {error}");
        }
        run_file(&path).unwrap();
        let bytes = "import __main__; [list(name) for name in __main__.here]";
        let expected = path.as_os_str().as_bytes().to_owned();
        assert_eq!(exec::<[Vec<u8>; 2]>(bytes, ()).unwrap(), [expected.clone(), expected]);
        let exception = exception_of(run("fail()"));
        assert_eq!(exception.frames()[1].line, 4);
        assert!(Script::from_file(&path).is_ok());
    })
    .succeeds();
}

#[cfg(unix)]
#[test]
fn a_path_that_is_no_text_goes_there_and_back_as_bytes() -> Result<()> {
    use std::os::unix::ffi::OsStrExt;

    let path = Path::new(std::ffi::OsStr::from_bytes(b"caf\xe9"));
    let error = exec::<()>("", [path]).unwrap_err();
    assert!(
        matches!(error, Error::Syntax(_)),
        "an empty script comes first"
    );
    let error = exec::<()>("None", [path]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "at [0]: path contains invalid UTF-8 characters; help: give its bytes to Python, and `os.fsdecode` them there"
    );
    let bytes = serde_bytes::Bytes::new(path.as_os_str().as_bytes());
    let there: String = exec("import os; ascii(os.fsdecode(input))", bytes)?;
    assert_eq!(there, "'caf\\udce9'");
    let error = exec::<PathBuf>("'caf\\udce9'", ()).unwrap_err();
    assert!(
        error.to_string().contains("with a lone surrogate"),
        "{error}"
    );
    let back: Vec<u8> = exec("import os; os.fsencode('caf\\udce9')", ())?;
    assert_eq!(back, path.as_os_str().as_bytes());
    Ok(())
}

#[test]
fn a_script_shows_its_name() -> Result<()> {
    let (line, script) = (line!(), Script::new("x = 1")?);
    let expected = format!("Script(\"<script {}:{line}>\")", file!());
    assert_eq!(format!("{script:?}"), expected);
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
