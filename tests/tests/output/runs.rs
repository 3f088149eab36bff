//! Proves where the output of a script goes, and that of its threads.

use super::{Log, printed};
use gopyre::{Error, Object, Output, Result, Script, exec};
use gopyre_tests::in_child;
use std::thread;
use std::time::{Duration, Instant};

// ---- capture

#[test]
fn a_capture_keeps_both_streams_and_the_value() -> Result<()> {
    let script = Script::new(
        "import sys\nprint('out', x)\nprint('err', file=sys.stderr)\nprint('more', end='')\nx + 1",
    )?;
    let run = script.input(serde_json::json!({"x": 1})).capture::<i64>();
    assert_eq!(
        (run.value?, &*run.stdout, &*run.stderr),
        (2, "out 1\nmore", "err\n")
    );
    // The next run starts from nothing.
    let run = script.input(serde_json::json!({"x": 2})).capture::<i64>();
    assert_eq!(
        (run.value?, &*run.stdout, &*run.stderr),
        (3, "out 2\nmore", "err\n")
    );
    Ok(())
}

#[test]
fn what_was_printed_before_an_error_is_kept() -> Result<()> {
    let run = Script::new("print('so far')\n1 / 0")?
        .input(())
        .capture::<i64>();
    assert_eq!(run.stdout, "so far\n");
    assert!(
        run.value
            .unwrap_err()
            .exception()
            .unwrap()
            .is("ZeroDivisionError")
    );
    let run = Script::new("print('no number')\n'text'")?
        .input(())
        .capture::<i64>();
    assert_eq!(run.stdout, "no number\n");
    assert!(matches!(run.value, Err(Error::Convert(_))));
    let run = Script::new("import sys\nprint('bye')\nsys.exit(2)")?
        .input(())
        .capture::<i64>();
    assert_eq!(run.stdout, "bye\n");
    Ok(())
}

#[test]
fn bytes_and_text_keep_their_order() {
    let (out, err) = printed(
        "
        import sys
        print('one')
        sys.stdout.flush()
        sys.stdout.buffer.write(b'two\\n')
        sys.stdout.write('three')
        sys.stdout.writelines(['\\n', 'four'])
        sys.stderr.write('stderrLine1\\nstderrLine2')
        ",
    );
    assert_eq!(out, "one\ntwo\nthree\nfour");
    assert_eq!(err, "stderrLine1\nstderrLine2");
    // What is no UTF-8 is replaced.
    assert_eq!(
        printed("import sys; sys.stdout.buffer.write(b'a\\xffb')").0,
        "a\u{fffd}b"
    );
}

#[test]
fn long_texts_and_wide_characters_arrive_whole() {
    for code in [
        "'x' * 1025",
        "'x' * 100000",
        "'\\u07ff' * 9000",
        "'a' + '\\uffff' * 9000",
        "'ab' + '\\U0001F30F' * 9000",
    ] {
        let expected: String = exec(code, ()).unwrap();
        assert!(
            printed(&format!("print({code}, end='')")).0 == expected,
            "{code}"
        );
    }
    let (out, _) = printed("for n in range(20000): print(n)");
    assert_eq!(out.lines().count(), 20000);
    assert!(out.ends_with("\n19999\n"));
}

#[test]
fn an_inner_call_prints_where_the_outer_one_does_unless_it_is_captured_itself() -> Result<()> {
    // Rust in between, which Python reaches by converting an input that runs Python.
    struct Inner;
    impl serde::Serialize for Inner {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            exec::<()>("print('inherited')", ()).unwrap();
            let run = Script::new("print('own')")
                .unwrap()
                .input(())
                .capture::<()>();
            assert_eq!(run.stdout, "own\n");
            let quiet = Script::new("import sys; print('nowhere'); print('seen', file=sys.stderr)")
                .unwrap();
            quiet.input(()).stdout(Output::Null).exec::<()>().unwrap();
            serializer.serialize_str(&run.stdout)
        }
    }
    let script = Script::new("print('outer', repr(input))")?;
    let run = script.input(Inner).capture::<()>();
    run.value?;
    assert_eq!(run.stdout, "inherited\nouter 'own\\n'\n");
    assert_eq!(run.stderr, "seen\n");
    Ok(())
}

#[test]
fn a_stream_can_go_elsewhere_while_the_other_is_captured() -> Result<()> {
    let script = Script::new("import sys; print('out'); print('err', file=sys.stderr)")?;
    let log = Log::default();
    let run = script
        .input(())
        .stderr(Output::writer(log.clone()))
        .capture::<()>();
    run.value?;
    assert_eq!(
        (&*run.stdout, &*run.stderr, &*log.text()),
        ("out\n", "", "err\n")
    );
    let run = script.input(()).stdout(Output::Null).capture::<()>();
    assert_eq!((&*run.stdout, &*run.stderr), ("", "err\n"));
    let both = Log::default();
    script
        .input(())
        .stdout(Output::writer(both.clone()))
        .stderr(Output::writer(both.clone()))
        .exec::<()>()?;
    assert_eq!(both.writes(), ["out\n", "err\n"]);
    Ok(())
}

