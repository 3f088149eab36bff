//! `#[py_export]`: a Rust module that Python imports.

mod annotation;
mod check;
mod expand;
mod literal;
mod model;
mod tokens;

use crate::report::Report;
use crate::script::parse::kind;
use proc_macro2::TokenStream;
use quote::quote;
use syn::ItemMod;

/// Expands one use of the attribute.
pub(crate) fn py_export(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut report = Report::default();
    if !arguments.is_empty() {
        report.on(
            arguments,
            "expected `#[py_export]` alone, found arguments",
            "remove them; Python's name for the module is that of the Rust module",
        );
    }
    let mut module: ItemMod = match syn::parse2(item.clone()) {
        Ok(module) => module,
        Err(error) => {
            // Something else: it stays as it was, so that its other uses show no errors.
            report.add(match kind(item.clone()) {
                Some((found, span)) if found != "a module" => syn::Error::new(
                    span,
                    format_args!(
                        "expected a module, found {found}\n\
                         help: put `#[py_export]` on `mod name {{ .. }}`, with the items for Python in it"
                    ),
                ),
                _ => error,
            });
            let errors = report.into_compile_errors();
            return quote!(#errors #item);
        }
    };
    // The attributes that only this macro knows are off `module` from here on.
    let model = check::module(&mut module, &mut report);
    match model {
        Some(model) if report.is_empty() => expand::module(module, &model),
        _ => {
            let errors = report.into_compile_errors();
            let stub = expand::stub(module);
            quote!(#errors #stub)
        }
    }
}

#[cfg(test)]
mod tests;
