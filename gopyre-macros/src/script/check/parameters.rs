//! The parameters: plain names, each a Python variable.

use super::Input;
use crate::report::Report;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{AttrStyle, Attribute, FnArg, Ident, Pat, PatType, Signature};

/// Attributes that rustc accepts on a parameter and that change nothing for us.
pub(crate) const LINT_LEVELS: [&str; 5] = ["allow", "deny", "expect", "forbid", "warn"];

/// The name of the parameter that is the whole input.
const INPUT: &str = "input";

/// What no Python variable can be called: the keywords, and a constant of the same standing.
const KEYWORDS: [&str; 36] = [
    "False",
    "None",
    "True",
    "__debug__",
    "and",
    "as",
    "assert",
    "async",
    "await",
    "break",
    "class",
    "continue",
    "def",
    "del",
    "elif",
    "else",
    "except",
    "finally",
    "for",
    "from",
    "global",
    "if",
    "import",
    "in",
    "is",
    "lambda",
    "nonlocal",
    "not",
    "or",
    "pass",
    "raise",
    "return",
    "try",
    "while",
    "with",
    "yield",
];

/// Checks the parameters, and tells the whole input from a map.
pub(super) fn input<'a>(sig: &'a Signature, report: &mut Report) -> Input<'a> {
    let mut names = Vec::new();
    for parameter in &sig.inputs {
        match parameter {
            FnArg::Receiver(receiver) => {
                parameter_attributes(&receiver.attrs, report);
                let mut plain = receiver.clone();
                plain.attrs.clear();
                report.on(
                    plain,
                    "expected a function without a receiver, found `self`",
                    "remove it, and take what the script needs as parameters, as in \
                     `fn area(width: f64, height: f64) -> f64;`",
                );
            }
            FnArg::Typed(parameter) => {
                parameter_attributes(&parameter.attrs, report);
                names.extend(name(parameter, report));
            }
        }
    }
    for name in &names {
        if *name == "__builtins__" {
            report.on(
                name,
                "expected the name of a Python variable, found `__builtins__`: it would replace \
                 every builtin",
                "rename the parameter",
            );
        }
        let plain = name.unraw().to_string();
        if KEYWORDS.contains(&plain.as_str()) {
            report.on(
                name,
                format_args!(
                    "expected the name of a Python variable, found the Python keyword `{plain}`"
                ),
                "rename the parameter",
            );
        }
        if is_input(name) && sig.inputs.len() > 1 {
            report.on(
                name,
                "expected `input` to be the only parameter, found others beside it",
                "rename it; alone, `input` is the whole input, and beside others it would hide the \
                 map that they form",
            );
        }
    }
    match names[..] {
        [whole] if is_input(whole) => Input::Whole(whole),
        _ => Input::Map(names),
    }
}

fn is_input(name: &Ident) -> bool {
    name.unraw() == INPUT
}

/// Returns a parameter's name, if it is one plain name.
pub(crate) fn name<'a>(parameter: &'a PatType, report: &mut Report) -> Option<&'a Ident> {
    let Pat::Ident(pattern) = &*parameter.pat else {
        let found = match &*parameter.pat {
            Pat::Wild(_) => "`_`",
            _ => "a pattern",
        };
        report.on(
            &parameter.pat,
            format_args!("expected a name, found {found}"),
            "give the parameter one name",
        );
        return None;
    };
    if let Some(token) = &pattern.by_ref {
        report.on(
            token,
            "expected a name, found `ref`",
            "remove `ref`; parameters are passed to Python by reference",
        );
    }
    if let Some(token) = &pattern.mutability {
        report.on(
            token,
            "expected a name, found `mut`",
            "remove `mut`; what Python changes in its copy never reaches Rust",
        );
    }
    if let Some((at, subpattern)) = &pattern.subpat {
        report.on(
            quote::quote!(#at #subpattern),
            "expected a name, found a pattern after it",
            "leave the name alone",
        );
    }
    Some(&pattern.ident)
}

fn parameter_attributes(attrs: &[Attribute], report: &mut Report) {
    for attr in attrs.iter().filter(|attr| !is_lint_level(attr)) {
        let path = attr.path().to_token_stream().to_string().replace(' ', "");
        let (found, mend) = match (&*path, attr.style) {
            ("doc", _) => (
                "documentation".to_owned(),
                "move it to the documentation of the function".to_owned(),
            ),
            ("cfg" | "cfg_attr", AttrStyle::Outer) => (
                format!("`#[{path}]`"),
                format!("declare the function twice, each under its own `#[{path}]`"),
            ),
            _ => (format!("`#[{path}]`"), "remove it".to_owned()),
        };
        report.on(
            attr,
            format_args!("expected a parameter without attributes, found {found}"),
            mend,
        );
    }
}

/// Whether a parameter's attribute only sets the level of a lint.
fn is_lint_level(attr: &Attribute) -> bool {
    LINT_LEVELS.iter().any(|level| attr.path().is_ident(level))
}
