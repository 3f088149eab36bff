//! Writes what a function does: its arguments read, the Rust function called, its result given back.

use super::lift::{Maker, lifted};
use super::operator::attempt;
use crate::export::model::{
    Body, Call, Function, Lift, Missing, Outcome, Output, Parameter, ParameterKind, Passing,
    Receiver,
};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};

/// Writes the body of `Function::call`.
///
/// Names of variables are of this macro's own hygiene, so that no function of the user's can be one of
/// them.
pub(super) fn body(function: &Function) -> TokenStream {
    let arguments = arguments(function);
    let rest = match &function.body {
        Body::Call(call) => called(function, call),
        Body::Receiver => {
            quote_spanned!(mixed()=> __call.returns(&__call.receiver()))
        }
        Body::Get(field) => {
            let member = &field.member;
            let class = class_of(function);
            let value = quote_spanned!(mixed()=> __this.#member);
            let returned = match lifted(
                &field.lift,
                &quote_spanned!(mixed()=> ::core::clone::Clone::clone(&#value)),
                &Maker::Call,
            ) {
                None => quote_spanned!(mixed()=> __call.returns(&#value)),
                Some(_) if matches!(field.lift, Lift::Instance(_)) => quote_spanned!(mixed()=>
                    __call.instance(::core::clone::Clone::clone(&#value))
                ),
                Some(lifted) => quote_spanned!(mixed()=> __call.returns(&#lifted)),
            };
            quote_spanned! {mixed()=>
                let __this = __call.this::<#class>()?;
                #returned
            }
        }
        Body::Set(field) => {
            let member = &field.member;
            let class = class_of(function);
            let value = function.parameters.iter().map(|p| read(p, 0));
            let borrowed = function.parameters.iter().map(|p| borrow(p, 0));
            let passed = function.parameters.iter().map(|p| pass(&p.passing, 0));
            quote_spanned! {mixed()=>
                #(#value)*
                #(#borrowed)*
                let __value = #(#passed)*;
                let mut __this = __call.this_mut::<#class>()?;
                // What was there may run Python code when it goes, which may want the instance.
                let __before = ::core::mem::replace(&mut __this.#member, __value);
                ::core::mem::drop(__this);
                ::core::mem::drop(__before);
                __call.returns(&())
            }
        }
        Body::Operator(operands) => {
            let operands = operands.iter().map(|operand| attempt(function, operand));
            quote_spanned! {mixed()=>
                #(#operands)*
                __call.not_implemented()
            }
        }
    };
    quote_spanned! {mixed()=>
        #arguments
        #rest
    }
}

pub(super) fn mixed() -> Span {
    Span::mixed_site()
}

/// The type that a method is of; the tokens of no type for a function that is no method.
pub(super) fn class_of(function: &Function) -> TokenStream {
    function.class.to_token_stream()
}

/// Writes the check of how many arguments there are, and of what names.
fn arguments(function: &Function) -> TokenStream {
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

pub(super) fn variable(index: usize) -> Ident {
    format_ident!("__p{index}", span = mixed())
}

/// Writes the reading of an argument that is no instance.
fn read(parameter: &Parameter, index: usize) -> TokenStream {
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
fn borrow(parameter: &Parameter, index: usize) -> TokenStream {
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

/// Writes the call of the user's function.
fn called(function: &Function, call: &Call) -> TokenStream {
    let parameters = || function.parameters.iter().zip(0..);
    let reads = parameters().map(|(parameter, index)| read(parameter, index));
    let borrows = parameters().map(|(parameter, index)| borrow(parameter, index));
    let class = class_of(function);
    let (this, receiver) = match call.receiver {
        Receiver::None => (None, None),
        Receiver::Shared => (
            Some(quote_spanned!(mixed()=> let __this = __call.this::<#class>()?;)),
            Some(quote_spanned!(mixed()=> &*__this,)),
        ),
        Receiver::Exclusive => (
            Some(quote_spanned!(mixed()=> let mut __this = __call.this_mut::<#class>()?;)),
            Some(quote_spanned!(mixed()=> &mut *__this,)),
        ),
        Receiver::Cloned => (
            Some(quote_spanned!(mixed()=>
                let __this = <#class as ::core::clone::Clone>::clone(&*__call.this::<#class>()?);
            )),
            Some(quote_spanned!(mixed()=> __this,)),
        ),
        Receiver::Object => (
            Some(quote_spanned!(mixed()=> let __this = __call.receiver();)),
            Some(quote_spanned!(mixed()=> &__this,)),
        ),
    };
    let passed = parameters().map(|(parameter, index)| pass(&parameter.passing, index));
    let target = &call.target;
    let result = quote_spanned!(mixed()=> #target(#receiver #(#passed),*));
    let result = match call.detach {
        true => quote_spanned!(mixed()=> __call.detached(|| #result)),
        false => result,
    };
    let settled = settled(&result);
    let finish = finish(&call.outcome, &class);
    // The borrows end before Python may run again, where the result allows it.
    match keeps_borrow(&call.outcome) {
        true => quote_spanned! {mixed()=>
            #(#reads)*
            #this
            #(#borrows)*
            let __value = #settled;
            #finish
        },
        false => quote_spanned! {mixed()=>
            #(#reads)*
            let __value = {
                #this
                #(#borrows)*
                let __value = #settled;
                __value
            };
            #finish
        },
    }
}

/// Takes the value out of a `Result`, or whatever else a function returns.
fn settled(result: &TokenStream) -> TokenStream {
    quote_spanned! {mixed()=> {
        #[allow(unused_imports)]
        use ::gopyre::__private::export::{PlainOutcome as _, ResultOutcome as _};
        (&&::gopyre::__private::export::Outcome::new(#result)).settle()?
    }}
}

fn keeps_borrow(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Returned(output) | Outcome::OrRaise(_, output) => !output.owned,
        Outcome::Initialize | Outcome::Receiver => false,
    }
}

/// Writes how `__value` gets to Python.
fn finish(outcome: &Outcome, class: &TokenStream) -> TokenStream {
    match outcome {
        Outcome::Initialize => quote_spanned!(mixed()=> __call.initialize::<#class>(__value)),
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
            let some = returned(output);
            quote_spanned! {mixed()=>
                match __value {
                    ::core::option::Option::Some(__value) => { #some }
                    ::core::option::Option::None => __call.#raise,
                }
            }
        }
    }
}

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
