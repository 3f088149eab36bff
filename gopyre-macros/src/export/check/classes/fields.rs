//! The fields of a struct, and the properties among them.

use super::{Builder, annotation};
use crate::export::annotation::Side;
use crate::export::check::attributes::{self, Marks, Place};
use crate::export::check::{docs, methods, names, output, passing};
use crate::export::model::{Body, Field, Function, Kind, Lift, Property};
use crate::report::Report;
use proc_macro2::TokenStream;
use syn::{Attribute, Fields, Ident, Member, Type};

impl Builder {
    /// Notes the fields, and the properties among them.
    pub(super) fn fields(&mut self, fields: &mut Fields, report: &mut Report) {
        for (index, field) in fields.iter_mut().enumerate() {
            let doc = docs::doc(&field.attrs);
            let marks = attributes::take(&mut field.attrs, Place::Field, report);
            let cfg = attributes::cfg(&field.attrs);
            let member = match &field.ident {
                Some(ident) => Member::Named(ident.clone()),
                None => Member::Unnamed(index.into()),
            };
            self.class.fields.push((cfg.clone(), member.clone()));
            if marks.get.is_some() || marks.set.is_some() {
                self.field(&member, &field.ty, &marks, doc, &cfg, report);
            } else if let Some(name) = &marks.name {
                report.on(
                    name,
                    "expected `#[get]` or `#[set]` beside `#[name]` on a field, found none",
                    "add one, or remove `#[name]`; other fields stay private",
                );
            }
        }
    }

    /// Makes a property of a field.
    fn field(
        &mut self,
        member: &Member,
        ty: &Type,
        marks: &Marks,
        doc: TokenStream,
        cfg: &[Attribute],
        report: &mut Report,
    ) {
        let (name, at) = match (member, &marks.name) {
            (Member::Named(ident), name) => {
                (names::of_item(ident, name.as_ref(), report), ident.clone())
            }
            (Member::Unnamed(_), Some(name)) => (name.value(), Ident::new("field", name.span())),
            (Member::Unnamed(_), None) => {
                report.on(
                    ty,
                    "expected a name for the property, found a field that has none",
                    "say what Python calls it with `#[name = \"..\"]`",
                );
                return;
            }
        };
        let class = &self.class.name;
        let function = |body, parameters, returns: String| Function {
            cfg: cfg.to_vec(),
            name: name.clone(),
            label: format!("{class}.{name}"),
            doc: doc.clone(),
            kind: Kind::Method,
            class: Some(self.class.ident.clone()),
            parameters,
            returns,
            body,
        };
        let get = marks.get.as_ref().map(|_| {
            let lift = output::lift(ty, &self.classes, report);
            let field = Field {
                member: member.clone(),
                lift,
            };
            function(
                Body::Get(field),
                Vec::new(),
                self.classes.annotation(ty, Side::Result),
            )
        });
        let set = marks.set.as_ref().and_then(|_| {
            let passing = passing::passing(ty, &self.classes, report)?;
            let annotation = self.classes.annotation(ty, Side::Parameter);
            let field = Field {
                member: member.clone(),
                lift: Lift::Serialize,
            };
            let parameter = methods::field_value(annotation, passing);
            Some(function(
                Body::Set(field),
                vec![parameter],
                "None".to_owned(),
            ))
        });
        self.taken.add(&name, "a property", &at, cfg, report);
        self.class.properties.push(Property {
            annotation: annotation(get.as_ref(), set.as_ref()),
            name: name.clone(),
            doc,
            get,
            set,
        });
    }
}
