//! Signals are the host's: Python starts, imports and waits without a handler of its own, and whatever the host
//! has set stays and is called. Each scenario sets handlers, so each runs in a process of its own.

#![cfg(unix)]

use gopyre::{Error, Runtime, Script, exec, run};
use gopyre_tests::{End, in_child};
use std::ffi::c_int;
use std::os::unix::process::ExitStatusExt;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const SIGINT: c_int = 2;
const SIGPIPE: c_int = 13;
const SIGTERM: c_int = 15;
const SIGCHLD: c_int = if cfg!(target_os = "linux") { 17 } else { 20 };
const SIG_DFL: usize = 0;
const SIG_IGN: usize = 1;

unsafe extern "C" {
    fn signal(number: c_int, handler: usize) -> usize;
    fn raise(number: c_int) -> c_int;
}

/// Sets what happens at a signal.
fn set(number: c_int, handler: usize) {
    // SAFETY: a number of a signal, and a handler that does what a handler may.
    unsafe { signal(number, handler) };
}

/// Sends a signal to this thread.
fn send(number: c_int) {
    // SAFETY: a number of a signal.
    assert_eq!(unsafe { raise(number) }, 0);
}

static CALLS: AtomicI32 = AtomicI32::new(0);

extern "C" fn count(number: c_int) {
    CALLS.fetch_add(number, Ordering::SeqCst);
}

/// What takes over signals in plain Python.
const TAKE_OVER: [&str; 4] = [
    "None",
    "import signal, asyncio, faulthandler, threading",
    "import asyncio\nasync def main(): await asyncio.sleep(0.01)\nasyncio.run(main())",
    "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'pass'], check=True)",
];

