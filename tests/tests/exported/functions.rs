//! Functions: names, documentation, signatures, results.

use crate::{caught, gives, holds};
use gopyre::{exec, py_export};

#[py_export]
mod functions {
    //! Functions of all kinds.
    //!
    //! In two paragraphs.

    use gopyre::{Object, Result};
    use std::collections::{BTreeMap, HashMap};
    use std::path::{Path, PathBuf};

    /// How many there may be.
    pub const LIMIT: i64 = 3;
    pub const NAME: &str = "functions";
    #[name = "renamed_constant"]
    pub const OTHER: [u8; 2] = [1, 2];
    #[allow(dead_code)]
    const PRIVATE: i64 = 4;

    /// Adds two integers.
    ///
    ///     add(1, 2)
    pub fn add(a: i64, b: i64) -> i64 {
        a + b
    }

    pub fn undocumented() {}

    pub fn old() -> Result<()> {
        let category = gopyre::import("builtins")?.attr("DeprecationWarning")?;
        gopyre::call("warnings", "warn", ("use `new`", category))
    }

    /// Has everything.
    pub fn everything(
        first: i64,
        #[default(2.5)] second: f64,
        #[args] rest: Vec<i64>,
        named: Option<&str>,
        #[default(true)] flag: bool,
        #[kwargs] options: BTreeMap<String, i64>,
    ) -> (
        i64,
        f64,
        Vec<i64>,
        Option<String>,
        bool,
        BTreeMap<String, i64>,
    ) {
        (first, second, rest, named.map(str::to_owned), flag, options)
    }

    pub fn optional_bool(#[default(Some(true))] value: Option<bool>) -> String {
        format!("{value:?}")
    }

    pub fn b_is_three(a: i64, #[default(3)] b: i64) -> i64 {
        a + b
    }

    /// First.
    #[doc = concat!("Put ", "together.")]
    pub fn word_default(#[default("größe ☃ 𝄞 'q'")] word: &str) -> String {
        word.to_owned()
    }

    pub fn constant_default(#[default(LIMIT)] n: i64) -> i64 {
        n
    }

    #[name = "import_"]
    pub fn import() -> i64 {
        1
    }

    pub fn r#type(in_: i64) -> i64 {
        in_
    }

    #[allow(dead_code)]
    fn private() {}
    #[allow(dead_code)]
    pub(crate) fn crate_private() {}

    pub fn text(value: &str) -> String {
        value.to_uppercase()
    }
    pub fn longest<'a>(a: &'a str, b: &'a str) -> &'a str {
        if a.len() < b.len() { b } else { a }
    }
    pub fn bytes(value: &[u8]) -> usize {
        value.len()
    }
    pub fn slice(values: &[f64]) -> f64 {
        values.iter().sum()
    }
    pub fn slice_or(#[default(&[1, 2])] values: &[i64]) -> i64 {
        values.iter().sum()
    }
    pub fn maybe_slice(values: Option<&[i64]>) -> Option<i64> {
        values.map(|values| values.iter().sum())
    }
    pub fn path(value: &Path) -> PathBuf {
        value.join("x")
    }
    pub fn map(value: &HashMap<String, i64>) -> i64 {
        value.values().sum()
    }
    pub fn call(function: &Object, argument: Object) -> Result<Object> {
        function.call((argument,))
    }
    pub fn mutable(mut value: Vec<i64>) -> Vec<i64> {
        value.push(1);
        value
    }
    pub const fn constant(value: i64) -> i64 {
        value
    }
    pub fn parsed(text: &str) -> std::result::Result<i64, std::num::ParseIntError> {
        text.parse()
    }
    pub fn aliased(text: &str) -> Parsed {
        text.parse()
    }
    pub type Parsed = std::result::Result<i64, std::num::ParseIntError>;

    #[cfg(any())]
    pub fn not_there(missing: Missing) {}

    macro_rules! made {
        ($name:ident) => {
            #[allow(dead_code)]
            pub fn $name() {}
        };
    }
    made!(by_a_macro);
}

#[test]
fn the_module_stays_one_of_rust() {
    assert_eq!(functions::add(1, 2), 3);
    assert_eq!(functions::b_is_three(1, 1), 2);
    assert_eq!(functions::LIMIT, 3);
    assert_eq!(functions::longest("a", "bb"), "bb");
}

