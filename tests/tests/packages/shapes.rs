//! NumPy's arrays of any shape and layout.

use crate::{object, reads, scenario, with};
use gopyre::exec;
use gopyre_tests::in_child;
use serde_json::json;
use std::collections::BTreeMap;

#[test]
fn matrices_are_nested_sequences_whatever_their_layout() {
    with(
        "numpy",
        in_child(|| {
            scenario(|| {
                let rows = vec![vec![0.0, 1.0, 2.0], vec![3.0, 4.0, 5.0]];
                reads("np.arange(6.0).reshape(2, 3)", rows.clone())?;
                reads("np.asfortranarray(np.arange(6.0).reshape(2, 3))", rows)?;
                let columns = vec![[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]];
                reads("np.arange(6.0).reshape(2, 3).T", columns)?;
                reads("np.arange(10)[1::3]", vec![1, 4, 7])?;
                reads("np.arange(4)[::-1]", vec![3, 2, 1, 0])?;
                reads("np.arange(6).reshape(2, 3)[:, 1]", vec![1, 4])?;
                reads(
                    "np.broadcast_to(np.array([1, 2]), (2, 2))",
                    vec![vec![1, 2]; 2],
                )?;
                reads("np.zeros((2, 0))", vec![Vec::<f64>::new(); 2])?;
                reads("np.zeros(0)", Vec::<f64>::new())?;
                reads(
                    "np.arange(8).reshape(2, 2, 2)",
                    json!([[[0, 1], [2, 3]], [[4, 5], [6, 7]]]),
                )?;
                reads(
                    "{'a': np.eye(2, dtype='int8')}",
                    BTreeMap::from([("a".to_owned(), ((1, 0), (0, 1)))]),
                )
            });
        }),
    );
}

#[test]
fn a_view_has_numpys_shape_and_strides() {
    with(
        "numpy",
        in_child(|| {
            scenario(|| {
                for code in [
                    "np.arange(24.0).reshape(1, 2, 3, 4).T",
                    "np.arange(24.0).reshape(2, 3, 4)",
                    "np.arange(24.0).reshape(4, 6)[1:3, ::2]",
                    "np.arange(24.0).reshape(4, 6)[::-1, ::-2]",
                    "np.asfortranarray(np.arange(6.0).reshape(2, 3))",
                    "np.broadcast_to(np.arange(3.0), (2, 3))",
                    "np.array(7.0)",
                ] {
                    let array = object(code)?;
                    let view = array.view::<f64>()?;
                    let (shape, strides, flat, contiguous): (
                        Vec<usize>,
                        Vec<isize>,
                        Vec<f64>,
                        bool,
                    ) = exec(
                        "(input.shape, input.strides, input.flatten().tolist(), input.flags.c_contiguous)",
                        &array,
                    )?;
                    assert_eq!(
                        (view.shape(), view.strides()),
                        (&shape[..], &strides[..]),
                        "{code}"
                    );
                    assert_eq!(view.to_vec(), flat, "{code}");
                    // SAFETY: nobody writes to the array here.
                    assert_eq!(unsafe { view.as_slice() }.is_some(), contiguous, "{code}");
                }
                Ok(())
            });
        }),
    );
}
