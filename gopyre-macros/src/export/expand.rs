//! Writes the module as it was, with what shows it to Python.

mod body;
mod class;
mod function;
mod hygiene;
mod lift;
mod operator;
mod parameters;
mod result;

use super::check::is_public;
use super::model::{Module, Value};
use function::Definitions;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Item, ItemMod};

/// Writes a module and its registration.
pub(super) fn module(mut item: ItemMod, model: &Module) -> TokenStream {
    let registered = quote_spanned! {Span::mixed_site()=>
        ::gopyre::__private::inventory::submit! {
            ::gopyre::__private::export::RegisteredExport(&__GOPYRE)
        }
    };
    // `pub` says what Python sees, wherever the module is.
    item.attrs
        .push(syn::parse_quote!(#[allow(unreachable_pub)]));
    fill(&mut item, model);
    push(&mut item, registered);
    item.into_token_stream()
}

/// Adds to a module, and to those in it, what describes them.
fn fill(item: &mut ItemMod, model: &Module) {
    let mut inner = model.modules.iter();
    if let Some((_, items)) = &mut item.content {
        for item in items {
            if let Item::Mod(module) = item
                && is_public(&module.vis)
                && let Some(model) = inner.next()
            {
                fill(module, model);
            }
        }
    }
    for class in &model.classes {
        push(item, class::class(class));
    }
    push(item, describe(model));
}

fn push(item: &mut ItemMod, tokens: TokenStream) {
    if let Some((_, items)) = &mut item.content {
        items.push(Item::Verbatim(tokens));
    }
}

/// Writes the static that describes a module.
fn describe(model: &Module) -> TokenStream {
    let Module { name, doc, .. } = model;
    let mut definitions = Definitions::default();
    let functions: Vec<TokenStream> = model
        .functions
        .iter()
        .map(|function| definitions.add(function))
        .collect();
    let classes = model.classes.iter().map(|class| {
        let (cfg, ident) = (&class.cfg, &class.ident);
        quote!(#(#cfg)* <#ident as ::gopyre::__private::export::Class>::item)
    });
    let values = model.values.iter().map(value);
    let modules = model.modules.iter().map(|module| {
        let (cfg, ident) = (&module.cfg, &module.ident);
        quote!(#(#cfg)* &#ident::__GOPYRE)
    });
    quote! {
        #[doc(hidden)]
        pub static __GOPYRE: ::gopyre::__private::export::ModuleItem = {
            #definitions
            ::gopyre::__private::export::ModuleItem {
                name: #name,
                doc: #doc,
                functions: &[#(#functions),*],
                classes: &[#(#classes),*],
                values: &[#(#values),*],
                modules: &[#(#modules),*],
            }
        };
    }
}

/// Writes a constant.
fn value(value: &Value) -> TokenStream {
    let Value {
        cfg,
        name,
        doc,
        annotation,
        value,
        lift,
    } = value;
    let mixed = Span::mixed_site();
    let make = |value: TokenStream| match lift::lifted(lift, &value, &lift::Maker::Constant) {
        Some(lifted) => quote_spanned!(mixed=> ::gopyre::Object::new(#lifted)),
        None => quote_spanned!(mixed=> ::gopyre::Object::new(#value)),
    };
    let make = make(value.clone());
    quote_spanned! {mixed=>
        #(#cfg)*
        ::gopyre::__private::export::ValueItem {
            name: #name,
            doc: #doc,
            annotation: #annotation,
            make: || #make,
        }
    }
}

/// Writes a module with mistakes, so that its users show none.
pub(super) fn stub(mut item: ItemMod) -> TokenStream {
    item.attrs.push(syn::parse_quote!(#[allow(warnings)]));
    empty(&mut item);
    item.into_token_stream()
}

fn empty(item: &mut ItemMod) {
    let name = item.ident.to_string();
    let mut classes = TokenStream::new();
    if let Some((_, items)) = &mut item.content {
        for item in items {
            match item {
                Item::Mod(module) if is_public(&module.vis) => empty(module),
                Item::Struct(class) if is_public(&class.vis) => {
                    class::stub(&class.attrs, &class.ident, &class.generics)
                        .to_tokens(&mut classes);
                }
                Item::Enum(class) if is_public(&class.vis) => {
                    class::stub(&class.attrs, &class.ident, &class.generics)
                        .to_tokens(&mut classes);
                }
                _ => {}
            }
        }
    }
    push(
        item,
        quote! {
            #[doc(hidden)]
            pub static __GOPYRE: ::gopyre::__private::export::ModuleItem =
                ::gopyre::__private::export::ModuleItem {
                    name: #name,
                    doc: "",
                    functions: &[],
                    classes: &[],
                    values: &[],
                    modules: &[],
                };
            #classes
        },
    );
}
