//! "Did you mean": what Python 3.10 and later add to a name that is not there when they print it.

use super::exception::{items, text_of};
use crate::reference::Ref;

/// More candidates than this are not looked at.
const CANDIDATES: usize = 750;
/// A longer name is no slip of the finger.
const LONGEST: usize = 40;
/// What another letter costs, where another case costs 1.
const MOVE: usize = 2;

/// The names that a missing one is compared with.
enum Among<'py> {
    /// Attributes of an object.
    Attributes(Ref<'py>),
    /// Variables of the frame that raised.
    Variables(Ref<'py>),
}

/// What to add to the message of an exception; `frame` gives the innermost.
pub(super) fn suggest<'py>(
    exception: &Ref<'py>,
    is: impl Fn(&str) -> bool,
    frame: impl FnOnce() -> Option<Ref<'py>>,
) -> Option<String> {
    let attr = |name| {
        let value = exception.attr_or_none(name).ok().flatten();
        value.filter(|value: &Ref<'_>| !value.is_none())
    };
    let (wrong, among) = if is("AttributeError") {
        (attr("name")?, Among::Attributes(attr("obj")?))
    } else if is("NameError") {
        (attr("name")?, Among::Variables(frame()?))
    } else if is("ImportError") {
        let wrong = attr("name_from")?;
        let module = Ref::import(exception.py(), &text_of(&attr("name")?)).ok()?;
        (wrong, Among::Attributes(module))
    } else {
        return None;
    };
    let wrong = text_of(&wrong);
    let names = among.names()?;
    if names.len() > CANDIDATES || wrong.is_empty() || wrong.chars().count() > LONGEST {
        return None;
    }
    let hidden = matches!(among, Among::Attributes(_)) && !wrong.starts_with('_');
    let names = names
        .iter()
        .filter(|name| !(hidden && name.starts_with('_')));
    if let Some(name) = nearest(&wrong, names.map(String::as_str)) {
        return Some(format!(". Did you mean: '{name}'?"));
    }
    let importable = matches!(among, Among::Variables(_)) && is_standard(exception, &wrong);
    importable.then(|| format!(". Did you forget to import '{wrong}'?"))
}

impl Among<'_> {
    fn names(&self) -> Option<Vec<String>> {
        let text = |of: &Ref<'_>| items(of).map(|name| text_of(&name)).collect::<Vec<_>>();
        match self {
            Among::Attributes(object) => {
                let dir = Ref::import(object.py(), "builtins")
                    .ok()?
                    .attr("dir")
                    .ok()?;
                Some(text(&dir.call([object]).ok()?))
            }
            Among::Variables(frame) => {
                let mut names = Vec::new();
                for space in ["f_locals", "f_globals", "f_builtins"] {
                    names.extend(text(&frame.attr(space).ok()?));
                }
                Some(names)
            }
        }
    }
}

/// Whether there is a module of that name in the standard library.
fn is_standard(exception: &Ref<'_>, name: &str) -> bool {
    let names = || {
        let sys = Ref::import(exception.py(), "sys").ok()?;
        sys.attr_or_none("stdlib_module_names").ok()?
    };
    names().is_some_and(|names| items(&names).any(|standard| text_of(&standard) == name))
}

/// The name of which the fewest letters would have to change, if that is not too many.
fn nearest<'n>(wrong: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let length = wrong.chars().count();
    let mut best = None;
    let mut limit = length;
    for name in names.filter(|name| *name != wrong) {
        // No more than a third of the letters.
        let most = (name.chars().count() + length + 3) * MOVE / 6;
        let cost = distance(wrong, name);
        if cost <= most && cost < limit {
            (best, limit) = (Some(name), cost);
        }
    }
    best
}

/// What it costs to make one name of the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).map(|index| index * MOVE).collect();
    for (line, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = (line + 1) * MOVE;
        for (column, to) in b.iter().enumerate() {
            let replaced = diagonal + replacement(from, *to);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal.min(row[column]) + MOVE);
        }
    }
    row[b.len()]
}

fn replacement(a: char, b: char) -> usize {
    match (a == b, a.to_lowercase().eq(b.to_lowercase())) {
        (true, _) => 0,
        (false, true) => 1,
        (false, false) => MOVE,
    }
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn a_letter_costs_two_and_its_case_one() {
        assert_eq!(distance("append", "append"), 0);
        assert_eq!(distance("apend", "append"), 2);
        assert_eq!(distance("Append", "append"), 1);
        assert_eq!(distance("abc", ""), 6);
    }

    #[test]
    fn the_nearest_name_is_found_unless_it_is_far() {
        let names = ["append", "extend", "insert"];
        assert_eq!(nearest("apend", names.into_iter()), Some("append"));
        assert_eq!(nearest("banana", names.into_iter()), None);
        assert_eq!(nearest("insert", ["insert"].into_iter()), None);
        assert_eq!(nearest("x", ["y", "z"].into_iter()), None);
    }
}
