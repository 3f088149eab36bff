//! A traceback in the form in which Python prints it.
//!
//! Python's own `traceback` module would need the GIL when an error is printed, or some hundred
//! microseconds for every error that nobody prints. One thing differs: in `a + b / 0` Python marks the
//! operator within the marked expression, here all of the expression is marked alike.

use super::exception::{Exception, Place};
use std::fmt::Write;

/// Equal frames in a row that are shown before they are counted.
const REPEATED: usize = 3;

pub(super) fn format(exception: &Exception) -> String {
    let mut out = String::new();
    chain(exception, &mut out);
    out
}

fn chain(exception: &Exception, out: &mut String) {
    if let Some(cause) = exception.cause() {
        chain(cause, out);
        out.push_str("\nThe above exception was the direct cause of the following exception:\n\n");
    } else if let Some(context) = exception.context() {
        chain(context, out);
        out.push_str("\nDuring handling of the above exception, another exception occurred:\n\n");
    }
    if exception.members.is_empty() {
        single(exception, "Traceback (most recent call last):\n", out);
    } else {
        group(exception, out);
    }
}

fn single(exception: &Exception, header: &str, out: &mut String) {
    if !exception.places.is_empty() {
        out.push_str(header);
        stack(&exception.places, out);
    }
    if let Some(syntax) = &exception.syntax {
        let _ = writeln!(out, "  File \"{}\", line {}", syntax.file, syntax.line);
        let text = syntax.text.trim_end();
        let stripped = text.trim_start();
        if !stripped.is_empty() {
            let indent = (text.chars().count() - stripped.chars().count()) as u32;
            let _ = writeln!(out, "    {stripped}");
            if syntax.column > indent {
                let start = syntax.column - indent - 1;
                let width = syntax.end_column.saturating_sub(syntax.column).max(1);
                marks(start as usize, width as usize, out);
            }
        }
        let _ = writeln!(out, "{}: {}", exception.type_name, syntax.message);
    } else if exception.message.is_empty() {
        let _ = writeln!(out, "{}", exception.type_name);
    } else {
        let _ = writeln!(out, "{}: {}", exception.type_name, exception.message);
    }
    for note in &exception.notes {
        let _ = writeln!(out, "{note}");
    }
}

/// An exception group: its own traceback, then a numbered box for each member.
fn group(exception: &Exception, out: &mut String) {
    let mut own = String::new();
    single(
        exception,
        "Exception Group Traceback (most recent call last):\n",
        &mut own,
    );
    for (index, line) in own.lines().enumerate() {
        let _ = writeln!(out, "  {} {line}", if index == 0 { '+' } else { '|' });
    }
    for (index, member) in exception.members.iter().enumerate() {
        let corner = if index == 0 { "  +-+" } else { "    +" };
        let _ = writeln!(
            out,
            "{corner}---------------- {} ----------------",
            index + 1
        );
        let mut inner = String::new();
        chain(member, &mut inner);
        for line in inner.lines() {
            let _ = writeln!(out, "    | {line}");
        }
    }
    out.push_str("    +------------------------------------\n");
}

fn stack(places: &[Place], out: &mut String) {
    let same =
        |a: &Place, b: &Place| (a.line, &a.function, &a.file) == (b.line, &b.function, &b.file);
    for run in places.chunk_by(same) {
        for place in run.iter().take(REPEATED) {
            frame(place, out);
        }
        match run.len().saturating_sub(REPEATED) {
            0 => {}
            1 => out.push_str("  [Previous line repeated 1 more time]\n"),
            more => {
                let _ = writeln!(out, "  [Previous line repeated {more} more times]");
            }
        }
    }
}

fn frame(place: &Place, out: &mut String) {
    let _ = writeln!(
        out,
        "  File \"{}\", line {}, in {}",
        place.file, place.line, place.function
    );
    let Some(text) = place.line_text() else {
        return;
    };
    let line = text.trim();
    let _ = writeln!(out, "    {line}");
    let Some((start, end)) = place.columns else {
        return;
    };
    let indent = text.len() - text.trim_start().len();
    // Columns count bytes of the whole line; marks stand under characters of the shown part.
    let shown = |column: usize| {
        line.get(..column.checked_sub(indent)?)
            .map(|lead| lead.chars().count())
    };
    if let (Some(start), Some(end)) = (shown(start), shown(end)) {
        let whole = start == 0 && end >= line.chars().count();
        if start < end && !whole {
            marks(start, end - start, out);
        }
    }
}

fn marks(start: usize, width: usize, out: &mut String) {
    let _ = writeln!(out, "    {}{}", " ".repeat(start), "^".repeat(width));
}
