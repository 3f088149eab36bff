//! The attribute macros of `gopyre`; use them through that crate, which re-exports every one.
//!
//! A macro here is three steps, each in its own file: *parse* reads the tokens and stays lenient,
//! *check* finds every mistake and reports them together, each on its own token, and *expand*
//! writes code that has nothing left to go wrong. What is emitted only ever names
//! `::gopyre::__private` and `::core`, and holds no logic of its own.

#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proc_macro::TokenStream;

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
/// - It is on a function that ends in `;`: free, inside a function, or associated without `self`.
///   `const`, `async`, `unsafe`, `extern` and `...` are refused.
/// - Every parameter is one plain name, without `mut`, patterns or attributes other than lint
///   levels. None is named `__builtins__`, and `input` has no others beside it.
/// - The result is owned: no `impl Trait`, no references, not `!`.
///
/// Parameters are `serde::Serialize` and the result is `serde::de::DeserializeOwned`. Generics,
/// lifetimes, `where` clauses, visibility, documentation and other attributes stay as they are.
#[proc_macro_attribute]
pub fn py_script(arguments: TokenStream, item: TokenStream) -> TokenStream {
    script::py_script(arguments.into(), item.into()).into()
}

/// Declares the functions and classes of a Python module as Rust.
#[proc_macro_attribute]
pub fn py_module(arguments: TokenStream, item: TokenStream) -> TokenStream {
    module::py_module(arguments.into(), item.into()).into()
}
