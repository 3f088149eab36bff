//! Structs and enums, with what their `impl`s add.

mod fields;
mod variants;

use super::attributes::{self, Place};
use super::items::{derived, is_public};
use super::methods::{self, Method, Role};
use super::operators::{self, Operator};
use super::{docs, functions, names, output};
use crate::export::annotation::{Classes, Side};
use crate::export::model::{Body, Class, Function, Kind, Property, Value};
use crate::report::Report;
use quote::quote;
use syn::{Attribute, Fields, Ident, ImplItem, ItemEnum, ItemImpl, ItemStruct, Path};

/// A class that is being put together.
pub(super) struct Builder {
    pub(super) class: Class,
    /// The classes, with this one as `Self`.
    classes: Classes,
    taken: names::Taken,
    operators: Vec<Operator>,
    /// What traits and derives give, unless a method is written out.
    traits: Vec<Function>,
    /// Properties that an enum has, unless others have their names.
    accessors: Vec<Property>,
    is_enum: bool,
}

/// What a struct or an enum has of its own.
struct Head<'a> {
    ident: &'a Ident,
    attrs: &'a mut Vec<Attribute>,
    generics: &'a syn::Generics,
}

/// Checks a `pub struct`.
pub(super) fn of_struct(
    item: &mut ItemStruct,
    module: &str,
    classes: &Classes,
    report: &mut Report,
) -> Builder {
    let head = Head {
        ident: &item.ident,
        attrs: &mut item.attrs,
        generics: &item.generics,
    };
    let mut builder = Builder::new(head, module, classes, report);
    builder.fields(&mut item.fields, report);
    builder.derives(&item.attrs, report);
    builder
}

/// Checks a `pub enum`.
pub(super) fn of_enum(
    item: &mut ItemEnum,
    module: &str,
    classes: &Classes,
    report: &mut Report,
) -> Builder {
    let head = Head {
        ident: &item.ident,
        attrs: &mut item.attrs,
        generics: &item.generics,
    };
    let mut builder = Builder::new(head, module, classes, report);
    builder.is_enum = true;
    for variant in &item.variants {
        if !matches!(variant.fields, Fields::Unit) {
            report.on(
                &variant.fields,
                "expected variants without fields in an exported enum, found some",
                "move the enum out of the module, so that it goes through serde, or export a struct",
            );
        }
    }
    let names = item
        .variants
        .iter_mut()
        .map(|variant| {
            let marks = attributes::take(&mut variant.attrs, Place::Variant, report);
            names::of_item(&variant.ident, marks.name.as_ref(), report)
        })
        .collect();
    builder.variants(item, names, report);
    builder.derives(&item.attrs, report);
    builder
}

impl Builder {
    fn new(head: Head<'_>, module: &str, classes: &Classes, report: &mut Report) -> Builder {
        let doc = docs::doc(head.attrs);
        let marks = attributes::take(head.attrs, Place::Class, report);
        let name = names::of_item(head.ident, marks.name.as_ref(), report);
        if let Some(lifetime) = head.generics.lifetimes().next() {
            report.on(
                lifetime,
                "expected a type that owns its values, found a lifetime: Python keeps the instance \
                 as long as it likes",
                "own the values, or share them in an `Arc`",
            );
        }
        functions::generics(head.generics, "type", report);
        let mut classes = classes.clone();
        classes.this = Some(head.ident.clone());
        Builder {
            class: Class {
                ident: head.ident.clone(),
                cfg: attributes::cfg(head.attrs),
                name,
                module: module.to_owned(),
                doc,
                constructor: None,
                functions: Vec::new(),
                properties: Vec::new(),
                values: Vec::new(),
                unhashable: false,
                fields: Vec::new(),
            },
            classes,
            taken: names::Taken::default(),
            operators: Vec::new(),
            traits: Vec::new(),
            accessors: Vec::new(),
            is_enum: false,
        }
    }

    /// Notes the traits that are derived.
    fn derives(&mut self, attrs: &[Attribute], report: &mut Report) {
        for name in derived(attrs) {
            match &*name {
                "PartialEq" if self.is_enum => {}
                "PartialEq" | "PartialOrd" => {
                    self.operators
                        .extend(operators::derived(&name, &self.classes));
                }
                // Those of an enum are as good, and look like Python's.
                "Debug" | "Hash" if self.is_enum => {}
                "Debug" | "Hash" => self.unary(&name, None, &[], report),
                _ => {}
            }
        }
    }

    fn unary(
        &mut self,
        name: &str,
        item: Option<&ItemImpl>,
        cfg: &[Attribute],
        report: &mut Report,
    ) {
        let class = &self.class.name;
        if let Some(function) = operators::unary(name, class, item, cfg, &self.classes, report) {
            self.traits.retain(|other| {
                other.name != function.name || !other.cfg.is_empty() || !cfg.is_empty()
            });
            self.traits.push(function);
        }
    }

