//! The text of a file, read as Python reads a source file.

use crate::attach;
use crate::error::{Error, Result};
use crate::reference::Ref;
use std::io;
use std::path::Path;

/// Reads a file: in UTF-8, or in the encoding that a comment in one of its first two lines declares.
pub(super) fn read(path: &Path) -> Result<String> {
    let failed = |source| Error::Io {
        path: path.to_owned(),
        source,
    };
    let wrong = |message| failed(io::Error::new(io::ErrorKind::InvalidData, message));
    let mut bytes = std::fs::read(path).map_err(failed)?;
    let marked = bytes.starts_with(b"\xef\xbb\xbf");
    if marked {
        bytes.drain(..3);
    }
    match declared(&bytes) {
        Some((line, name)) if !is_utf8(&name) => match marked {
            true => Err(wrong(format!(
                "expected UTF-8, as its byte order mark says, found `{name}` declared in line {line}; \
                 help: remove the one or the other"
            ))),
            false => decode(&bytes, &name, line)?.map_err(wrong),
        },
        _ => String::from_utf8(bytes).map_err(|error| {
            let found = place(error.as_bytes(), error.utf8_error().valid_up_to());
            wrong(format!(
                "expected UTF-8, found {found}; help: save the file as UTF-8, or declare its encoding in \
                 the first line, as in `# -*- coding: latin-1 -*-`"
            ))
        }),
    }
}

/// The encoding that a comment declares, and its line: only comments and blank lines may stand before it.
fn declared(bytes: &[u8]) -> Option<(usize, String)> {
    for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n').take(2)) {
        let text = line.trim_ascii_start();
        if let Some(comment) = text.strip_prefix(b"#") {
            if let Some(name) = of_comment(comment) {
                return Some((number, name));
            }
        } else if !text.is_empty() {
            return None;
        }
    }
    None
}

/// The name after the first `coding:` or `coding=` that has one.
fn of_comment(comment: &[u8]) -> Option<String> {
    const WORD: &[u8] = b"coding";
    let is_of_name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    comment
        .windows(WORD.len())
        .enumerate()
        .filter(|(_, window)| *window == WORD)
        .find_map(|(start, _)| {
            let rest = comment[start + WORD.len()..].strip_prefix(b":");
            let rest = rest.or(comment[start + WORD.len()..].strip_prefix(b"="))?;
            let name = rest.iter().skip_while(|byte| b" \t".contains(byte));
            let name: String = name.take_while(is_of_name).map(|b| *b as char).collect();
            (!name.is_empty()).then_some(name)
        })
}

fn is_utf8(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('_', "-");
    name == "utf8" || name == "utf-8" || name.starts_with("utf-8-")
}

/// Decodes with Python's codec of that name; the inner error says what is wrong with the file.
fn decode(bytes: &[u8], name: &str, line: usize) -> Result<Result<String, String>> {
    let decoded = attach::with(|py| {
        // SAFETY: attached; the bytes are read in full length; a new reference.
        let data = unsafe {
            let (data, size) = (bytes.as_ptr().cast(), bytes.len() as isize);
            Ref::owned(py, py.PyBytes_FromStringAndSize(data, size))?
        };
        let text = data.call_method("decode", [&Ref::text(py, name)?])?;
        Ok(text.as_str()?.to_owned())
    });
    let exception = match &decoded {
        Ok(_) => return decoded.map(Ok),
        Err(error) => error.exception(),
    };
    match exception {
        Some(exception) if exception.is("LookupError") => Ok(Err(format!(
            "expected the name of an encoding, found `{name}` declared in line {line}; help: save the \
             file as UTF-8, and remove the declaration"
        ))),
        Some(exception) if exception.is("UnicodeError") => {
            let start = exception.object().map(|object| object.attr("start"));
            let start = start.and_then(|start| start.ok()?.extract::<usize>().ok());
            let found = start.map_or_else(|| "other text".to_owned(), |at| place(bytes, at));
            Ok(Err(format!(
                "expected `{name}`, as declared in line {line}, found {found}; help: save the file in that \
                 encoding, or declare the one that it is in"
            )))
        }
        _ => decoded.map(Ok),
    }
}

/// A byte and its line, in words.
fn place(bytes: &[u8], at: usize) -> String {
    let line = bytes.iter().take(at).filter(|byte| **byte == b'\n').count() + 1;
    let byte = bytes.get(at).copied().unwrap_or_default();
    format!("the byte 0x{byte:02X} in line {line}")
}

#[cfg(test)]
mod tests {
    use super::declared;

    #[test]
    fn an_encoding_is_declared_in_a_comment_of_the_first_two_lines() {
        for (text, expected) in [
            ("# -*- coding: latin-1 -*-", Some((1, "latin-1"))),
            (
                "#!/usr/bin/python\n# vim: set fileencoding=cp1252 :",
                Some((2, "cp1252")),
            ),
            ("\n\t#coding:iso8859_15", Some((2, "iso8859_15"))),
            ("# coding coding: koi8-r\r\nx", Some((1, "koi8-r"))),
            ("x = 1\n# coding: latin-1", None),
            ("\n\n# coding: latin-1", None),
            ("x = 1  # coding: latin-1", None),
            ("# coding latin-1", None),
            ("# coding : latin-1", None),
            ("", None),
        ] {
            let found = declared(text.as_bytes());
            let expected = expected.map(|(line, name)| (line, name.to_owned()));
            assert_eq!(found, expected, "{text}");
        }
    }
}
