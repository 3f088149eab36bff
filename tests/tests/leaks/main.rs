//! Proves that whatever is done a hundred times leaves as much behind as done once: nothing.
//!
//! Each operation runs in a process of its own, in rounds. It leaks if something grows in every round by
//! at least one for every second call: references (which a debug build counts), Python's memory blocks,
//! allocations on the Rust side, or words of them. The first tests are the controls: they leak, and it shows.

#![allow(clippy::unwrap_used, clippy::panic)]

mod exports;
mod growth;

use gopyre::{Object, Output, Result, Script, Value, attach, detach, exec, import, py_script, run};
use gopyre_tests::in_child;
use growth::{growth, leaves_nothing};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::thread;

#[derive(Debug, Serialize, Deserialize, PartialEq)]
struct Row {
    name: String,
    prices: Vec<f64>,
    big: u128,
    rate: f32,
    active: bool,
    more: Option<Box<Row>>,
}

fn row() -> Row {
    let more = Row {
        name: "naïve".to_owned(),
        prices: Vec::new(),
        big: 1 << 100,
        rate: 0.5,
        active: true,
        more: None,
    };
    Row {
        name: "row".to_owned(),
        prices: vec![1.5, 2.5],
        big: 0,
        rate: 0.25,
        active: false,
        more: Some(Box::new(more)),
    }
}

#[py_script("sum(prices) * scale")]
fn scaled(prices: &[f64], scale: f64) -> Result<f64>;

#[py_script("def f(x): return 1 / x\nf(x)")]
fn inverse(x: i64) -> Result<f64>;

// ---- controls

#[test]
fn control_a_leaked_object_is_seen() {
    in_child(|| {
        let make = Script::new("object()").unwrap();
        let kinds = growth(|| std::mem::forget(make.exec::<Object>(()).unwrap()));
        assert!(kinds.contains(&"blocks"), "{kinds:?}");
        let debug: bool = exec("import sys; hasattr(sys, 'gettotalrefcount')", ()).unwrap();
        assert_eq!(kinds.contains(&"references"), debug, "{kinds:?}");
    })
    .succeeds();
}

#[test]
fn control_a_leaked_allocation_is_seen() {
    in_child(|| {
        let kinds = growth(|| std::mem::forget(Box::new(1_u64)));
        assert_eq!(kinds, ["allocations", "words"]);
    })
    .succeeds();
}

#[test]
fn control_nothing_leaves_nothing() {
    in_child(|| leaves_nothing(|| ())).succeeds();
}

// ---- scripts

#[test]
fn exec_leaves_nothing() {
    in_child(|| {
        leaves_nothing(|| {
            let row: Row = exec("input", row()).unwrap();
            assert_eq!(
                exec::<f64>("def f(): return sum(prices)\nf()", &row).unwrap(),
                4.0
            );
            exec::<()>("import json\nclass C: pass\nc = C()\nc.c = c", ()).unwrap();
        });
    })
    .succeeds();
}

#[test]
fn scripts_that_come_and_go_leave_nothing() {
    in_child(|| {
        let mut n = 0;
        leaves_nothing(|| {
            n += 1;
            let script = Script::new(format!("def f(): return {n}\nf()")).unwrap();
            assert_eq!(script.exec::<i64>(()).unwrap(), n);
            assert_eq!(exec::<i64>(&format!("{n}"), ()).unwrap(), n);
        });
    })
    .succeeds();
}

#[test]
fn scripts_whose_lines_linecache_knows_leave_nothing() {
    in_child(|| {
        exec::<()>("import linecache, traceback", ()).unwrap();
        let code = "
            import traceback
            try:
                1 / 0
            except ZeroDivisionError:
                text = traceback.format_exc()
            text
        ";
        leaves_nothing(|| {
            let script = Script::new(code).unwrap();
            assert!(script.exec::<String>(()).unwrap().contains("1 / 0\n"));
        });
    })
    .succeeds();
}

#[test]
fn run_leaves_nothing() {
    in_child(|| {
        leaves_nothing(|| {
            run("x = [1, 2]\ndef f(): return x").unwrap();
            run("assert f() == [1, 2]").unwrap();
        });
    })
    .succeeds();
}

#[test]
fn declared_functions_leave_nothing() {
    in_child(|| {
        leaves_nothing(|| {
            assert_eq!(scaled(&[1.0, 2.0], 2.0).unwrap(), 6.0);
            inverse(0).unwrap_err();
        });
    })
    .succeeds();
}

// ---- errors

