//! What the three steps make of tokens; how errors look to a user is in the workspace's `tests/ui`.

use super::py_module;
use proc_macro2::TokenStream;
use quote::quote;

/// Expands, and writes tokens without the spaces between them.
fn expand(arguments: TokenStream, item: TokenStream) -> String {
    py_module(arguments, item).to_string().replace(' ', "")
}

#[track_caller]
fn contains(code: &str, part: &str) {
    assert!(!code.contains("compile_error"), "{code}");
    assert!(code.contains(part), "no {part} in {code}");
}

#[test]
fn a_module_is_a_registered_static() {
    let code = expand(
        quote!(name = "numpy.linalg"),
        quote!(
            extern "Python" {
                fn norm(x: f64) -> Result<f64>;
            }
        ),
    );
    contains(
        &code,
        "static__gopyre_module_of_fn_norm:::gopyre::__private::DeclaredModule=",
    );
    contains(&code, "Origin::Installed(\"numpy.linalg\")");
    contains(&code, "RegisteredModule(&__gopyre_module_of_fn_norm)");
    contains(&code, "RegisteredItem(&ITEM)");
}

#[test]
fn positional_and_keyword_parameters_are_told_apart() {
    let code = expand(
        quote!(name = "m"),
        quote!(
            extern "Python" {
                fn f(a: u8, #[kw] b: u8, #[kw = "C"] c: &Option<u8>) -> Result<u8>;
            }
        ),
    );
    contains(
        &code,
        "positional:&[\"a\"],keywords:&[(\"b\",false),(\"C\",true)],",
    );
    contains(
        &code,
        "__arguments.positional(\"a\",&a)?;__arguments.keyword(\"b\",&b)?;__arguments.optional(\"C\",&c)?;",
    );
    contains(&code, "fnf(a:u8,b:u8,c:&Option<u8>)->Result<u8>{");
}

#[test]
fn methods_stand_in_an_impl_of_their_class() {
    let code = expand(
        quote!(name = "m"),
        quote!(
            extern "Python" {
                #[name = "Klass"]
                pub type Class;
                #[new]
                pub fn make(a: u8) -> Result<Class>;
                fn method<'a>(self: &'a Class) -> Result<u8>;
                #[set]
                fn set_size(self: &Class, size: u8) -> Result<()>;
                #[r#static]
                fn zero() -> Result<Self>;
            }
        ),
    );
    contains(&code, "pubstructClass{__object:::gopyre::Object,}");
    contains(&code, ")]implClass{pubfnmake(a:u8)->Result<Class>{");
    contains(
        &code,
        "kind:::gopyre::__private::Kind::New,class:\"Klass\",name:\"make\",",
    );
    contains(&code, "implClass{fnmethod<'a>(&'aself)->Result<u8>{");
    contains(
        &code,
        "kind:::gopyre::__private::Kind::Set,class:\"Klass\",name:\"size\",",
    );
    contains(&code, "&ITEM},&self.__object,&size)");
    contains(
        &code,
        "kind:::gopyre::__private::Kind::Static,class:\"Klass\",name:\"zero\",",
    );
}

#[test]
fn a_file_is_included_and_named_as_written() {
    let code = expand(
        quote!(dir = "src/module/", file = "none.py"),
        quote!(
            extern "Python" {}
        ),
    );
    assert!(code.contains("foundno`none.py`"), "{code}");
}

#[test]
fn attributes_of_the_block_go_to_its_items() {
    let code = expand(
        quote!(name = "m"),
        quote!(
            #[cfg(unix)]
            #[allow(dead_code)]
            extern "Python" {
                fn f() -> Result<u8>;
                type T;
            }
        ),
    );
    contains(&code, "#[cfg(unix)]#[allow(dead_code)]fnf()");
    contains(&code, "#[cfg(unix)]::gopyre::__private::inventory::submit!");
    contains(&code, "#[cfg(unix)]#[allow(dead_code)]#[derive(");
}

#[test]
fn a_panic_is_documented() {
    let code = expand(
        quote!(name = "m"),
        quote!(
            extern "Python" {
                /// Docs.
                fn f() -> u8;
            }
        ),
    );
    contains(&code, "#[doc=\"#Panics\"]");
    contains(&code, "#[track_caller]");
}

#[test]
fn every_mistake_is_reported_at_once_and_leaves_stubs() {
    let code = expand(
        quote!(nam = "m"),
        quote!(
            extern "C" {
                async fn f() -> u8;
                fn g(self: &Other) -> u8;
                #[getter]
                fn h(x: u8) -> u8;
            }
        ),
    );
    assert_eq!(code.matches("compile_error!").count(), 5, "{code}");
    assert!(code.contains("fnh(x:u8)->u8{loop{}}"), "{code}");
    assert!(!code.contains("getter]"), "{code}");
}

#[test]
fn what_is_no_extern_block_stays() {
    let code = expand(
        quote!(name = "m"),
        quote!(
            mod kept {}
        ),
    );
    assert_eq!(code.matches("compile_error!").count(), 1);
    assert!(code.ends_with("modkept{}"), "{code}");
}
