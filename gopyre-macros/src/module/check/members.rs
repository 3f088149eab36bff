//! The functions: free ones, and those of a class.

use super::{Member, Role, attributes, parameters};
use crate::module::parse::Class;
use crate::nearest::nearest;
use crate::report::Report;
use crate::script::check::{self, Output};
use crate::script::parse::Declaration;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Attribute, FnArg, Ident, LitStr, Receiver, ReceiverKind, ReturnType, Signature, Type};

/// What a function can refer to.
pub(super) struct Scope<'a> {
    /// Every class of the block.
    pub(super) declared: &'a [&'a Class],
    /// How many of them stand above the function.
    pub(super) above: usize,
}

impl Scope<'_> {
    fn find(&self, ident: &Ident) -> Option<usize> {
        self.declared.iter().position(|class| class.ident == *ident)
    }

    /// The class that was declared last.
    fn last(&self) -> Option<usize> {
        self.above.checked_sub(1)
    }

    /// The name of a class for an example.
    fn example(&self) -> String {
        let class = self.last().unwrap_or_default();
        let class = self.declared.get(class);
        class.map_or("Counter".to_owned(), |class| class.ident.to_string())
    }
}

/// Checks a function; `None` only if something was reported.
pub(super) fn member<'a>(
    declaration: &'a Declaration,
    scope: &Scope<'_>,
    report: &mut Report,
) -> Option<Member<'a>> {
    let mut sig = declaration.sig.clone();
    let (mark, name) = attributes::of_function(&declaration.attrs, report);
    check::qualifiers(&sig, "a Python function", report);
    if let Some(body) = &declaration.body {
        report.on(
            body,
            "expected `;`, found a body: the Python code is the body",
            "end the declaration with `;`",
        );
    }
    let receiver = sig.receiver().cloned();
    let role = role(mark, receiver.as_ref(), &sig, scope, report);
    let parameters = parameters::parameters(&mut sig, report);
    let output = check::output(&sig.output, report);
    let class = match role {
        Role::Function => Some(None),
        Role::Method | Role::Get | Role::Set => match &receiver {
            Some(receiver) => class_of(receiver, scope, report).map(Some),
            None => None,
        },
        Role::Static => scope.last().map(Some),
        Role::New => constructed(&sig, output, scope, report).map(Some),
    };
    accessor(role, &sig, &parameters, output, report);
    let name = python_name(role, &sig.ident, name, mark, report);
    if receiver.is_some()
        && let Some(FnArg::Receiver(receiver)) = sig.inputs.first_mut()
    {
        receiver_of_an_impl(receiver);
    }
    Some(Member {
        attrs: attributes::without_ours(&declaration.attrs),
        vis: &declaration.vis,
        sig,
        role,
        class: class?,
        name,
        parameters,
        output,
    })
}

/// Tells what a function is by its mark and its receiver.
fn role(
    mark: Option<(Role, &Attribute)>,
    receiver: Option<&Receiver>,
    sig: &Signature,
    scope: &Scope<'_>,
    report: &mut Report,
) -> Role {
    let Some((role, attr)) = mark else {
        return match receiver {
            Some(_) => Role::Method,
            None => Role::Function,
        };
    };
    let class = scope.example();
    let path = attr.path().to_token_stream();
    match (role, receiver) {
        (Role::New | Role::Static, Some(receiver)) => report.on(
            plain(receiver),
            format_args!("expected `#[{path}]` on a function without `self`, found one with it"),
            format_args!("remove `self` or `#[{path}]`"),
        ),
        (Role::Get | Role::Set, None) => report.on(
            &sig.ident,
            format_args!("expected `#[{path}]` on a function with `self`, found none"),
            format_args!("take `self: &{class}` as the first parameter"),
        ),
        (Role::Static, None) if scope.last().is_none() => report.on(
            attr,
            format_args!("expected a type above `#[{path}]`, found none"),
            "declare the class before it, as in `type Counter;`",
        ),
        _ => {}
    }
    role
}

/// A receiver without its attributes.
fn plain(receiver: &Receiver) -> Receiver {
    let mut plain = receiver.clone();
    plain.attrs.clear();
    plain
}

/// Returns the name that stands in `self: &Name`.
pub(in crate::module) fn receiver_class(receiver: &Receiver) -> Option<&Ident> {
    let ReceiverKind::Typed(_, ty) = &receiver.kind else {
        return None;
    };
    match &**ty {
        Type::Reference(reference) if reference.mutability.is_none() => match &*reference.elem {
            Type::Path(path) => path.path.get_ident(),
            _ => None,
        },
        _ => None,
    }
}

/// Finds the class of a receiver.
fn class_of(receiver: &Receiver, scope: &Scope<'_>, report: &mut Report) -> Option<usize> {
    for attr in &receiver.attrs {
        report.on(
            attr,
            "expected `self` without attributes, found one",
            "remove it",
        );
    }
    let example = scope.example();
    let Some(ident) = receiver_class(receiver) else {
        let found = plain(receiver).to_token_stream().to_string();
        let found = found.replace("& ", "&").replace(" :", ":");
        let found = found.replace(" < ", "<").replace(" >", ">");
        // The class may be in there, in another wrapping.
        let mut words = found.split(|c: char| !c.is_alphanumeric() && c != '_');
        let named = words.find(|word| scope.declared.iter().any(|class| class.ident == *word));
        let class = named.unwrap_or(&example);
        report.on(
            plain(receiver),
            format_args!("expected `self` with its class, found `{found}`"),
            format_args!("write `self: &{class}`; a handle needs no more to be called"),
        );
        return None;
    };
    let found = scope.find(ident);
    if found.is_none() {
        let names = scope.declared.iter().map(|class| class.ident.to_string());
        let mend = match nearest(&ident.to_string(), names) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("declare it with `type {ident};`"),
        };
        report.on(
            ident,
            format_args!("expected a type of this block, found `{ident}`"),
            mend,
        );
    }
    found
}

