//! What a function's parameters are, for Python and for errors.

/// A function's parameters and result; the receiver is not among them.
#[derive(Debug)]
pub struct Signature {
    /// The parameters, in their order.
    pub parameters: &'static [Parameter],
    /// The result's type in Python's words.
    pub returns: &'static str,
}

/// One parameter.
#[derive(Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// How it is passed.
    pub kind: ParameterKind,
    /// What stands for it where it is left out, in Python's words; none where it must not be.
    pub default: Option<&'static str>,
    /// Its type in Python's words.
    pub annotation: &'static str,
}

/// How a parameter is passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterKind {
    /// By position or by name.
    Plain,
    /// By name.
    KeywordOnly,
    /// All other positional arguments.
    Args,
    /// All other named arguments.
    Kwargs,
}

/// What a function is called on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionKind {
    /// Nothing: it belongs to a module.
    Function,
    /// An instance.
    Method,
    /// Nothing, though it belongs to a class.
    Static,
    /// A class.
    Class,
}

impl FunctionKind {
    /// How a text signature writes what the function is called on.
    fn receiver(self) -> &'static str {
        match self {
            FunctionKind::Function => "$module, /",
            FunctionKind::Method => "$self, /",
            FunctionKind::Static => "",
            FunctionKind::Class => "$type, /",
        }
    }
}

impl Signature {
    /// The docstring that makes CPython show the signature, and the documentation.
    pub(super) fn doc(&self, name: &str, kind: FunctionKind, doc: &str) -> String {
        let receiver = kind.receiver();
        let parameters = self.parameters();
        let comma = if receiver.is_empty() || parameters.is_empty() {
            ""
        } else {
            ", "
        };
        format!("{name}({receiver}{comma}{parameters})\n--\n\n{doc}")
    }

    /// The docstring of a class whose constructor has this signature.
    pub(crate) fn class_doc(&self, name: &str, doc: &str) -> String {
        self.doc(name, FunctionKind::Static, doc)
    }

    fn parameters(&self) -> String {
        let mut parts = Vec::new();
        let mut starred = false;
        for parameter in self.parameters {
            let name = parameter.name;
            match parameter.kind {
                ParameterKind::Args => {
                    starred = true;
                    parts.push(format!("*{name}"));
                    continue;
                }
                ParameterKind::Kwargs => {
                    parts.push(format!("**{name}"));
                    continue;
                }
                ParameterKind::KeywordOnly if !starred => {
                    starred = true;
                    parts.push("*".to_owned());
                }
                ParameterKind::KeywordOnly | ParameterKind::Plain => {}
            }
            parts.push(match parameter.default {
                Some(default) => format!("{name}={}", ascii(default)),
                None => name.to_owned(),
            });
        }
        parts.join(", ")
    }

    /// Whether `count` arguments without names are one for each parameter.
    #[inline]
    pub(super) fn is_met_by(&self, count: usize) -> bool {
        count == self.parameters.len()
            && self
                .parameters
                .iter()
                .all(|parameter| matches!(parameter.kind, ParameterKind::Plain))
    }
}

/// A default as `inspect` reads it, to which signatures are ASCII: what is not stands in a str, and is written as
/// an escape there.
fn ascii(default: &str) -> String {
    let mut text = String::with_capacity(default.len());
    for letter in default.chars() {
        match u32::from(letter) {
            0..=0x7f => text.push(letter),
            code @ 0x80..=0xffff => text.push_str(&format!("\\u{code:04x}")),
            code => text.push_str(&format!("\\U{code:08x}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{FunctionKind, Parameter, ParameterKind, Signature};

    const fn parameter(
        name: &'static str,
        kind: ParameterKind,
        default: Option<&'static str>,
    ) -> Parameter {
        Parameter {
            name,
            kind,
            default,
            annotation: "int",
        }
    }

    #[test]
    fn a_signature_is_written_as_python_writes_one() {
        use ParameterKind::{Args, KeywordOnly, Kwargs, Plain};
        static ALL: Signature = Signature {
            parameters: &[
                parameter("a", Plain, None),
                parameter("b", Plain, Some("3")),
                parameter("args", Args, None),
                parameter("c", KeywordOnly, Some("None")),
                parameter("kwargs", Kwargs, None),
            ],
            returns: "int",
        };
        static NAMED: Signature = Signature {
            parameters: &[parameter("c", KeywordOnly, None)],
            returns: "int",
        };
        static NONE: Signature = Signature {
            parameters: &[],
            returns: "None",
        };
        let text = |signature: &Signature, kind| signature.doc("f", kind, "Doc.");
        assert_eq!(
            text(&ALL, FunctionKind::Function),
            "f($module, /, a, b=3, *args, c=None, **kwargs)\n--\n\nDoc."
        );
        assert_eq!(
            text(&NAMED, FunctionKind::Method),
            "f($self, /, *, c)\n--\n\nDoc."
        );
        assert_eq!(text(&NAMED, FunctionKind::Static), "f(*, c)\n--\n\nDoc.");
        assert_eq!(text(&NONE, FunctionKind::Class), "f($type, /)\n--\n\nDoc.");
        assert_eq!(text(&NONE, FunctionKind::Static), "f()\n--\n\nDoc.");
    }
}
