//! Conversions leave no reference behind, whether they end well or not.
//!
//! A debug build counts all references of the process, so this file has one test and a process of its
//! own. Where Python does not count, the test has nothing to look at.

use gopyre::{Object, Result, Value, attach, exec};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

#[derive(Serialize, Deserialize)]
struct Row {
    name: String,
    price: f64,
    tags: Vec<String>,
    extra: Option<(u8, i128)>,
    kind: Kind,
}

#[derive(Serialize, Deserialize)]
enum Kind {
    Plain,
    Sized { width: u32 },
    Pair(i8, i8),
}

fn rows() -> Vec<Row> {
    let kinds = [
        Kind::Plain,
        Kind::Sized { width: 70_000 },
        Kind::Pair(1, -1),
    ];
    let row = |kind| Row {
        name: "naïve".into(),
        price: 1.5,
        tags: vec!["a".into()],
        extra: Some((1, 1 << 90)),
        kind,
    };
    kinds.into_iter().map(row).collect()
}

/// Everything once, good and bad.
fn everything(objects: &[Object]) {
    let there_and_back = Object::new(rows()).and_then(|object| object.extract::<Vec<Row>>());
    assert_eq!(there_and_back.unwrap().len(), 3);
    let _ = Object::new(BTreeMap::from([(vec![1], json!([1, { "a": null }]))]));
    for object in objects {
        let _ = object.extract::<Value>();
        let _ = object.extract::<Vec<Row>>();
        let _ = object.extract::<Row>();
        let _ = object.extract::<BTreeMap<String, Vec<i64>>>();
        let _ = object.extract::<(i64, f64)>();
        let _ = object.extract::<String>();
        let _ = object.extract::<f64>();
        let _ = object.extract::<i128>();
        let _ = object.extract::<Kind>();
        let _ = object.extract::<bool>();
        let _ = object.extract::<Vec<Option<Object>>>();
        let _ = object.extract::<BTreeMap<String, Object>>();
        let _ = object.extract::<serde_bytes::ByteBuf>();
        let _ = object.extract::<std::time::Duration>();
    }
}

const ROUNDS: i64 = 100;

/// How many references a run of `f` adds; none where Python does not count.
fn growth(mut f: impl FnMut()) -> Option<i64> {
    let total = || {
        exec::<Option<i64>>(
            "import sys; getattr(sys, 'gettotalrefcount', lambda: None)()",
            (),
        )
        .unwrap()
    };
    // What is made once is made by the first rounds.
    (0..3).for_each(|_| f());
    exec::<()>("import gc; gc.collect(); None", ()).unwrap();
    let before = total()?;
    (0..ROUNDS).for_each(|_| f());
    exec::<()>("import gc; gc.collect(); None", ()).unwrap();
    Some(total()? - before)
}

#[test]
fn conversions_leave_no_reference_behind() -> Result<()> {
    let code = "
        import array, collections, dataclasses, datetime, decimal, enum, ipaddress, pathlib, types, typing, uuid
        class E(enum.Enum):
            A = 'a'
            B = (1, 2)
        @dataclasses.dataclass
        class P:
            x: int
            y: str
        class S:
            __slots__ = ('a', 'b')
        class Bad:
            name = property(lambda self: 1 / 0)
        s = S()
        s.a = 1
        row = {'name': 'n', 'price': 1, 'tags': (), 'extra': None, 'kind': 'Plain'}
        [
            None, True, 5, 2**80, 2**200, 1.5, 'text', '\\ud800', b'bytes', bytearray(2), 1j, object(), int, len,
            [row, row], row, {**row, 'kind': {'Pair': (1, 300)}}, {**row, 'kind': {'Sized': {'width': 'x'}}},
            {1: 2, None: 3, 1.5: 4}, {(1, 2): 3}, {'a': [1], 'b': ['x']}, collections.OrderedDict(a=[1]),
            collections.ChainMap({'a': [1]}), types.MappingProxyType({'Pair': [1]}), types.SimpleNamespace(**row),
            collections.namedtuple('NT', 'name price')('n', 1), P(1, 'y'), s, Bad(), E.A, E.B, {1, 2}, range(3),
            collections.deque([1, 'x']), array.array('d', [1, 2]), memoryview(bytes(6)).cast('B', (2, 3)),
            datetime.date(2020, 1, 1), datetime.timedelta(1), datetime.timedelta(-1), decimal.Decimal(1),
            uuid.UUID(int=1), pathlib.PurePosixPath('/'), ipaddress.ip_address('::1'), ValueError(),
            array.array('h', [1]), memoryview(b'abc')[::2],
        ]";
    let objects: Vec<Object> = exec(code, ())?;
    let grown = attach(|| growth(|| everything(&objects)))?;
    let mut kept = Vec::new();
    let control = attach(|| growth(|| kept.extend((0..10).map(|n| Object::new([n]).unwrap()))))?;
    if let (Some(grown), Some(control)) = (grown, control) {
        assert!(
            control >= 200,
            "the counter does not see what is kept: {control}"
        );
        // A leak anywhere is one in each round; Python's own caches move by some 20 in all.
        assert!(grown < ROUNDS, "{grown} references are left behind");
    }
    Ok(())
}
