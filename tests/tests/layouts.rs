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

#[test]
fn copies_of_a_dict_have_under_each_key_what_is_put_to_its_place() -> Result<()> {
    let table = table()?;
    gopyre::attach(|| {
        for count in [1, 2, 3, 5, 6, 7, 10, 11, 40, 100, 300] {
            let (alive, dict) = made(&format!(
                "{{f'key {{n}} of {count}': None for n in range({count})}}"
            ))?;
            let keys: Vec<usize> = gopyre::exec("[id(key) for key in input]", &alive)?;
            let keys: Vec<_> = keys.into_iter().map(|key| key as *mut PyObject).collect();
            // SAFETY: attached; a dict that nobody else uses.
            let Some(values) = (unsafe { table.find_values(dict, &keys) }) else {
                assert!(table.version.free_threaded, "{count}");
                continue;
            };
            // SAFETY: attached; a copy that nobody else has, and each reference goes into it or is given back.
            unsafe {
                let copy = table.PyDict_Copy(dict);
                let number = |index| table.PyLong_FromLongLong(1_000_000 + index as i64);
                for index in (0..count).rev() {
                    assert!(table.put_value(copy, values, index, number(index)));
                    let other = number(index);
                    assert!(
                        !table.put_value(copy, values, index, other),
                        "not None any more"
                    );
                    table.Py_DecRef(other);
                }
                for (index, key) in keys.iter().enumerate() {
                    let value = table.PyDict_GetItemWithError(copy, *key);
                    let value = table.PyLong_AsUnsignedLongLong(value);
                    assert_eq!(value, 1_000_000 + index as u64);
                    assert_eq!(
                        table.PyDict_GetItemWithError(dict, *key),
                        table._Py_NoneStruct()
                    );
                }
                for key in &keys {
                    assert_eq!(table.PyDict_DelItem(copy, *key), 0);
                }
                assert_eq!(table.PyDict_Size(copy), 0);
                table.Py_DecRef(copy);
            }
        }
        Ok(())
    })?
}

#[test]
fn the_values_of_a_dict_that_is_not_as_expected_are_not_found() -> Result<()> {
    let table = table()?;
    gopyre::attach(|| {
        for (code, keys) in [
            ("{}", "[]"),
            ("{'a': None, 'b': 1}", "['a', 'b']"),
            ("{'a': None, 'b': None}", "['b', 'a']"),
            ("{'a': None, 'b': None}", "['a']"),
            ("{'a': None, 'b': None}", "['a', 'c']"),
            ("{'a': None, 'b': None}", "['a', 'b', 'c']"),
            ("{'a': None, 'b': None}", "['a', 'a']"),
        ] {
            let (_alive, dict) = made(code)?;
            let keys: Vec<usize> = gopyre::exec(&format!("[id(key) for key in {keys}]"), ())?;
            let keys: Vec<_> = keys.into_iter().map(|key| key as *mut PyObject).collect();
            // SAFETY: attached; a dict that nobody else uses; these are only compared.
            let found = unsafe { table.find_values(dict, &keys) };
            assert!(found.is_none(), "{code}");
        }
        Ok(())
    })?
}
