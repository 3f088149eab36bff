//! Writes the operators.

use super::hygiene::{mixed, variable};
use super::parameters::pass;
use super::result::returned;
use crate::export::model::{By, Function, Operand, Passing};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

/// Writes one try of an operator: what does not fit leads on to the next.
pub(super) fn attempt(function: &Function, operand: &Operand) -> TokenStream {
    let class = &function.class;
    let cfg = &operand.cfg;
    let method = &operand.method;
    let other = variable(0);
    let this = match operand.this {
        By::Exclusive => quote_spanned!(mixed()=> let mut __this = __call.this_mut::<#class>()?;),
        _ => quote_spanned!(mixed()=> let __this = __call.this::<#class>()?;),
    };
    let own = match operand.this {
        By::Value => quote_spanned!(mixed()=> <#class as ::core::clone::Clone>::clone(&*__this)),
        By::Reference => quote_spanned!(mixed()=> &*__this),
        By::Exclusive => quote_spanned!(mixed()=> &mut *__this),
    };
    let foreign = pass(&operand.other, 0);
    let sides = match operand.reflected {
        true => quote!(#foreign, #own),
        false => quote!(#own, #foreign),
    };
    let finish = match &operand.output {
        Some(output) => returned(output),
        None => quote_spanned! {mixed()=>
            let () = __value;
            __call.returns(&__call.receiver())
        },
    };
    let run = |borrow: TokenStream| {
        quote_spanned! {mixed()=>
            let __value = {
                #this
                #borrow
                let __value = #method(#sides);
                __value
            };
            return { #finish };
        }
    };
    match &operand.other {
        Passing::Shared(ty) | Passing::Cloned(ty) => {
            let run = run(quote_spanned! {mixed()=>
                let #other = __arguments.shared::<#ty>(0)?;
            });
            quote_spanned! {mixed()=>
                #(#cfg)*
                if __arguments.is_instance::<#ty>(0) {
                    #run
                }
            }
        }
        Passing::Value(ty) | Passing::Reference(ty) => {
            let run = run(TokenStream::new());
            quote_spanned! {mixed()=>
                #(#cfg)*
                match __arguments.get::<#ty>(0) {
                    ::core::result::Result::Ok(#other) => { #run }
                    ::core::result::Result::Err(::gopyre::Error::Convert(_)) => {}
                    ::core::result::Result::Err(__error) => {
                        return ::core::result::Result::Err(__error);
                    }
                }
            }
        }
        _ => TokenStream::new(),
    }
}
