//! How a value that Python gives gets to a Rust parameter.

use crate::export::annotation::{Classes, bare, inner};
use crate::export::model::Passing;
use crate::export::tokens::local;
use crate::report::Report;
use quote::{ToTokens, quote};
use syn::visit::{self, Visit};
use syn::{Lifetime, Type, TypeImplTrait, TypeReference, TypeTraitObject};

/// Tells how a parameter of this type is passed; `None` only if something was reported.
pub(super) fn passing(ty: &Type, classes: &Classes, report: &mut Report) -> Option<Passing> {
    let this = classes.this.as_ref();
    let plain = |ty: &Type, report: &mut Report| {
        let mut check = Owned {
            classes,
            report,
            good: true,
        };
        check.visit_type(ty);
        check.good
    };
    if let Some(class) = classes.of(ty) {
        if !class.cloned {
            report.on(ty, no_clone(&class.ident), mend_clone(&class.ident));
            return None;
        }
        return Some(Passing::Cloned(local(ty, this)));
    }
    if let Some(some) = inner(ty, "Option") {
        if let Some(class) = classes.of(some) {
            if !class.cloned {
                report.on(ty, no_clone(&class.ident), mend_clone(&class.ident));
                return None;
            }
            return Some(Passing::OptionCloned(local(some, this)));
        }
        if let Type::Reference(reference) = bare(some) {
            return optional(reference, classes, report);
        }
    }
    let Type::Reference(reference) = bare(ty) else {
        return plain(ty, report).then(|| Passing::Value(local(ty, this)));
    };
    is_short(reference, report)?;
    let elem = bare(&reference.elem);
    match (classes.of(elem), &reference.mutability) {
        (Some(_), None) => return Some(Passing::Shared(local(elem, this))),
        (Some(_), Some(_)) => return Some(Passing::Exclusive(local(elem, this))),
        (None, Some(_)) => {
            let elem = elem.to_token_stream().to_string().replace(' ', "");
            report.on(
                ty,
                format_args!(
                    "expected an exported struct behind `&mut`, found `{elem}`: Python would not \
                     see it change"
                ),
                "take it by value and return it, or take an `Object` and change that",
            );
            return None;
        }
        (None, None) => {}
    }
    let good = match unsized_of(elem) {
        Some(Unsized::Slice(item)) => plain(item, report),
        Some(_) => true,
        None => plain(elem, report),
    };
    good.then(|| Passing::Reference(read_as(elem, classes)))
}

/// `Option<&T>`.
fn optional(reference: &TypeReference, classes: &Classes, report: &mut Report) -> Option<Passing> {
    is_short(reference, report)?;
    let elem = bare(&reference.elem);
    let class = classes.of(elem);
    if reference.mutability.is_some() {
        let (wrong, mend) = match class {
            Some(class) => (
                "expected `&` in an `Option`, found `&mut`".to_owned(),
                format!("take `Option<&{0}>`, or `&mut {0}` always", class.ident),
            ),
            None => (
                "expected a value in an `Option`, found `&mut`: Python would not see it change"
                    .to_owned(),
                "take it by value".to_owned(),
            ),
        };
        report.on(reference, wrong, mend);
        return None;
    }
    let this = classes.this.as_ref();
    if class.is_some() {
        return Some(Passing::OptionShared(local(elem, this)));
    }
    let checked = match unsized_of(elem) {
        Some(Unsized::Slice(item)) => item,
        Some(_) => return Some(Passing::OptionDeref(read_as(elem, classes))),
        None => elem,
    };
    let mut check = Owned {
        classes,
        report,
        good: true,
    };
    check.visit_type(checked);
    if !check.good {
        return None;
    }
    let read = read_as(elem, classes);
    Some(match unsized_of(elem) {
        Some(_) => Passing::OptionDeref(read),
        None => Passing::OptionRef(read),
    })
}

/// What only exists behind a reference.
pub(super) enum Unsized<'a> {
    Text,
    Bytes,
    Path,
    Slice(&'a Type),
}

pub(super) fn unsized_of(ty: &Type) -> Option<Unsized<'_>> {
    match bare(ty) {
        Type::Slice(slice) if is_byte(&slice.elem) => Some(Unsized::Bytes),
        Type::Slice(slice) => Some(Unsized::Slice(&slice.elem)),
        Type::Path(path) if path.path.is_ident("str") => Some(Unsized::Text),
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            (last.ident == "Path" && last.arguments.is_none()).then_some(Unsized::Path)
        }
        _ => None,
    }
}

