//! Rust enums in each of serde's four shapes.

use crate::{read, refusal, refused};
use serde::Deserialize;
use std::collections::HashMap;

#[derive(Deserialize, Debug, PartialEq)]
enum Shape {
    Variant,
    Tuple(i32, String),
    NewType(String),
    Struct { foo: String, bar: u8 },
}

#[test]
fn each_kind_of_variant_is_read() {
    assert_eq!(read::<Shape>("'Variant'"), Shape::Variant);
    assert_eq!(read::<Shape>("{'Variant': None}"), Shape::Variant);
    assert_eq!(
        read::<Shape>("{'Tuple': [12, 'cat']}"),
        Shape::Tuple(12, "cat".into())
    );
    assert_eq!(
        read::<Shape>("{'Tuple': (12, 'cat')}"),
        Shape::Tuple(12, "cat".into())
    );
    assert_eq!(
        read::<Shape>("{'NewType': 'cat'}"),
        Shape::NewType("cat".into())
    );
    let expected = Shape::Struct {
        foo: "cat".into(),
        bar: 25,
    };
    assert_eq!(
        read::<Shape>("{'Struct': {'foo': 'cat', 'bar': 25}}"),
        expected
    );
    assert_eq!(
        read::<Shape>(
            "import types; types.MappingProxyType({'Struct': {'foo': 'cat', 'bar': 25}})"
        ),
        expected
    );
    assert_eq!(
        read::<Shape>("import types; {'Struct': types.SimpleNamespace(foo='cat', bar=25)}"),
        expected
    );
    assert_eq!(
        read::<Shape>("import enum\nclass E(enum.Enum):\n    V = 'Variant'\nE.V"),
        Shape::Variant
    );
    assert_eq!(
        read::<Result<i64, String>>("{'Err': 'x'}"),
        Err("x".to_owned())
    );
}

#[test]
fn a_wrong_variant_says_what_there_is() {
    assert_eq!(
        refusal::<Shape>("'Other'"),
        "expected one of `Variant`, `Tuple`, `NewType`, `Struct`, found unknown variant `Other`"
    );
    assert!(refusal::<Shape>("{'Other': 1}").contains("unknown variant `Other`"));
    assert_eq!(
        refusal::<Shape>("5"),
        "expected enum Shape as a str or a dict of 1, found int 5"
    );
    assert_eq!(
        refusal::<Shape>("{'NewType': 'a', 'Variant': None}"),
        "expected enum Shape as a str or a dict of 1, found dict of 2"
    );
    assert_eq!(
        refusal::<Shape>("{}"),
        "expected enum Shape as a str or a dict of 1, found dict of 0"
    );
    assert_eq!(
        refusal::<Shape>("'NewType'"),
        "expected a dict of the variant and its value, found str 'NewType'"
    );
    assert!(refusal::<Shape>("'Struct'").contains("found str 'Struct'"));
}

#[test]
fn an_error_inside_a_variant_names_it() {
    assert_eq!(
        refusal::<Shape>("{'NewType': 5}"),
        "at NewType: expected a string, found int 5"
    );
    assert_eq!(
        refusal::<Shape>("{'Tuple': [1, 2]}"),
        "at Tuple[1]: expected a string, found int 2"
    );
    assert_eq!(
        refusal::<Shape>("{'Variant': 1}"),
        "at Variant: expected None, found int 1"
    );
    let error = refused::<HashMap<String, Vec<Shape>>>(
        "{'shapes': [{'Struct': {'foo': 'x', 'bar': 256}}]}",
    );
    assert_eq!(error.path(), "shapes[0].Struct.bar");
    let error = refusal::<Shape>("{'Struct': {'foo': 'x'}}");
    assert_eq!(
        error,
        "at Struct: expected field `bar`, found dict of 1 (missing field `bar`)"
    );
    assert!(refusal::<Shape>("{'Tuple': [1]}").contains("found list of 1"));
}

