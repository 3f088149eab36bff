//! Scripts that do not parse.

use std::fmt;

/// A syntax error in a script, where it stands in the file that holds the script.
///
/// ```
/// let error = gopyre::exec::<i64>("total = (1 + 2", ()).unwrap_err();
/// let gopyre::Error::Syntax(errors) = error else { panic!("{error:?}") };
/// assert_eq!((errors[0].line, errors[0].column), (1, 9));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SyntaxError {
    /// The Rust or Python file, or `<script src/main.rs:12>` for run-time text.
    pub file: String,
    /// The line in `file`, from 1.
    pub line: u32,
    /// The column in `file`, in characters from 1.
    pub column: u32,
    /// What Python says.
    pub message: String,
    /// The offending line as it stands in `file`, as far as it belongs to the script.
    pub(crate) text: String,
    /// The column in `text`, in characters from 1.
    pub(crate) text_column: u32,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}:{}: {}",
            self.file, self.line, self.column, self.message
        )
    }
}

impl std::error::Error for SyntaxError {}

/// One line for all of them.
pub(super) fn summary(errors: &[SyntaxError]) -> String {
    match errors {
        [one] => one.to_string(),
        [first, rest @ ..] => format!("{first} (and {} more syntax errors)", rest.len()),
        [] => "invalid syntax".to_owned(),
    }
}

/// Every one with its line and a caret.
pub(super) fn report(errors: &[SyntaxError], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (index, error) in errors.iter().enumerate() {
        if index > 0 {
            f.write_str("\n\n")?;
        }
        write!(
            f,
            "{}\n  --> {}:{}:{}",
            error.message, error.file, error.line, error.column
        )?;
        let margin = " ".repeat(error.line.to_string().len());
        // A tab stays a tab, so that the caret stands under its character in every terminal.
        let lead = error
            .text
            .chars()
            .take(error.text_column.saturating_sub(1) as usize);
        let lead: String = lead.map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        write!(
            f,
            "\n{margin} |\n{} | {}\n{margin} | {lead}^",
            error.line, error.text
        )?;
    }
    Ok(())
}
