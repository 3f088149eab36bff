//! `#[py_script]`: a function whose body is Python.

pub(crate) mod check;
pub(crate) mod expand;
pub(crate) mod parse;
pub(crate) mod source;

use crate::report::Report;
use proc_macro2::TokenStream;

/// Expands one use of the attribute.
pub(crate) fn py_script(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut report = Report::default();
    let declaration = match parse::declaration(item.clone()) {
        Ok(declaration) => declaration,
        Err(error) => {
            // Not a function: it stays as it was, so that its other uses show no errors.
            report.add(error);
            let errors = report.into_compile_errors();
            return quote::quote!(#errors #item);
        }
    };
    let arguments = parse::arguments(arguments, &mut report);
    match check::function(&declaration, arguments, &mut report) {
        Some(function) if report.is_empty() => expand::function(&function),
        _ => {
            let errors = report.into_compile_errors();
            let stub = expand::stub(declaration);
            quote::quote!(#errors #stub)
        }
    }
}

#[cfg(test)]
mod tests;
