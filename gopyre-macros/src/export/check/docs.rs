//! Documentation on its way to Python.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// Writes the documentation among attributes as an expression.
pub(super) fn doc(attrs: &[Attribute]) -> TokenStream {
    let mut parts: Vec<Result<String, Expr>> = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("doc")) {
        let Meta::NameValue(meta) = &attr.meta else {
            continue;
        };
        parts.push(match &meta.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => Ok(text.value()),
            // `include_str!` and the like.
            other => Err(other.clone()),
        });
    }
    let lines: Vec<&str> = parts
        .iter()
        .flatten()
        .flat_map(|part| part.lines())
        .collect();
    let indent = |line: &&str| line.len() - line.trim_start().len();
    let written = lines.iter().filter(|line| !line.trim().is_empty());
    let shared = written.map(indent).min().unwrap_or_default();
    let unindented = |text: &str| {
        let lines = text
            .lines()
            .map(|line| line.get(shared..).unwrap_or_default().trim_end());
        lines
            .collect::<Vec<_>>()
            .join("\n")
            .replace('\0', "\u{fffd}")
    };
    if parts.iter().all(Result::is_ok) {
        let parts: Vec<String> = parts
            .iter()
            .flatten()
            .map(|part| unindented(part))
            .collect();
        let text = parts.join("\n");
        let text = text.trim_matches('\n');
        return quote!(#text);
    }
    let parts = parts.iter().flat_map(|part| {
        let part = match part {
            Ok(text) => unindented(text).to_token_stream(),
            Err(expr) => expr.to_token_stream(),
        };
        [quote!("\n"), part]
    });
    let parts = parts.skip(1);
    quote!(::core::concat!(#(#parts),*))
}
