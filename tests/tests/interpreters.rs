//! Interpreters beside the main one: what they share, what they do not, and how they end.
//!
//! Every scenario runs in a process of its own: an interpreter that ends wrongly ends the process, and
//! a lock that is taken wrongly is never given back.

use gopyre::{Buffer, Error, Interpreter, Object, Runtime, Script, attach, detach, exec, run};
use gopyre_tests::in_child;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

const SHORT: Duration = Duration::from_secs(60);

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
fn eight_are_used_in_any_order_and_by_many_threads() {
    in_child(|| {
        let all: Vec<Arc<Interpreter>> = (0..8)
            .map(|_| Arc::new(Interpreter::new().unwrap()))
            .collect();
        thread::scope(|scope| {
            for worker in 0..4 {
                let all = &all;
                scope.spawn(move || {
                    for round in 0..40 {
                        let interpreter = &all[(worker * 3 + round * 5) % 8];
                        let n: usize = interpreter
                            .enter(|| {
                                exec(
                                    "import threading; threading.current_thread(); input + 1",
                                    round,
                                )
                            })
                            .unwrap()
                            .unwrap();
                        assert_eq!(n, round + 1);
                    }
                });
            }
        });
        let (first, second) = all.split_at(4);
        for interpreter in first {
            interpreter
                .enter(|| run("import gc; gc.collect()"))
                .unwrap()
                .unwrap();
        }
        drop((first.to_vec(), second.to_vec()));
        let mut all = all;
        thread::spawn(move || all.drain(..5).count())
            .join()
            .unwrap();
        assert_eq!(exec::<i64>("1", ()).unwrap(), 1);
    })
    .limit(SHORT)
    .succeeds();
}

#[test]
fn many_come_and_go() {
    in_child(|| {
        for round in 0..20 {
            let interpreter = Interpreter::new().unwrap();
            let script = "import asyncio, decimal, datetime, uuid; str(decimal.Decimal(1) / 8)";
            let text: String = interpreter.enter(|| exec(script, ())).unwrap().unwrap();
            assert_eq!(text, "0.125");
            match round % 3 {
                0 => drop(interpreter),
                1 => attach(|| drop(interpreter)).unwrap(),
                _ => thread::spawn(move || drop(interpreter)).join().unwrap(),
            }
        }
        assert_eq!(exec::<i64>("1", ()).unwrap(), 1);
    })
    .limit(SHORT)
    .succeeds();
}

