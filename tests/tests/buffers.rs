//! Memory that Rust and Python share: no copies, no wrong data, no use after release.

use gopyre::{Buffer, Error, Object, Result};

fn object(code: &str) -> Result<Object> {
    gopyre::exec(code, ())
}

#[test]
fn a_buffer_is_a_writable_shaped_view_of_the_same_memory() -> Result<()> {
    let numbers = vec![1.0f64, 2.0, 3.0, 4.0, 5.0, 6.0];
    let address = numbers.as_ptr().addr();
    let buffer = Buffer::from(numbers).shape(&[2, 3])?;
    let seen: (String, Vec<usize>, Vec<isize>, bool, usize) = gopyre::exec(
        "
        import ctypes
        flat = input.cast('B')
        address = ctypes.addressof(ctypes.c_char.from_buffer(flat))
        (input.format, input.shape, input.strides, input.readonly, address)
        ",
        &buffer,
    )?;
    assert_eq!(seen, ("d".into(), vec![2, 3], vec![24, 8], false, address));
    gopyre::exec::<()>("input[1, 2] = 60.0", &buffer)?;
    assert_eq!(
        gopyre::exec::<f64>("input[1, 2] + input[0, 0]", &buffer)?,
        61.0
    );
    Ok(())
}

#[test]
fn every_element_type_has_its_format() -> Result<()> {
    fn check<T: gopyre::Element>(values: [T; 2], expected: &str) -> Result<()> {
        let shown: String = gopyre::exec(
            "f'{input.format} {input.itemsize} {input.tolist()}'",
            Buffer::from(values.to_vec()),
        )?;
        assert_eq!(shown, expected);
        Ok(())
    }
    check([true, false], "? 1 [True, False]")?;
    check([i8::MIN, i8::MAX], "b 1 [-128, 127]")?;
    check([0u8, u8::MAX], "B 1 [0, 255]")?;
    check([i16::MIN, 1], "h 2 [-32768, 1]")?;
    check([0, u16::MAX], "H 2 [0, 65535]")?;
    check([i32::MIN, 1], "i 4 [-2147483648, 1]")?;
    check([0, u32::MAX], "I 4 [0, 4294967295]")?;
    check([i64::MIN, 1], "q 8 [-9223372036854775808, 1]")?;
    check([0, u64::MAX], "Q 8 [0, 18446744073709551615]")?;
    check([0.5f32, -1.5], "f 4 [0.5, -1.5]")?;
    check([0.1f64, f64::INFINITY], "d 8 [0.1, inf]")
}

#[test]
fn the_memory_lives_as_long_as_either_side_holds_it() -> Result<()> {
    let kept: Object = {
        let buffer = Buffer::from(vec![7u32; 1000]);
        gopyre::exec("input[10:20]", &buffer)?
    };
    assert_eq!(
        kept.call_method("tolist", ())?.extract::<Vec<u32>>()?,
        [7; 10]
    );
    let buffer = Buffer::from(vec![1u8, 2]);
    gopyre::exec::<()>("input[0] = 9", &buffer)?;
    assert_eq!(gopyre::exec::<Vec<u8>>("input.tolist()", &buffer)?, [9, 2]);
    Ok(())
}

#[test]
fn an_empty_buffer_is_one_of_no_elements() -> Result<()> {
    assert_eq!(
        gopyre::exec::<usize>("len(input)", Buffer::<f64>::from(vec![]))?,
        0
    );
    Ok(())
}

#[test]
fn a_shape_that_does_not_fit_is_refused() {
    let refused = |dims: &[usize]| Buffer::from(vec![0u8; 6]).shape(dims).is_err();
    assert!(refused(&[4]) && refused(&[2, 2]) && refused(&[]) && refused(&[usize::MAX, 2]));
    assert!(!refused(&[6]) && !refused(&[1, 2, 3]));
}

#[test]
fn a_buffer_is_refused_by_other_formats() {
    let error = serde_json::to_string(&Buffer::from(vec![1u8])).unwrap_err();
    assert_eq!(error.to_string(), "a buffer can only go to Python");
}

#[test]
fn a_view_reads_and_writes_the_objects_memory() -> Result<()> {
    let array = object("import array; array.array('i', [1, 2, 3])")?;
    let view = array.view::<i32>()?;
    assert_eq!((view.shape(), view.strides()), (&[3][..], &[4][..]));
    assert!(view.is_writable());
    assert_eq!(view.to_vec(), [1, 2, 3]);
    view.set(&[1], 20)?;
    assert_eq!(array.item(1)?.extract::<i32>()?, 20);
    array.set_item(2, 30)?;
    assert_eq!(view.get(&[2]), Some(30));
    view.copy_from(&[7, 8, 9])?;
    assert_eq!(
        array.call_method("tolist", ())?.extract::<Vec<i32>>()?,
        [7, 8, 9]
    );
    // SAFETY: nobody writes to the array here.
    assert_eq!(unsafe { view.as_slice() }, Some(&[7, 8, 9][..]));
    Ok(())
}

#[test]
fn indices_and_counts_that_do_not_fit_are_refused() -> Result<()> {
    let view = object("bytearray(4)")?.view::<u8>()?;
    assert_eq!(
        (view.get(&[4]), view.get(&[]), view.get(&[0, 0])),
        (None, None, None)
    );
    assert!(matches!(view.set(&[4], 1), Err(Error::Argument(_))));
    assert!(matches!(view.copy_from(&[1, 2]), Err(Error::Argument(_))));
    Ok(())
}

