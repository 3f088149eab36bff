//! What only rustc can tell: the errors are on the types.

use gopyre::py_export;

pub struct Opaque;

#[py_export]
mod api {
    use super::Opaque;

    pub fn takes(_x: Opaque) {}

    pub fn returns() -> Opaque {
        Opaque
    }

    pub fn fails() -> Result<i64, Opaque> {
        Ok(3)
    }

    pub fn fails_elsewhere() -> Result<i64, Box<dyn std::error::Error>> {
        Ok(3)
    }

    pub struct Made;
    impl Made {
        pub fn new() -> Result<Self, Opaque> {
            Ok(Made)
        }
    }

    pub fn defaults(#[default("x")] _n: i64) {}

    pub struct Shared {
        _value: std::rc::Rc<i64>,
    }

    pub const OPAQUE: Opaque = Opaque;
}

fn main() {}