#[test]
fn tags_inside_beside_and_none_at_all_work() {
    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(tag = "type")]
    enum Internal {
        A { n: i64 },
        B,
    }
    assert_eq!(
        read::<Internal>("{'n': 1, 'type': 'A'}"),
        Internal::A { n: 1 }
    );
    assert_eq!(
        read::<Internal>("import types; types.SimpleNamespace(type='B')"),
        Internal::B
    );
    assert!(
        refusal::<Internal>("{'type': 'A', 'n': 'x'}").ends_with("expected i64, found str 'x'")
    );
    assert!(refusal::<Internal>("{'type': 'C'}").contains("unknown variant `C`"));

    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(tag = "t", content = "c")]
    enum Adjacent {
        A(i64, i64),
        B,
    }
    assert_eq!(
        read::<Adjacent>("{'c': (1, 2), 't': 'A'}"),
        Adjacent::A(1, 2)
    );
    assert_eq!(read::<Adjacent>("{'t': 'B'}"), Adjacent::B);

    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(untagged)]
    enum Untagged {
        Tuple(f32, char),
        NewType(String),
        Struct { foo: Vec<char>, bar: [u8; 4] },
        Bytes(serde_bytes::ByteBuf),
    }
    assert_eq!(read::<Untagged>("[12.0, 'c']"), Untagged::Tuple(12.0, 'c'));
    assert_eq!(read::<Untagged>("'cat'"), Untagged::NewType("cat".into()));
    assert_eq!(
        read::<Untagged>("import pathlib; pathlib.PurePosixPath('/a')"),
        Untagged::NewType("/a".into())
    );
    let expected = Untagged::Struct {
        foo: vec!['a', 'b'],
        bar: [2, 5, 3, 1],
    };
    assert_eq!(
        read::<Untagged>("{'foo': ['a', 'b'], 'bar': [2, 5, 3, 1]}"),
        expected
    );
    assert_eq!(
        read::<Untagged>("b'\\xff'"),
        Untagged::Bytes(serde_bytes::ByteBuf::from([0xff]))
    );
    let error = refusal::<Vec<Untagged>>("[None]");
    assert!(
        error.starts_with("at [0]: ") && error.ends_with("enum Untagged, found None"),
        "{error}"
    );
}

#[derive(Deserialize, Debug)]
#[serde(tag = "type")]
#[allow(dead_code)]
enum Event {
    Order { items: Vec<Item>, id: u64 },
    Point { at: (f64, f64) },
}

#[derive(Deserialize, Debug)]
#[allow(dead_code)]
struct Item {
    price: f64,
    name: String,
}

#[derive(Deserialize, Debug)]
#[allow(dead_code)]
struct Flat {
    id: u64,
    #[serde(flatten)]
    rest: Rest,
}

#[derive(Deserialize, Debug)]
#[allow(dead_code)]
struct Rest {
    items: Vec<Item>,
}

#[test]
fn an_error_behind_serdes_buffer_names_its_place_where_that_can_be_told() {
    let order = |items: &str| format!("{{'type': 'Order', 'id': 7, 'items': [{items}]}}");
    let good = "{'price': 1.5, 'name': 'a'}";
    for (items, message) in [
        (
            format!("{good}, {{'price': 'n/a', 'name': 'b'}}"),
            "at items[1].price: expected f64, found str 'n/a'",
        ),
        (
            "{'price': 1e300, 'name': 2.5}".to_owned(),
            "at items[0].name: expected a string, found float 2.5",
        ),
        (
            format!("{good}, {{'price': 1}}"),
            "expected field `name`, found a dict without it (missing field `name`)",
        ),
        (
            "{'price': [1, 2], 'name': 'b'}".to_owned(),
            "expected f64, found list",
        ),
    ] {
        assert_eq!(refusal::<Event>(&order(&items)), message);
        assert_eq!(
            refusal::<Option<Event>>(&order(&items)),
            message,
            "in an option"
        );
        if !message.contains("missing") {
            assert_eq!(refusal::<Flat>(&order(&items)), message);
        }
    }
    assert_eq!(
        refusal::<Vec<Event>>("[{'type': 'Point', 'at': [1.0]}]"),
        "at [0].at: expected a tuple of size 2, found list of 1"
    );
    let error = refusal::<Vec<Event>>(&format!("[{}]", order("{'price': None, 'name': 'x'}")));
    assert_eq!(error, "at [0].items[0].price: expected f64, found None");
}

#[test]
fn an_error_behind_serdes_buffer_names_no_place_that_may_be_wrong() {
    let items = |items: &str| {
        refusal::<Event>(&format!("{{'type': 'Order', 'id': 7, 'items': [{items}]}}"))
    };
    let found = "expected f64, found str 'n/a'";
    // Twice there, also as a key, and once among things that are not looked into.
    assert_eq!(items("{'price': 'n/a', 'name': 'n/a'}"), found);
    assert_eq!(items("{'price': 'n/a', 'name': 'b', 'n/a': 1}"), found);
    assert_eq!(
        items("{'price': 'n/a', 'name': 'b', 'more': {1, 2}}"),
        found
    );
    assert_eq!(
        items("{'price': 1}"),
        "expected field `name`, found a dict without it (missing field `name`)"
    );
    assert_eq!(
        refusal::<Event>("{'type': 'Point'}"),
        "expected field `at`, found dict of 1 (missing field `at`)"
    );
}
