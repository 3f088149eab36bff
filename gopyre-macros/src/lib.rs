//! The attribute macros of `gopyre`; use them through that crate, which re-exports every one.
//!
//! A macro here is three steps, each in its own file: *parse* reads the tokens and stays lenient,
//! *check* finds every mistake and reports them together, each on its own token, and *expand*
//! writes code that has nothing left to go wrong. What is emitted only ever names
//! `::gopyre::__private` and `::core`, and holds no logic of its own.

#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proc_macro::TokenStream;

mod export;
mod extension;
mod module;
mod nearest;
mod report;
mod script;

/// Makes a function whose body is Python.
///
/// The function is declared without a body. Its parameters are Python variables of the same names,
/// and the value of the script's last expression is the result.
///
/// ```text
/// use gopyre::py_script;
///
/// #[derive(serde::Deserialize)]
/// pub struct Stats { total: f64, mean: f64 }
///
/// /// Sums up a list of prices.
/// #[py_script(r#"
///     {"total": sum(prices), "mean": sum(prices) / len(prices)}
/// "#)]
/// pub fn stats(prices: &[f64]) -> gopyre::Result<Stats>;
///
/// let stats = stats(&[1.0, 2.0, 3.0])?;
/// ```
///
/// # The script
///
/// Either a string literal, raw or not, or a file:
///
/// ```text
/// #[py_script(file = "scripts/score.py")]
/// fn score(input: &Request) -> Score;
/// ```
///
/// A path starts at the folder of the crate's `Cargo.toml`; `..` may lead out of it, though not out
/// of what `cargo package` packs. The file is read when the crate is built and becomes part of the
/// binary. Cargo builds again when it changes.
///
/// The script registers itself at link time. Starting the runtime compiles every registered script,
/// so a syntax error in any of them shows at start and not at the first call. Errors and tracebacks
/// name the line of the Rust file (or of the embedded one) that the Python code stands in.
///
/// # Parameters
///
/// Each parameter is an entry of the script's `input` map and a global variable of that name:
/// `prices: &[f64]` is `prices`, and `r#type: &str` is `type`. They are passed by reference to
/// `serde`, so slices, references, generic parameters and `impl Serialize` all do. What Python
/// changes in its copy never reaches the caller.
///
/// One parameter named `input` that stands alone is the input itself. If it is a struct or a map,
/// its string keys are globals.
///
/// # The time limit
///
/// `timeout = "200ms"`, beside the script or its file, limits every call, as `Execution::timeout` does for
/// one: a call that takes longer ends with `Error::Timeout`.
///
/// ```text
/// #[py_script("[d for d in range(1, n + 1) if n % d == 0]", timeout = "200ms")]
/// fn divisors(n: u64) -> gopyre::Result<Vec<u64>>;
/// ```
///
/// It is a number and its unit: `ns`, `us`, `ms`, `s`, `min` or `h`, as in `"1.5s"`. Converting the
/// parameters and the result counts, too. A C function that holds on is not stopped: the call returns
/// when Python does.
///
/// # The result
///
/// A return type named `Result` receives errors: `gopyre::Result<T>`, or `Result<T, E>` where
/// `E: From<gopyre::Error>`. With any other return type, or none, the function panics with the
/// Python traceback, its documentation gains a `# Panics` section, and the panic names the line of
/// the caller (`#[track_caller]`).
///
/// # Requirements
///
/// Each of these is a compile error on the token that breaks it, with the mend in the message; all
/// the mistakes of one function are reported at once.
///
/// - The attribute has one script: a string literal, or `file = "..."` with a relative path to a
///   UTF-8 file that exists. It is not empty and has no NUL.
/// - `timeout` is a string literal, once, and longer than nothing.
/// - It is on a function that ends in `;`: free, inside a function, or associated without `self`.
///   `const`, `async`, `unsafe`, `extern` and `...` are refused.
/// - Every parameter is one plain name, without `mut`, patterns or attributes other than lint
///   levels. None is named `__builtins__`, and `input` has no others beside it.
/// - The result is owned: no `impl Trait`, no references, not `!`.
/// - The crate is `gopyre` in `Cargo.toml`. Where it has another name there, such as `py`, the root of the crate
///   has `extern crate py as gopyre;`.
///
/// Parameters are `serde::Serialize` and the result is `serde::de::DeserializeOwned`. Generics,
/// lifetimes, `where` clauses, visibility, documentation and other attributes stay as they are.
#[proc_macro_attribute]
pub fn py_script(arguments: TokenStream, item: TokenStream) -> TokenStream {
    script::py_script(arguments.into(), item.into()).into()
}

