//! Proves what a writer that gets the output of a script is given, and what becomes of one that fails.

use super::{Log, printed};
use gopyre::{Error, Output, Result, Script, exec};
use gopyre_tests::in_child;
use std::io::{self, Write};
use std::thread;
use std::time::Duration;

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
fn what_a_writer_sends_elsewhere_goes_there() {
    let end = in_child(|| {
        let (captured, log) = (Log::default(), Log::default());
        let (mut into, own) = (captured.clone(), log.clone());
        let writer = with(move |bytes| {
            let inner = Script::new("print('inner')").unwrap();
            let run = inner.input(()).capture::<()>();
            run.value.unwrap();
            into.write_all(run.stdout.as_bytes())?;
            let to = |output| inner.input(()).stdout(output).exec::<()>().unwrap();
            to(Output::writer(own.clone()));
            to(Output::Null);
            to(Output::Inherit);
            Ok(bytes.len())
        });
        let script = Script::new("print('outer')").unwrap();
        script.input(()).stdout(writer).exec::<()>().unwrap();
        assert_eq!((&*captured.text(), &*log.text()), ("inner\n", "inner\n"));
    })
    .limit(Duration::from_secs(30))
    .succeeds();
    assert_eq!(end.stdout, "inner\n");
}

#[test]
fn a_thread_that_a_writer_starts_prints_to_the_process() {
    let end = in_child(|| {
        let writer = || {
            with(|bytes| {
                let start = "
                import threading
                thread = threading.Thread(target=print, args=('from a thread',))
                thread.start()
                thread.join()
                ";
                exec::<()>(start, ()).unwrap();
                Ok(bytes.len())
            })
        };
        gopyre::Runtime::builder().stdout(writer()).start().unwrap();
        let script = Script::new("print('x')").unwrap();
        script.input(()).exec::<()>().unwrap();
        script.input(()).stdout(writer()).exec::<()>().unwrap();
        script.input(()).exec::<()>().unwrap();
    })
    .limit(Duration::from_secs(30))
    .succeeds();
    assert_eq!(end.stdout, "from a thread\n".repeat(3));
}

/// A writer that waits for a thread when it goes, which needs Python.
struct Joins(Option<thread::JoinHandle<()>>);

impl Joins {
    fn new(gone: impl FnOnce() + Send + 'static) -> Joins {
        Joins(Some(thread::spawn(move || {
            // Long enough for the execution to have Python.
            thread::sleep(Duration::from_millis(50));
            exec::<i64>("1", ()).unwrap();
            gone();
        })))
    }
}

impl Write for Joins {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Joins {
    fn drop(&mut self) {
        self.0.take().unwrap().join().unwrap();
    }
}

#[test]
fn a_writer_goes_with_its_execution_and_may_wait_for_python() {
    in_child(|| {
        let gone = Log::default();
        let mut tell = gone.clone();
        let writer = Output::writer(Joins::new(move || tell.write_all(b"gone").unwrap()));
        // A thread that lives on is no reason to keep it.
        let script = Script::new(
            "
            import threading, time
            printed = threading.Event()
            def stay():
                print('x')
                printed.set()
                time.sleep(600)
            threading.Thread(target=stay, daemon=True).start()
            assert printed.wait(20)
            ",
        )
        .unwrap();
        script.input(()).stdout(writer).exec::<()>().unwrap();
        assert_eq!(gone.text(), "gone");
    })
    .limit(Duration::from_secs(30))
    .succeeds();
}

/// An error of a writer's own.
#[derive(Debug)]
struct Full;

impl std::fmt::Display for Full {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the disk is full")
    }
}

impl std::error::Error for Full {}

#[track_caller]
fn source_of(error: &Error) -> &io::Error {
    match error {
        Error::Io { source, .. } => source,
        other => panic!("expected an I/O error, found {other:?}"),
    }
}

#[test]
fn a_writer_that_fails_is_an_os_error_in_python() -> Result<()> {
    let broken = || with(|_| Err(io::ErrorKind::BrokenPipe.into()));
    let script = Script::new(
        "try:\n    print('x')\nexcept BrokenPipeError as e:\n    caught = e.errno\ncaught",
    )?;
    // The line was not written, so the execution as a whole may fail too; the process does not.
    let _ = script.input(()).stdout(broken()).exec::<i64>();
    // Where it ends the script, it is the writer's own error that comes out.
    let error = Script::new("print('x')\nprint('y')")?
        .input(())
        .stdout(broken())
        .exec::<()>()
        .unwrap_err();
    assert_eq!(
        source_of(&error).kind(),
        io::ErrorKind::BrokenPipe,
        "{error:?}"
    );
    assert_eq!(error.to_string(), "`<stdout>`: broken pipe");

    let full = || with(|_| Err(io::Error::other(Full)));
    for code in [
        "print('x')",
        "import sys; sys.stdout.write('x'); sys.stdout.flush()",
        "def f(): print('x')\ntry:\n    f()\nfinally:\n    y = 1",
        "try:\n    print('x')\nexcept OSError as e:\n    raise",
        "try:\n    print('x')\nexcept OSError: pass\nprint('y')",
        "from concurrent.futures import ThreadPoolExecutor as E\nE().submit(print, 'x').result()",
    ] {
        let error = Script::new(code)?
            .input(())
            .stdout(full())
            .exec::<()>()
            .unwrap_err();
        let source = source_of(&error).get_ref().unwrap();
        assert!(source.is::<Full>(), "{code}: {error:?}");
        let stream = "import sys\ndef print(*x): sys.stderr.write(*x); sys.stderr.flush()\n";
        let run = Script::new(format!("{stream}{code}").replace("stdout", "stderr"))?;
        let error = run.input(()).stderr(full()).exec::<()>().unwrap_err();
        assert_eq!(error.to_string(), "`<stderr>`: the disk is full", "{code}");
    }
    // What the script makes of it is the script's.
    let error =
        Script::new("try:\n    print('x')\nexcept OSError as e:\n    raise ValueError from e")?
            .input(())
            .stdout(full())
            .exec::<()>()
            .unwrap_err();
    let exception = error.exception().unwrap();
    assert!(exception.is("ValueError"), "{error:?}");
    assert_eq!(exception.cause().unwrap().message(), "the disk is full");
    // What is only written at the end has no Python to tell.
    let error = Script::new("print('x', end='')")?
        .input(())
        .stdout(full())
        .exec::<()>()
        .unwrap_err();
    assert_eq!(source_of(&error).to_string(), "the disk is full");
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
    let message = "the writer panicked: a test's writer panics";
    assert_eq!(error.to_string(), format!("`<stdout>`: {message}"));
    let caught = "try:\n    print('x')\nexcept OSError as e:\n    message = str(e)\nmessage";
    let writer = with(|bytes| match bytes {
        b"x\n" => std::panic::panic_any("only once".to_owned()),
        _ => Ok(bytes.len()),
    });
    let caught: String = Script::new(caught)?.input(()).stdout(writer).exec()?;
    assert_eq!(caught, "the writer panicked: only once");
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
