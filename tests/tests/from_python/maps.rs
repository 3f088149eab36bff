//! Dicts, mappings, structs.

use crate::{read, refusal, refused};
use gopyre::{Object, Value};
use serde::Deserialize;
use serde_json::json;
use std::collections::{BTreeMap, HashMap};

#[derive(Deserialize, Debug, PartialEq)]
struct Item {
    foo: String,
    bar: usize,
    baz: f32,
    qux: bool,
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
struct Strict {
    foo: i64,
    #[serde(default)]
    bar: Option<i64>,
}

const CAT: &str = "{'foo': 'Foo', 'bar': 8, 'baz': 45.25, 'qux': True}";

#[test]
fn keys_that_serde_json_keeps_for_itself_are_keys_like_others() {
    for code in [
        "{'$serde_json::private::Number': 'x', 'b': [1]}",
        "{'b': [1], '$serde_json::private::Number': 'x'}",
        "{'$': 1, '$serde_json::private::RawValue': [{}]}",
    ] {
        let map: BTreeMap<String, Value> = read(code);
        assert_eq!(read::<Value>(code), json!(map), "{code}");
    }
}

#[test]
fn a_struct_is_a_dict_in_any_order_with_any_keys_besides() {
    let cat = Item {
        foo: "Foo".into(),
        bar: 8,
        baz: 45.25,
        qux: true,
    };
    assert_eq!(read::<Item>(CAT), cat);
    assert_eq!(
        read::<Item>("{'qux': True, 'x': [], 'baz': 45.25, 3: 4, 'bar': 8, None: 0, 'foo': 'Foo'}"),
        cat
    );
    // Keys that were made at run time are other objects than the interned names.
    assert_eq!(
        read::<Item>(&format!(
            "{{bytes(k, 'ascii').decode(): v for k, v in {CAT}.items()}}"
        )),
        cat
    );
    assert_eq!(
        read::<Item>(&format!(
            "import collections; collections.OrderedDict({CAT})"
        )),
        cat
    );
    assert_eq!(
        read::<Item>(&format!("import types; types.MappingProxyType({CAT})")),
        cat
    );
    assert_eq!(
        read::<Item>(&format!(
            "import collections; collections.ChainMap({{}}, {CAT})"
        )),
        cat
    );
    assert_eq!(
        read::<Value>(CAT),
        json!({ "foo": "Foo", "bar": 8, "baz": 45.25, "qux": true })
    );
}

#[test]
fn serde_attributes_mean_what_they_mean_elsewhere() {
    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(rename_all = "camelCase")]
    struct Person {
        first_name: String,
        #[serde(alias = "born", alias = "yob")]
        year_of_birth: u16,
        #[serde(default)]
        tags: Vec<String>,
        email: Option<String>,
    }
    let person = |year_of_birth| Person {
        first_name: "Ada".into(),
        year_of_birth,
        tags: vec![],
        email: None,
    };
    assert_eq!(
        read::<Person>("{'firstName': 'Ada', 'yearOfBirth': 1}"),
        person(1)
    );
    assert_eq!(read::<Person>("{'born': 2, 'firstName': 'Ada'}"), person(2));
    assert_eq!(
        read::<Person>("{'email': None, 'yob': 3, 'firstName': 'Ada'}"),
        person(3)
    );
    assert!(
        refusal::<Person>("{'born': 2, 'yob': 3, 'firstName': 'Ada'}").contains("duplicate field")
    );

    #[derive(Deserialize, Debug, PartialEq)]
    struct Outer {
        a: i64,
        #[serde(flatten)]
        rest: BTreeMap<String, Value>,
    }
    let outer: Outer = read("{'a': 1, 'b': [2], 'c': 'x'}");
    assert_eq!(
        outer,
        Outer {
            a: 1,
            rest: BTreeMap::from([("b".into(), json!([2])), ("c".into(), json!("x"))])
        }
    );
}

