//! What every enum has: its variants, their names and numbers.

use super::Builder;
use crate::export::check::{attributes, docs, operators, output};
use crate::export::model::{Body, Call, Function, Kind, Lift, Outcome, Property, Receiver, Value};
use crate::report::Report;
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Ident, ItemEnum};

impl Builder {
    /// Adds what every enum has: its variants, their names and numbers.
    pub(super) fn variants(&mut self, item: &ItemEnum, names: Vec<String>, report: &mut Report) {
        let this = &item.ident;
        for (variant, name) in item.variants.iter().zip(names.iter().cloned()) {
            let cfg = attributes::cfg(&variant.attrs);
            let ident = &variant.ident;
            self.taken.add(&name, "a variant", ident, &cfg, report);
            self.class.values.push(Value {
                doc: docs::doc(&variant.attrs),
                annotation: format!("@{}", self.class.name),
                value: quote!(#this::#ident),
                lift: Lift::Instance(quote!(#this)),
                cfg,
                name,
            });
        }
        let arms = |arm: &dyn Fn(&Ident, &str) -> TokenStream| {
            let arms = item.variants.iter().zip(&names).map(|(variant, name)| {
                let cfg = attributes::cfg(&variant.attrs);
                let ident = &variant.ident;
                let value = arm(ident, name);
                quote!(#(#cfg)* #this::#ident => #value,)
            });
            quote!((|this: &#this| match *this { #(#arms)* }))
        };
        let class = self.class.name.clone();
        let number = arms(&|ident, _| quote!(#this::#ident as i128));
        let text = arms(&|_, name| quote!(#name));
        let repr = arms(&|_, name| {
            let name = format!("{class}.{name}");
            quote!(#name)
        });
        let hash = quote!(::gopyre::__private::export::hash_variant);
        let method = |name: &str, target: &TokenStream, returns: &str| Function {
            cfg: Vec::new(),
            label: format!("{class}.{name}"),
            name: name.to_owned(),
            doc: quote!(""),
            kind: Kind::Method,
            class: Some(this.clone()),
            parameters: Vec::new(),
            returns: returns.to_owned(),
            body: Body::Call(Box::new(Call {
                target: target.clone(),
                receiver: Receiver::Shared,
                detach: false,
                outcome: Outcome::Returned(output::unit()),
            })),
        };
        self.traits.push(method("__hash__", &hash, "int"));
        self.traits.push(method("__repr__", &repr, "str"));
        self.traits.push(method("__int__", &number, "int"));
        for (name, target, returns) in [("name", &text, "str"), ("value", &number, "int")] {
            let get = method(name, target, returns);
            self.accessors.push(Property {
                name: name.to_owned(),
                doc: quote!(""),
                annotation: returns.to_owned(),
                get: Some(get),
                set: None,
            });
        }
        self.operators
            .extend(operators::same_variant(&self.classes));
    }
}
