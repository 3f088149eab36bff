//! Values: what goes to a worker, what comes back, and in which order.

use crate::SHARED;
use gopyre::{Error, Executor, Interpreter, Object, Result, Script};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

#[derive(Debug, Serialize, Deserialize, PartialEq)]
struct Order {
    name: String,
    prices: Vec<f64>,
    note: Option<String>,
    id: u128,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Total {
    order: Order,
    total: f64,
    process: u32,
}

#[test]
fn a_struct_goes_there_and_another_comes_back() -> Result<()> {
    let order = || Order {
        name: "läd\u{1f980}".to_owned(),
        prices: vec![1.5, f64::INFINITY, -0.25],
        note: None,
        id: u128::MAX,
    };
    let script = Script::new(
        "
        import os

        total = sum(prices)
        {'order': input, 'total': total, 'process': os.getpid()}
        ",
    )?;
    let found: Total = SHARED.exec(&script, order())?;
    assert_eq!((found.order, found.total), (order(), f64::INFINITY));
    assert_ne!(found.process, std::process::id());
    Ok(())
}

#[test]
fn a_script_means_what_it_means_here() -> Result<()> {
    let cases = [
        ("1 + 1", json!(null)),
        ("x = 1", json!(null)),
        ("# nothing", json!(null)),
        ("input", json!(null)),
        (
            "[__name__, sorted(name for name in globals() if name[0] != '_')]",
            json!({ "a": 1, "b b": 2 }),
        ),
        ("__doc__", json!(null)),
        ("'text'\n__doc__", json!(null)),
        ("len(len)", json!({ "len": "abc" })),
        ("input", json!({ "input": "itself" })),
        (
            "[type(input).__name__, input]",
            json!([1, [2.5, "x"], null]),
        ),
        ("    if True:\n        x = 5\n    x", json!(null)),
        ("x = '''\n  a\n'''\nx", json!(null)),
        (
            "__builtins__ is not None and '__builtins__' in globals()",
            json!({ "__builtins__": 1 }),
        ),
    ];
    for (code, input) in cases {
        let code = code.replace("len(len)", "__builtins__['len'](len)");
        let script = Script::new(code.as_str())?;
        let [here, there]: [serde_json::Value; 2] =
            [script.exec(&input)?, SHARED.exec(&script, &input)?];
        assert_eq!(here, there, "{code}");
    }
    Ok(())
}

#[test]
fn every_run_has_fresh_globals_and_the_callers_value_stays() -> Result<()> {
    let executor = Executor::processes(1)?;
    let script = Script::new("seen = 'y' in globals(); y = 1; input.append(4); (seen, input)")?;
    let input = vec![1, 2, 3];
    for _ in 0..3 {
        let (seen, list): (bool, Vec<i32>) = executor.exec(&script, &input)?;
        assert!(!seen);
        assert_eq!(list, [1, 2, 3, 4]);
    }
    assert_eq!(input, [1, 2, 3]);
    Ok(())
}

#[test]
fn what_json_loses_is_kept() -> Result<()> {
    #[derive(Deserialize)]
    struct Kept {
        unit: (),
        bytes: serde_bytes::ByteBuf,
        tuple: (i64, f64),
        large: u128,
        map: BTreeMap<i64, String>,
        set: Vec<u8>,
    }
    let script = Script::new(
        "
        {
            'unit': input,
            'bytes': b'\\x00\\xff',
            'tuple': (1, 2.5),
            'large': 2**100,
            'map': {3: 'three'},
            'set': {4},
        }
        ",
    )?;
    let found: Kept = SHARED.exec(&script, ())?;
    assert_eq!((found.unit, found.tuple), ((), (1, 2.5)));
    assert_eq!(found.bytes.as_slice(), [0, 255]);
    assert_eq!((found.large, found.set), (1 << 100, vec![4]));
    assert_eq!(found.map[&3], "three");
    Ok(())
}

#[test]
fn results_are_their_jobs_whatever_the_order() -> Result<()> {
    let script = Script::new("import time; time.sleep(0.02 * (input % 3)); input * input")?;
    let jobs = (0..30).map(|n| SHARED.submit::<u64>(&script, n));
    let jobs = jobs.collect::<Result<Vec<_>>>()?;
    for (n, job) in jobs.into_iter().enumerate().rev() {
        assert_eq!(job.join()?, (n * n) as u64);
    }
    Ok(())
}

#[test]
fn jobs_start_in_the_order_of_their_submission() -> Result<()> {
    let executor = Executor::processes(1)?;
    let script = Script::new("import time; time.monotonic()")?;
    let jobs = (0..10).map(|_| executor.submit::<f64>(&script, ()));
    let times = jobs.map(|job| job?.join()).collect::<Result<Vec<_>>>()?;
    assert!(times.is_sorted(), "{times:?}");
    Ok(())
}

#[test]
fn two_workers_work_at_the_same_time() -> Result<()> {
    // Each waits for the other.
    let executor = Executor::processes(2)?.timeout(std::time::Duration::from_secs(60));
    let folder = gopyre_tests::Folder::new();
    let script = Script::new(
        "
        import os, time

        open(os.path.join(folder, mine), 'w').close()
        while not os.path.exists(os.path.join(folder, other)):
            time.sleep(0.01)
        os.getpid()
        ",
    )?;
    let job = |mine, other| {
        executor.submit::<u32>(
            &script,
            json!({ "folder": folder.path(), "mine": mine, "other": other }),
        )
    };
    let (a, b) = (job("a", "b")?, job("b", "a")?);
    assert_ne!(a.join()?, b.join()?);
    Ok(())
}

#[test]
fn many_threads_share_an_executor() -> Result<()> {
    let script = Script::new("input + 1")?;
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|t| {
                let script = &script;
                scope.spawn(move || {
                    (0..10).try_for_each(|n| {
                        assert_eq!(SHARED.exec::<i64>(script, t * 100 + n)?, t * 100 + n + 1);
                        Ok(())
                    })
                })
            })
            .collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap())
    })
}

