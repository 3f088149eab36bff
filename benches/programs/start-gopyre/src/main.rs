//! Starts Python, makes one typed call, ends.

use gopyre::py_script;

#[py_script("a + b")]
fn add(a: i64, b: i64) -> gopyre::Result<i64>;

fn main() -> gopyre::Result<()> {
    assert_eq!(add(2, 3)?, 5);
    Ok(())
}
