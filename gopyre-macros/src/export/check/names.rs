//! The names that Python has for things.

use crate::report::Report;
use std::collections::HashMap;
use syn::ext::IdentExt;
use syn::{Attribute, Ident, LitStr};

/// The words that Python keeps for itself.
const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

pub(super) fn is_keyword(name: &str) -> bool {
    KEYWORDS.contains(&name)
}

/// Returns Python's name for an item.
pub(super) fn of_item(ident: &Ident, renamed: Option<&LitStr>, report: &mut Report) -> String {
    if let Some(renamed) = renamed {
        let name = renamed.value();
        if !is_identifier(&name) || is_keyword(&name) {
            report.on(
                renamed,
                format_args!("expected a name that Python code can write, found `{name}`"),
                "write one word of letters, digits and `_` that is none of Python's keywords",
            );
        }
        return name;
    }
    let name = ident.unraw().to_string();
    if is_keyword(&name) {
        report.on(
            ident,
            format_args!("expected a name that Python code can write, found its keyword `{name}`"),
            format_args!("give it another one with `#[name = \"{name}_\"]`"),
        );
    }
    name
}

fn is_identifier(name: &str) -> bool {
    let mut letters = name.chars();
    let starts = letters
        .next()
        .is_some_and(|c| c.is_alphabetic() || c == '_');
    starts && letters.all(|c| c.is_alphanumeric() || c == '_')
}

/// The names of one scope that are taken, and by what.
#[derive(Default)]
pub(super) struct Taken(HashMap<String, &'static str>);

impl Taken {
    /// Notes a name; reports it if it is taken, unless a `#[cfg]` may choose.
    pub(super) fn add(
        &mut self,
        name: &str,
        what: &'static str,
        at: &Ident,
        cfg: &[Attribute],
        report: &mut Report,
    ) {
        if !cfg.is_empty() {
            return;
        }
        if let Some(other) = self.0.insert(name.to_owned(), what) {
            report.on(
                at,
                format_args!(
                    "expected each name once in Python, found {what} named `{name}` beside {other}"
                ),
                "rename one, or say what Python calls it with `#[name = \"..\"]`",
            );
        }
    }
}
