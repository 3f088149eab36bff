//! `#[py_module]`: a Python module declared as Rust.

mod check;
mod expand;
mod parse;

use crate::report::Report;
use crate::script::parse as tokens;
use proc_macro2::TokenStream;

/// Expands one use of the attribute.
pub(crate) fn py_module(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut report = Report::default();
    let block = match parse::block(item.clone()) {
        Ok(block) => block,
        Err(error) => {
            // Not an extern block: it stays as it was, so that its other uses show no errors.
            report.add(error);
            let errors = report.into_compile_errors();
            let item = parse::is_extern(&item)
                .then(TokenStream::new)
                .unwrap_or(item);
            return quote::quote!(#errors #item);
        }
    };
    let arguments = tokens::arguments(arguments, &mut report);
    match check::module(&block, arguments, &mut report) {
        Some(module) if report.is_empty() => expand::module(&module),
        _ => {
            let errors = report.into_compile_errors();
            let stubs = expand::stubs(&block);
            quote::quote!(#errors #stubs)
        }
    }
}

#[cfg(test)]
mod tests;
