//! A package that is made for one interpreter, in several.

use crate::{scenario, with};
use gopyre::{Interpreter, exec};
use gopyre_tests::in_child;

#[test]
fn numpy_in_one_interpreter_after_the_other_works_or_is_refused_by_name() {
    with(
        "numpy",
        in_child(|| {
            scenario(|| {
                let sum = || exec::<i64>("import numpy; int(numpy.arange(4).sum())", ());
                assert_eq!(sum()?, 6);
                for _ in 0..2 {
                    match Interpreter::new()?.enter(sum)? {
                        Ok(sum) => assert_eq!(sum, 6),
                        // Up to 3.11 by itself, from 3.12 on by CPython.
                        Err(error) => {
                            assert!(error.exception().is_some(), "{error:?}");
                            assert!(format!("{error:?}").contains("numpy"), "{error:?}");
                        }
                    }
                    assert_eq!(sum()?, 6);
                }
                Ok(())
            });
        }),
    );
}
