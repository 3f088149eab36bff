//! What a method is called on.

use crate::export::annotation::{Classes, bare};
use crate::export::check::attributes::Marks;
use crate::export::model::{Kind, Receiver};
use crate::report::Report;
use quote::ToTokens;
use syn::{FnArg, Pat, ReceiverKind, Signature, Type};

/// Tells what a method is called on.
pub(super) fn receiver(
    sig: &Signature,
    marks: &Marks,
    classes: &Classes,
    report: &mut Report,
) -> Option<(Kind, Receiver)> {
    let this = classes.this.as_ref()?;
    let own = match sig.inputs.first() {
        Some(FnArg::Receiver(own)) => own,
        first => {
            let object = first.is_some_and(is_object);
            let named = first.is_some_and(|first| is_named(first, "self_"));
            if let Some(mark) = &marks.classmethod {
                if !object {
                    report.on(
                        mark,
                        "expected the class as the first parameter of a class method, found none",
                        "take `class: &Object` first, or remove `#[classmethod]`",
                    );
                    return None;
                }
                return Some((Kind::Class, Receiver::Object));
            }
            return Some(match (object && named, sig.ident == "new") {
                (true, false) => (Kind::Method, Receiver::Object),
                (_, true) => (Kind::Method, Receiver::None),
                (false, false) => (Kind::Static, Receiver::None),
            });
        }
    };
    if let Some(mark) = &marks.classmethod {
        report.on(
            mark,
            "expected a class method without `self`, found it",
            "take `class: &Object` in place of `self`, or remove `#[classmethod]`",
        );
    }
    if let Some(attr) = own.attrs.first() {
        report.on(
            attr,
            "expected `self` without attributes, found one",
            "remove it",
        );
    }
    let known = classes.known.iter().find(|class| class.ident == *this)?;
    let (by_value, by_reference) = match &own.kind {
        ReceiverKind::Value => (true, None),
        ReceiverKind::Reference(_, _, mutability) => (false, Some(mutability)),
        ReceiverKind::Typed(_, ty) => match bare(ty) {
            Type::Reference(to) if classes.of(&to.elem).is_some() => (false, Some(&to.mutability)),
            ty => (classes.of(ty).is_some(), None),
        },
        _ => (false, None),
    };
    if let Some(mutability) = by_reference {
        return Some(match mutability {
            Some(_) => (Kind::Method, Receiver::Exclusive),
            None => (Kind::Method, Receiver::Shared),
        });
    }
    if by_value && known.cloned {
        return Some((Kind::Method, Receiver::Cloned));
    }
    let mut found = own.clone();
    found.attrs.clear();
    let (wrong, mend) = match by_value {
        true => (
            "expected `&self` or `&mut self`, found `self`: the instance stays Python's".to_owned(),
            format!(
                "take `&self`, or put `#[derive(Clone)]` on `{this}`, so that its value can be \
                 copied"
            ),
        ),
        false => (
            format!(
                "expected `&self` or `&mut self`, found `{}`",
                found.to_token_stream().to_string().replace(' ', "")
            ),
            "take `&self`, or `self_: &Object` for the instance as Python has it".to_owned(),
        ),
    };
    report.on(found, wrong, mend);
    None
}

fn is_named(input: &FnArg, name: &str) -> bool {
    match input {
        FnArg::Typed(typed) => match &*typed.pat {
            Pat::Ident(pattern) => pattern.ident == name,
            _ => false,
        },
        FnArg::Receiver(_) => false,
    }
}

/// Whether a parameter is an `&Object`.
fn is_object(input: &FnArg) -> bool {
    let FnArg::Typed(typed) = input else {
        return false;
    };
    let Type::Reference(reference) = bare(&typed.ty) else {
        return false;
    };
    let Type::Path(path) = bare(&reference.elem) else {
        return false;
    };
    let last = path.path.segments.last();
    reference.mutability.is_none() && last.is_some_and(|last| last.ident == "Object")
}