#[test]
fn a_field_that_is_missing_or_too_many_is_named() {
    assert_eq!(
        refusal::<Item>("{'foo': 'Foo'}"),
        "expected field `bar`, found dict of 1 (missing field `bar`)"
    );
    assert_eq!(read::<Strict>("{'foo': 1}"), Strict { foo: 1, bar: None });
    assert_eq!(
        refusal::<Strict>("{'foo': 1, 'baz': 2}"),
        "expected one of `foo`, `bar`, found unknown field `baz`"
    );
    assert_eq!(
        refusal::<Vec<Strict>>("[{}]"),
        "at [0]: expected field `foo`, found dict of 0 (missing field `foo`)"
    );
    assert_eq!(
        refusal::<Strict>("{0: 1}"),
        "expected one of `foo`, `bar`, found unknown field `0`"
    );
}

#[test]
fn only_what_has_names_is_a_struct() {
    for (code, found) in [
        ("['Foo', 8]", "list of 2"),
        ("('Foo', 8)", "tuple of 2"),
        ("'Foo'", "str 'Foo'"),
        ("5", "int 5"),
        ("1.5", "float 1.5"),
        ("None", "None"),
        ("{1}", "set of 1"),
        ("object()", "object"),
        ("int", "class `int`"),
        ("len", "builtin_function_or_method"),
        ("lambda: 0", "function"),
        ("import sys; sys", "module"),
    ] {
        assert_eq!(
            refusal::<Item>(code),
            format!("expected struct Item, found {found}")
        );
        assert!(
            refusal::<BTreeMap<String, Value>>(code).ends_with(&format!("found {found}")),
            "{code}"
        );
    }
}

#[test]
fn a_value_names_its_key() {
    assert_eq!(
        refusal::<Item>("{'foo': 1}"),
        "at foo: expected a string, found int 1"
    );
    assert_eq!(
        refusal::<HashMap<String, i64>>("{'a key': 'x'}"),
        r#"at ["a key"]: expected i64, found str 'x'"#
    );
    assert_eq!(
        refusal::<HashMap<i64, i64>>("{5: 'x'}"),
        "at [5]: expected i64, found str 'x'"
    );
    assert_eq!(
        refusal::<HashMap<i64, i64>>("{'x': 1}"),
        "at x: expected i64, found str 'x'"
    );
    type Deep = HashMap<String, HashMap<String, HashMap<String, String>>>;
    let error = refused::<Deep>("{'root_map': {'nested_1': {'nested_key': 1}}}");
    assert_eq!(
        (error.path(), error.expected(), error.found()),
        ("root_map.nested_1.nested_key", "a string", "int 1")
    );
    let error = refused::<HashMap<String, Vec<Strict>>>("{'items': [{'foo': 0}, {'foo': 'n/a'}]}");
    assert_eq!(
        error.to_string(),
        "at items[1].foo: expected i64, found str 'n/a'"
    );
}

#[test]
fn keys_keep_their_type_where_one_is_asked_for() {
    assert_eq!(
        read::<HashMap<i64, String>>("{1: 'one'}"),
        HashMap::from([(1, "one".to_owned())])
    );
    assert_eq!(
        read::<HashMap<bool, i64>>("{True: 1}"),
        HashMap::from([(true, 1)])
    );
    assert_eq!(
        read::<HashMap<(i64, String), i64>>("{(1, 'x'): 1}").len(),
        1
    );
    assert_eq!(
        read::<HashMap<Option<String>, String>>("{'a': 'b', None: 'e'}")[&None],
        "e"
    );
    assert_eq!(read::<HashMap<char, i64>>("{'x': 1}")[&'x'], 1);
    assert_eq!(
        read::<HashMap<serde_bytes::ByteBuf, i64>>("{b'k': 1}").len(),
        1
    );
    #[derive(Deserialize, Debug, PartialEq, Eq, Hash)]
    struct Name(String);
    #[derive(Deserialize, Debug, PartialEq, Eq, Hash)]
    enum Side {
        Left,
    }
    assert_eq!(read::<HashMap<Name, i64>>("{'x': 1}")[&Name("x".into())], 1);
    assert_eq!(read::<HashMap<Side, i64>>("{'Left': 1}")[&Side::Left], 1);
}

