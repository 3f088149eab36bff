//! The attributes: ours are taken off, slips of ours are told, all others stay.

use crate::nearest::nearest;
use crate::report::Report;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{Attribute, Expr, ExprLit, Ident, Lit, LitStr, Meta};

/// What an attribute stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Function,
    Method,
    Class,
    Field,
    Variant,
    Constant,
    Module,
    Parameter,
    /// A function that Python does not see.
    Private,
}

impl Place {
    /// The attributes that mean something there.
    fn known(self) -> &'static [&'static str] {
        match self {
            Place::Function => &["name", "detach"],
            Place::Method => &["name", "detach", "get", "set", "classmethod"],
            Place::Field => &["name", "get", "set"],
            Place::Class | Place::Variant | Place::Constant | Place::Module => &["name"],
            Place::Parameter => &["default", "args", "kwargs"],
            Place::Private => &[],
        }
    }

    fn label(self) -> &'static str {
        match self {
            Place::Function => "a function",
            Place::Method => "a method",
            Place::Class => "a type",
            Place::Field => "a field",
            Place::Variant => "a variant",
            Place::Constant => "a constant",
            Place::Module => "a module",
            Place::Parameter => "a parameter",
            Place::Private => "a private function",
        }
    }
}

/// Every attribute of ours, and what it belongs on.
const OURS: [(&str, &str); 8] = [
    ("name", "a `pub` item"),
    ("detach", "a `pub fn`"),
    ("get", "a `pub fn` with `&self`, or a field"),
    ("set", "a `pub fn` with `&mut self`, or a field"),
    ("classmethod", "a `pub fn` of an `impl`"),
    ("default", "a parameter of a `pub fn`"),
    ("args", "a parameter of a `pub fn`"),
    ("kwargs", "a parameter of a `pub fn`"),
];

/// What people write where they mean one of ours.
const SYNONYMS: [(&str, &str); 10] = [
    ("getter", "get"),
    ("property", "get"),
    ("setter", "set"),
    ("class_method", "classmethod"),
    ("kwarg", "kwargs"),
    ("vararg", "args"),
    ("varargs", "args"),
    ("rename", "name"),
    ("nogil", "detach"),
    ("allow_threads", "detach"),
];

/// What needs no attribute, and how it is written.
const NEEDLESS: [(&str, &str); 7] = [
    ("new", "a `pub fn new` is the constructor"),
    ("init", "a `pub fn new` is the constructor"),
    ("constructor", "a `pub fn new` is the constructor"),
    (
        "staticmethod",
        "a `pub fn` without `self` is a static method",
    ),
    ("pyfunction", "a `pub fn` is a function"),
    ("pyclass", "a `pub struct` is a class"),
    ("pymethods", "the `pub fn`s of an `impl` are methods"),
];

/// Attributes of Rust's that look like slips of ours.
const RUSTS: [&str; 3] = ["test", "naked", "repr"];

/// The attributes of ours that were on an item.
#[derive(Default)]
pub(super) struct Marks {
    pub(super) name: Option<LitStr>,
    pub(super) get: Option<Attribute>,
    pub(super) set: Option<Attribute>,
    pub(super) detach: Option<Attribute>,
    pub(super) classmethod: Option<Attribute>,
    pub(super) default: Option<(Attribute, Expr)>,
    pub(super) args: Option<Attribute>,
    pub(super) kwargs: Option<Attribute>,
}

/// Takes our attributes off an item.
pub(super) fn take(attrs: &mut Vec<Attribute>, place: Place, report: &mut Report) -> Marks {
    let mut marks = Marks::default();
    let all = std::mem::take(attrs);
    for attr in all {
        match attr.path().get_ident().map(Ident::unraw) {
            Some(ident) => match ours(&ident.to_string(), &attr, place, report) {
                Taken::Ours(name) => mark(name, attr, &mut marks, report),
                Taken::Slip => {}
                Taken::Not => attrs.push(attr),
            },
            None if is_ours_again(&attr) => report.on(
                &attr,
                "expected one `#[py_export]`, found one inside of another",
                "remove it; every `pub mod` of an exported module is exported",
            ),
            None => attrs.push(attr),
        }
    }
    marks
}

fn is_ours_again(attr: &Attribute) -> bool {
    let last = attr.path().segments.last();
    last.is_some_and(|segment| segment.ident == "py_export")
}