#[test]
fn every_public_item_is_there_and_no_private_one() {
    let names: Vec<String> =
        gives("import functions; sorted(n for n in dir(functions) if not n.startswith('__'))");
    let expected = [
        "LIMIT",
        "NAME",
        "add",
        "aliased",
        "b_is_three",
        "bytes",
        "call",
        "constant",
        "constant_default",
        "everything",
        "import_",
        "longest",
        "map",
        "maybe_slice",
        "mutable",
        "old",
        "optional_bool",
        "parsed",
        "path",
        "renamed_constant",
        "slice",
        "slice_or",
        "text",
        "type",
        "undocumented",
        "word_default",
    ];
    assert_eq!(names, expected);
}

#[test]
fn constants_are_values() {
    let values: (i64, String, Vec<u8>) =
        gives("import functions as f; (f.LIMIT, f.NAME, f.renamed_constant)");
    assert_eq!(values, (3, "functions".to_owned(), vec![1, 2]));
}

#[test]
fn documentation_reaches_python() {
    let docs: (String, String, Option<String>) =
        gives("import functions as f; (f.__doc__, f.add.__doc__, f.undocumented.__doc__ or None)");
    assert_eq!(docs.0, "Functions of all kinds.\n\nIn two paragraphs.");
    assert_eq!(docs.1, "Adds two integers.\n\n    add(1, 2)");
    assert_eq!(docs.2, None);
    holds("import functions as f; f.word_default.__doc__ == 'First.\\nPut together.'");
}

#[test]
fn inspect_shows_the_signature() {
    let signatures: Vec<String> = gives(
        "import inspect, functions as f\n\
         [str(inspect.signature(x)) for x in (f.add, f.undocumented, f.everything, f.b_is_three,\n\
         f.optional_bool, f.slice_or)]",
    );
    assert_eq!(
        signatures,
        [
            "(a, b)",
            "()",
            "(first, second=2.5, *rest, named=None, flag=True, **options)",
            "(a, b=3)",
            "(value=True)",
            "(values=[1, 2])",
        ]
    );
    let texts: Vec<Option<String>> = gives(
        "import functions as f; [x.__text_signature__ for x in (f.add, f.undocumented, f.b_is_three)]",
    );
    let texts: Vec<&str> = texts.iter().flatten().map(String::as_str).collect();
    assert_eq!(
        texts,
        ["($module, /, a, b)", "($module, /)", "($module, /, a, b=3)"]
    );
    // As a Python function of that signature has it.
    holds(
        "import inspect, functions\n\
         def same(a, b=3): pass\n\
         inspect.getfullargspec(functions.b_is_three) == inspect.getfullargspec(same)",
    );
}

#[test]
fn a_default_that_is_no_literal_is_shown_as_dots() {
    let shown: String =
        gives("import inspect, functions as f; str(inspect.signature(f.constant_default))");
    assert_eq!(shown, "(n=Ellipsis)");
    assert_eq!(
        gives::<i64>("import functions as f; f.constant_default()"),
        3
    );
}

/// `inspect` takes signatures in ASCII alone.
#[test]
fn a_default_may_have_letters_of_any_script() {
    holds(
        "import inspect, functions as f\n\
         default = inspect.signature(f.word_default).parameters['word'].default\n\
         f.word_default() == default == \"größe ☃ 𝄞 'q'\"",
    );
}

#[test]
fn help_has_the_signature_and_the_documentation() {
    let help: String =
        gives("import functions, pydoc; pydoc.plain(pydoc.render_doc(functions.add))");
    assert!(help.contains("add(a, b)"), "{help}");
    assert!(help.contains("Adds two integers."), "{help}");
    let help: String = gives("import functions, pydoc; pydoc.plain(pydoc.render_doc(functions))");
    assert!(
        help.contains("everything(first, second=2.5, *rest"),
        "{help}"
    );
    assert!(help.contains("LIMIT = 3"), "{help}");
}

#[test]
fn functions_know_their_names_and_their_module() {
    holds(
        "import functions as f\n\
         (f.add.__name__, f.add.__qualname__, f.add.__module__) == ('add', 'add', 'functions')",
    );
}

#[test]
fn a_function_is_pickled_and_copied_by_its_name() {
    holds(
        "import copy, pickle, functions as f\n\
         pickle.loads(pickle.dumps(f.add)) is f.add and copy.deepcopy([f.add]) == [f.add]",
    );
}

