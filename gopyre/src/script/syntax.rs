//! Where a syntax error stands.
//!
//! CPython tells the column in characters of a line that it looks up in a file of the script's name, and
//! a Rust file has that line too, but with what stands before the script in it. Without a file it takes
//! the line that it was given, or, where it knows that no longer, leaves the column in bytes.

use super::compile::Code;
use super::source::Source;
use crate::attach::Attached;
use crate::error::{Error, SyntaxPlace};
use crate::reference::Ref;

/// A `SyntaxError` becomes one of ours, at its place in the file that holds the script.
pub(crate) fn in_source(py: Attached<'_>, error: Error, source: &Source) -> Error {
    let Some(found) = place_of(&error) else {
        return error;
    };
    let again = if is_certain(found, source) {
        None
    } else {
        without_file(py, source)
    };
    let again = again.as_ref().and_then(place_of);
    let place = again
        .filter(|again| (again.line, &again.message) == (found.line, &found.message))
        .unwrap_or(found);
    let (line, column) = resolved(place, source);
    Error::Syntax(vec![source.error(line, column, &found.message)])
}

fn place_of(error: &Error) -> Option<&SyntaxPlace> {
    error.exception()?.syntax_place()
}

/// Whether the column does not depend on which line was looked at.
fn is_certain(place: &SyntaxPlace, source: &Source) -> bool {
    let own = source.line(place.line).unwrap_or_default();
    match &place.text {
        None => true,
        Some(text) => own.is_ascii() && text.trim_end() == own.trim_end(),
    }
}

/// The error under a name that no file can have.
fn without_file(py: Attached<'_>, source: &Source) -> Option<Error> {
    let code = Code::new(Ref::text(py, "").ok()?).ok()?;
    code.split(&Ref::text(py, &source.padded()).ok()?).err()
}

/// The line, and the column in characters of the script's own line.
fn resolved(place: &SyntaxPlace, source: &Source) -> (u32, u32) {
    let before = place.column.saturating_sub(1) as usize;
    let bytes = match &place.text {
        None => before,
        Some(text) => match in_f_string(text.trim_end(), place) {
            Some(inner) => return of_f_string(inner, place, source),
            // Not always the script's line: in a string of several lines it is all of them.
            None => text.chars().take(before).map(char::len_utf8).sum(),
        },
    };
    let own = source.line(place.line).unwrap_or_default();
    if bytes > own.len() {
        return (place.line, place.column);
    }
    let before = own.char_indices().take_while(|(start, _)| *start < bytes);
    (place.line, before.count() as u32 + 1)
}

/// The expression in an f-string that the place is in: up to 3.11 it is parsed by itself, in parentheses.
fn in_f_string<'t>(text: &'t str, place: &SyntaxPlace) -> Option<&'t str> {
    let inner = text.strip_prefix('(')?.strip_suffix(')')?;
    place.message.starts_with("f-string: ").then_some(inner)
}

/// The place of an expression in an f-string, if that is found but once; otherwise its line.
fn of_f_string(inner: &str, place: &SyntaxPlace, source: &Source) -> (u32, u32) {
    let braced = format!("{{{inner}");
    let mut found = source.lines().flat_map(|(number, line)| {
        let starts = line.match_indices(&braced).map(|(start, _)| start);
        starts.map(move |start| (number, line[..start].chars().count() as u32))
    });
    match (found.next(), found.next()) {
        // The brace is where the parenthesis was.
        (Some((number, before)), None) => (number, before + place.column.max(1)),
        _ => (place.line, 1),
    }
}
