//! Values on their way.

use gopyre::{Output, Script, Value};
use gopyre_tests::in_child;
use serde::ser::SerializeTuple;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::json;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A tuple or list of 77 elements which, while it is made, looks for itself.
struct Curious {
    as_tuple: bool,
}

impl Serialize for Curious {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let look = "
            import gc
            of_77 = [o for o in gc.get_objects() if type(o) in (list, tuple) and len(o) == 77]
            # Not the constants of a module, which a build without a GIL keeps track of.
            [type(o).__name__ for o in of_77 if o[0] == 0]";
        let look = || {
            let found = gopyre::exec::<Vec<String>>(look, ()).map_err(serde::ser::Error::custom)?;
            assert_eq!(found, Vec::<String>::new());
            Ok(())
        };
        if self.as_tuple {
            let mut tuple = serializer.serialize_tuple(77)?;
            for index in 0..77 {
                tuple.serialize_element(&index)?;
                look()?;
            }
            tuple.end()
        } else {
            use serde::ser::SerializeSeq;
            let mut list = serializer.serialize_seq(Some(77))?;
            for index in 0..77 {
                list.serialize_element(&index)?;
                look()?;
            }
            list.end()
        }
    }
}

/// Looks for dicts with a field that comes after it.
struct Looks;

impl Serialize for Looks {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let look = "
            import gc
            # Not the interned strings, which 3.14 keeps in a dict that it keeps track of.
            dicts = [o for o in gc.get_objects() if type(o) is dict and 'comes_after_it' in o]
            [o for o in dicts if type(o['comes_after_it']) is not str]";
        let found = gopyre::exec::<Vec<Value>>(look, ()).map_err(serde::ser::Error::custom)?;
        assert_eq!(found, Vec::<Value>::new());
        serializer.serialize_unit()
    }
}

#[test]
fn a_struct_that_is_not_finished_yet_is_not_to_be_found() {
    #[derive(Serialize)]
    struct Unfinished {
        list: [u8; 1],
        looks: Looks,
        comes_after_it: u8,
    }
    in_child(|| {
        for _ in 0..4 {
            let struct_of = Unfinished {
                list: [1],
                looks: Looks,
                comes_after_it: 2,
            };
            let text = gopyre::Object::new(struct_of).unwrap().repr().unwrap();
            assert_eq!(text, "{'list': (1,), 'looks': None, 'comes_after_it': 2}");
        }
    })
    .succeeds();
}

/// Sends other fields than its kind did before, though as many.
#[derive(Clone, Serialize)]
struct Varies {
    first: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    one: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    other: Option<u8>,
    last: u8,
}

/// Below 3.12 a collection begins wherever something is made that it looks into.
#[test]
fn a_struct_may_come_with_other_fields_in_a_collection_that_making_its_dict_begins() {
    in_child(|| {
        let arm = "
            import gc
            def arm(other, count):
                kept = []
                def collecting(phase, info):
                    nonlocal count
                    count -= 1
                    if count == 0:
                        kept.append([other(), [{1: 2} for _ in range(300)]])
                gc.callbacks[:] = [collecting]
                gc.collect()
                gc.set_threshold(1, 1000, 1000)
            arm";
        let intact = "
            import gc
            gc.callbacks.clear()
            gc.set_threshold(700)
            all(len(d) == len(list(d)) == 3 and d == {'first': 1, 'one': 2, 'last': 3} for d in input)";
        let one = |one, other| Varies {
            first: 1,
            one,
            other,
            last: 3,
        };
        for count in 2..20 {
            // What is kept of structs is a thread's own.
            let run = move || {
                let first = one(Some(2), None);
                gopyre::Object::new(&first).unwrap();
                let other = one(None, Some(2));
                let other = gopyre::function("other", move || other.clone()).unwrap();
                let arm: gopyre::Object = gopyre::exec(arm, ()).unwrap();
                arm.call((other, count)).unwrap();
                let made = gopyre::Object::new(vec![first; 50]).unwrap();
                assert!(gopyre::exec::<bool>(intact, made).unwrap());
            };
            std::thread::spawn(run).join().unwrap();
        }
    })
    .succeeds();
}

#[test]
fn what_is_read_lives_on_when_the_code_of_something_in_it_takes_it_away() {
    in_child(|| {
        let code = |outer: &str, take: &str| {
            format!(
                "
                import gc
                class Takes:
                    def keys(self):
                        {take}
                        gc.collect()
                        self.others = [['other'] * 4 for _ in range(100)]
                        return ['key']
                    def __getitem__(self, key):
                        return 'value'
                text = lambda n: 'made at run time ' + str(n)
                outer = {outer}
                outer"
            )
        };
        let inner = "[text(1), Takes(), text(2), 2.5]";
        let read = |outer: &str, take: &str| gopyre::exec::<Value>(&code(outer, take), ());

        let list = format!("[[{inner}], text(3)]");
        let value = read(&list, "outer.clear()").unwrap();
        let one = json!(["made at run time 1", {"key": "value"}, "made at run time 2", 2.5]);
        assert_eq!(value, json!([[one]]));
        let value = read(&list, "outer[0][0].clear()").unwrap();
        let cut = json!(["made at run time 1", {"key": "value"}]);
        assert_eq!(value, json!([[cut], "made at run time 3"]));

        let dict = format!("{{text(1): {{text(2): {inner}}}, text(3): 4}}");
        let two = json!({"made at run time 2": one});
        let whole = json!({"made at run time 1": two, "made at run time 3": 4});
        let value = read(&dict, "outer[text(1)] = 0").unwrap();
        assert_eq!(value, whole);
        match read(&dict, "outer.clear()") {
            Err(error) => {
                let message = "dict changed size while it was read";
                assert!(error.to_string().contains(message), "{error}");
            }
            // Without a GIL it is a copy that is read.
            Ok(value) => assert_eq!(value, whole),
        }
    })
    .succeeds();
}

