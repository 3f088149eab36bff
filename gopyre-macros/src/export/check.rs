//! Finds every mistake in a module, takes our attributes off, and returns what is left to expand.

mod attributes;
mod classes;
mod docs;
mod dunders;
mod functions;
mod items;
mod methods;
mod names;
mod operators;
mod output;
mod parameters;
mod passing;

use super::annotation::{Classes, Known, Side};
use super::model::{Module, Value};
use crate::report::Report;
use attributes::Place;
use classes::Builder;
pub(super) use items::is_public;
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Item, ItemConst, ItemImpl, ItemMacro, ItemMod};

/// Checks a module with all that is in it; `None` only if something was reported.
pub(super) fn module(item: &mut ItemMod, report: &mut Report) -> Option<Module> {
    let mut classes = Classes::default();
    collect(item, &mut classes.known);
    let doc = docs::doc(&item.attrs);
    let marks = attributes::take(&mut item.attrs, Place::Module, report);
    if let Some(name) = &marks.name {
        report.on(
            name,
            "expected the exported module under its own name, found another one",
            "rename the Rust module; `gopyre::extension!` has to know its name",
        );
    }
    let name = item.ident.unraw().to_string();
    if names::is_keyword(&name) {
        report.on(
            &item.ident,
            format_args!("expected a name that Python code can write, found its keyword `{name}`"),
            format_args!("call the module `{name}_`"),
        );
    }
    let mut module = Scope {
        classes: &classes,
        report,
    }
    .module(item, name)?;
    module.doc = doc;
    Some(module)
}

/// Finds the exported classes of a module and of those in it.
fn collect(item: &ItemMod, known: &mut Vec<Known>) {
    let items = item.content.iter().flat_map(|(_, items)| items);
    for item in items.clone() {
        let (vis, ident, attrs) = match item {
            Item::Struct(item) => (&item.vis, &item.ident, &item.attrs),
            Item::Enum(item) => (&item.vis, &item.ident, &item.attrs),
            Item::Mod(inner) if is_public(&inner.vis) => {
                collect(inner, known);
                continue;
            }
            _ => continue,
        };
        if is_public(vis) {
            let derived = items::derived(attrs);
            let clones = |name: &String| name == "Clone" || name == "Copy";
            known.push(Known {
                ident: ident.clone(),
                python: items::peek_name(attrs).unwrap_or_else(|| ident.unraw().to_string()),
                cloned: derived.iter().any(clones)
                    || items.clone().any(|item| clone_of(item, ident)),
            });
        }
    }
}

/// Whether an item is `impl Clone` for a type.
fn clone_of(item: &Item, ident: &syn::Ident) -> bool {
    let Item::Impl(item) = item else {
        return false;
    };
    let Some((path, _)) = &item.trait_ else {
        return false;
    };
    let last = path.segments.last();
    last.is_some_and(|last| last.ident == "Clone") && items::target(item) == Some(ident)
}

/// Whether an item is a use of `extension!`.
fn is_extension(item: &ItemMacro) -> bool {
    let last = item.mac.path.segments.last();
    last.is_some_and(|last| last.ident == "extension")
}

/// What checking a module needs.
struct Scope<'a> {
    classes: &'a Classes,
    report: &'a mut Report,
}

