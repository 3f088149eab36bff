//! Time limits and interrupts: what is stopped, when, and that nothing of it is left behind.

use gopyre::{Error, Interpreter, Interrupt, Object, Result, Script, function, py_script};
use std::time::{Duration, Instant};

const SHORT: Duration = Duration::from_millis(100);

/// Runs a script under a short limit; what came of it, and how long it took.
fn limited(code: &str) -> Result<(Result<i64>, Duration)> {
    let script = Script::new(code)?;
    let start = Instant::now();
    let result = script.input(()).timeout(SHORT).exec::<i64>();
    let took = start.elapsed();
    assert_eq!(
        gopyre::exec::<i64>("sum(range(1000))", ())?,
        499_500,
        "{code}"
    );
    Ok((result, took))
}

fn assert_stopped(code: &str) -> Result<()> {
    let (result, took) = limited(code)?;
    assert!(
        matches!(result, Err(Error::Timeout(limit)) if limit == SHORT),
        "{code}: {result:?}"
    );
    assert!(
        took >= SHORT && took < Duration::from_secs(20),
        "{code}: {took:?}"
    );
    Ok(())
}

#[test]
fn an_endless_loop_is_stopped() -> Result<()> {
    assert_stopped("while True:\n    pass")
}

#[test]
fn a_handler_of_exceptions_does_not_hold_it() -> Result<()> {
    assert_stopped(
        "while True:\n    try:\n        while True: pass\n    except Exception:\n        pass",
    )
}

#[test]
fn a_handler_of_everything_does_not_hold_it() -> Result<()> {
    assert_stopped(
        "while True:\n    try:\n        while True: pass\n    except BaseException:\n        pass",
    )?;
    assert_stopped("while True:\n    try:\n        while True: pass\n    except:\n        continue")
}

#[test]
fn a_finally_block_has_time_for_its_work() -> Result<()> {
    let state: gopyre::Object = gopyre::exec("[]", ())?;
    let script = Script::new(
        "
        try:
            while True:
                sum(range(10))
        finally:
            input.append('closed')
        ",
    )?;
    let result = script.input(&state).timeout(SHORT).exec::<()>();
    assert!(matches!(result, Err(Error::Timeout(_))), "{result:?}");
    assert_eq!(state.extract::<Vec<String>>()?, ["closed"]);
    Ok(())
}

#[test]
fn what_holds_on_in_c_returns_when_python_does() -> Result<()> {
    let (result, took) = limited("import time\ntime.sleep(0.4)\nfor _ in range(10): pass\n1")?;
    assert!(matches!(result, Err(Error::Timeout(_))), "{result:?}");
    assert!(took >= Duration::from_millis(400), "{took:?}");
    Ok(())
}

#[test]
fn a_script_that_ends_first_keeps_its_value_or_its_error() -> Result<()> {
    assert_eq!(limited("6 * 7")?.0?, 42);
    let (result, _) = limited("1 / 0")?;
    assert!(result.is_err_and(|e| e.exception().is_some_and(|e| e.is("ZeroDivisionError"))));
    Ok(())
}

#[test]
fn a_stop_never_reaches_a_later_call() -> Result<()> {
    let script = Script::new(
        "import time\nend = time.monotonic() + input\nwhile time.monotonic() < end: pass\n7",
    )?;
    let limit = Duration::from_millis(20);
    let mut stopped = 0;
    for round in 0..60 {
        // Around the limit, so that stops land right at the end of the script, too.
        let length = 0.019 + f64::from(round % 5) * 0.0005;
        match script.input(length).timeout(limit).exec::<i64>() {
            Ok(value) => assert_eq!(value, 7),
            Err(error) => {
                assert!(matches!(error, Error::Timeout(_)), "{error:?}");
                stopped += 1;
            }
        }
        assert_eq!(
            gopyre::exec::<i64>("sum(n for n in range(2000))", ())?,
            1_999_000
        );
    }
    assert!(stopped < 60);
    Ok(())
}

#[test]
fn an_interrupt_stops_what_runs_and_can_be_used_again() -> Result<()> {
    let stop = Interrupt::new();
    stop.interrupt();
    let script = Script::new("while input: pass\n5")?;
    assert_eq!(script.input(false).interrupt(&stop).exec::<i64>()?, 5);
    for _ in 0..3 {
        let result = std::thread::scope(|scope| {
            let run = scope.spawn(|| script.input(true).interrupt(&stop).exec::<i64>());
            while !run.is_finished() {
                std::thread::sleep(Duration::from_millis(20));
                stop.interrupt();
            }
            run.join().unwrap()
        });
        assert!(matches!(result, Err(Error::Interrupted)), "{result:?}");
    }
    Ok(())
}

