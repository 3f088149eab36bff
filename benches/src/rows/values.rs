//! Rows 7 to 10, and 12: values there and back.

use super::calls::attached;
use crate::data::{Order, catalogue};
use crate::measure::{Missing, Work};
use crate::python;
use crate::row::Row;
use gopyre::{Object, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;

const BY_HAND: &str = "`-- limit` makes the same dicts, lists, strings and floats by hand, with names that are there \
                       already, and sets each value by its key.";
const CLONE: &str = "`-- limit` clones the order in Rust: its 700 strings and vectors have to be allocated by \
                     whoever reads it. `orjson.dumps` allocates one buffer.";
const LIST: &str = "`-- limit` is CPython's own `array.tolist`, which takes as long as PyO3: what is left is making \
                    the floats, and letting go of them.";

pub(super) fn rows() -> Vec<Row> {
    let row = Row::sides;
    let to = "an order of 100 items to Python";
    let back = "an order of 100 items from Python";
    let round = "round trip of the order";
    let wide = "a `Value` of 1 MB to Python";
    let wide_back = "a `Value` of 1 MB from Python";
    let list = "`Vec<f64>` of 100,000 to a list";
    let list_back = "`Vec<f64>` of 100,000 from a list";
    vec![
        row(7, to, ("pythonize", 0.55), || {
            Ok((order_to(), pyo3!(crate::peers::pythonize(order()))?))
        }),
        row(7, to, ("PyO3 `IntoPyObject`", 0.6), || {
            Ok((order_to(), pyo3!(crate::peers::order_to())?))
        }),
        row(7, to, ("`orjson.loads`", 0.85), || {
            Ok((order_to(), orjson_loads()?))
        })
        .note(BY_HAND),
        row(8, back, ("depythonize", 0.3), || {
            Ok((order_back()?, pyo3!(crate::peers::depythonize::<Order>())?))
        }),
        row(8, back, ("PyO3 `FromPyObject`", 0.5), || {
            Ok((order_back()?, pyo3!(crate::peers::order_back())?))
        }),
        row(8, back, ("`orjson.dumps`", 1.2), || {
            Ok((order_back()?, orjson_dumps()?))
        })
        .note(CLONE),
        row(9, round, ("pythonize, depythonize", 0.4), || {
            let theirs = pyo3!(crate::peers::pythonize_both(order()))?;
            Ok((there_and_back(order()), theirs))
        }),
        row(9, round, ("serde_json and Python's json", 0.17), || {
            Ok((there_and_back(order()), text_both(order())?))
        }),
        row(10, wide, ("pythonize", 0.6), || {
            Ok((
                to_python(catalogue()),
                pyo3!(crate::peers::pythonize(catalogue()))?,
            ))
        }),
        row(10, wide, ("serde_json and Python's json", 0.4), || {
            Ok((to_python(catalogue()), text_to(catalogue())?))
        }),
        row(10, wide_back, ("depythonize", 0.6), || {
            let ours = from_python(catalogue())?;
            Ok((ours, pyo3!(crate::peers::depythonize::<Value>())?))
        }),
        row(10, wide_back, ("serde_json and Python's json", 0.4), || {
            Ok((from_python(catalogue())?, text_back::<Value>(catalogue())?))
        }),
        row(12, list, ("PyO3", 0.9), || {
            Ok((
                to_python(floats()),
                pyo3!(crate::peers::floats_to(floats()))?,
            ))
        })
        .note(LIST),
        row(12, list_back, ("PyO3", 0.9), || {
            Ok((from_python(floats())?, pyo3!(crate::peers::floats_back())?))
        }),
    ]
}

pub(super) fn order() -> Order {
    Order::new(100)
}

pub(super) fn floats() -> Vec<f64> {
    (0..100_000).map(|n| f64::from(n) * 0.5).collect()
}

fn order_to() -> Work {
    to_python(order())
}

fn order_back() -> Result<Work, Missing> {
    from_python(order())
}

fn to_python<T: Serialize + 'static>(value: T) -> Work {
    attached(move || Object::new(&value).expect("an object"))
}

fn from_python<T: Serialize + DeserializeOwned + 'static>(value: T) -> Result<Work, Missing> {
    let object = python::shared(python::SHARED, &value)?;
    Ok(attached(move || object.extract::<T>().expect("the value")))
}

fn there_and_back<T: Serialize + DeserializeOwned + 'static>(value: T) -> Work {
    attached(move || {
        let object = Object::new(&value).expect("an object");
        object.extract::<T>().expect("the value")
    })
}

/// The function of a module, for peers that are written in Python or for it.
fn function(module: &str, name: &str) -> Result<Object, Missing> {
    gopyre::import(module)
        .and_then(|module| module.attr(name))
        .map_err(|e| e.to_string())
}

fn orjson_loads() -> Result<Work, Missing> {
    python::package("orjson")?;
    let loads = function("orjson", "loads")?;
    let text = serde_json::to_string(&order()).expect("no map keys but strings");
    let text = Object::new(text)
        .and_then(|text| text.call_method("encode", ()))
        .map_err(|e| e.to_string())?;
    Ok(attached(move || loads.call((&text,)).expect("a dict")))
}

pub(super) fn orjson_dumps() -> Result<Work, Missing> {
    python::package("orjson")?;
    let dumps = function("orjson", "dumps")?;
    let order = python::shared(python::SHARED, order())?;
    Ok(attached(move || dumps.call((&order,)).expect("bytes")))
}

pub(super) fn text_to<T: Serialize + 'static>(value: T) -> Result<Work, Missing> {
    let loads = function("json", "loads")?;
    Ok(attached(move || {
        let text = serde_json::to_string(&value).expect("JSON");
        loads.call((text,)).expect("a dict")
    }))
}

fn text_back<T: DeserializeOwned + 'static>(value: impl Serialize) -> Result<Work, Missing> {
    let dumps = function("json", "dumps")?;
    let object = python::shared(python::SHARED, value)?;
    Ok(attached(move || {
        let text = dumps.call((&object,)).expect("text");
        let text: String = text.extract().expect("text");
        serde_json::from_str::<T>(&text).expect("the value")
    }))
}

fn text_both<T: Serialize + DeserializeOwned + 'static>(value: T) -> Result<Work, Missing> {
    let (loads, dumps) = (function("json", "loads")?, function("json", "dumps")?);
    Ok(attached(move || {
        let text = serde_json::to_string(&value).expect("JSON");
        let object = loads.call((text,)).expect("a dict");
        let text: String = dumps
            .call((object,))
            .expect("text")
            .extract()
            .expect("text");
        serde_json::from_str::<T>(&text).expect("the value")
    }))
}
