//! Writes how arguments are read, borrowed and passed on.

use super::hygiene::{mixed, variable};
use crate::export::model::{Function, Parameter, ParameterKind, Passing};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

/// Writes the check of how many arguments there are, and of what names.
pub(super) fn arguments(function: &Function) -> TokenStream {
    let count = function.parameters.len();
    let label = &function.label;
    quote_spanned! {mixed()=>
        #[allow(unused_variables)]
        let __arguments = __call.arguments::<#count>(
            #label,
            <Self as ::gopyre::__private::export::Function>::SIGNATURE,
        )?;
    }
}

/// Writes the reading of an argument that is no instance.
pub(super) fn read(parameter: &Parameter, index: usize) -> TokenStream {
    let ty = match &parameter.passing {
        Passing::Value(ty) | Passing::Reference(ty) => ty.clone(),
        Passing::OptionDeref(ty) | Passing::OptionRef(ty) => {
            quote_spanned!(mixed()=> ::core::option::Option<#ty>)
        }
        _ => return TokenStream::new(),
    };
    let variable = variable(index);
    let value = match (parameter.kind, &parameter.default) {
        (ParameterKind::Args, _) => quote_spanned!(mixed()=> args::<#ty>(#index)),
        (ParameterKind::Kwargs, _) => quote_spanned!(mixed()=> kwargs::<#ty>(#index)),
        (_, None) => quote_spanned!(mixed()=> get::<#ty>(#index)),
        (_, Some(default)) => {
            let value = match &default.value {
                Some(value) => value.clone(),
                None => quote!(::core::option::Option::None),
            };
            quote_spanned!(mixed()=> get_or::<#ty>(#index, || #value))
        }
    };
    if parameter.operand {
        return quote_spanned! {mixed()=>
            let #variable = match __arguments.#value {
                ::core::result::Result::Ok(__value) => __value,
                ::core::result::Result::Err(::gopyre::Error::Convert(_)) => {
                    return __call.not_implemented();
                }
                ::core::result::Result::Err(__error) => {
                    return ::core::result::Result::Err(__error);
                }
            };
        };
    }
    quote_spanned!(mixed()=> let #variable = __arguments.#value?;)
}

/// Writes the borrow of an argument that is an instance.
pub(super) fn borrow(parameter: &Parameter, index: usize) -> TokenStream {
    let variable = variable(index);
    let (foreign, borrowed) = match &parameter.passing {
        Passing::Shared(ty) | Passing::Cloned(ty) => (
            ty,
            quote_spanned!(mixed()=> let #variable = __arguments.shared::<#ty>(#index)?;),
        ),
        Passing::Exclusive(ty) => (
            ty,
            quote_spanned!(mixed()=> let mut #variable = __arguments.exclusive::<#ty>(#index)?;),
        ),
        Passing::OptionShared(ty) | Passing::OptionCloned(ty) => (
            ty,
            quote_spanned!(mixed()=> let #variable = __arguments.shared_or_none::<#ty>(#index)?;),
        ),
        _ => return TokenStream::new(),
    };
    match parameter.operand {
        true => quote_spanned! {mixed()=>
            if !__arguments.is_instance::<#foreign>(#index) {
                return __call.not_implemented();
            }
            #borrowed
        },
        false => borrowed,
    }
}

/// Writes an argument of the Rust function.
pub(super) fn pass(passing: &Passing, index: usize) -> TokenStream {
    let variable = variable(index);
    match passing {
        Passing::Value(_) => quote_spanned!(mixed()=> #variable),
        Passing::Reference(_) => quote_spanned!(mixed()=> &#variable),
        Passing::OptionDeref(_) => quote_spanned!(mixed()=> #variable.as_deref()),
        Passing::OptionRef(_) => quote_spanned!(mixed()=> #variable.as_ref()),
        Passing::Shared(_) => quote_spanned!(mixed()=> &*#variable),
        Passing::Exclusive(_) => quote_spanned!(mixed()=> &mut *#variable),
        Passing::Cloned(_) => quote_spanned!(mixed()=> ::core::clone::Clone::clone(&*#variable)),
        Passing::OptionShared(_) => quote_spanned!(mixed()=> #variable.as_deref()),
        Passing::OptionCloned(ty) => quote_spanned! {mixed()=>
            ::core::option::Option::<&#ty>::cloned(#variable.as_deref())
        },
    }
}
