//! How far one could get: the C functions that a row cannot do without, called by hand, with no checks, no
//! errors and nothing to read.

use crate::data::{Item, Order, Point};
use crate::measure::{Work, time};
use crate::peers::function;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyCode, PyCodeInput, PyCodeMethods, PyDict, PyString};
use serde_json::Value;
use std::hint::black_box;
use std::slice::Iter;

/// Repeats `f`, attached all the while.
fn attached<R>(mut f: impl FnMut(Python<'_>) -> R + 'static) -> Work {
    Box::new(move |count| Python::attach(|py| time(count, || f(py))))
}

type Call = unsafe extern "C" fn(
    *mut ffi::PyObject,
    *const *mut ffi::PyObject,
    usize,
    *mut ffi::PyObject,
) -> *mut ffi::PyObject;
type Object = *mut ffi::PyObject;
type Count = unsafe extern "C" fn(Object);

/// Functions through pointers that are loaded each time, as they are where a library is opened at run time.
struct Table {
    call: Call,
    call0: unsafe extern "C" fn(Object) -> Object,
    decref: Count,
    int: unsafe extern "C" fn(i64) -> Object,
    as_int: unsafe extern "C" fn(Object, *mut i32) -> i64,
}

impl Table {
    fn new() -> Table {
        Table {
            call: ffi::PyObject_VectorcallDict,
            call0: ffi::PyObject_CallNoArgs,
            decref: ffi::Py_DecRef,
            int: ffi::PyLong_FromLongLong,
            as_int: ffi::PyLong_AsLongLongAndOverflow,
        }
    }
}

pub(crate) fn call0() -> Work {
    let (nothing, table) = (function("nothing"), Box::new(Table::new()));
    attached(move |_| {
        let table = black_box(&table);
        // SAFETY: attached; a live callable, no arguments; the result is ours.
        unsafe {
            (table.decref)((table.call0)(nothing.as_ptr()));
        }
    })
}

pub(crate) fn add() -> Work {
    let (add, table) = (function("add"), Box::new(Table::new()));
    attached(move |_| {
        // SAFETY: attached; a live callable.
        unsafe { sum(black_box(&table), add.as_ptr()) }
    })
}

/// The same with no more of an attachment than the GIL.
pub(crate) fn detached_add() -> Work {
    let (add, table) = (function("add"), Box::new(Table::new()));
    // SAFETY: attached.
    let state = Python::attach(|_| unsafe { ffi::PyThreadState_Get() });
    crate::measure::repeat(move || {
        // SAFETY: detached, with this thread's own state; a live callable.
        unsafe {
            ffi::PyEval_RestoreThread(state);
            let value = sum(black_box(&table), add.as_ptr());
            ffi::PyEval_SaveThread();
            value
        }
    })
}

/// # Safety
/// Attached; `add` adds.
unsafe fn sum(table: &Table, add: Object) -> i64 {
    // SAFETY: a live callable; new references, each given back; an int that fits.
    unsafe {
        let args = [(table.int)(black_box(2)), (table.int)(black_box(3))];
        let result = (table.call)(add, args.as_ptr(), 2, std::ptr::null_mut());
        args.into_iter().for_each(|arg| (table.decref)(arg));
        let mut overflow = 0;
        let value = (table.as_int)(result, &mut overflow);
        (table.decref)(result);
        value
    }
}

/// The script's code in one dict that stays, without a conversion, attach included.
pub(crate) fn code() -> Work {
    let (code, globals) = Python::attach(|py| {
        let text = cr#"input["x"] + input["y"]"#;
        let code = PyCode::compile(py, text, c"sum", PyCodeInput::Eval).expect("code");
        let (globals, input) = (PyDict::new(py), PyDict::new(py));
        let Point { x, y } = Point { x: 2, y: 3 };
        let set = |dict: &Bound<'_, PyDict>, name, value| dict.set_item(name, value);
        set(&input, "x", x)
            .and(set(&input, "y", y))
            .expect("a dict");
        globals.set_item("input", input).expect("a dict");
        (code.unbind(), globals.unbind())
    });
    crate::measure::repeat(move || {
        Python::attach(|py| {
            let sum = code.bind(py).run(Some(globals.bind(py)), None);
            drop(black_box(sum.expect("a sum")));
        })
    })
}

/// The order, with names that are there already.
pub(crate) fn order_to() -> Work {
    let (order, names) = (Order::new(100), names());
    attached(move |_| {
        // SAFETY: attached; all references are new and each goes to the container that is made of it, or back.
        unsafe { ffi::Py_DecRef(list(&order.items, |item| dict(item, &names))) }
    })
}

/// The same, and a copy of it in Rust for the way back.
pub(crate) fn order_both() -> Work {
    let (order, names) = (Order::new(100), names());
    attached(move |_| {
        // SAFETY: as above.
        unsafe { ffi::Py_DecRef(list(&order.items, |item| dict(item, &names))) }
        order.clone()
    })
}

fn names() -> Vec<Py<PyString>> {
    let names = [
        "name",
        "description",
        "price",
        "weight",
        "shelves",
        "discounts",
    ];
    Python::attach(|py| names.map(|name| PyString::intern(py, name).unbind()).into())
}

/// # Safety
/// Attached; `make` returns new references.
unsafe fn list<T>(values: &[T], mut make: impl FnMut(&T) -> Object) -> Object {
    // SAFETY: a list of that length, each place of which is filled once.
    unsafe {
        let list = ffi::PyList_New(values.len() as isize);
        for (index, value) in values.iter().enumerate() {
            ffi::PyList_SetItem(list, index as isize, make(value));
        }
        list
    }
}

/// # Safety
/// Attached.
unsafe fn dict(item: &Item, names: &[Py<PyString>]) -> Object {
    // SAFETY: new references; the dict takes references of its own.
    unsafe {
        let text = |value: &String| text(value);
        let float = |value: &f64| ffi::PyFloat_FromDouble(*value);
        let values = [
            text(&item.name),
            text(&item.description),
            float(&item.price),
            float(&item.weight),
            list(&item.shelves, text),
            list(&item.discounts, float),
        ];
        let dict = ffi::PyDict_New();
        for (name, value) in names.iter().zip(values) {
            ffi::PyDict_SetItem(dict, name.as_ptr(), value);
            ffi::Py_DecRef(value);
        }
        dict
    }
}

/// # Safety
/// Attached.
unsafe fn text(text: &str) -> Object {
    // SAFETY: valid UTF-8 of that length.
    unsafe { ffi::PyUnicode_FromStringAndSize(text.as_ptr().cast(), text.len() as isize) }
}

/// Any value, with keys that are there already.
pub(crate) fn value_to(value: Value) -> Work {
    let mut keys = Vec::new();
    Python::attach(|py| add_keys(py, &value, &mut keys));
    attached(move |_| {
        // SAFETY: attached; a new reference.
        unsafe { ffi::Py_DecRef(of_value(&value, &mut keys.iter())) }
    })
}

/// The keys of all objects, in the order in which they are needed.
fn add_keys(py: Python<'_>, value: &Value, keys: &mut Vec<Py<PyString>>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| add_keys(py, value, keys)),
        Value::Object(values) => {
            for (key, value) in values {
                keys.push(PyString::intern(py, key).unbind());
                add_keys(py, value, keys);
            }
        }
        _ => {}
    }
}