enum Taken {
    Ours(&'static str),
    Slip,
    Not,
}

/// Tells whether an attribute is ours, and reports one that is meant to be.
fn ours(name: &str, attr: &Attribute, place: Place, report: &mut Report) -> Taken {
    if let Some(known) = place.known().iter().find(|known| **known == name) {
        return Taken::Ours(known);
    }
    if name == "py_export" {
        report.on(
            attr,
            "expected one `#[py_export]`, found one inside of another",
            "remove it; every `pub mod` of an exported module is exported",
        );
        return Taken::Slip;
    }
    // `#[default]` is `derive(Default)`'s.
    if place == Place::Variant && name == "default" {
        return Taken::Not;
    }
    // Others may have attributes of those names on what is theirs.
    let synonym = SYNONYMS
        .iter()
        .find(|(other, _)| *other == name && place != Place::Private);
    let named = synonym.map_or(name, |(_, meant)| *meant);
    let misplaced = OURS.iter().find(|(ours, _)| *ours == named);
    if let Some((_, home)) = misplaced.filter(|_| !place.known().contains(&named)) {
        report.on(
            attr,
            format_args!("expected {home} under `#[{name}]`, found {}", place.label()),
            match place {
                Place::Private => "make the function `pub`, or remove the attribute",
                _ => "remove it, or move it there",
            },
        );
        return Taken::Slip;
    }
    if place == Place::Private {
        return Taken::Not;
    }
    if let Some((_, how)) = NEEDLESS.iter().find(|(other, _)| *other == name) {
        report.on(
            attr,
            format_args!("unknown attribute `{name}`"),
            format_args!("remove it; {how}"),
        );
        return Taken::Slip;
    }
    let meant = match synonym {
        Some((_, meant)) => Some(*meant),
        None if RUSTS.contains(&name) => None,
        None => nearest(name, place.known().iter().copied()),
    };
    match meant {
        Some(meant) => {
            report.on(
                attr.path(),
                format_args!("unknown attribute `{name}`"),
                format_args!("did you mean `#[{meant}]`?"),
            );
            Taken::Slip
        }
        None => Taken::Not,
    }
}

/// Notes one of our attributes.
fn mark(name: &'static str, attr: Attribute, marks: &mut Marks, report: &mut Report) {
    let twice = |there: bool, report: &mut Report| {
        if there {
            report.on(
                &attr,
                format_args!("expected one `#[{name}]`, found a second"),
                "remove one",
            );
        }
        there
    };
    let slot = match name {
        "name" => {
            if !twice(marks.name.is_some(), report) {
                marks.name = text(&attr, report);
            }
            return;
        }
        "default" => {
            if !twice(marks.default.is_some(), report)
                && let Some(value) = value(&attr, report)
            {
                marks.default = Some((attr, value));
            }
            return;
        }
        "get" => &mut marks.get,
        "set" => &mut marks.set,
        "detach" => &mut marks.detach,
        "classmethod" => &mut marks.classmethod,
        "args" => &mut marks.args,
        _ => &mut marks.kwargs,
    };
    if twice(slot.is_some(), report) {
        return;
    }
    if !matches!(attr.meta, Meta::Path(_)) {
        report.on(
            &attr.meta,
            format_args!("expected `#[{name}]` alone, found more in it"),
            format_args!("write `#[{name}]`"),
        );
    }
    *slot = Some(attr);
}

/// Returns the string of `#[name = ".."]`.
fn text(attr: &Attribute, report: &mut Report) -> Option<LitStr> {
    if let Meta::NameValue(meta) = &attr.meta
        && let Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) = &meta.value
    {
        return Some(text.clone());
    }
    report.on(
        &attr.meta,
        "expected `#[name = \"..\"]`, found something else",
        "write `#[name = \"import_\"]`, with Python's name",
    );
    None
}

/// Returns the expression of `#[default(..)]`.
fn value(attr: &Attribute, report: &mut Report) -> Option<Expr> {
    let (tokens, mend): (TokenStream, _) = match &attr.meta {
        Meta::List(list) => match list.parse_args() {
            Ok(value) => return Some(value),
            Err(_) => (
                list.to_token_stream(),
                "write one expression, as in `#[default(3)]`".into(),
            ),
        },
        Meta::NameValue(meta) => {
            let value = meta.value.to_token_stream();
            (quote!(#meta), format!("write `#[default({value})]`"))
        }
        Meta::Path(path) => (
            quote!(#path),
            "write the value, as in `#[default(3)]`".into(),
        ),
    };
    report.on(
        tokens,
        "expected `#[default(value)]`, found something else",
        mend,
    );
    None
}

/// The `#[cfg]`s among attributes.
pub(super) fn cfg(attrs: &[Attribute]) -> Vec<Attribute> {
    let is_cfg = |attr: &&Attribute| attr.path().is_ident("cfg");
    attrs.iter().filter(is_cfg).cloned().collect()
}
