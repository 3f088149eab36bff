//! The parameters of a function: how Python passes each, and what stands in for one that is missing.

use super::attributes::{self, Marks, Place};
use super::names;
use super::passing::{self, class_in};
use crate::export::annotation::{ANY, Classes, Side, arguments, bare, inner};
use crate::export::model::{Default, Parameter, ParameterKind, Passing};
use crate::export::{literal, tokens};
use crate::report::Report;
use crate::script::check::LINT_LEVELS;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{Attribute, Expr, ExprLit, Ident, Lit, Pat, PatType, Type};

/// Checks parameters, and takes our attributes off them.
pub(super) fn parameters<'a>(
    typed: impl Iterator<Item = &'a mut PatType>,
    classes: &Classes,
    report: &mut Report,
) -> Vec<Parameter> {
    let mut parameters: Vec<Named> = Vec::new();
    for parameter in typed {
        let marks = attributes::take(&mut parameter.attrs, Place::Parameter, report);
        others(&mut parameter.attrs, report);
        let Some(ident) = name(parameter, report) else {
            continue;
        };
        let explicit = marks.default.is_some();
        if let Some(parameter) = one(&ident, &parameter.ty, marks, classes, report) {
            parameters.push(Named {
                ident,
                parameter,
                explicit,
            });
        }
    }
    order(&mut parameters, report);
    let parameters = parameters.into_iter();
    parameters.map(|named| named.parameter).collect()
}

/// A parameter, and what errors in its order say.
struct Named {
    ident: Ident,
    parameter: Parameter,
    /// Whether its default is written there.
    explicit: bool,
}

/// Checks one parameter.
fn one(
    ident: &Ident,
    ty: &Type,
    mut marks: Marks,
    classes: &Classes,
    report: &mut Report,
) -> Option<Parameter> {
    let name = ident.unraw().to_string();
    if names::is_keyword(&name) {
        report.on(
            ident,
            format_args!("expected a name that Python code can write, found its keyword `{name}`"),
            format_args!("call the parameter `{name}_`"),
        );
    }
    let kind = match (&marks.args, &marks.kwargs) {
        (Some(_), Some(second)) => {
            report.on(
                second,
                "expected `#[args]` or `#[kwargs]`, found both",
                "take `#[args] args: Vec<Object>, #[kwargs] kwargs: HashMap<String, Object>`",
            );
            ParameterKind::Kwargs
        }
        (Some(_), None) => ParameterKind::Args,
        (None, Some(_)) => ParameterKind::Kwargs,
        (None, None) => ParameterKind::Plain,
    };
    let passing = passing::passing(ty, classes, report)?;
    if kind != ParameterKind::Plain {
        collects(kind, ty, &passing, report);
        if let Some((attr, _)) = marks.default.take() {
            report.on(
                attr,
                "expected no default where all arguments are collected, found one",
                "remove it; there may be none, and then the collection is empty",
            );
        }
    }
    Some(Parameter {
        name,
        kind,
        default: default(marks.default, ty, &passing, classes, report),
        annotation: match kind {
            ParameterKind::Args => element(ty, classes),
            ParameterKind::Kwargs => entry(ty, classes),
            _ => classes.annotation(ty, Side::Parameter),
        },
        passing,
        operand: false,
    })
}

/// Reports and removes attributes that are neither ours nor the level of a lint.
fn others(attrs: &mut Vec<Attribute>, report: &mut Report) {
    let all = std::mem::take(attrs);
    for attr in all {
        let path = attr.path().to_token_stream().to_string().replace(' ', "");
        if LINT_LEVELS.contains(&&*path) {
            attrs.push(attr);
            continue;
        }
        let (found, mend) = match &*path {
            "doc" => (
                "documentation".to_owned(),
                "move it to the documentation of the function".to_owned(),
            ),
            "cfg" | "cfg_attr" => (
                format!("`#[{path}]`"),
                format!("declare the function twice, each under its own `#[{path}]`"),
            ),
            _ => (format!("`#[{path}]`"), "remove it".to_owned()),
        };
        report.on(
            attr,
            format_args!(
                "expected `#[default(..)]`, `#[args]` or `#[kwargs]` on a parameter, found {found}"
            ),
            mend,
        );
    }
}

fn name(parameter: &PatType, report: &mut Report) -> Option<Ident> {
    let found = match &*parameter.pat {
        Pat::Ident(pattern) if pattern.subpat.is_none() => return Some(pattern.ident.clone()),
        Pat::Wild(_) => "`_`",
        _ => "a pattern",
    };
    report.on(
        &parameter.pat,
        format_args!("expected a name, found {found}: Python passes arguments by name"),
        "give the parameter one name",
    );
    None
}

/// Checks that what collects arguments can do so.
fn collects(kind: ParameterKind, ty: &Type, passing: &Passing, report: &mut Report) {
    let good = match (passing, bare(ty)) {
        (Passing::Value(_), _) => inner(ty, "Option").is_none(),
        (Passing::Reference(_), Type::Reference(reference)) => {
            match passing::unsized_of(&reference.elem) {
                Some(passing::Unsized::Slice(_)) => kind == ParameterKind::Args,
                other => other.is_none(),
            }
        }
        _ => false,
    };
    if !good {
        let (what, mend) = match kind {
            ParameterKind::Kwargs => ("a map", "take a `HashMap<String, Object>`"),
            _ => (
                "a sequence",
                "take a `Vec<Object>`, or of what the arguments are",
            ),
        };
        let found = ty.to_token_stream().to_string().replace(' ', "");
        report.on(ty, format_args!("expected {what}, found `{found}`"), mend);
    }
}

