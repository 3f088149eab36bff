//! Every mistake of a function is reported at once, and none of them makes a caller one.

use gopyre::py_script;

struct Shape;

impl Shape {
    /// Documented.
    #[py_script(" ", fil = "x")]
    pub const async fn area(&self, (a, b): (i64, i64), #[kw] mut input: i64) -> gopyre::Result<&str> {
        unknown_name()
    }
}

macro_rules! declare {
    ($name:ident, $script:expr) => {
        #[py_script($script)]
        fn $name(_: i64) -> i64;
    };
}
declare!(declared, 1 + 1);

fn main() {
    let _ = Shape.area((1, 2), 3);
    let _ = declared(1);
}
