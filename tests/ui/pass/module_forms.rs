//! Every form that `#[py_module]` takes.

#![deny(warnings, missing_docs)]
#![allow(dead_code)]

use gopyre::{Object, Result, py_module};
use serde::Serialize;

/// Another error.
#[derive(Debug)]
pub struct Mine;

impl From<gopyre::Error> for Mine {
    fn from(_: gopyre::Error) -> Mine {
        Mine
    }
}

#[py_module(name = "builtins")]
#[allow(clippy::too_many_arguments)]
/// What stands here is for who reads the source.
extern "Python" {
    /// The smaller of two.
    #[must_use]
    pub fn min(a: i64, b: i64) -> i64;
    fn max<T: Serialize + Copy>(a: T, b: T) -> Result<i64, Mine>
    where
        T: Send;
    #[name = "sorted"]
    #[inline]
    fn order<'a>(items: &'a [&'a str], #[kw] reverse: Option<bool>) -> gopyre::Result<Vec<String>>;
    fn print(text: impl Serialize, #[kw] end: &Option<&str>, #[kw = "file"] to: std::option::Option<Object>);
    #[cfg(any())]
    fn abs(x: NoSuchType) -> i64;
    #[cfg(all())]
    fn abs(#[allow(unused_variables)] x: i64) -> i64;
    #[name = "len"]
    fn r#fn(__arguments: Vec<i64>, __object: i64, __result: i64) -> i64;

    /// A list.
    #[name = "list"]
    pub type List;
    #[new]
    pub(crate) fn new() -> Result<List>;
    #[new]
    fn of<T: Serialize>(items: T) -> Result<Self>;
    #[new]
    fn plain(items: Vec<i64>) -> List;
    fn append(self: &List, value: i64) -> Result<()>;
    fn count<'a>(self: &'a List, value: &'a str) -> Result<i64>;
    #[get]
    fn __doc__(self: &List) -> Result<Option<String>>;
    #[name = "dict.fromkeys"]
    fn from_keys(keys: &List) -> Result<Object>;

    #[name = "object"]
    type Nested;
    #[set]
    fn set_value(self: &Nested, value: impl Serialize);
    #[set]
    #[name = "value"]
    fn change(self: &Nested, value: i64) -> Result<()>;
    #[staticmethod]
    fn first() -> i64;
    #[classmethod]
    fn second() -> i64;
}

#[py_module(name = "json")]
extern "Python" {}

/// Names that the expansion has, too.
#[py_module(name = "string")]
extern "Python" {
    type D;
    type S;
    type ITEM;
    #[new]
    #[allow(non_snake_case)]
    fn new(ITEM: i64, __arguments: i64, __object: i64) -> Result<ITEM>;
    #[allow(non_snake_case)]
    fn method(self: &ITEM, ITEM: i64) -> Result<D>;
    #[set]
    #[allow(non_snake_case)]
    fn set_value(self: &S, ITEM: i64) -> Result<()>;
}

mod same_names {
    #[gopyre::py_module(name = "numpy.linalg")]
    extern "Python" {
        pub(super) fn min(a: i64) -> i64;
    }
    #[gopyre::py_module(name = "math")]
    extern "Python" {
        pub(super) type Min;
    }
}

macro_rules! declare {
    ($name:literal, $function:ident, $ty:ty, $class:ident) => {
        #[py_module(name = $name)]
        extern "Python" {
            fn $function(x: $ty, #[kw] y: Option<$ty>) -> Result<$ty>;
            type $class;
            #[new]
            fn new(x: $ty) -> Result<$class>;
            fn method(self: &$class) -> $ty;
        }
    };
}

declare!("math", sqrt, f64, FromMacro);

fn main() {
    fn local() -> Result<f64> {
        #[py_module(name = "math")]
        extern "Python" {
            fn floor(x: f64) -> Result<f64>;
            type Local;
            fn method(self: &Local) -> Result<f64>;
        }
        let _ = Local::method;
        floor(1.5)
    }
    let _ = (local, min, max::<i64>, same_names::min, order, sqrt, FromMacro::new, FromMacro::method);
    fn both<T: serde::Serialize + serde::de::DeserializeOwned + Clone + Send + Sync + Into<Object>>() {}
    both::<List>();
}
