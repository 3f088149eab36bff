//! Whatever has elements in an order.

use crate::{fails, read, refusal};
use gopyre::{Object, Value};
use serde::Deserialize;
use serde_json::json;
use std::collections::{BTreeSet, VecDeque};

#[test]
fn everything_that_can_be_iterated_is_a_sequence() {
    for code in [
        "[1, 2, 3]",
        "(1, 2, 3)",
        "range(1, 4)",
        "iter([1, 2, 3])",
        "(n for n in (1, 2, 3))",
        "{1: 'a', 2: 'b', 3: 'c'}.keys()",
        "{'a': 1, 'b': 2, 'c': 3}.values()",
        "import collections; collections.deque([1, 2, 3])",
        "map(int, '123')",
        "class Mine(list): pass\nMine([1, 2, 3])",
        "class Old:\n    def __getitem__(self, i): return [1, 2, 3][i]\nOld()",
        "class New:\n    def __iter__(self): return iter([1, 2, 3])\nNew()",
        "import array; array.array('h', [1, 2, 3])",
    ] {
        assert_eq!(read::<Vec<i32>>(code), [1, 2, 3], "{code}");
        assert_eq!(read::<[u8; 3]>(code), [1, 2, 3], "{code}");
        assert_eq!(read::<(i8, f64, Value)>(code), (1, 2.0, json!(3)), "{code}");
        assert_eq!(read::<VecDeque<i64>>(code), [1, 2, 3], "{code}");
        assert_eq!(read::<Value>(code), json!([1, 2, 3]), "{code}");
    }
    assert_eq!(
        read::<BTreeSet<i64>>("{3, 1, 2}"),
        BTreeSet::from([1, 2, 3])
    );
    assert_eq!(read::<BTreeSet<String>>("frozenset('ab')").len(), 2);
    assert_eq!(
        read::<Vec<(String, i64)>>("{'a': 1}.items()"),
        [("a".to_owned(), 1)]
    );
    assert_eq!(
        read::<Vec<i64>>("range(20, 14, -1)"),
        [20, 19, 18, 17, 16, 15]
    );
    assert!(read::<Vec<i64>>("[]").is_empty());
}

#[test]
fn a_str_a_dict_and_a_model_are_no_sequences() {
    assert_eq!(
        refusal::<Vec<String>>("'London Calling'"),
        "expected a sequence, found str 'London Calling'"
    );
    assert_eq!(
        refusal::<Vec<char>>("'ab'"),
        "expected a sequence, found str 'ab'"
    );
    assert_eq!(
        refusal::<Vec<String>>("{'a': 1}"),
        "expected a sequence, found dict of 1"
    );
    assert!(
        refusal::<Vec<String>>("import types; types.MappingProxyType({})")
            .contains("found mappingproxy")
    );
    assert!(
        refusal::<Vec<String>>("import collections; collections.ChainMap({})")
            .contains("found collections.ChainMap")
    );
    assert!(
        refusal::<Vec<String>>("import collections; collections.OrderedDict(a=1)")
            .contains("collections.OrderedDict of 1")
    );
    let model = "
        class Model:
            __pydantic_fields__ = {'a': None}
            def __iter__(self): yield from [('a', 1)]
        Model()";
    assert!(refusal::<Vec<Value>>(model).contains("found Model"));
    assert_eq!(refusal::<Vec<i64>>("5"), "expected a sequence, found int 5");
    assert_eq!(
        refusal::<Vec<i64>>("None"),
        "expected a sequence, found None"
    );
    assert_eq!(
        refusal::<Vec<i64>>("object()"),
        "expected a sequence, found object"
    );
}

#[test]
fn a_tuple_has_its_length() {
    #[derive(Deserialize, Debug, PartialEq)]
    struct Pair(String, f64);
    assert_eq!(read::<Pair>("('cat', -10.05)"), Pair("cat".into(), -10.05));
    assert_eq!(read::<Pair>("['cat', -10.05]"), Pair("cat".into(), -10.05));
    let long = refusal::<Pair>("('cat', -10.05, 'foo')");
    assert!(
        long.starts_with("expected tuple struct Pair") && long.ends_with("of 2, found tuple of 3"),
        "{long}"
    );
    let short = refusal::<Pair>("('cat',)");
    assert!(short.contains("2 elements, found tuple of 1"), "{short}");
    assert_eq!(
        refusal::<(i64, i64)>("(1, 2, 3)"),
        "expected a tuple of size 2, found tuple of 3"
    );
    assert_eq!(
        refusal::<(i64, i64)>("[1]"),
        "expected a tuple of size 2, found list of 1"
    );
    assert_eq!(
        refusal::<[i64; 2]>("[1, 2, 3]"),
        "expected an array of length 2, found list of 3"
    );
    assert_eq!(
        refusal::<[i64; 2]>("range(3)"),
        "expected an array of length 2, found range of 3"
    );
    assert!(refusal::<(u8, u8)>("b'abc'").ends_with("found bytes of 3"));
    assert!(refusal::<(i64,)>("import itertools; itertools.count()").contains("itertools.count"));
    assert_eq!(read::<(String,)>("('x',)").0, "x");
    read::<()>("None");
}

