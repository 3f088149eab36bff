//! What stubs call a Rust type, as far as its name tells.

use syn::{GenericArgument, Ident, PathArguments, ReturnType, Type, TypePath};

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// From Python: whatever is accepted.
    Parameter,
    /// From Rust: what exactly is made of it.
    Result,
}

/// What stubs call a type that is not known.
pub(super) const ANY: &str = "Any";

/// The exported classes: their names in Rust and in Python.
#[derive(Clone, Default)]
pub(super) struct Classes {
    pub(super) known: Vec<Known>,
    /// What `Self` is.
    pub(super) this: Option<Ident>,
}

/// An exported class.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) ident: Ident,
    pub(super) python: String,
    /// Whether a copy of an instance's value can be made.
    pub(super) cloned: bool,
}

impl Classes {
    /// The class that a type is, by its name.
    pub(super) fn of(&self, ty: &Type) -> Option<&Known> {
        let Type::Path(TypePath {
            qself: None, path, ..
        }) = bare(ty)
        else {
            return None;
        };
        let last = path.segments.last()?;
        if !last.arguments.is_none() {
            return None;
        }
        let ident = match (&self.this, last.ident == "Self") {
            (Some(this), true) if path.segments.len() == 1 => this,
            _ => &last.ident,
        };
        self.known.iter().find(|class| class.ident == *ident)
    }

    /// Whether a class is somewhere in a type.
    pub(super) fn is_in(&self, ty: &Type) -> bool {
        struct Search<'a>(&'a Classes, bool);
        impl<'ast> syn::visit::Visit<'ast> for Search<'_> {
            fn visit_type(&mut self, ty: &'ast Type) {
                self.1 |= self.0.of(ty).is_some();
                syn::visit::visit_type(self, ty);
            }
        }
        let mut search = Search(self, false);
        syn::visit::Visit::visit_type(&mut search, ty);
        search.1
    }

    /// Returns Python's type for a Rust type. An `@` tells the name of a class from that of one of Python's types.
    pub(super) fn annotation(&self, ty: &Type, side: Side) -> String {
        if let Some(class) = self.of(ty) {
            return format!("@{}", class.python);
        }
        let of = |ty: &Type| self.annotation(ty, side);
        match ty {
            Type::Group(group) => of(&group.elem),
            Type::Paren(paren) => of(&paren.elem),
            Type::Reference(reference) => match &*reference.elem {
                Type::Slice(slice) if is_byte(&slice.elem) && side == Side::Parameter => {
                    BYTES.to_owned()
                }
                other => of(other),
            },
            Type::Slice(slice) => sequence(of(&slice.elem), side),
            Type::Array(array) => match side {
                Side::Parameter => sequence(of(&array.elem), side),
                Side::Result => format!("tuple[{}, ...]", of(&array.elem)),
            },
            Type::Tuple(tuple) if tuple.elems.is_empty() => "None".to_owned(),
            Type::Tuple(tuple) => {
                let elems: Vec<String> = tuple.elems.iter().map(of).collect();
                format!("tuple[{}]", elems.join(", "))
            }
            Type::Path(path) => self.of_path(path, side).unwrap_or_else(|| ANY.to_owned()),
            _ => ANY.to_owned(),
        }
    }

    fn of_path(&self, path: &TypePath, side: Side) -> Option<String> {
        let last = path.path.segments.last()?;
        let arguments: Vec<&Type> = arguments(&last.arguments);
        let argument = |index: usize| {
            let ty = arguments.get(index)?;
            Some(self.annotation(ty, side))
        };
        let name = last.ident.to_string();
        Some(match &*name {
            "bool" | "AtomicBool" => "bool".to_owned(),
            "f32" | "f64" => "float".to_owned(),
            "i8" | "i16" | "i32" | "i64" | "i128" | "isize" | "u8" | "u16" | "u32" | "u64"
            | "u128" | "usize" => "int".to_owned(),
            name if name.starts_with("NonZero") => "int".to_owned(),
            "str" | "String" | "char" => "str".to_owned(),
            "Path" | "PathBuf" => match side {
                Side::Parameter => "str | PathLike[str]".to_owned(),
                Side::Result => "str".to_owned(),
            },
            "IpAddr" | "Ipv4Addr" | "Ipv6Addr" | "SocketAddr" => "str".to_owned(),
            "Bytes" | "ByteBuf" => match side {
                Side::Parameter => BYTES.to_owned(),
                Side::Result => "bytes".to_owned(),
            },
            "Duration" => match side {
                Side::Parameter => "timedelta".to_owned(),
                Side::Result => "dict[str, int]".to_owned(),
            },
            "Buffer" if side == Side::Result => "memoryview".to_owned(),
            "Option" => match argument(0)? {
                any if any == ANY => any,
                some if some == "None" || some.ends_with(" | None") => some,
                some => format!("{some} | None"),
            },
            "Vec" | "VecDeque" | "LinkedList" | "HashSet" | "BTreeSet" | "BinaryHeap"
            | "IndexSet" => sequence(argument(0)?, side),
            "HashMap" | "BTreeMap" | "IndexMap" => {
                let head = match side {
                    Side::Parameter => "Mapping",
                    Side::Result => "dict",
                };
                format!("{head}[{}, {}]", argument(0)?, argument(1)?)
            }
            "Box" | "Rc" | "Arc" | "Cow" | "Mutex" | "RwLock" | "Cell" | "RefCell" | "Result" => {
                argument(0)?
            }
            _ => return None,
        })
    }

    /// Returns Python's type for what a function returns.
    pub(super) fn returns(&self, output: &ReturnType) -> String {
        match output {
            ReturnType::Default => "None".to_owned(),
            ReturnType::Type(_, ty) => self.annotation(ty, Side::Result),
        }
    }
}

