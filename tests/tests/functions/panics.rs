//! Panics of functions that Python has called.

use super::with;
use gopyre::{Result, exec, function};
use gopyre_tests::in_child;
use std::collections::HashMap;
use std::sync::Barrier;
use std::thread;

#[test]
fn a_panic_is_an_exception_with_message_and_place() -> Result<()> {
    let f = function("f", |n: i64| -> i64 {
        assert!(n > 0, "boom {n}");
        n
    })?;
    let (class, text): (String, String) = with(
        "
        import gopyre
        try: f(-1)
        except gopyre.RustPanic as e: seen = type(e).__name__, str(e)
        seen
        ",
        &f,
    )?;
    assert_eq!(class, "RustPanic");
    assert!(
        text.starts_with("boom -1, at tests/tests/functions/panics.rs:"),
        "{text}"
    );
    let error = with::<i64>("f(0)", &f).unwrap_err();
    let exception = error.exception().unwrap();
    assert!(exception.is("gopyre.RustPanic") && exception.is("RuntimeError"));
    assert!(exception.message().starts_with("boom 0, at "));
    // In short and in full.
    assert!(
        error
            .to_string()
            .starts_with("gopyre.RustPanic: boom 0, at tests/"),
        "{error}"
    );
    let full = format!("{error:?}");
    assert!(
        full.starts_with("Traceback (most recent call last):"),
        "{full}"
    );
    assert!(
        full.contains("gopyre.RustPanic: boom 0, at tests/"),
        "{full}"
    );
    // All is as before.
    assert_eq!(with::<i64>("f(5)", &f)?, 5);
    // What is thrown need be no text, and a text need not say anything.
    for f in [
        function("f", || -> i64 { std::panic::panic_any(17) })?,
        function("f", || -> i64 { panic!("") })?,
    ] {
        let error = with::<i64>("f()", &f).unwrap_err();
        let message = error.exception().unwrap().message();
        assert!(
            message.starts_with("a panic without a message, at tests/"),
            "{message}"
        );
    }
    Ok(())
}

#[test]
fn a_panic_elsewhere_goes_to_the_hook_that_was_there() {
    let child = gopyre_tests::in_child(|| {
        let f = function("f", || -> () { panic!("inside") }).unwrap();
        assert!(f.call(()).is_err());
        let _ = std::panic::catch_unwind(|| panic!("outside"));
        std::thread::spawn(|| panic!("beside")).join().unwrap_err();
    });
    let end = child.succeeds();
    assert!(
        end.stderr.contains("outside") && end.stderr.contains("beside"),
        "{end}"
    );
    assert!(!end.stderr.contains("inside"), "{end}");
}

#[test]
fn what_is_raised_is_what_is_caught_from_the_first_use_on() {
    in_child(|| {
        let start = Barrier::new(8);
        let f = function("f", || -> () { panic!("broken") }).unwrap();
        gopyre::run("import sys; sys.setswitchinterval(1e-6)").unwrap();
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    start.wait();
                    let code = "
                        import gopyre
                        try: f()
                        except gopyre.RustPanic: pass";
                    exec::<()>(code, HashMap::from([("f", &f)])).unwrap();
                });
            }
        });
        let code = "
            import gopyre, importlib, sys
            first = gopyre
            importlib.reload(gopyre)
            del sys.modules['gopyre']
            import gopyre
            gopyre is first and gopyre.RustPanic is first.RustPanic";
        assert!(exec::<bool>(code, ()).unwrap());
    })
    .succeeds();
}
