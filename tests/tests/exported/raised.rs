//! What a `Result` of an exported function is: the same as that of a closure.

use crate::{caught, gives};
use gopyre::{Error, Object, Result, exec, function, import, py_export};
use std::error::Error as StdError;
use std::fmt;
use std::ops::Deref;

/// A box of any error, which hides it where it is converted, as those of some crates do.
struct Report(Box<dyn StdError + Send + Sync>);

impl<E: StdError + Send + Sync + 'static> From<E> for Report {
    fn from(error: E) -> Self {
        Report(error.into())
    }
}

impl Deref for Report {
    type Target = dyn StdError + Send + Sync;
    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

#[derive(Debug)]
struct Hidden(Box<dyn StdError + Send + Sync>);

impl fmt::Display for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for Hidden {}

impl From<Report> for Box<dyn StdError + Send + Sync> {
    fn from(report: Report) -> Self {
        Box::new(Hidden(report.0))
    }
}

/// No error, but it serializes.
#[derive(serde::Serialize)]
struct Code {
    code: u8,
}

#[py_export]
mod raised {
    use super::{Code, Report};
    use gopyre::Object;
    use std::error::Error;
    use std::num::ParseIntError;

    pub fn position(fails: bool) -> Result<usize, usize> {
        if fails { Err(3) } else { Ok(1) }
    }
    pub fn code(fails: bool) -> Result<usize, Code> {
        if fails { Err(Code { code: 4 }) } else { Ok(1) }
    }
    pub fn unit(fails: bool) -> Result<usize, ()> {
        if fails { Err(()) } else { Ok(1) }
    }
    pub fn text(fails: bool) -> Result<usize, String> {
        if fails {
            Err("wrong".to_owned())
        } else {
            Ok(1)
        }
    }
    pub fn boxed(fails: bool) -> Result<usize, Box<dyn Error + Send + Sync>> {
        if fails {
            std::fs::read("/no/such/file")?;
        }
        Ok(1)
    }
    pub fn report(fails: bool) -> Result<usize, Report> {
        if fails {
            std::fs::read("/no/such/file")?;
        }
        Ok(1)
    }
    pub fn report_of_python(fails: bool) -> Result<usize, Report> {
        if fails {
            gopyre::run("raise LookupError('deep')")?;
        }
        Ok(1)
    }

    pub fn report_of(call: &Object) -> Result<(), Report> {
        call.call(())?;
        Ok(())
    }

    /// The numbers in texts.
    pub struct Numbers {
        texts: std::vec::IntoIter<String>,
    }
    impl Numbers {
        pub fn new(texts: Vec<String>) -> Self {
            let texts = texts.into_iter();
            Numbers { texts }
        }
        pub fn __getitem__(&self, index: usize) -> Option<Result<i64, ParseIntError>> {
            self.texts.as_slice().get(index).map(|text| text.parse())
        }
    }
    impl Iterator for Numbers {
        type Item = Result<i64, ParseIntError>;
        fn next(&mut self) -> Option<Self::Item> {
            self.texts.next().map(|text| text.parse())
        }
    }

    pub struct Never;
    impl Never {
        pub fn new() -> Result<Self, Code> {
            Err(Code { code: 5 })
        }
        pub fn first(of: Vec<i64>) -> Option<Result<i64, String>> {
            of.first().map(|first| Ok(*first))
        }
    }
}

const FILE: &str = "FileNotFoundError: [Errno 2] No such file or directory";

#[test]
fn an_error_is_raised_as_that_of_a_closure_is() -> Result<()> {
    let cases: [(&str, Object, &str); 7] = [
        ("position", function("f", raised::position)?, "RustError: 3"),
        (
            "code",
            function("f", raised::code)?,
            "RustError: {'code': 4}",
        ),
        ("unit", function("f", raised::unit)?, "RustError: None"),
        ("text", function("f", raised::text)?, "RustError: wrong"),
        ("boxed", function("f", raised::boxed)?, FILE),
        ("report", function("f", raised::report)?, FILE),
        (
            "report_of_python",
            function("f", raised::report_of_python)?,
            "LookupError: deep",
        ),
    ];
    let module = import("raised")?;
    for (name, closure, expected) in cases {
        let exported = module.attr(name)?;
        for f in [&exported, &closure] {
            assert_eq!(f.call((false,))?.extract::<usize>()?, 1, "{name}");
            module.set_attr("f", f)?;
            let seen = caught("from raised import f", "f(True)");
            assert_eq!(seen, expected, "{name}");
        }
    }
    Ok(())
}

#[test]
fn an_exception_of_python_in_an_error_is_let_go() -> Result<()> {
    let module = import("raised")?;
    let closure = function("report_of", |call: Object| raised::report_of(&call))?;
    for f in [&module.attr("report_of")?, &closure] {
        // Another test has its own under another name.
        module.set_attr("let_go", f)?;
        let code = "import gc, weakref\nfrom raised import let_go as f\nclass Deep(LookupError): pass\n\
                    deep = Deep('deep')\nseen = weakref.ref(deep)\ndef fails(): raise deep\n\
                    try: f(fails)\nexcept Deep as error: text = str(error)\n\
                    deep = None\ngc.collect()\ntext, seen() is None";
        assert_eq!(gives::<(String, bool)>(code), ("deep".to_owned(), true));
        let Err(Error::Python(exception)) = f.call((exec::<Object>("lambda: {}['key']", ())?,))
        else {
            panic!("no exception")
        };
        assert_eq!(exception.type_name(), "KeyError");
    }
    Ok(())
}

#[test]
fn what_is_no_error_comes_back_as_its_text() -> Result<()> {
    let raised = import("raised")?;
    let Err(Error::Rust(error)) = raised.call_method("code", (true,)) else {
        panic!("no error")
    };
    assert_eq!(error.to_string(), "{'code': 4}");
    let seen = caught("from raised import Never", "Never()");
    assert_eq!(seen, "RustError: {'code': 5}");
    Ok(())
}

#[test]
fn a_result_inside_of_another_value_is_a_value() {
    let first: Option<std::result::Result<i64, String>> =
        gives("from raised import Never; Never.first([7])");
    assert_eq!(first, Some(Ok(7)));
}

#[test]
fn an_error_among_the_items_of_an_iterator_is_raised() {
    let code = "from raised import Numbers\nnumbers = iter(Numbers(['1', 'two', '3']))\nseen = [next(numbers)]\n\
                try: next(numbers)\nexcept RuntimeError: seen.append(2)\n[*seen, *numbers]";
    assert_eq!(gives::<Vec<i64>>(code), [1, 2, 3]);
    let seen = caught("from raised import Numbers", "Numbers(['x'])[0]");
    assert_eq!(seen, "RustError: invalid digit found in string");
    let seen = caught("from raised import Numbers", "Numbers([])[0]");
    assert!(seen.starts_with("IndexError"), "{seen}");
    let stub = gopyre::stubs()
        .into_iter()
        .find(|stub| stub.module == "raised");
    let text = stub.map(|stub| stub.text).unwrap_or_default();
    assert!(text.contains("def __next__(self) -> int"), "{text}");
}
