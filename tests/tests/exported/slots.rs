//! Every operator and every other thing of Python's language that a class may answer to.

use crate::{caught, gives, holds};
use gopyre::py_export;

#[py_export]
mod slots {
    /// Answers with the name of what it was asked.
    pub struct Slots {
        state: String,
    }

    impl Slots {
        pub fn new() -> Self {
            Slots {
                state: String::new(),
            }
        }
        pub fn __add__(&self, n: i64) -> String {
            format!("+ {n}")
        }
        pub fn __sub__(&self, n: i64) -> String {
            format!("- {n}")
        }
        pub fn __mul__(&self, n: i64) -> String {
            format!("* {n}")
        }
        pub fn __truediv__(&self, n: i64) -> String {
            format!("/ {n}")
        }
        pub fn __floordiv__(&self, n: i64) -> String {
            format!("// {n}")
        }
        pub fn __mod__(&self, n: i64) -> String {
            format!("% {n}")
        }
        pub fn __divmod__(&self, n: i64) -> String {
            format!("divmod {n}")
        }
        pub fn __pow__(&self, n: i64) -> String {
            format!("** {n}")
        }
        pub fn __matmul__(&self, n: i64) -> String {
            format!("@ {n}")
        }
        pub fn __lshift__(&self, n: i64) -> String {
            format!("<< {n}")
        }
        pub fn __rshift__(&self, n: i64) -> String {
            format!(">> {n}")
        }
        pub fn __and__(&self, n: i64) -> String {
            format!("& {n}")
        }
        pub fn __or__(&self, n: i64) -> String {
            format!("| {n}")
        }
        pub fn __xor__(&self, n: i64) -> String {
            format!("^ {n}")
        }
        pub fn __radd__(&self, n: i64) -> String {
            format!("{n} +")
        }
        pub fn __rsub__(&self, n: i64) -> String {
            format!("{n} -")
        }
        pub fn __rtruediv__(&self, n: i64) -> String {
            format!("{n} /")
        }
        pub fn __rfloordiv__(&self, n: i64) -> String {
            format!("{n} //")
        }
        pub fn __rmod__(&self, n: i64) -> String {
            format!("{n} %")
        }
        pub fn __rpow__(&self, n: i64) -> String {
            format!("{n} **")
        }
        pub fn __rlshift__(&self, n: i64) -> String {
            format!("{n} <<")
        }
        pub fn __ror__(&self, n: i64) -> String {
            format!("{n} |")
        }
        pub fn __iadd__(&mut self, n: i64) {
            self.state += &format!("+= {n};");
        }
        pub fn __isub__(&mut self, n: i64) {
            self.state += &format!("-= {n};");
        }
        pub fn __ior__(&mut self, n: i64) {
            self.state += &format!("|= {n};");
        }
        pub fn __neg__(&self) -> &str {
            "-"
        }
        pub fn __pos__(&self) -> &str {
            "+"
        }
        pub fn __invert__(&self) -> &str {
            "~"
        }
        pub fn __abs__(&self) -> &str {
            "abs"
        }
        pub fn __round__(&self, digits: Option<i64>) -> String {
            format!("round {digits:?}")
        }
        pub fn __int__(&self) -> i64 {
            4
        }
        pub fn __float__(&self) -> f64 {
            2.5
        }
        pub fn __index__(&self) -> i64 {
            2
        }
        pub fn __bool__(&self) -> bool {
            false
        }
        pub fn __len__(&self) -> usize {
            3
        }
        pub fn __contains__(&self, n: i64) -> bool {
            n == 7
        }
        pub fn __getitem__(&self, key: i64) -> String {
            format!("[{key}]")
        }
        pub fn __setitem__(&mut self, key: i64, value: i64) {
            self.state += &format!("[{key}] = {value};");
        }
        pub fn __delitem__(&mut self, key: i64) {
            self.state += &format!("del [{key}];");
        }
        pub fn __reversed__(&self) -> Vec<i64> {
            vec![3, 2, 1]
        }
        pub fn __call__(&self, #[args] numbers: Vec<i64>, #[default(0)] extra: i64) -> i64 {
            numbers.iter().sum::<i64>() + extra
        }
        pub fn __repr__(&self) -> &str {
            &self.state
        }
    }

    /// Of all comparisons it has one.
    pub struct Ordered(i64);
    impl Ordered {
        pub fn new(n: i64) -> Self {
            Ordered(n)
        }
        pub fn __lt__(&self, other: &Ordered) -> bool {
            self.0 < other.0
        }
    }

    /// And this one another.
    pub struct Equal(i64);
    impl Equal {
        pub fn new(n: i64) -> Self {
            Equal(n)
        }
        pub fn __eq__(&self, other: &Equal) -> bool {
            self.0 == other.0
        }
    }

