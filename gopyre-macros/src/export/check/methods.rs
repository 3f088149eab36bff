//! The functions of an `impl`: constructor, methods, static and class methods, properties, dunders.

use super::attributes::{self, Marks, Place};
use super::{dunders, functions, names, output, parameters};
use crate::export::annotation::{Classes, bare, inner};
use crate::export::model::{
    Body, Call, Default, Function, Kind, Missing, Outcome, Parameter, ParameterKind, Passing,
    Receiver,
};
use crate::report::Report;
use crate::script::check::result_value;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{FnArg, Ident, ImplItemFn, Pat, ReturnType, Signature, Type};

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
    let doc = attributes::doc(&item.attrs);
    let marks = attributes::take(&mut item.attrs, Place::Method, report);
    let sig = &mut item.sig;
    functions::qualifiers(sig, report);
    let (kind, receiver) = receiver(sig, &marks, classes, report)?;
    let role = role(sig, &marks, receiver, report);
    let name = name(sig, &marks, role, report);
    let explicit = usize::from(receiver == Receiver::Object);
    let mut parameters =
        parameters::parameters(functions::typed(sig).skip(explicit), classes, report);
    let dunder = dunders::is_dunder(&name).then(|| dunders::of(&name));
    if let Some(dunder) = &dunder {
        count(sig, &name, dunder, &mut parameters, report);
    }
    let (outcome, returns) = match role {
        Role::Constructor => {
            constructed(sig, &this, classes, report);
            (Outcome::Initialize, "None".to_owned())
        }
        _ => outcome(sig, &name, dunder.as_ref(), &parameters, classes, report),
    };
    accessor(role, sig, &parameters, report);
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

/// Tells what a method is called on.
fn receiver(
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
    let by_reference = match bare(&own.ty) {
        Type::Reference(reference) => classes.of(&reference.elem).is_some(),
        _ => false,
    };
    let exclusive = match &*own.ty {
        Type::Reference(reference) => reference.mutability.is_some(),
        _ => false,
    };
    if by_reference {
        return Some(match exclusive {
            true => (Kind::Method, Receiver::Exclusive),
            false => (Kind::Method, Receiver::Shared),
        });
    }
    let known = classes.known.iter().find(|class| class.ident == *this)?;
    let by_value = classes.of(&own.ty).is_some();
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

/// Checks how many parameters a dunder has, and marks operands.
fn count(
    sig: &Signature,
    name: &str,
    dunder: &dunders::Dunder,
    parameters: &mut [Parameter],
    report: &mut Report,
) {
    let all = |parameter: &Parameter| parameter.kind == ParameterKind::Args;
    if let Some(wanted) = dunder.parameters
        && wanted != parameters.len()
        && !parameters.iter().any(all)
    {
        let count = |count: usize| match count {
            0 => "no parameters".to_owned(),
            1 => "one parameter".to_owned(),
            count => format!("{count} parameters"),
        };
        report.on(
            &sig.ident,
            format_args!(
                "expected `{name}` with {} besides `self`, found {}",
                count(wanted),
                count(parameters.len()),
            ),
            "write it as Python calls it",
        );
    }
    if dunder.operator {
        for parameter in parameters.iter_mut() {
            parameter.operand = parameter.kind == ParameterKind::Plain;
        }
        if let ("__eq__" | "__ne__", [only]) = (name, parameters) {
            only.annotation = "object".to_owned();
        }
    }
}

/// Checks what a constructor returns.
fn constructed(sig: &Signature, this: &Ident, classes: &Classes, report: &mut Report) {
    let good = match &sig.output {
        ReturnType::Default => false,
        ReturnType::Type(_, ty) => {
            let is_this = |ty: &Type| classes.of(ty).is_some_and(|class| class.ident == *this);
            is_this(ty) || first_argument(ty).is_some_and(is_this) && inner(ty, "Option").is_none()
        }
    };
    if good {
        return;
    }
    let at: TokenStream = match &sig.output {
        ReturnType::Default => sig.ident.to_token_stream(),
        ReturnType::Type(_, ty) => quote!(#ty),
    };
    let found = match &sig.output {
        ReturnType::Default => "nothing".to_owned(),
        ReturnType::Type(_, ty) => format!("`{}`", ty.to_token_stream()).replace(' ', ""),
    };
    report.on(
        at,
        format_args!("expected `new` to return its class, found {found}"),
        "return `Self` or `Result<Self>`, or give the function another name",
    );
}

fn first_argument(ty: &Type) -> Option<&Type> {
    if let Some(value) = result_value(ty) {
        return value;
    }
    let Type::Path(path) = bare(ty) else {
        return None;
    };
    let last = path.path.segments.last()?;
    let wraps = ["Box", "Rc", "Arc", "Vec"];
    if wraps.iter().any(|wrap| last.ident == wrap) {
        return None;
    }
    let arguments = crate::export::annotation::arguments(&last.arguments);
    arguments.first().copied()
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

/// Checks the shape of a getter or a setter.
fn accessor(role: Role, sig: &Signature, parameters: &[Parameter], report: &mut Report) {
    let (wanted, what, mend) = match role {
        Role::Get => (0, "a getter without parameters", "remove it, or `#[get]`"),
        Role::Set => (
            1,
            "a setter with one parameter",
            "take the new value alone, as in `value: i64`",
        ),
        _ => return,
    };
    if parameters.len() != wanted {
        report.on(
            &sig.ident,
            format_args!("expected {what}, found {}", parameters.len()),
            mend,
        );
    }
    let ReturnType::Type(_, ty) = &sig.output else {
        if role == Role::Get {
            report.on(
                &sig.ident,
                "expected a getter to return the value, found nothing",
                "return it, as in `-> i64`",
            );
        }
        return;
    };
    let value = output::value(&sig.output);
    let unit = value.is_none_or(|ty| matches!(bare(ty), Type::Tuple(t) if t.elems.is_empty()));
    if role == Role::Set && !unit {
        report.on(
            ty,
            "expected a setter to return nothing, found a type",
            "write `-> Result<()>`, or return nothing",
        );
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
