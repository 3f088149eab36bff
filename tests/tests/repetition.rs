//! What is kept from one conversion to the next (the dicts of structs, the keys of maps, the names of a
//! script's globals, vectors in one go) never shows: every value comes out as if it were the first.

use gopyre::{Error, Object, Script, Value, py_script};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// `repr` of what a value becomes.
fn repr(value: impl Serialize) -> gopyre::Result<String> {
    Object::new(value)?.repr()
}

#[derive(Serialize)]
struct Sparse {
    id: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    one: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    two: Option<u8>,
    next: Option<Box<Sparse>>,
}

#[test]
fn a_struct_has_the_fields_that_come_this_time() -> gopyre::Result<()> {
    let sparse = |one, two, next| Sparse {
        id: 1,
        one,
        two,
        next,
    };
    // As many fields, but others; again and again, and inside one another.
    for _ in 0..3 {
        assert_eq!(
            repr(sparse(Some(5), None, None))?,
            "{'id': 1, 'one': 5, 'next': None}"
        );
        assert_eq!(
            repr(sparse(None, Some(6), None))?,
            "{'id': 1, 'two': 6, 'next': None}"
        );
        assert_eq!(repr(sparse(None, None, None))?, "{'id': 1, 'next': None}");
        let inner = Some(Box::new(sparse(None, Some(8), None)));
        assert_eq!(
            repr(sparse(Some(7), None, inner))?,
            "{'id': 1, 'one': 7, 'next': {'id': 1, 'two': 8, 'next': None}}"
        );
    }
    Ok(())
}

#[derive(Serialize)]
struct Holding {
    name: &'static str,
    list: Vec<u8>,
    nothing: Option<bool>,
}

#[test]
fn the_dicts_of_a_struct_are_each_their_own() -> gopyre::Result<()> {
    let code = "
        def change(d):
            d['more'] = d.pop('name')
            d.update({str(n): n for n in range(20)})
            for n in range(20):
                del d[str(n)]
            d['list'].append(d['nothing'])
            return d
        change";
    let change: Object = gopyre::exec(code, ())?;
    for _ in 0..4 {
        let holding = Holding {
            name: "it",
            list: vec![7],
            nothing: None,
        };
        let [one, other] = [Object::new(&holding)?, Object::new(&holding)?];
        let changed = change.call((&one,))?;
        assert_eq!(
            changed.repr()?,
            "{'list': [7, None], 'nothing': None, 'more': 'it'}"
        );
        assert_eq!(
            other.repr()?,
            "{'name': 'it', 'list': [7], 'nothing': None}"
        );
    }
    Ok(())
}

#[test]
fn a_struct_is_known_to_the_garbage_collector_as_a_dict_of_pythons_is() -> gopyre::Result<()> {
    #[derive(Serialize)]
    struct Scalars(Flat);
    #[derive(Serialize)]
    struct Flat {
        text: &'static str,
        float: f64,
        int: i64,
        flag: bool,
        nothing: (),
    }
    let flat = Scalars(Flat {
        text: "text",
        float: 0.5,
        int: 5000,
        flag: true,
        nothing: (),
    });
    let same = "
        import gc
        own = {}
        for key, value in input.items(): own[key] = value
        gc.is_tracked(own) == gc.is_tracked(input)";
    let cycle: Object = gopyre::exec(
        "
        import gc, weakref
        class Leaf: pass
        def cycle(d):
            leaf = Leaf()
            d['list'] += [leaf, d]
            return weakref.ref(leaf)
        cycle",
        (),
    )?;
    for _ in 0..4 {
        assert!(gopyre::exec::<bool>(same, &flat)?);
        let holding = Holding {
            name: "it",
            list: Vec::new(),
            nothing: None,
        };
        assert!(gopyre::exec::<bool>(same, &holding)?);
        let leaf = cycle.call((&holding,))?;
        gopyre::exec::<()>("import gc; gc.collect(); None", ())?;
        assert!(
            leaf.call(())?.is_none(),
            "what refers to itself is collected"
        );
    }
    Ok(())
}

#[test]
fn integers_in_maps_are_those_that_come_this_time() -> gopyre::Result<()> {
    // More than are kept, in an order in which they come again, and the ends of each type.
    let ends = [i64::MIN, i64::MAX, i64::MIN + 1, -1, 0, 1, 256, 257, -5, -6];
    let many = (0..3_000).map(|n| (n % 700) * 1_000_003).chain(ends);
    let maps: Vec<Value> = many
        .map(|n| json!({ "int": n, "again": n, "list": [n], "huge": u64::MAX, "float": n as f64 }))
        .collect();
    let text = serde_json::to_string(&maps).map_err(|e| Error::Argument(e.to_string()))?;
    for _ in 0..2 {
        let same = "
            import json
            maps = json.loads(text)
            maps == input and all(type(m['int']) is int and type(m['float']) is float for m in input)";
        let code = format!(
            "input, text = input\n{}",
            same.replace("\n            ", "\n")
        );
        assert!(gopyre::exec::<bool>(&code, (&maps, &text))?);
    }
    Ok(())
}

