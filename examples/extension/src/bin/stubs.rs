//! Writes the type stubs of the module into a folder: `cargo run --bin stubs -- FOLDER`.

// Its exported module is in this program because the crate is.
use fuzzy as _;

fn main() -> gopyre::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    for stub in gopyre::stubs() {
        println!("{}", stub.write_to(&folder)?.display());
    }
    Ok(())
}
