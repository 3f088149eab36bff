//! Places in a value, as text: `items[3].price`.

use super::describe;
use crate::attach::Attached;
use gopyre_sys as sys;
use std::borrow::Cow;

/// How many steps of a path a message shows, at its start and at its end.
const SHOWN: usize = 8;

/// The step to an element.
pub(super) fn index(index: usize) -> String {
    format!("[{index}]")
}

/// The step to a field: `.name`, or `["a key"]` where it is no identifier.
pub(super) fn name(name: &str) -> String {
    let mut rest = name.chars();
    let plain = rest
        .next()
        .is_some_and(|first| first.is_alphabetic() || first == '_')
        && rest.all(|next| next.is_alphanumeric() || next == '_');
    if plain {
        format!(".{name}")
    } else {
        format!("[{name:?}]")
    }
}

/// The step to what a dict has under a key.
pub(super) fn key(py: Attached<'_>, key: *mut sys::PyObject) -> String {
    match describe::text(py, key) {
        Some(text) if describe::is_utf8(py, key) => name(&text),
        // Its lone surrogates are escaped already.
        Some(text) => {
            let parts: Vec<_> = text.split('\\').map(escaped).collect();
            format!("[\"{}\"]", parts.join("\\"))
        }
        None => format!("[{}]", describe::key(py, key)),
    }
}

fn escaped(text: &str) -> String {
    text.escape_debug().to_string()
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
