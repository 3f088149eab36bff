//! A script's text and where it stands.

use crate::error::SyntaxError;
use crate::fork::Held;
use crate::reference::Ref;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// A script's text, dedented, and its place in the file that holds it.
#[derive(Debug)]
pub(crate) struct Source {
    /// The text as it stands in the file.
    original: Cow<'static, str>,
    /// The text that Python gets.
    text: String,
    /// What was removed from the start of lines.
    indent: String,
    /// The file, as Python names it in tracebacks.
    file: String,
    /// The line of the file in which the text begins, from 1.
    first_line: u32,
    /// How many lines the text has.
    lines: usize,
    /// The column of that line in which the text begins, in characters from 1.
    first_column: u32,
}

/// The sources of what is compiled, to find the lines of a traceback.
#[derive(Default)]
struct Sources {
    /// By the address of the loader in the globals of the code, which tells scripts of one name apart.
    by_loader: HashMap<usize, Weak<Source>>,
    /// By file, for code that runs in other globals, such as `__main__`'s.
    by_file: BTreeMap<String, Vec<Weak<Source>>>,
    /// How many came since those that are gone were last removed, and how many may.
    fresh: usize,
    limit: usize,
}

static SOURCES: Mutex<Option<Sources>> = Mutex::new(None);

/// Held for a look or a change, never while Python runs (rule 7).
fn sources() -> MutexGuard<'static, Option<Sources>> {
    SOURCES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Holds the sources, for a fork.
pub(crate) fn hold() -> Held {
    Box::new(sources())
}

impl Source {
    pub(crate) fn new(
        original: Cow<'static, str>,
        file: String,
        first_line: u32,
        first_column: u32,
    ) -> Source {
        // A byte order mark, as some editors write it, is no part of the text.
        let original = match original.strip_prefix('\u{feff}') {
            Some(rest) => Cow::Owned(rest.to_owned()),
            None => original,
        };
        let first = original
            .lines()
            .find(|line| !line.trim().is_empty())
            .unwrap_or_default();
        let indent = first[..first.len() - first.trim_start_matches([' ', '\t']).len()].to_owned();
        let mut text = String::with_capacity(original.len());
        for line in original.split_inclusive('\n') {
            text.push_str(line.strip_prefix(&*indent).unwrap_or(line));
        }
        Source {
            lines: text.lines().count(),
            original,
            text,
            indent,
            file,
            first_line,
            first_column,
        }
    }

    /// The file as Python names it.
    pub(crate) fn file(&self) -> &str {
        &self.file
    }

    /// The text that Python compiles, moved down so that its lines have the file's numbers.
    pub(crate) fn padded(&self) -> String {
        let mut padded = "\n".repeat(self.first_line.saturating_sub(1) as usize);
        padded.push_str(&self.text);
        padded
    }

    /// A line by its number in the file.
    pub(crate) fn line(&self, number: u32) -> Option<&str> {
        let index = number.checked_sub(self.first_line)?;
        self.text.lines().nth(index as usize)
    }

    /// Whether the text is of that file and has that line.
    fn has(&self, file: &str, number: u32) -> bool {
        let index = number.checked_sub(self.first_line);
        self.file == file && index.is_some_and(|index| (index as usize) < self.lines)
    }

