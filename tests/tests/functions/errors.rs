//! Errors of Rust in Python, and back in Rust.

use super::{seen, with};
use gopyre::{Error, Object, Result, function};
use std::error::Error as StdError;
use std::fmt;
use std::io;

/// An error of the caller's own making.
#[derive(Debug, PartialEq)]
struct Own(u8);

impl fmt::Display for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "own error {}", self.0)
    }
}

impl StdError for Own {}

#[test]
fn an_error_of_any_kind_is_the_same_value_on_the_other_side() -> Result<()> {
    let f = function("f", || -> Result<(), Own> { Err(Own(7)) })?;
    let error = with::<()>("f()", &f).unwrap_err();
    let Error::Rust(inner) = &error else {
        panic!("{error:?}")
    };
    assert_eq!(inner.downcast_ref::<Own>(), Some(&Own(7)));
    let seen: (String, String, bool) = with(
        "import gopyre\ntry:\n    f()\nexcept RuntimeError as e:\n    seen = type(e).__name__, str(e), isinstance(e, gopyre.RustError)\nseen",
        &f,
    )?;
    assert_eq!(
        seen,
        ("RustError".to_owned(), "own error 7".to_owned(), true)
    );

    let f = function("f", || -> Result<()> { Err(Error::Cancelled) })?;
    assert!(matches!(with::<()>("f()", &f), Err(Error::Cancelled)));
    Ok(())
}

const CAUGHT: &str = "
import gopyre
try:
    f()
except Exception as e:
    cause = e.__cause__
    seen = type(e).__name__, str(e), getattr(e, 'errno', None), cause and f'{type(cause).__name__}: {cause}'";

type Caught = (String, String, Option<i32>, Option<String>);

#[test]
fn an_io_error_is_the_os_error_of_its_kind() -> Result<()> {
    use io::ErrorKind as K;
    for (kind, class, has_number) in [
        (K::NotFound, "FileNotFoundError", true),
        (K::PermissionDenied, "PermissionError", true),
        (K::AlreadyExists, "FileExistsError", true),
        (K::ConnectionRefused, "ConnectionRefusedError", true),
        (K::ConnectionReset, "ConnectionResetError", true),
        (K::ConnectionAborted, "ConnectionAbortedError", true),
        (K::BrokenPipe, "BrokenPipeError", true),
        (K::WouldBlock, "BlockingIOError", true),
        (K::TimedOut, "TimeoutError", true),
        (K::Interrupted, "InterruptedError", true),
        (K::UnexpectedEof, "OSError", false),
        (K::Other, "OSError", false),
    ] {
        let f = function("f", move || -> io::Result<()> {
            Err(io::Error::new(kind, "Oh no!"))
        })?;
        let (found, text, number, _): Caught = seen(CAUGHT, &f)?;
        assert_eq!((found.as_str(), text.as_str()), (class, "Oh no!"));
        assert_eq!(number.is_some(), has_number, "{class}");
        let Err(Error::Rust(error)) = with::<()>("f()", &f) else {
            panic!("{kind}")
        };
        assert_eq!(
            error.downcast_ref::<io::Error>().map(io::Error::kind),
            Some(kind)
        );
    }
    let f = function("f", |path: String| std::fs::read_to_string(path))?;
    let seen: (String, i32, String) = with(
        "try: f('/no/such/file')\nexcept OSError as e: seen = type(e).__name__, e.errno, e.strerror\nseen",
        &f,
    )?;
    assert_eq!(
        seen,
        (
            "FileNotFoundError".to_owned(),
            2,
            "No such file or directory".to_owned()
        )
    );
    Ok(())
}

/// An error with a source.
#[derive(Debug)]
struct Outer(Box<dyn StdError + Send + Sync>);

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("loading the model")
    }
}

impl StdError for Outer {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.0)
    }
}

#[test]
fn the_sources_of_an_error_are_its_causes() -> Result<()> {
    let f = function("f", || -> Result<(), Outer> {
        let inner = Outer(io::Error::new(io::ErrorKind::NotFound, "no weights").into());
        Err(Outer(Box::new(inner)))
    })?;
    let (class, text, _, cause): Caught = seen(CAUGHT, &f)?;
    assert_eq!(
        (class.as_str(), text.as_str()),
        ("RustError", "loading the model")
    );
    assert_eq!(cause.as_deref(), Some("RustError: loading the model"));
    let root: String = seen(
        "try: f()\nexcept Exception as e: seen = repr(e.__cause__.__cause__)",
        &f,
    )?;
    assert_eq!(root, "FileNotFoundError('no weights')");
    let Err(Error::Rust(error)) = with::<()>("f()", &f) else {
        panic!()
    };
    assert!(error.downcast_ref::<Outer>().is_some());
    Ok(())
}

