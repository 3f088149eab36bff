//! Rust functions that Python calls.

mod arguments;
mod borrowed;
mod call;
mod closure;
mod deep;
mod definition;
mod derived;
mod outcome;
mod panic;
pub(crate) mod python;
mod signals;
mod signature;
mod stack;
mod stubs;
mod trace;

pub use arguments::Arguments;
pub use borrowed::{Bytes, Text};
pub use call::{Call, Returned};
pub use closure::{Callback, function};
pub(crate) use closure::{Closure, closure_object};
pub(crate) use deep::let_go_of_chain;
pub use definition::{Function, FunctionItem};
pub(crate) use definition::{construct, definition, getset};
pub use derived::{debug, hash, hash_variant, same_variant};
pub use outcome::{BoxedOutcome, Outcome, PlainOutcome, Reason, RejectedOutcome, ResultOutcome};
pub(crate) use panic::let_go;
pub use python::exported;
pub use signals::object;
pub use signature::{FunctionKind, Parameter, ParameterKind, Signature};
pub use stubs::{Stub, stubs};
pub use trace::{Field, FieldMut, OtherField, OtherFieldMut, Trace, TracedField, TracedFieldMut};

pub use crate::class::{
    Class, ClassItem, ClassLayout, Exclusive, Property, Shared, Sharing, Unshared, Visit,
};
use crate::error::Result;
pub use crate::error::failure;
pub use crate::module::{ModuleItem, RegisteredExport};
use crate::object::Object;

/// A value that a module or a class has.
#[derive(Debug)]
pub struct ValueItem {
    /// Its name.
    pub name: &'static str,
    /// Its documentation.
    pub doc: &'static str,
    /// Its type in Python's words.
    pub annotation: &'static str,
    /// Makes it, once in each interpreter.
    pub make: fn() -> Result<Object>,
}
