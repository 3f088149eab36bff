//! Interpreters beside the main one: what they share, what they do not, and how they end.
//!
//! Every scenario runs in a process of its own: an interpreter that ends wrongly ends the process, and
//! a lock that is taken wrongly is never given back.

use gopyre::{Error, Interpreter, Object, Runtime, Script, attach, detach, exec, run};
use gopyre_tests::in_child;
use std::sync::Arc;
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
