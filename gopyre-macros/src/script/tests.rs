//! What the three steps make of tokens; how errors look to a user is in the workspace's `tests/ui`.

use super::py_script;
use proc_macro2::TokenStream;
use quote::quote;

/// Expands, and writes tokens without the spaces between them.
fn expand(arguments: TokenStream, item: TokenStream) -> String {
    py_script(arguments, item).to_string().replace(' ', "")
}

/// Expands what is to be refused, and returns the messages.
fn mistakes(arguments: TokenStream, item: TokenStream) -> Vec<String> {
    let file: syn::File = syn::parse2(py_script(arguments, item)).unwrap();
    let messages = file.items.iter().filter_map(|item| match item {
        syn::Item::Macro(call) => {
            assert_eq!(
                call.mac.path.segments.last().unwrap().ident,
                "compile_error"
            );
            Some(call.mac.parse_body::<syn::LitStr>().unwrap().value())
        }
        _ => None,
    });
    messages.collect()
}

#[test]
fn the_declaration_stays_and_gains_a_body() {
    let code = expand(
        quote!(r#"a"#),
        quote! {
            /// Docs.
            #[inline]
            pub(crate) fn f<'a, T: Serialize>(x: &'a T) -> gopyre::Result<u8> where T: Copy;
        },
    );
    let head = "#[doc=r\"Docs.\"]#[inline]pub(crate)fnf<'a,T:Serialize>(x:&'aT)->gopyre::Result<u8>whereT:Copy{";
    assert!(code.starts_with(head), "{code}");
    assert!(!code.contains("compile_error"), "{code}");
}

