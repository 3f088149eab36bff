//! What goes wrong in a conversion, and where.

use super::describe::{self, quoted};
use super::handle;
use super::locate::{Wanted, locate};
use super::path;
use crate::attach::Attached;
use crate::error::Error;
use gopyre_sys as sys;
use serde::de::{Expected, Unexpected};
use std::fmt::{self, Display};

/// A value that does not fit the type it goes to.
///
/// Says where in the value, what the type wants, and what is there instead.
///
/// ```
/// use gopyre::Error;
///
/// #[derive(Debug, serde::Deserialize)]
/// struct Order {
///     items: Vec<Item>,
/// }
/// #[derive(Debug, serde::Deserialize)]
/// struct Item {
///     price: f64,
/// }
///
/// let code = "{'items': [{'price': 1.5}, {'price': 'n/a'}]}";
/// let Err(Error::Convert(error)) = gopyre::exec::<Order>(code, ()) else { panic!() };
/// assert_eq!(error.path(), "items[1].price");
/// assert_eq!(error.expected(), "f64");
/// assert_eq!(error.found(), "str 'n/a'");
/// assert_eq!(error.to_string(), "at items[1].price: expected f64, found str 'n/a'");
/// ```
#[derive(Debug)]
pub struct ConvertError {
    path: String,
    expected: String,
    found: String,
    kind: Kind,
    help: Option<&'static str>,
    /// The argument of a function that it is about, as Python names one; else empty.
    argument: String,
}

/// What kind of mistake a [`ConvertError`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Another type.
    Type,
    /// The right type, but a value that does not do.
    Value,
    /// A number that is out of range.
    Range,
    /// A text made by the type's own `Serialize` or `Deserialize`, kept in `expected`.
    Message,
}

impl ConvertError {
    /// The place inside the value, such as `items[3].price`; empty for the value itself.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What the type wants; a message, where the type's own code made one.
    pub fn expected(&self) -> &str {
        &self.expected
    }