/// A struct that sends fewer fields than it announces, or one of them twice.
struct Odd(&'static [&'static str]);

impl Serialize for Odd {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        fields(serializer.serialize_struct("Odd", 3)?, self.0)
    }
}

/// A struct that may send more fields than an empty dict has room for.
struct Many(&'static [&'static str]);

impl Serialize for Many {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        fields(serializer.serialize_struct("Many", 6)?, self.0)
    }
}

/// Sends fields that are numbered.
fn fields<S: SerializeStruct>(mut to: S, names: &[&'static str]) -> Result<S::Ok, S::Error> {
    for (index, name) in names.iter().enumerate() {
        to.serialize_field(name, &index)?;
    }
    to.end()
}

#[test]
fn a_struct_may_send_other_fields_than_it_announces() -> gopyre::Result<()> {
    for _ in 0..2 {
        assert_eq!(repr(Odd(&["a", "b", "c"]))?, "{'a': 0, 'b': 1, 'c': 2}");
        assert_eq!(repr(Odd(&["a", "b"]))?, "{'a': 0, 'b': 1}");
        assert_eq!(repr(Odd(&["a", "a"]))?, "{'a': 1}");
        assert_eq!(
            repr(Odd(&["a", "b", "c", "d"]))?,
            "{'a': 0, 'b': 1, 'c': 2, 'd': 3}"
        );
        assert_eq!(repr(Odd(&[]))?, "{}");
    }
    Ok(())
}

#[test]
fn a_struct_of_many_fields_has_those_that_come_this_time() -> gopyre::Result<()> {
    let many = |fields| repr(Many(fields));
    for _ in 0..3 {
        assert_eq!(
            many(&["a", "b", "c", "d", "e", "f"])?,
            "{'a': 0, 'b': 1, 'c': 2, 'd': 3, 'e': 4, 'f': 5}"
        );
        assert_eq!(many(&["a", "b"])?, "{'a': 0, 'b': 1}");
        assert_eq!(
            many(&["a", "b", "x", "d", "e", "f"])?,
            "{'a': 0, 'b': 1, 'x': 2, 'd': 3, 'e': 4, 'f': 5}"
        );
    }
    Ok(())
}

#[test]
fn each_dict_is_its_own() -> gopyre::Result<()> {
    let code = "input[0]['a'] = 'changed'; input[0]['new'] = 1; input[1]";
    for _ in 0..2 {
        let both = [Odd(&["a", "b", "c"]), Odd(&["a", "b", "c"])];
        let second: BTreeMap<String, u8> = gopyre::exec(code, both)?;
        assert_eq!(second.into_values().collect::<Vec<_>>(), [0, 1, 2]);
    }
    Ok(())
}

#[test]
fn every_key_of_a_map_comes_through() -> gopyre::Result<()> {
    // More than are kept, short and long, of one byte and of several.
    let key = |n: usize| {
        format!(
            "{}{n}",
            ["", "ß", "key ", "\0", "a rather long key, so long: "][n % 5]
        )
    };
    let map: BTreeMap<String, usize> = (0..3_000).map(|n| (key(n), n)).collect();
    for _ in 0..2 {
        assert_eq!(
            Object::new(&map)?.extract::<BTreeMap<String, usize>>()?,
            map
        );
    }
    assert_eq!(
        repr(json!({"": 1, "a": {"": 2, "a": 3}}))?,
        "{'': 1, 'a': {'': 2, 'a': 3}}"
    );
    Ok(())
}

#[test]
fn globals_are_those_of_this_input() -> gopyre::Result<()> {
    let script = Script::new(
        "sorted((k, v) for k, v in globals().items() if k[0] != '_' and k != 'input')",
    )?;
    let inputs = [
        json!({"a": 1, "b": 2}),
        json!({"a": 3, "b": 4}),
        json!({"a": 5}),
        json!({"a": 6, "c": 7}),
        json!({"a": 8, "b": 9, "c": 10}),
        json!({}),
    ];
    for input in inputs.iter().chain(&inputs) {
        let globals: Vec<(String, Value)> = script.exec(input)?;
        let expected: Vec<(String, Value)> =
            serde_json::from_value::<BTreeMap<_, _>>(input.clone())
                .expect("a map")
                .into_iter()
                .collect();
        assert_eq!(globals, expected);
    }
    // None of a name that another run had.
    assert_eq!(script.exec::<Vec<(String, Value)>>(())?, []);
    Ok(())
}

#[test]
fn names_that_mean_something_are_set_every_time() -> gopyre::Result<()> {
    let script =
        Script::new("(__name__, input if isinstance(input, int) else len(input), len('x'))")?;
    for n in 0..3 {
        let found: (String, u8, u8) = script.exec(json!({"input": n, "__name__": "n"}))?;
        assert_eq!(found, ("n".to_owned(), n, 1));
        let found: (String, u8, u8) = script.exec(json!({"a": n, "__builtins__": {}}))?;
        assert_eq!(found, ("__main__".to_owned(), 2, 1));
        let found: (String, u8, u8) = script.exec(json!({"a": n, "b": n}))?;
        assert_eq!(found, ("__main__".to_owned(), 2, 1));
    }
    Ok(())
}

#[py_script("a.append(b); (len(a), input is not None)")]
fn pushed(a: &[u8], b: u8) -> gopyre::Result<(usize, bool)>;

#[test]
fn nothing_stays_from_run_to_run() -> gopyre::Result<()> {
    for _ in 0..3 {
        assert_eq!(pushed(&[1, 2], 3)?, (3, true));
    }
    Ok(())
}

fn read<T: serde::de::DeserializeOwned>(code: &str) -> gopyre::Result<T> {
    gopyre::exec(code, ())
}

#[test]
fn vectors_of_numbers_come_from_lists_tuples_and_memory() -> gopyre::Result<()> {
    assert_eq!(read::<Vec<f64>>("[0.5, 1.5]")?, [0.5, 1.5]);
    assert_eq!(read::<Vec<f64>>("(0.5, 1.5)")?, [0.5, 1.5]);
    assert_eq!(read::<Vec<f64>>("[0.5, 2, True]")?, [0.5, 2.0, 1.0]);
    assert_eq!(
        read::<Vec<f32>>("[0.5, float('inf')]")?,
        [0.5, f32::INFINITY]
    );
    assert_eq!(read::<Vec<u8>>("[0, 255]")?, [0, 255]);
    assert_eq!(read::<Vec<u8>>("b'ab'")?, *b"ab");
    assert_eq!(read::<Vec<u64>>("[2**64 - 1, 0]")?, [u64::MAX, 0]);
    assert_eq!(read::<Vec<i64>>("{7}")?, [7]);
    assert!(read::<Vec<i64>>("[]")?.is_empty());
    let array = "import array; a = array.array('d', [0, 1, 2, 3, 4, 5])\n";
    assert_eq!(
        read::<Vec<f64>>(&format!("{array}a"))?,
        [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    );
    assert_eq!(
        read::<Vec<f64>>(&format!("{array}memoryview(a)[::-2]"))?,
        [5.0, 3.0, 1.0]
    );
    assert!(read::<Vec<f64>>(&format!("{array}memoryview(a)[6:]"))?.is_empty());
    assert_eq!(
        read::<Vec<Vec<f64>>>(&format!("{array}memoryview(a).cast('B').cast('d', (2, 3))"))?,
        [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    );
    assert_eq!(
        read::<Vec<f64>>("import array; array.array('i', [1, -1])")?,
        [1.0, -1.0]
    );
    Ok(())
}

#[test]
fn errors_of_vectors_name_the_element() {
    for (code, expected) in [
        ("[0.5, 'x']", "at [1]: expected f64, found str 'x'"),
        ("'text'", "expected a sequence, found str 'text'"),
        ("None", "expected a sequence, found None"),
    ] {
        let Err(Error::Convert(error)) = read::<Vec<f64>>(code) else {
            panic!("{code} is no vector of floats");
        };
        assert_eq!(error.to_string(), expected);
    }
    for result in [
        read::<Vec<u8>>("[1, 256]").map(drop),
        read::<Vec<f32>>("(1.0, 1e300)").map(drop),
    ] {
        let Err(Error::Convert(error)) = result else {
            panic!("the second number is out of range");
        };
        assert_eq!(error.path(), "[1]");
    }
}

/// Dicts in dicts, with a vector of floats in the innermost.
#[derive(Deserialize)]
struct Nested {
    inner: Option<Box<Nested>>,
    values: Option<Vec<f64>>,
}

#[test]
fn a_vector_is_not_read_deeper_than_anything_else() -> gopyre::Result<()> {
    let nested = |dicts: usize| {
        let code = "d = {'values': [1.5]}\nfor _ in range(input - 1): d = {'inner': d}\nd";
        gopyre::exec::<Nested>(code, dicts)
    };
    let mut found = nested(127)?;
    while let Some(inner) = found.inner {
        found = *inner;
    }
    assert_eq!(found.values, Some(vec![1.5]));
    let Err(Error::Convert(_)) = nested(128) else {
        panic!("that is 129 levels");
    };
    Ok(())
}

/// A field that reads its vector in a way of its own.
#[derive(Deserialize)]
struct Doubled {
    #[serde(deserialize_with = "doubled")]
    values: Vec<f64>,
    plain: Vec<f64>,
}

fn doubled<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
    let values = Vec::<f64>::deserialize(deserializer)?;
    Ok(values.iter().map(|value| value * 2.0).collect())
}

#[test]
fn a_field_with_its_own_way_of_reading_keeps_it() -> gopyre::Result<()> {
    let read: Doubled = read("{'values': [1.0, 2.0], 'plain': [1.0, 2.0]}")?;
    assert_eq!(read.values, [2.0, 4.0]);
    assert_eq!(read.plain, [1.0, 2.0]);
    Ok(())
}
