//! What items say of themselves.

use crate::export::annotation::bare;
use crate::report::Report;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprLit, Ident, ImplItem, ItemImpl, Lit, Meta, Type, Visibility};

/// The last names of what is derived.
pub(super) fn derived(attrs: &[Attribute]) -> Vec<String> {
    let mut names = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("derive")) {
        // What is no list of traits is reported by rustc.
        let _ = attr.parse_nested_meta(|meta| {
            let last = meta.path.segments.last();
            names.extend(last.map(|segment| segment.ident.to_string()));
            Ok(())
        });
    }
    names
}

/// Whether an item is `pub`, and nothing less.
pub(in crate::export) fn is_public(vis: &Visibility) -> bool {
    matches!(vis, Visibility::Public(_))
}

/// The name of the type that an `impl` is for, where that is a path of names.
pub(super) fn target(item: &ItemImpl) -> Option<&Ident> {
    let ty = match &*item.self_ty {
        Type::Reference(reference) => &reference.elem,
        ty => ty,
    };
    match bare(ty) {
        Type::Path(path) if path.qself.is_none() => {
            path.path.segments.last().map(|segment| &segment.ident)
        }
        _ => None,
    }
}

/// Reports an `impl` that stands apart from its type.
pub(super) fn apart(item: &ItemImpl, ident: &Ident, report: &mut Report) {
    let public = |item: &ImplItem| match item {
        ImplItem::Fn(function) => is_public(&function.vis),
        ImplItem::Const(constant) => is_public(&constant.vis),
        _ => false,
    };
    if item.trait_.is_none() && item.items.iter().any(public) {
        report.at(
            item.self_ty.span(),
            format_args!(
                "expected the `impl` beside its struct, found `{}` of another module",
                item.self_ty.to_token_stream().to_string().replace(' ', "")
            ),
            format_args!("move it into the module that has `struct {ident}`"),
        );
    }
}

/// The name that an item is given, before its attributes are checked.
pub(super) fn peek_name(attrs: &[Attribute]) -> Option<String> {
    let attr = attrs.iter().find(|attr| attr.path().is_ident("name"))?;
    match &attr.meta {
        Meta::NameValue(meta) => match &meta.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}