    /// What all instances have in common, what each has, and a method with named arguments.
    pub struct Stock {
        #[get]
        name: String,
        shares: i64,
        price: f64,
    }
    impl Stock {
        pub const CLSATTR: i64 = 55;
        pub fn new(name: String, shares: i64, price: f64) -> Self {
            Stock {
                name,
                shares,
                price,
            }
        }
        pub fn cost(&self) -> f64 {
            self.shares as f64 * self.price
        }
        pub fn sum(&self, #[args] numbers: Vec<f64>, #[default(5.0)] a: f64) -> f64 {
            self.price + numbers.iter().sum::<f64>() + a
        }
    }
}

#[test]
fn each_operator_is_the_method_of_its_name() {
    let found: Vec<String> = gives(
        "from slots import Slots; s = Slots()\n\
         [s + 1, s - 1, s * 1, s / 1, s // 1, s % 1, divmod(s, 1), s ** 1, s @ 1, s << 1, s >> 1, s & 1, s | 1, s ^ 1]",
    );
    let expected = [
        "+ 1", "- 1", "* 1", "/ 1", "// 1", "% 1", "divmod 1", "** 1", "@ 1", "<< 1", ">> 1",
        "& 1", "| 1", "^ 1",
    ];
    assert_eq!(found, expected);
    let found: Vec<String> = gives(
        "from slots import Slots; s = Slots()\n\
         [1 + s, 1 - s, 1 / s, 1 // s, 1 % s, 1 ** s, 1 << s, 1 | s]",
    );
    let expected = ["1 +", "1 -", "1 /", "1 //", "1 %", "1 **", "1 <<", "1 |"];
    assert_eq!(found, expected);
    let found: Vec<String> =
        gives("from slots import Slots; s = Slots()\n[-s, +s, ~s, abs(s), round(s), round(s, 2)]");
    let expected = ["-", "+", "~", "abs", "round None", "round Some(2)"];
    assert_eq!(found, expected);
    for expression in [
        "1 & s",
        "1 ^ s",
        "1 >> s",
        "1 @ s",
        "s + 'x'",
        "s ** None",
        "'x' - s",
    ] {
        let error = caught("from slots import Slots; s = Slots()", expression);
        let start = "TypeError: unsupported operand type(s) for ";
        assert!(error.starts_with(start), "{expression}: {error}");
    }
}

#[test]
fn each_statement_and_function_asks_the_method_of_its_name() {
    let state: String = gives(
        "from slots import Slots; s = same = Slots()\n\
         s += 1; s -= 2; s |= 3\n\
         s[4] = 5\n\
         del s[6]\n\
         assert s is same\n\
         repr(s)",
    );
    assert_eq!(state, "+= 1;-= 2;|= 3;[4] = 5;del [6];");
    holds(
        "from slots import Slots; import operator; s = Slots()\n\
         (int(s), float(s), operator.index(s), bool(s), len(s), 7 in s, 8 in s, s[9], list(reversed(s)), s(1, 2, extra=3)) \
         == (4, 2.5, 2, False, 3, True, False, '[9]', [3, 2, 1], 6)",
    );
}

#[test]
fn one_comparison_gives_what_python_makes_of_it() {
    holds(
        "from slots import Ordered as O; a, b = O(1), O(2)\n\
         (a < b, b < a, a > b, b > a, a == O(1), sorted([b, a])[0] is a, max(a, b) is b) \
         == (True, False, False, True, False, True, True)",
    );
    let error = caught("from slots import Ordered as O", "O(1) <= O(2)");
    assert!(
        error.starts_with("TypeError: '<=' not supported"),
        "{error}"
    );
    holds(
        "from slots import Equal as E\n\
         (E(1) == E(1), E(1) != E(1), E(1) != E(2), E(1) == 1, E(1) != 1) == (True, False, True, False, True)",
    );
    let error = caught("from slots import Equal as E", "E(1) < E(2)");
    assert!(error.starts_with("TypeError: '<' not supported"), "{error}");
}

#[test]
fn a_class_has_attributes_of_its_own_and_named_arguments() {
    holds(
        "from slots import Stock; s = Stock('ACME', 50, 90)\n\
         (s.name, s.cost(), Stock.CLSATTR, s.CLSATTR, s.sum(1, 2, 3, a=20), s.sum(1, 2, 3)) \
         == ('ACME', 4500.0, 55, 55, 116.0, 101.0)",
    );
}

#[test]
fn the_abstract_classes_of_python_know_what_it_can_do() {
    holds(
        "from collections.abc import *; from slots import Slots, Ordered, Equal; s = Slots()\n\
         all(isinstance(s, c) for c in (Sized, Container, Callable, Reversible, Hashable)[:3]) \
         and not isinstance(Ordered(1), Sized) and not isinstance(Equal(1), Hashable) and isinstance(s, Hashable)",
    );
}
