//! Errors in arguments: those of counts and names read like those of a `def` of the same signature.

use crate::{caught, gives};
use gopyre::py_export;

#[py_export]
mod signatures {
    use gopyre::Object;
    use std::collections::HashMap;

    pub fn none() {}
    pub fn one(a: i64) -> i64 {
        a
    }
    pub fn two(a: i64, b: i64) -> i64 {
        a + b
    }
    pub fn three(a: i64, b: i64, c: i64) -> i64 {
        a + b + c
    }
    pub fn default(a: i64, #[default(3)] b: i64) -> i64 {
        a + b
    }
    pub fn collected(a: i64, #[args] rest: Vec<i64>, b: i64, c: i64, #[default(1)] d: i64) -> i64 {
        a + rest.len() as i64 + b + c + d
    }
    pub fn named(a: i64, #[kwargs] options: HashMap<String, Object>) -> i64 {
        a + options.len() as i64
    }

    pub struct Class {
        base: i64,
    }
    impl Class {
        pub fn new(base: i64, #[default(0)] more: i64) -> Self {
            Class { base: base + more }
        }
        pub fn method(&self, a: i64) -> i64 {
            self.base + a
        }
        pub fn fixed(a: i64) -> i64 {
            a
        }
        #[classmethod]
        pub fn of(_class: &Object, a: i64) -> i64 {
            a
        }
    }
}

/// The same in Python.
const DEFS: &str = "
import signatures
class d:
    def none(): pass
    def one(a): return a
    def two(a, b): return a + b
    def three(a, b, c): return a + b + c
    def default(a, b=3): return a + b
    def collected(a, *rest, b, c, d=1): pass
    def named(a, **options): pass
    class Class:
        def __init__(self, base, more=0): pass
        def method(self, a): pass
        @staticmethod
        def fixed(a): pass
        @classmethod
        def of(cls, a): pass
for function in (d.none, d.one, d.two, d.three, d.default, d.collected, d.named):
    function.__qualname__ = function.__name__
for function in (d.Class.__init__, d.Class.method, d.Class.fixed, d.Class.of.__func__):
    function.__qualname__ = 'Class.' + function.__name__
";

#[test]
fn counts_and_names_read_like_those_of_a_def() {
    let calls = [
        "none(1)",
        "none(1, 2)",
        "none(x=1)",
        "one()",
        "one(1, 2)",
        "one(1, a=1)",
        "one(x=1)",
        "one(1, x=1)",
        "two()",
        "two(1)",
        "two(b=1)",
        "two(1, 2, 3)",
        "two(1, 2, a=1)",
        "three()",
        "three(1)",
        "three(c=1)",
        "default()",
        "default(1, 2, 3)",
        "default(b=1)",
        "default(1, 2, b=3)",
        "default(1, c=1)",
        "collected()",
        "collected(1)",
        "collected(1, b=1)",
        "collected(1, 2, 3)",
        "collected(1, b=1, c=1, x=1)",
        "named()",
        "named(1, a=1)",
        "named(x=1)",
        "named(1, 2)",
        "Class()",
        "Class(1, 2, 3)",
        "Class(1, x=1)",
        "Class(1).method()",
        "Class(1).method(1, 2)",
        "Class(1).method(b=1)",
        "Class(1).fixed()",
        "Class.fixed(1, 2)",
        "Class.of()",
        "Class.of(1, 2)",
        "one(**{'a': 1, 'b': 2})",
        "one(*(1, 2))",
    ];
    for call in calls {
        let ours = caught(DEFS, &format!("signatures.{call}"));
        let theirs = caught(DEFS, &format!("d.{call}"));
        assert!(theirs.starts_with("TypeError: "), "{theirs}");
        // Before 3.10 CPython leaves the class away.
        let ours = match theirs.contains("Class.") {
            true => ours,
            false => ours.replace("Class.", ""),
        };
        assert_eq!(ours, theirs, "{call}");
    }
}

#[test]
fn a_value_that_does_not_fit_names_the_function_and_the_parameter() {
    let cases = [
        (
            "one('x')",
            "TypeError: one() argument 'a': expected i64, found str 'x'",
        ),
        (
            "two(1, b=None)",
            "TypeError: two() argument 'b': expected i64, found None",
        ),
        (
            "Class('x')",
            "TypeError: Class.__init__() argument 'base': expected i64, found str 'x'",
        ),
        (
            "Class(1).method([])",
            "TypeError: Class.method() argument 'a': expected i64, found list",
        ),
    ];
    for (call, message) in cases {
        let error = caught("import signatures", &format!("signatures.{call}"));
        assert!(error.starts_with(message), "{call}: {error}");
    }
    let error = caught("import signatures", "signatures.one(2**70)");
    assert!(
        error.starts_with("OverflowError: one() argument 'a': "),
        "{error}"
    );
    let error = caught(
        "import signatures",
        "signatures.collected(1, 'x', b=1, c=1)",
    );
    assert!(
        error.starts_with("TypeError: collected() argument "),
        "{error}"
    );
    assert!(error.contains("str 'x'"), "{error}");
}

#[test]
fn an_exception_of_a_conversion_is_itself() {
    let error = caught(
        "import signatures\nclass Bad:\n    def __index__(self): raise KeyError('no')",
        "signatures.one(Bad())",
    );
    assert_eq!(error, "KeyError: 'no'");
}

#[test]
fn after_an_error_everything_works() {
    let sums: Vec<i64> = gives(
        "import signatures as s\n\
         out = []\n\
         for i in range(50):\n    \
             try: s.one('x')\n    \
             except TypeError: pass\n    \
             try: s.two(1)\n    \
             except TypeError: out.append(s.two(1, b=i))\n\
         out",
    );
    assert_eq!(sums, (1..=50).collect::<Vec<i64>>());
}