#[test]
fn errors_leave_nothing() {
    in_child(|| {
        let code = "
            class Mine(Exception): pass
            def f(n):
                if n: return f(n - 1)
                try:
                    {}['key']
                except KeyError as e:
                    raise Mine('message', e) from e
            f(3)
        ";
        leaves_nothing(|| {
            let error = exec::<()>(code, ()).unwrap_err();
            assert!(format!("{error:?}").contains("Mine"));
            let exception = error.exception().unwrap();
            assert_eq!(exception.frames().len(), 5);
            assert!(exception.cause().unwrap().object().is_some());
            thread::spawn(move || drop(error)).join().unwrap();
        });
    })
    .succeeds();
}

/// Announces so many fields and sends two.
struct Announces(usize);

impl Serialize for Announces {
    fn serialize<S: serde::Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
        let mut s = s.serialize_struct("Announces", self.0)?;
        s.serialize_field("one", &1)?;
        s.serialize_field("two", &2)?;
        s.end()
    }
}

#[test]
fn structs_that_announce_another_length_each_time_leave_nothing() {
    in_child(|| {
        let mut lengths = 0..;
        let mut one = || {
            let announces = Announces(lengths.next().unwrap());
            assert_eq!(Object::new(announces).unwrap().len().unwrap(), 2);
        };
        // As many kinds as are kept.
        (0..5_000).for_each(|_| one());
        leaves_nothing(one);
    })
    .succeeds();
}

#[test]
fn syntax_errors_leave_nothing() {
    in_child(|| {
        leaves_nothing(|| {
            exec::<()>("x = (", ()).unwrap_err();
            exec::<()>("", ()).unwrap_err();
            Script::new("def f(:\n    pass").unwrap_err();
            exec::<()>("compile('x = = 1', 'f', 'exec')", ()).unwrap_err();
        });
    })
    .succeeds();
}

#[test]
fn conversions_that_fail_leave_nothing() {
    struct Fails;
    impl Serialize for Fails {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("no"))
        }
    }
    in_child(|| {
        leaves_nothing(|| {
            exec::<()>(
                "1",
                vec![json!({"a": [1, 2]})]
                    .into_iter()
                    .map(|v| (v, Fails))
                    .collect::<Vec<_>>(),
            )
            .unwrap_err();
            exec::<Row>("{'name': 'x', 'prices': [1.5, 'y']}", ()).unwrap_err();
            exec::<Vec<i64>>("a = []; a.append(a); a", ()).unwrap_err();
            exec::<u8>("256", ()).unwrap_err();
            exec::<Vec<String>>("(str(n) for n in [1, 2, 1 / 0])", ()).unwrap_err();
            exec::<String>("'\\udcff'", ()).unwrap_err();
        });
    })
    .succeeds();
}

#[test]
fn panics_in_a_users_code_leave_nothing() {
    struct Panics;
    impl Serialize for Panics {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            std::panic::resume_unwind(Box::new("on purpose"))
        }
    }
    in_child(|| {
        let script = Script::new("input").unwrap();
        leaves_nothing(|| {
            let input = (row(), vec![1], Panics);
            let _ =
                std::panic::catch_unwind(|| script.input(&input).capture::<Value>().value.is_err());
        });
    })
    .succeeds();
}

// ---- output

#[test]
fn captures_and_writers_leave_nothing() {
    in_child(|| {
        let script =
            Script::new("import sys\nprint('out')\nprint('err', file=sys.stderr)\n1").unwrap();
        leaves_nothing(|| {
            let run = script.input(()).capture::<i64>();
            assert_eq!(
                (run.value.unwrap(), &*run.stdout, &*run.stderr),
                (1, "out\n", "err\n")
            );
            let (null, sink) = (Output::Null, Output::writer(std::io::sink()));
            script
                .input(())
                .stdout(null)
                .stderr(sink)
                .exec::<i64>()
                .unwrap();
        });
    })
    .succeeds();
}

