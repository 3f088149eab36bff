//! Writes the type that stands for a function.

use super::body;
use crate::export::model::{Function, Kind, Parameter, ParameterKind};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};

/// The types of several functions, one for each.
#[derive(Default)]
pub(super) struct Definitions {
    code: TokenStream,
    count: usize,
}

impl ToTokens for Definitions {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.code.clone());
    }
}

impl Definitions {
    /// Writes a function's type; returns the element that refers to it in a list.
    pub(super) fn add(&mut self, function: &Function) -> TokenStream {
        let item = self.item(function);
        let cfg = &function.cfg;
        quote!(#(#cfg)* #item)
    }

    /// Writes a function's type; returns an expression of its item.
    pub(super) fn item(&mut self, function: &Function) -> TokenStream {
        let ident = format_ident!("__GopyreFunction{}", self.count);
        self.count += 1;
        let Function {
            cfg,
            name,
            doc,
            kind,
            parameters,
            returns,
            ..
        } = function;
        let kind = match kind {
            Kind::Function => quote!(Function),
            Kind::Method => quote!(Method),
            Kind::Static => quote!(Static),
            Kind::Class => quote!(Class),
        };
        let parameters = parameters.iter().map(parameter);
        let body = body::body(function);
        self.code.extend(quote_spanned! {Span::mixed_site()=>
            #(#cfg)*
            struct #ident;
            #(#cfg)*
            #[automatically_derived]
            #[allow(deprecated, clippy::all, clippy::pedantic)]
            impl ::gopyre::__private::export::Function for #ident {
                const NAME: &'static str = #name;
                const DOC: &'static str = #doc;
                const SIGNATURE: &'static ::gopyre::__private::export::Signature =
                    &::gopyre::__private::export::Signature {
                        parameters: &[#(#parameters),*],
                        returns: #returns,
                    };
                const KIND: ::gopyre::__private::export::FunctionKind =
                    ::gopyre::__private::export::FunctionKind::#kind;
                fn call<'a>(
                    __call: ::gopyre::__private::export::Call<'a>,
                ) -> ::gopyre::Result<::gopyre::__private::export::Returned<'a>> {
                    #body
                }
            }
        });
        quote!(::gopyre::__private::export::FunctionItem::new::<#ident>())
    }
}

/// Writes a parameter of a signature.
fn parameter(parameter: &Parameter) -> TokenStream {
    let Parameter {
        name,
        kind,
        default,
        annotation,
        ..
    } = parameter;
    let kind = match kind {
        ParameterKind::Plain => quote!(Plain),
        ParameterKind::KeywordOnly => quote!(KeywordOnly),
        ParameterKind::Args => quote!(Args),
        ParameterKind::Kwargs => quote!(Kwargs),
    };
    let default = match default {
        None => quote!(::core::option::Option::None),
        Some(default) => {
            let text = &default.text;
            quote!(::core::option::Option::Some(#text))
        }
    };
    quote! {
        ::gopyre::__private::export::Parameter {
            name: #name,
            kind: ::gopyre::__private::export::ParameterKind::#kind,
            default: #default,
            annotation: #annotation,
        }
    }
}
