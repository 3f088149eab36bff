//! What is wrong with a call, in CPython's words for a `def` of the same signature.

use super::{Call, Filling};
use crate::convert;
use crate::error::{Error, Result, type_error};
use crate::export::signature::{Parameter, ParameterKind, Signature};
use crate::reference::Ref;
use gopyre_sys as sys;

impl ParameterKind {
    /// Whether an argument may name it.
    pub(super) fn has_name(self) -> bool {
        matches!(self, ParameterKind::Plain | ParameterKind::KeywordOnly)
    }
}

impl Signature {
    /// How many parameters may be given by position.
    pub(super) fn plain(&self) -> usize {
        let plain = |parameter: &&Parameter| parameter.kind == ParameterKind::Plain;
        self.parameters.iter().take_while(plain).count()
    }

    pub(super) fn has(&self, kind: ParameterKind) -> bool {
        self.position(kind).is_some()
    }

    pub(super) fn position(&self, kind: ParameterKind) -> Option<usize> {
        self.parameters
            .iter()
            .position(|parameter| parameter.kind == kind)
    }
}

fn mistake(call: Call<'_>, function: &str, message: &str) -> Error {
    type_error(call.py, &format!("{function}() {message}"))
}

impl Filling<'_, '_> {
    fn type_error(&self, message: &str) -> Error {
        mistake(self.call, self.function, message)
    }

    #[cold]
    pub(super) fn too_many(&self) -> Error {
        let bound = self.call.bound();
        let plain = self.signature.plain() + bound;
        let given = self.call.positional + bound;
        let optional = |parameter: &&Parameter| {
            parameter.kind == ParameterKind::Plain && parameter.default.is_some()
        };
        let optional = self.signature.parameters.iter().filter(optional).count();
        let takes = match optional {
            0 => format!("{plain} positional argument{}", plural(plain)),
            _ => format!(
                "from {} to {plain} positional argument{}",
                plain - optional,
                plural(plain)
            ),
        };
        let keyword_only = (self.signature.parameters.iter().zip(&*self.values))
            .filter(|(parameter, value)| {
                parameter.kind == ParameterKind::KeywordOnly && !value.is_null()
            })
            .count();
        let given = match keyword_only {
            0 => format!("{given} {} given", if given == 1 { "was" } else { "were" }),
            _ => format!(
                "{given} positional argument{} (and {keyword_only} keyword-only argument{}) were given",
                plural(given),
                plural(keyword_only)
            ),
        };
        self.type_error(&format!("takes {takes} but {given}"))
    }

    #[cold]
    pub(super) fn twice(&self, name: &Ref<'_>) -> Error {
        self.type_error(&format!(
            "got multiple values for argument '{}'",
            text(name)
        ))
    }

    #[cold]
    pub(super) fn unexpected(&self, name: &Ref<'_>) -> Error {
        self.type_error(&format!(
            "got an unexpected keyword argument '{}'",
            text(name)
        ))
    }

    /// Looks for parameters that must be given and are not.
    pub(super) fn check_complete(&self) -> Result<()> {
        for (kind, words) in [
            (ParameterKind::Plain, "positional"),
            (ParameterKind::KeywordOnly, "keyword-only"),
        ] {
            let missing: Vec<&str> = (self.signature.parameters.iter().zip(&*self.values))
                .filter(|(parameter, value)| {
                    parameter.kind == kind && parameter.default.is_none() && value.is_null()
                })
                .map(|(parameter, _)| parameter.name)
                .collect();
            if !missing.is_empty() {
                return Err(self::missing(self.call, self.function, &missing, words));
            }
        }
        Ok(())
    }
}

#[cold]
fn missing(call: Call<'_>, function: &str, names: &[&str], words: &str) -> Error {
    let quoted: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    let list = match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [rest @ .., last] => format!("{}, and {last}", rest.join(", ")),
    };
    let (count, plural) = (names.len(), plural(names.len()));
    let message = format!("missing {count} required {words} argument{plural}: {list}");
    mistake(call, function, &message)
}

/// An argument is not there that must be.
#[cold]
pub(super) fn missing_one(call: Call<'_>, function: &str, name: &str) -> Error {
    missing(call, function, &[name], "positional")
}

/// An argument is no instance of the class that is expected.
///
/// # Safety
/// `value` must be a live object.
#[cold]
pub(super) unsafe fn no_instance(
    call: Call<'_>,
    function: &str,
    name: &str,
    value: *mut sys::PyObject,
    expected: &str,
) -> Error {
    // SAFETY: as the caller promises.
    let found = unsafe { Ref::borrowed(call.py, value) };
    let found = found.map_or_else(|_| String::new(), |value| convert::describe(&value));
    let message = format!("argument '{name}': expected {expected}, found {found}");
    mistake(call, function, &message)
}

fn text(name: &Ref<'_>) -> String {
    name.to_text_lossy().unwrap_or_default()
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}
