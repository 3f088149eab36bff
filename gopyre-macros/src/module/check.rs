//! Finds every mistake in a block, and returns what is left to expand.

mod attributes;
mod members;
mod origin;
mod parameters;

pub(super) use attributes::{is_block_wide, without_ours};
pub(super) use members::receiver_class;

use super::parse::{Block, Class, Item};
use crate::report::Report;
use crate::script::check::Output;
use crate::script::parse::Argument;
use proc_macro2::TokenStream;
use quote::ToTokens;
use std::collections::HashSet;
use syn::ext::IdentExt;
use syn::{Attribute, Ident, Signature, Visibility};

/// A block without mistakes.
pub(super) struct Module<'a> {
    /// Attributes of the block that go to every item.
    pub(super) attrs: Vec<&'a Attribute>,
    pub(super) block: &'a Block,
    pub(super) origin: Origin,
    pub(super) classes: Vec<ClassItem<'a>>,
    pub(super) members: Vec<Member<'a>>,
}

/// Where the module comes from.
pub(super) enum Origin {
    /// A file of the crate, by its path.
    File(String),
    /// A file among others: the folder as it was written, the file's path in it, all paths in it.
    Folder(String, String, Vec<String>),
    /// An installed module, by its name.
    Installed(String),
}

/// A class.
pub(super) struct ClassItem<'a> {
    pub(super) attrs: Vec<&'a Attribute>,
    pub(super) vis: &'a Visibility,
    pub(super) ident: &'a Ident,
    /// What Python calls it.
    pub(super) name: String,
}

/// A function, or something of a class.
pub(super) struct Member<'a> {
    pub(super) attrs: Vec<Attribute>,
    pub(super) vis: &'a Visibility,
    pub(super) sig: Signature,
    pub(super) role: Role,
    /// The position of its class among the classes.
    pub(super) class: Option<usize>,
    /// What Python calls it.
    pub(super) name: String,
    pub(super) parameters: Vec<Parameter>,
    pub(super) output: Output,
}

/// What a declaration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Function,
    New,
    Method,
    Get,
    Set,
    Static,
}

/// A parameter that is not `self`.
pub(super) struct Parameter {
    pub(super) ident: Ident,
    /// The keyword that it is passed by, if it is.
    pub(super) keyword: Option<String>,
    /// Whether it is left out where it is `None`.
    pub(super) optional: bool,
}

/// Checks a block; `None` only if something was reported.
pub(super) fn module<'a>(
    block: &'a Block,
    arguments: Vec<Argument>,
    report: &mut Report,
) -> Option<Module<'a>> {
    head(block, report);
    let origin = origin::origin(arguments, report);
    let attrs = attributes::of_block(&block.attrs, report);
    let declared: Vec<&Class> = block.items.iter().filter_map(as_class).collect();
    let mut classes = Vec::new();
    let mut members = Vec::new();
    for item in &block.items {
        match item {
            Item::Class(item) => classes.push(class(item, report)),
            Item::Function(function) => {
                let scope = members::Scope {
                    declared: &declared,
                    above: classes.len(),
                };
                members.extend(members::member(function, &scope, report));
            }
            Item::Other(found, span) => report.at(
                *span,
                format_args!("expected a function or a type, found {found}"),
                "declare what the module has, as in `fn predict(rows: &[Row]) -> Result<Vec<f64>>;` \
                 or `type Model;`",
            ),
        }
    }
    duplicates(&classes, &members, report);
    Some(Module {
        attrs,
        block,
        origin: origin?,
        classes,
        members,
    })
}

fn as_class(item: &Item) -> Option<&Class> {
    match item {
        Item::Class(class) => Some(class),
        _ => None,
    }
}

/// Checks what stands before the brace.
fn head(block: &Block, report: &mut Report) {
    if let Some(token) = &block.unsafety {
        report.on(
            token,
            "expected `extern \"Python\"`, found `unsafe extern`: calling Python asks nothing of \
             the caller",
            "remove `unsafe`",
        );
    }
    match &block.abi {
        None => report.on(
            block.extern_token,
            "expected `extern \"Python\"`, found no language",
            "write `extern \"Python\" { .. }`",
        ),
        Some(abi) if abi.value() != "Python" => report.on(
            abi,
            format_args!(
                "expected `extern \"Python\"`, found `extern {}`",
                abi.to_token_stream()
            ),
            "write `\"Python\"`",
        ),
        Some(_) => {}
    }
}

fn class<'a>(item: &'a Class, report: &mut Report) -> ClassItem<'a> {
    let name = attributes::of_class(&item.attrs, report);
    if !item.rest.is_empty() {
        report.on(
            TokenStream::clone(&item.rest),
            format_args!("expected `;` after the name, found `{}`", item.rest),
            format_args!(
                "write `type {};`: a class of Python's has a name alone",
                item.ident
            ),
        );
    }
    ClassItem {
        attrs: item
            .attrs
            .iter()
            .filter(|attr| !attributes::is_ours(attr))
            .collect(),
        vis: &item.vis,
        ident: &item.ident,
        name: name.unwrap_or_else(|| item.ident.unraw().to_string()),
    }
}

/// Reports names that are declared twice, unless a `#[cfg]` may choose between them.
fn duplicates(classes: &[ClassItem], members: &[Member], report: &mut Report) {
    let mut types = HashSet::new();
    for class in classes {
        let chosen = class.attrs.iter().any(|attr| attr.path().is_ident("cfg"));
        if !chosen && !types.insert(class.ident.unraw().to_string()) {
            report.on(
                class.ident,
                format_args!("expected each type once, found a second `{}`", class.ident),
                "remove one, or give the class another name in Rust with `#[name = \"..\"]`",
            );
        }
    }
    let mut functions = HashSet::new();
    for member in members {
        let ident = &member.sig.ident;
        let chosen = member.attrs.iter().any(|attr| attr.path().is_ident("cfg"));
        if !chosen && !functions.insert((member.class, ident.unraw().to_string())) {
            report.on(
                ident,
                format_args!("expected each function once, found a second `{ident}`"),
                "rename one, and say what Python calls it with `#[name = \"..\"]`",
            );
        }
    }
}