/// # Safety
/// Attached.
unsafe fn of_value(value: &Value, keys: &mut Iter<'_, Py<PyString>>) -> Object {
    // SAFETY: new references; the dict takes references of its own.
    unsafe {
        match value {
            Value::Null => {
                let none = ffi::Py_None();
                ffi::Py_IncRef(none);
                none
            }
            Value::Bool(value) => ffi::PyBool_FromLong((*value).into()),
            Value::Number(number) => match number.as_i64() {
                Some(number) => ffi::PyLong_FromLongLong(number),
                None => ffi::PyFloat_FromDouble(number.as_f64().unwrap_or_default()),
            },
            Value::String(value) => text(value),
            Value::Array(values) => list(values, |value| of_value(value, keys)),
            Value::Object(values) => {
                let dict = ffi::PyDict_New();
                for value in values.values() {
                    let Some(key) = keys.next() else { break };
                    let value = of_value(value, keys);
                    ffi::PyDict_SetItem(dict, key.as_ptr(), value);
                    ffi::Py_DecRef(value);
                }
                dict
            }
        }
    }
}

/// Python's own way from numbers in memory to a list.
pub(crate) fn floats_to(floats: Vec<f64>) -> Work {
    let array = Python::attach(|py| {
        let class = py.import("array").and_then(|array| array.getattr("array"));
        class
            .and_then(|class| class.call1(("d", floats)))
            .expect("an array")
            .unbind()
    });
    attached(move |py| {
        drop(black_box(
            array.bind(py).call_method0("tolist").expect("a list"),
        ))
    })
}