/// What is accepted for bytes.
const BYTES: &str = "bytes | bytearray | memoryview";

fn sequence(element: String, side: Side) -> String {
    match side {
        Side::Parameter => format!("Iterable[{element}]"),
        Side::Result => format!("list[{element}]"),
    }
}

fn is_byte(ty: &Type) -> bool {
    matches!(bare(ty), Type::Path(path) if path.path.is_ident("u8"))
}

/// The types in angle brackets.
pub(super) fn arguments(arguments: &PathArguments) -> Vec<&Type> {
    let PathArguments::AngleBracketed(arguments) = arguments else {
        return Vec::new();
    };
    let types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.collect()
}

/// Removes parentheses, and the groups that a `macro_rules!` leaves.
pub(super) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        ty => ty,
    }
}

/// If a type's last segment is `name`: its first type argument.
pub(super) fn inner<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = bare(ty) else {
        return None;
    };
    let last = path.path.segments.last()?;
    if last.ident != name {
        return None;
    }
    arguments(&last.arguments).first().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_told_by_their_names() {
        let known = Known {
            ident: syn::parse_str("Counter").unwrap(),
            python: "Tally".to_owned(),
            cloned: false,
        };
        let classes = Classes {
            this: Some(known.ident.clone()),
            known: vec![known],
        };
        let cases = [
            ("i64", "int", "int"),
            ("&'a str", "str", "str"),
            ("()", "None", "None"),
            ("(u8, f32)", "tuple[int, float]", "tuple[int, float]"),
            ("&[f64]", "Iterable[float]", "list[float]"),
            (
                "Vec<Option<bool>>",
                "Iterable[bool | None]",
                "list[bool | None]",
            ),
            ("Option<Option<i8>>", "int | None", "int | None"),
            ("[f64; 3]", "Iterable[float]", "tuple[float, ...]"),
            (
                "std::collections::HashMap<String, Vec<u8>>",
                "Mapping[str, Iterable[int]]",
                "dict[str, list[int]]",
            ),
            ("&[u8]", "bytes | bytearray | memoryview", "list[int]"),
            ("Cow<'_, str>", "str", "str"),
            ("&Path", "str | PathLike[str]", "str"),
            ("Duration", "timedelta", "dict[str, int]"),
            ("Object", "Any", "Any"),
            ("Option<Object>", "Any", "Any"),
            ("Other<i64>", "Any", "Any"),
            ("io::Result<Self>", "@Tally", "@Tally"),
            ("Vec<&Counter>", "Iterable[@Tally]", "list[@Tally]"),
            ("Option<super::Counter>", "@Tally | None", "@Tally | None"),
        ];
        for (rust, parameter, result) in cases {
            let ty = syn::parse_str(rust).unwrap();
            let annotation = |side| classes.annotation(&ty, side);
            assert_eq!(annotation(Side::Parameter), parameter, "{rust}");
            assert_eq!(annotation(Side::Result), result, "{rust}");
        }
    }
}
