//! Rows 1 to 6: calls and scripts.

use crate::data::Point;
use crate::measure::{Work, on_worker, repeat, time};
use crate::row::Row;
use gopyre::{Object, py_module, py_script};

#[py_module(file = "python/work.py")]
extern "Python" {
    fn add(a: i64, b: i64) -> gopyre::Result<i64>;
}

#[py_script(r#"input["x"] + input["y"]"#)]
fn sum(input: &Point) -> gopyre::Result<i64>;

const POINTERS: &str = "PyO3 knows the layout of this one version and counts references in place. gopyre calls a \
                        function for each, through a pointer; `-- limit` does just that and nothing else.";
const CODE: &str = "most of it is `PyEval_EvalCode` and the GIL: `-- limit` runs the code in a dict that stays, and \
                    converts nothing. gopyre makes a fresh namespace, with `__name__`, the input, and its keys.";

const POINT: Point = Point { x: 2, y: 3 };
const TEXT: &str = r#"input["x"] + input["y"]"#;

pub(super) fn rows() -> Vec<Row> {
    let row = Row::sides;
    vec![
        row(
            1,
            "call a function with no arguments, attached",
            ("PyO3 `call0`", 1.0),
            || Ok((nothing()?, pyo3!(crate::peers::call0())?)),
        )
        .note(POINTERS),
        row(
            2,
            "`add(2, 3) -> i64` of a module, attached",
            ("PyO3 `call1`, `extract`", 1.0),
            || Ok((attached_add(), pyo3!(crate::peers::attached_add())?)),
        )
        .note(POINTERS),
        row(
            3,
            "`add(2, 3) -> i64` from the main thread, detached",
            ("PyO3 `attach`, `call1`", 1.0),
            || Ok((detached_add(), pyo3!(crate::peers::detached_add())?)),
        ),
        row(
            4,
            "`add(2, 3) -> i64` from a worker thread",
            ("PyO3 `attach`, `call1`", 0.03),
            || {
                let theirs = pyo3!(on_worker(crate::peers::detached_add))?;
                Ok((on_worker(detached_add), theirs))
            },
        ),
        row(
            5,
            "a declared script, input of two fields",
            ("PyO3 compiled code, `run`", 0.5),
            || {
                let ours = repeat(|| sum(&POINT).expect("a sum"));
                Ok((ours, pyo3!(crate::peers::compiled())?))
            },
        )
        .note(CODE),
        row(
            6,
            "that script as text, through `exec`",
            ("PyO3 `eval` of the text", 0.05),
            || {
                let ours = repeat(|| gopyre::exec::<i64>(TEXT, POINT).expect("a sum"));
                Ok((ours, pyo3!(crate::peers::text())?))
            },
        ),
    ]
}

/// Row 19: attaching alone.
pub(super) fn attach() -> Row {
    Row::sides(
        19,
        "attach on a worker thread, and detach",
        ("`PyEval_RestoreThread`, `SaveThread`", 1.1),
        || {
            let ours = on_worker(|| repeat(|| gopyre::attach(|| ()).expect("Python runs")));
            Ok((ours, pyo3!(on_worker(crate::peers::restored))?))
        },
    )
}

fn nothing() -> Result<Work, String> {
    let nothing = function("nothing")?;
    Ok(attached(move || nothing.call(()).expect("none")))
}

fn attached_add() -> Work {
    attached(|| add(2, 3).expect("a sum"))
}

fn detached_add() -> Work {
    repeat(|| add(2, 3).expect("a sum"))
}

/// A function of `work.py`.
pub(super) fn function(name: &str) -> Result<Object, String> {
    let code = concat!(include_str!("../../python/work.py"), "\nlocals()[input]");
    gopyre::exec(code, name).map_err(|e| format!("{e:?}"))
}

/// Repeats `f`, attached all the while.
pub(super) fn attached<R>(mut f: impl FnMut() -> R + 'static) -> Work {
    Box::new(move |count| gopyre::attach(|| time(count, &mut f)).expect("Python runs"))
}
