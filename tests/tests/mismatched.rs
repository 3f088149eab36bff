//! Proves that a start lists every declaration that an embedded module does not fulfil, and no other.
//!
//! The declarations below keep Python from starting in this whole program, which is why they are by themselves.

#![allow(clippy::unwrap_used, clippy::panic, dead_code)]

use gopyre::{Error, Result, Runtime, py_module};

#[py_module(file = "tests/modules/mismatch/model.py")]
extern "Python" {
    fn predict(rows: i64, #[kw] offset: f64) -> Result<i64>;
    #[name = "predict"]
    fn no_offset(rows: i64) -> Result<i64>; // expected all required parameters, found no `offset`; Python has `(rows, scale=1.0, *, offset)`
    #[name = "predict"]
    fn too_many(a: i64, b: i64, c: i64, #[kw] offset: i64) -> Result<i64>; // expected at most 2 positional arguments, found 3; Python has `(rows, scale=1.0, *, offset)`
    #[name = "predict"]
    fn wrong_keyword(rows: i64, #[kw] offset: i64, #[kw] scal: i64) -> Result<i64>; // expected a keyword of the function, found `scal`; Python has `(rows, scale=1.0, *, offset)`; help: did you mean `scale`?
    #[name = "predict"]
    fn twice(rows: i64, scale: i64, #[kw = "scale"] again: i64, #[kw] offset: i64) -> Result<i64>; // expected `scale` once, found it positional and as a keyword; Python has `(rows, scale=1.0, *, offset)`
    fn predct(rows: i64) -> Result<i64>; // `tests/modules/mismatch/model.py` has no `predct`; help: did you mean `predict`?
    fn simple(a: i64) -> Result<i64>; // expected 2 positional arguments, found 1; Python has `(a, b)`
    fn anything(a: i64, #[kw] b: i64) -> Result<i64>;
    fn positional(#[kw] a: i64) -> Result<i64>; // expected a keyword of the function, found `a`; Python has `(a, b=1, /)`
    fn later(a: i64) -> Result<i64>;
    fn cached(a: i64, b: i64) -> Result<i64>;
    fn chosen() -> Result<i64>;
    fn quick() -> Result<i64>;
    fn joined() -> Result<i64>;
    fn opened() -> Result<i64>;
    fn loaded() -> Result<i64>;
    fn value() -> Result<i64>;

    type Base;
    #[new]
    fn base(a: i64) -> Result<Base>;
    #[new]
    fn base_of_three(a: i64, b: i64, c: i64) -> Result<Base>; // expected at most 2 positional arguments, found 3; Python has `(self, a, b=1)`
    fn inherited(self: &Base, a: i64) -> Result<i64>;

    type Child;
    #[new]
    fn child() -> Result<Child>; // expected 1 positional argument, found 0; Python has `(self, a, b=1)`
    #[name = "inherited"]
    fn from_above(self: &Child, a: i64) -> Result<i64>;
    fn method(self: &Child, a: i64) -> Result<i64>; // expected all required parameters, found no `key`; Python has `(self, a, *, key)`
    #[name = "method"]
    fn complete(self: &Child, a: i64, #[kw] key: i64) -> Result<i64>;
    fn metod(self: &Child) -> Result<i64>; // class `Child` has no `metod`; help: did you mean `method`?
    fn prop(self: &Child) -> Result<i64>; // expected a method, found a property; help: mark it with `#[get]`
    #[get]
    #[name = "prop"]
    fn property(self: &Child) -> Result<i64>;
    #[get]
    fn attribute(self: &Child) -> Result<i64>;
    #[get]
    fn kept(self: &Child) -> Result<i64>;
    #[get]
    fn atribute(self: &Child) -> Result<i64>; // class `Child` has no `atribute`; help: did you mean `attribute`?
    #[staticmethod]
    #[name = "static"]
    fn fixed(a: i64) -> Result<i64>;
    #[name = "static"]
    fn fixed_of_object(self: &Child, a: i64) -> Result<i64>;
    #[classmethod]
    fn made(a: i64, b: i64) -> Result<Child>; // expected at most 1 positional argument, found 2; Python has `(cls, a)`
    #[classmethod]
    #[name = "method"]
    fn unbound(a: i64, #[kw] key: i64) -> Result<i64>; // expected all required parameters, found no `a`; Python has `(self, a, *, key)`

    #[name = "Child.Inner"]
    type Inner;
    #[new]
    fn inner() -> Result<Inner>; // expected 1 positional argument, found 0; Python has `(cls, x)`
    type Empty;
    #[new]
    fn empty(a: i64) -> Result<Empty>; // expected no positional argument, found 1; Python has `()`
    type Problem;
    #[new]
    fn problem(a: i64, b: i64) -> Result<Problem>;
    #[get]
    fn args(self: &Problem) -> Result<i64>;
    type Foreign;
    fn unknown(self: &Foreign) -> Result<i64>;
    type Open;
    fn whatever(self: &Open) -> Result<i64>;
    type Missing; // `tests/modules/mismatch/model.py` has no `Missing`
    fn told_by_the_class(self: &Missing) -> Result<i64>;
    #[name = "simple"]
    type NoClass; // expected a class, found a function
}

#[py_module(file = "tests/modules/mismatch/open.py")]
extern "Python" {
    fn made_up() -> Result<String>;
}

#[py_module(file = "tests/modules/mismatch/starred.py")]
extern "Python" {
    fn getcwd() -> Result<String>;
}

#[test]
fn a_start_lists_every_mismatch_at_its_line() {
    let error = Runtime::start().unwrap_err();
    let Error::Mismatch(list) = &error else {
        panic!("{error:?}")
    };
    let found: Vec<(u32, &str)> = list.iter().map(|m| (m.line, &*m.message)).collect();
    let lines = (1..).zip(include_str!("mismatched.rs").lines());
    let expected: Vec<(u32, &str)> = lines
        .filter_map(|(line, text)| Some((line, text.split_once("; // ")?.1)))
        .filter(|(_, text)| !text.starts_with('"'))
        .collect();
    assert!(expected.len() > 15);
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found, expected, "{error:?}");
    }
    assert_eq!(found.len(), expected.len(), "{error:?}");
    assert_eq!(list[0].file, file!());
    assert_eq!(list[0].item, "model.predict");
    assert!(
        error
            .to_string()
            .ends_with("declared items differ from what is there")
    );
}

#[test]
fn nothing_runs_until_it_is_mended() {
    assert!(matches!(chosen(), Err(Error::Mismatch(_))));
    assert!(matches!(
        gopyre::exec::<i64>("1", ()),
        Err(Error::Mismatch(_))
    ));
    assert!(matches!(gopyre::check(), Err(Error::Mismatch(_))));
}
