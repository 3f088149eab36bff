//! Rust values as Python sees them.
//!
//! Each check is made by Python itself: the value goes in as `input`, and the script says what it is.

mod wrong;

use gopyre::{Object, Result, Value, exec};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What Python writes for a value.
fn repr(value: impl Serialize) -> String {
    exec("repr(input[0])", (value,)).unwrap()
}

/// The name of a value's type.
fn type_name(value: impl Serialize) -> String {
    exec("type(input[0]).__name__", (value,)).unwrap()
}

#[derive(Serialize)]
struct Nothing;

#[derive(Serialize)]
struct Point {
    x: i64,
    y: f64,
}

#[derive(Serialize)]
struct Pair(&'static str, u8);

#[derive(Serialize)]
struct Wrapped(Point);

#[derive(Serialize)]
enum Shape {
    Empty,
    Radius(f64),
    Sides(u8, u8),
    Named { name: String, size: u32 },
}

#[test]
fn numbers_keep_their_value_and_type() {
    assert_eq!(repr(0i64), "0");
    assert_eq!(repr(2_398_298_736_389i64), "2398298736389");
    assert_eq!(repr((i8::MIN, i8::MAX, u8::MAX)), "(-128, 127, 255)");
    assert_eq!(
        repr((i16::MIN, u16::MAX, i32::MIN, u32::MAX)),
        "(-32768, 65535, -2147483648, 4294967295)"
    );
    assert_eq!(
        repr((i64::MIN, i64::MAX, u64::MAX)),
        "(-9223372036854775808, 9223372036854775807, 18446744073709551615)"
    );
    assert_eq!(repr(u128::MAX), u128::MAX.to_string());
    assert_eq!(
        repr((i128::MIN, 1i128 << 100)),
        format!("({}, {})", i128::MIN, 1i128 << 100)
    );
    assert_eq!(
        repr((5i128, u128::from(u64::MAX), -1i128)),
        "(5, 18446744073709551615, -1)"
    );
    assert_eq!(type_name(1u128), "int");
    assert_eq!(
        repr((1.0f32, 2.5f64, -0.0f64, f64::MAX)),
        "(1.0, 2.5, -0.0, 1.7976931348623157e+308)"
    );
    assert_eq!(
        repr((f64::INFINITY, f64::NEG_INFINITY, f64::NAN)),
        "(inf, -inf, nan)"
    );
    assert_eq!(type_name(1.0f32), "float");
    assert_eq!(repr((true, false)), "(True, False)");
    assert_eq!(type_name(true), "bool");
}

#[test]
fn text_and_bytes_arrive_unchanged() -> Result<()> {
    for text in [
        "",
        " ",
        "\n\t\r",
        "中文 🌟",
        "Hello \0\0\0world",
        "Hël\0\0lö",
        "\u{1F30F}",
    ] {
        let (same, count): (String, usize) = exec("(text, len(text))", json!({ "text": text }))?;
        assert_eq!((same.as_str(), count), (text, text.chars().count()));
    }
    assert_eq!(repr('ä'), "'ä'");
    let raw = b"0123456789\x000123456789";
    assert_eq!(
        exec::<usize>("len(input)", serde_bytes::Bytes::new(raw))?,
        21
    );
    assert_eq!(repr(serde_bytes::Bytes::new(b"\x00\xff")), r"b'\x00\xff'");
    let reversed: serde_bytes::ByteBuf =
        exec("bytes(reversed(input))", serde_bytes::Bytes::new(b"foobar"))?;
    assert_eq!(reversed.as_slice(), b"raboof");
    // Without `serde_bytes` an array is a tuple, a slice a list.
    assert_eq!(repr(b"foo"), "(102, 111, 111)");
    assert_eq!(repr(b"foo".as_slice()), "[102, 111, 111]");
    Ok(())
}

#[test]
fn nothing_is_none() {
    assert_eq!(
        repr(((), Nothing, None::<i32>, Some(1), Some(Some("x")))),
        "(None, None, None, 1, 'x')"
    );
}

#[test]
fn sequences_are_lists_and_fixed_lengths_are_tuples() {
    assert_eq!(repr(vec![1, 2, 3]), "[1, 2, 3]");
    assert_eq!(repr(Vec::<u8>::new()), "[]");
    assert_eq!(repr([1, 2]), "(1, 2)");
    assert_eq!(repr((1,)), "(1,)");
    assert_eq!(repr((1, 2.0, "hello")), "(1, 2.0, 'hello')");
    assert_eq!(repr(Pair("foo", 5)), "('foo', 5)");
    assert_eq!(repr(HashSet::from([7])), "[7]");
    assert_eq!(repr(vec![vec![1], vec![]]), "[[1], []]");
    assert_eq!(
        repr((1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16))
            .matches(',')
            .count(),
        15
    );
}

#[test]
fn structs_and_maps_are_dicts_in_order() {
    assert_eq!(repr(Point { x: 1, y: 2.0 }), "{'x': 1, 'y': 2.0}");
    assert_eq!(repr(Wrapped(Point { x: 1, y: 2.0 })), "{'x': 1, 'y': 2.0}");
    assert_eq!(
        repr(BTreeMap::from([("b", 1), ("a", 2)])),
        "{'a': 2, 'b': 1}"
    );
    assert_eq!(
        repr(json!({ "a": [1, null, { "b": "c" }] })),
        "{'a': [1, None, {'b': 'c'}]}"
    );

    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Person {
        first_name: &'static str,
        year_of_birth: u16,
        #[serde(rename = "e-mail")]
        email: Option<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        nickname: Option<&'static str>,
    }
    let person = Person {
        first_name: "Ada",
        year_of_birth: 1815,
        email: None,
        nickname: None,
    };
    assert_eq!(
        repr(person),
        "{'firstName': 'Ada', 'yearOfBirth': 1815, 'e-mail': None}"
    );
}

#[test]
fn keys_that_are_no_strings_stay_what_they_are() {
    assert_eq!(
        repr(BTreeMap::from([(1, "one"), (2, "two")])),
        "{1: 'one', 2: 'two'}"
    );
    assert_eq!(repr(BTreeMap::from([(true, 1)])), "{True: 1}");
    assert_eq!(repr(BTreeMap::from([((1, 'x'), 1)])), "{(1, 'x'): 1}");
    assert_eq!(
        repr(BTreeMap::from([(None, 1), (Some(2), 3)])),
        "{None: 1, 2: 3}"
    );
    assert_eq!(
        repr(BTreeMap::from([(serde_bytes::ByteBuf::from("k"), 1)])),
        "{b'k': 1}"
    );
}

#[test]
fn enums_are_externally_tagged() {
    assert_eq!(repr(Shape::Empty), "'Empty'");
    assert_eq!(repr(Shape::Radius(1.5)), "{'Radius': 1.5}");
    assert_eq!(repr(Shape::Sides(3, 4)), "{'Sides': (3, 4)}");
    assert_eq!(
        repr(Shape::Named {
            name: "box".into(),
            size: 5
        }),
        "{'Named': {'name': 'box', 'size': 5}}"
    );

    #[derive(Serialize)]
    #[serde(tag = "type")]
    enum Internal {
        A { n: i64 },
    }
    #[derive(Serialize)]
    #[serde(tag = "t", content = "c")]
    enum Adjacent {
        B(i64, i64),
    }
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Untagged {
        C(i64),
        D { s: &'static str },
    }
    assert_eq!(repr(Internal::A { n: 1 }), "{'type': 'A', 'n': 1}");
    assert_eq!(repr(Adjacent::B(1, 2)), "{'t': 'B', 'c': (1, 2)}");
    assert_eq!(
        repr((Untagged::C(1), Untagged::D { s: "x" })),
        "(1, {'s': 'x'})"
    );
}

#[test]
fn a_recursive_type_nests_as_deep_as_it_is() {
    #[derive(Serialize)]
    struct Node {
        val: i64,
        next: Option<Box<Node>>,
    }
    let list = Node {
        val: 1,
        next: Some(Box::new(Node { val: 2, next: None })),
    };
    assert_eq!(repr(list), "{'val': 1, 'next': {'val': 2, 'next': None}}");
}

#[test]
fn flattened_fields_are_the_outer_dicts() {
    #[derive(Serialize)]
    struct Outer {
        a: i64,
        #[serde(flatten)]
        rest: BTreeMap<&'static str, i64>,
    }
    assert_eq!(
        repr(Outer {
            a: 1,
            rest: BTreeMap::from([("b", 2)])
        }),
        "{'a': 1, 'b': 2}"
    );
}

#[test]
fn objects_go_in_as_they_are_from_any_depth() -> Result<()> {
    #[derive(Serialize, Deserialize)]
    struct Holder {
        inner: Vec<Option<Object>>,
        by_name: HashMap<String, Object>,
    }
    let object: Object = exec("class Thing: pass\nThing()", ())?;
    let holder = Holder {
        inner: vec![Some(object.clone()), None],
        by_name: HashMap::from([("it".to_owned(), object.clone())]),
    };
    let same: bool = exec("inner[0] is by_name['it'] and inner[1] is None", &holder)?;
    assert!(same);
    let back: Holder = exec("input", &holder)?;
    assert!(back.by_name["it"].is(&object));
    assert!(
        back.inner[0]
            .as_ref()
            .is_some_and(|inner| inner.is(&object))
    );
    Ok(())
}

#[test]
fn an_object_for_another_format_is_an_error_that_says_so() {
    let object = Object::new(1).unwrap();
    let error = serde_json::to_string(&object).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("a Python object can only go to Python"),
        "{error}"
    );
    let error = serde_json::from_str::<Object>("1").unwrap_err();
    assert!(
        error
            .to_string()
            .contains("a Python object can only come from Python"),
        "{error}"
    );
    assert_eq!(exec::<i64>("input + 1", &object).unwrap(), 2);
}

#[test]
fn large_values_go_out_and_back() -> Result<()> {
    let numbers: Vec<u64> = (0..10_000).map(|n| n * 0x1234_5678_9abc).collect();
    assert_eq!(exec::<Vec<u64>>("input", &numbers)?, numbers);
    let text = "ä".repeat(10_000);
    assert_eq!(exec::<String>("input", &text)?, text);
    let value = json!({ "a": [1, -2, 2.5, true, null, "x", { "b": [] }], "c": {} });
    assert_eq!(exec::<Value>("input", &value)?, value);
    Ok(())
}

#[test]
fn lists_of_strings_and_of_numbers_have_their_elements_whatever_holds_them() -> Result<()> {
    fn text<T: Serialize + ?Sized>(value: &T) -> Result<String> {
        gopyre::exec("repr(input)", value)
    }
    let words = [
        "",
        "a",
        "é",
        "word",
        "sixteen letters.",
        "Ω and more",
        "\0\x7f",
        "🐍",
    ];
    let said = "['', 'a', 'é', 'word', 'sixteen letters.', 'Ω and more', '\\x00\\x7f', '🐍']";
    assert_eq!(text(&words.to_vec())?, said);
    assert_eq!(text(&words[..])?, said);
    assert_eq!(text(&words.map(String::from).to_vec())?, said);
    assert_eq!(text(&[1.5, -0.0, f64::INFINITY][..])?, "[1.5, -0.0, inf]");
    assert_eq!(text(&vec![1.5_f32, 0.0])?, "[1.5, 0.0]");
    assert_eq!(text(&&vec![vec![0.5], vec![]])?, "[[0.5], []]");
    assert_eq!(text(&vec![i64::MIN, -1])?, format!("[{}, -1]", i64::MIN));
    assert_eq!(text(&vec![u64::MAX, 1])?, format!("[{}, 1]", u64::MAX));
    assert_eq!(text(&vec![i32::MIN, 7])?, "[-2147483648, 7]");
    assert_eq!(text(&vec![u32::MAX])?, "[4294967295]");
    assert_eq!(text(&vec![i16::MIN])?, "[-32768]");
    assert_eq!(text(&vec![u16::MAX])?, "[65535]");
    assert_eq!(text(&vec![i8::MIN])?, "[-128]");
    assert_eq!(text(&&[0_u8, 255][..])?, "[0, 255]");
    assert_eq!(text(&Vec::<String>::new())?, "[]");
    Ok(())
}
