use gopyre::py_script;

#[py_script]
fn bare() -> i64;

#[py_script()]
fn empty() -> i64;

fn main() {
    bare() + empty();
}
