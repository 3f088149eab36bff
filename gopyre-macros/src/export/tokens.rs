//! Rewrites of tokens that move to another place.

use proc_macro2::{Group, Ident, Spacing, TokenStream, TokenTree};
use quote::ToTokens;

/// Writes a type for a variable of another function: `Self` by its name, lifetimes inferred.
pub(super) fn local(ty: &impl ToTokens, this: Option<&Ident>) -> TokenStream {
    rewrite(ty.to_token_stream(), this, true)
}

/// Writes an expression where `Self` is another type.
pub(super) fn named(tokens: &impl ToTokens, this: Option<&Ident>) -> TokenStream {
    rewrite(tokens.to_token_stream(), this, false)
}

fn rewrite(tokens: TokenStream, this: Option<&Ident>, infer: bool) -> TokenStream {
    let mut after_quote = false;
    let rewritten = tokens.into_iter().map(|token| {
        let is_lifetime = std::mem::take(&mut after_quote);
        match token {
            TokenTree::Group(group) => {
                let inner = rewrite(group.stream(), this, infer);
                let mut new = Group::new(group.delimiter(), inner);
                new.set_span(group.span());
                TokenTree::Group(new)
            }
            TokenTree::Punct(punct) => {
                after_quote = punct.as_char() == '\'' && punct.spacing() == Spacing::Joint;
                TokenTree::Punct(punct)
            }
            TokenTree::Ident(ident) if is_lifetime => {
                TokenTree::Ident(match infer && ident != "static" {
                    true => Ident::new("_", ident.span()),
                    false => ident,
                })
            }
            TokenTree::Ident(ident) if ident == "Self" => {
                let mut new = this.unwrap_or(&ident).clone();
                new.set_span(ident.span());
                TokenTree::Ident(new)
            }
            other => other,
        }
    });
    rewritten.collect()
}
