//! Proves what modules declared with `#[py_module]` are: calls, classes, state, embedded folders, `check()`.

#![allow(clippy::unwrap_used, clippy::panic)]
// What a class derives says nothing against it in a crate that denies `clippy::pedantic`.
#![warn(clippy::unsafe_derive_deserialize)]

mod bodies;
mod calls;
mod folders;
mod installed;
mod model;

use gopyre::Result;

/// How many references there are, which a debug build alone counts.
fn references() -> Result<Option<i64>> {
    let code = "import sys; getattr(sys, 'gettotalrefcount', lambda: None)()";
    gopyre::exec(code, ())
}

/// Counts references over many runs, where they are counted.
fn leaks_nothing(once: impl Fn() -> Result<()>) {
    for _ in 0..20 {
        once().unwrap();
    }
    let Some(before) = references().unwrap() else {
        return;
    };
    for _ in 0..200 {
        once().unwrap();
    }
    let grown = references().unwrap().unwrap() - before;
    assert!(grown < 100, "{grown} references more");
}