#[test]
fn keys_become_the_strings_that_json_writes() {
    let code = "
        import enum, datetime
        class E(enum.IntEnum):
            A = 7
        {1: 1, 1.5: 2, True: 3, None: 4, 2**70: 5, float('inf'): 6, E.A: 7, 'x': 8, datetime.date(2020, 1, 2): 9, False: 10, -0.0: 11}";
    let keys = [
        "true",
        "1.5",
        "null",
        "1180591620717411303424",
        "Infinity",
        "7",
        "x",
        "2020-01-02",
        "false",
    ];
    for map in [
        read::<HashMap<String, Value>>(code),
        serde_json::from_value(read(code)).unwrap(),
    ] {
        let mut found: Vec<_> = map.keys().cloned().collect();
        let mut keys = keys.map(str::to_owned).to_vec();
        // In Python 1 and True are one key, 0 and False another: the first spelling stays.
        keys[0] = "1".into();
        keys.sort();
        found.sort();
        assert_eq!(found, keys);
    }
    assert!(
        refusal::<Value>("{(1, 2): 1}")
            .contains("at [(1, 2)]: expected a string key, found tuple of 2")
    );
    assert!(refusal::<Value>("{b'k': 1}").contains("found bytes of 1"));
    assert!(
        refusal::<HashMap<String, i64>>("{b'k': 1}")
            .contains("expected a string, found bytes of 1")
    );
}

#[test]
fn a_dict_that_changes_while_it_is_read_is_no_danger() {
    let code = "
        class Item:
            def __index__(self):
                items[len(items)] = 0
                return 7
        items = {n: Item() for n in range(3)}
        items";
    match gopyre::exec::<HashMap<i64, i64>>(code, ()) {
        // A free-threaded build reads a copy.
        Ok(map) => assert_eq!(map.len(), 3),
        Err(error) => assert!(error.to_string().contains("dict changed size"), "{error}"),
    }
    let code = code
        .replace("items[len(items)] = 0", "items.clear()")
        .replace("n: Item()", "'abc'[n]: Item()");
    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Abc {
        a: i64,
        b: Option<i64>,
    }
    let _ = gopyre::exec::<Abc>(&code, ());
    assert_eq!(read::<i64>("1"), 1);
}

#[test]
fn a_mapping_needs_no_more_than_keys_and_items() {
    let code = "
        class Least:
            def keys(self): return ['a', 'b']
            def __getitem__(self, key): return ord(key)
        Least()";
    assert_eq!(
        read::<BTreeMap<String, u8>>(code),
        BTreeMap::from([("a".into(), 97), ("b".into(), 98)])
    );
    assert_eq!(read::<Value>(code), json!({ "a": 97, "b": 98 }));
    let error = gopyre::exec::<Value>(&code.replace("ord(key)", "{}[key]"), ()).unwrap_err();
    assert!(error.exception().unwrap().is("KeyError"));
    let odd = "
        class Odd(dict):
            def items(self): return [1]
        Odd(a=1)";
    assert!(refusal::<Value>(odd).contains("found int 1"));
}

#[test]
fn values_may_stay_python_objects() {
    #[derive(Deserialize)]
    struct Holder {
        run: Object,
        rest: HashMap<String, Object>,
    }
    let holder: Holder = read("{'run': len, 'rest': {'x': None}}");
    assert_eq!(
        holder
            .run
            .call(([1, 2],))
            .unwrap()
            .extract::<i64>()
            .unwrap(),
        2
    );
    assert!(holder.rest["x"].is_none());
}

#[test]
fn a_dict_survives_the_way_there_and_back() {
    let dict = "{'a': [1, (2.5, None)], 'b': {'c': {True: 'x'}}}";
    let object: Object = read(dict);
    let same: bool = gopyre::exec(&format!("input == {dict}"), &object).unwrap();
    assert!(same);
    let value = json!({ "root": { "list": [1, 2, { "deep": [true, null] }], "text": "ä" } });
    assert_eq!(gopyre::exec::<Value>("input", &value).unwrap(), value);
}

