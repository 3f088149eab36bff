//! What a run says, on the screen and in `README.md`.

use crate::measure::Missing;
use gopyre::Version;
use std::path::Path;

/// The lines of a run.
#[derive(Debug)]
pub struct Page {
    text: String,
    is_silent: bool,
}

impl Page {
    /// An empty one, which may be kept off the screen.
    pub fn new(is_silent: bool) -> Page {
        Page {
            text: String::new(),
            is_silent,
        }
    }

    /// Adds a line.
    pub fn say(&mut self, line: &str) {
        if !self.is_silent {
            println!("{line}");
        }
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// Puts the page between the marks that the README has for this Python and these filters.
    ///
    /// # Errors
    /// The README cannot be read or written, or has no such marks.
    pub fn into_readme(self, python: Version, filters: &[&str]) -> Result<(), Missing> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
        let readme = std::fs::read_to_string(&path).map_err(|e| e.to_string())?;
        let (begin, end) = (mark(python, filters), "<!-- end -->");
        let no_mark = || format!("the README has no `{begin}`");
        let start = readme.find(&begin).ok_or_else(no_mark)? + begin.len();
        let length = readme[start..].find(end).ok_or_else(no_mark)?;
        let (before, after) = (&readme[..start], &readme[start + length..]);
        std::fs::write(path, format!("{before}\n\n{}\n{after}", self.text))
            .map_err(|e| e.to_string())
    }
}

/// `<!-- 3.13 limit -->` for a filter on CPython 3.13.0.
fn mark(python: Version, filters: &[&str]) -> String {
    let Version { major, minor, .. } = python;
    let flag = if python.free_threaded { "t" } else { "" };
    let filters: String = filters.iter().map(|filter| format!(" {filter}")).collect();
    format!("<!-- {major}.{minor}{flag}{filters} -->")
}
