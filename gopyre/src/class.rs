//! Rust types as Python classes.

mod borrow;
mod instance;
mod layout;
mod make;

pub use borrow::{Exclusive, Shared};
pub(crate) use instance::{initialize, instance, is_instance};
pub use layout::{ClassLayout, Sharing, Unshared, Visit};
pub(crate) use make::class_of_item;

use crate::export::{FunctionItem, ValueItem};

/// A Rust type that Python sees as a class; implemented by [`py_export`](crate::py_export) alone.
pub trait Class: Send + Sized + 'static {
    /// Describes the class.
    #[doc(hidden)]
    fn item() -> &'static ClassItem;

    /// Whether several threads may read a value at a time.
    #[doc(hidden)]
    const SHARING: Sharing<Self> = Sharing::NONE;

    /// Shows every object in the fields.
    #[doc(hidden)]
    fn trace(&self, visit: &mut Visit<'_>) {
        let _ = visit;
    }

    /// Lets go of what `trace` shows.
    #[doc(hidden)]
    fn clear(&mut self) {}
}

/// A class as the macro describes it.
#[derive(Debug)]
pub struct ClassItem {
    /// Its name.
    pub name: &'static str,
    /// The module that it is in.
    pub module: &'static str,
    /// Its documentation.
    pub doc: &'static str,
    /// How its instances hold a value.
    pub layout: ClassLayout,
    /// What becomes `__init__`.
    pub constructor: Option<FunctionItem>,
    /// Methods of all kinds.
    pub functions: &'static [FunctionItem],
    /// Attributes that are read or written by functions.
    pub properties: &'static [Property],
    /// Attributes of the class.
    pub values: &'static [ValueItem],
}

/// An attribute that is read or written by functions.
#[derive(Debug)]
pub struct Property {
    /// Its name.
    pub name: &'static str,
    /// Its documentation.
    pub doc: &'static str,
    /// Its type in Python's words.
    pub annotation: &'static str,
    /// Reads it.
    pub get: Option<FunctionItem>,
    /// Writes it.
    pub set: Option<FunctionItem>,
}
