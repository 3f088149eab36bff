//! Writes the function's body.

use super::check::{self, Function, Input, Output};
use super::parse::Declaration;
use super::source::{Position, Source};
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use std::time::Duration;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprLit, FnArg, Ident, Lit, Meta, ReturnType, Signature};

/// Writes a function that runs its script.
///
/// Every name that is not the user's is of this macro's own hygiene, so that no parameter can
/// stand in for it, and the static is in a block that has no other name in it.
pub(super) fn function(function: &Function) -> TokenStream {
    let Declaration {
        attrs, vis, sig, ..
    } = function.declaration;
    let extra = extra_attributes(attrs, sig, function.output, "the script raises");
    let script = script(&function.source, function.timeout);
    let mixed = Span::mixed_site();
    let call = match &function.input {
        Input::Map(names) => {
            let entries = names.iter().map(|name| entry(name));
            quote_spanned!(mixed=> ::gopyre::__private::Declared::call(#script, |__inputs| {
                #(#entries)*
                ::core::result::Result::Ok(())
            }))
        }
        Input::Whole(name) => {
            let value = reference(name);
            quote_spanned!(mixed=> ::gopyre::__private::Declared::call_input(#script, #value))
        }
    };
    let body = body(call, sig, function.output);
    quote!(#(#attrs)* #extra #vis #sig #body)
}

/// Writes a body that does what becomes of the outcome of `call`.
pub(crate) fn body(call: TokenStream, sig: &Signature, output: Output) -> TokenStream {
    let mixed = Span::mixed_site();
    let call = placed(call, &sig.output);
    let finish = match output {
        Output::Result => {
            // `?` in an `Ok` would be a clippy warning in every crate that uses the macro.
            let at = check::error_type(&sig.output).map_or(mixed, Spanned::span);
            let error = Ident::new("__error", mixed.located_at(at));
            quote_spanned!(mixed=> match __result {
                ::core::result::Result::Ok(__value) => ::core::result::Result::Ok(__value),
                ::core::result::Result::Err(__error) => {
                    ::core::result::Result::Err(::core::convert::From::from(#error))
                }
            })
        }
        Output::Plain => {
            let name = sig.ident.unraw().to_string();
            quote_spanned!(mixed=> match __result {
                ::core::result::Result::Ok(__value) => __value,
                ::core::result::Result::Err(__error) => {
                    ::gopyre::__private::panic(#name, __error)
                }
            })
        }
    };
    quote_spanned!(mixed=> {
        let __result: ::core::result::Result<_, ::gopyre::Error> = #call;
        #finish
    })
}

/// Writes the registered static, as an expression that refers to it.
fn script(source: &Source, timeout: Option<Duration>) -> TokenStream {
    let mixed = Span::mixed_site();
    let fields = match source {
        Source::Inline(literal) => {
            let Position {
                file,
                line,
                column,
                verbatim,
            } = Position::of(literal);
            let line = u32::try_from(line).unwrap_or(u32::MAX);
            let column = u32::try_from(column).unwrap_or(u32::MAX);
            let mut text = literal.clone();
            text.set_span(mixed);
            quote_spanned!(mixed=>
                text: #text,
                file: #file,
                line: #line,
                column: #column,
                verbatim: #verbatim,
            )
        }
        Source::File(path) => {
            let mut path = path.clone();
            path.set_span(mixed);
            quote_spanned!(mixed=>
                text: ::core::include_str!(::core::concat!(
                    ::core::env!("CARGO_MANIFEST_DIR"), "/", #path
                )),
                file: #path,
                line: 1,
                column: 1,
                verbatim: true,
            )
        }
    };
    let timeout = timeout.map(|limit| {
        let (seconds, nanoseconds) = (limit.as_secs(), limit.subsec_nanos());
        quote_spanned!(mixed=> .timeout(::core::time::Duration::new(#seconds, #nanoseconds)))
    });
    quote_spanned!(mixed=> {
        static SCRIPT: ::gopyre::__private::Declared = ::gopyre::__private::Declared::new(
            ::gopyre::__private::Source { #fields },
        ) #timeout;
        ::gopyre::__private::inventory::submit! {
            ::gopyre::__private::Registered(&SCRIPT)
        }
        &SCRIPT
    })
}

/// Writes one parameter's entry in the input map.
fn entry(name: &Ident) -> TokenStream {
    let key = name.unraw().to_string();
    let value = reference(name);
    quote_spanned!(Span::mixed_site()=> __inputs.set(#key, #value)?;)
}

/// Refers to a parameter; a type that is not `Serialize` is an error on the parameter's name.
pub(crate) fn reference(name: &Ident) -> TokenStream {
    quote_spanned!(name.span()=> &#name)
}

/// Moves tokens to where the return type stands, so that rustc's errors point there.
fn placed(tokens: TokenStream, output: &ReturnType) -> TokenStream {
    let ReturnType::Type(_, ty) = output else {
        return tokens;
    };
    let mut spans = ty.to_token_stream().into_iter().map(|token| token.span());
    let Some(first) = spans.next() else {
        return tokens;
    };
    let last = spans.last().unwrap_or(first);
    let place = |(index, mut token): (usize, TokenTree)| {
        let at = if index == 0 { first } else { last };
        token.set_span(token.span().located_at(at));
        token
    };
    tokens.into_iter().enumerate().map(place).collect()
}

/// Writes the attributes that a function without a `Result` gains; `raises` says when it panics.
pub(crate) fn extra_attributes(
    attrs: &[Attribute],
    sig: &Signature,
    output: Output,
    raises: &str,
) -> TokenStream {
    if output == Output::Result {
        return TokenStream::new();
    }
    let mut extra = TokenStream::new();
    let docs: Vec<String> = attrs.iter().filter_map(doc).collect();
    let is_heading = |line: &str| line.trim_start().trim_end() == "# Panics";
    if !docs.iter().flat_map(|text| text.lines()).any(is_heading) {
        if !docs.is_empty() {
            extra.extend(quote!(#[doc = ""]));
        }
        let when = format!(
            " Panics with the Python traceback if {raises}, or if its result cannot be read as the \
             return type."
        );
        extra.extend(quote! {
            #[doc = " # Panics"]
            #[doc = ""]
            #[doc = #when]
        });
    }
    // The panic names the caller's line. Rust has no use for that in `main`, and refuses it.
    let tracked = |attr: &Attribute| attr.path().is_ident("track_caller");
    if sig.ident != "main" && !attrs.iter().any(tracked) {
        extra.extend(quote!(#[track_caller]));
    }
    extra
}

/// Returns the text of a `#[doc = ".."]` or `///`.
fn doc(attr: &Attribute) -> Option<String> {
    match &attr.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => Some(text.value()),
            _ => Some(String::new()),
        },
        _ => None,
    }
}

/// Writes a function that stands in for one with mistakes, so that its callers show none.
pub(crate) fn stub(declaration: Declaration) -> TokenStream {
    let Declaration {
        mut attrs,
        vis,
        sig,
        ..
    } = declaration;
    attrs.retain(|attr| !check::is_ours(attr));
    let sig = acceptable(sig);
    quote! {
        #(#attrs)*
        #[allow(warnings)]
        #vis #sig {
            loop {}
        }
    }
}

/// Leaves away what rustc itself would refuse in a function with a body.
pub(crate) fn acceptable(mut sig: Signature) -> Signature {
    sig.variadic = None;
    if sig.asyncness.is_some() {
        sig.constness = None;
    }
    for parameter in &mut sig.inputs {
        match parameter {
            FnArg::Receiver(receiver) => receiver.attrs.clear(),
            FnArg::Typed(parameter) => parameter.attrs.clear(),
        }
    }
    if check::has_impl_trait(&sig.output) {
        sig.output = syn::parse_quote!(-> !);
    }
    sig
}