#[test]
fn a_box_of_an_error_is_what_is_in_it() -> Result<()> {
    type Boxed<T> = std::result::Result<T, Box<dyn StdError + Send + Sync>>;
    let f = function("f", || -> Boxed<i64> {
        Ok(std::fs::read_to_string("/no/such/file")?.len() as i64)
    })?;
    let (class, ..): Caught = seen(CAUGHT, &f)?;
    assert_eq!(class, "FileNotFoundError");
    let f = function("f", || -> Boxed<()> { Err(Box::new(Own(3))) })?;
    let Err(Error::Rust(error)) = with::<()>("f()", &f) else {
        panic!()
    };
    assert_eq!(error.downcast_ref::<Own>(), Some(&Own(3)));
    let f = function("f", || -> Boxed<i64> { Ok(gopyre::exec("{}['key']", ())?) })?;
    let (class, ..): Caught = seen(CAUGHT, &f)?;
    assert_eq!(class, "KeyError");
    // A message alone.
    let f = function("f", || -> Boxed<()> { Err("just text".into()) })?;
    let (class, text, ..): Caught = seen(CAUGHT, &f)?;
    assert_eq!((class.as_str(), text.as_str()), ("RustError", "just text"));
    Ok(())
}

#[test]
fn every_variant_of_an_error_comes_back() -> Result<()> {
    let back = |error: fn() -> Error| -> Result<Error> {
        let f = function("f", move || -> Result<()> { Err(error()) })?;
        Ok(with::<()>("f()", &f).unwrap_err())
    };
    assert!(matches!(back(|| Error::Argument("a".into()))?, Error::Argument(text) if text == "a"));
    assert!(matches!(back(|| Error::Busy)?, Error::Busy));
    assert!(matches!(back(|| Error::Panic("p".into()))?, Error::Panic(text) if text == "p"));
    assert!(matches!(
        back(|| Error::Timeout(std::time::Duration::from_secs(1)))?,
        Error::Timeout(limit) if limit.as_secs() == 1
    ));
    let convert = back(|| gopyre::exec::<i64>("'x'", ()).unwrap_err())?;
    assert!(matches!(convert, Error::Convert(error) if error.found() == "str 'x'"));
    let syntax = back(|| gopyre::exec::<i64>("1 +", ()).unwrap_err())?;
    assert!(matches!(syntax, Error::Syntax(list) if list.len() == 1));
    // Converting the result is the function's own mistake.
    let f = function("f", || gopyre::exec::<i64>("2 ** 70", ()))?;
    let (class, ..): Caught = seen(CAUGHT, &f)?;
    assert_eq!(class, "OverflowError");
    Ok(())
}

#[test]
fn an_exception_of_python_is_the_same_object_again() -> Result<()> {
    let f = function("f", |raises: Object| raises.call(()))?;
    let same: (bool, bool, usize) = with(
        "
        import traceback
        def raises():
            try:
                {}['first']
            except KeyError as first:
                raise ValueError('second') from first
        error = None
        def keep():
            global error
            try:
                raises()
            except ValueError as e:
                error = e
                raise
        try:
            f(keep)
        except ValueError as e:
            same = e is error, isinstance(e.__cause__, KeyError), len(traceback.extract_tb(e.__traceback__))
        same
        ",
        &f,
    )?;
    assert_eq!((same.0, same.1), (true, true));
    // The frames of both sides: the script, `keep`, `raises`.
    assert_eq!(same.2, 3);
    Ok(())
}

/// What a program of Python expects to catch.
#[test]
fn the_class_of_an_error_is_what_python_has_for_its_kind() -> Result<()> {
    let f = function("f", |kind: String| -> Result<Object> {
        Err(match &*kind {
            "a file" => Error::Rust(io::Error::from(io::ErrorKind::NotFound).into()),
            "a type" => gopyre::exec::<i64>("'x'", ()).unwrap_err(),
            "a range" => gopyre::exec::<u8>("256", ()).unwrap_err(),
            "a text" => gopyre::exec::<String>("'\\udcff'", ()).unwrap_err(),
            "an index" => return gopyre::exec::<Object>("[]", ())?.item(3),
            "a key" => return gopyre::exec::<Object>("{}", ())?.item("k"),
            "an import" => return gopyre::import("there_is_no_such_module"),
            _ => Error::Argument(kind),
        })
    })?;
    for (kind, classes) in [
        ("a file", "OSError, FileNotFoundError"),
        ("a type", "TypeError"),
        ("a range", "ArithmeticError, OverflowError"),
        ("a text", "ValueError"),
        ("an index", "LookupError, IndexError"),
        ("a key", "LookupError, KeyError"),
        ("an import", "ImportError"),
        ("anything else", "RuntimeError, gopyre.RustError"),
    ] {
        let code = format!(
            "import gopyre\ntry: f('{kind}')\nexcept Exception as e: seen = all(isinstance(e, c) for c in ({classes},))\nseen"
        );
        assert!(with::<bool>(&code, &f)?, "{kind}: {classes}");
    }
    Ok(())
}