#[test]
fn what_is_not_finished_yet_is_not_to_be_found() {
    in_child(|| {
        for as_tuple in [true, false] {
            let code = "
                import gc
                [type(input).__name__, len(input), sum(input), gc.is_tracked(input)]";
            let read: (String, i64, i64, bool) = gopyre::exec(code, Curious { as_tuple }).unwrap();
            let name = if as_tuple { "tuple" } else { "list" };
            assert_eq!(read, (name.to_owned(), 77, 2926, true));
        }
    })
    .succeeds();
}

/// Reads what the script has come upon whenever it prints.
struct Reader(Arc<Mutex<Vec<String>>>);

impl Write for Reader {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let read = gopyre::exec::<Vec<Vec<Value>>>("import gc; gc.found", ());
        let read = read.map_or_else(|error| error.to_string(), |found| format!("{found:?}"));
        self.0.lock().unwrap().push(read);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_tuple_that_python_has_not_finished_is_an_error() {
    in_child(|| {
        // `tuple()` of an iterator keeps its result where the garbage collector can see it, up to 3.14.
        let code = "
            import gc

            def items():
                yield 'first'
                gc.found = [o for o in gc.get_objects() if type(o) is tuple and o and o[0] == 'first']
                print(len(gc.found))
                yield 'second'

            try:
                tuple(items())
            except SystemError:
                pass # a tuple that somebody else has got hold of does not become shorter
            len(gc.found)";
        let heard = Arc::default();
        let output = Output::writer(Reader(Arc::clone(&heard)));
        let script = Script::new(code).unwrap();
        let expected = match script.input(()).stdout(output).exec().unwrap() {
            0usize => "[]",
            _ => "at [0][1]: expected a tuple with all its items, found one that is being filled",
        };
        assert_eq!(*heard.lock().unwrap(), [expected]);
    })
    .succeeds();
}

/// A type that has no end.
#[derive(Debug)]
struct Chain(#[allow(dead_code)] Option<Box<Chain>>);

impl<'de> Deserialize<'de> for Chain {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> std::result::Result<Chain, D::Error> {
        Option::<Box<Chain>>::deserialize(d).map(Chain)
    }
}

#[test]
fn a_type_that_holds_itself_ends_somewhere_in_an_array_too() {
    in_child(|| {
        let code = "import array\narray.array('d', [1.0])";
        let error = gopyre::exec::<Vec<Chain>>(code, ()).unwrap_err();
        assert!(error.to_string().contains("levels"), "{error}");
    })
    .succeeds();
}

#[test]
fn a_member_of_an_enum_that_is_its_own_value_is_refused_as_anything() {
    fn refused<T: serde::de::DeserializeOwned>(code: &str) {
        let Err(error) = gopyre::exec::<T>(code, ()) else {
            panic!("{code}: expected an error")
        };
        let message = "expected at most 128 levels";
        assert!(error.to_string().contains(message), "{error}");
    }
    #[derive(Deserialize)]
    struct Fields {
        _next: Option<Box<Fields>>,
    }
    #[derive(Deserialize)]
    enum Variants {
        _One,
    }
    in_child(|| {
        let code = "import enum\nclass E(enum.Enum):\n    A = 1\nE.A._value_ = E.A\n";
        let member = format!("{code}E.A");
        refused::<Value>(&member);
        refused::<()>(&member);
        refused::<bool>(&member);
        refused::<i64>(&member);
        refused::<f64>(&member);
        refused::<String>(&member);
        refused::<Vec<u8>>(&member);
        refused::<Fields>(&member);
        refused::<Variants>(&member);
        refused::<std::collections::HashMap<String, u8>>(&member);
        refused::<Value>(&format!("{code}{{E.A: 1}}"));
    })
    .succeeds();
}

#[test]
fn keyword_arguments_may_change_while_they_are_passed() {
    in_child(|| {
        let code = "
            import threading
            keywords = {'a%d' % n: object() for n in range(6)}
            def change():
                while True:
                    for n in range(40): keywords['k%d' % n] = object()
                    for n in range(40): keywords.pop('k%d' % n, None)
            threading.Thread(target=change, daemon=True).start()
            [keywords, lambda **given: len(given)]";
        let [keywords, count]: [gopyre::Object; 2] = gopyre::exec(code, ()).unwrap();
        let end = Instant::now() + Duration::from_secs(2);
        while Instant::now() < end {
            let given = count.call_with((), &keywords).unwrap();
            assert!((6..=46).contains(&given.extract::<i64>().unwrap()));
        }
    })
    .succeeds();
}
