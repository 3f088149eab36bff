//! Proves where the output of a script goes, that of its threads too, and what becomes of a sink that fails.

#![allow(clippy::unwrap_used, clippy::panic)]

use gopyre::{Error, Object, Output, Result, Script, Value, exec, run};
use gopyre_tests::in_child;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// A writer that remembers each write.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn writes(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    fn text(&self) -> String {
        self.writes().concat()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap()
            .push(String::from_utf8(bytes.to_vec()).unwrap());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A writer made of a function.
struct With<F>(F);

impl<F: FnMut(&[u8]) -> io::Result<usize>> Write for With<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (self.0)(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn with(f: impl FnMut(&[u8]) -> io::Result<usize> + Send + 'static) -> Output {
    Output::writer(With(f))
}

/// Captures standard output and standard error of a script that must succeed.
#[track_caller]
fn printed(code: &str) -> (String, String) {
    let script = Script::new(code).unwrap();
    let run = script.input(()).capture::<Value>();
    run.value.unwrap();
    (run.stdout, run.stderr)
}

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

// ---- writers

#[test]
fn a_writer_gets_each_line_when_it_is_printed() -> Result<()> {
    let log = Log::default();
    let script = Script::new(
        "
        import sys
        for n in range(3):
            print('line', n)
        print('no end', end='')
        sys.stdout.flush()
        print(' and the rest')
        print('last', end='')
        ",
    )?;
    script
        .input(())
        .stdout(Output::writer(log.clone()))
        .exec::<()>()?;
    assert_eq!(
        log.writes(),
        [
            "line 0\n",
            "line 1\n",
            "line 2\n",
            "no end",
            " and the rest\n",
            "last"
        ]
    );
    Ok(())
}

#[test]
fn a_writer_runs_detached_so_that_other_threads_go_on() -> Result<()> {
    let script = Script::new("print('x')")?;
    let writer = with(|bytes| {
        // Another thread runs Python while this one is in the writer.
        let other = thread::spawn(|| exec::<i64>("6 * 7", ()));
        assert_eq!(other.join().unwrap().unwrap(), 42);
        Ok(bytes.len())
    });
    script.input(()).stdout(writer).exec::<()>()
}

#[test]
fn a_writer_may_run_python_that_prints() {
    let end = in_child(|| {
        let log = Log::default();
        let mut own = log.clone();
        let writer = with(move |bytes| {
            let text = std::str::from_utf8(bytes).unwrap();
            exec::<()>("print('from the writer:', input.strip())", text).unwrap();
            own.write(bytes)
        });
        let script = Script::new("print('one')\nprint('two')").unwrap();
        script.input(()).stdout(writer).exec::<()>().unwrap();
        assert_eq!(log.writes(), ["one\n", "two\n"]);
    })
    .limit(Duration::from_secs(30))
    .succeeds();
    assert_eq!(end.stdout, "from the writer: one\nfrom the writer: two\n");
}

#[test]
fn a_writer_that_fails_is_an_os_error_in_python() -> Result<()> {
    let broken = || with(|_| Err(io::ErrorKind::BrokenPipe.into()));
    let script = Script::new(
        "try:\n    print('x')\nexcept BrokenPipeError as e:\n    caught = e.errno\ncaught",
    )?;
    // The line was not written, so the execution as a whole may fail too; the process does not.
    let _ = script.input(()).stdout(broken()).exec::<i64>();
    let error = Script::new("print('x')\nprint('y')")?
        .input(())
        .stdout(broken())
        .exec::<()>()
        .unwrap_err();
    assert!(
        error.exception().unwrap().is("BrokenPipeError"),
        "{error:?}"
    );

    let full = || with(|_| Err(io::Error::other("the disk is full")));
    let error = Script::new("print('x')")?
        .input(())
        .stdout(full())
        .exec::<()>()
        .unwrap_err();
    assert!(error.exception().unwrap().is("OSError"), "{error:?}");
    assert!(error.to_string().contains("the disk is full"), "{error}");

    // What is only written at the end has no Python to tell.
    let error = Script::new("print('x', end='')")?
        .input(())
        .stdout(full())
        .exec::<()>()
        .unwrap_err();
    assert!(
        matches!(&error, Error::Io { source, .. } if source.to_string() == "the disk is full"),
        "{error:?}"
    );
    assert_eq!(printed("print('fine')").0, "fine\n");
    Ok(())
}

#[test]
fn a_writer_that_writes_in_pieces_gets_the_rest() -> Result<()> {
    let log = Log::default();
    let mut own = log.clone();
    let slow = with(move |bytes| own.write(&bytes[..bytes.len().min(3)]));
    Script::new("print('0123456789')")?
        .input(())
        .stdout(slow)
        .exec::<()>()?;
    assert_eq!(log.writes(), ["012", "345", "678", "9\n"]);
    Ok(())
}

#[test]
fn a_writer_that_panics_is_an_error_and_does_not_unwind_through_python() -> Result<()> {
    let run = || {
        let writer = with(|_| panic!("a test's writer panics"));
        Script::new("print('x')")?
            .input(())
            .stdout(writer)
            .exec::<()>()
    };
    let error = run().unwrap_err();
    assert!(error.to_string().contains("panicked"), "{error}");
    assert_eq!(printed("print('fine')").0, "fine\n");
    Ok(())
}

#[test]
fn nothing_goes_nowhere() -> Result<()> {
    let script = Script::new(
        "import sys; print('x' * 100000); print('y', file=sys.stderr); sys.stdout.fileno()",
    )?;
    let error = script
        .input(())
        .stdout(Output::Null)
        .stderr(Output::Null)
        .exec::<i64>()
        .unwrap_err();
    // Where there is no file there is no descriptor, and a program that asks can tell.
    assert!(
        error.exception().unwrap().is("UnsupportedOperation"),
        "{error:?}"
    );
    Ok(())
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

// ---- the process's own streams

#[test]
fn output_reaches_a_pipe_in_the_order_in_which_it_was_printed() {
    let end = in_child(|| {
        println!("rust 1");
        exec::<()>("print('python 1')", ()).unwrap();
        println!("rust 2");
        run("import sys; print('python 2', end=''); sys.stdout.write('\\n')").unwrap();
        gopyre::attach(|| {
            exec::<()>("print('python 3')", ()).unwrap();
            exec::<()>("print('python 4')", ()).unwrap();
        })
        .unwrap();
        println!("rust 3");
        exec::<()>("import sys; print('error 1', file=sys.stderr)", ()).unwrap();
        eprintln!("error 2");
        assert!(exec::<()>("print('before an error'); 1 / 0", ()).is_err());
        thread::spawn(|| exec::<()>("print('from a thread')", ()))
            .join()
            .unwrap()
            .unwrap();
        let script = Script::new("print('inherited')").unwrap();
        script
            .input(())
            .stdout(Output::Inherit)
            .exec::<()>()
            .unwrap();
    })
    .succeeds();
    let expected = "rust 1\npython 1\nrust 2\npython 2\npython 3\npython 4\nrust 3\nbefore an error\nfrom a thread\ninherited\n";
    assert_eq!(end.stdout, expected);
    assert_eq!(end.stderr, "error 1\nerror 2\n");
}

#[test]
fn characters_outside_of_ascii_are_printed_whatever_the_locale() {
    let end = in_child(|| {
        exec::<()>("import sys; print('ä 🌟'); print('ö', file=sys.stderr)", ()).unwrap();
        assert_eq!(
            exec::<String>(
                "open(__file__).read() if '__file__' in globals() else 'ä'",
                ()
            )
            .unwrap(),
            "ä"
        );
        assert_eq!(
            exec::<String>("import sys; sys.stdout.encoding.lower()", ()).unwrap(),
            "utf-8"
        );
        assert_eq!(
            exec::<String>("import sys; sys.getfilesystemencoding()", ()).unwrap(),
            "utf-8"
        );
    })
    .env("LANG", "C")
    .env("LC_ALL", "C")
    .env_remove("PYTHONUTF8")
    .env_remove("PYTHONIOENCODING")
    .succeeds();
    assert_eq!((&*end.stdout, &*end.stderr), ("ä 🌟\n", "ö\n"));
}

#[test]
fn the_runtimes_streams_can_be_set_at_start() {
    let end = in_child(|| {
        let (out, err) = (Log::default(), Log::default());
        let builder = gopyre::Runtime::builder().stdout(Output::writer(out.clone()));
        let runtime = builder.stderr(Output::writer(err.clone())).start().unwrap();
        exec::<()>(
            "import sys; print('out'); print('err', file=sys.stderr)",
            (),
        )
        .unwrap();
        assert_eq!((&*out.text(), &*err.text()), ("out\n", "err\n"));
        assert_eq!(printed("print('captured')").0, "captured\n");
        let script = Script::new("print('to the process')").unwrap();
        script
            .input(())
            .stdout(Output::Inherit)
            .exec::<()>()
            .unwrap();
        run("import atexit; atexit.register(print, 'at the end')").unwrap();
        runtime.finalize().unwrap();
        assert_eq!(out.text(), "out\nat the end\n");
    })
    .succeeds();
    assert_eq!(end.stdout, "to the process\n");
}

#[test]
fn a_forked_process_writes_to_the_real_streams() {
    let end = in_child(|| {
        let script = Script::new(
            "
            import os, sys
            child = os.fork()
            if child == 0:
                print('in the fork')
                sys.stdout.flush()
                os._exit(0)
            os.waitpid(child, 0)[1]
            ",
        )
        .unwrap();
        assert_eq!(script.exec::<i64>(()).unwrap(), 0);
        // A subprocess writes to the descriptors, past everything here.
        exec::<()>(
            "import subprocess; subprocess.run(['echo', 'a subprocess']); None",
            (),
        )
        .unwrap();
    })
    .limit(Duration::from_secs(20))
    .succeeds();
    assert_eq!(end.stdout, "in the fork\na subprocess\n");
}