#[test]
fn an_error_passes_through_four_levels() -> Result<()> {
    let bottom = function("bottom", || -> Result<(), Own> { Err(Own(9)) })?;
    let call = |inner: Object| {
        function("call", move || -> Result<Object> {
            gopyre::exec("def step(f):\n    return f()\nstep(input)", &inner)
        })
    };
    let top = call(call(call(bottom)?)?)?;
    let Err(Error::Rust(error)) = with::<()>("f()", &top) else {
        panic!()
    };
    assert_eq!(error.downcast_ref::<Own>(), Some(&Own(9)));
    // Python sees it at any level, and may replace it.
    let (class, text, ..): Caught = seen(CAUGHT, &top)?;
    assert_eq!(
        (class.as_str(), text.as_str()),
        ("RustError", "own error 9")
    );
    let error = with::<()>(
        "
        try: f()
        except Exception as e: raise RuntimeError(\"It's a mystery!\")
        ",
        &top,
    )
    .unwrap_err();
    let exception = error.exception().unwrap();
    assert_eq!(exception.message(), "It's a mystery!");
    assert_eq!(exception.context().unwrap().message(), "own error 9");
    Ok(())
}

#[test]
fn an_error_whose_class_python_catches_is_handled() -> Result<()> {
    let f = function("f", |n: i64| -> Result<i64, String> {
        n.checked_mul(1 << 40).ok_or_else(|| "too much".to_owned())
    })?;
    let caught: (Vec<bool>, i64) = with(
        "
        import gopyre
        caught = []
        for error in (gopyre.RustError, RuntimeError, Exception):
            try: f(2 ** 62)
            except error: caught.append(True)
        caught, f(1)
        ",
        &f,
    )?;
    assert_eq!(caught, (vec![true; 3], 1 << 40));
    Ok(())
}

/// As worker processes do with what their calls raise.
#[test]
fn an_exception_of_an_error_is_pickled_and_copied_without_the_error() -> Result<()> {
    let f = function(
        "f",
        |kind: String| -> Result<(), Box<dyn StdError + Send + Sync>> {
            match kind.as_str() {
                "io" => Err(io::Error::from(io::ErrorKind::NotFound).into()),
                text => Err(text.into()),
            }
        },
    )?;
    let f = &f;
    let (same, pickled): (bool, Vec<String>) = with(
        "
        import copy, gopyre, pickle

        def raised(kind):
            try: f(kind)
            except Exception as e: return e

        errors = [raised('io'), raised('oh no')]
        again = []
        for e in errors:
            again += [pickle.loads(pickle.dumps(e, p)) for p in range(3, pickle.HIGHEST_PROTOCOL + 1)]
            again += [copy.copy(e), copy.deepcopy(e)]
        kinds = (FileNotFoundError, gopyre.RustError)
        all(type(e) in kinds for e in again), sorted({f'{type(e).__name__}: {e}' for e in again})
        ",
        f,
    )?;
    assert!(same);
    assert_eq!(
        pickled,
        ["FileNotFoundError: entity not found", "RustError: oh no"]
    );
    // The error comes back by the exception that has it, once it is copied too.
    let error = with::<()>(
        "
        import copy
        try: f('mine')
        except Exception as e: raise copy.copy(e)
        ",
        f,
    )
    .unwrap_err();
    assert!(
        matches!(&error, Error::Rust(error) if error.to_string() == "mine"),
        "{error:?}"
    );
    // By one that was pickled it is Python's.
    let error = with::<()>(
        "
        import pickle
        try: f('mine')
        except Exception as e: again = pickle.loads(pickle.dumps(e))
        raise again
        ",
        f,
    )
    .unwrap_err();
    assert!(
        error.exception().is_some_and(|e| e.is("gopyre.RustError")),
        "{error:?}"
    );
    Ok(())
}