#[test]
fn an_element_names_its_index() {
    assert_eq!(
        refusal::<Vec<i64>>("[1, 'x']"),
        "at [1]: expected i64, found str 'x'"
    );
    assert_eq!(
        refusal::<Vec<Vec<u8>>>("[[], [1, 300]]"),
        "at [1][1]: expected u8, found int 300 (out of range)"
    );
    assert_eq!(
        refusal::<(i64, bool)>("(1, 2)"),
        "at [1]: expected a boolean, found int 2"
    );
    assert_eq!(
        refusal::<Vec<i64>>("iter([1, None])"),
        "at [1]: expected i64, found None"
    );
    assert_eq!(
        refusal::<Vec<i64>>("{'x'}"),
        "at [0]: expected i64, found str 'x'"
    );
}

#[test]
fn a_generator_is_read_lazily_and_its_error_is_the_error() {
    let error = fails::<Vec<i64>>("def f():\n    yield 1\n    raise LookupError('over')\nf()");
    assert_eq!(error.to_string(), "LookupError: over");
    let error =
        fails::<Vec<i64>>("class Bad:\n    def __iter__(self): raise LookupError('no')\nBad()");
    assert!(error.exception().unwrap().is("LookupError"));
    // A pair takes two, and one more to see that the end is there; no generator is drained.
    let code = "
        taken = []
        def f():
            for n in range(100):
                taken.append(n)
                yield n
        f(), taken";
    let (generator, taken): (Object, Object) = read(code);
    assert!(generator.extract::<(i64, i64)>().is_err());
    assert_eq!(taken.extract::<Vec<i64>>().unwrap(), [0, 1, 2]);
    assert_eq!(generator.extract::<Vec<i64>>().unwrap().len(), 97);
    assert!(generator.extract::<Vec<i64>>().unwrap().is_empty());
}

#[test]
fn a_list_that_changes_while_it_is_read_is_no_danger() {
    // Each element empties the list it is in, or makes it longer.
    for change in ["items.clear()", "items.extend([self] * 10)"] {
        let code = format!(
            "
            class Item:
                def __index__(self):
                    {change}
                    return 7
            items = [Item() for _ in range(5)]
            items"
        );
        let read: Vec<i64> = read(&code);
        assert!(read.len() == 1 || read.len() == 5, "{read:?}");
    }
}

#[test]
fn cycles_and_depth_end_in_an_error() {
    let message =
        "expected at most 128 levels, found a value nested deeper, or one that contains itself";
    for code in [
        "a = []\na.append(a)\na",
        "a = []\na.append((a,))\na",
        "a = {}\na['a'] = a\na",
        "class A: pass\na = A()\na.a = a\na",
    ] {
        let error = refusal::<Value>(code);
        assert!(error.ends_with(message), "{error}");
    }
    assert!(refusal::<Value>("a = []\nfor _ in range(100_000): a = [a]\na").ends_with(message));
    assert!(read::<Value>("a = []\nfor _ in range(127): a = [a]\na").is_array());

    #[derive(Deserialize, Debug)]
    struct Endless(#[allow(dead_code)] Box<Option<Endless>>);
    assert!(refusal::<Endless>("1").ends_with(message));
}

#[test]
fn elements_may_stay_python_objects() {
    let items: Vec<Object> = read("[object(), None, 'x']");
    assert_eq!((items.len(), items[1].is_none()), (3, true));
    let items: Vec<Option<Object>> = read("[None, 1]");
    assert!(items[0].is_none() && items[1].is_some());
}

#[test]
fn a_list_of_numbers_may_hold_whatever_is_read_as_one() {
    assert_eq!(
        read::<Vec<f64>>("import decimal; [1.5, 2, True, decimal.Decimal('0.5'), 2.5]"),
        [1.5, 2.0, 1.0, 0.5, 2.5]
    );
    assert_eq!(
        read::<Vec<i64>>("class I(int): pass\n[-1, True, I(3), 2**62]"),
        [-1, 1, 3, 1 << 62]
    );
    assert_eq!(
        refusal::<Vec<f64>>("[1.5, 'n/a']"),
        "at [1]: expected f64, found str 'n/a'"
    );
    assert_eq!(
        refusal::<Vec<i64>>("[1, 2**63]"),
        "at [1]: expected i64, found int 9223372036854775808 (out of range)"
    );
    assert_eq!(
        refusal::<Vec<i64>>("[1, 2.0]"),
        "at [1]: expected i64, found float 2.0"
    );
    // The list loses its last items while it is read.
    let shrinking = "
        a = []
        class F:
            def __float__(self):
                del a[2:]
                return 0.5
        a += [1.5, F(), 3.5, 4.5]
        a";
    assert_eq!(read::<Vec<f64>>(shrinking), [1.5, 0.5]);
}
