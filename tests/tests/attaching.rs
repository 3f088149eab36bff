//! Proves that threads share the interpreter: attach and detach nest, and handles dropped anywhere are let go of.

#![allow(clippy::unwrap_used, clippy::panic)]

use gopyre::{Object, Result, Script, attach, detach, exec, run};
use serde_json::json;
use std::collections::HashSet;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn attach_and_detach_nest_in_any_order() -> Result<()> {
    let value = attach(|| {
        let inner = attach(|| detach(|| attach(|| detach(|| detach(|| exec::<i64>("1", ()))))))?;
        assert_eq!(inner??, 1);
        exec::<i64>("2", ())
    })??;
    assert_eq!(value, 2);
    assert_eq!(detach(|| detach(|| exec::<i64>("3", ())))?, 3);
    Ok(())
}

#[test]
fn a_detached_stretch_lets_other_threads_in() -> Result<()> {
    let other = attach(|| detach(|| thread::spawn(|| exec::<i64>("6 * 7", ())).join().unwrap()))?;
    assert_eq!(other?, 42);
    Ok(())
}

#[test]
fn threads_that_wait_in_python_wait_side_by_side() -> Result<()> {
    let begin = Instant::now();
    let script = Script::new("import threading, time\ntime.sleep(0.5)\nthreading.get_ident()")?;
    thread::scope(|scope| {
        let threads: Vec<_> = (0..10)
            .map(|_| scope.spawn(|| script.exec::<u64>(())))
            .collect();
        let idents: HashSet<u64> = threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect::<Result<_>>()?;
        assert_eq!(idents.len(), 10);
        // One after the other they would take five seconds.
        assert!(
            begin.elapsed() < Duration::from_secs(4),
            "{:?}",
            begin.elapsed()
        );
        Ok(())
    })
}

#[test]
fn twenty_threads_share_a_script_and_nothing_else() -> Result<()> {
    let add = Script::new("x + y")?;
    let count = Script::new("counter = globals().get('counter', 0) + 1; counter")?;
    thread::scope(|scope| {
        let work = |w: i64| {
            for x in w * 5..w * 5 + 5 {
                assert_eq!(add.exec::<i64>(json!({"x": x, "y": 2 * x}))?, 3 * x);
                assert_eq!(count.exec::<i64>(())?, 1);
            }
            Ok(())
        };
        let threads: Vec<_> = (0..20).map(|w| scope.spawn(move || work(w))).collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap())
    })
}

#[test]
fn a_call_in_a_call_in_a_call_comes_back() -> Result<()> {
    struct Echo(u32);
    impl serde::Serialize for Echo {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let text = match self.0 {
                0 => "spam".to_owned(),
                n => exec("input", Echo(n - 1)).map_err(serde::ser::Error::custom)?,
            };
            serializer.serialize_str(&text)
        }
    }
    thread::scope(|scope| {
        let threads: Vec<_> = (0..5)
            .map(|_| {
                scope.spawn(|| {
                    (0..10)
                        .map(|_| exec("input", Echo(8)))
                        .collect::<Result<Vec<String>>>()
                })
            })
            .collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap()?, ["spam"; 10]);
        }
        Ok(())
    })
}

/// A class that counts how many of its objects are gone, in `__main__` under a name of its own.
fn counted(name: &str) -> Result<Script> {
    run(&format!(
        "class {name}:\n    gone = 0\n    def __del__(self): {name}.gone += 1"
    ))?;
    Script::new(format!("from __main__ import {name}; {name}()"))
}

fn gone(name: &str) -> Result<i64> {
    exec(
        "import gc, __main__\ngc.collect()\ngetattr(__main__, input).gone",
        name,
    )
}

/// Waits until so many are gone: the thread of another test may be letting go of them just now.
#[track_caller]
fn until_gone(name: &str, count: i64) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while gone(name).unwrap() < count && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(gone(name).unwrap(), count);
}

