//! What the integration tests share: processes of their own, folders of their own, the machine's Pythons.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod child;
mod folder;
mod process;
pub mod pythons;

pub use child::{Child, in_child, in_returning_child, this_binary};
pub use folder::Folder;
pub use process::{End, run};
