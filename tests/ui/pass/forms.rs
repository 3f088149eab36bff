//! Every form a function may have, in every place a function may stand, with strict lints.

#![deny(warnings, missing_docs, unreachable_pub, clippy::all)]
#![forbid(unsafe_code)]

use gopyre::{Result, py_script};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt::Debug;

/// A result.
#[derive(Debug, Deserialize)]
pub struct Stats {
    /// The sum.
    pub total: f64,
    /// The mean.
    pub mean: f64,
}

/// An input.
#[derive(Debug, Serialize)]
pub struct Request<'a> {
    /// Borrowed from the caller.
    pub name: &'a str,
}

/// An error of the user's own.
#[derive(Debug)]
pub struct Mine(pub gopyre::Error);

impl From<gopyre::Error> for Mine {
    fn from(error: gopyre::Error) -> Self {
        Mine(error)
    }
}

/// Documentation stays.
#[py_script(
    r#"
    {"total": sum(prices), "mean": sum(prices) / len(prices)}
"#
)]
#[inline]
pub fn stats(prices: &[f64]) -> Result<Stats>;

#[py_script("input['name']")]
fn whole(input: &Request<'_>) -> Result<String>;

#[py_script("input")]
fn whole_raw(r#input: i64) -> Result<i64>;

#[py_script("a = 1\n\"b\"")]
fn cooked() -> Result<String, Mine>;

#[py_script(r"1 + 1")]
fn plain() -> i64;

#[py_script("# nothing to do")]
fn nothing();

#[py_script("print(type, fn_)")]
fn raw_names(r#type: &str, fn_: Option<u8>) -> ();

#[py_script("1", timeout = "200ms")]
fn limited() -> i64;

#[py_script(timeout = "1.5s", "input")]
fn limited_before(input: i64) -> Result<i64>;

#[py_script("None")]
fn std_result(x: u8) -> std::result::Result<Option<u8>, Box<dyn std::error::Error>>;

#[py_script("[first, second]")]
fn generic<'a, T, U: Debug + Serialize>(first: &'a [T], second: U) -> Result<Vec<T>>
where
    T: Serialize + for<'de> Deserialize<'de> + 'a;

#[py_script("sum(values)")]
fn impl_trait(values: impl Serialize, more: &impl Serialize, dynamic: &mut Vec<u8>) -> Result<f64>;

#[py_script("len(rows)")]
fn by_value(rows: Vec<HashMap<String, f64>>, #[allow(clippy::ptr_arg)] name: &String) -> usize;

#[py_script("1")]
#[allow(clippy::too_many_arguments)]
fn names_of_the_expansion(
    result: u8,
    inputs: u8,
    script: u8,
    value: u8,
    error: u8,
    __result: u8,
    __inputs: u8,
    __value: u8,
    __error: u8,
    #[allow(non_snake_case)] SCRIPT: u8,
) -> u8;

/// A declaration inside a module.
pub mod inner {
    use gopyre::py_script;

    #[py_script("x")]
    pub(crate) fn visible(x: char) -> gopyre::Result<char>;

    #[py_script("x")]
    pub(in crate::inner) fn here(x: char) -> gopyre::Result<char>;

    /// Uses both.
    pub fn both() -> [gopyre::Result<char>; 2] {
        [visible('a'), here('b')]
    }
}

/// Associated functions.
pub struct Shape<T>(T);

impl<T: Serialize> Shape<T> {
    /// Has `Self` and the impl's parameters in scope.
    #[py_script("width * height")]
    pub fn area(width: &T, height: T) -> f64;

    #[py_script("3")]
    fn sides(of: &Self) -> Result<u32>
    where
        T: Copy;
}

impl<T: Serialize> Serialize for Shape<T> {
    fn serialize<S: serde::Serializer>(
        &self,
        serializer: S,
    ) -> std::result::Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// A trait with a script as default.
pub trait Describe {
    /// Describes.
    #[py_script("str(x)")]
    fn describe(x: i64) -> Result<String>;
}

impl Describe for Shape<u8> {
    #[py_script("repr(x)")]
    fn describe(x: i64) -> Result<String>;
}

macro_rules! declare {
    ($name:ident, $script:literal, $ty:ty, $output:ty) => {
        #[py_script($script)]
        fn $name(x: $ty) -> $output;

        mod $name {
            #[gopyre::py_script("x * 2")]
            pub(super) fn in_the_body(x: $ty) -> $output;
        }
    };
}
declare!(declared, "x + 1", i64, gopyre::Result<i64>);

fn main() {
    #[py_script("1")]
    fn local() -> i64;

    let _local: fn() -> i64 = local;
    let _declared: fn(i64) -> Result<i64> = declared;
    let _ = (
        stats, whole, whole_raw, cooked, plain, nothing, raw_names, std_result, by_value,
    );
    let _ = (limited, limited_before);
    let _ = (
        generic::<u8, u8>,
        names_of_the_expansion,
        inner::both,
        declared::in_the_body,
    );
    let _ = || impl_trait(1, &2, &mut Vec::new());
    let _ = (
        Shape::<u8>::area,
        Shape::<u8>::sides,
        <Shape<u8> as Describe>::describe,
    );
}
