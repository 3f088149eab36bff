//! Writes the types and functions.

use super::check::{self, ClassItem, Member, Module, Origin, Parameter, Role};
use super::parse::{Block, Class, Item};
use crate::script::expand::{acceptable, body, extra_attributes, reference, stub};
use crate::script::source::Position;
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use std::collections::BTreeMap;
use syn::ext::IdentExt;
use syn::{Attribute, FnArg, Ident, Visibility};

/// Writes the module's static, its types and its functions.
pub(super) fn module(module: &Module) -> TokenStream {
    let handle = handle(module);
    let origin = origin(&module.origin);
    let (file, line) = place(module.block.extern_token.span);
    let attrs = &module.attrs;
    let chosen = attrs.iter().filter(|attr| is_cfg(attr));
    let mut code = quote_spanned!(Span::mixed_site()=>
        #(#attrs)*
        #[doc(hidden)]
        #[allow(non_upper_case_globals)]
        static #handle: ::gopyre::__private::DeclaredModule = ::gopyre::__private::DeclaredModule::new(
            #origin, #file, #line,
        );
        #(#chosen)*
        ::gopyre::__private::inventory::submit! {
            ::gopyre::__private::RegisteredModule(&#handle)
        }
    );
    for item in &module.classes {
        code.extend(class(item, attrs, &handle));
    }
    for member in &module.members {
        code.extend(function(member, module, &handle));
    }
    code
}

/// Names the static after something that no other block of the same scope can have.
fn handle(module: &Module) -> Ident {
    let free = |member: &&Member| member.role == Role::Function;
    let first = module.classes.first().map(|class| ("type", class.ident));
    let first = first.or_else(|| {
        let function = module.members.iter().find(free);
        function.map(|function| ("fn", &function.sig.ident))
    });
    let name = match first {
        Some((kind, ident)) => format!("__gopyre_module_of_{kind}_{}", ident.unraw()),
        None => "__gopyre_module_of_nothing".to_owned(),
    };
    // At the call site, so that functions that keep the user's spans find it.
    Ident::new(&name, Span::call_site())
}

/// Writes where the module comes from.
fn origin(origin: &Origin) -> TokenStream {
    let (dir, file, files) = match origin {
        Origin::Installed(name) => {
            return quote!(::gopyre::__private::Origin::Installed(#name));
        }
        Origin::File(file) => ("", file, std::slice::from_ref(file)),
        Origin::Folder(dir, file, files) => (&**dir, file, &**files),
    };
    let texts = files.iter().map(|file| {
        quote!((#file, ::core::include_str!(::core::concat!(
            ::core::env!("CARGO_MANIFEST_DIR"), "/", #dir, #file
        ))))
    });
    quote! {
        ::gopyre::__private::Origin::Embedded(::gopyre::__private::Embedded {
            krate: ::core::env!("CARGO_PKG_NAME"),
            version: ::core::env!("CARGO_PKG_VERSION"),
            dir: #dir,
            file: #file,
            texts: &[#(#texts),*],
        })
    }
}

/// The Rust file and line of a token.
fn place(span: Span) -> (String, u32) {
    let Position { file, line, .. } = Position::at(span);
    (file, u32::try_from(line).unwrap_or(u32::MAX))
}

/// Writes a class: a struct that holds an object, and goes wherever that can go.
fn class(item: &ClassItem, block: &[&Attribute], handle: &Ident) -> TokenStream {
    let ClassItem {
        attrs,
        vis,
        ident,
        name,
    } = item;
    let registered = item_static(handle, ident, quote!(Class), "", name, &[]);
    let chosen = attrs.iter().filter(|attr| is_cfg(attr));
    let traits = traits(ident, &quote!(&ITEM));
    let shape = shape(vis, ident);
    quote! {
        #(#block)*
        #(#attrs)*
        #shape
        #(#block)*
        #(#chosen)*
        const _: () = {
            #registered
            #traits
        };
    }
}

fn is_cfg(attr: &Attribute) -> bool {
    attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr")
}

fn shape(vis: &Visibility, ident: &Ident) -> TokenStream {
    let name = ident.unraw().to_string();
    quote! {
        #[derive(::core::clone::Clone)]
        #vis struct #ident {
            __object: ::gopyre::Object,
        }
        #[automatically_derived]
        impl ::core::fmt::Debug for #ident {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Formatter::debug_tuple(f, #name).field(&self.__object).finish()
            }
        }
    }
}

