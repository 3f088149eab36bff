//! The scripts declared by macros, and their check at start.

use super::source::Source as Text;
use super::{Body, namespace::Namespace};
use crate::attach::{self, Attached, Converting};
use crate::convert;
use crate::error::{Error, Result, SyntaxError};
use crate::imported;
use crate::interrupt::Limits;
use crate::reference::Ref;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::OnceLock;
use std::time::Duration;

/// A declared script's text and where it stands; made by `#[py_script]`.
#[derive(Debug)]
pub struct Source {
    /// The text.
    pub text: &'static str,
    /// The Rust file, or the script's own.
    pub file: &'static str,
    /// The line in which the text begins, from 1.
    pub line: u32,
    /// The column in which the text begins, in characters from 1.
    pub column: u32,
    /// Whether the text's lines and columns are those of the file.
    pub verbatim: bool,
}

/// A declared script.
#[derive(Debug)]
pub struct Declared {
    source: Source,
    timeout: Option<Duration>,
    body: OnceLock<Body>,
}

/// What a declared script registers at link time.
#[derive(Debug)]
pub struct Registered(pub &'static Declared);

inventory::collect!(Registered);

/// The parameters of a call, on their way to the script.
pub struct Inputs<'py> {
    input: Ref<'py>,
}

impl Declared {
    /// Declares a script.
    pub const fn new(source: Source) -> Declared {
        Declared {
            source,
            timeout: None,
            body: OnceLock::new(),
        }
    }

    /// Limits every call.
    pub const fn timeout(mut self, limit: Duration) -> Declared {
        self.timeout = Some(limit);
        self
    }

    /// Runs the script with the parameters that `fill` sets.
    pub fn call<T: DeserializeOwned>(
        &'static self,
        fill: impl FnOnce(&mut Inputs<'_>) -> Result<()>,
    ) -> Result<T> {
        self.limited(|py| {
            let compiled = self.body().compiled(py)?;
            let mut inputs = Inputs {
                input: Ref::dict(py)?,
            };
            // Attached throughout: nothing in the type of `inputs` says that it may not be used detached.
            let converting = Converting::begin(py);
            fill(&mut inputs)?;
            drop(converting);
            let namespace = Namespace::new(compiled, &inputs.input)?;
            convert::from_python(&namespace.run(compiled)?)
        })
    }

    /// Runs the script with one value as its input.
    pub fn call_input<T: DeserializeOwned, I: Serialize + ?Sized>(
        &'static self,
        input: &I,
    ) -> Result<T> {
        self.limited(|py| self.body().exec(py, input))
    }

    /// Runs `f` attached, and stops it where that is declared.
    #[inline]
    fn limited<T>(&self, f: impl FnOnce(Attached<'_>) -> Result<T>) -> Result<T> {
        attach::with(|py| match self.timeout {
            None => f(py),
            Some(limit) => Limits::timeout(limit).during(py, || f(py)),
        })
    }

    fn body(&self) -> &Body {
        self.body.get_or_init(|| {
            let Source {
                text,
                file,
                line,
                column,
                verbatim,
            } = self.source;
            Body::new(match verbatim {
                true => Text::new(text.into(), file.to_owned(), line, column),
                false => Text::new(text.into(), format!("<script {file}:{line}>"), 1, 1),
            })
        })
    }
}

impl Inputs<'_> {
    /// Sets one parameter: a key of `input`, which becomes a global.
    #[inline]
    pub fn set<V: Serialize + ?Sized>(&mut self, name: &'static str, value: &V) -> Result<()> {
        let py = self.input.py();
        let value = convert::to_python(py, value)?;
        let name = Ref::name(py, name)?;
        self.input.dict_set(&name, &value)
    }
}

/// Compiles every declared script and embedded module, and checks the declarations of the latter.
///
/// # Errors
/// One [`Error::Syntax`] that lists them all, in the order of their files and lines; [`Error::Mismatch`]
/// where all parse, but modules differ from their declarations.
pub(crate) fn check(py: Attached<'_>) -> Result<()> {
    let mut broken: Vec<SyntaxError> = Vec::new();
    for Registered(declared) in inventory::iter::<Registered> {
        match declared.body().compiled(py) {
            Err(Error::Syntax(errors)) => broken.extend(errors),
            outcome => drop(outcome?),
        }
    }
    let mismatches = match imported::check_embedded(py) {
        Err(Error::Syntax(errors)) => {
            broken.extend(errors);
            Ok(())
        }
        outcome => outcome,
    };
    if broken.is_empty() {
        return mismatches;
    }
    broken.sort_unstable_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
    Err(Error::Syntax(broken))
}
