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
    let mut page = Page::default();
    page.chain(exception);
    page.text
}

/// The text, and how deep in exception groups it is.
#[derive(Default)]
struct Page {
    text: String,
    depth: usize,
    /// The innermost box is still to be closed.
    open: bool,
}

impl Page {
    /// The exception with what led to it.
    fn chain(&mut self, exception: &Exception) {
        if let Some(cause) = exception.cause() {
            self.chain(cause);
            self.lines(
                "\nThe above exception was the direct cause of the following exception:\n\n",
                '|',
            );
        } else if let Some(context) = exception.context() {
            self.chain(context);
            self.lines(
                "\nDuring handling of the above exception, another exception occurred:\n\n",
                '|',
            );
        }
        if exception.members.is_empty() {
            self.stack(exception, "Traceback (most recent call last):\n", '|');
            self.lines(&what(exception), '|');
        } else {
            self.group(exception);
        }
    }

    /// A group: its own traceback, then a numbered box for each member.
    fn group(&mut self, exception: &Exception) {
        let outermost = self.depth == 0;
        self.depth += usize::from(outermost);
        let corner = if outermost { '+' } else { '|' };
        self.stack(
            exception,
            "Exception Group Traceback (most recent call last):\n",
            corner,
        );
        self.lines(&what(exception), '|');
        let indent = "  ".repeat(self.depth);
        for (index, member) in exception.members.iter().enumerate() {
            self.open = index + 1 == exception.members.len();
            let corner = if index == 0 { "+-" } else { "  " };
            let _ = writeln!(
                self.text,
                "{indent}{corner}+---------------- {} ----------------",
                index + 1
            );
            self.depth += 1;
            self.chain(member);
            if std::mem::take(&mut self.open) {
                let _ = writeln!(self.text, "{indent}  +------------------------------------");
            }
            self.depth -= 1;
        }
        self.depth -= usize::from(outermost);
    }

    fn stack(&mut self, exception: &Exception, header: &str, corner: char) {
        if !exception.places.is_empty() {
            self.lines(header, corner);
            let mut text = String::new();
            stack(&exception.places, &mut text);
            self.lines(&text, '|');
        }
    }

    /// Lines at the left margin, or beside the bar of a box.
    fn lines(&mut self, text: &str, bar: char) {
        if self.depth == 0 {
            self.text.push_str(text);
            return;
        }
        let indent = "  ".repeat(self.depth);
        for line in text.lines() {
            let _ = writeln!(self.text, "{indent}{bar} {line}");
        }
    }
}

/// The exception itself: class, message and notes, the text of a syntax error before.
fn what(exception: &Exception) -> String {
    let mut out = String::new();
    if let Some(syntax) = &exception.syntax {
        let _ = writeln!(out, "  File \"{}\", line {}", syntax.file, syntax.line);
        let text = syntax.text.as_deref().unwrap_or_default().trim_end();
        let stripped = text.trim_start();
        if !stripped.is_empty() {
            let indent = (text.chars().count() - stripped.chars().count()) as u32;
            let _ = writeln!(out, "    {stripped}");
            if syntax.column > indent {
                // A script that raises its own may say anything of the place.
                let length = stripped.chars().count();
                let start = ((syntax.column - indent - 1) as usize).min(length);
                let width = syntax.end_column.saturating_sub(syntax.column) as usize;
                marks(start, width.min(length - start).max(1), &mut out);
            }
        }
        let _ = writeln!(out, "{}: {}", exception.type_name(), syntax.message);
    } else if exception.message.is_empty() {
        let _ = writeln!(out, "{}", exception.type_name());
    } else {
        let suggestion = exception.suggestion.as_deref().unwrap_or_default();
        let _ = writeln!(
            out,
            "{}: {}{suggestion}",
            exception.type_name(),
            exception.message
        );
    }
    for note in &exception.notes {
        let _ = writeln!(out, "{note}");
    }
    out
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
