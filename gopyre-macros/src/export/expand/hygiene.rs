//! Names that no code of the user's can mean.

use proc_macro2::{Ident, Span};
use quote::format_ident;

/// The hygiene of this macro.
pub(super) fn mixed() -> Span {
    Span::mixed_site()
}

/// The variable of an argument.
pub(super) fn variable(index: usize) -> Ident {
    format_ident!("__p{index}", span = mixed())
}
