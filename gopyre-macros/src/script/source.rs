//! Where a script's text comes from, and where its lines are to be found.

use crate::nearest::nearest;
use crate::report::Report;
use proc_macro2::Span;
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};
use std::{env, fs, io};
use syn::LitStr;

/// A script that was checked.
pub(super) enum Source {
    /// The literal is the text.
    Inline(LitStr),
    /// The literal is the path of a file, relative to the crate.
    File(LitStr),
}

/// Where the first character of a literal's content stands in its Rust file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) file: String,
    pub(crate) line: usize,
    /// From 1, in characters.
    pub(super) column: usize,
    /// Whether every character of the content is itself in the file, so that positions map.
    pub(super) verbatim: bool,
}

impl Position {
    /// Looks up the content of a string literal.
    ///
    /// The literal's own place is asked for, and not `line!()`: that names the outermost macro
    /// call, which is another place if the literal stands in the body of a `macro_rules!`.
    pub(super) fn of(literal: &LitStr) -> Position {
        let token = literal.token().to_string();
        let opening = token.find('"').map_or(0, |quote| quote + 1);
        let start = Position::at(literal.span());
        Position {
            column: start.column + opening,
            verbatim: token.starts_with('r') || !token.contains('\\'),
            ..start
        }
    }

    /// Looks up where a token starts.
    pub(crate) fn at(span: Span) -> Position {
        let (file, line, column) = if proc_macro::is_available() {
            let span = span.unwrap();
            (span.file(), span.line(), span.column())
        } else {
            (String::new(), 1, 1)
        };
        Position {
            file,
            line,
            column,
            verbatim: true,
        }
    }
}

/// Checks the text of an inline script.
pub(super) fn check_inline(literal: &LitStr, report: &mut Report) {
    check_suffix(literal, report);
    if let Some((wrong, mend)) = fault(&literal.value()) {
        report.on(literal, format_args!("expected a script, {wrong}"), mend);
    }
}

/// Checks that `file = ".."` names a script that can be embedded.
pub(super) fn check_file(literal: &LitStr, report: &mut Report) {
    let Some(text) = read_file(literal, "", report) else {
        return;
    };
    if let Some((wrong, mend)) = fault(&text) {
        let path = literal.value();
        report.on(
            literal,
            format_args!("expected a script in `{path}`, {wrong}"),
            mend,
        );
    }
}

/// Reads a file that is to be embedded; its path starts at a folder of the crate.
pub(crate) fn read_file(literal: &LitStr, folder: &str, report: &mut Report) -> Option<String> {
    check_suffix(literal, report);
    let path = literal.value();
    if let Some((wrong, mend)) = path_fault(&path, "the path of a Python file") {
        report.on(literal, wrong, mend);
        return None;
    }
    let root = root(literal, report)?.join(folder);
    match read(&root, &path) {
        Ok(text) => return Some(text),
        Err((wrong, None)) => {
            let mend = missing_file_mend(&root, &path, folder, literal);
            report.on(literal, wrong, mend);
        }
        Err((wrong, Some(mend))) => report.on(literal, wrong, mend),
    }
    None
}

/// The folder of the crate that is being built.
pub(crate) fn root(literal: &LitStr, report: &mut Report) -> Option<PathBuf> {
    let root = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    if root.is_none() {
        report.on(
            literal,
            "expected the variable `CARGO_MANIFEST_DIR` that file paths start at, found none",
            "build with cargo",
        );
    }
    root
}

pub(crate) fn check_suffix(literal: &LitStr, report: &mut Report) {
    let suffix = literal.suffix();
    if !suffix.is_empty() {
        report.on(
            literal,
            format_args!("expected a string literal, found one with the suffix `{suffix}`"),
            format_args!("remove `{suffix}`"),
        );
    }
}

/// What is wrong with a script's text, and the mend.
fn fault(text: &str) -> Option<(String, &'static str)> {
    if let Some(at) = text.find('\0') {
        let line = text[..at].matches('\n').count() + 1;
        return Some((
            format!("found a NUL character in its line {line}"),
            "remove it; inside a Python string, write it as `\\x00` in a raw literal",
        ));
    }
    let code = text.trim_start_matches('\u{feff}').trim();
    code.is_empty().then(|| {
        (
            "found only whitespace".to_owned(),
            "write Python code; the value of its last expression is the result",
        )
    })
}

