//! What Rust shows to Python, and what Python does with it.

use super::growth::{growth, leaves_nothing};
use gopyre::{Error, Object, Result, Script, Value, exec, exported, function, py_export, run};
use gopyre_tests::in_child;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::{io, thread};

#[py_export]
mod shown {
    use gopyre::{Object, Result};
    use std::collections::BTreeMap;
    use std::io;

    pub const LIMIT: [i64; 2] = [1, 2];

    pub fn add(a: i64, #[default(3)] b: i64) -> i64 {
        a + b
    }

    pub fn everything(
        first: &str,
        #[default(vec![1.5])] second: Vec<f64>,
        #[args] rest: Vec<Object>,
        named: Option<BTreeMap<String, i64>>,
        #[kwargs] options: BTreeMap<String, Object>,
    ) -> (String, usize, usize) {
        let numbers = second.len() + named.map_or(0, |named| named.len());
        (first.to_owned(), numbers, rest.len() + options.len())
    }

    #[detach]
    pub fn detached(text: &str, bytes: &[u8]) -> String {
        format!("{text}{}", bytes.len())
    }

    pub fn fails(kind: &str) -> Result<Object> {
        Err(match kind {
            "io" => gopyre::Error::Rust(io::Error::other("on purpose").into()),
            "number" => gopyre::Error::Rust(io::Error::from_raw_os_error(2).into()),
            "rust" => gopyre::Error::Rust("on purpose".into()),
            "python" => return gopyre::exec("{}['key']", ()),
            "wrapped" => match gopyre::exec("{}['key']", ()) {
                Err(error) => gopyre::Error::Rust(Box::new(error)),
                found => return found,
            },
            "convert" => return gopyre::exec::<i64>("'x'", ()).and_then(Object::new),
            _ => gopyre::Error::Argument(kind.to_owned()),
        })
    }

    pub fn panics(text: String) {
        std::panic::panic_any(text)
    }

    /// Holds any object, itself too.
    #[derive(Clone)]
    pub struct Holder {
        #[get]
        #[set]
        held: Option<Object>,
        items: Vec<String>,
    }

    impl Holder {
        pub const EMPTY: Self = Holder {
            held: None,
            items: Vec::new(),
        };
        pub fn new(held: Option<Object>, #[args] items: Vec<String>) -> Result<Self> {
            if items.iter().any(String::is_empty) {
                return Err(gopyre::Error::Argument("an empty item".to_owned()));
            }
            Ok(Holder { held, items })
        }
        pub fn push(&mut self, item: String) -> usize {
            self.items.push(item);
            self.items.len()
        }
        pub fn call(&mut self, f: &Object) -> Result<Object> {
            f.call((1,))
        }
        pub fn twins(self_: &Object) -> Vec<Object> {
            vec![self_.clone(), self_.clone()]
        }
        pub fn copied(&self) -> Option<Holder> {
            Some(self.clone())
        }
        pub fn named(items: Vec<String>) -> Holder {
            Holder { held: None, items }
        }
        #[classmethod]
        pub fn of(class: &Object, item: &str) -> Result<Object> {
            class.call(((), item))
        }
        pub fn __len__(&self) -> usize {
            self.items.len()
        }
        pub fn __getitem__(&self, index: usize) -> Option<String> {
            self.items.get(index).cloned()
        }
        pub fn __eq__(&self, other: &Holder) -> bool {
            self.items == other.items
        }
        pub fn __add__(&self, other: &Holder) -> Holder {
            let items = [&*self.items, &*other.items].concat();
            Holder { held: None, items }
        }
        pub fn __repr__(&self) -> String {
            self.items.join(" ")
        }
        pub fn __iter__(&self) -> Items {
            Items(self.items.clone())
        }
    }

    pub struct Items(Vec<String>);
    impl Items {
        pub fn __next__(&mut self) -> Option<String> {
            self.0.pop()
        }
    }

    /// Without a constructor.
    pub struct Bare;
}

/// A script that leaves nothing behind, however often it runs.
#[track_caller]
fn script_leaves_nothing(code: &str) {
    let script = Script::new(format!("import shown as e\n{code}\nNone")).unwrap();
    leaves_nothing(|| script.exec(()).unwrap());
}

#[test]
fn control_a_leaked_instance_is_seen() {
    in_child(|| {
        let make = Script::new("import shown; shown.Holder([], 'text')").unwrap();
        let kinds = growth(|| std::mem::forget(make.exec::<Object>(()).unwrap()));
        assert!(
            kinds.contains(&"blocks") && kinds.contains(&"allocations"),
            "{kinds:?}"
        );
    })
    .succeeds();
}

