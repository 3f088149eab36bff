//! What a class gets from the traits that it implements.

mod join;
mod unary;

pub(super) use join::methods;
pub(super) use unary::unary;

use super::output::{self, owned};
use crate::export::annotation::{Classes, Side, bare};
use crate::export::model::{By, Lift, Operand, Output, Passing};
use crate::export::tokens::local;
use crate::report::Report;
use quote::quote;
use syn::{Attribute, Ident, ImplItem, ItemImpl, PathArguments, Type};

/// The traits of operators: their method, and what Python calls it.
const BINARY: [(&str, &str, &str); 10] = [
    ("Add", "add", "add"),
    ("Sub", "sub", "sub"),
    ("Mul", "mul", "mul"),
    ("Div", "div", "truediv"),
    ("Rem", "rem", "mod"),
    ("BitAnd", "bitand", "and"),
    ("BitOr", "bitor", "or"),
    ("BitXor", "bitxor", "xor"),
    ("Shl", "shl", "lshift"),
    ("Shr", "shr", "rshift"),
];

const COMPARISONS: [(&str, &str, &str); 5] = [
    ("PartialEq", "eq", "__eq__"),
    ("PartialOrd", "lt", "__lt__"),
    ("PartialOrd", "le", "__le__"),
    ("PartialOrd", "gt", "__gt__"),
    ("PartialOrd", "ge", "__ge__"),
];

/// An operator of a class, for one type of the other side.
pub(super) struct Operator {
    pub(super) name: String,
    /// The other side's type, without a reference, to tell two of the same.
    key: String,
    operand: Operand,
    annotation: String,
    returns: String,
}

