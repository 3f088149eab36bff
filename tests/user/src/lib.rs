//! Proves that the macros ask little of the crate that uses them: this one is of edition 2021, knows gopyre by
//! another name, forbids `unsafe`, denies every lint that others switch on, and hides names of Rust's.

#![deny(warnings, missing_docs, clippy::pedantic)]
#![deny(rust_2018_idioms, rust_2021_compatibility, rust_2024_compatibility)]
#![deny(missing_debug_implementations, unreachable_pub, unnameable_types)]
#![deny(trivial_casts, unused_lifetimes, unused_qualifications, unused_results)]
#![forbid(unsafe_code)]

extern crate py as gopyre;

/// Declarations, as a library has them.
pub mod plain {
    /// Adds up.
    ///
    /// # Errors
    /// Where Python fails.
    #[py::py_script("sum(values)", timeout = "1min")]
    pub fn total(values: &[i64]) -> py::Result<i64>;

    /// Says what Python says of a value.
    #[must_use]
    #[py::py_script("repr(input)")]
    pub fn shown(input: &str) -> String;

    #[py::py_module(name = "fractions")]
    extern "Python" {
        /// An exact number.
        pub type Fraction;
        /// Makes one.
        ///
        /// # Errors
        /// Where Python fails.
        #[new]
        pub fn new(numerator: i64, #[kw] denominator: Option<i64>) -> py::Result<Fraction>;
        /// What is below the line.
        #[must_use]
        #[get]
        pub fn denominator(self: &Fraction) -> i64;
    }

    /// What Python sees.
    #[py::py_export]
    pub mod user {
        /// Counts.
        #[derive(Clone, Debug, PartialEq)]
        pub struct Counter {
            /// How far it is.
            #[get]
            #[set]
            value: i64,
        }

        impl Counter {
            /// Begins.
            #[must_use]
            pub fn new(#[default(1)] value: i64) -> Self {
                Counter { value }
            }
            /// Goes on.
            ///
            /// # Errors
            /// Where there is no end.
            pub fn go(&mut self, #[args] by: &[i64]) -> Result<i64, &'static str> {
                let by = by.iter().try_fold(0_i64, |sum, by| sum.checked_add(*by));
                self.value = by.and_then(|by| self.value.checked_add(by)).ok_or("full")?;
                Ok(self.value)
            }
        }
    }
}

/// Declarations among items that have the names of Rust's, and without its prelude.
#[allow(dead_code, missing_docs, missing_debug_implementations)]
#[allow(clippy::missing_errors_doc, clippy::must_use_candidate)]
pub mod hidden {
    #![no_implicit_prelude]

    pub mod core {}
    pub mod gopyre {}
    pub mod std {}
    pub struct Err;
    pub struct Object;
    pub struct Ok;
    pub struct Option;
    pub struct Result;
    pub struct Some;
    pub trait From {
        fn from(&self) {}
    }
    impl<T> From for T {}

    #[::py::py_script("a + b")]
    pub fn sum(a: i64, b: &i64) -> ::py::Result<i64>;

    #[::py::py_script("a + b")]
    pub fn plain_sum(a: i64, b: &i64) -> i64;

    #[::py::py_module(name = "textwrap")]
    extern "Python" {
        pub fn shorten(
            text: &str,
            width: usize,
            #[kw] placeholder: ::std::option::Option<&str>,
        ) -> ::py::Result<::std::string::String>;
        pub type TextWrapper;
        #[new]
        pub fn new(width: usize) -> TextWrapper;
        #[get]
        pub fn width(self: &TextWrapper) -> ::py::Result<usize>;
    }

    #[::py::py_export]
    pub mod user_hidden {
        #![no_implicit_prelude]

        pub(crate) mod core {}
        pub(crate) mod gopyre {}
        pub(crate) struct Err;
        pub(crate) struct Ok;
        /// A trait of everything, with names that the expansion may use.
        pub(crate) trait Everything {
            fn settle(&self) {}
            fn into(&self) {}
            fn clone(&self) {}
        }
        impl<T> Everything for T {}

        pub fn add(a: i64, #[default(2)] b: i64, text: ::std::option::Option<&str>) -> i64 {
            a + b + text.map_or(0, |_| 1)
        }

        #[derive(::std::fmt::Debug, ::std::cmp::PartialEq)]
        pub struct Pair {
            #[get]
            left: i64,
        }
        impl Pair {
            pub fn new(left: i64) -> Self {
                Pair { left }
            }
            pub fn all(&self) -> ::std::vec::Vec<Pair> {
                ::std::vec![Pair { left: self.left }]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{hidden, plain};

    #[test]
    fn the_macros_work_under_another_name_of_the_crate() -> py::Result<()> {
        assert_eq!(plain::total(&[1, 2])?, 3);
        assert_eq!(plain::shown("a"), "'a'");
        assert_eq!(plain::Fraction::new(2, Some(6))?.denominator(), 3);
        let code =
            "from user import Counter\nc = Counter(2)\nc.value += 1\nc.go(4, 5), c == Counter(12)";
        assert_eq!(py::exec::<(i64, bool)>(code, ())?, (12, true));
        Ok(())
    }

    #[test]
    fn the_macros_use_no_name_that_a_module_can_hide() -> py::Result<()> {
        assert_eq!((hidden::sum(1, &2)?, hidden::plain_sum(1, &2)), (3, 3));
        assert_eq!(hidden::shorten("one two", 6, Some("..."))?, "one...");
        assert_eq!(hidden::TextWrapper::new(7).width()?, 7);
        let code =
            "from user_hidden import Pair, add\nadd(1), add(1, 1, ''), Pair(3).all() == [Pair(3)]";
        assert_eq!(py::exec::<(i64, i64, bool)>(code, ())?, (3, 3, true));
        py::check()
    }
}