#[test]
fn dropping_one_waits_for_its_threads_and_keeps_one_whose_daemons_stay() {
    let end = in_child(|| {
        let interpreter = Interpreter::new().unwrap();
        interpreter
            .enter(|| {
                run("
                    import atexit, threading, time
                    def work():
                        time.sleep(0.3)
                        print('the thread is done')
                    threading.Thread(target=work).start()
                    atexit.register(print, 'atexit')
                ")
            })
            .unwrap()
            .unwrap();
        drop(interpreter);
        println!("dropped");
        let stuck = Interpreter::new().unwrap();
        stuck
            .enter(|| run("import _thread, time; _thread.start_new_thread(time.sleep, (1.5,))"))
            .unwrap()
            .unwrap();
        drop(stuck);
        assert_eq!(exec::<i64>("1", ()).unwrap(), 1);
        let runtime = Runtime::get().unwrap();
        assert!(matches!(runtime.finalize(), Err(Error::Busy)));
        assert_eq!(exec::<i64>("1", ()).unwrap(), 1);
        thread::sleep(Duration::from_secs(2));
        runtime.finalize().unwrap();
    })
    .limit(SHORT)
    .succeeds();
    assert_eq!(end.stdout, "the thread is done\natexit\ndropped\n");
}

#[test]
fn finalize_ends_what_is_left() {
    let end = in_child(|| {
        let interpreter = Interpreter::new().unwrap();
        let object: Object = interpreter
            .enter(|| exec("import atexit; atexit.register(print, 'ended'); []", ()))
            .unwrap()
            .unwrap();
        let runtime = Runtime::get().unwrap();
        interpreter
            .enter(|| assert!(matches!(runtime.finalize(), Err(Error::Busy))))
            .unwrap();
        runtime.finalize().unwrap();
        assert!(matches!(interpreter.enter(|| ()), Err(Error::Finalized)));
        assert!(matches!(Interpreter::new(), Err(Error::Finalized)));
        drop((object, interpreter));
    })
    .limit(SHORT)
    .succeeds();
    assert_eq!(end.stdout, "ended\n");
}

#[test]
fn finalize_waits_for_what_interpreters_do_at_their_end_and_for_nothing_else() {
    let end = in_child(|| {
        gopyre::Module::new("host")
            .function("tell", |what: String| exec::<()>("print(input)", what))
            .register()
            .unwrap();
        // What runs at the end takes longer than a turn at the GIL; the threads that it waits for have been in
        // Rust, and so have something to give back.
        let script = Script::new(
            "
            import atexit, host, threading, time
            def work():
                host.tell('a thread begins')
                time.sleep(0.3)
            def leave():
                time.sleep(0.1)
                host.tell('left')
            atexit.register(leave)
            threading.Thread(target=work).start()
            ",
        )
        .unwrap();
        let interpreters = [(); 2].map(|()| Interpreter::new().unwrap());
        for interpreter in &interpreters {
            interpreter
                .enter(|| script.exec::<()>(()))
                .unwrap()
                .unwrap();
        }
        Runtime::get().unwrap().finalize().unwrap();
        for interpreter in &interpreters {
            assert!(matches!(interpreter.enter(|| ()), Err(Error::Finalized)));
        }
    })
    .limit(SHORT)
    .succeeds();
    let mut lines: Vec<_> = end.stdout.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        ["a thread begins", "a thread begins", "left", "left"]
    );
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
fn an_interpreter_of_pythons_own_may_call_us_and_end() {
    let end = in_child(|| {
        let script = Script::new(
            "
            import ctypes, sys
            try:
                import _interpreters
                create = lambda: _interpreters.create('legacy')
                execute, destroy = _interpreters.exec, _interpreters.destroy
            except ImportError:
                import _xxsubinterpreters
                create = lambda: _xxsubinterpreters.create(isolated=False)
                execute, destroy = _xxsubinterpreters.run_string, _xxsubinterpreters.destroy

            # The definition of a C function of ours, which its object points at first thing.
            write = sys.stdout.buffer.write.__func__.__globals__['write']
            definition = ctypes.c_void_p.from_address(id(write) + object.__basicsize__).value
            code = f'''if True:
                import ctypes, threading
                make = ctypes.pythonapi.PyCFunction_NewEx
                make.restype, make.argtypes = ctypes.py_object, [ctypes.c_void_p] * 3
                write = make({definition}, None, None)
                write(False, b'from there\\\\n')
                thread = threading.Thread(target=lambda: write(False, b'from a thread there\\\\n'))
                thread.start()
                thread.join()
            '''
            for round in range(3):
                number = create()
                for _ in range(2):
                    failed = execute(number, code)
                    assert failed is None, failed
                destroy(number)
                print('back')
            ",
        )
        .unwrap();
        for _ in 0..3 {
            script.exec::<()>(()).unwrap();
            let ours = Interpreter::new().unwrap();
            assert_eq!(ours.enter(|| exec::<i64>("1", ()).unwrap()).unwrap(), 1);
        }
        Runtime::get().unwrap().finalize().unwrap();
    })
    .limit(SHORT)
    .succeeds();
    let line = "from there\nfrom a thread there\n";
    assert_eq!(end.stdout, format!("{line}{line}back\n").repeat(9));
}

/// Two interpreters that compute, and wait for each other in nothing but memory.
fn shake_hands(interval: &str) -> (i64, i64) {
    let folder = gopyre_tests::Folder::new();
    let file = folder.file("shared", &"\0".repeat(4096));
    let script = Script::new(
        "
        import mmap, sys
        sys.setswitchinterval(input['interval'])
        with open(input['file'], 'r+b') as file:
            shared = mmap.mmap(file.fileno(), 0)
        me, other = input['me'], 1 - input['me']
        rounds = 0
        while rounds < 100:
            shared[me] = rounds
            while shared[other] < rounds: pass
            rounds += 1
        shared[me] = rounds
        rounds
        ",
    )
    .unwrap();
    let shake = |me: i64| {
        let input = format!("{{'interval': {interval}, 'me': {me}, 'file': {:?}}}", file);
        let input: Object = exec(&input, ()).unwrap();
        script.exec::<i64>(input).unwrap()
    };
    let [a, b] = [0, 1].map(|_| Interpreter::new().unwrap());
    thread::scope(|scope| {
        let first = scope.spawn(|| a.enter(|| shake(0)).unwrap());
        let second = b.enter(|| shake(1)).unwrap();
        (first.join().unwrap(), second)
    })
}

#[test]
fn two_that_compute_both_progress() {
    in_child(|| assert_eq!(shake_hands("0.005"), (100, 100)))
        .limit(SHORT)
        .succeeds();
}

#[test]
fn a_gil_of_its_own_is_not_waited_for() {
    in_child(|| {
        // Nobody gives up a GIL for as long as a minute.
        if Interpreter::new().unwrap().has_own_gil() {
            assert_eq!(shake_hands("600"), (100, 100));
        }
    })
    .limit(SHORT)
    .succeeds();
}

#[test]
fn the_main_interpreter_has_its_turn_beside_one_that_computes() {
    in_child(|| {
        let interpreter = Interpreter::new().unwrap();
        let script = Script::new("while True: pass").unwrap();
        let start = std::time::Instant::now();
        thread::scope(|scope| {
            let endless = scope.spawn(|| {
                interpreter.enter(|| {
                    script
                        .input(())
                        .timeout(Duration::from_secs(1))
                        .exec::<()>()
                })
            });
            for _ in 0..20 {
                assert_eq!(exec::<i64>("1", ()).unwrap(), 1);
            }
            assert!(
                start.elapsed() < Duration::from_millis(900),
                "{:?}",
                start.elapsed()
            );
            let outcome = endless.join().unwrap().unwrap();
            assert!(matches!(outcome, Err(Error::Timeout(_))), "{outcome:?}");
        });
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

#[test]
fn threads_in_interpreters_of_their_own_share_a_lock() {
    in_child(|| {
        let lines = Mutex::new(Vec::new());
        let interpreters: Vec<_> = (0..4).map(|_| Interpreter::new().unwrap()).collect();
        thread::scope(|scope| {
            for (n, interpreter) in (1..).zip(&interpreters) {
                let lines = &lines;
                scope.spawn(move || {
                    interpreter
                        .enter(|| {
                            let mut lines = detach(|| lines.lock()).unwrap();
                            for i in 0..20_i64 {
                                lines.push(exec::<i64>("input * 100", n * i).unwrap());
                            }
                        })
                        .unwrap();
                });
            }
        });
        // Nobody came between.
        let lines = lines.into_inner().unwrap();
        let mut seen: Vec<i64> = Vec::new();
        for run in lines.chunks(20) {
            let n = run[1] / 100;
            assert!(
                run.iter().zip(0..).all(|(line, i)| *line == n * i * 100),
                "{run:?}"
            );
            seen.push(n);
        }
        seen.sort_unstable();
        assert_eq!(seen, (1..=4).collect::<Vec<_>>());
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
fn the_end_says_nothing_where_a_thread_has_the_number_of_one_that_ended() {
    let end = in_child(|| {
        for _ in 0..4 {
            let interpreter = Interpreter::new().unwrap();
            thread::scope(|scope| {
                scope
                    .spawn(|| interpreter.enter(|| run("import threading")))
                    .join()
            })
            .unwrap()
            .unwrap()
            .unwrap();
            // The system gives the next thread the same stack, and so the same number.
            thread::spawn(move || drop(interpreter)).join().unwrap();
        }
    })
    .limit(SHORT)
    .succeeds();
    assert_eq!(end.stderr, "");
}
