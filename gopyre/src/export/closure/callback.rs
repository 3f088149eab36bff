//! Which closures Python can call.

use super::given::{self, Given};
use super::result;
use crate::error::Result;
use crate::export::call::{Call, Returned};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::error::Error as StdError;
use std::ops::Deref;

/// What a closure becomes: it reads its arguments, runs, and gives its result back. The text is the
/// function's name.
pub(super) type Body = Box<dyn for<'a> Fn(&str, Call<'a>) -> Result<Returned<'a>> + Send + Sync>;

/// A Rust function that Python can call.
///
/// It is implemented for every `Fn` of up to twelve parameters that are `DeserializeOwned` ([`Object`](crate::Object)
/// is), whose result is `Serialize`, or a `Result<R, E>` of such a value, where `E` is an error or a box of
/// one, so that `?` works on anything; a `Result<R, String>` will do, too. It must be `Send`, `Sync` and
/// `'static`, because Python decides on which thread it runs, and for how long it is kept.
///
/// `Args` only tells the implementations apart and is always inferred.
#[diagnostic::on_unimplemented(
    message = "Python cannot call `{Self}`",
    label = "expected an `Fn` of up to 12 parameters that deserialize, whose result serializes or is a `Result`",
    note = "what it captures must be `Send + Sync + 'static`, and no parameter may be a reference; a `Result` is of what \
            serializes and an error that is `Send + Sync`, such as `Box<dyn Error + Send + Sync>`"
)]
pub trait Callback<Args>: Send + Sync + 'static {
    #[doc(hidden)]
    fn body(self) -> Body;

    #[doc(hidden)]
    fn parameters() -> String;
}

/// Marks a result that serializes.
#[derive(Debug)]
pub struct Plain;
/// Marks a `Result` whose error is an error.
#[derive(Debug)]
pub struct Fallible;
/// Marks a `Result` whose error is a box of one, whatever the box is called.
#[derive(Debug)]
pub struct Boxed;

macro_rules! callbacks {
    ($count:literal $($name:ident $index:literal)*) => {
        callbacks! { @ Plain, R, [R: Serialize], result::plain, $count $($name $index)* }
        callbacks! { @ Fallible, Result<R, E>, [R: Serialize, E: StdError + Send + Sync + 'static], result::fallible, $count $($name $index)* }
        callbacks! {
            @ Boxed,
            Result<R, E>,
            [
                R: Serialize,
                E: Deref<Target = dyn StdError + Send + Sync + 'static>
                    + Into<Box<dyn StdError + Send + Sync>>
            ],
            result::boxed,
            $count $($name $index)*
        }
    };
    (@ $mark:ident, Result<R, E>, [$($bounds:tt)*], $give:path, $count:literal $($name:ident $index:literal)*) => {
        callbacks! { @@ [R, E], $mark, Result<R, E>, [$($bounds)*], $give, $count $($name $index)* }
    };
    (@ $mark:ident, R, [$($bounds:tt)*], $give:path, $count:literal $($name:ident $index:literal)*) => {
        callbacks! { @@ [R], $mark, R, [$($bounds)*], $give, $count $($name $index)* }
    };
    (@@ [$($params:ident),*], $mark:ident, $result:ty, [$($bounds:tt)*], $give:path, $count:literal $($name:ident $index:literal)*) => {
        impl<F $(, $params)* $(, $name)*> Callback<($mark, fn($($name),*) -> $result)> for F
        where
            F: Fn($($name),*) -> $result + Send + Sync + 'static,
            $($name: DeserializeOwned,)*
            $($bounds)*
        {
            fn body(self) -> Body {
                Box::new(move |name, call| {
                    let _given = Given::new(name, call, $count)?;
                    $give(call, self($(_given.get::<$name>($index)?),*))
                })
            }

            fn parameters() -> String {
                given::text(&[$(given::is_optional::<$name>()),*])
            }
        }
    };
}

callbacks! { 0 }
callbacks! { 1 A 0 }
callbacks! { 2 A 0 B 1 }
callbacks! { 3 A 0 B 1 C 2 }
callbacks! { 4 A 0 B 1 C 2 D 3 }
callbacks! { 5 A 0 B 1 C 2 D 3 G 4 }
callbacks! { 6 A 0 B 1 C 2 D 3 G 4 H 5 }
callbacks! { 7 A 0 B 1 C 2 D 3 G 4 H 5 I 6 }
callbacks! { 8 A 0 B 1 C 2 D 3 G 4 H 5 I 6 J 7 }
callbacks! { 9 A 0 B 1 C 2 D 3 G 4 H 5 I 6 J 7 K 8 }
callbacks! { 10 A 0 B 1 C 2 D 3 G 4 H 5 I 6 J 7 K 8 L 9 }
callbacks! { 11 A 0 B 1 C 2 D 3 G 4 H 5 I 6 J 7 K 8 L 9 M 10 }
callbacks! { 12 A 0 B 1 C 2 D 3 G 4 H 5 I 6 J 7 K 8 L 9 M 10 N 11 }
