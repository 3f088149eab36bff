//! What each has for itself, and what works inside of it.

use super::SHORT;
use gopyre::{Buffer, Error, Interpreter, Object, Runtime, Script, attach, detach, exec, run};
use gopyre_tests::in_child;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

#[test]
fn modules_and_globals_are_its_own() {
    in_child(|| {
        run("import json; json.tag = 'main'; name = 'main'").unwrap();
        let interpreter = Interpreter::new().unwrap();
        interpreter
            .enter(|| {
                assert!(!exec::<bool>("import json; hasattr(json, 'tag')", ()).unwrap());
                let sum: i64 = exec("import json; json.loads(input)[1]", "[1, 2]").unwrap();
                assert_eq!(sum, 2);
                run("name = 'other'").unwrap();
            })
            .unwrap();
        run("assert json.tag == name == 'main'").unwrap();
        interpreter
            .enter(|| run("assert name == 'other'"))
            .unwrap()
            .unwrap();
        drop(interpreter);
        run("assert json.tag == 'main'").unwrap();
    })
    .limit(SHORT)
    .succeeds();
}

#[test]
fn one_script_runs_in_all() {
    in_child(|| {
        let script = Script::new("import threading, sys; (input, id(sys))").unwrap();
        let mut seen = vec![script.exec::<(i64, u64)>(0).unwrap().1];
        for n in 1..4 {
            let interpreter = Interpreter::new().unwrap();
            let (input, id): (i64, u64) = interpreter.enter(|| script.exec(n)).unwrap().unwrap();
            assert_eq!(input, n);
            seen.push(id);
        }
        assert_eq!(seen[0], script.exec::<(i64, u64)>(0).unwrap().1);
        assert!(seen[1..].iter().all(|id| *id != seen[0]));
    })
    .limit(SHORT)
    .succeeds();
}

#[test]
fn the_current_one_is_right_at_every_level() {
    in_child(|| {
        let here =
            || exec::<String>("import __main__; getattr(__main__, 'me', 'main')", ()).unwrap();
        let [a, b] = ["a", "b"].map(|name| {
            let interpreter = Interpreter::new().unwrap();
            interpreter
                .enter(|| run(&format!("me = '{name}'")))
                .unwrap()
                .unwrap();
            interpreter
        });
        assert_eq!(here(), "main");
        a.enter(|| {
            assert_eq!(here(), "a");
            attach(|| {
                assert_eq!(here(), "a");
                b.enter(|| {
                    assert_eq!(here(), "b");
                    attach(|| detach(|| assert_eq!(here(), "b"))).unwrap();
                    a.enter(|| assert_eq!(here(), "a")).unwrap();
                    assert_eq!(here(), "b");
                    thread::scope(|s| s.spawn(|| assert_eq!(here(), "main")).join()).unwrap();
                })
                .unwrap();
                assert_eq!(here(), "a");
            })
            .unwrap();
        })
        .unwrap();
        attach(|| {
            a.enter(|| assert_eq!(here(), "a")).unwrap();
            assert_eq!(here(), "main");
        })
        .unwrap();
        assert_eq!(here(), "main");
    })
    .limit(SHORT)
    .succeeds();
}

#[test]
fn an_error_of_another_interpreter_comes_back_through_python_as_itself() {
    in_child(|| {
        let interpreter = Interpreter::new().unwrap();
        let fail = gopyre::function("fail", move || {
            interpreter
                .enter(|| exec::<()>("class Own(ValueError): pass\nraise Own('theirs')", ()))?
        })
        .unwrap();
        let caught: (String, bool) = exec(
            "
            import gopyre
            try:
                input()
            except gopyre.RustError as error:
                caught = str(error), isinstance(error, ValueError)
            caught
            ",
            &fail,
        )
        .unwrap();
        assert_eq!(caught, ("Own: theirs".to_owned(), false));
        let Err(Error::Python(error)) = exec::<()>("input()", &fail) else {
            panic!("it is raised");
        };
        assert_eq!((error.type_name(), error.message()), ("Own", "theirs"));
        assert!(error.is("ValueError"));
    })
    .succeeds();
}

