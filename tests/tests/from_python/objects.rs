//! Objects with attributes: dataclasses, named tuples, models, plain objects.

use crate::{fails, read, refusal};
use gopyre::Value;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

#[derive(Deserialize, Debug, PartialEq)]
struct Point {
    x: i64,
    y: f64,
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
struct OnlyX {
    x: i64,
}

/// Every way to have an `x` of 1 and a `y` of 2.5, and nothing else.
const POINTS: [&str; 11] = [
    "import types; types.SimpleNamespace(x=1, y=2.5)",
    "class P: pass\np = P()\np.x, p.y = 1, 2.5\np",
    "class P:\n    __slots__ = ('x', 'y', 'unset')\np = P()\np.x, p.y = 1, 2.5\np",
    "class A:\n    __slots__ = 'x'\nclass P(A):\n    __slots__ = ['y']\np = P()\np.x, p.y = 1, 2.5\np",
    "import dataclasses, typing\n@dataclasses.dataclass\nclass P:\n    x: int\n    y: float\nP(1, 2.5)",
    "
        import dataclasses, typing
        @dataclasses.dataclass(frozen=True)
        class P:
            x: int
            y: float
            count: typing.ClassVar[int] = 7
            seed: dataclasses.InitVar[int] = 8
        P(1, 2.5)",
    "class Attribute:\n    def __init__(self, name): self.name = name
class P:
    __slots__ = ('x', 'y')
    __attrs_attrs__ = (Attribute('x'), Attribute('y'))
p = P()
p.x, p.y = 1, 2.5
p",
    "
        class P:
            __pydantic_fields__ = {'x': None, 'y': None}
            __pydantic_extra__ = None
            def __init__(self): self.x, self.y, self._hidden = 1, 2.5, 3
            def __iter__(self): yield from self.__dict__.items()
        P()",
    "
        class P:
            __fields__ = {'x': None, 'y': None}
            def __init__(self): self.__dict__.update(x=1, y=2.5)
            def __iter__(self): yield from self.__dict__.items()
        P()",
    "import ctypes\nclass P(ctypes.Structure):\n    _fields_ = [('x', ctypes.c_int), ('y', ctypes.c_double)]\nP(1, 2.5)",
    "class P: pass\np = P()\np.x, p._private, p.y = 1, 'not shown', 2.5\np",
];

#[test]
fn objects_with_attributes_are_structs_and_maps() {
    for code in POINTS {
        assert_eq!(read::<Point>(code), Point { x: 1, y: 2.5 }, "{code}");
        assert_eq!(read::<Value>(code), json!({ "x": 1, "y": 2.5 }), "{code}");
        assert_eq!(read::<BTreeMap<String, f64>>(code).len(), 2, "{code}");
        assert_eq!(
            refusal::<OnlyX>(code),
            "expected `x`, found unknown field `y`",
            "{code}"
        );
    }
}

#[test]
fn slotted_dataclasses_are_structs_too() {
    let code = "
        import dataclasses, sys, typing
        options = {'slots': True} if sys.version_info >= (3, 10) else {}
        @dataclasses.dataclass(**options)
        class P:
            x: int
            y: float = 2.5
        [P(1)]";
    assert_eq!(read::<Vec<Point>>(code), [Point { x: 1, y: 2.5 }]);
    assert_eq!(read::<Value>(code), json!([{ "x": 1, "y": 2.5 }]));
}

#[test]
fn a_named_tuple_is_a_struct_by_its_names_and_else_a_sequence() {
    let code = "import collections; collections.namedtuple('NT', 'y x')(x=1, y=2.5)";
    assert_eq!(read::<Point>(code), Point { x: 1, y: 2.5 });
    assert_eq!(
        read::<BTreeMap<String, f64>>(code),
        BTreeMap::from([("x".into(), 1.0), ("y".into(), 2.5)])
    );
    assert_eq!(read::<(f64, i64)>(code), (2.5, 1));
    assert_eq!(read::<Value>(code), json!([2.5, 1]));
    assert_eq!(
        refusal::<OnlyX>(code),
        "expected `x`, found unknown field `y`"
    );
    let other = "import collections; collections.namedtuple('NT', 'count index')(1, 2)";
    assert!(refusal::<Point>(other).contains("missing field `x`"));
    assert!(refusal::<Point>("(1, 2.5)").contains("expected struct Point, found tuple of 2"));
}

#[test]
fn properties_are_fields_and_their_errors_are_the_errors() {
    #[derive(Deserialize, Debug)]
    struct Area {
        area: f64,
    }
    let code = |body: &str| format!("class Box:\n    @property\n    def area(self): {body}\nBox()");
    assert_eq!(read::<Area>(&code("return 2.5")).area, 2.5);
    assert_eq!(
        fails::<Area>(&code("raise LookupError('no area')")).to_string(),
        "LookupError: no area"
    );
    // Not taken for a missing field.
    let error = fails::<Area>(&code("return self.missing"));
    assert!(
        error.exception().is_some_and(|e| e.is("AttributeError")),
        "{error}"
    );
    assert_eq!(
        refusal::<Area>(&code("return 'x'")),
        "at area: expected f64, found str 'x'"
    );
    // Only what is asked for is computed.
    assert_eq!(
        read::<Value>(&code("raise LookupError('no area')")),
        json!({})
    );
}

#[test]
fn a_field_that_an_object_lacks_is_missing() {
    assert_eq!(
        refusal::<Point>("import types; types.SimpleNamespace(x=1)"),
        "expected field `y`, found types.SimpleNamespace (missing field `y`)"
    );
    assert!(
        refusal::<Point>("class P:\n    __slots__ = ('x', 'y')\np = P()\np.x = 1\np")
            .contains("missing field `y`")
    );
    assert!(
        refusal::<Point>("class P: pass\nP()")
            .contains("expected field `x`, found P (missing field `x`)")
    );
}

#[test]
fn what_classes_written_in_c_show_can_be_asked_for() {
    #[derive(Deserialize, Debug, PartialEq)]
    struct Date {
        year: u16,
        month: u8,
    }
    assert_eq!(
        read::<Date>("import datetime; datetime.date(2017, 9, 1)"),
        Date {
            year: 2017,
            month: 9
        }
    );
    #[derive(Deserialize)]
    struct Stat {
        st_size: u64,
    }
    assert!(read::<Stat>("import os; os.stat(os.__file__)").st_size > 0);
    assert_eq!(
        refusal::<Point>("import datetime; datetime.date(2017, 9, 1)"),
        "expected struct Point, found datetime.date 2017-09-01"
    );
}

#[test]
fn enum_members_are_their_values_whatever_is_asked_for() {
    let code = |rest: &str| {
        format!(
            "
            import enum
            class Color(enum.Enum):
                RED = 'red'
                N = 5
                F = 1.5
                T = (1, 2)
                D = {{'x': 1, 'y': 2.5}}
                NONE = None
                YES = True
            class Number(enum.IntEnum):
                ONE = 1
            class Text(str, enum.Enum):
                A = 'a'
            class Bits(enum.Flag):
                X = 1
                Y = 2
            {rest}"
        )
    };
    assert_eq!(read::<String>(&code("Color.RED")), "red");
    assert_eq!(read::<(i64, f64)>(&code("(Color.N, Color.F)")), (5, 1.5));
    assert_eq!(read::<(i64, i64)>(&code("Color.T")), (1, 2));
    assert_eq!(read::<Point>(&code("Color.D")), Point { x: 1, y: 2.5 });
    assert_eq!(read::<BTreeMap<String, f64>>(&code("Color.D")).len(), 2);
    assert_eq!(
        read::<((), bool)>(&code("(Color.NONE, Color.YES)")),
        ((), true)
    );
    assert_eq!(
        read::<(u8, String, u8)>(&code("(Number.ONE, Text.A, Bits.X | Bits.Y)")),
        (1, "a".into(), 3)
    );
    assert_eq!(
        read::<Value>(&code("[Color.RED, Color.N, Number.ONE, Text.A, Bits.Y]")),
        json!(["red", 5, 1, "a", 2])
    );
    assert_eq!(
        refusal::<bool>(&code("Color.N")),
        "expected a boolean, found int 5"
    );
    assert!(refusal::<Value>(&code("Color")).contains("found class `Color`"));
}

#[test]
fn code_and_exceptions_are_no_data() {
    for (code, found) in [
        ("ValueError('x')", "ValueError"),
        ("len", "builtin_function_or_method"),
        ("lambda: 0", "function"),
        ("[].append", "builtin_function_or_method"),
        ("class A:\n    def f(self): pass\nA().f", "method"),
        ("int", "class `int`"),
        ("import sys; sys", "module"),
        ("object()", "object"),
        (
            "import functools; functools.partial(int)",
            "functools.partial",
        ),
        ("import re; re.match('a', 'a')", "re.Match"),
        ("b''.join", "builtin_function_or_method"),
    ] {
        assert_eq!(
            refusal::<Value>(code),
            format!("expected any valid JSON value, found {found}")
        );
    }
    assert_eq!(
        refusal::<Value>("{'a': [print]}").split(':').next(),
        Some("at a[0]")
    );
}
