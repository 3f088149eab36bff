//! Proves that what Python prints to the process's own streams arrives whole and in order.

use super::{Log, printed};
use gopyre::{Output, Script, exec, run};
use gopyre_tests::{Folder, in_child};
use std::thread;
use std::time::Duration;

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
fn what_threads_print_after_the_last_call_is_written_at_the_exit() {
    let folder = Folder::new();
    let end = in_child(|| {
        let printed = std::env::var("PRINTED").unwrap();
        let script = "
            import threading, time
            def later():
                time.sleep(0.1)
                print('later')
                open(input, 'w').close()
            threading.Thread(target=later, daemon=True).start()
            ";
        exec::<()>(script, &printed).unwrap();
        // No call that would write it.
        while !std::path::Path::new(&printed).exists() {
            thread::sleep(Duration::from_millis(5));
        }
    })
    .env("PRINTED", folder.path().join("printed"))
    .limit(Duration::from_secs(30))
    .succeeds();
    assert_eq!(end.stdout, "later\n");
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