    /// What is there instead; empty where nobody knows.
    pub fn found(&self) -> &str {
        &self.found
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether it is the caller of a Rust function who made the mistake.
    pub(crate) fn is_of_an_argument(&self) -> bool {
        !self.argument.is_empty()
    }
}

impl Display for ConvertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.argument)?;
        if !self.path.is_empty() {
            write!(f, "at {}: ", path::shortened(&self.path))?;
        }
        match (self.kind, self.found.as_str()) {
            (Kind::Message, "") => f.write_str(&self.expected),
            (Kind::Message, found) => write!(f, "{}, found {found}", self.expected),
            (_, found) => write!(f, "expected {}, found {found}", self.expected),
        }?;
        match self.help {
            Some(help) => write!(f, "; help: {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ConvertError {}

/// The error of our serializer and deserializer; one word, so that success stays cheap.
pub(crate) struct Failure(Box<Inner>);

enum Inner {
    /// A [`ConvertError`] in the making: the path grows as it travels up, and whoever knows the object
    /// says what was found.
    Convert { error: ConvertError, open: Open },
    /// A Python exception, or anything else that is no matter of types.
    Other(Error),
}

/// What serde's code complained about, as long as nobody said which Python object that was.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// The object is named already.
    No,
    Scalar,
    Seq,
    Map,
    /// A missing field, which is a map's.
    Missing(&'static str),
    /// A length, which is a sequence's.
    Length(usize),
    /// A message: of whatever is being read.
    Any,
}

/// What an object was read as, when an error came out of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Frame {
    Leaf,
    Seq,
    Map,
    /// Something that serde buffered whole and looked at afterwards.
    Buffered,
}

impl Failure {
    fn new(kind: Kind, expected: String, found: String, open: Open) -> Failure {
        let error = ConvertError {
            path: String::new(),
            expected,
            found,
            kind,
            help: None,
            argument: String::new(),
        };
        Failure(Box::new(Inner::Convert { error, open }))
    }

    /// An object of another type.
    #[cold]
    pub(super) fn mismatch(expected: &dyn Expected, found: impl Into<String>) -> Failure {
        Failure::new(Kind::Type, wanted(expected), found.into(), Open::No)
    }

    /// A value that does not do.
    #[cold]
    pub(super) fn value(expected: impl Into<String>, found: impl Into<String>) -> Failure {
        Failure::new(Kind::Value, expected.into(), found.into(), Open::No)
    }

    /// Fewer or more elements than a tuple has.
    #[cold]
    pub(super) fn wrong_length(expected: &dyn Expected, len: usize, found: String) -> Failure {
        let mut expected = expected.to_string();
        if !expected.contains(&len.to_string()) {
            expected = format!("{expected} of {len}");
        }
        Failure::value(expected, found)
    }

    /// A number that is out of range.
    #[cold]
    pub(super) fn range(expected: &dyn Expected, found: &str) -> Failure {
        Failure::new(
            Kind::Range,
            wanted(expected),
            format!("{found} (out of range)"),
            Open::No,
        )
    }

    /// More than [`super::depth::LEVELS`] levels.
    #[cold]
    pub(super) fn too_deep() -> Failure {
        let expected = format!("at most {} levels", super::depth::LEVELS);
        Failure::value(
            expected,
            "a value nested deeper, or one that contains itself",
        )
    }

    /// Adds what to do about it.
    #[cold]
    pub(super) fn help(mut self, text: &'static str) -> Failure {
        if let Inner::Convert { error, .. } = &mut *self.0 {
            error.help = Some(text);
        }
        self
    }

    /// The exception that Python has raised.
    #[cold]
    pub(super) fn raised(py: Attached<'_>) -> Failure {
        Error::raised(py).into()
    }

    /// Names the Python object that an error of serde's code is about, unless it is named already.
    #[cold]
    pub(super) fn explain(
        mut self,
        py: Attached<'_>,
        object: *mut sys::PyObject,
        frame: Frame,
    ) -> Failure {
        if let Inner::Convert { error, open } = &mut *self.0 {
            // An error about a part of what serde has buffered says what it found in serde's words, unless
            // that part can be told.
            let whole = match (*open, frame) {
                (Open::No, _) => return self,
                (Open::Any, _) | (_, Frame::Leaf) => true,
                (_, Frame::Buffered) => false,
                (open, Frame::Seq) => matches!(open, Open::Seq | Open::Length(_)),
                (open, Frame::Map) => matches!(open, Open::Map | Open::Missing(_)),
            };
            let wanted = match *open {
                Open::Missing(name) => Wanted::Without(name),
                Open::Length(len) => Wanted::Length(len),
                Open::Seq => Wanted::Seq,
                Open::Map => Wanted::Map,
                _ => Wanted::Scalar(&error.found),
            };
            let found = if whole {
                Some(describe::object(py, object))
            } else if let Some((path, found)) = locate(py, object, wanted) {
                error.path = path;
                Some(found)
            } else {
                matches!(open, Open::Missing(_)).then(|| "a dict without it".to_owned())
            };
            if let Some(found) = found {
                error.found = match open {
                    Open::Missing(name) => format!("{found} (missing field `{name}`)"),
                    _ => found,
                };
            }
            *open = Open::No;
        }
        self
    }

    /// Whether the error is that a struct has no such field, which is said of the struct.
    #[cold]
    pub(super) fn is_about_the_key(&self) -> bool {
        matches!(&*self.0, Inner::Convert { error, .. } if error.found.starts_with(UNKNOWN_FIELD))
    }

    /// Says which argument of which function it is about.
    #[cold]
    pub(super) fn of_argument(mut self, function: &str, name: &str) -> Failure {
        if let Inner::Convert { error, .. } = &mut *self.0 {
            error.argument = match name.parse::<usize>() {
                Ok(number) => format!("{function}() argument {number}: "),
                Err(_) => format!("{function}() argument '{name}': "),
            };
        }
        self
    }

    /// Adds `[index]` to the path.
    #[cold]
    pub(super) fn at_index(self, index: usize) -> Failure {
        self.at(path::index(index))
    }

    /// Adds `.name` or `["a key"]` to the path.
    #[cold]
    pub(super) fn at_name(self, name: &str) -> Failure {
        self.at(path::name(name))
    }

    /// Adds a dict's key to the path.
    #[cold]
    pub(super) fn at_key(self, py: Attached<'_>, key: *mut sys::PyObject) -> Failure {
        self.at(path::key(py, key))
    }

    fn at(mut self, mut step: String) -> Failure {
        if let Inner::Convert { error, open } = &mut *self.0 {
            *open = Open::No;
            step.push_str(&error.path);
            error.path = step;
        }
        self
    }
}

impl From<Error> for Failure {
    #[cold]
    fn from(error: Error) -> Failure {
        Failure(Box::new(Inner::Other(error)))
    }
}

impl From<Failure> for Error {
    #[cold]
    fn from(failure: Failure) -> Error {
        match *failure.0 {
            Inner::Other(error) => error,
            Inner::Convert { mut error, .. } => {
                if error.path.starts_with('.') {
                    error.path.remove(0);
                }
                Error::Convert(Box::new(error))
            }
        }
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Inner::Convert { error, .. } => Display::fmt(error, f),
            Inner::Other(error) => Display::fmt(error, f),
        }
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

impl std::error::Error for Failure {}

impl serde::ser::Error for Failure {
    #[cold]
    fn custom<T: Display>(message: T) -> Failure {
        let message = message.to_string();
        // serde's words for a path whose bytes it cannot give as text.
        let is_path = message == "path contains invalid UTF-8 characters";
        let failure = Failure::new(Kind::Message, message, String::new(), Open::No);
        match is_path {
            true => failure.help("give its bytes to Python, and `os.fsdecode` them there"),
            false => failure,
        }
    }
}

impl serde::de::Error for Failure {
    #[cold]
    fn custom<T: Display>(message: T) -> Failure {
        let message = message.to_string();
        let untagged = message.starts_with("data did not match any variant of untagged enum");
        let failure = Failure::new(Kind::Message, message, String::new(), Open::Any);
        match untagged && handle::missed() {
            true => failure.help(handle::ELSEWHERE),
            false => failure,
        }
    }

    #[cold]
    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Failure {
        Failure::new(
            Kind::Type,
            wanted(expected),
            words(unexpected),
            Open::of(unexpected),
        )
    }

    #[cold]
    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Failure {
        Failure::new(
            Kind::Value,
            wanted(expected),
            words(unexpected),
            Open::of(unexpected),
        )
    }

    #[cold]
    fn invalid_length(length: usize, expected: &dyn Expected) -> Failure {
        Failure::new(
            Kind::Value,
            expected.to_string(),
            format!("a length of {length}"),
            Open::Length(length),
        )
    }

    #[cold]
    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Failure {
        Failure::value(
            one_of(expected, "variants"),
            format!("unknown variant `{variant}`"),
        )
    }

    #[cold]
    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Failure {
        Failure::value(
            one_of(expected, "fields"),
            format!("{UNKNOWN_FIELD}{field}`"),
        )
    }

    #[cold]
    fn missing_field(field: &'static str) -> Failure {
        Failure::new(
            Kind::Value,
            format!("field `{field}`"),
            String::new(),
            Open::Missing(field),
        )
    }

    #[cold]
    fn duplicate_field(field: &'static str) -> Failure {
        Failure::value(
            format!("field `{field}` once"),
            format!("duplicate field `{field}`"),
        )
    }
}

impl Open {
    fn of(unexpected: Unexpected<'_>) -> Open {
        match unexpected {
            Unexpected::Seq | Unexpected::TupleVariant => Open::Seq,
            Unexpected::Map | Unexpected::Enum | Unexpected::StructVariant => Open::Map,
            _ => Open::Scalar,
        }
    }
}

const UNKNOWN_FIELD: &str = "unknown field `";

/// What serde wants, in Python's words.
fn wanted(expected: &dyn Expected) -> String {
    let words = expected.to_string();
    match words.as_str() {
        "unit" => "None".to_owned(),
        // The visitor of the buffer that serde's derived code keeps.
        "any value" => "what serde's buffer (untagged, internally tagged, flatten) can hold: \
             no Python object, no integer beyond 64 bits"
            .to_owned(),
        _ => words,
    }
}

/// What serde found, in Python's words.
fn words(unexpected: Unexpected<'_>) -> String {
    match unexpected {
        Unexpected::Bool(value) => describe::bool(value).to_owned(),
        Unexpected::Unsigned(value) => format!("int {value}"),
        Unexpected::Signed(value) => format!("int {value}"),
        Unexpected::Float(value) => describe::float(value),
        Unexpected::Char(value) => format!("str {}", quoted(value.encode_utf8(&mut [0; 4]))),
        Unexpected::Str(value) => format!("str {}", quoted(value)),
        Unexpected::Bytes(value) => format!("bytes of {}", value.len()),
        Unexpected::Unit => "None".to_owned(),
        Unexpected::Seq => "list".to_owned(),
        Unexpected::Map => "dict".to_owned(),
        other => other.to_string(),
    }
}

fn one_of(names: &[&str], what: &str) -> String {
    match names {
        [] => format!("no {what}"),
        [one] => format!("`{one}`"),
        _ => {
            let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
            format!("one of {}", names.join(", "))
        }
    }
}