/// Finds the class that a constructor returns.
fn constructed(
    sig: &Signature,
    output: Output,
    scope: &Scope<'_>,
    report: &mut Report,
) -> Option<usize> {
    let example = scope.example();
    let ReturnType::Type(_, ty) = &sig.output else {
        report.on(
            &sig.ident,
            "expected a constructor to return its class, found nothing",
            format_args!("write `-> Result<{example}>`"),
        );
        return None;
    };
    let value = match output {
        Output::Result => check::result_value(ty).flatten(),
        Output::Plain => Some(&**ty),
    };
    let ident = match value {
        Some(Type::Path(path)) => path.path.get_ident(),
        _ => None,
    };
    let found = match ident {
        Some(ident) if ident == "Self" => scope.last(),
        Some(ident) => scope.find(ident),
        None => None,
    };
    if found.is_none() {
        let shown = value.map_or(ty.to_token_stream(), ToTokens::to_token_stream);
        let names = scope.declared.iter().map(|class| class.ident.to_string());
        let mend = match (nearest(&shown.to_string(), names), ident) {
            (Some(meant), _) => format!("did you mean `{meant}`?"),
            (None, Some(ident)) if is_class_like(ident) => {
                format!("declare it with `type {ident};`")
            }
            _ => format!("write `-> Result<{example}>`, with a type of this block"),
        };
        report.on(
            &shown,
            format_args!("expected a constructor to return a type of this block, found `{shown}`"),
            mend,
        );
    }
    found
}

/// Whether a name may be meant as that of a class.
fn is_class_like(ident: &Ident) -> bool {
    ident != "Self" && ident != "String" && ident.to_string().starts_with(char::is_uppercase)
}

/// Checks the shape of a getter or a setter.
fn accessor(
    role: Role,
    sig: &Signature,
    parameters: &[super::Parameter],
    output: Output,
    report: &mut Report,
) {
    if !matches!(role, Role::Get | Role::Set) {
        return;
    }
    let typed: Vec<&FnArg> = sig
        .inputs
        .iter()
        .filter(|a| matches!(a, FnArg::Typed(_)))
        .collect();
    let wanted = usize::from(role == Role::Set);
    if let Some(extra) = typed.get(wanted) {
        let (what, mend) = match role {
            Role::Get => (
                "a getter without parameters",
                "remove it, or declare a method without `#[get]`",
            ),
            _ => (
                "a setter with one parameter",
                "remove it, or declare a method without `#[set]`",
            ),
        };
        report.on(
            extra,
            format_args!("expected {what}, found {}", typed.len()),
            mend,
        );
    } else if typed.len() < wanted {
        report.on(
            &sig.ident,
            "expected a setter with one parameter, found none",
            "take the new value, as in `value: i64`",
        );
    }
    if role == Role::Get {
        return;
    }
    for parameter in parameters
        .iter()
        .filter(|parameter| parameter.keyword.is_some())
    {
        report.on(
            &parameter.ident,
            "expected a setter's value without `#[kw]`, found it",
            "remove `#[kw]`; an attribute has no parameters",
        );
    }
    if let ReturnType::Type(_, ty) = &sig.output {
        let value = match output {
            Output::Result => check::result_value(ty).flatten(),
            Output::Plain => Some(&**ty),
        };
        let unit = |ty: &&Type| !matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty());
        if let Some(ty) = value.filter(unit) {
            report.on(
                ty,
                "expected a setter to return nothing, found a type",
                "write `-> Result<()>`",
            );
        }
    }
}

/// What Python calls a function.
fn python_name(
    role: Role,
    ident: &Ident,
    name: Option<LitStr>,
    mark: Option<(Role, &Attribute)>,
    report: &mut Report,
) -> String {
    if let Some(name) = name {
        attributes::identifier(&name, role == Role::Function, report);
        if let (Role::New, Some((_, attr))) = (role, mark) {
            let path = attr.path().to_token_stream();
            report.on(
                &name,
                format_args!("expected no `#[name]` beside `#[{path}]`, found one"),
                "put it on the type: calling the class is the constructor",
            );
        }
        return name.value();
    }
    let own = ident.unraw().to_string();
    match own.strip_prefix("set_") {
        Some(rest) if role == Role::Set && !rest.is_empty() => rest.to_owned(),
        _ => own,
    }
}

/// `self: &'a Class` becomes `&'a self`, as the function is to stand in an impl.
fn receiver_of_an_impl(receiver: &mut Receiver) {
    let ReceiverKind::Typed(_, ty) = &receiver.kind else {
        return;
    };
    if let Type::Reference(to) = &**ty {
        receiver.kind = ReceiverKind::Reference(to.and_token, to.lifetime.clone(), None);
    }
}
