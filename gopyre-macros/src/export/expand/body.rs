//! Writes what a function does: its arguments read, the Rust function called, its result given back.

use super::hygiene::mixed;
use super::lift::{Maker, lifted};
use super::operator::attempt;
use super::parameters::{arguments, borrow, pass, read};
use super::result::{finish, keeps_borrow, settled};
use crate::export::model::{Body, Call, Function, Lift, Receiver};
use proc_macro2::TokenStream;
use quote::quote_spanned;

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
            let class = &function.class;
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
            let class = &function.class;
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

/// Writes the call of the user's function.
fn called(function: &Function, call: &Call) -> TokenStream {
    let parameters = || function.parameters.iter().zip(0..);
    let reads = parameters().map(|(parameter, index)| read(parameter, index));
    let borrows = parameters().map(|(parameter, index)| borrow(parameter, index));
    let class = &function.class;
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
    let settled = settled(&result, &call.outcome);
    let finish = finish(&call.outcome, class.as_ref());
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
