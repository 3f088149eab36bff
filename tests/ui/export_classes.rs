use gopyre::{Object, Result, py_export};

#[py_export]
mod api {
    use super::*;

    pub struct Generic<T> {
        value: T,
    }

    pub struct Borrowing<'a> {
        value: &'a str,
    }

    pub struct Plain {
        #[get(now)]
        value: i64,
        #[name = "other"]
        second: i64,
        #[getter]
        third: i64,
    }

    pub struct Pair(#[get] i64, i64);

    impl Plain {
        pub fn new(&self) -> Self {
            loop {}
        }
        pub fn by_value(self) {}
        pub fn boxed(self: Box<Self>) {}
        #[classmethod]
        pub fn no_class() {}
        #[classmethod]
        pub fn on_self(&self, class: &Object) {}
        #[staticmethod]
        pub fn zero() -> i64 {
            0
        }
        #[get]
        pub fn no_self() -> i64 {
            0
        }
        #[get]
        pub fn with_parameter(&self, x: i64) -> i64 {
            x
        }
        #[get]
        pub fn nothing(&self) {}
        #[set]
        pub fn set_nothing(&mut self) {}
        #[set]
        pub fn set_and_get(&mut self, x: i64) -> i64 {
            x
        }
        #[get]
        #[set]
        pub fn both(&self) -> i64 {
            0
        }
        #[get]
        fn private(&self) -> i64 {
            0
        }
        pub fn __init__(&mut self) {}
        pub fn __del__(&mut self) {}
        pub fn __len__(&self, x: i64) -> usize {
            0
        }
        pub fn __setitem__(&mut self, x: i64) {}
        pub fn myself(&self) -> &Self {
            self
        }
        pub fn other(&self, other: Plain) {}
        pub fn others(&self, others: Vec<Plain>) {}
        pub fn maybe(&self, other: Option<&mut Plain>) {}
        pub fn defaulted(&self, #[default(None)] other: &Plain) {}
        pub fn wrapped(&self) -> Box<Plain> {
            loop {}
        }
        pub fn same(&self) {}
        #[name = "same"]
        pub fn another(&self) {}
    }

    pub struct Made;

    impl Made {
        #[name = "make"]
        pub fn new() -> Option<Made> {
            None
        }
    }

    pub struct Nothing;

    impl Nothing {
        pub fn new() {}
    }

    pub enum Shape {
        Circle(f64),
        Square { side: f64 },
    }

    pub enum Color {
        Red,
        None,
    }

    impl Color {
        pub fn new() -> Result<Color> {
            Ok(Color::Red)
        }
    }

    pub mod inner {
        pub struct Far;
    }

    impl inner::Far {
        pub fn here(&self) {}
    }
}

fn main() {
    let _ = api::Plain::zero();
}
