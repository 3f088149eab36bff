//! What traits and derives give.

use crate::{caught, gives, holds};
use gopyre::py_export;

#[py_export]
mod traits {
    use std::fmt;
    use std::ops;

    #[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
    pub struct Vector {
        #[get]
        x: f64,
        #[get]
        y: f64,
    }
    impl Vector {
        pub fn new(x: f64, y: f64) -> Self {
            Vector { x, y }
        }
    }
    impl fmt::Display for Vector {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "({} {})", self.x, self.y)
        }
    }
    impl ops::Add for Vector {
        type Output = Self;
        fn add(self, other: Self) -> Self {
            Vector {
                x: self.x + other.x,
                y: self.y + other.y,
            }
        }
    }
    impl ops::Add<&Vector> for &Vector {
        type Output = Vector;
        fn add(self, other: &Vector) -> Vector {
            *self + *other
        }
    }
    impl ops::Sub for Vector {
        type Output = Vector;
        fn sub(self, other: Self) -> Vector {
            self + -other
        }
    }
    impl ops::Mul<f64> for Vector {
        type Output = Vector;
        fn mul(self, by: f64) -> Vector {
            Vector {
                x: self.x * by,
                y: self.y * by,
            }
        }
    }
    impl ops::Mul for Vector {
        type Output = f64;
        fn mul(self, other: Self) -> f64 {
            self.x * other.x + self.y * other.y
        }
    }
    impl ops::Mul<Vector> for f64 {
        type Output = Vector;
        fn mul(self, vector: Vector) -> Vector {
            vector * self
        }
    }
    impl ops::Div<f64> for Vector {
        type Output = Vector;
        fn div(self, by: f64) -> Vector {
            self * (1.0 / by)
        }
    }
    impl ops::Rem<i64> for Vector {
        type Output = i64;
        fn rem(self, by: i64) -> i64 {
            self.x as i64 % by
        }
    }
    impl ops::Neg for Vector {
        type Output = Vector;
        fn neg(self) -> Vector {
            self * -1.0
        }
    }
    impl ops::AddAssign<&Vector> for Vector {
        fn add_assign(&mut self, other: &Vector) {
            *self = *self + *other;
        }
    }

    #[derive(Debug, Clone, PartialEq, Eq, Hash)]
    pub struct Key(String, i64);
    impl Key {
        pub fn new(text: String, number: i64) -> Self {
            Key(text, number)
        }
    }
    impl ops::BitOr for Key {
        type Output = Key;
        fn bitor(self, other: Key) -> Key {
            Key(self.0 + &other.0, self.1 | other.1)
        }
    }
    impl ops::Shl<u32> for &Key {
        type Output = i64;
        fn shl(self, by: u32) -> i64 {
            self.1 << by
        }
    }
    impl ops::Not for &Key {
        type Output = bool;
        fn not(self) -> bool {
            self.1 == 0
        }
    }
    impl PartialEq<i64> for Key {
        fn eq(&self, other: &i64) -> bool {
            self.1 == *other
        }
    }

    pub struct Countdown(u32);
    impl Countdown {
        pub fn new(start: u32) -> Self {
            Countdown(start)
        }
    }
    impl Iterator for Countdown {
        type Item = u32;
        fn next(&mut self) -> Option<u32> {
            self.0 = self.0.checked_sub(1)?;
            Some(self.0)
        }
    }

    #[derive(Debug, PartialEq)]
    pub struct Explicit;
    impl Explicit {
        pub fn new() -> Self {
            Explicit
        }
        pub fn __repr__(&self) -> &str {
            "written out"
        }
        pub fn __hash__(&self) -> i64 {
            7
        }
    }

    pub struct Plain;
    impl Plain {
        pub fn new() -> Self {
            Plain
        }
    }
}

const SETUP: &str = "from traits import *\na, b = Vector(1, 2), Vector(3, 4)\n";

#[test]
fn display_and_debug_are_str_and_repr() {
    holds(&format!(
        "{SETUP}str(a) == '(1 2)' and repr(a) == 'Vector {{ x: 1.0, y: 2.0 }}'"
    ));
    holds("from traits import *; repr(Explicit()) == str(Explicit()) == 'written out'");
    holds("from traits import *; 'Plain object at' in repr(Plain())");
}

#[test]
fn equality_and_order_are_those_of_rust() {
    holds(&format!(
        "{SETUP}a == Vector(1, 2) and a != b and not a == 1 and a != 'x'"
    ));
    holds(&format!(
        "{SETUP}a < b and a <= b and b > a and b >= a and not a > b"
    ));
    holds(&format!(
        "{SETUP}sorted([b, a]) == [a, b] and max(a, b) == b"
    ));
    holds(&format!(
        "{SETUP}nan = Vector(float('nan'), 0); nan != nan and not nan < nan"
    ));
    let error = caught(SETUP, "a < 3");
    assert!(error.starts_with("TypeError: '<' not supported"), "{error}");
    assert!(error.ends_with("Vector' and 'int'"), "{error}");
    holds(
        "from traits import *; Key('a', 1) == 1 and Key('a', 1) != 2 and Key('a', 1) == Key('a', 1)",
    );
}

#[test]
fn a_hash_comes_with_hash_alone() {
    holds("from traits import *; len({Key('a', 1), Key('a', 1), Key('b', 1)}) == 2");
    holds("from traits import *; {Key('a', 1): 3}[Key('a', 1)] == 3");
    let error = caught(SETUP, "hash(a)");
    assert!(error.starts_with("TypeError: unhashable type: "), "{error}");
    holds("from traits import *; hash(Explicit()) == 7");
    holds("from traits import *; p = Plain(); p == p and p != Plain() and hash(p) == hash(p)");
}

#[test]
fn arithmetic_is_that_of_the_traits() {
    holds(&format!(
        "{SETUP}a + b == Vector(4, 6) and b - a == Vector(2, 2) and -a == Vector(-1, -2)"
    ));
    holds(&format!(
        "{SETUP}a * 2 == Vector(2, 4) == 2 * a == 2.0 * a and a * b == 11.0"
    ));
    holds(&format!("{SETUP}b / 2 == Vector(1.5, 2.0) and b % 2 == 1"));
    holds(&format!(
        "{SETUP}same = a; a += b; a is same and a == Vector(4, 6)"
    ));
    holds(
        "from traits import *; (Key('a', 1) | Key('b', 2)) == Key('ab', 3) and Key('a', 1) << 3 == 8",
    );
    holds("from traits import *; ~Key('a', 0) is True");
    for expression in ["a + 1", "1 + a", "a * 'x'", "'x' * a", "a / a", "a // 2"] {
        let error = caught(SETUP, expression);
        assert!(error.starts_with("TypeError: "), "{expression}: {error}");
    }
}

#[test]
fn an_iterator_is_iterated() {
    assert_eq!(
        gives::<Vec<u32>>("from traits import *; list(Countdown(3))"),
        [2, 1, 0]
    );
    holds(
        "from traits import *; c = Countdown(2); iter(c) is c and (next(c), next(c), next(c, 'end')) == (1, 0, 'end')",
    );
    holds(
        "from traits import *; import collections.abc; isinstance(Countdown(1), collections.abc.Iterator)",
    );
    assert_eq!(
        caught("from traits import *", "next(Countdown(0))"),
        "StopIteration: "
    );
}
