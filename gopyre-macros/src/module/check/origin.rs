//! The attribute's arguments: where the module comes from.

use super::Origin;
use crate::nearest::nearest;
use crate::report::Report;
use crate::script::check::describe;
use crate::script::parse::{Argument, Value};
use crate::script::source::{self, check_suffix, path_fault};
use proc_macro2::Span;
use std::fs;
use std::path::Path;
use syn::{Ident, LitStr};

/// Options that the attribute knows.
const OPTIONS: [&str; 3] = ["file", "name", "dir"];

const WRITE_AN_ORIGIN: &str = "write `#[py_module(file = \"python/model.py\")]` for a file of this crate, or \
                               `#[py_module(name = \"numpy.linalg\")]` for an installed module";

/// How deep folders may be inside each other; a link may lead in a circle.
const DEPTH: usize = 32;

/// Finds where the module comes from.
pub(super) fn origin(arguments: Vec<Argument>, report: &mut Report) -> Option<Origin> {
    let mut found: [Option<(Ident, LitStr)>; OPTIONS.len()] = Default::default();
    let before = report.is_empty();
    let any = !arguments.is_empty();
    for Argument { name, value } in arguments {
        let Some((name, value)) = option(name, value, report) else {
            continue;
        };
        let Some(index) = OPTIONS.iter().position(|option| name == option) else {
            let mend = match nearest(&name.to_string(), OPTIONS) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "the options are `file`, `name` and `dir`".to_owned(),
            };
            report.on(&name, format_args!("unknown option `{name}`"), mend);
            continue;
        };
        if found[index].is_some() {
            report.on(
                &name,
                format_args!("expected one option `{name}`, found a second"),
                "remove one; each block declares one module",
            );
            continue;
        }
        found[index] = Some((name, value));
    }
    match found {
        [Some((_, file)), None, None] => {
            source::read_file(&file, "", report)
                .and_then(|text| no_nul(&file, &file.value(), &text, report))?;
            stem(&file, report)?;
            Some(Origin::File(file.value()))
        }
        [None, Some((_, name)), None] => {
            check_suffix(&name, report);
            super::attributes::identifier(&name, true, report);
            Some(Origin::Installed(name.value()))
        }
        [Some((_, file)), None, Some((_, dir))] => folder(&dir, &file, report),
        [None, None, Some((dir, _))] => {
            report.on(
                dir,
                "expected `file` beside `dir`, found none",
                "say which file of the folder is declared, as in `dir = \"python/\", file = \"model.py\"`",
            );
            None
        }
        [_, Some((name, _)), _] => {
            report.on(
                name,
                "expected an installed module or a file of the crate, found both",
                "remove `name`, or the other options",
            );
            None
        }
        [None, None, None] => {
            if !any && before {
                report.at(
                    Span::call_site(),
                    "expected where the module comes from, found nothing",
                    WRITE_AN_ORIGIN,
                );
            }
            None
        }
    }
}

/// Returns an argument that is `name = ".."`.
fn option(name: Option<Ident>, value: Value, report: &mut Report) -> Option<(Ident, LitStr)> {
    let mend = |name: &Ident| format!("write `{name} = \"..\"`");
    match (name, value) {
        (Some(name), Value::Text(text)) => return Some((name, text)),
        (None, Value::Text(text)) => {
            let value = text.value();
            let meant = if value.ends_with(".py") {
                "file"
            } else {
                "name"
            };
            report.on(
                &text,
                "expected an option, found a string alone",
                format_args!("write `{meant} = \"{value}\"`"),
            );
        }
        (Some(name), Value::Expr(expr)) => {
            let (tokens, found, _) = describe(&expr);
            report.on(
                tokens,
                format_args!("expected a string literal, found {found}"),
                mend(&name),
            );
        }
        (None, Value::Expr(expr)) => {
            let (tokens, found, _) = describe(&expr);
            report.on(
                tokens,
                format_args!("expected an option, found {found}"),
                WRITE_AN_ORIGIN,
            );
        }
        (Some(name), Value::Other(tokens)) if tokens.is_empty() => report.on(
            &name,
            format_args!("expected a string literal after `{name} =`, found nothing"),
            mend(&name),
        ),
        (_, Value::Other(tokens)) if tokens.is_empty() => report.at(
            Span::call_site(),
            "expected an option, found `,`",
            WRITE_AN_ORIGIN,
        ),
        (_, Value::Other(tokens)) => report.on(
            &tokens,
            format_args!("expected an option, found `{tokens}`"),
            WRITE_AN_ORIGIN,
        ),
    }
    None
}

