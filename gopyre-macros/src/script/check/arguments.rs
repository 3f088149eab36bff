//! The attribute's arguments: exactly one script, and what it runs with.

use super::timeout::timeout;
use crate::nearest::nearest;
use crate::report::Report;
use crate::script::parse::{Argument, Value};
use crate::script::source::{self, Source};
use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use std::time::Duration;
use syn::{Expr, ExprLit, Ident, Lit, LitStr};

/// Options that the attribute knows.
const OPTIONS: [&str; 2] = ["file", "timeout"];

/// A length of time as it may be written.
const TIMEOUT: &str = "200ms";

const WRITE_A_SCRIPT: &str = "write the Python code as `#[py_script(r#\"..\"#)]`, or name its file as \
                              `#[py_script(file = \"scripts/name.py\")]`";

/// What the arguments say.
#[derive(Default)]
pub(super) struct Arguments {
    /// None only if something was reported.
    pub(super) script: Option<Source>,
    pub(super) timeout: Option<Duration>,
}

/// Finds the one script among the attribute's arguments, and the options.
pub(super) fn arguments(arguments: Vec<Argument>, report: &mut Report) -> Arguments {
    let mut scripts = 0;
    let mut limits = 0;
    let mut found = Arguments::default();
    let nothing = report.is_empty();
    for Argument { name, value } in arguments {
        if let Some(name) = &name
            && !OPTIONS.iter().any(|option| name == option)
        {
            unknown_option(name, report);
            continue;
        }
        match name {
            Some(name) if name == "timeout" => {
                limits += 1;
                if limits > 1 {
                    let wrong = "expected one option `timeout`, found a second";
                    report.on(name, wrong, "remove one");
                } else if let Some(text) = text(Some(&name), value, report) {
                    found.timeout = timeout(&text, report);
                }
            }
            name => {
                scripts += 1;
                if let Some(text) = text(name.as_ref(), value, report) {
                    script(&mut found.script, name.as_ref(), text, report);
                }
            }
        }
    }
    if scripts == 0 && nothing && report.is_empty() {
        let wrong = "expected a script, found nothing";
        report.at(Span::call_site(), wrong, WRITE_A_SCRIPT);
    }
    found
}

/// Takes one more script; there is one only.
fn script(found: &mut Option<Source>, name: Option<&Ident>, text: LitStr, report: &mut Report) {
    if let Some(first) = found {
        second_script(first, name, &text, report);
    } else if name.is_some() {
        source::check_file(&text, report);
        *found = Some(Source::File(text));
    } else {
        source::check_inline(&text, report);
        *found = Some(Source::Inline(text));
    }
}

/// The literal; where the argument is none, that is reported.
fn text(name: Option<&Ident>, value: Value, report: &mut Report) -> Option<LitStr> {
    match value {
        Value::Text(text) => Some(text),
        value => {
            no_text(name, &value, report);
            None
        }
    }
}

fn unknown_option(name: &Ident, report: &mut Report) {
    let mend = match nearest(&name.to_string(), OPTIONS) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "options are `file`, the path of a Python file, and `timeout`, as in \"200ms\""
            .to_owned(),
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
        mend = match value {
            _ if name == "file" => {
                "write `file = \"scripts/name.py\"`, with the path of a Python file".to_owned()
            }
            Value::Expr(expr) => format!("write `timeout = \"{}\"`", example(expr)),
            _ => format!("write `timeout = \"{TIMEOUT}\"`"),
        };
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

/// What a number without quotes was meant to be.
fn example(expr: &Expr) -> String {
    match expr {
        Expr::Lit(ExprLit {
            lit: lit @ (Lit::Int(_) | Lit::Float(_)),
            ..
        }) => {
            let text = lit.to_token_stream().to_string();
            let bare = text.ends_with(|c: char| c.is_ascii_digit());
            format!("{text}{}", if bare { "ms" } else { "" })
        }
        _ => TIMEOUT.to_owned(),
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