/// Writes what makes a handle pass through serde, and to and from an `Object`.
fn traits(ident: &Ident, item: &TokenStream) -> TokenStream {
    quote! {
        #[automatically_derived]
        impl ::gopyre::__private::serde::Serialize for #ident {
            fn serialize<S: ::gopyre::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                ::gopyre::__private::serde::Serialize::serialize(&self.__object, serializer)
            }
        }
        // Not `automatically_derived`: Clippy takes what derives it to have no `unsafe`, as its methods do have
        // where they register themselves.
        impl<'de> ::gopyre::__private::serde::Deserialize<'de> for #ident {
            fn deserialize<D: ::gopyre::__private::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                let object = ::gopyre::__private::Imported::instance(#item, deserializer)?;
                ::core::result::Result::Ok(Self { __object: object })
            }
        }
        #[automatically_derived]
        impl ::core::convert::TryFrom<::gopyre::Object> for #ident {
            type Error = ::gopyre::Error;
            fn try_from(object: ::gopyre::Object) -> ::core::result::Result<Self, ::gopyre::Error> {
                ::gopyre::__private::Imported::check_instance(#item, &object)?;
                ::core::result::Result::Ok(Self { __object: object })
            }
        }
        #[automatically_derived]
        impl ::core::convert::From<#ident> for ::gopyre::Object {
            fn from(handle: #ident) -> ::gopyre::Object {
                handle.__object
            }
        }
        #[automatically_derived]
        impl ::core::convert::AsRef<::gopyre::Object> for #ident {
            fn as_ref(&self) -> &::gopyre::Object {
                &self.__object
            }
        }
    }
}

