//! Places in a value, as text: `items[3].price`.

use std::borrow::Cow;

/// How many steps of a path a message shows, at its start and at its end.
const SHOWN: usize = 8;

/// Whether a name needs no quotes in a path.
pub(super) fn is_plain(name: &str) -> bool {
    let mut rest = name.chars();
    rest.next()
        .is_some_and(|first| first.is_alphabetic() || first == '_')
        && rest.all(|next| next.is_alphanumeric() || next == '_')
}

/// A path without its middle, if it has many steps: `[0][0]..[0][0]`.
pub(super) fn shortened(path: &str) -> Cow<'_, str> {
    let starts = steps(path);
    match starts.len().checked_sub(SHOWN) {
        Some(last) if last > SHOWN + 1 => {
            let (start, end) = (&path[..starts[SHOWN]], &path[starts[last]..]);
            Cow::Owned(format!("{start}..{}", end.trim_start_matches('.')))
        }
        _ => Cow::Borrowed(path),
    }
}

/// Where each step begins.
fn steps(path: &str) -> Vec<usize> {
    let mut starts = Vec::new();
    let (mut quoted, mut escaped, mut bracket) = (false, false, false);
    for (index, c) in path.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' if bracket => quoted = !quoted,
            _ if quoted => {}
            ']' => bracket = false,
            '[' | '.' if !bracket => {
                bracket = c == '[';
                starts.push(index);
            }
            _ if index == 0 => starts.push(index),
            _ => {}
        }
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::{shortened, steps};

    #[test]
    fn steps_are_names_and_indices_and_quoted_keys() {
        assert!(steps("").is_empty());
        assert_eq!(steps("items[3].price"), [0, 5, 8]);
        assert_eq!(steps(r#"["a.b[\"]"].c[1.5]"#), [0, 11, 13]);
    }

    #[test]
    fn long_paths_lose_their_middle() {
        assert_eq!(shortened("items[3].price"), "items[3].price");
        let short = "[0]".repeat(17);
        assert_eq!(shortened(&short), short);
        let eight = "[0]".repeat(8);
        assert_eq!(shortened(&"[0]".repeat(128)), format!("{eight}..{eight}"));
        let long = shortened(&".a".repeat(40)).into_owned();
        assert_eq!(long, ".a.a.a.a.a.a.a.a..a.a.a.a.a.a.a.a");
    }
}
