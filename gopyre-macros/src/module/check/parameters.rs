//! The parameters of a function: positional ones, then those passed by keyword.

use super::{Parameter, attributes};
use crate::nearest::nearest;
use crate::report::Report;
use crate::script::check::{LINT_LEVELS, name};
use quote::ToTokens;
use std::collections::HashSet;
use syn::ext::IdentExt;
use syn::{Attribute, FnArg, Meta, PatType, Signature, Type};

/// How many keywords a call can tell apart.
const KEYWORDS: usize = 128;

/// Checks the parameters that are not `self`, and takes our attributes off them.
pub(super) fn parameters(sig: &mut Signature, report: &mut Report) -> Vec<Parameter> {
    let mut parameters: Vec<Parameter> = Vec::new();
    let mut keywords = HashSet::new();
    for argument in &mut sig.inputs {
        let FnArg::Typed(argument) = argument else {
            continue;
        };
        let mark = mark(&mut argument.attrs, report);
        let Some(ident) = name(argument, report).cloned() else {
            continue;
        };
        let keyword = mark.map(|mark| keyword(&mark, argument, report));
        match &keyword {
            Some(keyword) if !keywords.insert(keyword.clone()) => report.on(
                &ident,
                format_args!("expected each keyword once, found a second `{keyword}`"),
                "remove one, or name it with `#[kw = \"..\"]`",
            ),
            None if !keywords.is_empty() => report.on(
                &ident,
                format_args!(
                    "expected positional parameters first, found `{ident}` after a `#[kw]`"
                ),
                format_args!("move `{ident}` up, or mark it with `#[kw]`"),
            ),
            _ => {}
        }
        parameters.push(Parameter {
            optional: keyword.is_some() && is_option(&argument.ty),
            ident,
            keyword,
        });
    }
    if let Some(parameter) = parameters
        .iter()
        .filter(|p| p.keyword.is_some())
        .nth(KEYWORDS)
    {
        report.on(
            &parameter.ident,
            format_args!("expected at most {KEYWORDS} keywords, found more"),
            "leave away those that are never given",
        );
    }
    parameters
}

/// Takes `#[kw]` off, and reports what is neither that nor the level of a lint.
fn mark(attrs: &mut Vec<Attribute>, report: &mut Report) -> Option<Attribute> {
    let mut found = None;
    let all = std::mem::take(attrs);
    for attr in all {
        if LINT_LEVELS.iter().any(|level| attr.path().is_ident(level)) {
            attrs.push(attr);
        } else if !attr.path().is_ident("kw") {
            unknown(&attr, report);
        } else if found.is_some() {
            report.on(attr, "expected one `#[kw]`, found a second", "remove one");
        } else {
            found = Some(attr);
        }
    }
    found
}

fn unknown(attr: &Attribute, report: &mut Report) {
    let path = attr.path().to_token_stream().to_string().replace(' ', "");
    let (found, mend) = match &*path {
        "doc" => (
            "documentation".to_owned(),
            "move it to the documentation of the function".to_owned(),
        ),
        "cfg" | "cfg_attr" => (
            format!("`#[{path}]`"),
            format!("declare the function twice, each under its own `#[{path}]`"),
        ),
        "keyword" | "kwarg" | "key" => (format!("`#[{path}]`"), "did you mean `#[kw]`?".to_owned()),
        _ => (
            format!("`#[{path}]`"),
            match nearest(&path, ["kw"]) {
                Some(meant) => format!("did you mean `#[{meant}]`?"),
                None => "remove it".to_owned(),
            },
        ),
    };
    report.on(
        attr,
        format_args!("expected `#[kw]` or no attribute on a parameter, found {found}"),
        mend,
    );
}

/// Returns the keyword that `#[kw]` or `#[kw = ".."]` means.
fn keyword(mark: &Attribute, parameter: &PatType, report: &mut Report) -> String {
    if let Meta::Path(_) = mark.meta {
        return match &*parameter.pat {
            syn::Pat::Ident(pattern) => pattern.ident.unraw().to_string(),
            _ => String::new(),
        };
    }
    let mend = "write `#[kw]`, or `#[kw = \"lambda\"]` where Python has another name for it";
    match attributes::text(mark, mend, report) {
        Some(text) => {
            attributes::identifier(&text, false, report);
            text.value()
        }
        None => String::new(),
    }
}

/// Whether a type is an `Option`, as far as its name tells, or a reference to one.
fn is_option(ty: &Type) -> bool {
    match ty {
        Type::Group(ty) => is_option(&ty.elem),
        Type::Paren(ty) => is_option(&ty.elem),
        Type::Reference(ty) => is_option(&ty.elem),
        Type::Path(ty) => {
            let last = ty.path.segments.last();
            last.is_some_and(|segment| segment.ident == "Option")
        }
        _ => false,
    }
}
