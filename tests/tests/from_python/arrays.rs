//! Arrays through the buffer protocol.

use crate::{read, refusal};
use gopyre::{Object, Value};
use serde_json::json;

/// An array of a type code.
fn array(code: char, items: &str) -> String {
    format!("import array; array.array('{code}', {items})")
}

#[test]
fn numbers_of_every_format_are_read() {
    for code in ['b', 'h', 'i', 'l', 'q'] {
        assert_eq!(read::<Vec<i64>>(&array(code, "[1, -2, 100]")), [1, -2, 100]);
        assert_eq!(read::<Vec<i8>>(&array(code, "[1, -2, 100]")), [1, -2, 100]);
        assert_eq!(read::<Vec<f32>>(&array(code, "[1, -2]")), [1.0, -2.0]);
        assert_eq!(read::<Value>(&array(code, "[1, -2]")), json!([1, -2]));
    }
    for code in ['B', 'H', 'I', 'L', 'Q'] {
        assert_eq!(read::<Vec<u8>>(&array(code, "[0, 255]")), [0, 255]);
        assert_eq!(read::<[i128; 2]>(&array(code, "[0, 255]")), [0, 255]);
    }
    assert_eq!(read::<Vec<u64>>(&array('Q', "[2**64 - 1]")), [u64::MAX]);
    for code in ['f', 'd'] {
        assert_eq!(read::<Vec<f64>>(&array(code, "[1.5, -0.25]")), [1.5, -0.25]);
        assert_eq!(read::<Value>(&array(code, "[1.5]")), json!([1.5]));
    }
    assert_eq!(
        read::<Vec<bool>>("memoryview(bytes([0, 1])).cast('?')"),
        [false, true]
    );
    assert!(read::<Vec<i64>>(&array('i', "[]")).is_empty());
    assert_eq!(read::<Vec<Option<i64>>>(&array('i', "[1]")), [Some(1)]);
}

#[test]
fn shapes_and_strides_are_followed() {
    let cube = "memoryview(bytes(range(24))).cast('B', (2, 3, 4))";
    let read_cube: [[[u8; 4]; 3]; 2] = read(cube);
    assert_eq!(read_cube[1][2], [20, 21, 22, 23]);
    assert_eq!(read::<Value>(cube)[0][1][2], json!(6));
    assert_eq!(
        read::<Vec<i16>>("import array; memoryview(array.array('h', range(6)))[::-2]"),
        [5, 3, 1]
    );
    assert_eq!(
        read::<Vec<u32>>("import array; memoryview(array.array('I', range(6)))[1:4]"),
        [1, 2, 3]
    );
    assert_eq!(
        refusal::<[[u8; 4]; 2]>("memoryview(bytes(12)).cast('B', (3, 4))"),
        "expected an array of length 2, found memoryview"
    );
    assert!(
        refusal::<Vec<[u8; 5]>>("memoryview(bytes(12)).cast('B', (3, 4))")
            .starts_with("at [0]: expected an array of length 5, found ")
    );
}

#[test]
fn an_element_that_does_not_fit_names_its_place() {
    assert_eq!(
        refusal::<Vec<u8>>(&array('h', "[1, 300]")),
        "at [1]: expected u8, found int 300 (out of range)"
    );
    assert_eq!(
        refusal::<Vec<i64>>(&array('d', "[1.5]")),
        "at [0]: expected i64, found float 1.5"
    );
    assert_eq!(
        refusal::<Vec<String>>(&array('i', "[1]")),
        "at [0]: expected a string, found int 1"
    );
    assert_eq!(
        refusal::<Vec<bool>>(&array('B', "[1]")),
        "at [0]: expected a boolean, found int 1"
    );
    let rows = "memoryview(bytes([1, 200, 3, 4])).cast('B', (2, 2))";
    assert_eq!(
        refusal::<Vec<Vec<i8>>>(rows),
        "at [0][1]: expected i8, found int 200 (out of range)"
    );
    assert_eq!(
        refusal::<Vec<i8>>(rows),
        "at [0]: expected i8, found row of 2"
    );
}

#[test]
fn what_is_no_plain_number_is_iterated() {
    assert_eq!(
        read::<Vec<char>>(
            "import array, sys; array.array('w' if sys.version_info >= (3, 13) else 'u', 'äb')"
        ),
        ['ä', 'b']
    );
    assert!(refusal::<Vec<i64>>("5.0").contains("found float 5.0"));
}

#[test]
fn a_released_view_is_an_error() {
    let error = crate::fails::<Vec<u8>>("m = memoryview(b'x')\nm.release()\nm");
    assert!(
        error.exception().is_some_and(|e| e.is("ValueError")),
        "{error}"
    );
}

#[test]
fn elements_may_stay_python_objects() {
    let items: Vec<Object> = read(&array('d', "[1.5, 2.5]"));
    assert_eq!(items[1].extract::<f64>().unwrap(), 2.5);
}

#[test]
fn the_memory_is_let_go_again() {
    let (array, resized): (Object, bool) = read(
        "
        import array
        a = array.array('i', [1, 2])
        (a, True)",
    );
    assert!(resized);
    assert_eq!(array.extract::<Vec<i64>>().unwrap(), [1, 2]);
    assert!(array.extract::<Vec<u64>>().is_ok() && array.extract::<Vec<String>>().is_err());
    // A view that is still held would make this a BufferError.
    array.call_method("append", (3,)).unwrap();
    assert_eq!(array.extract::<Vec<i64>>().unwrap(), [1, 2, 3]);
}
