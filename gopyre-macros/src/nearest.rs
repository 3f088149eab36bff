//! The name somebody probably meant.

/// Returns the candidate that is closest to `name`, if one is close enough to be a slip.
pub(crate) fn nearest<S: AsRef<str>>(
    name: &str,
    candidates: impl IntoIterator<Item = S>,
) -> Option<S> {
    let limit = name.chars().count().max(3) / 3;
    candidates
        .into_iter()
        .map(|candidate| (distance(name, candidate.as_ref()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Counts the insertions, removals, changes and swaps of neighbours that lead from `a` to `b`.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().flat_map(char::to_lowercase).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    let mut last = None;
    for (i, x) in a.chars().flat_map(char::to_lowercase).enumerate() {
        let mut next = vec![i + 1];
        for (j, &y) in b.iter().enumerate() {
            let change = row[j] + usize::from(x != y);
            let mut best = change.min(row[j + 1] + 1).min(next[j] + 1);
            if j > 0 && i > 0 && last == Some(y) && b[j - 1] == x {
                best = best.min(before[j - 1] + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
        last = Some(x);
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_edits() {
        assert_eq!(distance("", ""), 0);
        assert_eq!(distance("file", "file"), 0);
        assert_eq!(distance("fil", "file"), 1);
        assert_eq!(distance("flie", "file"), 1);
        assert_eq!(distance("File", "file"), 0);
        assert_eq!(distance("", "file"), 4);
        assert_eq!(distance("score.py", "sore.pyy"), 2);
    }

    #[test]
    fn only_a_slip_is_near() {
        assert_eq!(nearest("fil", ["name", "file"]), Some("file"));
        assert_eq!(nearest("path", ["name", "file"]), None);
        assert_eq!(nearest("x", Vec::<String>::new()), None);
    }
}