#[test]
fn calls_with_arguments_of_every_form_leave_nothing() {
    in_child(|| {
        script_leaves_nothing(
            "
assert e.add(1) == 4 and e.add(1, 2) == 3 and e.add(b=1, a=2) == 3 and e.add(*(1,), **{'b': 2}) == 3
assert e.add(2 ** 40, 2 ** 41) == 3 * 2 ** 40
assert e.everything('x') == ('x', 1, 0)
assert e.everything('naïve', (1, 2), [], {}, named={'a': 1}, other=[], more={}) == ('naïve', 3, 4)
assert e.everything(first=type('S', (str,), {})('x'), second=range(3), third=3) == ('x', 3, 1)
assert e.detached('a', bytearray(3)) == 'a3' and e.detached(text='b', bytes=b'') == 'b0'
",
        );
    })
    .succeeds();
}

#[test]
fn calls_with_wrong_arguments_leave_nothing() {
    in_child(|| {
        script_leaves_nothing(
            "
class Bad:
    def __index__(self): raise KeyError('no')
for call in (
    lambda: e.add(), lambda: e.add(1, 2, 3), lambda: e.add(1, a=1), lambda: e.add(1, c=2),
    lambda: e.add('x'), lambda: e.add(2 ** 70), lambda: e.add(Bad()), lambda: e.add(1, b=[]),
    lambda: e.everything(), lambda: e.everything('x', ['y'], [], more=[]), lambda: e.everything('x', named=1),
    lambda: e.everything('\\udcff', 1), lambda: e.detached('a', 'b'), lambda: e.detached('a', bytes=None),
    lambda: e.Holder('x', 1), lambda: e.Holder(a=1), lambda: e.Holder(None, ''), lambda: e.Bare(),
    lambda: e.Holder().push(), lambda: e.Holder().push(3), lambda: e.Holder.push(3, 'x'), lambda: e.Holder().nothing,
    lambda: setattr(e.Holder(), 'nothing', 3), lambda: delattr(e.Holder(), 'held'), lambda: e.Holder()[3],
    lambda: e.Holder.__new__(e.Holder).push('x'), lambda: e.Holder() + 3, lambda: e.Holder() < 3,
):
    try: call()
    except (TypeError, OverflowError, KeyError, ValueError, AttributeError, IndexError, RuntimeError): pass
    else: raise AssertionError
",
        );
    })
    .succeeds();
}

#[test]
fn errors_of_every_kind_leave_nothing_caught_or_not() {
    in_child(|| {
        script_leaves_nothing(
            "
for kind in ('io', 'number', 'rust', 'python', 'wrapped', 'convert', 'argument'):
    try: e.fails(kind)
    except Exception as error: seen = str(error), error.__traceback__, error.__cause__
",
        );
    })
    .succeeds();
}

#[test]
fn errors_that_come_back_leave_nothing() {
    in_child(|| {
        let script = Script::new("import shown\nshown.fails(input)").unwrap();
        leaves_nothing(|| {
            for kind in [
                "io", "number", "rust", "python", "wrapped", "convert", "argument",
            ] {
                let error = script.input(kind).exec::<Object>().unwrap_err();
                let is_pythons = ["python", "wrapped"].contains(&kind);
                assert_eq!(matches!(error, Error::Python(_)), is_pythons);
            }
        });
    })
    .succeeds();
}

#[test]
fn panics_leave_nothing() {
    in_child(|| {
        script_leaves_nothing(
            "
try: e.panics('on purpose')
except RuntimeError as error: seen = str(error)
",
        );
        let script = Script::new("import shown\nshown.panics('on purpose')").unwrap();
        leaves_nothing(|| {
            let error = script.exec::<()>(()).unwrap_err();
            assert!(error.exception().unwrap().is("gopyre.RustPanic"));
        });
    })
    .succeeds();
}

#[test]
fn instances_leave_nothing() {
    in_child(|| {
        script_leaves_nothing(
            "
import weakref
h = e.Holder({}, 'a', 'b')
assert h.push('c') == 3 and len(h) == 3 and h[0] == 'a' and repr(h) == 'a b c' and sorted(h) == ['a', 'b', 'c']
h.held = h.held, [h.twins()]
assert h.copied() == h and h != 3 and len(h + e.Holder.named(['x'])) == 4 and e.Holder.of('x')[0] == 'x'
h.__init__(h.held, 'z')
assert h.call(lambda n: n + 1) == 2 and e.Holder.EMPTY.copied().held is None
h.held = None
gone = weakref.ref(h)
del h
",
        );
    })
    .succeeds();
}

#[test]
fn instances_that_rust_holds_leave_nothing() {
    in_child(|| {
        let make = Script::new("import shown; shown.Holder([], 'a')").unwrap();
        leaves_nothing(|| {
            let holder: Object = make.exec(()).unwrap();
            holder.call_method("push", ("b",)).unwrap();
            holder.set_attr("held", [1, 2]).unwrap();
            let copies: Vec<Object> = holder.call_method("twins", ()).unwrap().extract().unwrap();
            thread::spawn(move || drop(copies)).join().unwrap();
            assert_eq!(holder.len().unwrap(), 2);
        });
    })
    .succeeds();
}