#[test]
fn keys_that_become_one_string_are_an_error_that_names_both() {
    type Map = HashMap<String, i64>;
    for (code, keys) in [
        ("{1: 2, '1': 3}", "str '1' and int 1"),
        ("{'1': 2, 'x': 0, 1: 3}", "str '1' and int 1"),
        ("{None: 2, 'null': 3}", "str 'null' and None"),
        ("{True: 2, 'true': 3}", "str 'true' and bool True"),
        ("{1.5: 2, '1.5': 3}", "str '1.5' and float 1.5"),
        (
            "{float('nan'): 2, float('nan'): 3}",
            "float nan and float nan",
        ),
        (
            "import enum\nclass E(enum.Enum):\n    A = 7\n{E.A: 1, 7: 2}",
            "E and int 7",
        ),
        (
            "import pathlib; {'/a': 1, pathlib.PurePosixPath('/a'): 2}",
            "str '/a' and pathlib.PurePosixPath",
        ),
        (
            "import types; types.MappingProxyType({1: 2, '1': 3})",
            "str '1' and int 1",
        ),
        (
            "import collections; collections.OrderedDict([('1', 3), (1, 2)])",
            "str '1' and int 1",
        ),
    ] {
        let expected = format!("expected keys that differ as strings, found {keys}");
        for message in [refusal::<Map>(code), refusal::<Value>(code)] {
            // Where a module of the standard library says it lives differs from version to version.
            let message = message.replace("pathlib._local.", "pathlib.");
            assert_eq!(message, expected, "{code}");
        }
    }
    let own = "class K(str):
    def __eq__(self, other): return self is other
    def __hash__(self): return 1
";
    for (dict, keys) in [
        ("{'a': 2, K('a'): 3}", "str 'a' and K 'a'"),
        ("{K('a'): 2, 'a': 3}", "str 'a' and K 'a'"),
        ("{K('a'): 2, K('a'): 3}", "K 'a' and K 'a'"),
    ] {
        let code = format!("{own}{dict}");
        let expected = format!("expected keys that differ as strings, found {keys}");
        assert_eq!(refusal::<Map>(&code), expected, "{dict}");
        assert_eq!(refusal::<Value>(&code), expected, "{dict}");
    }
    assert_eq!(
        refusal::<Value>("[{'a': {1: 2, '1': 3}}]"),
        "at [0].a: expected keys that differ as strings, found str '1' and int 1"
    );
}

#[test]
fn keys_that_stay_apart_are_all_there() {
    let read_all = |code: &str| read::<BTreeMap<String, i64>>(code);
    let map = |pairs: &[(&str, i64)]| {
        let owned = pairs.iter().map(|(key, value)| ((*key).to_owned(), *value));
        owned.collect::<BTreeMap<_, _>>()
    };
    assert_eq!(
        read_all("{1: 1, '2': 2, None: 3, 'None': 4, True: 5, 2.0: 6}"),
        map(&[("1", 5), ("2", 2), ("None", 4), ("null", 3), ("2.0", 6)])
    );
    let text_enum = "import enum\nclass E(str, enum.Enum):\n    A = 'a'\n{E.A: 1, 'b': 2}";
    assert_eq!(read_all(text_enum), map(&[("a", 1), ("b", 2)]));
    let subclass = "class S(str): pass\n{S('a'): 1, 'b': 2, 3: 3}";
    assert_eq!(read_all(subclass), map(&[("a", 1), ("b", 2), ("3", 3)]));
    // Of a mapping that has a str several times, as headers do, the last one counts.
    let several = "class S(str): pass
class Several:
    def keys(self): return ['a', S('b')]
    def __getitem__(self, key): return 1
    def items(self): return [('a', 1), (S('b'), 2), ('a', 3), (S('b'), 4)]
Several()";
    assert_eq!(read_all(several), map(&[("a", 3), ("b", 4)]));
    // Keys that are read as what they are need not differ as strings.
    let numbers: HashMap<i64, i64> = read("{1: 2, 2: 3}");
    assert_eq!(numbers, HashMap::from([(1, 2), (2, 3)]));
}
