//! A module that cannot be filled.

use crate::{caught, holds};
use gopyre::py_export;

pub(crate) struct Fails;

impl serde::Serialize for Fails {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("no constant today"))
    }
}

#[py_export]
mod broken {
    pub const GOOD: i64 = 1;
    pub const BAD: super::Fails = super::Fails;
    pub fn add(a: i64, b: i64) -> i64 {
        a + b
    }
}

#[test]
fn a_constant_that_cannot_be_converted_is_the_error_of_each_import() {
    assert_eq!(broken::add(1, 2), 3);
    for _ in 0..2 {
        let error = caught("", "import broken");
        assert!(error.starts_with("ValueError: "), "{error}");
        assert!(error.contains("no constant today"), "{error}");
        holds("import sys; 'broken' not in sys.modules");
    }
}