#[test]
fn the_hosts_handler_is_called_whatever_python_imports() {
    in_child(|| {
        for number in [SIGINT, SIGTERM] {
            set(number, count as *const () as usize);
        }
        for code in TAKE_OVER {
            run(code).unwrap();
            for number in [SIGINT, SIGTERM] {
                CALLS.store(0, Ordering::SeqCst);
                send(number);
                assert_eq!(CALLS.load(Ordering::SeqCst), number, "after {code}");
            }
        }
        // Also on a thread that is in Python, where nothing is raised by it.
        let script = Script::new(
            "
            import os, signal, threading, time
            signal.pthread_kill(threading.get_ident(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.05)
            sum(range(1000))
            ",
        )
        .unwrap();
        CALLS.store(0, Ordering::SeqCst);
        assert_eq!(script.exec::<i64>(()).unwrap(), 499_500);
        // A signal to the process may be another thread's to handle.
        let deadline = Instant::now() + Duration::from_secs(20);
        while CALLS.load(Ordering::SeqCst) < SIGINT + SIGTERM && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(CALLS.load(Ordering::SeqCst), SIGINT + SIGTERM);
        Runtime::get().unwrap().finalize().unwrap();
        send(SIGINT);
        assert_eq!(CALLS.load(Ordering::SeqCst), SIGINT + SIGTERM + SIGINT);
    })
    .succeeds();
}

fn ended_by(end: &End, number: c_int) {
    assert_eq!(
        end.status.and_then(|status| status.signal()),
        Some(number),
        "{end}"
    );
}

#[test]
fn ctrl_c_ends_a_program_without_a_handler_while_python_computes() {
    let end = in_child(|| {
        run("import signal, asyncio").unwrap();
        thread::spawn(|| run("while True: pass"));
        thread::sleep(Duration::from_millis(100));
        send(SIGINT);
        thread::sleep(Duration::from_secs(30));
    })
    .run();
    ended_by(&end, SIGINT);
}

#[test]
fn a_terminated_program_ends_by_the_signal() {
    let end = in_child(|| {
        set(SIGTERM, SIG_DFL);
        run("import signal, asyncio").unwrap();
        run("import os, signal, time; os.kill(os.getpid(), signal.SIGTERM); time.sleep(30)")
            .unwrap();
    })
    .run();
    ended_by(&end, SIGTERM);
}

#[test]
fn a_script_that_interrupts_pythons_main_thread_disturbs_neither_later_scripts_nor_the_end() {
    for handler in ["default", "host"] {
        let end = in_child(|| {
            if std::env::var("HANDLER").unwrap() == "host" {
                set(SIGINT, count as *const () as usize);
            }
            run("import _thread; _thread.interrupt_main()").unwrap();
            assert_eq!(exec::<i64>("sum(range(1000))", ()).unwrap(), 499_500);
            run("
                import atexit, threading, time
                atexit.register(print, 'at the end')
                late = lambda: (time.sleep(0.2), print('waited for'))
                threading.Thread(target=late, daemon=False).start()
                ")
            .unwrap();
            Runtime::get().unwrap().finalize().unwrap();
        })
        .env("HANDLER", handler)
        .succeeds();
        assert_eq!(end.stdout, "waited for\nat the end\n", "{handler}: {end}");
    }
}

#[test]
fn a_script_cannot_set_a_handler_and_hears_so() {
    in_child(|| {
        let error = run("import signal; signal.signal(signal.SIGINT, print)").unwrap_err();
        assert!(
            matches!(&error, Error::Python(error) if error.is("ValueError")),
            "{error}"
        );
        assert!(error.to_string().contains("main thread"), "{error}");
    })
    .succeeds();
}

#[test]
fn subprocesses_end_as_ever_where_their_ends_are_ignored() {
    in_child(|| {
        set(SIGCHLD, SIG_IGN);
        let script = Script::new(
            "
            import subprocess, sys
            subprocess.run([sys.executable, '-c', 'print(6 * 7)'], capture_output=True, text=True).stdout
            ",
        )
        .unwrap();
        for _ in 0..3 {
            assert_eq!(script.exec::<String>(()).unwrap(), "42\n");
        }
        let sum: i64 = exec(
            "
            import multiprocessing
            with multiprocessing.get_context('spawn').Pool(1) as pool:
                result = pool.apply(sum, ([1, 2],))
            result
            ",
            (),
        )
        .unwrap();
        assert_eq!(sum, 3);
    })
    .succeeds();
}

#[test]
fn a_pipe_that_nobody_reads_is_an_error_and_no_end() {
    in_child(|| {
        let script = Script::new(
            "
            import os, subprocess, sys
            reader, writer = os.pipe()
            os.close(reader)
            try:
                os.write(writer, b'x')
            except BrokenPipeError as error:
                found = [str(error.errno)]
            os.close(writer)
            process = subprocess.Popen([sys.executable, '-c', 'pass'], stdin=subprocess.PIPE)
            process.wait()
            try:
                process.stdin.write(b'x')
                process.stdin.close()
            except BrokenPipeError as error:
                found.append(str(error.errno))
            # In the child the signal does what it does in every program: `yes` ends when `head` has enough.
            found.append(subprocess.run('yes | head -n 1', shell=True, capture_output=True, text=True).stdout)
            found
            ",
        )
        .unwrap();
        run("import signal, asyncio").unwrap();
        for _ in 0..2 {
            assert_eq!(script.exec::<[String; 3]>(()).unwrap(), ["32", "32", "y\n"]);
        }
        let pipe: Error = exec::<()>("raise BrokenPipeError(32, 'x')", ()).unwrap_err();
        assert!(pipe.exception().unwrap().is("OSError"), "{pipe}");
        // A host that wants the signal has it.
        set(SIGPIPE, count as *const () as usize);
        CALLS.store(0, Ordering::SeqCst);
        assert_eq!(script.exec::<[String; 3]>(()).unwrap(), ["32", "32", "y\n"]);
        assert_eq!(CALLS.load(Ordering::SeqCst), 2 * SIGPIPE);
    })
    .succeeds();
}
