//! An extension module for plain Python, as its author would write it.

/// A module of Rust for Python.
#[gopyre::py_export]
pub mod exported_api {
    use gopyre::{Object, Result};
    use std::time::Duration;

    /// The answer.
    pub const ANSWER: i64 = 42;

    /// Adds two integers.
    pub fn add(a: i64, b: i64) -> i64 {
        a + b
    }

    /// Greets somebody, in words of Python's.
    pub fn greet(name: &str) -> Result<String> {
        gopyre::exec("f'Hello, {input}!'", name)
    }

    /// Calls back.
    pub fn apply(function: &Object, values: Vec<i64>) -> Result<Vec<i64>> {
        let call = |value| function.call((value,))?.extract();
        values.into_iter().map(call).collect()
    }

    /// Fails with an error of Rust's.
    pub fn fail(path: &str) -> std::io::Result<String> {
        std::fs::read_to_string(path)
    }

    /// What Python has exported to this module or to all.
    pub fn find(name: &str) -> Result<Object> {
        gopyre::exported(name)
    }

    /// Panics.
    pub fn panic() {
        panic!("on purpose");
    }

    /// Waits without holding the interpreter.
    #[detach]
    pub fn wait(milliseconds: u64) {
        std::thread::sleep(Duration::from_millis(milliseconds));
    }

    /// Leaves threads behind that go on using Python until that is gone.
    pub fn linger(threads: usize) {
        for _ in 0..threads {
            std::thread::spawn(|| while gopyre::exec::<i64>("sum(range(100))", ()).is_ok() {});
        }
    }

    /// Counts.
    pub struct Counter {
        value: i64,
    }

    impl Counter {
        /// Starts from a number.
        pub fn new(initial: i64) -> Counter {
            Counter { value: initial }
        }

        /// Counts up by `n`.
        pub fn incr(&mut self, n: i64) -> i64 {
            self.value += n;
            self.value
        }

        /// A counter of what both have come to.
        pub fn joined(&self, other: &Counter) -> Counter {
            Counter {
                value: self.value + other.value,
            }
        }

        /// What it has come to.
        #[get]
        pub fn value(&self) -> i64 {
            self.value
        }
    }

    /// A module within.
    pub mod shapes {
        /// The area of a rectangle.
        pub fn area(width: f64, height: f64) -> f64 {
            width * height
        }
    }
}

/// Another module of the same library.
#[gopyre::py_export]
pub mod exported_more {
    /// A module within.
    pub mod parts {
        /// A part.
        pub struct Part {
            size: i64,
        }

        impl Part {
            /// Makes one of a size.
            pub fn new(size: i64) -> Part {
                Part { size }
            }

            /// How large it is.
            #[get]
            pub fn size(&self) -> i64 {
                self.size
            }
        }
    }

    /// The size of both together.
    pub fn joined(a: &parts::Part, b: &parts::Part) -> i64 {
        a.size() + b.size()
    }
}

gopyre::extension!(exported_api);
gopyre::extension!(exported_more);