/// What each of the collected positional arguments is.
fn element(ty: &Type, classes: &Classes) -> String {
    let of = |ty: &Type| classes.annotation(ty, Side::Parameter);
    match bare(ty) {
        Type::Reference(reference) => match bare(&reference.elem) {
            Type::Slice(slice) => of(&slice.elem),
            other => element(other, classes),
        },
        Type::Path(path) => {
            let last = path.path.segments.last();
            let first = last.and_then(|last| arguments(&last.arguments).first().copied());
            first.map_or_else(|| ANY.to_owned(), of)
        }
        _ => ANY.to_owned(),
    }
}

/// What each of the collected keyword arguments is.
fn entry(ty: &Type, classes: &Classes) -> String {
    match bare(ty) {
        Type::Reference(reference) => entry(&reference.elem, classes),
        Type::Path(path) => {
            let last = path.path.segments.last();
            let second = last.and_then(|last| arguments(&last.arguments).get(1).copied());
            second.map_or_else(
                || ANY.to_owned(),
                |ty| classes.annotation(ty, Side::Parameter),
            )
        }
        _ => ANY.to_owned(),
    }
}

/// Writes what stands in for an argument that is not given.
fn default(
    given: Option<(Attribute, Expr)>,
    ty: &Type,
    passing: &Passing,
    classes: &Classes,
    report: &mut Report,
) -> Option<Default> {
    let Some((attr, expr)) = given else {
        // `order` takes this away where a parameter without a default follows.
        return inner(ty, "Option").map(|_| Default {
            text: "None".to_owned(),
            value: None,
        });
    };
    let text = literal::text(&expr);
    let is_none = text == "None" && inner(ty, "Option").is_some();
    let value = tokens::named(&expr, classes.this.as_ref());
    let value = match passing {
        _ if is_none => None,
        Passing::Shared(_) | Passing::Exclusive(_) | Passing::Cloned(_) => {
            let class = class_in(ty, classes).unwrap_or_default();
            report.on(
                attr,
                "expected no default for an instance, found one",
                format_args!("take an `Option<&{class}>`, and decide in the function"),
            );
            return None;
        }
        Passing::OptionShared(_) | Passing::OptionCloned(_) => {
            report.on(
                attr,
                "expected no default for an instance but `None`, found one",
                "remove it, and decide in the function",
            );
            return None;
        }
        Passing::Value(_) if is_text(&expr) => Some(quote!(::core::convert::Into::into(#value))),
        Passing::Value(_) => Some(value),
        Passing::Reference(read) => Some(owned(&expr, value, ty, read)),
        Passing::OptionDeref(_) => Some(quote! {
            ::core::option::Option::map(#value, ::core::convert::Into::into)
        }),
        Passing::OptionRef(_) => Some(quote!(::core::option::Option::cloned(#value))),
    };
    Some(Default { text, value })
}

/// Writes the default of a reference as what it refers to.
fn owned(expr: &Expr, value: TokenStream, ty: &Type, read: &TokenStream) -> TokenStream {
    let converts = match bare(ty) {
        Type::Reference(reference) => match bare(&reference.elem) {
            Type::Slice(_) => true,
            Type::Path(path) => path.path.is_ident("str") || is_text(expr),
            _ => false,
        },
        _ => false,
    };
    match expr {
        _ if converts => quote!(<#read as ::core::convert::From<_>>::from(#value)),
        Expr::Reference(reference) => reference.expr.to_token_stream(),
        _ => value,
    }
}

fn is_text(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Lit(ExprLit {
            lit: Lit::Str(_),
            ..
        })
    )
}

/// Checks the order of the parameters, and tells those that follow `#[args]`.
fn order(parameters: &mut [Named], report: &mut Report) {
    let mut collected: Option<&'static str> = None;
    for Named {
        ident, parameter, ..
    } in parameters.iter_mut()
    {
        match (parameter.kind, collected) {
            (_, Some("kwargs")) => {
                let second = parameter.kind == ParameterKind::Kwargs;
                let wrong = match second {
                    true => "expected one `#[kwargs]`, found a second".to_owned(),
                    false => format!("expected `#[kwargs]` last, found `{ident}` after it"),
                };
                report.on(&*ident, wrong, "move it up, or remove it");
            }
            (ParameterKind::Args, Some(_)) => report.on(
                &*ident,
                "expected one `#[args]`, found a second",
                "remove one",
            ),
            (ParameterKind::Args, None) => collected = Some("args"),
            (ParameterKind::Kwargs, _) => collected = Some("kwargs"),
            (_, Some(_)) => parameter.kind = ParameterKind::KeywordOnly,
            (_, None) => {}
        }
    }
    // As in Python, what has a default comes after what has none.
    let mut required = None;
    for Named {
        ident,
        parameter,
        explicit,
    } in parameters.iter_mut().rev()
    {
        if parameter.kind != ParameterKind::Plain {
            continue;
        }
        if parameter.default.is_none() {
            required = Some(ident.clone());
            continue;
        }
        let Some(required) = &required else { continue };
        // An `Option` whose `None` nobody asked for.
        if !*explicit {
            parameter.default = None;
            continue;
        }
        report.on(
            required,
            format_args!(
                "expected a default on `{required}`, found none: `{ident}` before it has one"
            ),
            format_args!("move `{required}` before `{ident}`, or give it a `#[default(..)]`"),
        );
        break;
    }
}