#[test]
fn a_handle_dropped_elsewhere_is_let_go_of_at_the_next_call() -> Result<()> {
    let make = counted("Elsewhere")?;
    let objects: Vec<Object> = (0..100).map(|_| make.exec(())).collect::<Result<_>>()?;
    assert_eq!(gone("Elsewhere")?, 0);
    let (send, done) = channel();
    attach(move || {
        // This thread holds the interpreter: the other drops without waiting for it.
        thread::spawn(move || {
            drop(objects);
            send.send(()).unwrap();
        });
        done.recv_timeout(Duration::from_secs(20)).unwrap();
    })?;
    until_gone("Elsewhere", 100);
    Ok(())
}

#[test]
fn an_object_lives_as_long_as_its_last_handle() -> Result<()> {
    let make = counted("Shared")?;
    let object: Object = make.exec(())?;
    let elsewhere = thread::scope(|scope| scope.spawn(|| object.clone()).join().unwrap());
    let here = attach(|| object.clone())?;
    drop(object);
    assert_eq!(gone("Shared")?, 0);
    assert!(elsewhere.is(&here));
    thread::spawn(move || drop(elsewhere)).join().unwrap();
    assert_eq!(gone("Shared")?, 0);
    drop(here);
    until_gone("Shared", 1);
    Ok(())
}

#[test]
fn handles_cloned_and_dropped_by_many_threads_keep_their_count() -> Result<()> {
    let make = counted("Many")?;
    let object: Object = make.exec(())?;
    thread::scope(|scope| {
        for n in 0..8 {
            let object = &object;
            scope.spawn(move || {
                for round in 0..500 {
                    let copy = if round % 3 == n % 3 {
                        attach(|| object.clone()).unwrap()
                    } else {
                        object.clone()
                    };
                    if round % 5 == 0 {
                        attach(|| drop(copy)).unwrap()
                    } else {
                        drop(copy)
                    }
                }
            });
        }
    });
    assert_eq!(gone("Many")?, 0);
    drop(object);
    until_gone("Many", 1);
    Ok(())
}

#[test]
fn a_destructor_that_runs_later_may_wait_and_run_rust() -> Result<()> {
    run("
        import time
        class Waits:
            gone = 0
            def __del__(self):
                time.sleep(0.001)  # lets other threads in
                Waits.gone += 1
    ")?;
    let objects: Vec<Object> = exec(
        "from __main__ import Waits; [Waits() for _ in range(20)]",
        (),
    )?;
    thread::spawn(move || drop(objects)).join().unwrap();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..20).for_each(|_| assert_eq!(exec::<i64>("1", ()).unwrap(), 1)));
        }
    });
    until_gone("Waits", 20);
    Ok(())
}

/// Detaches while it holds a serializer, or a map that is being read.
struct Detaching;

impl serde::Serialize for Detaching {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut fields = serializer.serialize_struct("Detaching", 2)?;
        gopyre::detach(|| fields.serialize_field("a", &vec![1; 100]))?;
        gopyre::detach(|| fields.serialize_field("b", "text"))?;
        gopyre::detach(|| fields.end())
    }
}

impl<'de> serde::Deserialize<'de> for Detaching {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Detaching;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a map")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Detaching, A::Error> {
                while gopyre::detach(|| map.next_entry::<String, serde_json::Value>())?.is_some() {}
                Ok(Detaching)
            }
        }
        gopyre::detach(|| deserializer.deserialize_map(Visitor))
    }
}

#[test]
fn a_conversion_cannot_be_detached() {
    let threads: Vec<_> = (0..4)
        .map(|_| {
            std::thread::spawn(|| {
                for _ in 0..200 {
                    let code = "assert input == {'a': [1] * 100, 'b': 'text'}\ninput";
                    let again: gopyre::Result<Detaching> = gopyre::exec(code, Detaching);
                    again.unwrap();
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}
