//! What the three steps make of tokens; how errors look to a user is in the workspace's `tests/ui`.

use super::py_export;
use proc_macro2::TokenStream;
use quote::quote;

/// Expands a module of these items, and writes tokens without the spaces between them.
fn expand(items: TokenStream) -> String {
    let code = py_export(TokenStream::new(), quote!(mod api { #items }));
    code.to_string().replace(' ', "")
}

#[track_caller]
fn contains(code: &str, part: &str) {
    assert!(!code.contains("compile_error"), "{code}");
    assert!(code.contains(part), "no {part} in {code}");
}

#[track_caller]
fn lacks(code: &str, part: &str) {
    assert!(!code.contains("compile_error"), "{code}");
    assert!(!code.contains(part), "{part} in {code}");
}

#[test]
fn a_module_is_a_registered_static() {
    let code = expand(quote! {
        #![doc = " Says what it is."]
        pub const LIMIT: i64 = 3;
        pub mod deep {}
        pub(crate) mod hidden {}
    });
    contains(&code, "RegisteredExport(&__GOPYRE)");
    contains(&code, "name:\"api\",doc:\"Sayswhatitis.\",");
    contains(&code, "name:\"api.deep\"");
    contains(&code, "modules:&[&deep::__GOPYRE]");
    contains(&code, "make:||::gopyre::Object::new(LIMIT),");
    lacks(&code, "hidden::__GOPYRE");
}

#[test]
fn items_stay_as_they_are() {
    let code = expand(quote! {
        use std::fmt;
        #[inline]
        pub fn f(#[default(3)] a: i64) -> i64 { a }
        fn private() {}
        macro_rules! m { () => {} }
        pub type Alias = i64;
    });
    contains(
        &code,
        "modapi{usestd::fmt;#[inline]pubfnf(a:i64)->i64{a}fnprivate(){}macro_rules!m{()=>{}}\
         pubtypeAlias=i64;",
    );
    lacks(&code, "\"private\"");
}

#[test]
fn arguments_are_read_as_what_is_passed() {
    let cases = [
        (quote!(a: i64), "get::<i64>(0usize)?", "(__p0)"),
        (quote!(mut a: i64), "get::<i64>(0usize)?", "(__p0)"),
        (
            quote!(a: &str),
            "get::<::gopyre::__private::export::Text<'_>>(0usize)?",
            "(&__p0)",
        ),
        (
            quote!(a: &'x [u8]),
            "get::<::gopyre::__private::export::Bytes<'_>>(",
            "(&__p0)",
        ),
        (
            quote!(a: &[f64]),
            "get::<::std::vec::Vec<f64>>(0usize)?",
            "(&__p0)",
        ),
        (
            quote!(a: &Path),
            "get::<::std::path::PathBuf>(0usize)?",
            "(&__p0)",
        ),
        (
            quote!(a: &HashMap<u8, u8>),
            "get::<HashMap<u8,u8>>(0usize)?",
            "(&__p0)",
        ),
        (
            quote!(a: Cow<'x, str>),
            "get::<Cow<'_,str>>(0usize)?",
            "(__p0)",
        ),
        (
            quote!(a: Option<&str>),
            "get_or::<::core::option::Option<::gopyre::__private::export::Text<'_>>>(0usize,||::core::option::Option::None)?",
            "(__p0.as_deref())",
        ),
        (
            quote!(a: Option<&T>),
            "get_or::<::core::option::Option<T>>(",
            "(__p0.as_ref())",
        ),
        (
            quote!(a: &Counter),
            "shared::<Counter>(0usize)?",
            "(&*__p0)",
        ),
        (
            quote!(a: &mut Counter),
            "exclusive::<Counter>(0usize)?",
            "(&mut*__p0)",
        ),
        (
            quote!(a: Counter),
            "shared::<Counter>(0usize)?",
            "(::core::clone::Clone::clone(&*__p0))",
        ),
        (
            quote!(a: Option<&Counter>),
            "shared_or_none::<Counter>(0usize)?",
            "(__p0.as_deref())",
        ),
        (
            quote!(#[args] a: &[i64]),
            "args::<::std::vec::Vec<i64>>(0usize)?",
            "(&__p0)",
        ),
        (quote!(#[kwargs] a: Map), "kwargs::<Map>(0usize)?", "(__p0)"),
        (
            quote!(#[default("x")] a: String),
            "get_or::<String>(0usize,||::core::convert::Into::into(\"x\"))?",
            "(__p0)",
        ),
        (
            quote!(#[default(&[1, 2])] a: &[i64]),
            "<::std::vec::Vec<i64>as::core::convert::From<_>>::from(&[1,2])",
            "(&__p0)",
        ),
        (
            quote!(#[default(Some(true))] a: Option<bool>),
            "||Some(true))?",
            "(__p0)",
        ),
    ];
    for (parameter, read, passed) in cases {
        let code = expand(quote! {
            #[derive(Clone)]
            pub struct Counter;
            pub fn f<'x>(#parameter) {}
        });
        contains(&code, read);
        contains(&code, &format!("Outcome::new(f{passed})"));
    }
}

#[test]
fn signatures_are_those_of_python() {
    let code = expand(quote! {
        pub fn f(a: i64, #[default(2.5)] b: f64, #[args] c: Vec<i64>, r#type: Option<bool>, #[kwargs] d: HashMap<String, Object>) {}
    });
    for part in [
        "name:\"a\",kind:::gopyre::__private::export::ParameterKind::Plain,default:::core::option::Option::None,annotation:\"int\"",
        "name:\"b\",kind:::gopyre::__private::export::ParameterKind::Plain,default:::core::option::Option::Some(\"2.5\"),annotation:\"float\"",
        "name:\"c\",kind:::gopyre::__private::export::ParameterKind::Args,default:::core::option::Option::None,annotation:\"int\"",
        "name:\"type\",kind:::gopyre::__private::export::ParameterKind::KeywordOnly,default:::core::option::Option::Some(\"None\"),annotation:\"bool|None\"",
        "name:\"d\",kind:::gopyre::__private::export::ParameterKind::Kwargs,default:::core::option::Option::None,annotation:\"Any\"",
        "returns:\"None\"",
    ] {
        contains(&code, part);
    }
}

#[test]
fn an_option_before_a_required_parameter_is_required() {
    let code = expand(quote!(
        pub fn f(a: Option<i64>, b: i64) {}
    ));
    contains(
        &code,
        "get::<::core::option::Option<i64>>(0usize)?"
            .replace("::core::option::", "")
            .as_str(),
    );
    contains(
        &code,
        "name:\"a\",kind:::gopyre::__private::export::ParameterKind::Plain,default:::core::option::Option::None",
    );
}

#[test]
fn methods_borrow_the_instance_while_they_run() {
    let code = expand(quote! {
        pub struct Counter { value: i64 }
        impl Counter {
            pub fn new(value: i64) -> Result<Self> { .. }
            pub fn value(&self) -> i64 { .. }
            pub fn add(&mut self, n: i64) -> Vec<i64> { .. }
            pub fn name(&self) -> &str { .. }
            pub fn zero() -> Self { .. }
            #[classmethod]
            pub fn of(class: &Object, n: i64) -> Object { .. }
            pub fn same(self_: &Object) -> Object { .. }
        }
    });
    contains(&code, "__call.initialize::<Counter>(__value)");
    contains(&code, "let__value={let__this=__call.this::<Counter>()?;");
    contains(
        &code,
        "let__value={letmut__this=__call.this_mut::<Counter>()?;",
    );
    // Borrows from the instance: it stays borrowed until Python has it.
    contains(&code, "?;let__this=__call.this::<Counter>()?;let__value=");
    contains(
        &code,
        "Counter::zero())).settle_outcome()?};__value};__call.instance::<Counter>(__value)",
    );
    contains(&code, "FunctionKind::Class;");
    contains(&code, "FunctionKind::Static;");
    contains(&code, "let__this=__call.receiver();");
}

#[test]
fn accessors_of_one_name_are_one_property() {
    let code = expand(quote! {
        pub struct Counter { #[get] #[set] step: u8, value: i64 }
        impl Counter {
            #[set]
            pub fn set_value(&mut self, value: i64) {}
            /// Tells.
            #[get]
            pub fn value(&self) -> i64 { .. }
        }
    });
    assert_eq!(code.matches("export::Property{").count(), 2, "{code}");
    contains(
        &code,
        "name:\"value\",doc:\"Tells.\",annotation:\"int\",get:::core::option::Option::Some(",
    );
    contains(&code, "__call.returns(&__this.step)");
    contains(&code, "::core::mem::replace(&mut__this.step,__value)");
}

#[test]
fn traits_and_derives_give_dunders() {
    let code = expand(quote! {
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd)]
        pub struct Vector { x: f64 }
        impl std::fmt::Display for Vector {}
        impl std::ops::Add for Vector { type Output = Self; }
        impl<'a> std::ops::Add<&'a Vector> for &'a Vector { type Output = Vector; }
        impl std::ops::Mul<f64> for &Vector { type Output = Vector; }
        impl std::ops::Mul<Vector> for f64 { type Output = Vector; }
        impl std::ops::AddAssign<&Vector> for Vector {}
        impl std::ops::Neg for Vector { type Output = Vector; }
        impl std::ops::Sub<Rc<u8>> for Vector { type Output = Vector; }
        impl Iterator for Vector { type Item = f64; }
    });
    for name in [
        "str", "repr", "eq", "hash", "lt", "le", "gt", "ge", "add", "iadd", "mul", "rmul", "neg",
        "next", "iter",
    ] {
        contains(&code, &format!("NAME:&'staticstr=\"__{name}__\";"));
    }
    lacks(&code, "\"__sub__\"");
    // Of two for the same operand, the one that copies nothing.
    contains(&code, "::core::ops::Add::add(&*__this,&*__p0)");
    lacks(&code, "::core::ops::Add::add(<");
    contains(&code, "__call.stop_iteration()");
}

#[test]
fn a_written_dunder_wins() {
    let code = expand(quote! {
        #[derive(Debug, PartialEq)]
        pub struct Counter;
        impl Counter {
            pub fn __repr__(&self) -> String { .. }
            pub fn __add__(&self, other: i64) -> i64 { .. }
            pub fn __exit__(&mut self, a: Object, b: Object, c: Object) {}
        }
    });
    assert_eq!(code.matches("=\"__repr__\"").count(), 1, "{code}");
    lacks(&code, "export::debug");
    contains(&code, "return__call.not_implemented();");
    contains(&code, "=\"__enter__\"");
    // Equal, and no hash: as in Python.
    contains(&code, "name:\"__hash__\",");
}

#[test]
fn an_enum_is_a_class_of_its_variants() {
    let code = expand(quote! {
        #[derive(Clone, Copy)]
        pub enum Color { Red, #[cfg(unix)] Green = 5 }
        impl Color {
            pub fn is_warm(&self) -> bool { .. }
            pub fn name(&self) -> String { .. }
        }
        pub fn mix(a: Color, b: Color) -> Color { .. }
    });
    contains(&code, "export::object::<Color>(Color::Red)?");
    contains(&code, "#[cfg(unix)]Color::Green=>\"Color.Green\",");
    contains(&code, "Color::Red=>Color::Redasi128,");
    contains(&code, "hash_variant");
    contains(&code, "=\"is_warm\"");
    // Written out, and thus no property.
    assert_eq!(code.matches("=\"name\";").count(), 1, "{code}");
    assert_eq!(code.matches("export::Property{").count(), 1, "{code}");
}

#[test]
fn conditions_go_to_what_is_made() {
    let code = expand(quote! {
        #[cfg(unix)]
        pub fn f() {}
        #[cfg(windows)]
        pub struct S;
        #[cfg(test)]
        pub mod m {}
    });
    contains(&code, "#[cfg(unix)]struct__GopyreFunction0;");
    contains(&code, "functions:&[#[cfg(unix)]::gopyre");
    contains(&code, "classes:&[#[cfg(windows)]<Sas");
    contains(&code, "modules:&[#[cfg(test)]&m::__GOPYRE]");
}

#[test]
fn every_mistake_is_reported_at_once_and_leaves_the_items() {
    let code = expand(quote! {
        pub async fn f() {}
        #[getter]
        pub fn g(#[defualt(3)] x: impl Copy) {}
        pub struct S;
        impl S {
            #[get]
            pub fn h() -> i64 { 3 }
        }
    });
    assert_eq!(code.matches("compile_error!").count(), 5, "{code}");
    assert!(code.contains("pubfnh()->i64{3}"), "{code}");
    assert!(code.contains("pubstatic__GOPYRE"), "{code}");
    assert!(code.contains("export::ClassforS"), "{code}");
    assert!(
        !code.contains("#[getter]pub") && !code.contains("#[defualt"),
        "{code}"
    );
}

#[test]
fn what_is_no_module_stays() {
    let code = py_export(
        quote!(),
        quote!(
            fn kept() {}
        ),
    )
    .to_string();
    assert_eq!(code.matches("compile_error").count(), 1);
    assert!(code.ends_with("fn kept () { }"), "{code}");
}
