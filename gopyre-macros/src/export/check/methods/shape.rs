//! The shapes that constructors, accessors and dunder methods have.

use super::Role;
use crate::export::annotation::{Classes, arguments, bare, inner};
use crate::export::check::{dunders, output};
use crate::export::model::{Parameter, ParameterKind};
use crate::report::Report;
use crate::script::check::result_value;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Ident, ReturnType, Signature, Type};

/// Checks how many parameters a dunder has, and marks operands.
pub(super) fn count(
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
pub(super) fn constructed(sig: &Signature, this: &Ident, classes: &Classes, report: &mut Report) {
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
    let arguments = arguments(&last.arguments);
    arguments.first().copied()
}

/// Checks the shape of a getter or a setter.
pub(super) fn accessor(role: Role, sig: &Signature, parameters: &[Parameter], report: &mut Report) {
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
