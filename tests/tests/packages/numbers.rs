//! NumPy's scalars and arrays of every dtype, in and out.

use crate::{object, reads, refusal, scenario, with};
use gopyre::{Buffer, Element, Error, Object, Result, exec};
use gopyre_tests::in_child;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::fmt::Debug;

#[test]
fn numpy_multiplies() {
    with(
        "numpy",
        in_child(|| {
            scenario(|| reads("np.array([1, 2, 3]) * np.array(10)", vec![10, 20, 30]));
        }),
    );
}

#[test]
fn numpys_scalars_are_numbers() {
    with(
        "numpy",
        in_child(|| {
            scenario(|| {
                reads("np.int8(-128)", i8::MIN)?;
                reads("np.int64(-9223372036854775808)", i64::MIN)?;
                reads("np.uint64(18446744073709551615)", u64::MAX)?;
                reads("np.uint8(7)", 7i128)?;
                reads("np.int32(7)", 7.0f64)?;
                reads("np.float16(1.5)", 1.5f32)?;
                reads("np.float32(0.1)", 0.1f32)?;
                reads("np.float64(0.1)", 0.1f64)?;
                reads("np.longdouble(0.5)", 0.5f64)?;
                reads("np.bool_(True)", true)?;
                reads("np.str_('größe')", "größe".to_owned())?;
                reads("np.bytes_(b'ab')", serde_bytes::ByteBuf::from("ab"))?;
                reads("np.complex128(1 + 2j)", (1.0, 2.0))?;
                reads("np.array(5)", 5i64)?;
                reads("np.array(2.5)", 2.5f64)?;
                reads(
                    "{'mean': np.mean([1.0, 2.0]), 'n': np.int64(2)}",
                    json!({"mean": 1.5, "n": 2}),
                )?;
                let nan: f64 = exec("import numpy as np; np.float64('nan')", ())?;
                assert!(nan.is_nan());
                refusal::<u8>("np.int64(256)");
                refusal::<i64>("np.uint64(18446744073709551615)");
                refusal::<i64>("np.float64(1.0)");
                refusal::<bool>("np.int64(1)");
                refusal::<bool>("np.float64(1.0)");
                Ok(())
            });
        }),
    );
}

/// Five numbers of a dtype, read as a `Vec` and as a view.
#[track_caller]
fn five<T>(dtype: &str, first: T, last: T) -> Result<()>
where
    T: Element + Serialize + DeserializeOwned + PartialEq + Debug,
{
    let code = match dtype {
        "bool_" => "np.array([True, True, False, True, True], dtype='bool')".to_owned(),
        float if float.starts_with("float") => {
            format!("np.array([1.1, 2.2, 3.3, 4.4, 5.5], dtype='{dtype}')")
        }
        _ => format!("np.array([1, 2, 3, 4, 5], dtype='{dtype}')"),
    };
    let array = object(&code)?;
    let vec: Vec<T> = array.extract()?;
    let view = array.view::<T>()?;
    assert_eq!((vec[0], vec[4], vec.len()), (first, last, 5), "{dtype}");
    assert_eq!(view.to_vec(), vec, "{dtype}");
    assert_eq!((view.get(&[0]), view.get(&[4])), (Some(first), Some(last)));
    let size: usize = array.attr("nbytes")?.extract()?;
    assert_eq!(size, 5 * size_of::<T>(), "{dtype}");
    assert_eq!(view.strides(), [size_of::<T>() as isize]);
    // And back: as a sequence, and without a copy.
    let (listed, shared): (bool, bool) = exec(
        "
        import numpy as np

        same = np.asarray(buffer)
        (np.array_equal(np.array(vec, array.dtype), array), same.dtype == array.dtype and np.array_equal(same, array))
        ",
        Back { vec: &vec, buffer: Buffer::from(vec.clone()), array: &array },
    )?;
    assert!(listed && shared, "{dtype}");
    Ok(())
}

#[derive(Serialize)]
#[serde(bound = "T: Element + Serialize")]
struct Back<'a, T: Element> {
    vec: &'a [T],
    buffer: Buffer<T>,
    array: &'a Object,
}

#[test]
fn every_dtype_goes_out_and_comes_back() {
    with(
        "numpy",
        in_child(|| {
            scenario(|| {
                five("bool_", true, true)?;
                five("int8", 1i8, 5)?;
                five("int16", 1i16, 5)?;
                five("int32", 1i32, 5)?;
                five("int64", 1i64, 5)?;
                five("uint8", 1u8, 5)?;
                five("uint16", 1u16, 5)?;
                five("uint32", 1u32, 5)?;
                five("uint64", 1u64, 5)?;
                five("float32", 1.1f32, 5.5)?;
                five("float64", 1.1f64, 5.5)
            });
        }),
    );
}

#[test]
fn dtypes_that_rust_has_not_are_read_or_refused_but_never_wrong() {
    with(
        "numpy",
        in_child(|| {
            scenario(|| {
                reads("np.array([1.5, -2.0], dtype='float16')", vec![1.5f32, -2.0])?;
                reads("np.array([1.5, -2.0], dtype='>f8')", vec![1.5f64, -2.0])?;
                reads("np.array([1, 2**40], dtype='>i8')", vec![1i64, 1 << 40])?;
                reads("np.array([1 + 2j, 3])", vec![(1.0, 2.0), (3.0, 0.0)])?;
                reads(
                    "np.array(['a', 'größe'])",
                    vec!["a".to_owned(), "größe".to_owned()],
                )?;
                reads(
                    "np.array([1, 'a', None], dtype=object)",
                    vec![json!(1), json!("a"), json!(null)],
                )?;
                let half = object("np.zeros(3, dtype='float16')")?;
                assert!(matches!(half.view::<f32>(), Err(Error::Argument(_))));
                assert!(matches!(half.view::<u16>(), Err(Error::Argument(_))));
                let big = object("np.zeros(3, dtype='>f8')")?;
                assert!(matches!(big.view::<f64>(), Err(Error::Argument(_))));
                let ints = object("np.zeros(3, dtype='int64')")?;
                assert!(matches!(ints.view::<f64>(), Err(Error::Argument(_))));
                assert!(matches!(ints.view::<u64>(), Err(Error::Argument(_))));
                Ok(())
            });
        }),
    );
}

#[test]
fn an_array_is_read_as_a_wider_type_or_refused_with_its_place() {
    with(
        "numpy",
        in_child(|| {
            scenario(|| {
                reads("np.array([1, 2], dtype='int32')", vec![1.0f64, 2.0])?;
                reads("np.array([1, 2], dtype='uint8')", vec![1i64, 2])?;
                reads("np.array([0.5, 2], dtype='float32')", vec![0.5f64, 2.0])?;
                assert!(refusal::<Vec<u8>>("np.array([1, 300])").contains("[1]"));
                assert!(refusal::<Vec<i64>>("np.array([1.0, 2.0])").contains("[0]"));
                assert!(refusal::<Vec<bool>>("np.array([0, 1])").contains("[0]"));
                Ok(())
            });
        }),
    );
}