#[test]
fn a_function_may_warn() {
    let warnings: Vec<(String, String, bool)> = gives(
        "import functions, warnings\n\
         with warnings.catch_warnings(record=True) as seen:\n    \
             warnings.simplefilter('default')\n    \
             for _ in range(3): functions.old()\n\
         [(w.category.__name__, str(w.message), w.filename.startswith('<script ')) for w in seen]",
    );
    let expected = (
        "DeprecationWarning".to_owned(),
        "use `new`".to_owned(),
        true,
    );
    assert_eq!(warnings, [expected]);
}

#[test]
fn defaults_stand_in_for_what_is_not_given() {
    let sums: Vec<i64> = gives(
        "import functions as f\n\
         [f.b_is_three(1), f.b_is_three(1, 2), f.b_is_three(a=1, b=2), f.b_is_three(b=1, a=1)]",
    );
    assert_eq!(sums, [4, 3, 3, 2]);
    let options: Vec<String> =
        gives("from functions import optional_bool as f; [f(), f(True), f(False), f(None)]");
    assert_eq!(options, ["Some(true)", "Some(true)", "Some(false)", "None"]);
    assert_eq!(gives::<i64>("import functions as f; f.slice_or()"), 3);
    assert_eq!(
        gives::<Option<i64>>("import functions as f; f.maybe_slice()"),
        None
    );
    assert_eq!(
        gives::<Option<i64>>("import functions as f; f.maybe_slice([1])"),
        Some(1)
    );
}

#[test]
fn arguments_are_collected() {
    holds(
        "from functions import everything as f\n\
         f(1) == (1, 2.5, [], None, True, {})",
    );
    holds(
        "from functions import everything as f\n\
         f(1, 2, 3, 4, flag=False, named='n', x=5, y=6) \
         == (1, 2.0, [3, 4], 'n', False, {'x': 5, 'y': 6})",
    );
    holds("from functions import everything as f; f(*range(9))[2] == list(range(2, 9))");
}

#[test]
fn references_are_read_from_what_python_has() {
    holds("import functions as f; f.text('äb') == 'ÄB'");
    holds("import functions as f; f.longest('a', 'bb') == 'bb'");
    holds("import functions as f; f.text(type('S', (str,), {})('x')) == 'X'");
    holds("import functions as f, pathlib; f.text(pathlib.PurePosixPath('x/y')) == 'X/Y'");
    holds(
        "import functions as f; [f.bytes(t(b'ab')) for t in (bytes, bytearray, memoryview)] == [2] * 3",
    );
    holds("import functions as f; f.slice((1, 2.5)) == 3.5");
    holds("import functions as f, array; f.slice(array.array('d', [1, 2])) == 3.0");
    holds(
        "import functions as f, os.path, pathlib; f.path(pathlib.Path('a')) == os.path.join('a', 'x')",
    );
    holds("import functions as f; f.map({'a': 1, 'b': 2}) == 3");
    holds("import functions as f; f.call(len, 'abc') == 3");
    holds("import functions as f; a = [2]; f.mutable(a) == [2, 1] and a == [2]");
    holds("import functions as f; f.type(in_=3) + f.import_() + f.constant(4) == 8");
}

#[test]
fn a_result_is_told_by_its_type_and_not_by_its_name() {
    for function in ["parsed", "aliased"] {
        holds(&format!("import functions as f; f.{function}('3') == 3"));
        let error = caught("import functions as f", &format!("f.{function}('x')"));
        assert!(error.ends_with("invalid digit found in string"), "{error}");
    }
}

#[test]
fn the_module_is_one_like_any_other() {
    holds("import functions, sys; sys.modules['functions'] is functions");
    holds("import functions; functions.__name__ == 'functions'");
    holds("from functions import *; add(1, 2) == 3");
    holds("import importlib; importlib.import_module('functions').add(1, 2) == 3");
    assert_eq!(
        exec::<i64>(
            "import functions as f; f.add(a, b=b)",
            [("a", 1), ("b", 2)]
                .into_iter()
                .collect::<std::collections::HashMap<_, _>>()
        )
        .unwrap(),
        3
    );
    let sum: i64 = gopyre::call("functions", "add", (20, 22)).unwrap();
    assert_eq!(sum, 42);
}
