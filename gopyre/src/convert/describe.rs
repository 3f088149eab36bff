//! Python objects in words, for error messages: never fails, runs no code of the object.

use crate::attach::Attached;
use crate::reference::Ref;
use gopyre_sys as sys;
use sys::type_flags;

/// How many characters of a value a message shows.
const SHOWN: usize = 60;

/// What an object is: `str 'n/a'`, `int 300`, `None`, `list of 3`, `decimal.Decimal`.
pub(super) fn object(py: Attached<'_>, object: *mut sys::PyObject) -> String {
    // SAFETY: attached, and a live object, as everybody's here.
    let Ok(object) = (unsafe { Ref::borrowed(py, object) }) else {
        return "an object".to_owned();
    };
    let class = object.type_ptr();
    let name = || type_name(py, class);
    if object.is_none() {
        "None".to_owned()
    } else if class == py.PyBool_Type() {
        self::bool(object.as_ptr() == py._Py_TrueStruct()).to_owned()
    } else if class == py.PyLong_Type()
        || class == py.PyFloat_Type()
        || class == py.PyComplex_Type()
    {
        match shown(object.to_repr()) {
            Some(value) => format!("{} {value}", name()),
            None => name(),
        }
    } else if let Some(text) = text(py, object.as_ptr()) {
        format!("{} {}", name(), quoted(&text))
    } else if let Some(text) = written_in_c(&object) {
        format!("{} {text}", name())
    } else if object.has_flag(type_flags::TYPE) {
        format!("class `{}`", type_name(py, object.as_ptr()))
    } else if let Some(size) = size(&object) {
        format!("{} of {size}", name())
    } else {
        name()
    }
}

/// A dict's key that is no str, as Python writes it.
pub(super) fn key(py: Attached<'_>, key: *mut sys::PyObject) -> String {
    // SAFETY: attached, a live object.
    let Ok(key) = (unsafe { Ref::borrowed(py, key) }) else {
        return String::new();
    };
    let class = key.type_ptr();
    let plain = [
        py.PyLong_Type(),
        py.PyFloat_Type(),
        py.PyBool_Type(),
        py.PyTuple_Type(),
        py.PyBytes_Type(),
    ];
    let value = if plain.contains(&class) || key.is_none() {
        shown(key.to_repr())
    } else {
        None
    };
    value.unwrap_or_else(|| object(py, key.as_ptr()))
}

/// The text of a str, with escapes for what UTF-8 cannot hold; none for anything else.
pub(super) fn text(py: Attached<'_>, object: *mut sys::PyObject) -> Option<String> {
    // SAFETY: attached, a live object.
    let object = unsafe { Ref::borrowed(py, object) }.ok()?;
    if object.has_flag(type_flags::UNICODE) {
        object.to_text_lossy().ok()
    } else {
        None
    }
}

/// A class as a traceback prints it: with its module, unless that is `builtins` or the script.
pub(super) fn type_name(py: Attached<'_>, class: *mut sys::PyObject) -> String {
    // SAFETY: attached, a live type object.
    let Ok(class) = (unsafe { Ref::borrowed(py, class) }) else {
        return "object".to_owned();
    };
    let part = |name| {
        class
            .attr(name)
            .ok()
            .and_then(|value| text(py, value.as_ptr()))
    };
    let name = part("__qualname__").unwrap_or_else(|| "object".to_owned());
    match part("__module__").as_deref() {
        None | Some("builtins" | "__main__" | "") => name,
        Some(module) => format!("{module}.{name}"),
    }
}

