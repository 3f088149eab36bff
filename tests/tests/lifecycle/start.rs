//! How Python starts.

use super::SHORT;
use gopyre::{Error, Runtime, detach, exec};
use gopyre_tests::in_child;
use std::sync::Barrier;
use std::thread;

#[test]
fn sixteen_threads_start_it_at_once() {
    in_child(|| {
        let barrier = Barrier::new(16);
        thread::scope(|scope| {
            for n in 0..16_i64 {
                let barrier = &barrier;
                scope.spawn(move || {
                    barrier.wait();
                    if n % 2 == 0 {
                        Runtime::start().unwrap();
                    }
                    assert_eq!(exec::<i64>("input + 1", n).unwrap(), n + 1);
                });
            }
        });
        assert!(Runtime::is_running());
    })
    .limit(SHORT)
    .succeeds();
}

#[test]
fn the_garbage_collector_is_as_python_starts_it() {
    in_child(|| {
        let state = "gc.isenabled(), gc.get_freeze_count(), gc.get_threshold(), gc.callbacks";
        let found: String = exec(&format!("import gc; repr(({state}))"), ()).unwrap();
        let own = "import subprocess, sys
subprocess.run([sys.executable, '-c', input], check=True, capture_output=True, text=True).stdout";
        let own: String = exec(own, format!("import gc; print(({state}))")).unwrap();
        assert_eq!(found, own.trim_end());
        let cycle = "import gc, weakref
class A: pass
made = A()
made.itself, seen = made, weakref.ref(made)
del made
gc.collect()
seen() is None";
        assert!(exec::<bool>(cycle, ()).unwrap());
    })
    .succeeds();
}

#[test]
fn what_a_site_has_frozen_stays_so() {
    let folder = gopyre_tests::Folder::new();
    folder.file("sitecustomize.py", "import gc; gc.freeze()\n");
    in_child(|| {
        let frozen: u64 = exec("import gc; gc.get_freeze_count()", ()).unwrap();
        assert!(frozen > 1000, "{frozen}");
    })
    .env("PYTHONPATH", folder.path())
    .succeeds();
}

#[test]
fn nothing_runs_before_the_first_use() {
    in_child(|| {
        assert!(Runtime::get().is_none());
        assert!(!Runtime::is_running());
        // Outside of an attachment `detach` does nothing, and so starts nothing.
        assert_eq!(detach(|| 5), 5);
        assert!(!Runtime::is_running());
        assert_eq!(exec::<i64>("1", ()).unwrap(), 1);
        let runtime = Runtime::get().unwrap();
        assert_eq!(runtime.version(), Runtime::start().unwrap().version());
    })
    .succeeds();
}

#[test]
fn a_second_start_takes_the_same_options_and_no_others() {
    in_child(|| {
        Runtime::builder().args(["a"]).start().unwrap();
        Runtime::builder().args(["a"]).start().unwrap();
        Runtime::start().unwrap();
        for other in [
            Runtime::builder(),
            Runtime::builder().args(["b"]),
            Runtime::builder().args(["a"]).isolated(true),
            Runtime::builder().args(["a"]).path("/elsewhere"),
            Runtime::builder().args(["a"]).stdout(gopyre::Output::Null),
        ] {
            assert!(matches!(other.start(), Err(Error::AlreadyRunning)));
        }
        assert_eq!(
            exec::<Vec<String>>("import sys; sys.argv[1:]", ()).unwrap(),
            ["a"]
        );
    })
    .succeeds();
}

#[test]
fn a_start_that_failed_can_be_tried_again() {
    in_child(|| {
        let error = Runtime::builder()
            .library("/gopyre/absent.so")
            .start()
            .unwrap_err();
        assert!(matches!(error, Error::Library(_)), "{error:?}");
        assert!(!Runtime::is_running());
        Runtime::start().unwrap();
        assert_eq!(exec::<i64>("1", ()).unwrap(), 1);
    })
    .succeeds();
}

/// The lines of `/proc/self/status` on which signals are caught and ignored.
fn signals() -> Vec<String> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .filter(|line| line.starts_with("SigCgt") || line.starts_with("SigIgn"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn signal_handlers_stay_the_hosts() {
    in_child(|| {
        let before = signals();
        if before.is_empty() {
            println!("left out: this system has no /proc/self/status");
            return;
        }
        Runtime::start().unwrap();
        assert_eq!(signals(), before, "changed by the start");
        exec::<()>("import signal, asyncio, threading, faulthandler", ()).unwrap();
        assert_eq!(signals(), before, "changed by an import");
        exec::<()>(
            "import asyncio\nasync def main(): await asyncio.sleep(0)\nasyncio.run(main())",
            (),
        )
        .unwrap();
        assert_eq!(signals(), before, "changed by an event loop");
        Runtime::start().unwrap().finalize().unwrap();
        assert_eq!(signals(), before, "changed by the end");
    })
    .succeeds();
}

#[test]
fn the_current_directory_is_never_searched() {
    let folder = gopyre_tests::Folder::new();
    for name in [
        "json.py",
        "encodings.py",
        "site.py",
        "sitecustomize.py",
        "threading.py",
        "gopyre_here.py",
    ] {
        folder.file(
            name,
            "raise SystemError('imported from the current directory')",
        );
    }
    in_child(|| {
        assert_eq!(
            exec::<String>("import json; json.dumps([1])", ()).unwrap(),
            "[1]"
        );
        let error = exec::<()>("import gopyre_here", ()).unwrap_err();
        assert!(
            error.exception().unwrap().is("ModuleNotFoundError"),
            "{error:?}"
        );
        let here = std::env::current_dir().unwrap();
        let path: Vec<String> = exec("import sys; sys.path", ()).unwrap();
        assert!(
            !path.iter().any(|entry| entry.is_empty()
                || entry == "."
                || here.as_path() == std::path::Path::new(entry)),
            "{path:?}"
        );
        Runtime::start().unwrap().finalize().unwrap();
    })
    .current_dir(folder.path())
    .env_remove("PYTHONPATH")
    .succeeds();
}
