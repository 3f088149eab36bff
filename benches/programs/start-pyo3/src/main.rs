//! Starts Python, makes one typed call, ends.

use pyo3::prelude::*;
use pyo3::types::PyDict;

fn main() -> PyResult<()> {
    Python::attach(|py| {
        let names = PyDict::new(py);
        names.set_item("a", 2)?;
        names.set_item("b", 3)?;
        let sum: i64 = py.eval(c"a + b", Some(&names), None)?.extract()?;
        assert_eq!(sum, 5);
        Ok(())
    })
}
