//! PyO3's sides, as its guide would have them written.

use crate::data::{Order, Point};
use crate::measure::{Work, repeat, time};
use crate::python::SHARED;
use numpy::{PyArray1, PyArrayMethods};
use pyo3::exceptions::PyRuntimeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyCode, PyCodeInput, PyCodeMethods, PyDict, PyModule};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::ffi::CString;
use std::hint::black_box;
use std::time::Instant;

/// Repeats `f`, attached all the while.
fn attached<R>(mut f: impl FnMut(Python<'_>) -> R + 'static) -> Work {
    Box::new(move |count| Python::attach(|py| time(count, || f(py))))
}

pub(crate) fn function(name: &str) -> Py<PyAny> {
    let code = CString::new(include_str!("../python/work.py")).expect("no NUL in a file of ours");
    Python::attach(|py| {
        let module = PyModule::from_code(py, &code, c"work.py", c"work").expect("a module");
        module.getattr(name).expect("a function").unbind()
    })
}

pub(crate) fn call0() -> Work {
    let nothing = function("nothing");
    // The result is dropped here: one that leaves `attached` would be as well, but later.
    attached(move |py| drop(black_box(nothing.bind(py).call0().expect("none"))))
}

fn add(py: Python<'_>, add: &Py<PyAny>) -> i64 {
    let sum = add.bind(py).call1((2, 3)).expect("a sum");
    sum.extract().expect("an integer")
}

pub(crate) fn attached_add() -> Work {
    let function = function("add");
    attached(move |py| add(py, &function))
}

pub(crate) fn detached_add() -> Work {
    let function = function("add");
    repeat(move || Python::attach(|py| add(py, &function)))
}

/// What attaching is made of, by hand: a thread state that is kept, taken and left.
pub(crate) fn restored() -> Work {
    // SAFETY: CPython runs, and is not finalized; the state is new, this thread's own, and never deleted.
    let state = unsafe { ffi::PyThreadState_New(ffi::PyInterpreterState_Main()) };
    repeat(move || {
        // SAFETY: the thread is detached, and the state is its own.
        unsafe {
            ffi::PyEval_RestoreThread(state);
            ffi::PyEval_SaveThread()
        }
    })
}

/// The globals of a script.
fn globals<'py>(py: Python<'py>, point: Point) -> PyResult<Bound<'py, PyDict>> {
    let input = PyDict::new(py);
    input.set_item(pyo3::intern!(py, "x"), point.x)?;
    input.set_item(pyo3::intern!(py, "y"), point.y)?;
    let globals = PyDict::new(py);
    globals.set_item(pyo3::intern!(py, "input"), input)?;
    Ok(globals)
}

pub(crate) fn compiled() -> Work {
    let code = Python::attach(|py| {
        let text = cr#"input["x"] + input["y"]"#;
        PyCode::compile(py, text, c"sum", PyCodeInput::Eval)
            .expect("code")
            .unbind()
    });
    repeat(move || {
        Python::attach(|py| {
            let globals = globals(py, black_box(Point { x: 2, y: 3 })).expect("a dict");
            let sum = code.bind(py).run(Some(&globals), None).expect("a sum");
            sum.extract::<i64>().expect("an integer")
        })
    })
}

pub(crate) fn text() -> Work {
    repeat(|| {
        Python::attach(|py| {
            let globals = globals(py, black_box(Point { x: 2, y: 3 })).expect("a dict");
            let text = cr#"input["x"] + input["y"]"#;
            let sum = py.eval(text, Some(&globals), None).expect("a sum");
            sum.extract::<i64>().expect("an integer")
        })
    })
}

pub(crate) fn pythonize<T: Serialize + 'static>(value: T) -> Work {
    attached(move |py| {
        drop(black_box(
            pythonize::pythonize(py, &value).expect("an object"),
        ))
    })
}

/// The object that our side reads as well.
fn object() -> Py<PyAny> {
    Python::attach(|py| {
        let main = py.import("__main__").expect("it is always there");
        main.getattr(SHARED).expect("our side was first").unbind()
    })
}

pub(crate) fn depythonize<T: DeserializeOwned + 'static>() -> Work {
    let object = object();
    attached(move |py| pythonize::depythonize::<T>(object.bind(py)).expect("the value"))
}

pub(crate) fn pythonize_both<T: Serialize + DeserializeOwned + 'static>(value: T) -> Work {
    attached(move |py| {
        let object = pythonize::pythonize(py, &value).expect("an object");
        pythonize::depythonize::<T>(&object).expect("the value")
    })
}

pub(crate) fn order_to() -> Work {
    let order = Order::new(100);
    attached(move |py| drop(black_box((&order).into_pyobject(py).expect("a dict"))))
}

pub(crate) fn order_back() -> Work {
    let object = object();
    attached(move |py| object.bind(py).extract::<Order>().expect("an order"))
}

pub(crate) fn floats_to(floats: Vec<f64>) -> Work {
    attached(move |py| drop(black_box((&floats).into_pyobject(py).expect("a list"))))
}

pub(crate) fn floats_back() -> Work {
    let object = object();
    attached(move |py| object.bind(py).extract::<Vec<f64>>().expect("floats"))
}

pub(crate) fn numpy_to(floats: Vec<f64>) -> Work {
    attached(move |py| drop(black_box(PyArray1::from_vec(py, floats.clone()))))
}

pub(crate) fn numpy_back(floats: Vec<f64>) -> Work {
    let array = Python::attach(|py| PyArray1::from_vec(py, floats).unbind());
    attached(move |py| array.bind(py).to_vec().expect("contiguous"))
}

pub(crate) fn raise() -> Work {
    let fail = function("fail");
    attached(move |py| drop(black_box(fail.bind(py).call0().expect_err("it raises"))))
}

pub(crate) fn raise_and_read() -> Work {
    let fail = function("fail");
    attached(move |py| {
        let error = fail.bind(py).call0().expect_err("it raises");
        let name = error.get_type(py).name().expect("a name");
        let message = error.value(py).str().expect("a message");
        let traceback = error.traceback(py).expect("one").format().expect("text");
        name.to_cow().expect("text").len() + message.to_cow().expect("text").len() + traceback.len()
    })
}

#[pyfunction]
fn add_exported(a: i64, b: i64) -> i64 {
    a + b
}

#[pyfunction]
fn refuse(_a: i64, _b: i64) -> PyResult<()> {
    Err(PyRuntimeError::new_err("no"))
}

/// Something that counts.
#[pyclass]
struct Counter {
    total: i64,
}

#[pymethods]
impl Counter {
    fn add(&mut self, a: i64, b: i64) -> i64 {
        self.total += a + b;
        self.total
    }
}

/// A loop in Python that calls a method of a Rust class.
pub(crate) fn method() -> Work {
    let counter = Python::attach(|py| Py::new(py, Counter { total: 0 }).expect("an object"));
    looped("call_method", counter.into_any())
}

/// A loop in Python that calls a Rust function.
pub(crate) fn called(by: &str, name: &str) -> Work {
    let exported = Python::attach(|py| {
        let exported = match name {
            "add" => wrap_pyfunction!(add_exported, py),
            _ => wrap_pyfunction!(refuse, py),
        };
        exported.expect("a function").into_any().unbind()
    });
    looped(by, exported)
}

fn looped(by: &str, callee: Py<PyAny>) -> Work {
    let by = function(by);
    Box::new(move |count| {
        let start = Instant::now();
        Python::attach(|py| by.bind(py).call1((&callee, count)).map(drop)).expect("none");
        start.elapsed()
    })
}
