//! Writes what makes instances of the values in a result.

use super::hygiene::mixed;
use crate::export::model::Lift;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};

/// What makes an instance.
pub(super) enum Maker {
    /// The call of a function.
    Call,
    /// Nothing but the attachment, for a constant.
    Constant,
}

/// Writes a value with instances in the place of the Rust values in it; none where there are none.
pub(super) fn lifted(lift: &Lift, value: &TokenStream, maker: &Maker) -> Option<TokenStream> {
    Some(match lift {
        Lift::Serialize => return None,
        Lift::Instance(class) => match maker {
            Maker::Call => quote_spanned!(mixed()=> __call.object::<#class>(#value)?),
            Maker::Constant => quote_spanned! {mixed()=>
                ::gopyre::__private::export::object::<#class>(#value)?
            },
        },
        Lift::Option(inner) => {
            let some = lifted(inner, &quote_spanned!(mixed()=> __some), maker)?;
            quote_spanned! {mixed()=>
                match #value {
                    ::core::option::Option::Some(__some) => ::core::option::Option::Some(#some),
                    ::core::option::Option::None => ::core::option::Option::None,
                }
            }
        }
        Lift::Vec(inner) => {
            let item = lifted(inner, &quote_spanned!(mixed()=> __item), maker)?;
            quote_spanned! {mixed()=> {
                let mut __items = ::std::vec::Vec::new();
                for __item in #value {
                    __items.push(#item);
                }
                __items
            }}
        }
        Lift::Tuple(inner) => {
            let variables: Vec<Ident> = (0..inner.len())
                .map(|index| format_ident!("__t{index}", span = mixed()))
                .collect();
            let values = inner.iter().zip(&variables).map(|(lift, variable)| {
                let variable = quote!(#variable);
                lifted(lift, &variable, maker).unwrap_or(variable)
            });
            quote_spanned! {mixed()=> {
                let (#(#variables,)*) = #value;
                (#(#values,)*)
            }}
        }
    })
}
