//! What every system for Rust or Go in Python shows first: functions and a counter.

use crate::{caught, gives, holds};
use gopyre::py_export;

#[py_export]
mod counter {
    pub fn hello(name: &str) -> String {
        format!("Hello, {name}!")
    }
    pub fn add(a: i64, b: i64) -> i64 {
        a + b
    }

    pub struct Counter {
        #[get]
        value: i64,
    }

    impl Counter {
        pub fn new(#[default(0)] initial: i64) -> Self {
            Counter { value: initial }
        }
        pub fn incr(&mut self, n: i64) -> i64 {
            self.value += n;
            self.value
        }
        pub fn decr(&mut self, n: i64) -> i64 {
            self.incr(-n)
        }
    }
}

#[test]
fn functions_and_a_counter_are_used_from_python() {
    holds("from counter import hello, add; hello('Rust') == 'Hello, Rust!' and add(1, 2) == 3");
    let values: Vec<i64> = gives(
        "from counter import Counter\n\
         a, b = Counter(20), Counter(5)\n\
         [a.incr(10), a.decr(10), b.incr(1), a.value, b.value, Counter().value]",
    );
    assert_eq!(values, [30, 20, 6, 20, 6, 0]);
}

#[test]
fn what_an_instance_has_not_is_an_attribute_error() {
    let setup = "from counter import Counter\nc = Counter(1)";
    let error = caught(setup, "c.missing()");
    assert!(error.starts_with("AttributeError: "), "{error}");
    assert!(
        error.ends_with("Counter' object has no attribute 'missing'"),
        "{error}"
    );
    let error = caught(setup, "c.value = 3");
    assert!(error.starts_with("AttributeError: "), "{error}");
    let error = caught(setup, "c.other = 3");
    assert!(error.starts_with("AttributeError: "), "{error}");
}

#[test]
fn rust_uses_the_same_class_as_a_plain_type() {
    let mut counter = counter::Counter::new(1);
    assert_eq!(counter.incr(2), 3);
}
