//! Memory that NumPy and Rust share.

use crate::{object, scenario, with};
use gopyre::{Buffer, Object, Result, exec};
use gopyre_tests::in_child;
use serde::de::DeserializeOwned;
use std::fmt::Debug;

#[test]
fn writes_through_a_view_and_through_numpy_meet() {
    with(
        "numpy",
        in_child(|| {
            scenario(|| {
                let array = object("np.zeros((3, 3))")?;
                let view = array.view::<f64>()?;
                array.set_item((2, 2), 100)?;
                assert_eq!(view.get(&[2, 2]), Some(100.0));
                view.set(&[0, 1], 5.5)?;
                assert_eq!(array.item((0, 1))?.extract::<f64>()?, 5.5);
                // Through a view of a transposed slice, too.
                let corner = exec::<Object>("input.T[:2, :2]", &array)?.view::<f64>()?;
                corner.copy_from(&[1.0, 2.0, 3.0, 4.0])?;
                reads_from(
                    &array,
                    [[1.0, 3.0, 0.0], [2.0, 4.0, 0.0], [0.0, 0.0, 100.0]],
                )?;
                // A read-only array stays as it is, and one that is viewed keeps its size.
                let frozen = object("a = np.zeros(2); a.flags.writeable = False; a")?;
                assert!(!frozen.view::<f64>()?.is_writable());
                assert!(frozen.view::<f64>()?.set(&[0], 1.0).is_err());
                let alone = object("np.zeros(2)")?;
                let held = alone.view::<f64>()?;
                assert!(alone.call_method("resize", (100_000,)).is_err());
                drop(held);
                Ok(())
            });
        }),
    );
}

#[track_caller]
fn reads_from<T: DeserializeOwned + PartialEq + Debug>(array: &Object, expected: T) -> Result<()> {
    assert_eq!(array.extract::<T>()?, expected);
    Ok(())
}

#[test]
fn a_buffer_and_an_array_are_the_same_memory() {
    with(
        "numpy",
        in_child(|| {
            scenario(|| {
                let numbers = vec![1.0f32, 1.1, 2.2, 4.3, 5.0, 6.0];
                let address = numbers.as_ptr().addr();
                let buffer = Buffer::from(numbers).shape(&[2, 3])?;
                let array: Object = exec("import numpy; numpy.asarray(input)", &buffer)?;
                assert_eq!(
                    array.attr("ctypes")?.attr("data")?.extract::<usize>()?,
                    address
                );
                // Python writes and the next script sees it; the array outlives the buffer.
                exec::<()>("input *= 2", &array)?;
                assert_eq!(exec::<f32>("input[1, 0]", &buffer)?, 8.6);
                drop(buffer);
                reads_from(&array, [[2.0f32, 2.2, 4.4], [8.6, 10.0, 12.0]])?;
                let view = array.view::<f32>()?;
                view.set(&[0, 0], -1.0)?;
                assert_eq!(array.item((0, 0))?.extract::<f32>()?, -1.0);
                // `frombuffer` copies nothing either.
                let doubled: Vec<f32> = exec(
                    "import numpy as np; np.frombuffer(input, dtype='float32') * 2",
                    Buffer::from(vec![1.0f32, 1.1, 2.2, 4.3]),
                )?;
                assert_eq!(doubled, [2.0, 2.2, 4.4, 8.6]);
                let empty = Buffer::<f64>::from(vec![]);
                assert_eq!(
                    exec::<usize>("import numpy; numpy.asarray(input).size", empty)?,
                    0
                );
                Ok(())
            });
        }),
    );
}

#[test]
fn a_generator_is_given_an_array_that_rust_fills() {
    with(
        "numpy",
        in_child(|| {
            scenario(|| {
                let generator = object(
                    "
def fill(n):
    array = np.zeros((n, n))
    yield array
    yield array.sum()
fill(10)",
                )?;
                let mut steps = generator.iter()?;
                let array = steps.next().unwrap()?;
                let view = array.view::<f64>()?;
                let values: Vec<f64> = (0..100).map(f64::from).collect();
                view.copy_from(&values)?;
                assert_eq!(steps.next().unwrap()?.extract::<f64>()?, 4950.0);
                Ok(())
            });
        }),
    );
}
