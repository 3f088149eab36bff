use gopyre::py_script;

#[py_script("1")]
pub struct Shape {
    pub width: f64,
}

#[py_script("1")]
impl Shape {
    fn new() -> Shape {
        Shape { width: 1.0 }
    }
}

#[py_script("1")]
pub mod inner {
    pub fn used() {}
}

#[py_script("1")]
pub trait Describe {}

#[py_script("1")]
enum Kind {
    A,
}

#[py_script("1")]
const ONE: i64 = 1;

#[py_script("1")]
unsafe extern "C" {}

fn main() {
    // What is refused stays as it was: no use of it is an error.
    let _ = (Shape::new().width, Kind::A, ONE);
    inner::used();
}
