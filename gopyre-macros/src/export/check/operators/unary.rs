//! The methods that traits without another side give.

use super::{Hand, associated, result};
use crate::export::annotation::{Classes, Side};
use crate::export::check::output;
use crate::export::model::{Body, Call, Function, Kind, Missing, Outcome, Receiver};
use crate::export::tokens::named;
use crate::report::Report;
use quote::quote;
use syn::{Attribute, ItemImpl, Type};

/// The method that a trait without another side gives.
pub(in crate::export::check) fn unary(
    name: &str,
    class: &str,
    item: Option<&ItemImpl>,
    cfg: &[Attribute],
    classes: &Classes,
    report: &mut Report,
) -> Option<Function> {
    let side = item.map(|item| Hand::of(&item.self_ty));
    let referred = side.is_some_and(|side| side.referred);
    let this = classes.this.as_ref()?;
    let known = classes.known.iter().find(|class| class.ident == *this)?;
    let (dunder, target, returns) = match name {
        "Display" => ("__str__", quote!(::std::string::ToString::to_string), "str"),
        "Debug" => (
            "__repr__",
            quote!(::gopyre::__private::export::debug),
            "str",
        ),
        "Hash" => ("__hash__", quote!(::gopyre::__private::export::hash), "int"),
        "Neg" => ("__neg__", quote!(::core::ops::Neg::neg), ""),
        "Not" => ("__invert__", quote!(::core::ops::Not::not), ""),
        "Iterator" => ("__next__", quote!(::core::iter::Iterator::next), ""),
        _ => return None,
    };
    let (receiver, outcome, returns) = match name {
        "Neg" | "Not" => {
            let receiver = match (referred, known.cloned) {
                (true, _) => Receiver::Shared,
                (false, true) => Receiver::Cloned,
                (false, false) => return None,
            };
            let (output, returns) = result(item?, classes)?;
            (receiver, Outcome::Returned(output), returns)
        }
        "Iterator" => {
            let ty = associated(item?, "Item")?;
            let ty: Type = syn::parse2(named(ty, Some(this))).ok()?;
            let ty = output::inside(&ty);
            let output = output::of_type(ty, classes, report);
            let returns = classes.annotation(ty, Side::Result);
            let outcome = Outcome::OrRaise(Missing::Stop, output);
            (Receiver::Exclusive, outcome, returns)
        }
        _ => {
            let outcome = Outcome::Returned(output::unit());
            (Receiver::Shared, outcome, returns.to_owned())
        }
    };
    Some(Function {
        cfg: cfg.to_vec(),
        name: dunder.to_owned(),
        label: format!("{class}.{dunder}"),
        doc: quote!(""),
        kind: Kind::Method,
        class: Some(this.clone()),
        parameters: Vec::new(),
        returns,
        body: Body::Call(Box::new(Call {
            target,
            receiver,
            detach: false,
            outcome,
        })),
    })
}