#[test]
fn memory_that_is_read_only_is_not_written() -> Result<()> {
    let view = object("b'abc'")?.view::<u8>()?;
    assert!(!view.is_writable());
    assert_eq!(view.to_vec(), b"abc");
    let error = view.set(&[0], 1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "expected a writable buffer, found a read-only one"
    );
    assert!(view.copy_from(b"xyz").is_err());
    Ok(())
}

#[test]
fn views_that_are_not_contiguous_are_read_in_order() -> Result<()> {
    let every_other = object("memoryview(bytearray(b'12345'))[::2]")?.view::<u8>()?;
    assert_eq!(
        (every_other.strides(), every_other.to_vec()),
        (&[2][..], b"135".to_vec())
    );
    every_other.copy_from(b"xyz")?;
    assert_eq!(every_other.get(&[2]), Some(b'z'));
    let backwards = object("memoryview(b'abc')[::-1]")?.view::<u8>()?;
    assert_eq!(backwards.to_vec(), b"cba");
    let grid =
        object("import array; memoryview(array.array('h', range(6))).cast('B').cast('h', [2, 3])")?;
    let grid = grid.view::<i16>()?;
    assert_eq!(grid.shape(), [2, 3]);
    assert_eq!((grid.get(&[1, 0]), grid.get(&[0, 2])), (Some(3), Some(2)));
    Ok(())
}

#[test]
fn an_array_of_ctypes_is_viewed_like_any_other() -> Result<()> {
    let array = object("import ctypes; (ctypes.c_double * 3)(1, 2, 3)")?;
    let view = array.view::<f64>()?;
    view.set(&[1], 5.0)?;
    assert_eq!((view.shape(), view.strides()), (&[3][..], &[8][..]));
    assert_eq!(
        gopyre::exec::<Vec<f64>>("list(input)", &array)?,
        [1.0, 5.0, 3.0]
    );
    let grid = object("import ctypes; ((ctypes.c_int16 * 3) * 2)((1, 2, 3), (4, 5, 6))")?;
    let grid = grid.view::<i16>()?;
    assert_eq!((grid.shape(), grid.strides()), (&[2, 3][..], &[6, 2][..]));
    assert_eq!(
        (grid.get(&[1, 0]), grid.to_vec()),
        (Some(4), vec![1, 2, 3, 4, 5, 6])
    );
    let shared = object("import multiprocessing; multiprocessing.RawArray('i', [7, 8])")?;
    assert_eq!(shared.view::<i32>()?.to_vec(), [7, 8]);
    Ok(())
}

#[test]
fn elements_of_another_type_are_refused_with_both_sides() -> Result<()> {
    let error = object("import array; array.array('f', [1])")?
        .view::<f64>()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "expected a buffer of f64, found elements of format `f` and 4 bytes"
    );
    assert!(object("b'1'")?.view::<i8>().is_err());
    let error = object("'text'")?.view::<u8>().unwrap_err();
    assert!(error.to_string().contains("bytes-like"), "{error}");
    Ok(())
}

#[test]
fn an_object_is_not_resized_while_it_is_viewed() -> Result<()> {
    let bytes = object("bytearray(b'ab')")?;
    let view = bytes.view::<u8>()?;
    let error = bytes.call_method("append", (1,)).unwrap_err();
    assert!(
        error.exception().is_some_and(|e| e.is("BufferError")),
        "{error}"
    );
    std::thread::spawn(move || drop(view)).join().unwrap();
    bytes.call_method("append", (99,))?;
    assert_eq!(bytes.extract::<Vec<u8>>()?, b"abc");
    Ok(())
}

#[test]
fn a_view_keeps_its_object_alive() -> Result<()> {
    let view = object("bytearray(range(200))")?.view::<u8>()?;
    gopyre::exec::<()>(
        "import gc; gc.collect(); x = [bytearray(200) for _ in range(100)]",
        (),
    )?;
    assert_eq!(view.to_vec(), (0..200).collect::<Vec<u8>>());
    Ok(())
}

#[test]
fn a_released_memoryview_is_an_error() -> Result<()> {
    let released = object("m = memoryview(b'abc'); m.release(); m")?;
    assert!(released.view::<u8>().is_err());
    Ok(())
}

#[test]
fn a_buffer_of_no_dimension_is_a_single_element() -> Result<()> {
    let buffer = Buffer::from(vec![2.5f64]).shape(&[])?;
    let seen: (usize, Vec<usize>, Vec<isize>, f64) = gopyre::exec(
        "(input.ndim, input.shape, input.strides, input[()])",
        &buffer,
    )?;
    assert_eq!(seen, (0, vec![], vec![], 2.5));
    let view = Object::new(&buffer)?.view::<f64>()?;
    assert_eq!((view.shape(), view.to_vec()), (&[][..], vec![2.5]));
    view.set(&[], 3.5)?;
    assert_eq!(gopyre::exec::<f64>("input[()]", &buffer)?, 3.5);
    view.copy_from(&[4.5])?;
    assert_eq!(view.get(&[]), Some(4.5));

    for (buffer, dims, message) in [
        (
            vec![0u8; 6],
            &[][..],
            "expected dimensions of 6 elements, found []",
        ),
        (vec![0], &[2], "expected dimensions of 1 element, found [2]"),
        (vec![], &[], "expected dimensions of 0 elements, found []"),
    ] {
        let error = Buffer::from(buffer).shape(dims).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
    Ok(())
}
