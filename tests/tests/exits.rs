//! A program may end at any moment, whatever its threads do in Python: its exit code and its output are as if
//! Python were not there. Each scenario ends a process of its own.

use gopyre::{
    Interpreter, Module, Object, Pool, PoolKind, Runtime, Script, attach, detach, exec, run,
};
use gopyre_tests::{Child, in_child, in_returning_child};
use std::cell::RefCell;
use std::process::exit;
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;

/// Where the process ends.
const PLACE: &str = "GOPYRE_TEST_PLACE";

type Place = (&'static str, fn());

/// Exits within what Python calls.
fn registered() {
    Module::new("host")
        .function("leave", || -> () { exit(7) })
        .register()
        .unwrap();
}

static KEPT: Mutex<Option<Object>> = Mutex::new(None);

thread_local! {
    static OWN: RefCell<Option<Object>> = const { RefCell::new(None) };
}

struct Leaves;

impl serde::Serialize for Leaves {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        exit(7)
    }
}

const PLACES: [Place; 13] = [
    ("after a call", || exit(7)),
    ("attached", || attach(|| exit(7)).unwrap()),
    ("detached", || attach(|| detach(|| exit(7))).unwrap()),
    ("in a conversion", || exec::<()>("input", Leaves).unwrap()),
    ("in a callback", || {
        registered();
        run("import host; host.leave()").unwrap();
    }),
    ("in a thread of Python's", || {
        registered();
        run("import host, threading, time\nthreading.Thread(target=host.leave).start()\ntime.sleep(30)").unwrap();
    }),
    ("in another interpreter", || {
        Interpreter::new()
            .unwrap()
            .enter(|| exec::<()>("input", Leaves).unwrap())
            .unwrap();
    }),
    ("beside interpreters", || {
        let all = [(); 3].map(|()| Interpreter::new().unwrap());
        all[1].enter(|| run("import threading, time\nthreading.Thread(target=time.sleep, args=(30,)).start()").unwrap()).unwrap();
        exit(7)
    }),
    ("in workers", || {
        let pools = [PoolKind::Threads, PoolKind::Interpreters]
            .map(|kind| Pool::builder().kind(kind).workers(2).start().unwrap());
        let busy = pools
            .each_ref()
            .map(|pool| pool.spawn(|| exec::<()>("while True: pass", ())));
        thread::sleep(Duration::from_millis(50));
        pools[0].run(|| -> () { exit(7) }).unwrap();
        drop(busy);
    }),
    ("with handles everywhere", || {
        *KEPT.lock().unwrap() = Some(exec("[object()]", ()).unwrap());
        OWN.set(Some(exec("[object()]", ()).unwrap()));
        thread::spawn(|| {
            OWN.set(Some(exec("[object()]", ()).unwrap()));
            thread::sleep(Duration::from_secs(30));
        });
        thread::sleep(Duration::from_millis(20));
        exit(7)
    }),
    ("in a run with a limit", || {
        let script = Script::new("input").unwrap();
        script
            .input(Leaves)
            .timeout(Duration::from_secs(30))
            .exec::<()>()
            .unwrap();
    }),
    ("while it is finalized", || {
        run("import atexit, time; atexit.register(time.sleep, 30)").unwrap();
        thread::spawn(|| Runtime::get().unwrap().finalize());
        thread::sleep(Duration::from_millis(100));
        exit(7)
    }),
    ("after it is finalized", || {
        let kept: Object = exec("[]", ()).unwrap();
        // An error where others stay in Python.
        let _ = Runtime::get().unwrap().finalize();
        *KEPT.lock().unwrap() = Some(kept);
        exit(7)
    }),
];

/// Runs the scenario once for each place.
fn at_each_place(child: fn() -> Child) {
    for (name, _) in PLACES {
        let end = child().env(PLACE, name).run();
        assert_eq!(end.code(), Some(7), "{name}: {end}");
        assert_eq!(end.stdout, "printed\n", "{name}");
        assert_eq!(end.stderr, "", "{name}");
    }
}

/// Ends the process at the place that it was started for.
fn leave() {
    let name = std::env::var(PLACE).unwrap();
    let (_, place) = PLACES.iter().find(|(place, _)| *place == name).unwrap();
    place();
}

#[test]
fn the_process_may_exit_anywhere() {
    at_each_place(|| {
        in_child(|| {
            run("print('printed')").unwrap();
            leave();
        })
    });
}

#[test]
fn the_process_may_exit_while_others_are_in_python() {
    at_each_place(|| {
        in_child(|| {
            for code in [
                "while True: pass",
                "import time; time.sleep(30)",
                "while True: [object() for _ in range(99)]",
            ] {
                thread::spawn(move || exec::<()>(code, ()));
            }
            thread::sleep(Duration::from_millis(30));
            run("print('printed')").unwrap();
            leave();
        })
    });
}

/// Uses Python when its thread ends.
struct Late;

impl Drop for Late {
    fn drop(&mut self) {
        let _ = exec::<Object>("[n for n in range(3)]", ());
        let _ = exec::<()>("1 / 0", ());
    }
}

thread_local! {
    static LATE: RefCell<Option<Late>> = const { RefCell::new(None) };
}

#[test]
fn main_may_return_while_threads_end_in_python() {
    let Some(child) = in_returning_child(|| {
        run("print('printed')").unwrap();
        LATE.set(Some(Late));
        let (send, begun) = mpsc::channel();
        for _ in 0..4 {
            let send = send.clone();
            thread::spawn(move || {
                loop {
                    thread::spawn(|| {
                        LATE.set(Some(Late));
                        exec::<i64>("1", ())
                    });
                    thread::sleep(Duration::from_millis(1));
                    let _ = send.send(());
                }
            });
        }
        begun.iter().take(20).for_each(drop);
    }) else {
        return;
    };
    child.succeeds();
}
