//! The attributes: ours are taken off, slips of ours are told, all others stay.

use super::Role;
use crate::nearest::nearest;
use crate::report::Report;
use crate::script::check::LINT_LEVELS;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Attribute, Expr, ExprLit, Ident, Lit, LitStr, Meta};

/// What marks a function. Rust takes no keyword for an attribute's name, so `static` is written raw,
/// or in Python's words.
const ROLES: [(&str, Role); 6] = [
    ("new", Role::New),
    ("get", Role::Get),
    ("set", Role::Set),
    ("static", Role::Static),
    ("staticmethod", Role::Static),
    ("classmethod", Role::Static),
];

/// What a function may be marked with.
const MARKS: [&str; 6] = ["new", "get", "set", "staticmethod", "classmethod", "name"];

/// What people write where they mean one of ours.
const SYNONYMS: [(&str, &str); 8] = [
    ("init", "new"),
    ("constructor", "new"),
    ("getter", "get"),
    ("property", "get"),
    ("setter", "set"),
    ("static_method", "staticmethod"),
    ("class_method", "classmethod"),
    ("python_name", "name"),
];

/// Attributes of Rust's that look like slips of ours.
const RUSTS: [&str; 3] = ["test", "no_mangle", "naked"];

fn single(attr: &Attribute) -> Option<Ident> {
    attr.path().get_ident().map(Ident::unraw)
}

fn role(attr: &Attribute) -> Option<Role> {
    let ident = single(attr)?;
    let find = |(name, _): &&(&str, Role)| ident == name;
    ROLES.iter().find(find).map(|(_, role)| *role)
}

/// Whether an attribute is one that this macro takes off.
pub(super) fn is_ours(attr: &Attribute) -> bool {
    role(attr).is_some() || single(attr).is_some_and(|ident| ident == "name" || ident == "kw")
}

/// Returns the attributes that stay.
pub(in crate::module) fn without_ours(attrs: &[Attribute]) -> Vec<Attribute> {
    let theirs = |attr: &&Attribute| !is_ours(attr) && meant(attr, &MARKS).is_none();
    attrs.iter().filter(theirs).cloned().collect()
}

/// Whether an attribute of the block goes to each item.
pub(in crate::module) fn is_block_wide(attr: &Attribute) -> bool {
    let levels = LINT_LEVELS.iter().chain(&["cfg", "cfg_attr"]);
    levels.into_iter().any(|name| attr.path().is_ident(name))
}

/// Checks the block's own attributes.
pub(super) fn of_block<'a>(attrs: &'a [Attribute], report: &mut Report) -> Vec<&'a Attribute> {
    for attr in attrs {
        let path = attr.path();
        if path
            .segments
            .last()
            .is_some_and(|last| last.ident == "py_module")
        {
            report.on(
                path,
                "expected one `#[py_module]`, found a second",
                "remove one; a block declares one module",
            );
        } else if !is_block_wide(attr) && !path.is_ident("doc") {
            let name = path.to_token_stream().to_string().replace(' ', "");
            report.on(
                attr,
                format_args!("expected no other attributes on the block, found `#[{name}]`"),
                "move it to the items that it is for",
            );
        }
    }
    attrs.iter().filter(|attr| is_block_wide(attr)).collect()
}

/// Checks the attributes of a type; returns the name that Python has for it.
pub(super) fn of_class(attrs: &[Attribute], report: &mut Report) -> Option<String> {
    for attr in attrs.iter().filter(|attr| role(attr).is_some()) {
        report.on(
            attr,
            "expected a function under this attribute, found a type",
            "put it on the function that it describes",
        );
    }
    slips(attrs, &["name"], report);
    name(attrs, report).map(|name| {
        identifier(&name, true, report);
        name.value()
    })
}

/// Checks the attributes of a function; returns what it is marked as, with the mark, and the name
/// that Python has for it.
pub(super) fn of_function<'a>(
    attrs: &'a [Attribute],
    report: &mut Report,
) -> (Option<(Role, &'a Attribute)>, Option<LitStr>) {
    let mut found: Option<(Role, &Attribute)> = None;
    for attr in attrs {
        let Some(role) = role(attr) else { continue };
        if !matches!(attr.meta, Meta::Path(_)) {
            let path = attr.path().to_token_stream();
            report.on(
                &attr.meta,
                format_args!("expected `#[{path}]` alone, found more in it"),
                format_args!("write `#[{path}]`"),
            );
        }
        match found {
            None => found = Some((role, attr)),
            Some(_) => report.on(
                attr,
                "expected one attribute that says what the function is, found a second",
                "remove one",
            ),
        }
    }
    slips(attrs, &MARKS, report);
    (found, name(attrs, report))
}

/// Returns the one of ours that was meant, if an attribute looks like a slip.
fn meant(attr: &Attribute, known: &[&'static str]) -> Option<&'static str> {
    let name = single(attr).filter(|_| !is_ours(attr))?.to_string();
    match SYNONYMS.iter().find(|(other, _)| *other == name) {
        Some((_, meant)) => Some(*meant),
        None if RUSTS.contains(&&*name) => None,
        None => nearest(&name, known.iter().copied()),
    }
}

/// Reports attributes that were meant to be ours.
fn slips(attrs: &[Attribute], known: &[&'static str], report: &mut Report) {
    for attr in attrs {
        let Some(ident) = single(attr).filter(|_| !is_ours(attr)) else {
            if attr.path().is_ident("kw") {
                report.on(
                    attr,
                    "expected a parameter under `#[kw]`, found an item",
                    "put it before the parameter that is passed by keyword",
                );
            }
            continue;
        };
        let name = ident.to_string();
        if let Some(meant) = meant(attr, known) {
            report.on(
                attr.path(),
                format_args!("unknown attribute `{name}`"),
                format_args!("did you mean `#[{meant}]`?"),
            );
        }
    }
}

/// Returns the value of the one `#[name = ".."]`.
fn name(attrs: &[Attribute], report: &mut Report) -> Option<LitStr> {
    let mut found = None;
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("name")) {
        let value = text(
            attr,
            "write `#[name = \"predict_proba\"]`, with Python's name",
            report,
        );
        if found.is_some() {
            report.on(attr, "expected one `#[name]`, found a second", "remove one");
        } else {
            found = value;
        }
    }
    found
}

/// Returns the string of `#[path = ".."]`.
pub(super) fn text(attr: &Attribute, mend: &str, report: &mut Report) -> Option<LitStr> {
    if let Meta::NameValue(meta) = &attr.meta
        && let Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) = &meta.value
    {
        return Some(text.clone());
    }
    let path = attr.path().to_token_stream();
    report.on(
        &attr.meta,
        format_args!("expected `#[{path} = \"..\"]`, found something else"),
        mend,
    );
    None
}

/// Checks that a string is a name of Python's; `dotted` allows `Outer.Inner`.
pub(super) fn identifier(literal: &LitStr, dotted: bool, report: &mut Report) {
    let value = literal.value();
    let is_name = |part: &str| {
        let mut rest = part.chars();
        let starts = rest.next().is_some_and(|c| c.is_alphabetic() || c == '_');
        starts && rest.all(|c| c.is_alphanumeric() || c == '_')
    };
    let good = match dotted {
        true => value.split('.').all(is_name),
        false => is_name(&value),
    };
    if !good {
        let mend = match value.contains('.') && !dotted {
            true => "write the attribute's own name; the class is that of the declaration",
            false => "write it as it stands in the Python code",
        };
        report.on(
            literal,
            format_args!("expected a name of Python's, found `{value}`"),
            mend,
        );
    }
}
