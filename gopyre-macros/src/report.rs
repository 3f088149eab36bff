//! The mistakes found in one use of a macro, reported together.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use std::fmt::Display;

/// Collects mistakes, so that one build shows all of them.
#[derive(Default)]
pub(crate) struct Report(Option<syn::Error>);

impl Report {
    /// Adds a mistake on `tokens`: what is wrong, and how to mend it.
    pub(crate) fn on(&mut self, tokens: impl ToTokens, wrong: impl Display, mend: impl Display) {
        self.add(syn::Error::new_spanned(
            tokens,
            format_args!("{wrong}\nhelp: {mend}"),
        ));
    }

    /// Adds a mistake at `span`.
    pub(crate) fn at(&mut self, span: Span, wrong: impl Display, mend: impl Display) {
        self.add(syn::Error::new(span, format_args!("{wrong}\nhelp: {mend}")));
    }

    /// Adds an error that somebody else worded.
    pub(crate) fn add(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(all) => all.combine(error),
            None => self.0 = Some(error),
        }
    }

    /// Whether nothing was reported.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Returns one `compile_error!` for each mistake.
    pub(crate) fn into_compile_errors(self) -> TokenStream {
        self.0
            .map(syn::Error::into_compile_error)
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_kept_in_order() {
        let mut report = Report::default();
        assert!(report.is_empty());
        report.at(Span::call_site(), "first", "mend it");
        report.at(Span::call_site(), "second", "mend that");
        assert!(!report.is_empty());
        let errors = report.into_compile_errors().to_string();
        let first = errors.find("first\\nhelp: mend it");
        let second = errors.find("second\\nhelp: mend that");
        assert!(first.is_some() && first < second, "{errors}");
    }

    #[test]
    fn an_empty_report_emits_nothing() {
        assert!(Report::default().into_compile_errors().is_empty());
    }
}
