//! Values without an end: a limit on the run ends their reading, too.

use gopyre::{Error, Interrupt, Object, Script, Value};
use gopyre_tests::in_child;
use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};
use std::collections::HashMap;
use std::fmt::Debug;
use std::time::{Duration, Instant};

const SHORT: Duration = Duration::from_millis(100);

/// Reading the script's value ends with its time.
#[track_caller]
fn stops<T: DeserializeOwned + Debug>(code: &str) {
    let script = Script::new(code).unwrap();
    let start = Instant::now();
    let result = script.input(()).timeout(SHORT).exec::<T>();
    let took = start.elapsed();
    assert!(
        matches!(result, Err(Error::Timeout(limit)) if limit == SHORT),
        "{code}: {:?}",
        result.err()
    );
    assert!(took >= SHORT && took < SHORT * 50, "{code}: {took:?}");
    // Nothing of it is left behind.
    assert_eq!(
        gopyre::exec::<i64>("sum(range(1000))", ()).unwrap(),
        499_500
    );
}

#[test]
fn iterators_written_in_c_are_stopped() {
    in_child(|| {
        stops::<Vec<u8>>("import itertools; itertools.repeat(7)");
        stops::<Vec<u64>>("import itertools; itertools.count()");
        stops::<Value>("import itertools; {'a': [itertools.cycle('ab')]}");
        stops::<std::collections::HashSet<u8>>("import itertools; itertools.repeat(7)");
        stops::<serde_bytes::ByteBuf>("import itertools; itertools.repeat(7)");
        stops::<Vec<Vec<Vec<u8>>>>("import itertools; itertools.repeat([[7] * 100] * 100)");
    })
    .succeeds();
}

#[test]
fn mappings_without_an_end_are_stopped() {
    in_child(|| {
        let mapping = |methods: &str| {
            format!(
                "import itertools\nclass Endless:\n    __getitem__ = lambda self, key: key\n    {methods}\nEndless()"
            )
        };
        stops::<HashMap<u8, u8>>(&mapping("keys = lambda self: itertools.repeat(7)"));
        let items = "items = lambda self: itertools.repeat((7, 7))\n    keys = None";
        stops::<HashMap<u8, u8>>(&mapping(&items.replace("None", "lambda self: []")));
        stops::<HashMap<u8, u8>>(
            "import itertools\nclass Endless(dict):\n    items = lambda self: itertools.repeat((7, 7))\nEndless()",
        );
    })
    .succeeds();
}

#[test]
fn lists_that_grow_as_they_are_read_are_stopped() {
    in_child(|| stops::<Value>("a = []\nfor _ in range(100): a = [a, a]\na")).succeeds();
}

#[test]
fn an_interrupt_stops_reading() {
    in_child(|| {
        let stop = Interrupt::new();
        let script = Script::new("import itertools; itertools.repeat(7)").unwrap();
        let result = std::thread::scope(|scope| {
            let run = scope.spawn(|| script.input(()).interrupt(&stop).exec::<Vec<u8>>());
            while !run.is_finished() {
                std::thread::sleep(Duration::from_millis(20));
                stop.interrupt();
            }
            run.join().unwrap()
        });
        assert!(matches!(result, Err(Error::Interrupted)));
    })
    .succeeds();
}

/// Runs a function as it is serialized.
struct Does<F>(F);

impl<F: Fn()> Serialize for Does<F> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        self.0();
        s.serialize_unit()
    }
}

/// Does something that is endless in the conversion of a run's input, where the run's limit stops it.
fn within_a_run(endless: impl Fn() -> Error) {
    let outer = Script::new("input").unwrap();
    let inner = || {
        let error = endless();
        assert!(
            matches!(error, Error::Timeout(limit) if limit == SHORT),
            "{error:?}"
        );
    };
    let start = Instant::now();
    // What ends well keeps its value.
    let result = outer.input(Does(inner)).timeout(SHORT).exec::<()>();
    assert!(
        matches!(result, Ok(()) | Err(Error::Timeout(_))),
        "{result:?}"
    );
    assert!(start.elapsed() < SHORT * 50);
}

#[test]
fn arguments_without_an_end_are_stopped() {
    in_child(|| {
        let endless: Object = gopyre::exec(
            "import itertools\nclass Endless(list):\n    __iter__ = lambda self: itertools.repeat(7)\nEndless()",
            (),
        )
        .unwrap();
        let print = gopyre::import("builtins").unwrap().attr("print").unwrap();
        within_a_run(|| print.call(&endless).unwrap_err());
    })
    .succeeds();
}

#[test]
fn the_outer_of_two_limits_stops_the_inner_run() {
    in_child(|| {
        let inner = Script::new("import itertools; itertools.repeat(7)").unwrap();
        let hour = Duration::from_secs(3600);
        within_a_run(|| {
            let run = inner.input(()).timeout(hour);
            run.exec::<Vec<u8>>().unwrap_err()
        });
    })
    .succeeds();
}

#[test]
fn a_limit_that_is_not_reached_changes_nothing() {
    let script = Script::new("import itertools; itertools.islice(itertools.count(), 10000)");
    let read: Vec<u64> = script
        .unwrap()
        .input(())
        .timeout(Duration::from_secs(3600))
        .exec()
        .unwrap();
    assert_eq!(read, (0..10_000).collect::<Vec<_>>());
}