#[test]
fn one_handle_stops_several_runs_and_no_other() -> Result<()> {
    let stop = Interrupt::new();
    let script = Script::new(
        "import time\nend = time.monotonic() + input\nwhile time.monotonic() < end: time.sleep(0.001)\n1",
    )?;
    std::thread::scope(|scope| {
        let stopped: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| script.input(30.0).interrupt(&stop).exec::<i64>()))
            .collect();
        let other = scope.spawn(|| script.input(0.3).interrupt(&Interrupt::new()).exec::<i64>());
        while stopped.iter().any(|run| !run.is_finished()) {
            std::thread::sleep(Duration::from_millis(20));
            stop.interrupt();
        }
        for run in stopped {
            assert!(matches!(run.join().unwrap(), Err(Error::Interrupted)));
        }
        assert_eq!(other.join().unwrap()?, 1);
        Ok(())
    })
}

#[test]
fn a_limit_holds_in_an_interpreter_that_is_entered_within_the_run() -> Result<()> {
    let sandboxes = [Interpreter::new()?, Interpreter::new()?];
    let enter = function("enter", move |code: String| -> Result<i64> {
        // The second one within the first one.
        sandboxes[0].enter(|| sandboxes[1].enter(|| gopyre::exec(&code, ())))??
    })?;
    let script = Script::new(
        "
        for code in input[1:]:
            last = input[0](code)
        last
        ",
    )?;
    const ENDLESS: &str =
        "while True:\n    try:\n        while True: pass\n    except Exception: pass";
    let limited = |codes: &[&str]| {
        let input: Vec<Object> = std::iter::once(Ok(enter.clone()))
            .chain(codes.iter().map(Object::new))
            .collect::<Result<_>>()?;
        script.input(input).timeout(SHORT).exec::<i64>()
    };
    for codes in [&[ENDLESS][..], &["1", "2", ENDLESS]] {
        let start = Instant::now();
        let result = limited(codes);
        assert!(
            matches!(result, Err(Error::Timeout(limit)) if limit == SHORT),
            "{result:?}"
        );
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "{:?}",
            start.elapsed()
        );
        // Nothing is left in either of them.
        assert_eq!(
            enter
                .call(("sum(n for n in range(2000))",))?
                .extract::<i64>()?,
            1_999_000
        );
    }
    let stop = Interrupt::new();
    let result = std::thread::scope(|scope| {
        let input = [enter.clone(), Object::new(ENDLESS)?];
        let run = scope.spawn(|| script.input(input).interrupt(&stop).exec::<i64>());
        while !run.is_finished() {
            std::thread::sleep(Duration::from_millis(20));
            stop.interrupt();
        }
        run.join().unwrap()
    });
    assert!(matches!(result, Err(Error::Interrupted)), "{result:?}");
    let input = [enter.clone(), Object::new("7")?];
    assert_eq!(
        script
            .input(input)
            .timeout(Duration::from_secs(60))
            .exec::<i64>()?,
        7
    );
    Ok(())
}

#[test]
fn what_was_printed_before_the_stop_is_kept() -> Result<()> {
    let script = Script::new("print('begun')\nwhile True: pass")?;
    let run = script.input(()).timeout(SHORT).capture::<()>();
    assert_eq!(run.stdout, "begun\n");
    assert!(matches!(run.value, Err(Error::Timeout(_))));
    Ok(())
}

#[py_script("while spin: pass\n'done'", timeout = "100ms")]
fn spin(spin: bool) -> Result<String>;

#[py_script(timeout = "0.1s", "while input['spin']: pass\n'done'")]
fn spin_whole(input: &serde_json::Value) -> Result<String>;

#[py_script(file = "tests/scripts/spin.py", timeout = "100ms")]
fn spin_file(spin: bool) -> Result<i64>;

#[py_script("import time\ntime.sleep(seconds)\nseconds", timeout = "2min")]
fn sleep(seconds: f64) -> Result<f64>;

#[py_script("while True: pass", timeout = "100ms")]
fn spin_or_panic();

#[test]
fn a_declared_limit_stops_every_call_that_takes_longer() -> Result<()> {
    for _ in 0..2 {
        let start = Instant::now();
        let stopped = [
            spin(true).map(drop),
            spin_whole(&serde_json::json!({ "spin": true })).map(drop),
            spin_file(true).map(drop),
        ];
        for result in stopped {
            assert!(
                matches!(result, Err(Error::Timeout(limit)) if limit == SHORT),
                "{result:?}"
            );
        }
        assert!(start.elapsed() >= 3 * SHORT);
        assert_eq!(spin(false)?, "done");
        assert_eq!(spin_whole(&serde_json::json!({ "spin": false }))?, "done");
        assert_eq!(spin_file(false)?, 7);
        assert_eq!(sleep(0.05)?, 0.05);
    }
    Ok(())
}

#[test]
fn a_declared_limit_without_a_result_panics_at_the_caller() {
    let panic = std::panic::catch_unwind(spin_or_panic).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert_eq!(message, "`spin_or_panic` failed: stopped after 100ms");
}
