//! The methods that Python itself calls, by their names.

/// What is known of a dunder method.
pub(super) struct Dunder {
    /// How many parameters it has besides the receiver; none where that is free.
    pub(super) parameters: Option<usize>,
    /// Whether it is an operator, which is asked for operands of any type.
    pub(super) operator: bool,
    /// Whether it changes the instance and returns it.
    pub(super) in_place: bool,
}

/// Methods that have to be written in another way: the name, and how.
const REFUSED: [(&str, &str); 6] = [
    (
        "__init__",
        "name it `new` and return `Self`; it is the constructor",
    ),
    (
        "__new__",
        "name it `new` and return `Self`; it is the constructor",
    ),
    (
        "__del__",
        "implement `Drop`, which runs when Python lets go of the instance",
    ),
    (
        "__slots__",
        "remove it; the fields of the struct hold the state",
    ),
    (
        "__dict__",
        "remove it; the fields of the struct hold the state",
    ),
    ("__class__", "remove it; the class is the struct"),
];

const COMPARISONS: [&str; 6] = ["__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"];

const OPERATORS: [&str; 13] = [
    "add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "divmod", "lshift", "rshift",
    "and", "xor", "or",
];

const UNARY: [&str; 24] = [
    "__abs__",
    "__bool__",
    "__bytes__",
    "__ceil__",
    "__complex__",
    "__dir__",
    "__enter__",
    "__float__",
    "__floor__",
    "__fspath__",
    "__hash__",
    "__index__",
    "__int__",
    "__invert__",
    "__iter__",
    "__len__",
    "__length_hint__",
    "__neg__",
    "__next__",
    "__pos__",
    "__reduce__",
    "__repr__",
    "__reversed__",
    "__str__",
];

const BINARY: [&str; 9] = [
    "__contains__",
    "__delattr__",
    "__delitem__",
    "__format__",
    "__getattr__",
    "__getattribute__",
    "__getitem__",
    "__missing__",
    "__reduce_ex__",
];

/// Whether a name is one of Python's protocols.
pub(super) fn is_dunder(name: &str) -> bool {
    name.len() > 4 && name.starts_with("__") && name.ends_with("__")
}

/// How to write what a refused dunder is for.
pub(super) fn refused(name: &str) -> Option<&'static str> {
    let find = |(refused, _): &&(&str, &str)| *refused == name;
    REFUSED.iter().find(find).map(|(_, how)| *how)
}

/// Returns what is known of a method.
pub(super) fn of(name: &str) -> Dunder {
    let stem = name
        .strip_prefix("__")
        .and_then(|rest| rest.strip_suffix("__"));
    let stem = stem.unwrap_or_default();
    let is_operator = |stem: &str| OPERATORS.contains(&stem) || stem == "pow";
    let reflected = stem.strip_prefix('r').is_some_and(is_operator);
    let in_place = stem.strip_prefix('i').is_some_and(is_operator) && stem != "divmod";
    let operator = COMPARISONS.contains(&name) || is_operator(stem) || reflected || in_place;
    let parameters = match name {
        _ if stem.ends_with("pow") && operator => None,
        _ if operator || BINARY.contains(&name) => Some(1),
        _ if UNARY.contains(&name) => Some(0),
        "__setitem__" | "__setattr__" => Some(2),
        "__exit__" => Some(3),
        _ => None,
    };
    Dunder {
        parameters,
        operator,
        in_place,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_are_told_in_all_their_forms() {
        for name in [
            "__add__", "__radd__", "__iadd__", "__eq__", "__ror__", "__ior__", "__or__",
        ] {
            assert!(of(name).operator, "{name}");
            assert_eq!(of(name).parameters, Some(1), "{name}");
        }
        assert!(of("__iadd__").in_place);
        for name in [
            "__index__",
            "__iter__",
            "__invert__",
            "__repr__",
            "__reversed__",
            "__int__",
        ] {
            assert!(!of(name).operator, "{name}");
            assert!(!of(name).in_place, "{name}");
            assert_eq!(of(name).parameters, Some(0), "{name}");
        }
        assert_eq!(of("__call__").parameters, None);
        assert_eq!(of("__rpow__").parameters, None);
        assert!(of("__rpow__").operator);
    }
}