/// What is wrong with a path as it is written, and the mend; `what` is what it should be.
pub(crate) fn path_fault(path: &str, what: &str) -> Option<(String, String)> {
    let drive = path.as_bytes().get(1) == Some(&b':');
    if path.trim().is_empty() {
        Some((
            format!("expected {what}, found an empty string"),
            "write one that starts at the folder of the crate's `Cargo.toml`".to_owned(),
        ))
    } else if path.contains('\0') {
        Some((
            format!("expected {what}, found one with a NUL character"),
            "remove it".to_owned(),
        ))
    } else if drive || path.starts_with(['/', '\\']) || Path::new(path).is_absolute() {
        Some((
            format!("expected a path relative to the crate, found the absolute `{path}`"),
            "copy the file into the crate, and start the path at the folder of its `Cargo.toml`"
                .to_owned(),
        ))
    } else if path.contains('\\') {
        let mended = path.replace('\\', "/");
        Some((
            format!("expected `/` between the folders of a path, found `\\` in `{path}`"),
            format!("write `{mended}`, which every system understands"),
        ))
    } else {
        None
    }
}

/// Reads a script's file; an error without a mend means that nothing is there.
fn read(root: &Path, path: &str) -> Result<String, (String, Option<String>)> {
    let full = root.join(path);
    if full.is_dir() {
        return Err((
            format!("expected a Python file, found that `{path}` is a folder"),
            Some("name a file inside it".to_owned()),
        ));
    }
    let bytes = fs::read(full).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            (format!("expected a Python file, found no `{path}`"), None)
        }
        _ => (
            format!("expected a Python file, found that `{path}` cannot be read: {error}"),
            Some("make it readable for the user that builds the crate".to_owned()),
        ),
    })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let line = bytes[..good].iter().filter(|b| **b == b'\n').count() + 1;
        let byte = bytes.get(good).copied().unwrap_or_default();
        (
            format!("expected UTF-8, found the byte 0x{byte:02X} in line {line} of `{path}`"),
            Some("save the file as UTF-8".to_owned()),
        )
    })?;
    match declared_encoding(&text) {
        // Every encoding that a Python file can be in has ASCII's characters as they are.
        Some((line, name)) if !text.is_ascii() => Err((
            format!("expected UTF-8, found `{name}` declared in line {line} of `{path}`"),
            Some("save the file as UTF-8, and remove the declaration".to_owned()),
        )),
        _ => Ok(text),
    }
}

/// The encoding that a comment in one of the first two lines declares, and its line, if it is not UTF-8.
fn declared_encoding(text: &str) -> Option<(usize, &str)> {
    let text = text.trim_start_matches('\u{feff}');
    let comments = (1..).zip(text.lines().take(2));
    let comments = comments
        .map(|(number, line)| (number, line.trim_ascii_start()))
        .take_while(|(_, line)| line.is_empty() || line.starts_with('#'));
    let mut names = comments.flat_map(|(number, line)| {
        line.match_indices("coding")
            .filter_map(move |(start, word)| {
                let rest = line[start + word.len()..].strip_prefix([':', '='])?;
                let rest = rest.trim_start_matches([' ', '\t']);
                let of_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
                let name = &rest[..rest.find(|c| !of_name(c)).unwrap_or(rest.len())];
                (!name.is_empty()).then_some((number, name))
            })
    });
    let (line, name) = names.next()?;
    let plain = name.to_ascii_lowercase().replace('_', "-");
    let is_utf8 = plain == "utf8" || plain == "utf-8" || plain.starts_with("utf-8-");
    (!is_utf8).then_some((line, name))
}

/// Says how to mend a path that leads nowhere: perhaps it starts at the Rust file, or is misspelled.
fn missing_file_mend(root: &Path, path: &str, folder: &str, literal: &LitStr) -> String {
    let (beside, start) = match folder {
        "" => (
            beside_the_rust_file(root, path, literal),
            "the folder of the crate's `Cargo.toml`".to_owned(),
        ),
        folder => (None, format!("`{folder}`")),
    };
    match beside.or_else(|| misspelled(root, path)) {
        Some(meant) => format!("did you mean `{meant}`? paths start at {start}"),
        None => format!("create it, or mend the path; it starts at {start}"),
    }
}

fn beside_the_rust_file(root: &Path, path: &str, literal: &LitStr) -> Option<String> {
    if !proc_macro::is_available() {
        return None;
    }
    let rust_file = literal.span().unwrap().local_file()?;
    let meant = rust_file.parent()?.join(path).canonicalize().ok()?;
    let meant = meant.strip_prefix(root.canonicalize().ok()?).ok()?;
    slashed(meant)
}

