//! The operators of one name as one method.

use super::Operator;
use crate::export::model::{Body, By, Function, Kind, Parameter, ParameterKind, Passing};
use proc_macro2::TokenStream;
use quote::quote;
use syn::Ident;

/// Makes one method of the operators of each name.
pub(in crate::export::check) fn methods(
    class: &str,
    this: &Ident,
    operators: Vec<Operator>,
) -> Vec<Function> {
    let mut grouped: Vec<(String, Vec<Operator>)> = Vec::new();
    for operator in operators {
        match grouped.iter_mut().find(|(name, _)| *name == operator.name) {
            Some((_, group)) => join(group, operator),
            None => grouped.push((operator.name.clone(), vec![operator])),
        }
    }
    let methods = grouped.into_iter().map(|(name, mut group)| {
        // An instance is told from others at once, a number only by trying.
        group.sort_by_key(|operator| !is_instance(&operator.operand.other));
        let mut annotations: Vec<&str> = Vec::new();
        let mut returns: Vec<&str> = Vec::new();
        for operator in &group {
            for (all, one) in [
                (&mut annotations, &*operator.annotation),
                (&mut returns, &*operator.returns),
            ] {
                if !all.contains(&one) {
                    all.push(one);
                }
            }
        }
        let parameter = Parameter {
            name: "other".to_owned(),
            kind: ParameterKind::Plain,
            default: None,
            annotation: annotations.join(" | "),
            passing: Passing::Value(TokenStream::new()),
            operand: true,
        };
        Function {
            cfg: Vec::new(),
            label: format!("{class}.{name}"),
            name,
            doc: quote!(""),
            kind: Kind::Method,
            class: Some(this.clone()),
            returns: returns.join(" | "),
            parameters: vec![parameter],
            body: Body::Operator(group.into_iter().map(|operator| operator.operand).collect()),
        }
    });
    methods.collect()
}

fn is_instance(other: &Passing) -> bool {
    matches!(other, Passing::Shared(_) | Passing::Cloned(_))
}

/// Adds an operator; of two for the same type, the one that copies less, else the later one.
fn join(group: &mut Vec<Operator>, operator: Operator) {
    let cost = |operator: &Operator| {
        let this = operator.operand.this == By::Value;
        u8::from(this) + u8::from(matches!(operator.operand.other, Passing::Cloned(_)))
    };
    let same = |other: &&mut Operator| {
        other.key == operator.key && other.operand.cfg.is_empty() && operator.operand.cfg.is_empty()
    };
    match group.iter_mut().find(same) {
        Some(other) if cost(&operator) <= cost(other) => *other = operator,
        Some(_) => {}
        None => group.push(operator),
    }
}
