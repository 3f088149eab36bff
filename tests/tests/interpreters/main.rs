//! Interpreters beside the main one: what they share, what they do not, and how they end.
//!
//! Every scenario runs in a process of its own: an interpreter that ends wrongly ends the process, and
//! a lock that is taken wrongly is never given back.

mod apart;
mod ending;
mod together;

use std::time::Duration;

const SHORT: Duration = Duration::from_secs(60);