#[test]
fn the_script_is_registered() {
    let code = expand(
        quote!(r#"a"#),
        quote!(
            fn f() -> u8;
        ),
    );
    assert!(
        code.contains(
            "::gopyre::__private::Source{text:r#\"a\"#,file:\"\",line:1u32,column:4u32,verbatim:true,}"
        ),
        "{code}"
    );
    assert!(
        code.contains(
            "::gopyre::__private::inventory::submit!{::gopyre::__private::Registered(&SCRIPT)}"
        ),
        "{code}"
    );
    let code = expand(
        quote!("a\tb"),
        quote!(
            fn f() -> u8;
        ),
    );
    assert!(code.contains("verbatim:false"), "{code}");
}

#[test]
fn a_file_is_included_and_named_as_written() {
    // A file that is there for sure: this crate's own manifest.
    let code = expand(
        quote!(file = "./Cargo.toml"),
        quote!(
            fn f() -> u8;
        ),
    );
    let text = "text:::core::include_str!(::core::concat!(::core::env!(\"CARGO_MANIFEST_DIR\"),\"/\",\"./Cargo.toml\")),file:\"./Cargo.toml\",line:1,column:1,verbatim:true";
    assert!(code.contains(text), "{code}");
}

#[test]
fn parameters_form_a_map_by_name() {
    let code = expand(
        quote!("a"),
        quote!(
            fn f(a: u8, r#type: &str) -> Result<u8>;
        ),
    );
    assert!(code.contains("Declared::call({"), "{code}");
    assert!(
        code.contains("__inputs.set(\"a\",&a)?;__inputs.set(\"type\",&r#type)?;"),
        "{code}"
    );
    let code = expand(
        quote!("1"),
        quote!(
            fn f() -> Result<u8>;
        ),
    );
    assert!(code.contains("Declared::call({"), "{code}");
    assert!(!code.contains("__inputs.set"), "{code}");
}

#[test]
fn a_lone_input_is_the_whole_input() {
    let code = expand(
        quote!("input"),
        quote!(
            fn f(input: &Request) -> Result<u8>;
        ),
    );
    assert!(code.contains("Declared::call_input({"), "{code}");
    assert!(code.contains("&SCRIPT},&input)"), "{code}");
}

#[test]
fn only_a_result_returns_errors() {
    for output in [
        quote!(-> Result<u8>),
        quote!(-> gopyre::Result<u8>),
        quote!(-> ::std::result::Result<u8, Mine>),
        quote!(-> (Result<u8>)),
    ] {
        let code = expand(quote!("1"), quote!(fn f() #output;));
        assert!(code.contains("From::from(__error)"), "{code}");
        assert!(!code.contains("__private::panic"), "{code}");
        assert!(!code.contains("track_caller"), "{code}");
    }
    for output in [
        quote!(),
        quote!(-> ()),
        quote!(-> u8),
        quote!(-> Option<Result<u8>>),
        quote!(-> Results<u8>),
    ] {
        let code = expand(quote!("1"), quote!(fn r#f() #output;));
        assert!(
            code.contains("::gopyre::__private::panic(\"f\",__error)"),
            "{code}"
        );
    }
}

#[test]
fn a_panic_is_documented_once() {
    let heading = "#[doc=\"#Panics\"]";
    let code = expand(
        quote!("1"),
        quote!(
            fn f();
        ),
    );
    assert!(code.starts_with(heading), "{code}");
    let code = expand(
        quote!("1"),
        quote!(
            #[doc = " Docs."]
            fn f();
        ),
    );
    assert!(
        code.starts_with(&format!("#[doc=\"Docs.\"]#[doc=\"\"]{heading}")),
        "{code}"
    );
    for own in [" # Panics", "Docs.\n\n# Panics\n\nNever."] {
        let code = expand(quote!("1"), quote!(#[doc = #own] fn f();));
        assert!(!code.contains("PanicswiththePython"), "{code}");
    }
}

#[test]
fn a_panic_names_the_caller() {
    let count = |item| {
        let code = expand(quote!("1"), item);
        code.matches("#[track_caller]").count()
    };
    assert_eq!(
        count(quote!(
            fn f();
        )),
        1
    );
    assert_eq!(
        count(quote!(
            #[track_caller]
            fn f();
        )),
        1
    );
    assert_eq!(
        count(quote!(
            fn main();
        )),
        0
    );
}

#[test]
fn the_only_parameter_attributes_are_lint_levels() {
    let allowed = quote!(
        fn f(
            #[allow(unused)]
            #[expect(dead_code)]
            a: u8,
        ) -> u8;
    );
    assert!(mistakes(quote!("1"), allowed).is_empty());
    let refused = quote!(
        fn f(
            #[kw]
            #[allow(unused)]
            #[serde::default]
            a: u8,
        ) -> u8;
    );
    let found = mistakes(quote!("1"), refused);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[1].contains("`#[serde::default]`"), "{found:?}");
}

#[test]
fn groups_of_a_macro_rules_are_looked_through() {
    let grouped = |tokens| {
        let group = proc_macro2::Group::new(proc_macro2::Delimiter::None, tokens);
        TokenStream::from(proc_macro2::TokenTree::Group(group))
    };
    let script = grouped(quote!("1"));
    let output = grouped(quote!(gopyre::Result<u8>));
    let code = expand(script, quote!(fn f() -> #output;));
    assert!(code.contains("From::from(__error)"), "{code}");
    assert!(!code.contains("compile_error"), "{code}");
}

#[test]
fn every_mistake_is_reported_at_once() {
    let found = mistakes(
        quote!("", fil = "x", file = 3),
        quote!(
            const unsafe fn f((a, b): (u8, u8), mut input: u8) -> &str {
                nonsense
            }
        ),
    );
    let about = [
        "only whitespace",
        "`fil`",
        "found `3`",
        "`const fn`",
        "`unsafe fn`",
        "a pattern",
        "`mut`",
        "`input` to be the only",
        "owned result",
        "found a body",
    ];
    assert_eq!(found.len(), about.len(), "{found:?}");
    for (message, about) in found.iter().zip(about) {
        assert!(message.contains(about), "{about}: {message}");
        assert!(message.contains("\nhelp: "), "{message}");
        assert!(!message.ends_with('.'), "{message}");
    }
}

#[test]
fn a_mistake_leaves_a_stub_behind() {
    let code = expand(
        quote!(),
        quote!(
            #[inline]
            pub fn f(#[kw] x: u8, y: ...) -> u8 {
                x
            }
        ),
    );
    assert!(
        code.ends_with("#[inline]#[allow(warnings)]pubfnf(x:u8,)->u8{loop{}}"),
        "{code}"
    );
    let code = expand(
        quote!(),
        quote!(
            const async fn f() -> impl Sized;
        ),
    );
    assert!(code.ends_with("asyncfnf()->!{loop{}}"), "{code}");
    let code = expand(
        quote!("1"),
        quote!(
            #[gopyre::py_script("2")]
            fn f();
        ),
    );
    assert!(code.ends_with("#[allow(warnings)]fnf(){loop{}}"), "{code}");
    assert!(!code.contains("#[gopyre::py_script"), "{code}");
}

#[test]
fn what_is_no_function_stays() {
    let code = expand(
        quote!("1"),
        quote!(
            pub struct S(u8);
        ),
    );
    assert!(code.contains("foundastruct"), "{code}");
    assert!(code.ends_with("pubstructS(u8);"), "{code}");
}

#[test]
fn a_comma_may_end_the_arguments() {
    // Parsed from text: rustfmt would remove the comma inside `quote!`.
    let code = expand(
        "\"1\",".parse().unwrap(),
        quote!(
            fn f();
        ),
    );
    assert!(!code.contains("compile_error"), "{code}");
}