/// Declares the functions and classes of a Python module as Rust.
///
/// ```text
/// use gopyre::{Result, py_module};
///
/// #[py_module(file = "python/model.py")]
/// extern "Python" {
///     /// Predicts one value for each row.
///     pub fn predict(rows: &[Row], #[kw] scale: Option<f64>) -> Result<Vec<f64>>;
///
///     pub type Counter;
///     #[new]
///     fn new(initial: i64) -> Result<Counter>;
///     fn incr(self: &Counter, n: i64) -> Result<i64>;
///     #[get]
///     fn value(self: &Counter) -> Result<i64>;
/// }
///
/// let counter = Counter::new(3)?;
/// counter.incr(4)?;
/// ```
///
/// # The module
///
/// - `name = "numpy.linalg"` is an installed module, imported at the first call.
/// - `file = "python/model.py"` is a file of the crate: its text becomes part of the binary. Paths
///   start at the folder of the crate's `Cargo.toml`. The module runs once, at the first call, and
///   what it loads stays. Two blocks of one file share the module.
/// - `dir = "python/", file = "model.py"` embeds every `*.py` file of a folder, so that they can import
///   each other: `import helper` and `from helper import f` find what is in the folder, and
///   `from . import helper` works too. Where the folder has an `__init__.py` it is a package, of which
///   the standard library goes first. Cargo builds again when one of the files changes; it does not
///   see that a new one was added.
///
/// An embedded module has a name of its own, such as `gopyre_modules.my_crate.python_model`, and is in
/// `sys.modules` under it. Nothing is read from the disk, and `sys.path` stays as it is.
///
/// Starting the runtime compiles every embedded file and compares its syntax tree with what is
/// declared: functions, classes and methods that do not exist, and parameters that do not fit, are
/// listed in one error. Nothing of a module runs for it. `gopyre::check()` does the same for installed
/// modules, which it imports.
///
/// # Functions
///
/// The parameters are positional, whatever Python calls them. Those marked `#[kw]` are passed by
/// keyword, and left out where they are an `Option` that is `None`, so that Python's own default
/// applies: the type has to be written as an `Option`. `#[kw = "lambda"]` and `#[name = "predict"]` say
/// what Python calls a parameter or a function; a name may be dotted, as `datetime.fromisoformat`. The
/// function is looked up once.
///
/// Results, panics, documentation and generics are those of [`py_script`](macro@py_script).
///
/// # Classes
///
/// `type Counter;` is a struct that holds an object: `Clone`, `Debug`, `Send` and `Sync`. It goes
/// wherever an `Object` goes, into arguments and results, and what is no instance of the class is an
/// error there. `Object::from(counter)`, `counter.as_ref()` and `Counter::try_from(object)` lead to the
/// object and back.
///
/// - `fn incr(self: &Counter, n: i64)` is a method.
/// - `#[new]` is a constructor, of the class that it returns; several may call it in several ways.
/// - `#[get] fn value(self: &Counter)` and `#[set] fn set_value(self: &Counter, value: i64)` read and
///   write the attribute `value`.
/// - `#[r#static]`, `#[staticmethod]` or `#[classmethod]`, which are the same here, is a function of the
///   type declared last above it. (Rust takes no keyword for an attribute's name, thus the `r#`.)
///
/// # Requirements
///
/// Each of these is a compile error on the token that breaks it, with the mend in the message; all
/// the mistakes of one block are reported at once.
///
/// - The block is `extern "Python" { .. }` without `unsafe`. Its own attributes are `#[cfg]`, lint
///   levels, which go to each item, and comments.
/// - It has functions that end in `;` and types that are a name alone, each name once.
/// - `const`, `async`, `unsafe` and `...` are refused. Each parameter is one plain name; positional ones
///   come first. The result is owned.
/// - `self` is `&` and a type of the block. A getter has no parameters, a setter one.
/// - The crate is `gopyre` in `Cargo.toml`. Where it has another name there, such as `py`, the root of the crate
///   has `extern crate py as gopyre;`.
#[proc_macro_attribute]
pub fn py_module(arguments: TokenStream, item: TokenStream) -> TokenStream {
    module::py_module(arguments.into(), item.into()).into()
}