// ---- threads

#[test]
fn threads_that_a_script_starts_print_to_its_sinks() {
    let (mut out, err) = printed(
        "
        import sys, threading, _thread
        from concurrent.futures import ThreadPoolExecutor

        def nested(n):
            inner = threading.Thread(target=print, args=('nested', n))
            inner.start()
            inner.join()
            print('error', n, file=sys.stderr)

        threads = [threading.Thread(target=nested, args=(n,)) for n in range(2)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()

        done = threading.Event()
        _thread.start_new_thread(lambda: (print('low level'), done.set()), ())
        assert done.wait(20)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(print, ['pool', 'pool']))

        timer = threading.Timer(0.01, print, ['timer'])
        timer.start()
        timer.join()
        ",
    );
    let mut lines: Vec<_> = std::mem::take(&mut out)
        .lines()
        .map(str::to_owned)
        .collect();
    lines.sort();
    assert_eq!(
        lines,
        ["low level", "nested 0", "nested 1", "pool", "pool", "timer"]
    );
    let mut lines: Vec<_> = err.lines().collect();
    lines.sort();
    assert_eq!(lines, ["error 0", "error 1"]);
}

#[test]
fn a_thread_that_outlives_its_execution_prints_to_the_runtime() {
    let end = in_child(|| {
        let script = Script::new(
            "
            import threading
            def later():
                print('during')
                printed.set()
                go.wait(20)
                print('after')
            go, printed = threading.Event(), threading.Event()
            thread = threading.Thread(target=later)
            thread.start()
            printed.wait(20)
            [go, thread]
            ",
        )
        .unwrap();
        let run = script.input(()).capture::<(Object, Object)>();
        let (go, thread) = run.value.unwrap();
        assert_eq!(run.stdout, "during\n");
        let other = Script::new("input[0].set()\ninput[1].join()\nprint('mine')").unwrap();
        let run = other.input((go, thread)).capture::<()>();
        run.value.unwrap();
        assert_eq!(run.stdout, "mine\n");
    })
    .succeeds();
    assert_eq!(end.stdout, "after\n");
}

#[test]
fn two_captures_at_once_do_not_mix() -> Result<()> {
    let script = Script::new(
        "
        import sys, threading, time
        def work():
            for _ in range(20):
                print(input)
                print(input, file=sys.stderr)
                time.sleep(0.0005)
        other = threading.Thread(target=work)
        other.start()
        work()
        other.join()
        ",
    )?;
    thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|n| {
                scope.spawn({
                    let script = &script;
                    move || script.input(n).capture::<()>()
                })
            })
            .collect();
        for (n, thread) in threads.into_iter().enumerate() {
            let run = thread.join().unwrap();
            run.value?;
            // A line and its end are two writes, so the two threads of one script may mix them.
            let sorted = |text: String| {
                let mut chars: Vec<char> = text.chars().collect();
                chars.sort();
                String::from_iter(chars)
            };
            let expected = format!("{}{}", "\n".repeat(40), n.to_string().repeat(40));
            assert_eq!(sorted(run.stdout), expected);
            assert_eq!(sorted(run.stderr), expected);
        }
        Ok(())
    })
}

// ---- Python's side

#[test]
fn a_script_that_closes_its_output_silences_no_other() {
    let (out, _) = printed(
        "import sys\nprint('before')\ntry:\n    sys.stdout.close()\nexcept Exception: pass",
    );
    assert_eq!(out, "before\n");
    let (out, err) = printed("import sys\nprint('after')\nprint('error', file=sys.stderr)");
    assert_eq!((&*out, &*err), ("after\n", "error\n"));
    printed("import sys\nsys.stderr.close()\nsys.stdout.buffer.close()");
    let (out, err) = printed("import sys\nprint('still')\nprint('there', file=sys.stderr)");
    assert_eq!((&*out, &*err), ("still\n", "there\n"));
}

#[test]
fn a_replaced_stream_is_the_scripts_own_business() {
    let (out, _) = printed(
        "
        import contextlib, io, sys
        with contextlib.redirect_stdout(io.StringIO()) as text:
            print('into the text')
        print('captured', text.getvalue().strip())
        ",
    );
    assert_eq!(out, "captured into the text\n");
}

