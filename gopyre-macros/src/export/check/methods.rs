//! The functions of an `impl`: constructor, methods, static and class methods, properties, dunders.

mod receiver;
mod shape;

use super::attributes::{self, Marks, Place};
use super::{docs, dunders, functions, names, output, parameters};
use crate::export::annotation::{Classes, bare, inner};
use crate::export::model::{
    Body, Call, Default, Function, Missing, Outcome, Parameter, ParameterKind, Passing, Receiver,
};
use crate::report::Report;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{FnArg, Ident, ImplItemFn, ReturnType, Signature, Type};

/// What a method is to Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Constructor,
    Method,
    Get,
    Set,
}

/// A checked method.
pub(super) struct Method {
    pub(super) role: Role,
    pub(super) ident: Ident,
    pub(super) function: Function,
}

/// Checks a `pub fn` of an `impl`; `None` only if something was reported.
pub(super) fn method(
    item: &mut ImplItemFn,
    class: &str,
    classes: &Classes,
    report: &mut Report,
) -> Option<Method> {
    let this = classes.this.clone()?;
    let doc = docs::doc(&item.attrs);
    let marks = attributes::take(&mut item.attrs, Place::Method, report);
    let sig = &mut item.sig;
    functions::qualifiers(sig, report);
    let (kind, receiver) = receiver::receiver(sig, &marks, classes, report)?;
    let role = role(sig, &marks, receiver, report);
    let name = name(sig, &marks, role, report);
    let explicit = usize::from(receiver == Receiver::Object);
    let mut parameters =
        parameters::parameters(functions::typed(sig).skip(explicit), classes, report);
    let dunder = dunders::is_dunder(&name).then(|| dunders::of(&name));
    if let Some(dunder) = &dunder {
        shape::count(sig, &name, dunder, &mut parameters, report);
    }
    let (outcome, returns) = match role {
        Role::Constructor => {
            shape::constructed(sig, &this, classes, report);
            let at = match &sig.output {
                ReturnType::Type(_, ty) => ty.span(),
                ReturnType::Default => sig.ident.span(),
            };
            (Outcome::Initialize(at), "None".to_owned())
        }
        _ => outcome(sig, &name, dunder.as_ref(), &parameters, classes, report),
    };
    shape::accessor(role, sig, &parameters, report);
    let label = match role {
        Role::Constructor => format!("{class}.__init__"),
        _ => format!("{class}.{name}"),
    };
    Some(Method {
        role,
        ident: sig.ident.clone(),
        function: Function {
            cfg: attributes::cfg(&item.attrs),
            name: match role {
                Role::Constructor => "__init__".to_owned(),
                _ => name,
            },
            label,
            doc,
            kind,
            class: Some(this.clone()),
            parameters,
            returns,
            body: Body::Call(Box::new(Call {
                target: functions::path(&this, &sig.ident),
                receiver,
                detach: marks.detach.is_some(),
                outcome,
            })),
        },
    })
}

/// Tells what a function is by its name and its attributes.
fn role(sig: &Signature, marks: &Marks, receiver: Receiver, report: &mut Report) -> Role {
    let accessor = match (&marks.get, &marks.set) {
        (Some(_), Some(second)) => {
            report.on(
                second,
                "expected `#[get]` or `#[set]`, found both",
                "write a function for each: `fn size(&self)` and `fn set_size(&mut self, size: u8)`",
            );
            return Role::Method;
        }
        (Some(get), None) => Some((get, Role::Get)),
        (None, Some(set)) => Some((set, Role::Set)),
        (None, None) => None,
    };
    if let Some((attr, role)) = accessor {
        if receiver == Receiver::None || marks.classmethod.is_some() {
            let path = attr.path().to_token_stream();
            report.on(
                attr,
                format_args!("expected `#[{path}]` on a function with `self`, found none"),
                "take `&self` first, or remove the attribute",
            );
        }
        return role;
    }
    if sig.ident != "new" {
        return Role::Method;
    }
    if let Some(FnArg::Receiver(own)) = sig.inputs.first() {
        let mut own = own.clone();
        own.attrs.clear();
        report.on(
            own,
            "expected a constructor without `self`, found it: `new` is what makes an instance",
            "remove it, or give the method another name",
        );
    }
    if let Some(name) = &marks.name {
        report.on(
            name,
            "expected no `#[name]` on the constructor, found one: it is called by the class's name",
            "remove it, or put it on the struct",
        );
    }
    Role::Constructor
}

/// What Python calls a method.
fn name(sig: &Signature, marks: &Marks, role: Role, report: &mut Report) -> String {
    let name = names::of_item(&sig.ident, marks.name.as_ref(), report);
    if let Some(how) = dunders::refused(&name) {
        report.on(
            &sig.ident,
            format_args!("expected a method that Rust may have, found `{name}`"),
            how,
        );
    }
    match name.strip_prefix("set_") {
        Some(rest) if role == Role::Set && marks.name.is_none() && !rest.is_empty() => {
            rest.to_owned()
        }
        _ => name,
    }
}

/// Tells what becomes of the result of a method, and what stubs say of it.
fn outcome(
    sig: &Signature,
    name: &str,
    dunder: Option<&dunders::Dunder>,
    parameters: &[Parameter],
    classes: &Classes,
    report: &mut Report,
) -> (Outcome, String) {
    let value = output::value(&sig.output);
    let is_unit = match value {
        None => matches!(sig.output, ReturnType::Default),
        Some(ty) => matches!(bare(ty), Type::Tuple(tuple) if tuple.elems.is_empty()),
    };
    if is_unit && dunder.is_some_and(|dunder| dunder.in_place) {
        return (Outcome::Receiver, "Self".to_owned());
    }
    let missing = match (name, parameters) {
        ("__next__", _) => Some(Missing::Stop),
        ("__getitem__", [key]) if key.annotation == "int" => Some(Missing::Index),
        ("__getitem__", _) => Some(Missing::Key),
        _ => None,
    };
    let some = value.and_then(|ty| inner(ty, "Option"));
    let some = some.map(output::inside);
    match (missing, some) {
        (Some(missing), Some(some)) => (
            Outcome::OrRaise(missing, output::of_type(some, classes, report)),
            classes.annotation(some, crate::export::annotation::Side::Result),
        ),
        _ => (
            Outcome::Returned(output::output(&sig.output, classes, report)),
            classes.returns(&sig.output),
        ),
    }
}

/// The parameter of a setter that a field has.
pub(super) fn field_value(annotation: String, passing: Passing) -> Parameter {
    Parameter {
        name: "value".to_owned(),
        kind: ParameterKind::Plain,
        default: None::<Default>,
        annotation,
        passing,
        operand: false,
    }
}