#[test]
fn large_values_go_both_ways() -> Result<()> {
    let script = Script::new("(len(input), input[::-1])")?;
    let input = serde_bytes::ByteBuf::from((0..8_000_000u32).map(|n| n as u8).collect::<Vec<_>>());
    let (length, mut output): (usize, serde_bytes::ByteBuf) = SHARED.exec(&script, &input)?;
    output.reverse();
    assert_eq!(length, 8_000_000);
    assert!(output == input);
    Ok(())
}

#[test]
fn objects_that_can_be_pickled_go_along() -> Result<()> {
    let date: Object = gopyre::exec("import datetime; datetime.date(2024, 2, 28)", ())?;
    let next = Script::new("import datetime; date + datetime.timedelta(days=2)")?;
    let object: Object = SHARED.exec(&next, json_with("date", &date))?;
    assert_eq!(object.type_name()?, "date");
    assert_eq!(object.extract::<String>()?, "2024-03-01");
    Ok(())
}

fn json_with<'a>(name: &'a str, object: &'a Object) -> BTreeMap<&'a str, &'a Object> {
    BTreeMap::from([(name, object)])
}

#[test]
fn what_cannot_be_pickled_is_named_with_its_place() -> Result<()> {
    let script = Script::new("1")?;
    let input: Object = gopyre::exec("{'rules': [1, {'check': lambda x: x}]}", ())?;
    let error = SHARED.exec::<i64>(&script, &input).unwrap_err();
    assert!(matches!(error, Error::Argument(_)), "{error:?}");
    let text = error.to_string();
    let expected =
        "expected an input that can be pickled, found function `<lambda>` at rules[1].check (";
    assert!(text.starts_with(expected), "{text}");
    assert!(text.contains("; help: "), "{text}");

    let script = Script::new("class Own: pass\n{'found': [Own()]}")?;
    let error = SHARED.exec::<Object>(&script, ()).unwrap_err();
    assert!(matches!(error, Error::Argument(_)), "{error:?}");
    let text = error.to_string();
    assert!(
        text.starts_with("expected a result that can be pickled, found Own at found[0] ("),
        "{text}"
    );

    let script = Script::new("(n for n in [1])")?;
    let text = SHARED
        .exec::<Vec<i64>>(&script, ())
        .unwrap_err()
        .to_string();
    assert!(
        text.starts_with("expected a result that can be pickled, found generator"),
        "{text}"
    );
    Ok(())
}

#[test]
fn an_input_that_cannot_be_converted_is_an_error_of_submit() -> Result<()> {
    struct Refuses;
    impl Serialize for Refuses {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("not this one"))
        }
    }
    let error = SHARED
        .submit::<()>(&Script::new("1")?, Refuses)
        .unwrap_err();
    assert!(error.to_string().contains("not this one"), "{error}");
    Ok(())
}

#[test]
fn a_result_that_does_not_fit_names_its_place() -> Result<()> {
    let script = Script::new("[{'price': 1.5}, {'price': 'n/a'}]")?;
    let error = SHARED
        .exec::<Vec<BTreeMap<String, f64>>>(&script, ())
        .unwrap_err();
    assert!(matches!(error, Error::Convert(_)), "{error:?}");
    assert_eq!(
        error.to_string(),
        "at [1].price: expected f64, found str 'n/a'"
    );
    Ok(())
}

#[test]
fn workers_are_this_python() -> Result<()> {
    let script = Script::new(
        "import sys; (sys.executable, sys.prefix, list(sys.version_info[:3]), sys.path)",
    )?;
    type Facts = (String, String, [u8; 3], Vec<String>);
    let (here, there): (Facts, Facts) = (script.exec(())?, SHARED.exec(&script, ())?);
    assert_eq!(here, there);
    Ok(())
}

#[test]
fn an_executor_works_from_within_another_interpreter() -> Result<()> {
    let script = Script::new("import os; (os.getpid(), doubled * 2)")?;
    let interpreter = Interpreter::new()?;
    let (process, value): (u32, i64) = interpreter.enter(|| {
        let executor = Executor::processes(1)?;
        let job = executor.submit(&script, json!({ "doubled": 21 }))?;
        drop(executor);
        job.join()
    })??;
    assert_ne!(process, std::process::id());
    assert_eq!(value, 42);
    Ok(())
}

#[test]
fn an_executor_without_workers_is_refused() {
    let error = Executor::processes(0).unwrap_err();
    assert!(matches!(error, Error::Argument(_)), "{error:?}");
    assert_eq!(error.to_string(), "expected at least one worker, found 0");
}

#[test]
fn handles_go_where_they_are_promised_to_go() {
    fn shared<T: Send + Sync + std::fmt::Debug>() {}
    fn sent<T: Send + std::fmt::Debug>() {}
    shared::<Executor>();
    sent::<gopyre::Job<std::rc::Rc<()>>>();
}
