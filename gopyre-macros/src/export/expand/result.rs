//! Writes how the result of the Rust function is taken and given back.

use super::hygiene::mixed;
use super::lift::{Maker, lifted};
use crate::export::model::{Lift, Missing, Outcome, Output};
use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};

/// Takes the value out of a `Result`, or whatever else a function returns.
pub(super) fn settled(result: &TokenStream, outcome: &Outcome) -> TokenStream {
    let span = match outcome {
        Outcome::Initialize(span) => *span,
        Outcome::Returned(output) | Outcome::OrRaise(_, output) => output.span,
        Outcome::Receiver => mixed(),
    };
    // What is no error is one on the type.
    let at = mixed().located_at(span);
    let settled = quote_spanned! {at=>
        (&&&&::gopyre::__private::export::Outcome::new(#result)).settle_outcome()
    };
    quote_spanned! {mixed()=> {
        #[allow(unused_imports)]
        use ::gopyre::__private::export::{
            BoxedOutcome as _, PlainOutcome as _, RejectedOutcome as _, ResultOutcome as _,
        };
        #settled?
    }}
}

/// Whether the result may borrow from what the function was given.
pub(super) fn keeps_borrow(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Returned(output) | Outcome::OrRaise(_, output) => !output.owned,
        Outcome::Initialize(_) | Outcome::Receiver => false,
    }
}

/// Writes how `__value` gets to Python.
pub(super) fn finish(outcome: &Outcome, class: Option<&Ident>) -> TokenStream {
    match outcome {
        Outcome::Initialize(_) => quote_spanned!(mixed()=> __call.initialize::<#class>(__value)),
        Outcome::Receiver => quote_spanned! {mixed()=>
            let () = __value;
            __call.returns(&__call.receiver())
        },
        Outcome::Returned(output) => returned(output),
        Outcome::OrRaise(missing, output) => {
            let raise = match missing {
                Missing::Stop => quote!(stop_iteration()),
                Missing::Index => quote!(index_error()),
                Missing::Key => quote_spanned!(mixed()=> key_error(&__arguments)),
            };
            let some = settled(&quote_spanned!(mixed()=> __value), outcome);
            let returned = returned(output);
            quote_spanned! {mixed()=>
                match __value {
                    ::core::option::Option::Some(__value) => {
                        let __value = #some;
                        #returned
                    }
                    ::core::option::Option::None => __call.#raise,
                }
            }
        }
    }
}

/// Writes how a value of a known type, `__value`, gets to Python.
pub(super) fn returned(output: &Output) -> TokenStream {
    // What does not serialize is an error on the type.
    let at = mixed().located_at(output.span);
    let value = quote_spanned!(at=> __value);
    match (&output.lift, lifted(&output.lift, &value, &Maker::Call)) {
        (Lift::Instance(class), _) => {
            quote_spanned!(mixed()=> __call.instance::<#class>(__value))
        }
        (_, lifted) => {
            let value = lifted.unwrap_or(value);
            let reference = quote_spanned!(at=> &#value);
            quote_spanned!(mixed()=> __call.returns(#reference))
        }
    }
}