#[test]
fn an_object_of_another_interpreter_is_refused_everywhere() {
    in_child(|| {
        let interpreter = Interpreter::new().unwrap();
        let theirs: Object = interpreter.enter(|| exec("[1, 2]", ())).unwrap().unwrap();
        let ours: Object = exec("[1, 2]", ()).unwrap();
        let wrong = |outcome: gopyre::Result<()>| {
            assert!(
                matches!(outcome, Err(Error::WrongInterpreter)),
                "{outcome:?}"
            );
        };
        let refused = |object: &Object, own: &Object| {
            wrong(object.extract::<Vec<i64>>().map(drop));
            wrong(object.attr("append").map(drop));
            wrong(object.set_attr("x", 1));
            wrong(object.del_attr("x"));
            wrong(object.has_attr("x").map(drop));
            wrong(object.item(0).map(drop));
            wrong(object.set_item(0, 1));
            wrong(object.del_item(0));
            wrong(object.len().map(drop));
            wrong(object.contains(1).map(drop));
            wrong(object.iter().map(drop));
            wrong(object.call(()).map(drop));
            wrong(object.call_with((), ()).map(drop));
            wrong(object.call_method("append", (1,)).map(drop));
            wrong(object.str().map(drop));
            wrong(object.repr().map(drop));
            wrong(object.type_name().map(drop));
            wrong(object.is_true().map(drop));
            wrong(object.is_instance(own).map(drop));
            wrong(own.is_instance(object).map(drop));
            wrong(object.equals(1).map(drop));
            wrong(object.compare(1).map(drop));
            wrong(object.enter(|_| Ok(())).map(drop));
            wrong(object.view::<u8>().map(drop));
            wrong(own.equals(object).map(drop));
            wrong(own.call_method("append", (object,)).map(drop));
            wrong(exec::<()>("input", object));
            wrong(exec::<()>("input", (1, vec![object])));
            wrong(Object::new(object).map(drop));
            assert!(!object.is_none() && !object.is_callable() && !object.is(own));
            drop(object.clone());
        };
        refused(&theirs, &ours);
        interpreter.enter(|| refused(&ours, &theirs)).unwrap();
        let copy = theirs.clone();
        drop(interpreter);
        refused(&copy, &ours);
        drop((copy, theirs));
        assert_eq!(ours.len().unwrap(), 2);
    })
    .limit(SHORT)
    .succeeds();
}

#[test]
fn a_module_that_is_refused_names_itself_and_the_way_out() {
    in_child(|| {
        let interpreter = Interpreter::new().unwrap();
        let refused = ["_testsinglephase", "readline", "_curses", "_tkinter"]
            .map(|name| interpreter.enter(|| gopyre::import(name)).unwrap().err());
        let refused = refused.iter().flatten();
        let refused: Vec<_> = refused
            .filter(|error| error.to_string().contains("subinterpreters"))
            .collect();
        let isolated = Runtime::get().unwrap().version().minor >= 12;
        assert_eq!(!refused.is_empty(), isolated, "{refused:?}");
        for error in refused {
            let exception = error.exception().unwrap();
            assert!(exception.is("ImportError"));
            let help = exception.notes().last().unwrap();
            assert!(help.starts_with("help: `_") || help.starts_with("help: `readline`"));
            assert!(help.contains("PoolKind::Threads"), "{help}");
            assert!(format!("{error:?}").contains(help.as_str()));
        }
    })
    .limit(SHORT)
    .succeeds();
}

#[derive(serde::Serialize)]
struct Input {
    name: &'static str,
    buffer: Buffer<f64>,
}