/// The text of a number or a date of a class that is known, and written in C: no other code runs.
fn written_in_c(object: &Ref<'_>) -> Option<String> {
    let py = object.py();
    // SAFETY: attached, a live type object.
    let flags = unsafe { py.PyType_GetFlags(object.type_ptr()) };
    if flags & (type_flags::HEAPTYPE | type_flags::IMMUTABLETYPE) == type_flags::HEAPTYPE {
        return None;
    }
    let name = type_name(py, object.type_ptr());
    let known = match name.split_once('.')? {
        ("decimal", "Decimal") => true,
        ("datetime", name) => matches!(name, "date" | "time" | "datetime" | "timedelta"),
        ("numpy", name) => ["int", "uint", "float", "bool", "datetime64", "timedelta64"]
            .iter()
            .any(|start| name.starts_with(start)),
        _ => false,
    };
    shown(known.then(|| object.to_str())?)
}

/// Whether a str has a UTF-8 text: no lone surrogates.
pub(super) fn is_utf8(py: Attached<'_>, object: *mut sys::PyObject) -> bool {
    // SAFETY: attached, a live object.
    let Ok(object) = (unsafe { Ref::borrowed(py, object) }) else {
        return false;
    };
    object.as_str().is_ok()
}

/// The length of what Python itself keeps the length of.
fn size(object: &Ref<'_>) -> Option<isize> {
    let py = object.py();
    let class = object.type_ptr();
    let exact = [
        py.PySet_Type(),
        py.PyFrozenSet_Type(),
        py.PyByteArray_Type(),
        py.PyRange_Type(),
    ];
    // SAFETY: attached; each function is called on an object of its type.
    let size = unsafe {
        if object.has_flag(type_flags::LIST) {
            py.PyList_Size(object.as_ptr())
        } else if object.has_flag(type_flags::TUPLE) {
            py.PyTuple_Size(object.as_ptr())
        } else if object.has_flag(type_flags::DICT) {
            py.PyDict_Size(object.as_ptr())
        } else if class == py.PyBytes_Type() || exact.contains(&class) {
            py.PyObject_Size(object.as_ptr())
        } else {
            return None;
        }
    };
    if size < 0 {
        // SAFETY: attached. A range may be too long to count.
        unsafe { py.PyErr_Clear() };
        return None;
    }
    Some(size)
}

fn shown(text: crate::error::Result<Ref<'_>>) -> Option<String> {
    let text = text.ok()?.to_text_lossy().ok()?;
    Some(cut(&text).map_or_else(|| text.clone(), |start| format!("{start}…")))
}

/// The start of a text that is too long to be shown.
fn cut(text: &str) -> Option<&str> {
    text.char_indices().nth(SHOWN).map(|(end, _)| &text[..end])
}

/// A text in quotes, as Python's `repr` writes it, cut if it is long.
pub(super) fn quoted(text: &str) -> String {
    let (text, end) = match cut(text) {
        Some(start) => (start, "…"),
        None => (text, ""),
    };
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => out.extend(['\\', c]),
            c if c.is_control() => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push_str(end);
    out.push(quote);
    out
}

pub(super) fn bool(value: bool) -> &'static str {
    if value { "bool True" } else { "bool False" }
}

pub(super) fn float(value: f64) -> String {
    if value.is_finite() {
        format!("float {value:?}")
    } else {
        format!("float {value}").to_lowercase()
    }
}

#[cfg(test)]
mod tests {
    use super::{float, quoted};

    #[test]
    fn quotes_as_python_does() {
        assert_eq!(quoted("n/a"), "'n/a'");
        assert_eq!(quoted("it's"), "\"it's\"");
        assert_eq!(quoted("'\""), "'\\'\"'");
        assert_eq!(quoted("a\nb\u{1}"), "'a\\nb\\x01'");
    }

    #[test]
    fn cuts_between_characters() {
        assert_eq!(quoted(&"ä".repeat(100)), format!("'{}…'", "ä".repeat(60)));
    }

    #[test]
    fn writes_floats_as_python_does() {
        assert_eq!(float(1.0), "float 1.0");
        assert_eq!(float(f64::NAN), "float nan");
        assert_eq!(float(f64::NEG_INFINITY), "float -inf");
    }
}
