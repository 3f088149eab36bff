//! Finds every mistake in a declaration, and returns what is left to expand.

mod arguments;
mod parameters;
mod result;
mod timeout;

pub(crate) use arguments::describe;
pub(crate) use parameters::{LINT_LEVELS, name};
pub(crate) use result::{error_type, has_impl_trait, output, result_value};

use super::parse::{Argument, Declaration};
use super::source::Source;
use crate::report::Report;
use quote::ToTokens;
use std::time::Duration;
use syn::{Attribute, Ident, Safety, Signature};

/// A declaration without mistakes.
pub(super) struct Function<'a> {
    pub(super) declaration: &'a Declaration,
    pub(super) source: Source,
    pub(super) timeout: Option<Duration>,
    pub(super) input: Input<'a>,
    pub(super) output: Output,
}

/// What the script gets.
pub(super) enum Input<'a> {
    /// A map with an entry for each parameter.
    Map(Vec<&'a Ident>),
    /// The one parameter named `input`.
    Whole(&'a Ident),
}

/// What becomes of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// The function returns it.
    Result,
    /// The function panics with it.
    Plain,
}

/// Checks a function; `None` only if something was reported.
pub(super) fn function<'a>(
    declaration: &'a Declaration,
    arguments: Vec<Argument>,
    report: &mut Report,
) -> Option<Function<'a>> {
    let arguments = arguments::arguments(arguments, report);
    attributes(&declaration.attrs, report);
    qualifiers(&declaration.sig, "a script", report);
    let input = parameters::input(&declaration.sig, report);
    let output = output(&declaration.sig.output, report);
    if let Some(body) = &declaration.body {
        report.on(
            body,
            "expected `;`, found a body: the script is the body",
            "end the declaration with `;`, and write the Python code in the attribute",
        );
    }
    Some(Function {
        declaration,
        source: arguments.script?,
        timeout: arguments.timeout,
        input,
        output,
    })
}

/// Checks the function's other attributes.
fn attributes(attrs: &[Attribute], report: &mut Report) {
    for attr in attrs {
        if is_ours(attr) {
            report.on(
                attr.path(),
                "expected one `#[py_script]`, found a second",
                "remove one; a function has one script",
            );
        }
    }
}

/// Whether an attribute is this macro once more.
pub(super) fn is_ours(attr: &Attribute) -> bool {
    let last = attr.path().segments.last();
    last.is_some_and(|segment| segment.ident == "py_script")
}

/// Refuses what a plain `fn` does not have; `what` is what it runs.
pub(crate) fn qualifiers(sig: &Signature, what: &str, report: &mut Report) {
    if let Some(token) = &sig.constness {
        report.on(
            token,
            format_args!(
                "expected a plain `fn`, found `const fn`: {what} cannot run at compile time"
            ),
            "remove `const`",
        );
    }
    if let Some(token) = &sig.asyncness {
        report.on(
            token,
            format_args!("`async` is not supported yet: {what} blocks its thread until it ends"),
            "remove `async`, and call the function where blocking is fine, as in \
             `tokio::task::spawn_blocking`",
        );
    }
    if let Safety::Unsafe(token) = &sig.safety {
        report.on(
            token,
            format_args!(
                "expected a plain `fn`, found `unsafe fn`: calling {what} asks nothing of the caller"
            ),
            "remove `unsafe`",
        );
    }
    if let Some(abi) = &sig.abi {
        let found = abi.to_token_stream();
        report.on(
            abi,
            format_args!("expected a plain `fn`, found `{found} fn`"),
            format_args!("remove `{found}`, and call the function from one that has it"),
        );
    }
    if let Some(variadic) = &sig.variadic {
        report.on(
            variadic,
            "expected parameters with names, found `...`",
            "take a slice, as in `values: &[f64]`",
        );
    }
}
