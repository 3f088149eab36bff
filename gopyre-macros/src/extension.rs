//! `extension!`: the function that Python calls to import a library.

use crate::report::Report;
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Path, PathArguments};

/// Expands one use of the macro.
pub(crate) fn extension(tokens: TokenStream) -> TokenStream {
    let mut report = Report::default();
    let path = match syn::parse2::<Path>(tokens.clone()) {
        Ok(path) => path,
        Err(error) => {
            report.at(
                match tokens.is_empty() {
                    true => Span::call_site(),
                    false => error.span(),
                },
                "expected the path of an exported module, found something else",
                "write `gopyre::extension!(api);` for `#[py_export] mod api { .. }`",
            );
            return report.into_compile_errors();
        }
    };
    for segment in &path.segments {
        if !matches!(segment.arguments, PathArguments::None) {
            report.on(
                &segment.arguments,
                "expected the path of an exported module, found type arguments",
                "remove them",
            );
        }
    }
    let Some(last) = path.segments.last().map(|segment| segment.ident.unraw()) else {
        return report.into_compile_errors();
    };
    if !report.is_empty() {
        return report.into_compile_errors();
    }
    let name = last.to_string();
    if !name.is_ascii() {
        report.on(
            &last,
            format_args!("expected a module with an ASCII name, found `{name}`"),
            "rename the module; Python finds its library by that name",
        );
        return report.into_compile_errors();
    }
    if path.is_ident("self") || path.is_ident("crate") || path.is_ident("super") {
        report.on(
            &path,
            format_args!("expected the path of an exported module, found `{name}`"),
            "write `gopyre::extension!(api);` for `#[py_export] mod api { .. }`",
        );
        return report.into_compile_errors();
    }
    let init = format_ident!("PyInit_{name}", span = Span::call_site());
    let item = quote!(#path::__GOPYRE);
    quote_spanned! {Span::mixed_site()=>
        const _: () = {
            #[allow(non_snake_case, unsafe_code, clippy::undocumented_unsafe_blocks)]
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn #init() -> *mut ::core::ffi::c_void {
                // SAFETY: Python calls it, attached.
                unsafe { ::gopyre::__private::export::init(&#item) }
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_function_has_the_modules_name() {
        let code = extension(quote!(crate::deep::r#mod)).to_string();
        let code = code.replace(' ', "");
        assert!(code.contains("#[unsafe(no_mangle)]"), "{code}");
        assert!(code.contains("fnPyInit_mod()->*mut"), "{code}");
        assert!(
            code.contains("init(&crate::deep::r#mod::__GOPYRE)"),
            "{code}"
        );
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for tokens in [
            quote!(),
            quote!("api"),
            quote!(api, other),
            quote!(api<u8>),
            quote!(crate),
        ] {
            let code = extension(tokens).to_string();
            assert_eq!(code.matches("compile_error").count(), 1, "{code}");
        }
    }
}