#[test]
fn the_first_redirection_leaves_a_replaced_stream_alone() {
    let end = in_child(|| {
        exec::<()>("import io, sys; sys.stdout = io.StringIO()", ()).unwrap();
        assert_eq!(printed("print('into the text')").0, "");
        let text: String = exec("import sys; sys.stdout.getvalue()", ()).unwrap();
        assert_eq!(text, "into the text\n");
        exec::<()>("import sys; sys.stdout = sys.__stdout__; print('seen')", ()).unwrap();
        assert_eq!(printed("print('captured')").0, "captured\n");
    })
    .succeeds();
    assert_eq!(end.stdout, "seen\n");
}

#[test]
fn a_capture_at_the_end_of_a_thread_is_one() {
    struct Late(std::sync::mpsc::Sender<String>);
    impl Drop for Late {
        fn drop(&mut self) {
            let _ = self.0.send(printed("print('late')").0);
        }
    }
    thread_local! {
        static LATE: std::cell::RefCell<Option<Late>> = const { std::cell::RefCell::new(None) };
    }
    let (send, receive) = std::sync::mpsc::channel();
    let thread = thread::spawn(move || {
        exec::<i64>("1", ()).unwrap();
        LATE.with(|late| late.replace(Some(Late(send))));
        printed("print('early')");
    });
    thread.join().unwrap();
    assert_eq!(receive.recv().unwrap(), "late\n");
}

#[test]
fn a_logging_handler_made_before_follows_the_capture() -> Result<()> {
    let logger: Object = exec(
        "
        import logging
        logger = logging.Logger('gopyre-test', logging.INFO)
        logger.addHandler(logging.StreamHandler())
        logger
        ",
        (),
    )?;
    let script =
        Script::new("input.debug('unseen')\nfor n in range(50): input.info('number %d', n)")?;
    let run = script.input(&logger).capture::<()>();
    run.value?;
    let expected: String = (0..50).map(|n| format!("number {n}\n")).collect();
    assert_eq!((&*run.stdout, run.stderr), ("", expected));
    let script = Script::new("try:\n    1 / 0\nexcept Exception:\n    input.exception('failed')")?;
    let run = script.input(&logger).capture::<()>();
    assert!(
        run.stderr.starts_with("failed\nTraceback"),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr
            .ends_with("ZeroDivisionError: division by zero\n"),
        "{}",
        run.stderr
    );
    Ok(())
}

#[test]
fn a_traceback_that_python_prints_shows_the_scripts_lines() {
    let (_, err) = printed(
        "
        import traceback
        def fail():
            raise ValueError('shown')
        try:
            fail()
        except ValueError:
            traceback.print_exc()
        ",
    );
    assert!(
        err.contains("in fail\n    raise ValueError('shown')\n"),
        "{err}"
    );
    assert!(err.ends_with("ValueError: shown\n"), "{err}");
}

#[test]
fn asking_for_input_is_an_end_of_file_at_once() -> Result<()> {
    let begin = Instant::now();
    for code in [
        "import builtins; builtins.input()",
        "import builtins; builtins.input('name? ')",
    ] {
        let run = Script::new(code)?.input(()).capture::<String>();
        assert!(run.value.unwrap_err().exception().unwrap().is("EOFError"));
    }
    assert_eq!(exec::<String>("import sys; sys.stdin.read()", ())?, "");
    assert!(begin.elapsed() < Duration::from_secs(10));
    Ok(())
}

#[test]
fn a_script_that_closes_its_input_closes_no_other() -> Result<()> {
    for code in [
        "quit()",
        "exit(3)",
        "import sys; sys.stdin.close()",
        "import sys; sys.stdin.buffer.close()",
        "import sys; sys.stdin.detach()",
        "import sys\nwith sys.stdin: pass",
    ] {
        let _ = Script::new(code)?.input(()).capture::<()>();
        let read = "import sys; sys.stdin.read() + sys.stdin.buffer.read().decode()";
        assert_eq!(exec::<String>(read, ())?, "", "{code}");
        let error = exec::<()>("import builtins; builtins.input()", ()).unwrap_err();
        assert!(
            error.exception().unwrap().is("EOFError"),
            "{code}: {error:?}"
        );
    }
    Ok(())
}

#[test]
fn what_a_script_makes_of_a_stream_stays_until_it_is_put_back() {
    let end = in_child(|| {
        exec::<()>("import sys; sys.stdout = None; print('unseen')", ()).unwrap();
        exec::<()>("print('unseen')", ()).unwrap();
        exec::<()>("import sys; sys.stdout = sys.__stdout__", ()).unwrap();
        exec::<()>("print('seen')", ()).unwrap();
    })
    .succeeds();
    assert_eq!(end.stdout, "seen\n");
}
