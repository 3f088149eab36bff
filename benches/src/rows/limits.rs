//! What a row's goal is up against: the least that must be done for it, beside the row's own peer.

use super::values::order;
use crate::data::catalogue;
use crate::measure::repeat;
use crate::row::Row;

pub(super) fn rows() -> Vec<Row> {
    let row = |id, work, peer, sides| Row::sides(id, work, peer, sides).slow("limit");
    vec![
        row(
            1,
            "limit: that call by hand, through a pointer",
            ("PyO3 `call0`", 1.0),
            || {
                Ok((
                    pyo3!(crate::limits::call0())?,
                    pyo3!(crate::peers::call0())?,
                ))
            },
        ),
        row(
            2,
            "limit: that call by hand, through pointers",
            ("PyO3 `call1`, `extract`", 1.0),
            || {
                Ok((
                    pyo3!(crate::limits::add())?,
                    pyo3!(crate::peers::attached_add())?,
                ))
            },
        ),
        row(
            3,
            "limit: that call by hand, and the GIL alone",
            ("PyO3 `attach`, `call1`", 1.0),
            || {
                let theirs = pyo3!(crate::peers::detached_add())?;
                Ok((pyo3!(crate::limits::detached_add())?, theirs))
            },
        ),
        row(
            5,
            "limit: its code alone, in a dict that stays",
            ("PyO3 compiled code, `run`", 0.5),
            || {
                Ok((
                    pyo3!(crate::limits::code())?,
                    pyo3!(crate::peers::compiled())?,
                ))
            },
        ),
        row(
            6,
            "limit: its code alone, in a dict that stays",
            ("PyO3 `eval` of the text", 0.05),
            || Ok((pyo3!(crate::limits::code())?, pyo3!(crate::peers::text())?)),
        ),
        row(7, "limit: that order by hand", ("pythonize", 0.55), || {
            Ok((
                pyo3!(crate::limits::order_to())?,
                pyo3!(crate::peers::pythonize(order()))?,
            ))
        }),
        row(
            7,
            "limit: that order by hand",
            ("PyO3 `IntoPyObject`", 0.6),
            || {
                Ok((
                    pyo3!(crate::limits::order_to())?,
                    pyo3!(crate::peers::order_to())?,
                ))
            },
        ),
        row(
            8,
            "limit: cloning the order in Rust",
            ("depythonize", 0.3),
            || {
                let order = order();
                crate::python::shared(crate::python::SHARED, &order)?;
                Ok((
                    repeat(move || order.clone()),
                    pyo3!(crate::peers::depythonize::<crate::data::Order>())?,
                ))
            },
        ),
        row(
            8,
            "limit: cloning the order in Rust",
            ("PyO3 `FromPyObject`", 0.5),
            || {
                let order = order();
                crate::python::shared(crate::python::SHARED, &order)?;
                Ok((
                    repeat(move || order.clone()),
                    pyo3!(crate::peers::order_back())?,
                ))
            },
        ),
        row(
            8,
            "limit: cloning the order in Rust",
            ("`orjson.dumps`", 1.2),
            || {
                let order = order();
                Ok((
                    repeat(move || order.clone()),
                    super::values::orjson_dumps()?,
                ))
            },
        ),
        row(
            9,
            "limit: that order by hand, and cloning it in Rust",
            ("pythonize, depythonize", 0.4),
            || {
                let theirs = pyo3!(crate::peers::pythonize_both(order()))?;
                Ok((pyo3!(crate::limits::order_both())?, theirs))
            },
        ),
        row(
            10,
            "limit: that `Value` by hand",
            ("pythonize", 0.6),
            || {
                Ok((
                    pyo3!(crate::limits::value_to(catalogue()))?,
                    pyo3!(crate::peers::pythonize(catalogue()))?,
                ))
            },
        ),
        row(
            10,
            "limit: that `Value` by hand",
            ("serde_json and Python's json", 0.4),
            || {
                Ok((
                    pyo3!(crate::limits::value_to(catalogue()))?,
                    super::values::text_to(catalogue())?,
                ))
            },
        ),
        row(
            10,
            "limit: cloning that `Value` in Rust",
            ("depythonize", 0.6),
            || {
                let value = catalogue();
                crate::python::shared(crate::python::SHARED, &value)?;
                Ok((
                    repeat(move || value.clone()),
                    pyo3!(crate::peers::depythonize::<gopyre::Value>())?,
                ))
            },
        ),
        row(
            12,
            "limit: `array.array.tolist` of 100,000",
            ("PyO3", 0.9),
            || {
                let ours = pyo3!(crate::limits::floats_to(super::values::floats()))?;
                Ok((
                    ours,
                    pyo3!(crate::peers::floats_to(super::values::floats()))?,
                ))
            },
        ),
    ]
}