fn misspelled(root: &Path, path: &str) -> Option<String> {
    let path = Path::new(path);
    let folder = path.parent()?;
    let name = path.file_name()?.to_str()?;
    let names = fs::read_dir(root.join(folder))
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| Path::new(name).extension() == Some(OsStr::new("py")));
    let mut names: Vec<String> = names.collect();
    names.sort();
    slashed(&folder.join(nearest(name, names)?))
}

/// Writes a relative path with `/` on every system.
fn slashed(path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path
        .components()
        .filter(|part| !matches!(part, Component::CurDir))
        .map(|part| part.as_os_str().to_str())
        .collect();
    Some(parts?.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    fn position(literal: LitStr) -> (usize, bool) {
        let position = Position::of(&literal);
        (position.column, position.verbatim)
    }

    #[test]
    fn the_content_starts_after_the_opening() {
        assert_eq!(position(parse_quote!("1")), (2, true));
        assert_eq!(position(parse_quote!(r"1")), (3, true));
        assert_eq!(position(parse_quote!(r#"1"#)), (4, true));
        assert_eq!(position(parse_quote!(r###"1 " 2"###)), (6, true));
    }

    #[test]
    fn an_escape_moves_what_follows() {
        assert_eq!(position(parse_quote!("a\nb")), (2, false));
        assert_eq!(position(parse_quote!(r"a\nb")), (3, true));
    }

    #[test]
    fn paths_that_cannot_be_meant() {
        for path in ["/a.py", "\\\\host\\a.py", "C:\\a.py", "C:/a.py"] {
            let (wrong, _) = path_fault(path, "a path").unwrap();
            assert!(wrong.contains("absolute"), "{path}: {wrong}");
        }
        let (_, mend) = path_fault("scripts\\a.py", "a path").unwrap();
        assert!(mend.contains("`scripts/a.py`"), "{mend}");
        assert!(path_fault(" ", "a path").is_some());
        assert!(path_fault("a\0.py", "a path").is_some());
        assert_eq!(path_fault("../shared/a.py", "a path"), None);
        assert_eq!(path_fault("é.py", "a path"), None);
    }

    #[test]
    fn texts_that_are_no_script() {
        assert!(fault("").is_some());
        assert!(fault(" \n\t").is_some());
        assert!(fault("\u{feff}\n").is_some());
        assert!(fault("1\n2\0").unwrap().0.ends_with("line 2"));
        assert_eq!(fault("# a comment is a script"), None);
    }

    #[test]
    fn files_that_cannot_be_embedded() {
        let root = env::temp_dir().join(format!("gopyre-macros-{}", std::process::id()));
        fs::create_dir_all(root.join("scripts")).unwrap();
        fs::write(root.join("scripts/score.py"), "1 + 1").unwrap();
        fs::write(root.join("scripts/latin.py"), b"a = 1\nb = '\xe9'").unwrap();

        assert_eq!(read(&root, "scripts/score.py").unwrap(), "1 + 1");
        assert_eq!(read(&root, "scripts/../scripts/score.py").unwrap(), "1 + 1");
        let (wrong, mend) = read(&root, "scripts/sore.py").unwrap_err();
        assert!(wrong.contains("`scripts/sore.py`") && mend.is_none());
        assert_eq!(
            misspelled(&root, "./scripts/sore.py").as_deref(),
            Some("scripts/score.py")
        );
        assert_eq!(misspelled(&root, "other/score.py"), None);
        let (wrong, _) = read(&root, "scripts/latin.py").unwrap_err();
        assert!(wrong.contains("0xE9 in line 2"), "{wrong}");
        let declared = "#!python\n# -*- coding: latin-1 -*-\n";
        for (text, good) in [("'e'", true), ("'é'", false)] {
            fs::write(root.join("scripts/latin.py"), format!("{declared}{text}")).unwrap();
            assert_eq!(read(&root, "scripts/latin.py").is_ok(), good);
        }
        let (wrong, mend) = read(&root, "scripts/latin.py").unwrap_err();
        assert!(wrong.contains("`latin-1` declared in line 2"), "{wrong}");
        assert!(mend.unwrap().contains("remove the declaration"));
        fs::write(root.join("scripts/utf.py"), "# coding: UTF_8\n'é'").unwrap();
        assert!(read(&root, "scripts/utf.py").is_ok());
        let (wrong, _) = read(&root, "scripts").unwrap_err();
        assert!(wrong.contains("is a folder"), "{wrong}");
        let (_, mend) = read(&root, "scripts/score.py/x.py").unwrap_err();
        assert!(mend.is_none());

        fs::remove_dir_all(root).unwrap();
    }
}
