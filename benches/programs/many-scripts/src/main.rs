//! Starts Python, which checks every script of the program.

#[allow(dead_code)]
mod scripts {
    include!(concat!(env!("OUT_DIR"), "/scripts.rs"));
}

fn main() -> gopyre::Result<()> {
    gopyre::Runtime::start().map(drop)
}
