//! Objects of pydantic and attrs, as structs.

use crate::{scenario, with};
use gopyre::{Script, Value, exec};
use gopyre_tests::in_child;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

const ORDER: &str = r#"
from datetime import date
from enum import Enum
from typing import Dict, List, Optional

from pydantic import BaseModel, Field

class Kind(Enum):
    BOOK = "book"
    TOY = "toy"

class Item(BaseModel):
    name: str = Field(alias="title")
    price: float = Field(gt=0)
    kind: Kind = Kind.BOOK

class Order(BaseModel):
    id: int
    day: date
    items: List[Item]
    tags: Dict[str, int] = {}
    note: Optional[str] = None

Order.model_validate(input)
"#;

#[derive(Deserialize, Debug, PartialEq)]
struct Order {
    id: u64,
    day: String,
    items: Vec<Item>,
    tags: BTreeMap<String, i64>,
    note: Option<String>,
}

#[derive(Deserialize, Debug, PartialEq)]
struct Item {
    name: String,
    price: f64,
    kind: String,
}

#[test]
fn a_pydantic_model_is_validated_and_read_as_a_struct() {
    with(
        "pydantic",
        in_child(|| {
            scenario(|| {
                let order: Order = exec(
                    ORDER,
                    json!({
                        "id": "17", // pydantic makes it a number
                        "day": "2024-02-29",
                        "items": [{"title": "Dune", "price": 9}, {"title": "Kite", "price": 5.5, "kind": "toy"}],
                        "tags": {"gift": 1},
                    }),
                )?;
                let item = |name: &str, price, kind: &str| Item {
                    name: name.to_owned(),
                    price,
                    kind: kind.to_owned(),
                };
                let expected = Order {
                    id: 17,
                    day: "2024-02-29".to_owned(),
                    items: vec![item("Dune", 9.0, "book"), item("Kite", 5.5, "toy")],
                    tags: BTreeMap::from([("gift".to_owned(), 1)]),
                    note: None,
                };
                assert_eq!(order, expected);
                Ok(())
            });
        }),
    );
}

#[test]
fn what_pydantic_does_not_accept_is_its_validation_error() {
    with(
        "pydantic",
        in_child(|| {
            scenario(|| {
                let script = Script::new(ORDER)?;
                let input = json!({"id": "x", "day": "2024-02-29", "items": [{"title": "Dune", "price": -1}]});
                let error = script.exec::<Order>(&input).unwrap_err();
                let exception = error.exception().expect("an exception");
                assert!(
                    exception.is("ValidationError") && exception.is("ValueError"),
                    "{error:?}"
                );
                assert!(
                    exception
                        .message()
                        .starts_with("2 validation errors for Order"),
                    "{error}"
                );
                assert!(exception.message().contains("items.0.price"), "{error}");
                // The live exception says more than its text.
                let places: Vec<(Vec<Value>, String)> = exec(
                    "[(error['loc'], error['type']) for error in input.errors()]",
                    exception.object().expect("it is at hand"),
                )?;
                let expected = [
                    (vec![json!("id")], "int_parsing".to_owned()),
                    (
                        vec![json!("items"), json!(0), json!("price")],
                        "greater_than".to_owned(),
                    ),
                ];
                assert_eq!(places, expected);
                // The script is as good as new.
                let good = json!({"id": 1, "day": "2024-01-01", "items": []});
                assert_eq!(script.exec::<Order>(&good)?.id, 1);
                Ok(())
            });
        }),
    );
}

#[test]
fn attrs_classes_are_structs() {
    #[derive(Deserialize, Debug, PartialEq)]
    struct Point {
        x: f64,
        label: String,
        inner: Option<Box<Point>>,
    }
    with(
        "attrs",
        in_child(|| {
            scenario(|| {
                let points: Vec<Point> = exec(
                    r#"
                    import attr, attrs

                    @attrs.define
                    class Slotted:
                        x: float
                        label: str = "slots"
                        inner: object = None

                    @attr.s
                    class Old:
                        x = attr.ib(converter=float)
                        label = attr.ib(default="dict")
                        inner = attr.ib(default=None)

                    @attrs.frozen
                    class Frozen(Slotted):
                        label: str = "frozen"

                    [Slotted(1.0, inner=Old("2")), Frozen(3.0)]
                    "#,
                    (),
                )?;
                let point = |x, label: &str, inner| Point {
                    x,
                    label: label.to_owned(),
                    inner,
                };
                let inner = Some(Box::new(point(2.0, "dict", None)));
                assert_eq!(
                    points,
                    [point(1.0, "slots", inner), point(3.0, "frozen", None)]
                );
                let wrong = exec::<Point>(
                    "import attrs; attrs.make_class('P', ['x', 'label', 'inner'])(1.0, 2, None)",
                    (),
                );
                assert_eq!(
                    wrong.unwrap_err().to_string(),
                    "at label: expected a string, found int 2"
                );
                Ok(())
            });
        }),
    );
}