    /// The lines that Python gets, with their numbers in the file.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (u32, &str)> {
        (self.first_line..).zip(self.text.lines())
    }

    /// Whether the script was made of this text.
    pub(crate) fn is(&self, text: &str) -> bool {
        self.original == text.strip_prefix('\u{feff}').unwrap_or(text)
    }

    /// Whether there is nothing but white space.
    pub(crate) fn is_blank(&self) -> bool {
        is_blank(&self.text)
    }

    /// The position of the first NUL byte, which Python refuses in different ways.
    pub(crate) fn nul(&self) -> Option<SyntaxError> {
        let before = &self.text[..self.text.find('\0')?];
        let line = before.matches('\n').count() as u32 + self.first_line;
        let column = before
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .chars()
            .count() as u32
            + 1;
        Some(self.error(line, column, "source code cannot contain null bytes"))
    }

    /// A syntax error at a line and a column as Python counts them.
    pub(crate) fn error(&self, line: u32, column: u32, message: &str) -> SyntaxError {
        let line = line.clamp(self.first_line, u32::MAX);
        let original = self
            .original
            .lines()
            .nth((line - self.first_line) as usize)
            .unwrap_or_default();
        let removed = if original.starts_with(&self.indent) {
            self.indent.chars().count() as u32
        } else {
            0
        };
        let text_column = column.max(1) + removed;
        let lead = if line == self.first_line {
            self.first_column - 1
        } else {
            0
        };
        SyntaxError {
            file: self.file.clone(),
            line,
            column: text_column + lead,
            message: message.to_owned(),
            text: original.trim_end().to_owned(),
            text_column,
        }
    }

    /// Makes the source findable, by its loader and by its file.
    pub(crate) fn register(self: &Arc<Source>, loader: &Ref<'_>) {
        let mut sources = sources();
        let sources = sources.get_or_insert_default();
        let Sources {
            by_loader,
            by_file,
            fresh,
            limit,
        } = sources;
        // Counted, because a new loader may have the address of one that is gone.
        *fresh += 1;
        if fresh > limit {
            let lives = |source: &Weak<Source>| source.strong_count() > 0;
            by_loader.retain(|_, source| lives(source));
            by_file.retain(|_, list| {
                list.retain(lives);
                !list.is_empty()
            });
            (*fresh, *limit) = (0, by_loader.len().max(64));
        }
        by_loader.insert(loader.as_ptr().addr(), Arc::downgrade(self));
        let of_file = by_file.entry(self.file.clone()).or_default();
        of_file.push(Arc::downgrade(self));
    }

    /// The lines of everything that is compiled of a file, each at its number; of two that stand in the same
    /// lines, those of the one that came last.
    pub(crate) fn lines_of(file: &str) -> String {
        let newest_first = |list: &Vec<Weak<Source>>| -> Vec<Arc<Source>> {
            list.iter().rev().filter_map(Weak::upgrade).collect()
        };
        let sources = sources()
            .as_ref()
            .and_then(|sources| sources.by_file.get(file).map(newest_first))
            .unwrap_or_default();
        let mut lines: BTreeMap<u64, &str> = BTreeMap::new();
        for source in &sources {
            let end = u64::from(source.first_line) + source.lines as u64;
            let taken = lines.range(u64::from(source.first_line)..end).next();
            if taken.is_none() {
                lines.extend(source.lines().map(|(number, line)| (number.into(), line)));
            }
        }
        let mut text = String::new();
        let mut next = 1;
        for (number, line) in lines {
            while next < number {
                text.push('\n');
                next += 1;
            }
            text.push_str(line);
            text.push('\n');
            next += 1;
        }
        text
    }

    /// The source of a line of code, by the file that the code names and the loader in its globals, which is
    /// asked for where there are several of that file.
    pub(crate) fn of<'py>(
        file: &str,
        line: u32,
        loader: impl FnOnce() -> Option<Ref<'py>>,
    ) -> Option<Arc<Source>> {
        let fits = |source: &Arc<Source>| source.has(file, line);
        if let [one] = sources().as_ref()?.by_file.get(file)?.as_slice() {
            return one.upgrade().filter(fits);
        }
        let loader = loader();
        let sources = sources();
        let Sources {
            by_loader, by_file, ..
        } = sources.as_ref()?;
        let by_loader = loader
            .as_ref()
            .and_then(|loader| by_loader.get(&loader.as_ptr().addr())?.upgrade());
        let by_file = || {
            let newest_first = by_file.get(file)?.iter().rev();
            newest_first.filter_map(Weak::upgrade).find(fits)
        };
        by_loader.filter(fits).or_else(by_file)
    }
}

/// Whether a text has nothing in it but what Python skips.
pub(super) fn is_blank(text: &str) -> bool {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.chars()
        .all(|c| matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0c'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &'static str) -> Source {
        Source::new(text.into(), "src/main.rs".to_owned(), 10, 5)
    }

    #[test]
    fn the_first_lines_indentation_is_removed_from_every_line_that_has_it() {
        let source = source("\n    if x:\n        y = 1\n  z\n    y\n");
        assert_eq!(source.text, "\nif x:\n    y = 1\n  z\ny\n");
    }

    #[test]
    fn tabs_are_no_spaces() {
        assert_eq!(source("\n\tx\n    y\n\t\tz").text, "\nx\n    y\n\tz");
    }

    #[test]
    fn lines_have_the_files_numbers() {
        let source = source("\n    a\n    b\n");
        assert_eq!(source.line(11), Some("a"));
        assert_eq!(source.line(12), Some("b"));
        assert_eq!(source.line(9), None);
        assert_eq!(source.padded().lines().nth(11), Some("b"));
    }

    #[test]
    fn columns_are_those_of_the_file() {
        let source = source("x +\n    y +");
        let first = source.error(10, 3, "invalid syntax");
        assert_eq!((first.line, first.column, first.text_column), (10, 7, 3));
        let indented =
            Source::new("\n    ä +\n".into(), "f".to_owned(), 10, 5).error(11, 3, "invalid syntax");
        assert_eq!(
            (indented.line, indented.column, indented.text.as_str()),
            (11, 7, "    ä +")
        );
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_text() {
        assert_eq!(source("\u{feff}x = 1").text, "x = 1");
    }

    #[test]
    fn a_nul_byte_is_found_with_its_place() {
        let error = source("x = 1\ny = '\0'").nul().unwrap();
        assert_eq!((error.line, error.column), (11, 6));
        assert!(source("x").nul().is_none());
    }
}