/// Writes the registered static of an item, named `ITEM`.
fn item_static(
    handle: &Ident,
    ident: &Ident,
    kind: TokenStream,
    class: &str,
    name: &str,
    parameters: &[Parameter],
) -> TokenStream {
    let (file, line) = place(ident.span());
    let positional = parameters
        .iter()
        .filter(|parameter| parameter.keyword.is_none());
    let positional = positional.map(|parameter| parameter.ident.unraw().to_string());
    let keywords = parameters.iter().filter_map(|parameter| {
        let optional = parameter.optional;
        parameter
            .keyword
            .as_ref()
            .map(|keyword| quote!((#keyword, #optional)))
    });
    quote_spanned! {Span::mixed_site()=>
        static ITEM: ::gopyre::__private::Imported = ::gopyre::__private::Imported::new(
            ::gopyre::__private::Item {
                module: &#handle,
                kind: ::gopyre::__private::Kind::#kind,
                class: #class,
                name: #name,
                positional: &[#(#positional),*],
                keywords: &[#(#keywords),*],
                file: #file,
                line: #line,
            },
        );
        ::gopyre::__private::inventory::submit! {
            ::gopyre::__private::RegisteredItem(&ITEM)
        }
    }
}

/// Writes a function, in the impl of its class if it has one.
fn function(member: &Member, module: &Module, handle: &Ident) -> TokenStream {
    let Member {
        attrs,
        vis,
        sig,
        role,
        output,
        parameters,
        ..
    } = member;
    let mixed = Span::mixed_site();
    let class = member.class.and_then(|index| module.classes.get(index));
    let kind = format_ident!("{role:?}");
    let class_name = class.map_or("", |class| &class.name);
    let item = item_static(
        handle,
        &sig.ident,
        quote!(#kind),
        class_name,
        &member.name,
        parameters,
    );
    // In a block of its own, so that no parameter is taken for the static.
    let item = quote_spanned!(mixed=> { #item &ITEM });
    let pushes = parameters.iter().map(push);
    let fill = quote_spanned!(mixed=> |__arguments| {
        #(#pushes)*
        ::core::result::Result::Ok(())
    });
    // `self` is the user's, as it stands in the signature.
    let this = sig.receiver().map(|receiver| {
        let this = receiver.self_token;
        quote_spanned!(mixed=> &#this.__object)
    });
    let call = match role {
        Role::Function | Role::New | Role::Static => quote_spanned!(mixed=> call(#item, #fill)),
        Role::Method => quote_spanned!(mixed=> call_method(#item, #this, #fill)),
        Role::Get => quote_spanned!(mixed=> get(#item, #this)),
        Role::Set => {
            let value = parameters
                .first()
                .map(|parameter| reference(&parameter.ident));
            quote_spanned!(mixed=> set(#item, #this, #value))
        }
    };
    let call = quote_spanned!(mixed=> ::gopyre::__private::Imported::#call);
    let body = body(call, sig, *output);
    let extra = extra_attributes(attrs, sig, *output, "it raises");
    let function = quote!(#(#attrs)* #extra #vis #sig #body);
    let block = &module.attrs;
    match class {
        None => quote!(#(#block)* #function),
        Some(class) => {
            let ident = class.ident;
            quote! {
                #(#block)*
                // The names are Python's.
                #[allow(
                    clippy::len_without_is_empty,
                    clippy::new_ret_no_self,
                    clippy::self_named_constructors,
                    clippy::should_implement_trait,
                    clippy::wrong_self_convention
                )]
                impl #ident { #function }
            }
        }
    }
}

/// Writes one argument of the call.
fn push(parameter: &Parameter) -> TokenStream {
    let mixed = Span::mixed_site();
    let value = reference(&parameter.ident);
    match (&parameter.keyword, parameter.optional) {
        (None, _) => {
            let name = parameter.ident.unraw().to_string();
            quote_spanned!(mixed=> __arguments.positional(#name, #value)?;)
        }
        (Some(name), false) => quote_spanned!(mixed=> __arguments.keyword(#name, #value)?;),
        (Some(name), true) => quote_spanned!(mixed=> __arguments.optional(#name, #value)?;),
    }
}

/// Writes items that stand in for those of a block with mistakes, so that their users show none.
pub(super) fn stubs(block: &Block) -> TokenStream {
    let blocked: Vec<&Attribute> = block
        .attrs
        .iter()
        .filter(|a| check::is_block_wide(a))
        .collect();
    let mut code = TokenStream::new();
    let mut last = None;
    // Of two items of one name the first is enough.
    let mut classes: BTreeMap<String, &Class> = BTreeMap::new();
    let mut functions = BTreeMap::new();
    for item in &block.items {
        match item {
            Item::Class(class) => {
                last = Some(&class.ident);
                classes.entry(class.ident.to_string()).or_insert(class);
            }
            Item::Function(function) => {
                let class = class_of(function, last).map(Ident::to_string);
                let key = (class, function.sig.ident.to_string());
                functions.entry(key).or_insert(&**function);
            }
            Item::Other(..) => {}
        }
    }
    for class in classes.values() {
        let attrs = check::without_ours(&class.attrs);
        let shape = shape(&class.vis, &class.ident);
        let traits = traits(
            &class.ident,
            &quote!({
                let item: &'static ::gopyre::__private::Imported = loop {};
                item
            }),
        );
        code.extend(quote! {
            #(#blocked)*
            #(#attrs)*
            #[allow(dead_code)]
            #shape
            #[allow(warnings)]
            const _: () = { #traits };
        });
    }
    for ((class, _), function) in functions {
        let Some(ident) = class.as_ref().map_or(Some(None), |class| {
            classes.get(class).map(|class| Some(&class.ident))
        }) else {
            continue;
        };
        let mut function = crate::script::parse::Declaration {
            attrs: check::without_ours(&function.attrs),
            vis: function.vis.clone(),
            sig: acceptable(function.sig.clone()),
            body: None,
        };
        let inputs = std::mem::take(&mut function.sig.inputs);
        let own = |argument| match argument {
            // Whatever was wrong with it.
            FnArg::Receiver(_) => ident.map(|_| syn::parse_quote!(&self)),
            typed => Some(typed),
        };
        function.sig.inputs = inputs.into_iter().filter_map(own).collect();
        let stub = stub(function);
        code.extend(match ident {
            None => quote!(#(#blocked)* #stub),
            Some(ident) => quote!(#(#blocked)* impl #ident { #stub }),
        });
    }
    code
}

/// The class that a function with mistakes seems to be of.
fn class_of<'a>(
    function: &'a crate::script::parse::Declaration,
    last: Option<&'a Ident>,
) -> Option<&'a Ident> {
    if let Some(receiver) = function.sig.receiver() {
        return check::receiver_class(receiver).or(last);
    }
    let is = |attr: &Attribute, names: &[&str]| {
        let ident = attr.path().get_ident().map(Ident::unraw);
        ident.is_some_and(|ident| names.iter().any(|name| ident == name))
    };
    if function
        .attrs
        .iter()
        .any(|attr| is(attr, &["static", "staticmethod", "classmethod"]))
    {
        return last;
    }
    if function.attrs.iter().any(|attr| is(attr, &["new"])) {
        let syn::ReturnType::Type(_, ty) = &function.sig.output else {
            return last;
        };
        let value = crate::script::check::result_value(ty)
            .flatten()
            .unwrap_or(ty);
        return match value {
            syn::Type::Path(path) => path.path.get_ident().filter(|i| *i != "Self").or(last),
            _ => last,
        };
    }
    None
}
