//! A Python extension module: words that are spelled almost alike.
//!
//! `cargo build` makes `libfuzzy.so`; named `fuzzy.so`, it is what every CPython from 3.9 on finds by
//! `import fuzzy`. The README beside this crate has the commands.

gopyre::extension!(fuzzy);

/// Finds words that are spelled almost alike.
#[gopyre::py_export]
pub mod fuzzy {
    use super::Empty;
    use std::collections::BTreeSet;

    /// How many corrections are looked for where nothing else is said.
    pub const LIMIT: usize = 2;

    /// Counts the letters to insert, remove or change to get from one word to the other.
    pub fn distance(a: &str, b: &str) -> usize {
        let b: Vec<char> = b.chars().collect();
        let mut row: Vec<usize> = (0..=b.len()).collect();
        for (i, x) in a.chars().enumerate() {
            let mut left = i + 1;
            for (j, y) in b.iter().enumerate() {
                let change = row[j] + usize::from(x != *y);
                row[j] = left;
                left = change.min(left + 1).min(row[j + 1] + 1);
            }
            row[b.len()] = left;
        }
        row[b.len()]
    }

    /// A set of words that are spelled right.
    #[derive(Debug, Default)]
    pub struct Dictionary {
        words: BTreeSet<String>,
        /// How many corrections were asked for so far.
        #[get]
        asked: u64,
    }

    impl Dictionary {
        /// Takes the words that it has at first.
        pub fn new(words: Option<Vec<String>>) -> Self {
            Dictionary {
                words: words.unwrap_or_default().into_iter().collect(),
                asked: 0,
            }
        }

        /// Adds a word; returns whether it is new.
        ///
        /// Raises a `gopyre.RustError` for a word that is empty.
        pub fn add(&mut self, word: String) -> Result<bool, Empty> {
            match word.is_empty() {
                true => Err(Empty),
                false => Ok(self.words.insert(word)),
            }
        }

        /// Returns the words that are most like `word`, nearest first.
        ///
        /// Other threads of Python run meanwhile.
        #[detach]
        pub fn corrections(&mut self, word: &str, #[default(LIMIT)] limit: usize) -> Vec<String> {
            self.asked += 1;
            let mut near: Vec<(usize, &String)> = self
                .words
                .iter()
                .map(|known| (distance(word, known), known))
                .collect();
            near.sort();
            near.truncate(limit);
            near.into_iter().map(|(_, known)| known.clone()).collect()
        }

        /// How many words there are.
        pub fn __len__(&self) -> usize {
            self.words.len()
        }

        /// Whether a word is spelled right.
        pub fn __contains__(&self, word: &str) -> bool {
            self.words.contains(word)
        }
    }
}

/// A word without letters.
#[derive(Debug)]
pub struct Empty;

impl std::fmt::Display for Empty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("expected a word, found an empty string")
    }
}

impl std::error::Error for Empty {}

#[cfg(test)]
mod tests {
    use super::fuzzy::{Dictionary, distance};

    #[test]
    fn letters_are_counted() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("größe", "grösse"), 2);
    }

    #[test]
    fn the_nearest_word_comes_first() {
        let words = ["build", "check", "test"].map(String::from);
        let mut dictionary = Dictionary::new(Some(words.into()));
        assert_eq!(dictionary.corrections("tset", 1), ["test"]);
    }
}
