//! The return type: something owned, in a `Result` or not.

use super::Output;
use crate::report::Report;
use syn::visit::{self, Visit};
use syn::{
    GenericArgument, PathArguments, ReturnType, Type, TypeImplTrait, TypeNever, TypeReference,
};

/// Tells a `Result` from everything else, and refuses what can never be read from Python.
pub(crate) fn output(output: &ReturnType, report: &mut Report) -> Output {
    let ReturnType::Type(_, ty) = output else {
        return Output::Plain;
    };
    let (kind, value) = match result_value(ty) {
        Some(value) => (Output::Result, value),
        None => (Output::Plain, Some(bare(ty))),
    };
    if let Some(value) = value {
        Owned(report).visit_type(value);
    }
    kind
}

/// If a type's last segment is `Result`: its first type argument, where it has one.
pub(crate) fn result_value(ty: &Type) -> Option<Option<&Type>> {
    Some(result_arguments(ty)?.first().copied())
}

/// Returns the error type of a `Result` that names one, else the whole return type.
pub(crate) fn error_type(output: &ReturnType) -> Option<&Type> {
    let ReturnType::Type(_, ty) = output else {
        return None;
    };
    let arguments = result_arguments(ty).unwrap_or_default();
    Some(arguments.get(1).copied().unwrap_or(ty))
}

/// If a type's last segment is `Result`: its type arguments.
fn result_arguments(ty: &Type) -> Option<Vec<&Type>> {
    let Type::Path(path) = bare(ty) else {
        return None;
    };
    let last = path.path.segments.last()?;
    if last.ident != "Result" {
        return None;
    }
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return Some(Vec::new());
    };
    let types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    Some(types.collect())
}

/// Removes parentheses, and the groups that a `macro_rules!` leaves.
fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        ty => ty,
    }
}

/// Reports each part of a result's type that cannot be an owned value.
struct Owned<'r>(&'r mut Report);

impl<'ast> Visit<'ast> for Owned<'_> {
    fn visit_type_reference(&mut self, ty: &'ast TypeReference) {
        let owned = match bare(&ty.elem) {
            Type::Path(path) if path.path.is_ident("str") => "return `String`",
            Type::Slice(_) => "return a `Vec`",
            _ => "return the value itself",
        };
        self.0.on(
            ty,
            "expected an owned result, found a reference: nothing keeps the Python object alive",
            owned,
        );
    }

    fn visit_type_impl_trait(&mut self, ty: &'ast TypeImplTrait) {
        self.0.on(
            ty,
            "expected the type of the result, found `impl Trait`: what Python returns is read as \
             one type",
            "name the type, as in `Vec<f64>`",
        );
    }

    fn visit_type_never(&mut self, ty: &'ast TypeNever) {
        self.0.on(
            ty,
            "expected the type of the result, found `!`: Python code that ends has one",
            "return `()`, or leave the return type away",
        );
    }

    // Function pointers and trait objects are refused by serde; their inner types are no results.
    fn visit_type_fn_ptr(&mut self, _: &'ast syn::TypeFnPtr) {}
    fn visit_type_trait_object(&mut self, _: &'ast syn::TypeTraitObject) {}

    fn visit_generic_argument(&mut self, argument: &'ast GenericArgument) {
        if let GenericArgument::Type(_) = argument {
            visit::visit_generic_argument(self, argument);
        }
    }
}

/// Whether a type has `impl Trait` in it, which no stub could return.
pub(crate) fn has_impl_trait(output: &ReturnType) -> bool {
    struct Search(bool);
    impl<'ast> Visit<'ast> for Search {
        fn visit_type_impl_trait(&mut self, _: &'ast TypeImplTrait) {
            self.0 = true;
        }
    }
    let mut search = Search(false);
    search.visit_return_type(output);
    search.0
}