    /// Adds what an `impl` of the type has.
    pub(super) fn inherent(&mut self, item: &mut ItemImpl, report: &mut Report) {
        functions::generics(&item.generics, "type", report);
        let outer = attributes::cfg(&item.attrs);
        for item in &mut item.items {
            match item {
                ImplItem::Fn(function) if is_public(&function.vis) => {
                    let class = &self.class.name;
                    let method = methods::method(function, class, &self.classes, report);
                    if let Some(mut method) = method {
                        method.function.cfg.extend(outer.iter().cloned());
                        self.method(method, report);
                    }
                }
                ImplItem::Fn(function) => {
                    attributes::take(&mut function.attrs, Place::Private, report);
                }
                ImplItem::Const(constant) if is_public(&constant.vis) => {
                    let doc = docs::doc(&constant.attrs);
                    let marks = attributes::take(&mut constant.attrs, Place::Constant, report);
                    let name = names::of_item(&constant.ident, marks.name.as_ref(), report);
                    let mut cfg = attributes::cfg(&constant.attrs);
                    cfg.extend(outer.iter().cloned());
                    self.taken
                        .add(&name, "a constant", &constant.ident, &cfg, report);
                    let this = &self.class.ident;
                    let ident = &constant.ident;
                    self.class.values.push(Value {
                        name,
                        doc,
                        annotation: self.classes.annotation(&constant.ty, Side::Result),
                        value: quote!(#this::#ident),
                        lift: output::lift(&constant.ty, &self.classes, report),
                        cfg,
                    });
                }
                _ => {}
            }
        }
    }

    /// Adds a method, or a half of a property.
    fn method(&mut self, method: Method, report: &mut Report) {
        let Method {
            role,
            ident,
            function,
        } = method;
        match role {
            Role::Constructor => {
                if self.is_enum {
                    report.on(
                        &ident,
                        "expected no constructor of an enum, found `new`",
                        "give the function another name; the variants are the instances",
                    );
                }
                self.class.constructor = Some(function);
            }
            Role::Method => {
                self.taken
                    .add(&function.name, "a method", &ident, &function.cfg, report);
                self.class.functions.push(function);
            }
            Role::Get | Role::Set => {
                let name = function.name.clone();
                let same = |other: &&mut Property| other.name == name;
                let half = |property: &Property| match role {
                    Role::Get => property.get.is_some(),
                    _ => property.set.is_some(),
                };
                match self.class.properties.iter_mut().find(same) {
                    Some(property) if !half(property) => {
                        match role {
                            Role::Get => {
                                property.doc = function.doc.clone();
                                property.get = Some(function);
                            }
                            _ => property.set = Some(function),
                        }
                        property.annotation =
                            annotation(property.get.as_ref(), property.set.as_ref());
                    }
                    _ => {
                        self.taken
                            .add(&name, "a property", &ident, &function.cfg, report);
                        let doc = function.doc.clone();
                        let (get, set) = match role {
                            Role::Get => (Some(function), None),
                            _ => (None, Some(function)),
                        };
                        self.class.properties.push(Property {
                            annotation: annotation(get.as_ref(), set.as_ref()),
                            name,
                            doc,
                            get,
                            set,
                        });
                    }
                }
            }
        }
    }

    /// Adds what a trait gives.
    pub(super) fn implements(&mut self, item: &ItemImpl, path: &Path, report: &mut Report) {
        let Some(last) = path.segments.last() else {
            return;
        };
        let cfg = attributes::cfg(&item.attrs);
        self.unary(&last.ident.to_string(), Some(item), &cfg, report);
    }

    /// Adds an operator that a trait gives.
    pub(super) fn operator(&mut self, operator: Operator) {
        self.operators.push(operator);
    }

    /// Puts the methods in their places; what is written out wins.
    pub(super) fn finish(mut self) -> Class {
        let operators = operators::methods(
            &self.class.name,
            &self.class.ident,
            std::mem::take(&mut self.operators),
        );
        let class = &mut self.class;
        for function in self.traits.into_iter().chain(operators) {
            if !class.functions.iter().any(|own| own.name == function.name) {
                class.functions.push(function);
            }
        }
        let has = |class: &Class, name: &str| class.functions.iter().any(|own| own.name == name);
        for property in self.accessors {
            let name = &property.name;
            let function = class.functions.iter().any(|own| own.name == *name);
            if !function && !class.properties.iter().any(|own| own.name == *name) {
                class.properties.push(property);
            }
        }
        // What Python expects of an iterator and of a context manager.
        for (of, missing) in [("__next__", "__iter__"), ("__exit__", "__enter__")] {
            if has(class, of) && !has(class, missing) {
                class.functions.push(Function {
                    cfg: Vec::new(),
                    name: missing.to_owned(),
                    label: format!("{}.{missing}", class.name),
                    doc: quote!(""),
                    kind: Kind::Method,
                    class: Some(class.ident.clone()),
                    parameters: Vec::new(),
                    returns: "Self".to_owned(),
                    body: Body::Receiver,
                });
            }
        }
        class.unhashable = has(class, "__eq__") && !has(class, "__hash__");
        self.class
    }
}

/// What stubs say of a property.
fn annotation(get: Option<&Function>, set: Option<&Function>) -> String {
    let written = set.and_then(|set| set.parameters.first());
    match (get, written) {
        (Some(get), _) => get.returns.clone(),
        (None, Some(parameter)) => parameter.annotation.clone(),
        (None, None) => "Any".to_owned(),
    }
}