/// Checks a folder and the file in it that is declared.
fn folder(dir: &LitStr, file: &LitStr, report: &mut Report) -> Option<Origin> {
    check_suffix(dir, report);
    let path = dir.value();
    if let Some((wrong, mend)) = path_fault(&path, "the path of a folder") {
        report.on(dir, wrong, mend);
        return None;
    }
    let path = format!("{}/", path.trim_end_matches('/'));
    let root = source::root(dir, report)?.join(&path);
    if !root.is_dir() {
        let found = match root
            .with_file_name("")
            .join(path.trim_end_matches('/'))
            .is_file()
        {
            true => format!("expected a folder, found that `{}` is a file", dir.value()),
            false => format!("expected a folder, found no `{}`", dir.value()),
        };
        report.on(
            dir,
            found,
            "create it, or mend the path; it starts at the folder of the crate's `Cargo.toml`",
        );
        return None;
    }
    source::read_file(file, &path, report)?;
    stem(file, report)?;
    let declared = file.value();
    if declared.split('/').any(|part| part == ".." || part == ".") {
        report.on(
            file,
            format_args!("expected a file inside `{path}`, found `{declared}`"),
            "write its path without `.` and `..`",
        );
        return None;
    }
    let mut files = Vec::new();
    if let Err((path, error)) = collect(&root, "", DEPTH, &mut files) {
        report.on(
            dir,
            format_args!("expected a folder of Python files, found that `{path}` {error}"),
            "mend it, or move it out of the folder",
        );
        return None;
    }
    files.sort();
    for inner in &files {
        let text = match fs::read_to_string(root.join(inner)) {
            Ok(text) => text,
            Err(error) => {
                report.on(
                    dir,
                    format_args!("expected Python files in UTF-8, found that `{inner}` cannot be read: {error}"),
                    "mend it, or move it out of the folder",
                );
                return None;
            }
        };
        no_nul(dir, inner, &text, report)?;
    }
    if !files.contains(&declared) {
        report.on(
            file,
            format_args!("expected a file named `*.py`, found `{declared}`"),
            "rename it",
        );
        return None;
    }
    Some(Origin::Folder(path, declared, files))
}

/// Collects the paths of the Python files in a folder, with `/` on every system.
fn collect(
    folder: &Path,
    prefix: &str,
    depth: usize,
    files: &mut Vec<String>,
) -> Result<(), (String, String)> {
    if depth == 0 {
        return Err((prefix.to_owned(), "is nested too deep".to_owned()));
    }
    let failed = |error: std::io::Error| (prefix.to_owned(), format!("cannot be read: {error}"));
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        // What has no UTF-8 name cannot be imported.
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        if name.starts_with('.') || name == "__pycache__" {
            continue;
        }
        let path = format!("{prefix}{name}");
        if entry.path().is_dir() {
            if !name.contains('.') {
                collect(&entry.path(), &format!("{path}/"), depth - 1, files)?;
            }
        } else if name
            .strip_suffix(".py")
            .is_some_and(|stem| !stem.contains('.'))
        {
            files.push(path);
        }
    }
    Ok(())
}

/// Checks that a file's name is one that a module can have.
fn stem(file: &LitStr, report: &mut Report) -> Option<()> {
    let path = file.value();
    let name = path.rsplit('/').next().unwrap_or_default();
    match name.strip_suffix(".py") {
        Some(stem) if !stem.is_empty() && !stem.contains('.') => Some(()),
        _ => {
            report.on(
                file,
                format_args!("expected a file named like a module, found `{name}`"),
                "rename it to `name.py`",
            );
            None
        }
    }
}

fn no_nul(literal: &LitStr, path: &str, text: &str, report: &mut Report) -> Option<()> {
    let Some(at) = text.find('\0') else {
        return Some(());
    };
    let line = text[..at].matches('\n').count() + 1;
    report.on(
        literal,
        format_args!("expected Python code in `{path}`, found a NUL character in its line {line}"),
        "remove it; inside a Python string, write it as `\\x00`",
    );
    None
}