impl Scope<'_> {
    /// Checks a module, whose own attributes are done.
    fn module(&mut self, item: &mut ItemMod, name: String) -> Option<Module> {
        let Some((_, items)) = &mut item.content else {
            self.report.on(
                item.semi,
                "expected the items of the module, found `;`: a macro cannot see another file",
                format_args!(
                    "write `mod {} {{ .. }}` here, and call functions of the file in it",
                    item.ident
                ),
            );
            return None;
        };
        let mut module = Module {
            ident: item.ident.clone(),
            cfg: attributes::cfg(&item.attrs),
            doc: docs::doc(&item.attrs),
            name,
            functions: Vec::new(),
            classes: Vec::new(),
            values: Vec::new(),
            modules: Vec::new(),
        };
        let mut taken = names::Taken::default();
        let mut builders: Vec<Builder> = Vec::new();
        for item in items.iter_mut() {
            self.item(item, &mut module, &mut builders, &mut taken);
        }
        for item in items.iter_mut() {
            if let Item::Impl(item) = item {
                self.implementation(item, &mut builders);
            }
        }
        module.classes = builders.into_iter().map(Builder::finish).collect();
        Some(module)
    }

    fn item(
        &mut self,
        item: &mut Item,
        module: &mut Module,
        builders: &mut Vec<Builder>,
        taken: &mut names::Taken,
    ) {
        let report = &mut *self.report;
        match item {
            Item::Fn(item) if is_public(&item.vis) => {
                let function = functions::function(item, self.classes, report);
                let ident = &item.sig.ident;
                taken.add(&function.name, "a function", ident, &function.cfg, report);
                module.functions.push(function);
            }
            Item::Fn(item) => {
                attributes::take(&mut item.attrs, Place::Private, report);
            }
            Item::Struct(item) if is_public(&item.vis) => {
                let builder = classes::of_struct(item, &module.name, self.classes, report);
                let class = &builder.class;
                taken.add(&class.name, "a class", &item.ident, &class.cfg, report);
                builders.push(builder);
            }
            Item::Enum(item) if is_public(&item.vis) => {
                let builder = classes::of_enum(item, &module.name, self.classes, report);
                let class = &builder.class;
                taken.add(&class.name, "a class", &item.ident, &class.cfg, report);
                builders.push(builder);
            }
            Item::Const(item) if is_public(&item.vis) => {
                let value = self.constant(item);
                let report = &mut *self.report;
                taken.add(&value.name, "a constant", &item.ident, &value.cfg, report);
                module.values.push(value);
            }
            Item::Static(item) if is_public(&item.vis) => report.on(
                item.static_token,
                "expected a value that Python can have, found a static: Python would not see it \
                 change",
                "write `pub const`, or make the static `pub(crate)` and export a function that reads \
                 it",
            ),
            Item::Mod(inner) if is_public(&inner.vis) => {
                let marks = attributes::take(&mut inner.attrs, Place::Module, report);
                let own = names::of_item(&inner.ident, marks.name.as_ref(), report);
                let cfg = attributes::cfg(&inner.attrs);
                taken.add(&own, "a module", &inner.ident, &cfg, report);
                let name = format!("{}.{own}", module.name);
                module.modules.extend(self.module(inner, name));
            }
            Item::Macro(inner) if is_extension(inner) => {
                report.at(
                    inner.mac.path.span(),
                    "expected `extension!` outside of the module, found it inside",
                    "move it behind the module",
                );
                *item = Item::Verbatim(TokenStream::new());
            }
            _ => {}
        }
    }

    fn constant(&mut self, item: &mut ItemConst) -> Value {
        let doc = docs::doc(&item.attrs);
        let marks = attributes::take(&mut item.attrs, Place::Constant, self.report);
        Value {
            cfg: attributes::cfg(&item.attrs),
            name: names::of_item(&item.ident, marks.name.as_ref(), self.report),
            doc,
            annotation: self.classes.annotation(&item.ty, Side::Result),
            value: item.ident.to_token_stream(),
            lift: output::lift(&item.ty, self.classes, self.report),
        }
    }

    /// Adds an `impl` to its class.
    fn implementation(&mut self, item: &mut ItemImpl, builders: &mut [Builder]) {
        let cfg = attributes::cfg(&item.attrs);
        for (class, operator) in operators::implemented(item, &cfg, self.classes) {
            let own = |builder: &&mut Builder| builder.class.ident == class;
            if let Some(builder) = builders.iter_mut().find(own) {
                builder.operator(operator);
            }
        }
        let Some(ident) = items::target(item).cloned() else {
            return;
        };
        let own = |builder: &&mut Builder| builder.class.ident == ident;
        let Some(builder) = builders.iter_mut().find(own) else {
            if self.classes.known.iter().any(|class| class.ident == ident) {
                items::apart(item, &ident, self.report);
            }
            return;
        };
        match item.trait_.clone() {
            None => builder.inherent(item, self.report),
            Some((path, _)) => builder.implements(item, &path, self.report),
        }
    }
}