#[test]
fn threads_of_a_captured_script_leave_nothing() {
    in_child(|| {
        let script = Script::new(
            "
            import threading
            threads = [threading.Thread(target=print, args=(n,)) for n in range(2)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            ",
        )
        .unwrap();
        leaves_nothing(|| assert_eq!(script.input(()).capture::<()>().stdout.len(), 4));
    })
    .succeeds();
}

// ---- objects

#[test]
fn objects_leave_nothing_on_any_thread() {
    in_child(|| {
        let make = Script::new("[object(), {'a': [1]}]").unwrap();
        leaves_nothing(|| {
            let object: Object = make.exec(()).unwrap();
            let copies = [
                object.clone(),
                object.clone(),
                attach(|| object.clone()).unwrap(),
            ];
            thread::scope(|scope| {
                scope.spawn(|| drop(object.clone()));
                scope.spawn(|| attach(|| drop(object.clone())).unwrap());
                scope.spawn(move || drop(copies));
            });
            let again: (Object, Object) = exec("input", &object).unwrap();
            drop((again, object));
        });
    })
    .succeeds();
}

#[test]
fn what_objects_can_do_leaves_nothing() {
    in_child(|| {
        let (module, row) = (import("collections").unwrap(), row());
        leaves_nothing(|| {
            let dict = module.attr("OrderedDict").unwrap().call(()).unwrap();
            dict.set_item("key", &row).unwrap();
            assert!(dict.contains("key").unwrap());
            assert_eq!(
                dict.item("key")
                    .unwrap()
                    .item("name")
                    .unwrap()
                    .str()
                    .unwrap(),
                "row"
            );
            dict.item("absent").unwrap_err();
            dict.attr("absent").unwrap_err();
            assert_eq!(dict.iter().unwrap().count(), 1);
            dict.call_method("update", (json!({"other": 1}),)).unwrap();
            assert_eq!(dict.len().unwrap(), 2);
            dict.del_item("other").unwrap();
            assert!(
                dict.equals([("key", &row)].into_iter().collect::<BTreeMap<_, _>>())
                    .unwrap()
            );
            let _ = (
                dict.repr().unwrap(),
                dict.type_name().unwrap(),
                dict.is_true().unwrap(),
            );
            assert_eq!(gopyre::call::<f64>("math", "sqrt", (16,)).unwrap(), 4.0);
            gopyre::call::<f64>("math", "absent", ()).unwrap_err();
            import("gopyre_absent").unwrap_err();
        });
    })
    .succeeds();
}

#[test]
fn with_blocks_and_iterators_leave_nothing() {
    in_child(|| {
        let lock = exec::<Object>("import threading; threading.Lock()", ()).unwrap();
        let count = Script::new("import itertools; itertools.count()").unwrap();
        leaves_nothing(|| {
            assert_eq!(lock.enter(|_| Ok(1)).unwrap(), Some(1));
            lock.enter(|_| exec::<i64>("1 / 0", ())).unwrap_err();
            let numbers = count.exec::<Object>(()).unwrap().iter().unwrap();
            assert_eq!(numbers.take(5).filter_map(Result::ok).count(), 5);
            lock.call(1).unwrap_err();
            lock.call_with((), json!({ "key": 1 })).unwrap_err();
        });
    })
    .succeeds();
}

#[test]
fn buffers_and_views_leave_nothing() {
    in_child(|| {
        let bytes = Object::new(serde_bytes::Bytes::new(b"abc")).unwrap();
        leaves_nothing(|| {
            let buffer = gopyre::Buffer::from(vec![1.5f64; 64])
                .shape(&[8, 8])
                .unwrap();
            let memory: Object = exec("input[0, 0] = 2.0\ninput", &buffer).unwrap();
            let view = memory.view::<f64>().unwrap();
            drop((buffer, memory));
            view.set(&[7, 7], 4.0).unwrap();
            assert_eq!(view.to_vec().iter().sum::<f64>(), 99.0);
            thread::spawn(move || drop(view)).join().unwrap();
            bytes.view::<i64>().unwrap_err();
            let fixed = bytes.view::<u8>().unwrap();
            fixed.set(&[0], 1).unwrap_err();
        });
    })
    .succeeds();
}

#[test]
fn runs_with_limits_leave_nothing() {
    in_child(|| {
        let script = Script::new("x + 1").unwrap();
        let stop = gopyre::Interrupt::new();
        leaves_nothing(|| {
            let run = script.input(json!({ "x": 1 })).interrupt(&stop);
            let limit = std::time::Duration::from_secs(60);
            assert_eq!(run.timeout(limit).exec::<i64>().unwrap(), 2);
        });
    })
    .succeeds();
}

// ---- threads

#[test]
fn structs_within_their_own_kind_leave_nothing_of_a_thread_that_sent_them() {
    in_child(|| {
        leaves_nothing(|| {
            let sent = || assert_eq!(exec::<Row>("input", row()).unwrap(), row());
            thread::spawn(sent).join().unwrap();
        });
    })
    .succeeds();
}

#[test]
fn attaching_and_detaching_leave_nothing() {
    in_child(|| {
        leaves_nothing(|| {
            attach(|| detach(|| attach(|| exec::<i64>("1", ()).unwrap())).unwrap()).unwrap();
        });
    })
    .succeeds();
}

#[test]
fn threads_that_come_and_go_leave_nothing() {
    in_child(|| {
        let script = Script::new("import threading; x").unwrap();
        leaves_nothing(|| {
            let other =
                thread::scope(|scope| scope.spawn(|| script.exec::<i64>(json!({"x": 1}))).join());
            assert_eq!(other.unwrap().unwrap(), 1);
        });
    })
    .succeeds();
}