#[test]
fn everything_works_inside() {
    in_child(|| {
        let interpreter = Interpreter::new().unwrap();
        let script = Script::new("print('to', name); sum(input['buffer'])").unwrap();
        let inside = || {
            let buffer = Buffer::from(vec![1.5, 2.5]);
            let name = "memory";
            let run = script.input(Input { name, buffer }).capture::<f64>();
            assert_eq!((run.stdout.as_str(), run.value.unwrap()), ("to memory\n", 4.0));
            let threads = Script::new(
                "import threading\nt = threading.Thread(target=print, args=('there',))\nt.start()\nt.join()",
            );
            assert_eq!(threads.unwrap().input(()).capture::<()>().stdout, "there\n");
            let endless = Script::new("while True: pass").unwrap();
            let limited = endless.input(()).timeout(Duration::from_millis(60)).exec::<()>();
            assert!(matches!(limited, Err(Error::Timeout(_))), "{limited:?}");
            assert_eq!(gopyre::call::<f64>("math", "sqrt", (16,)).unwrap(), 4.0);
            let error = exec::<()>("def f():\n    raise ValueError('no')\nf()", ()).unwrap_err();
            assert_eq!(error.exception().unwrap().frames().len(), 2);
            let array: Object = exec("import array; array.array('d', [1.0, 2.0])", ()).unwrap();
            array.view::<f64>().unwrap().set(&[1], 5.0).unwrap();
            assert_eq!(array.extract::<Vec<f64>>().unwrap(), [1.0, 5.0]);
            let path: Vec<String> = exec("import sys; sys.path", ()).unwrap();
            let out = exec::<String>(
                "
                import subprocess, sys
                command = [sys.executable, '-c', 'print(6*7)']
                subprocess.run(command, capture_output=True, text=True).stdout
                ",
                (),
            );
            assert_eq!(out.unwrap(), "42\n");
            (path, array.view::<f64>().unwrap())
        };
        let (path, view) = interpreter.enter(inside).unwrap();
        assert_eq!(path, exec::<Vec<String>>("import sys; sys.path", ()).unwrap());
        // A view of its memory is of no use elsewhere, nor when it has ended.
        assert_eq!(view.get(&[0]), None);
        assert!(view.to_vec().is_empty());
        assert!(matches!(view.set(&[0], 1.0), Err(Error::WrongInterpreter)));
        assert_eq!(interpreter.enter(|| view.get(&[0])).unwrap(), Some(1.0));
        drop(interpreter);
        assert_eq!(view.get(&[0]), None);
        let again = Interpreter::new().unwrap();
        again.enter(inside).unwrap();
    })
    .limit(SHORT)
    .succeeds();
}

#[test]
fn what_rust_exports_is_there_in_all() {
    in_child(|| {
        let calls = Arc::new(std::sync::atomic::AtomicI64::new(0));
        let counted = Arc::clone(&calls);
        gopyre::Module::new("counting")
            .function("count", move |n: i64| {
                // A call back into the same interpreter.
                let n: i64 = exec("import __main__; input + getattr(__main__, 'extra', 0)", n)?;
                Ok::<i64, Error>(counted.fetch_add(n, std::sync::atomic::Ordering::SeqCst))
            })
            .function("fail", || {
                Err::<(), _>(std::io::Error::from(std::io::ErrorKind::NotFound))
            })
            .function("crash", || -> () { panic!("on purpose") })
            .register()
            .unwrap();
        let script = Script::new(
            "
            import counting, gopyre
            counting.count(1)
            value = 40
            try:
                counting.fail()
            except FileNotFoundError:
                value += 1
            try:
                counting.crash()
            except gopyre.RustPanic:
                value += 1
            value
            ",
        )
        .unwrap();
        assert_eq!(script.exec::<i64>(()).unwrap(), 42);
        for round in 0..3 {
            let interpreter = Interpreter::new().unwrap();
            interpreter.enter(|| run("extra = 10")).unwrap().unwrap();
            thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(|| {
                        let value: i64 = interpreter.enter(|| script.exec(())).unwrap().unwrap();
                        assert_eq!(value, 42);
                    });
                }
            });
            let function: Object = interpreter
                .enter(|| exec("import counting; counting.count", ()))
                .unwrap()
                .unwrap();
            assert!(matches!(function.call((1,)), Err(Error::WrongInterpreter)));
            drop(interpreter);
            let total = calls.load(std::sync::atomic::Ordering::SeqCst);
            assert_eq!(total, 1 + 22 * (round + 1));
        }
        let pool = gopyre::Pool::new(2).unwrap();
        let values = pool
            .map(0..20, |_| script.exec::<i64>(()).unwrap())
            .unwrap();
        assert_eq!(values, [42; 20]);
    })
    .limit(SHORT)
    .succeeds();
}

#[test]
fn the_standard_library_can_be_imported() {
    in_child(|| {
        for _ in 0..3 {
            let interpreter = Interpreter::new().unwrap();
            for name in [
                "asyncio",
                "concurrent.futures",
                "csv",
                "datetime",
                "decimal",
                "hashlib",
                "json",
                "logging",
                "multiprocessing",
                "pathlib",
                "pickle",
                "random",
                "re",
                "socket",
                "sqlite3",
                "ssl",
                "statistics",
                "subprocess",
                "threading",
                "urllib.request",
                "uuid",
                "zlib",
                "zoneinfo",
            ] {
                if gopyre::import(name).is_ok() {
                    interpreter.enter(|| gopyre::import(name)).unwrap().unwrap();
                }
            }
        }
    })
    .limit(SHORT)
    .succeeds();
}
