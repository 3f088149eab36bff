//! Proves that what is known of the layout of objects is found on every Python, and says what its functions say.

use gopyre::{Object, Result};
use gopyre_sys::{PyObject, Table};

/// What a Python expression is, and its address; it lives as long as the object.
fn made(code: &str) -> Result<(Object, *mut PyObject)> {
    let id = gopyre::exec("[input, id(input)]", gopyre::exec::<Object>(code, ())?)?;
    let (object, address): (Object, usize) = id;
    Ok((object, address as *mut PyObject))
}

/// The table, when something was converted.
fn table() -> Result<&'static Table> {
    gopyre::exec::<f64>("0.5", ())?;
    // SAFETY: Python has started.
    Ok(unsafe { gopyre_sys::table() })
}

#[test]
fn floats_have_the_value_that_their_function_gives() -> Result<()> {
    let table = table()?;
    gopyre::attach(|| {
        for code in [
            "0.1",
            "-0.0",
            "1e308",
            "5e-324",
            "float('inf')",
            "float('nan')",
            "1e16 + 1",
        ] {
            let (_alive, float) = made(code)?;
            // SAFETY: attached; an exact float.
            let (seen, said) = unsafe { (table.float_value(float), table.PyFloat_AsDouble(float)) };
            assert_eq!(seen.to_bits(), said.to_bits(), "{code}");
        }
        Ok(())
    })?
}

#[test]
fn lists_have_the_items_that_their_function_gives_where_nobody_else_changes_them() -> Result<()> {
    let table = table()?;
    gopyre::attach(|| {
        for code in [
            "[]",
            "[1]",
            "list(range(5))",
            "l = [1, 2, 3]\nl.clear()\nl",
            "l = []\nfor i in range(99): l.append(str(i))\nl",
            "l = list('abcdefgh')\ndel l[2:]\nl",
        ] {
            let (_alive, list) = made(code)?;
            // SAFETY: attached; a list, which nobody changes meanwhile.
            unsafe {
                let Some(items) = table.list_items(list) else {
                    assert!(table.version.free_threaded, "{code}");
                    continue;
                };
                assert_eq!(items.len() as isize, table.PyList_Size(list), "{code}");
                for (index, item) in items.iter().enumerate() {
                    assert_eq!(*item, table.PyList_GetItem(list, index as isize), "{code}");
                }
            }
        }
        Ok(())
    })?
}

#[test]
fn a_str_has_the_text_that_its_function_gives_where_it_is_ascii() -> Result<()> {
    let table = table()?;
    gopyre::attach(|| {
        for (code, is_ascii) in [
            ("''", true),
            ("'a'", true),
            ("'a name'", true),
            ("'-'.join(str(i) for i in range(1000))", true),
            ("import sys\nsys.intern('interned ' + 'here')", true),
            ("s = 'hashed %d' % 5\nhash(s)\ns", true),
            ("'\\x7f\\0'", true),
            ("'\\x80'", false),
            ("'\u{e9}t\u{e9}'", false),
            ("'\u{3a9}' * 40", false),
            ("'snake \u{1f40d}'", false),
            ("s = '\u{e9}t\u{e9} %d' % 5\ns.encode()\ns", false),
            ("'\\ud800'", false),
        ] {
            let (_alive, text) = made(code)?;
            // SAFETY: attached; an exact str.
            let Some(seen) = (unsafe { table.ascii_text(text) }) else {
                assert!(!is_ascii, "{code}");
                continue;
            };
            assert!(is_ascii, "{code}");
            let mut size = 0;
            // SAFETY: as above.
            let data = unsafe { table.PyUnicode_AsUTF8AndSize(text, &mut size) };
            assert_eq!(
                (seen.cast::<u8>().cast_const(), seen.len()),
                (data.cast(), size as usize)
            );
        }
        Ok(())
    })?
}

/// Below 3.12 C code can make a str whose text is elsewhere.
#[test]
fn a_str_whose_text_is_elsewhere_is_read_as_any_other() -> Result<()> {
    let code = "
import ctypes, sys
api = ctypes.pythonapi
if sys.version_info < (3, 12):
    make, room = api.PyUnicode_FromUnicode, api.PyUnicode_AsUnicode
    make.restype, make.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_ssize_t]
    room.restype, room.argtypes = ctypes.c_void_p, [ctypes.py_object]
    text = make(None, 6)
    ctypes.memmove(room(text), ctypes.create_unicode_buffer('abcdef'), 6 * ctypes.sizeof(ctypes.c_wchar))
    if input:
        hash(text)
else:
    text = 'abcdef'
[text]
";
    for ready in [false, true] {
        assert_eq!(gopyre::exec::<Vec<String>>(code, ready)?, ["abcdef"]);
    }
    Ok(())
}