fn is_byte(ty: &Type) -> bool {
    matches!(bare(ty), Type::Path(path) if path.path.is_ident("u8"))
}

/// The type that is read where a reference to `elem` is passed.
fn read_as(elem: &Type, classes: &Classes) -> proc_macro2::TokenStream {
    let elem_type = |ty: &Type| local(ty, classes.this.as_ref());
    match unsized_of(elem) {
        Some(Unsized::Text) => quote!(::gopyre::__private::export::Text<'_>),
        Some(Unsized::Bytes) => quote!(::gopyre::__private::export::Bytes<'_>),
        Some(Unsized::Path) => quote!(::std::path::PathBuf),
        Some(Unsized::Slice(item)) => {
            let item = elem_type(item);
            quote!(::std::vec::Vec<#item>)
        }
        None => elem_type(elem),
    }
}

/// Refuses `&'static`.
fn is_short(reference: &TypeReference, report: &mut Report) -> Option<()> {
    match &reference.lifetime {
        Some(lifetime) if lifetime.ident == "static" => {
            stat(lifetime, report);
            None
        }
        _ => Some(()),
    }
}

fn stat(lifetime: &Lifetime, report: &mut Report) {
    report.on(
        lifetime,
        "expected a reference for the time of the call, found `'static`",
        "remove `'static`, or take an owned value",
    );
}

fn no_clone(class: &syn::Ident) -> String {
    format!("expected `&{class}`, found `{class}`: the instance stays Python's, and is no `Clone`")
}

fn mend_clone(class: &syn::Ident) -> String {
    format!(
        "take `&{class}`, or put `#[derive(Clone)]` on `{class}`, so that its value can be copied"
    )
}

/// The name of the class that is somewhere in a type.
pub(super) fn class_in(ty: &Type, classes: &Classes) -> Option<String> {
    let bare = match bare(ty) {
        Type::Reference(reference) => &reference.elem,
        other => other,
    };
    classes.of(bare).map(|class| class.ident.to_string())
}

/// Reports each part of a type that cannot be read as an owned value.
struct Owned<'a> {
    classes: &'a Classes,
    report: &'a mut Report,
    good: bool,
}

impl<'ast> Visit<'ast> for Owned<'_> {
    fn visit_type(&mut self, ty: &'ast Type) {
        if let Some(class) = self.classes.of(ty) {
            self.good = false;
            let class = &class.ident;
            self.report.on(
                ty,
                format_args!(
                    "expected `&{class}`, `&mut {class}` or `Option<&{class}>` by itself, found it \
                     in another type"
                ),
                "take an `Object` there",
            );
            return;
        }
        visit::visit_type(self, ty);
    }

    fn visit_type_reference(&mut self, ty: &'ast TypeReference) {
        self.good = false;
        let owned = match bare(&ty.elem) {
            Type::Path(path) if path.path.is_ident("str") => "take a `String` there",
            Type::Slice(_) => "take a `Vec` there",
            _ => "take the value itself",
        };
        self.report.on(
            ty,
            "expected owned values in another type, found a reference",
            owned,
        );
    }

    fn visit_type_impl_trait(&mut self, ty: &'ast TypeImplTrait) {
        self.good = false;
        self.report.on(
            ty,
            "expected the type of the parameter, found `impl Trait`: what Python passes is read as \
             one type",
            "name the type, as in `Vec<f64>`; a callable is an `Object`",
        );
    }

    fn visit_type_trait_object(&mut self, ty: &'ast TypeTraitObject) {
        self.good = false;
        self.report.on(
            ty,
            "expected the type of the parameter, found `dyn Trait`: what Python passes is read as \
             one type",
            "name the type, as in `Vec<f64>`; a callable is an `Object`",
        );
    }

    fn visit_type_fn_ptr(&mut self, ty: &'ast syn::TypeFnPtr) {
        self.good = false;
        self.report.on(
            ty,
            "expected a value that Python can pass, found a Rust function",
            "take an `Object`, and call that",
        );
    }

    fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
        if lifetime.ident == "static" {
            self.good = false;
            stat(lifetime, self.report);
        }
    }
}
