//! Writes the implementation of `Class`.

use super::function::Definitions;
use crate::export::model::{Class, Property};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Attribute, Generics};

/// Writes what makes a struct or an enum a class.
pub(super) fn class(class: &Class) -> TokenStream {
    let Class {
        ident,
        cfg,
        name,
        module,
        doc,
        ..
    } = class;
    let mut definitions = Definitions::default();
    let constructor = match &class.constructor {
        None => quote!(::core::option::Option::None),
        Some(function) => {
            let item = definitions.item(function);
            quote!(::core::option::Option::Some(#item))
        }
    };
    let functions: Vec<TokenStream> = class
        .functions
        .iter()
        .map(|function| definitions.add(function))
        .collect();
    let properties: Vec<TokenStream> = class
        .properties
        .iter()
        .map(|property| self::property(property, &mut definitions))
        .collect();
    let mut values: Vec<TokenStream> = class.values.iter().map(super::value).collect();
    if class.unhashable {
        values.push(quote! {
            ::gopyre::__private::export::ValueItem {
                name: "__hash__",
                doc: "",
                annotation: "None",
                make: || ::gopyre::Object::new(()),
            }
        });
    }
    let traced = traced(class);
    quote_spanned! {Span::mixed_site()=>
        #(#cfg)*
        #[automatically_derived]
        impl ::gopyre::__private::export::Class for #ident {
            fn item() -> &'static ::gopyre::__private::export::ClassItem {
                #definitions
                static __GOPYRE_ITEM: ::gopyre::__private::export::ClassItem =
                    ::gopyre::__private::export::ClassItem {
                        name: #name,
                        module: #module,
                        doc: #doc,
                        layout: ::gopyre::__private::export::ClassLayout::of::<#ident>(),
                        constructor: #constructor,
                        functions: &[#(#functions),*],
                        properties: &[#(#properties),*],
                        values: &[#(#values),*],
                    };
                &__GOPYRE_ITEM
            }
            const SHARING: ::gopyre::__private::export::Sharing<#ident> = {
                #[allow(unused_imports)]
                use ::gopyre::__private::export::Unshared as _;
                ::gopyre::__private::export::Sharing::<#ident>::OF
            };
            #traced
        }
    }
}

/// Writes what shows the collector the objects in the fields.
fn traced(class: &Class) -> TokenStream {
    let mixed = Span::mixed_site();
    if class.fields.is_empty() {
        return TokenStream::new();
    }
    let shown = class.fields.iter().map(|(cfg, member)| {
        quote_spanned!(mixed=>
            #(#cfg)*
            (&&::gopyre::__private::export::Field(&self.#member)).trace_field(__visit);
        )
    });
    let cleared = class.fields.iter().map(|(cfg, member)| {
        quote_spanned!(mixed=>
            #(#cfg)*
            (&mut &mut ::gopyre::__private::export::FieldMut(&mut self.#member)).clear_field();
        )
    });
    quote_spanned! {mixed=>
        fn trace(&self, __visit: &mut ::gopyre::__private::export::Visit<'_>) {
            #[allow(unused_imports)]
            use ::gopyre::__private::export::{OtherField as _, TracedField as _};
            #(#shown)*
        }
        fn clear(&mut self) {
            #[allow(unused_imports)]
            use ::gopyre::__private::export::{OtherFieldMut as _, TracedFieldMut as _};
            #(#cleared)*
        }
    }
}

/// Writes a property.
fn property(property: &Property, definitions: &mut Definitions) -> TokenStream {
    let Property {
        name,
        doc,
        annotation,
        get,
        set,
    } = property;
    let mut half = |function: &Option<crate::export::model::Function>| match function {
        None => quote!(::core::option::Option::None),
        Some(function) => {
            let item = definitions.item(function);
            quote!(::core::option::Option::Some(#item))
        }
    };
    let (get_item, set_item) = (half(get), half(set));
    let functions = [get, set].into_iter().flatten();
    // Halves under different `#[cfg]`s are not told apart: the property is there with both.
    let cfg = functions.map(|function| &function.cfg).next();
    let cfg = cfg.into_iter().flatten();
    quote! {
        #(#cfg)*
        ::gopyre::__private::export::Property {
            name: #name,
            doc: #doc,
            annotation: #annotation,
            get: #get_item,
            set: #set_item,
        }
    }
}

/// Writes an implementation for a class with mistakes.
pub(super) fn stub(attrs: &[Attribute], ident: &Ident, generics: &Generics) -> TokenStream {
    let cfg = attrs.iter().filter(|attr| attr.path().is_ident("cfg"));
    // What has parameters is no class; that is the mistake that was reported.
    if !generics.params.is_empty() {
        return TokenStream::new();
    }
    quote! {
        #(#cfg)*
        #[automatically_derived]
        #[allow(warnings)]
        impl ::gopyre::__private::export::Class for #ident {
            fn item() -> &'static ::gopyre::__private::export::ClassItem {
                loop {}
            }
        }
    }
}
