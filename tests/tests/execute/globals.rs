//! Proves that a run's globals are fresh and its own, also where many runs with inputs of one kind have been before.

use gopyre::{Result, Script, Value};
use gopyre_tests::in_child;
use serde_json::{Map, json};

/// An input of so many keys.
fn input(keys: usize, first: i64) -> Value {
    let entries = (0..)
        .zip(0..keys)
        .map(|(n, key)| (format!("k{key}"), json!(first + n)));
    Value::Object(entries.collect::<Map<_, _>>())
}

#[test]
fn inputs_of_any_size_come_through_again_and_again() -> Result<()> {
    for keys in (0..24).chain([84, 85, 86, 341, 1000]) {
        let script = Script::new(
            "own = {k: v for k, v in globals().items() if k[0] == 'k'}\nown == input, len(own), sum(own.values())",
        )?;
        for first in 0..4 {
            let sum: i64 = (0..).take(keys).map(|n: i64| n + first).sum();
            let found: (bool, usize, i64) = script.exec(input(keys, first))?;
            assert_eq!(found, (true, keys, sum));
        }
    }
    Ok(())
}

#[test]
fn what_a_run_does_to_its_globals_no_other_sees() -> Result<()> {
    let script = Script::new(
        "names = sorted(globals())
for n in range(x):
    globals()[f'more{n}'] = [n]
del y, input
globals()['z'] = globals().pop('x')
names == ['__builtins__', '__doc__', '__loader__', '__name__', 'input', 'x', 'y'], z",
    )?;
    for x in [0, 1, 50, 2, 500, 3] {
        let found: (bool, i64) = script.exec(json!({ "x": x, "y": [] }))?;
        assert_eq!(found, (true, x));
    }
    Ok(())
}

#[test]
fn functions_find_the_globals_of_their_own_run() -> Result<()> {
    let script = Script::new("def f():\n    return x + len(y)\nsum(f() for _ in range(100)), f")?;
    let mut kept = Vec::new();
    for x in 0..5 {
        let (sum, f): (i64, gopyre::Object) = script.exec(json!({ "x": x, "y": [x] }))?;
        assert_eq!(sum, 100 * (x + 1));
        kept.push(f);
    }
    for (x, f) in (1..).zip(kept) {
        assert_eq!(f.call(())?.extract::<i64>()?, x);
    }
    Ok(())
}

#[test]
fn no_code_comes_upon_what_the_globals_are_made_of() {
    in_child(|| {
        let script = Script::new(
            "import gc
mine = globals()
found = [d for d in gc.get_objects() if type(d) is dict and '__loader__' in d and 'only_here' in d]
len(found), found[:1] == [mine], gc.is_tracked(mine)",
        )
        .unwrap();
        for n in 0..5 {
            gopyre::run("import gc; gc.collect()").unwrap();
            let found: (usize, bool, bool) = script.exec(json!({ "only_here": n })).unwrap();
            assert_eq!(found, (1, true, true));
        }
    })
    .succeeds();
}

#[test]
fn globals_that_hold_themselves_are_collected() {
    in_child(|| {
        let script = Script::new(
            "import weakref
mine = {1}
cycle = [mine, globals()]
import __main__
__main__.seen.append(weakref.ref(mine))",
        )
        .unwrap();
        gopyre::run("seen = []").unwrap();
        for n in 0..5 {
            script.exec::<()>(json!({ "a": n, "b": [n] })).unwrap();
        }
        gopyre::run("import gc; gc.collect(); left = [r for r in seen if r() is not None]")
            .unwrap();
        let left: (usize, usize) = gopyre::exec(
            "import __main__; len(__main__.seen), len(__main__.left)",
            (),
        )
        .unwrap();
        assert_eq!(left, (5, 0));
    })
    .succeeds();
}
