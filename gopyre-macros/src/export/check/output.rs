//! What a function returns, and how it gets to Python.

use crate::export::annotation::{Classes, arguments, bare, inner};
use crate::export::model::{Lift, Output};
use crate::export::tokens::local;
use crate::report::Report;
use crate::script::check::result_value;
use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{ReturnType, Type, TypeImplTrait, TypeNever, TypeReference};

/// Returns the type in a `Result`, or the type itself; none for nothing, and where no name tells.
pub(super) fn value(output: &ReturnType) -> Option<&Type> {
    let ReturnType::Type(_, ty) = output else {
        return None;
    };
    match result_value(ty) {
        Some(value) => value,
        None => Some(ty),
    }
}

/// Returns the type in a `Result`, or the type itself.
pub(super) fn inside(ty: &Type) -> &Type {
    result_value(ty).flatten().unwrap_or(ty)
}

/// Checks a result.
pub(super) fn output(output: &ReturnType, classes: &Classes, report: &mut Report) -> Output {
    let ReturnType::Type(_, ty) = output else {
        return unit();
    };
    Output {
        span: ty.span(),
        ..of_type(value(output).unwrap_or(ty), classes, report)
    }
}

/// The result of a function that returns nothing.
pub(super) fn unit() -> Output {
    Output {
        lift: Lift::Serialize,
        owned: true,
        span: Span::call_site(),
    }
}

/// Checks the type of a result, without a `Result` around it.
pub(super) fn of_type(ty: &Type, classes: &Classes, report: &mut Report) -> Output {
    Output {
        owned: classes.is_in(ty) || owned(ty),
        span: ty.span(),
        lift: lift(ty, classes, report),
    }
}

/// Tells where the instances in a result are.
pub(super) fn lift(ty: &Type, classes: &Classes, report: &mut Report) -> Lift {
    if classes.of(ty).is_some() {
        return Lift::Instance(local(ty, classes.this.as_ref()));
    }
    let within = |inner: &Type, wrap: fn(Box<Lift>) -> Lift, report: &mut Report| match lift(
        inner, classes, report,
    ) {
        Lift::Serialize => Lift::Serialize,
        instances => wrap(Box::new(instances)),
    };
    if let Some(some) = inner(ty, "Option") {
        return within(some, Lift::Option, report);
    }
    if let Some(item) = inner(ty, "Vec") {
        return within(item, Lift::Vec, report);
    }
    if let Type::Tuple(tuple) = bare(ty) {
        let lifts: Vec<Lift> = tuple
            .elems
            .iter()
            .map(|elem| lift(elem, classes, report))
            .collect();
        let plain = |lift: &Lift| matches!(lift, Lift::Serialize);
        return match lifts.iter().all(plain) {
            true => Lift::Serialize,
            false => Lift::Tuple(lifts),
        };
    }
    Unfit { classes, report }.visit_type(ty);
    Lift::Serialize
}

/// Reports what cannot go to Python.
struct Unfit<'a> {
    classes: &'a Classes,
    report: &'a mut Report,
}

impl<'ast> Visit<'ast> for Unfit<'_> {
    fn visit_type(&mut self, ty: &'ast Type) {
        if let Some(class) = self.classes.of(ty) {
            let class = &class.ident;
            self.report.on(
                ty,
                format_args!(
                    "expected `{class}`, or it in an `Option`, `Vec`, tuple or `Result`, found it \
                     in another type"
                ),
                format_args!("return a `Vec<{class}>` or the like"),
            );
            return;
        }
        visit::visit_type(self, ty);
    }

    fn visit_type_reference(&mut self, ty: &'ast TypeReference) {
        let Some(class) = self.classes.of(&ty.elem) else {
            return visit::visit_type_reference(self, ty);
        };
        let class = &class.ident;
        self.report.on(
            ty,
            format_args!("expected an owned `{class}`, found a reference: Python would share it"),
            format_args!(
                "return a clone as `{class}`; to return the instance itself, take \
                 `self_: &Object` in place of `&self`, and return its clone"
            ),
        );
    }

    fn visit_type_impl_trait(&mut self, ty: &'ast TypeImplTrait) {
        self.report.on(
            ty,
            "expected the type of the result, found `impl Trait`: what Python gets is told by the \
             type",
            "name the type; collect what an iterator yields into a `Vec`",
        );
    }

    fn visit_type_never(&mut self, ty: &'ast TypeNever) {
        self.report.on(
            ty,
            "expected the type of the result, found `!`: a function that Python calls returns",
            "return a `Result<()>`, and an error",
        );
    }

    // What they take and return is no result.
    fn visit_type_fn_ptr(&mut self, _: &'ast syn::TypeFnPtr) {}
    fn visit_type_trait_object(&mut self, _: &'ast syn::TypeTraitObject) {}
}

/// Whether a type certainly borrows nothing, as far as its name tells.
pub(super) fn owned(ty: &Type) -> bool {
    match bare(ty) {
        Type::Tuple(tuple) => tuple.elems.iter().all(owned),
        Type::Array(array) => owned(&array.elem),
        Type::Path(path) => {
            let Some(last) = path.path.segments.last() else {
                return false;
            };
            let name = last.ident.to_string();
            let generic = [
                "Option", "Vec", "VecDeque", "HashMap", "BTreeMap", "HashSet", "BTreeSet", "Box",
                "Buffer",
            ];
            let plain = [
                "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8",
                "u16", "u32", "u64", "u128", "usize", "String", "PathBuf", "Object", "Value",
                "Duration",
            ];
            match generic.contains(&&*name) {
                true => arguments(&last.arguments).into_iter().all(owned),
                false => last.arguments.is_none() && plain.contains(&&*name),
            }
        }
        _ => false,
    }
}
