//! The attribute's arguments: exactly one script.

use crate::nearest::nearest;
use crate::report::Report;
use crate::script::parse::{Argument, Value};
use crate::script::source::{self, Source};
use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{Expr, Ident, Lit, LitStr};

/// Options that the attribute knows.
const OPTIONS: [&str; 1] = ["file"];

const WRITE_A_SCRIPT: &str = "write the Python code as `#[py_script(r#\"..\"#)]`, or name its file as \
                              `#[py_script(file = \"scripts/name.py\")]`";

/// Finds the one script among the attribute's arguments.
pub(super) fn script(arguments: Vec<Argument>, report: &mut Report) -> Option<Source> {
    if arguments.is_empty() && report.is_empty() {
        report.at(
            Span::call_site(),
            "expected a script, found nothing",
            WRITE_A_SCRIPT,
        );
    }
    let mut found: Option<Source> = None;
    for Argument { name, value } in arguments {
        let is_file = match &name {
            None => false,
            Some(name) if name == "file" => true,
            Some(name) => {
                unknown_option(name, report);
                continue;
            }
        };
        let text = match value {
            Value::Text(text) => text,
            value => {
                no_text(name.as_ref(), &value, report);
                continue;
            }
        };
        if let Some(first) = &found {
            second_script(first, name.as_ref(), &text, report);
        } else if is_file {
            source::check_file(&text, report);
            found = Some(Source::File(text));
        } else {
            source::check_inline(&text, report);
            found = Some(Source::Inline(text));
        }
    }
    found
}

fn unknown_option(name: &Ident, report: &mut Report) {
    let mend = match nearest(&name.to_string(), OPTIONS) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "the only option is `file`, the path of a Python file".to_owned(),
    };
    report.on(name, format_args!("unknown option `{name}`"), mend);
}

/// Reports a script after the first one.
fn second_script(first: &Source, name: Option<&Ident>, text: &LitStr, report: &mut Report) {
    match (first, name) {
        (Source::File(_), Some(name)) => report.on(
            name,
            "expected one option `file`, found a second",
            "remove one; a Python file can import another",
        ),
        (Source::Inline(_), None) => report.on(
            text,
            "expected one script, found a second",
            "join them into one literal",
        ),
        (Source::Inline(_), Some(name)) => report.on(
            name,
            "expected one script, found a file beside the literal",
            "remove the literal or the option",
        ),
        (Source::File(_), None) => report.on(
            text,
            "expected one script, found a literal beside the file",
            "remove the literal or the option",
        ),
    }
}

/// Reports an argument that is no string literal.
fn no_text(name: Option<&Ident>, value: &Value, report: &mut Report) {
    let (tokens, found, mut mend) = match value {
        Value::Expr(expr) => describe(expr),
        Value::Other(tokens) => (
            tokens.clone(),
            format!("`{tokens}`"),
            "write one, as in `r#\"1 + 1\"#`".to_owned(),
        ),
        Value::Text(_) => return,
    };
    if let Some(name) = name {
        mend = format!("write `{name} = \"scripts/name.py\"`, with the path of a Python file");
    }
    let anything = !tokens.is_empty();
    match name {
        _ if anything => report.on(
            tokens,
            format_args!("expected a string literal, found {found}"),
            mend,
        ),
        Some(name) => report.on(
            name,
            format_args!("expected a string literal after `{name} =`, found nothing"),
            mend,
        ),
        None => report.at(
            Span::call_site(),
            "expected a script, found `,`",
            WRITE_A_SCRIPT,
        ),
    }
}

/// Names an expression, and says what to write where a script is meant.
pub(crate) fn describe(expr: &Expr) -> (TokenStream, String, String) {
    let tokens = expr.to_token_stream();
    let mut mend = "write the Python code itself: a macro cannot see the value of an expression";
    let found = match expr {
        Expr::Lit(literal) => {
            mend = "put the Python code in quotes, as in `r#\"1 + 1\"#`";
            match &literal.lit {
                Lit::ByteStr(_) => "a byte string".to_owned(),
                Lit::CStr(_) => "a C string".to_owned(),
                Lit::Byte(_) => "a byte".to_owned(),
                Lit::Char(_) => "a character".to_owned(),
                _ => format!("`{tokens}`"),
            }
        }
        Expr::Macro(call) if call.mac.path.is_ident("include_str") => {
            let file: Option<LitStr> = call.mac.parse_body().ok();
            let file = file.map_or_else(|| "scripts/name.py".to_owned(), |file| file.value());
            return (
                tokens,
                "a macro call".to_owned(),
                format!(
                    "write `file = \"{file}\"`, with a path that starts at the folder of the \
                     crate's `Cargo.toml`"
                ),
            );
        }
        Expr::Macro(_) => "a macro call".to_owned(),
        Expr::Call(call) if is_name(&call.func, "file") => {
            mend = "write `file = \"scripts/name.py\"`";
            format!("`{}`", tokens.to_string().replace(" (", "("))
        }
        Expr::Path(path) => {
            if is_name(expr, "file") {
                mend = "write `file = \"scripts/name.py\"`";
            }
            format!("`{}`", path.to_token_stream())
        }
        _ => "an expression".to_owned(),
    };
    (tokens, found, mend.to_owned())
}

fn is_name(expr: &Expr, name: &str) -> bool {
    matches!(expr, Expr::Path(path) if path.path.is_ident(name))
}