/// The operators that a class has for itself by `#[derive]`.
pub(super) fn derived(name: &str, classes: &Classes) -> Vec<Operator> {
    let Some(this) = &classes.this else {
        return Vec::new();
    };
    let annotation = classes.annotation(&syn::parse_quote!(#this), Side::Parameter);
    let all = COMPARISONS.iter().filter(|(of, ..)| *of == name);
    let operators = all.map(|(of, method, dunder)| {
        comparison(
            of,
            method,
            dunder,
            Passing::Shared(quote!(#this)),
            (this.to_string(), annotation.clone()),
            Vec::new(),
        )
    });
    operators.collect()
}

/// The equality of an enum that has no fields, and need not be `PartialEq`.
pub(super) fn same_variant(classes: &Classes) -> Option<Operator> {
    let mut operator = derived("PartialEq", classes).pop()?;
    operator.operand.method = quote!(::gopyre::__private::export::same_variant);
    Some(operator)
}

fn comparison(
    of: &str,
    method: &str,
    dunder: &str,
    other: Passing,
    (key, annotation): (String, String),
    cfg: Vec<Attribute>,
) -> Operator {
    let of = ident(of);
    let method = ident(method);
    Operator {
        name: dunder.to_owned(),
        key,
        operand: Operand {
            cfg,
            method: quote!(::core::cmp::#of::#method),
            this: By::Reference,
            reflected: false,
            other,
            output: Some(output::unit()),
        },
        annotation: match dunder {
            "__eq__" => "object".to_owned(),
            _ => annotation,
        },
        returns: "bool".to_owned(),
    }
}

fn ident(name: &str) -> Ident {
    Ident::new(name, proc_macro2::Span::call_site())
}

/// The operators of the implementation of a trait, and the class that each is of.
pub(super) fn implemented(
    item: &ItemImpl,
    cfg: &[Attribute],
    classes: &Classes,
) -> Vec<(Ident, Operator)> {
    let Some((path, _)) = &item.trait_ else {
        return Vec::new();
    };
    let Some(last) = path.segments.last() else {
        return Vec::new();
    };
    if item.generics.type_params().next().is_some() {
        return Vec::new();
    }
    let left = Hand::of(&item.self_ty);
    let mut classes = classes.clone();
    classes.this = classes.of(left.ty).map(|class| class.ident.clone());
    let first = match &last.arguments {
        PathArguments::None => None,
        arguments => crate::export::annotation::arguments(arguments)
            .first()
            .copied(),
    };
    let right = first.map_or_else(|| Hand::of(&item.self_ty), Hand::of);
    let trait_name = last.ident.to_string();
    let found: Vec<(Ident, Operator)> = if trait_name.starts_with("Partial") {
        compared(&trait_name, &left, &right, cfg, &classes)
    } else {
        computed(&trait_name, item, &left, &right, cfg, &classes)
    };
    found
}

/// One side of an operator.
struct Hand<'a> {
    ty: &'a Type,
    referred: bool,
}

impl<'a> Hand<'a> {
    fn of(ty: &'a Type) -> Hand<'a> {
        match bare(ty) {
            Type::Reference(reference) if reference.mutability.is_none() => Hand {
                ty: bare(&reference.elem),
                referred: true,
            },
            ty => Hand {
                ty,
                referred: false,
            },
        }
    }
}

fn compared(
    name: &str,
    left: &Hand<'_>,
    right: &Hand<'_>,
    cfg: &[Attribute],
    classes: &Classes,
) -> Vec<(Ident, Operator)> {
    let (Some(this), false, false) = (&classes.this, left.referred, right.referred) else {
        return Vec::new();
    };
    let methods = COMPARISONS.iter().filter(|(of, ..)| *of == name);
    let found = methods.filter_map(|(of, method, dunder)| {
        let other = other(right, true, classes)?;
        let about = about(right.ty, classes);
        let operator = comparison(of, method, dunder, other, about, cfg.to_vec());
        Some((this.clone(), operator))
    });
    found.collect()
}

/// The key and the annotation of the other side.
fn about(ty: &Type, classes: &Classes) -> (String, String) {
    let key = local(ty, classes.this.as_ref()).to_string();
    (key, classes.annotation(ty, Side::Parameter))
}

/// How the other side of an operator is passed, if Python can have one.
fn other(side: &Hand<'_>, by_reference: bool, classes: &Classes) -> Option<Passing> {
    let ty = local(side.ty, classes.this.as_ref());
    if let Some(class) = classes.of(side.ty) {
        return match by_reference || side.referred {
            true => Some(Passing::Shared(ty)),
            false => class.cloned.then_some(Passing::Cloned(ty)),
        };
    }
    let Type::Path(path) = side.ty else {
        return None;
    };
    let name = path.path.get_ident()?.to_string();
    if name == "str" {
        let text = quote!(::gopyre::__private::export::Text<'_>);
        return side.referred.then_some(Passing::Reference(text));
    }
    let scalars = [
        "bool", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32",
        "u64", "u128", "usize", "String",
    ];
    scalars
        .contains(&&*name)
        .then_some(match by_reference || side.referred {
            true => Passing::Reference(ty),
            false => Passing::Value(ty),
        })
}

fn computed(
    name: &str,
    item: &ItemImpl,
    left: &Hand<'_>,
    right: &Hand<'_>,
    cfg: &[Attribute],
    classes: &Classes,
) -> Vec<(Ident, Operator)> {
    let (stem, assigns) = match name.strip_suffix("Assign") {
        Some(stem) => (stem, true),
        None => (name, false),
    };
    let Some((_, method, python)) = BINARY.iter().find(|(of, ..)| *of == stem) else {
        return Vec::new();
    };
    let reflected = classes.this.is_none();
    let (own, foreign) = match reflected {
        false => (left, right),
        true => (right, left),
    };
    let Some(class) = classes.of(own.ty) else {
        return Vec::new();
    };
    let this = match (assigns, own.referred) {
        (true, true) => return Vec::new(),
        (true, false) if reflected => return Vec::new(),
        (true, false) => By::Exclusive,
        (false, true) => By::Reference,
        (false, false) if class.cloned => By::Value,
        // What consumes the value is not for Python.
        (false, false) => return Vec::new(),
    };
    let Some(other) = other(foreign, false, classes) else {
        return Vec::new();
    };
    let result = match assigns {
        true => None,
        false => match result(item, classes) {
            Some(result) => Some(result),
            None => return Vec::new(),
        },
    };
    let path = ident(name);
    let method = match assigns {
        true => ident(&format!("{method}_assign")),
        false => ident(method),
    };
    let prefix = match (assigns, reflected) {
        (true, _) => "i",
        (false, true) => "r",
        (false, false) => "",
    };
    let (key, annotation) = about(foreign.ty, classes);
    let (output, returns) = match result {
        Some((output, returns)) => (Some(output), returns),
        None => (None, "Self".to_owned()),
    };
    let operator = Operator {
        name: format!("__{prefix}{python}__"),
        key,
        operand: Operand {
            cfg: cfg.to_vec(),
            method: quote!(::core::ops::#path::#method),
            this,
            reflected,
            other,
            output,
        },
        annotation,
        returns,
    };
    vec![(class.ident.clone(), operator)]
}

/// The type of the result, if Python can have it.
fn result(item: &ItemImpl, classes: &Classes) -> Option<(Output, String)> {
    let ty = associated(item, "Output")?;
    let mut problems = Report::default();
    let output = output::of_type(ty, classes, &mut problems);
    let known = problems.is_empty() && (owned(ty) || !matches!(output.lift, Lift::Serialize));
    known.then(|| (output, classes.annotation(ty, Side::Result)))
}

fn associated<'a>(item: &'a ItemImpl, name: &str) -> Option<&'a Type> {
    item.items.iter().find_map(|item| match item {
        ImplItem::Type(ty) if ty.ident == name => Some(&ty.ty),
        _ => None,
    })
}