#[test]
fn classes_that_derive_from_one_of_rust_leave_nothing() {
    in_child(|| {
        script_leaves_nothing(
            "
class Sub(e.Holder):
    def __init__(self, *items):
        super().__init__(None, *items)
        self.extra = []
    def push(self, item):
        return super().push(item + '!')
s = Sub('a')
assert s.push('b') == 2 and s[1] == 'b!' and isinstance(s.copied(), e.Holder)
s.held = s
s.extra.append(s)
try: Sub('')
except Exception: pass
# Where functions stay for good, what they can reach does too.
del s
",
        );
    })
    .succeeds();
}

#[test]
fn cycles_through_instances_are_collected() {
    in_child(|| {
        script_leaves_nothing(
            "
import gc
one, two = e.Holder(), e.Holder([])
one.held, two.held = two, [one, two.held]
alone = e.Holder()
alone.held = alone
through = e.Holder()
def f(): return through
through.held = f
del one, two, alone, through, f
",
        );
    })
    .succeeds();
}

#[test]
fn a_call_that_is_refused_while_another_runs_leaves_nothing() {
    in_child(|| {
        script_leaves_nothing(
            "
h = e.Holder()
def again(n): return h.push('x')
try: h.call(again)
except RuntimeError as error: pass
assert h.push('x') == 1
del h, again
",
        );
    })
    .succeeds();
}

#[derive(Serialize)]
struct Input<'a> {
    f: &'a Object,
}

#[test]
fn functions_that_come_and_go_leave_nothing() {
    in_child(|| {
        let script = Script::new(
            "
            import inspect
            assert f.__name__ == 'f' and str(inspect.signature(f)) == '(arg0, arg1=None, /)'
            out = [f([1, 2]), f((), {'a': 1}), list(map(f, [[1]] * 3))]
            for arguments, named in ((), {}), (('x',), {}), (([1],), {'a': 1}), (([0],), {}):
                try: f(*arguments, **named)
                except (TypeError, OSError): out.append(None)
            len(out)
            ",
        )
        .unwrap();
        leaves_nothing(|| {
            let captured = Object::new([1, 2]).unwrap();
            type Options = Option<BTreeMap<String, Value>>;
            let f = function(
                "f",
                move |numbers: Vec<i64>, _: Options| -> io::Result<Object> {
                    match numbers.first() {
                        Some(0) => Err(io::ErrorKind::NotFound.into()),
                        _ => Ok(captured.clone()),
                    }
                },
            )
            .unwrap();
            let length: i64 = script.exec(Input { f: &f }).unwrap();
            assert_eq!(length, 7);
            let other = f.clone();
            thread::spawn(move || drop(other)).join().unwrap();
        });
    })
    .succeeds();
}

#[test]
fn functions_that_call_each_other_through_python_leave_nothing() {
    in_child(|| {
        let step = Arc::new(Script::new("f()").unwrap());
        let text = || -> Result<String> { exec("{}['key']", ()) };
        leaves_nothing(|| {
            let bottom = function("bottom", text).unwrap();
            let step = Arc::clone(&step);
            let top = function("top", move || -> Result<Object> {
                step.exec(Input { f: &bottom })
            })
            .unwrap();
            let error = top.call(()).unwrap_err();
            assert!(error.exception().unwrap().is("KeyError"));
        });
    })
    .succeeds();
}

#[test]
fn what_python_exports_leaves_nothing() {
    in_child(|| {
        run("
import gopyre

@gopyre.export
def leak_greet(name): return 'Hello, ' + name

@gopyre.export
class LeakCounter:
    def __init__(self, value): self.value = value
    def incr(self, n):
        if n < 0: raise ValueError(n)
        self.value += n
        return self.value
")
        .unwrap();
        leaves_nothing(|| {
            let greeting = exported("leak_greet").unwrap().call(("Ada",)).unwrap();
            assert_eq!(greeting.extract::<String>().unwrap(), "Hello, Ada");
            let counter = exported("LeakCounter").unwrap().call((1,)).unwrap();
            assert_eq!(
                counter
                    .call_method("incr", (2,))
                    .unwrap()
                    .extract::<i64>()
                    .unwrap(),
                3
            );
            counter.call_method("incr", (-1,)).unwrap_err();
            counter.call_method("decr", (1,)).unwrap_err();
            exported("leak_nothing").unwrap_err();
            exec::<()>("import gopyre\ngopyre.export(5)", ()).unwrap_err();
            exec::<()>("import gopyre\n@gopyre.export\ndef leak_greet(): pass", ()).unwrap_err();
        });
    })
    .succeeds();
}

#[test]
fn modules_that_are_made_again_leave_nothing() {
    in_child(|| {
        script_leaves_nothing(
            "
import sys
del sys.modules['shown']
import shown
assert shown is not e and shown.add(1) == 4 and shown.Holder is e.Holder
sys.modules['shown'] = e
",
        );
    })
    .succeeds();
}

#[test]
fn a_module_that_is_refused_leaves_nothing() {
    in_child(|| {
        leaves_nothing(|| {
            gopyre::Module::new("json").register().unwrap_err();
            gopyre::Module::new("not a name")
                .value("v", [1])
                .function("f", |n: i64| n)
                .register()
                .unwrap_err();
        });
    })
    .succeeds();
}
