//! Free functions, and what they share with methods.

use super::attributes::{self, Place};
use super::{docs, names, output, parameters};
use crate::export::annotation::Classes;
use crate::export::model::{Body, Call, Function, Kind, Outcome, Receiver};
use crate::report::Report;
use quote::{ToTokens, quote};
use syn::{FnArg, GenericParam, ItemFn, PatType, Safety, Signature};

/// Checks a `pub fn` of a module.
pub(super) fn function(item: &mut ItemFn, classes: &Classes, report: &mut Report) -> Function {
    let doc = docs::doc(&item.attrs);
    let marks = attributes::take(&mut item.attrs, Place::Function, report);
    let name = names::of_item(&item.sig.ident, marks.name.as_ref(), report);
    qualifiers(&item.sig, report);
    let output = output::output(&item.sig.output, classes, report);
    Function {
        cfg: attributes::cfg(&item.attrs),
        label: name.clone(),
        name,
        doc,
        kind: Kind::Function,
        class: None,
        parameters: parameters::parameters(typed(&mut item.sig), classes, report),
        returns: classes.returns(&item.sig.output),
        body: Body::Call(Box::new(Call {
            target: item.sig.ident.to_token_stream(),
            receiver: Receiver::None,
            detach: marks.detach.is_some(),
            outcome: Outcome::Returned(output),
        })),
    }
}

/// The parameters that are not `self`.
pub(super) fn typed(sig: &mut Signature) -> impl Iterator<Item = &mut PatType> {
    sig.inputs.iter_mut().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    })
}

/// Refuses what Python cannot call.
pub(super) fn qualifiers(sig: &Signature, report: &mut Report) {
    if let Some(token) = &sig.asyncness {
        report.on(
            token,
            "expected a plain `fn`, found `async fn`: Python waits until the call returns",
            "remove `async`, block on the future in the function, and put `#[detach]` on it so that \
             other threads run meanwhile",
        );
    }
    if let Safety::Unsafe(token) = &sig.safety {
        report.on(
            token,
            "expected a plain `fn`, found `unsafe fn`: Python cannot promise what it asks for",
            "remove `unsafe`, or make it `pub(crate)` and export a safe function that calls it",
        );
    }
    if let Some(abi) = &sig.abi {
        let found = abi.to_token_stream();
        report.on(
            abi,
            format_args!("expected a plain `fn`, found `{found} fn`"),
            format_args!("remove `{found}`; Python calls through a function of its own"),
        );
    }
    if let Some(variadic) = &sig.variadic {
        report.on(
            variadic,
            "expected parameters with names, found `...`",
            "collect the arguments in `#[args] args: Vec<Object>`",
        );
    }
    generics(&sig.generics, "function", report);
}

/// Refuses parameters that only a Rust caller can choose.
pub(super) fn generics(generics: &syn::Generics, what: &str, report: &mut Report) {
    for parameter in &generics.params {
        let (ident, found) = match parameter {
            GenericParam::Lifetime(_) => continue,
            GenericParam::Type(parameter) => (&parameter.ident, "type"),
            GenericParam::Const(parameter) => (&parameter.ident, "const"),
        };
        report.on(
            parameter,
            format_args!(
                "expected a {what} of fixed types, found the {found} parameter `{ident}`: Python \
                 cannot choose one"
            ),
            "name the type, or take an `Object`",
        );
    }
}

/// A way to call a method of a class.
pub(super) fn path(class: &syn::Ident, function: &syn::Ident) -> proc_macro2::TokenStream {
    quote!(#class::#function)
}