/// Makes a Rust module one that Python imports.
///
/// ```text
/// use gopyre::py_export;
///
/// #[py_export]
/// mod api {
///     /// Adds two integers.
///     pub fn add(a: i64, #[default(1)] b: i64) -> i64 {
///         a + b
///     }
///
///     /// Counts.
///     #[derive(Debug, PartialEq)]
///     pub struct Counter {
///         #[get]
///         value: i64,
///     }
///
///     impl Counter {
///         pub fn new(value: i64) -> Self {
///             Counter { value }
///         }
///         pub fn incr(&mut self, n: i64) -> i64 {
///             self.value += n;
///             self.value
///         }
///     }
/// }
///
/// let total: i64 = gopyre::exec("import api; api.add(2, b=3) + api.Counter(4).incr(5)", ())?;
/// assert_eq!(total, 14);
/// ```
///
/// In this program, `import api` works in every script, function and interpreter from then on. In a
/// library, [`extension!`](macro@extension) makes the same module one that plain Python imports. The module
/// stays a Rust module: what is in it is called from Rust as if there were no attribute.
///
/// # What Python sees
///
/// Everything that is `pub`, with its name and its documentation: functions, constants, structs and enums as
/// classes, modules as submodules. What is less than `pub`, such as `pub(crate)`, is Rust's alone, and so
/// are `use` lines, type aliases, traits and macros. `r#type` is `type` in Python; `#[name = "import_"]` says
/// what else Python calls an item.
///
/// # Functions
///
/// Parameters are positional or keyword, as in a `def` of the same signature, and so are the errors. The
/// types are what serde reads: owned ones, or references to them (`&str`, `&[u8]`, `&[f64]`, `&Path`,
/// `&Object`), also in an `Option`.
///
/// - `#[default(3)]` before a parameter is what stands in for it. An `Option` needs none: it is `None`,
///   unless a parameter after it has to be given.
/// - `#[args] rest: Vec<f64>` collects the other positional arguments; parameters after it are passed by
///   keyword. `#[kwargs] options: HashMap<String, Object>`, or a struct, collects the other keywords.
/// - `#[detach]` on the function runs its body with the interpreter released, so that other Python
///   threads run meanwhile.
///
/// The result is anything that serializes, or a `Result` of it with any error that is `Send + Sync`: that is
/// raised, as the exception of its kind, and comes back into Rust as the same error. In the place of an error a
/// text will do, or another value that serializes, whose text is shown. A panic is `gopyre.RustPanic`.
///
/// # Classes
///
/// A `pub struct` is a class, its `impl` blocks in the module say what it has:
///
/// - `pub fn new(..)`, which returns `Self` or a `Result` of it, is the constructor.
/// - Functions with `&self` and `&mut self` are methods. While one with `&mut self` runs, every other use of
///   the instance is a RuntimeError. `self_: &Object` in place of `self` is the instance as Python has it.
///   With `self` a clone of the value is used, so the type has to be `Clone`.
/// - Functions without `self` are static methods, and `#[classmethod]` ones take the class as their first
///   parameter, an `&Object`.
/// - `#[get] fn size(&self)` and `#[set] fn set_size(&mut self, size: u32)` are the property `size`. `#[get]` and
///   `#[set]` on a field make one of that field; all other fields are private.
/// - `pub const` is a constant of the class.
/// - Methods such as `__len__`, `__getitem__` or `__call__` are what they are in Python. `None` from
///   `__next__` ends the iteration, from `__getitem__` it is an IndexError or a KeyError; the `Err` of a `Result`
///   in the `Some` is raised. An operator whose operand is of another type returns `NotImplemented`.
///
/// An instance is `&Counter` or `&mut Counter` as a parameter, also `Option<&Counter>`, or `Counter` if that is
/// `Clone`. In a result it is `Counter`, also in an `Option`, `Vec`, tuple or `Result`. Python may derive
/// classes from the class.
///
/// Traits and derives count too, where no method is written out:
///
/// | Rust | Python |
/// |---|---|
/// | `Display`, `Debug` | `__str__`, `__repr__` |
/// | `PartialEq`, `Hash` | `==`, `hash()`; without `Hash` instances are not hashable |
/// | `PartialOrd` | `<`, `<=`, `>`, `>=` |
/// | `Iterator` | `__iter__`, `__next__` |
/// | `Add`, `Sub`, `Mul`, `Div`, `Rem`, `Neg`, `Not`, `BitAnd`, `BitOr`, `BitXor`, `Shl`, `Shr`, and `AddAssign` and its like, with exported types, numbers and strings as operands, on either side | the operator |
///
/// A `pub enum` without fields is a class with a constant for each variant, which are equal, hashable, and
/// have `name`, `value` and `int()`.
///
/// # Requirements
///
/// Each of these is a compile error on the token that breaks it, with the mend in the message; all the
/// mistakes of one module are reported at once.
///
/// - The attribute stands on `mod name { .. }`, alone. Names are none of Python's keywords.
/// - Exported functions have no type parameters, no `impl Trait`, and are not `async`, `unsafe` or `extern`.
///   Each parameter is one name; what has no default comes before what has one, `#[args]` and `#[kwargs]`
///   come last.
/// - Exported types have no parameters, are `Send`, and stand in the same module as their `impl` blocks.
///   Enums have no fields.
/// - An exported type is known to functions of its own `#[py_export]` module, with all that is inside. Others take
///   and give its instances as an `Object`.
/// - An exported static has to be a `pub const`.
/// - The crate is `gopyre` in `Cargo.toml`. Where it has another name there, such as `py`, the root of the crate
///   has `extern crate py as gopyre;`.
#[proc_macro_attribute]
pub fn py_export(arguments: TokenStream, item: TokenStream) -> TokenStream {
    export::py_export(arguments.into(), item.into()).into()
}

/// Makes a library that holds an exported module a Python extension module.
///
/// ```text
/// #[gopyre::py_export]
/// mod api {
///     pub fn add(a: i64, b: i64) -> i64 {
///         a + b
///     }
/// }
/// gopyre::extension!(api);
/// ```
///
/// The argument is the path of a module with [`#[py_export]`](macro@py_export). The crate is a `cdylib`, and its
/// library, copied to `api.so` (`api.pyd` on Windows) where Python looks for modules, is imported by
/// `import api`. It holds no Python and is built without one: the same file works in every CPython from 3.9
/// to 3.15, free-threaded ones too, and uses the one that imports it.
///
/// # Requirements
///
/// - The module is one with `#[py_export]`, and its name is ASCII.
/// - A library may have several, each of another name. Each is imported by a file of its name, which is a copy of
///   the library or a link to it.
/// - The crate is not under `#![forbid(unsafe_code)]`, since the function that Python looks for is a symbol of
///   the library; `deny` does.
#[proc_macro]
pub fn extension(path: TokenStream) -> TokenStream {
    extension::extension(path.into()).into()
}
