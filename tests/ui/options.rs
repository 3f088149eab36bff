use gopyre::py_script;

#[py_script(fil = "scripts/score.py")]
fn near() -> i64;

#[py_script(retries = 3)]
fn far() -> i64;

#[py_script("1", name = "x", type = "y")]
fn beside() -> i64;

#[py_script(file = "Cargo.toml", file = "Cargo.toml")]
fn twice() -> i64;

#[py_script("1", "2")]
fn two_literals() -> i64;

#[py_script("1", file = "Cargo.toml")]
fn literal_and_file() -> i64;

#[py_script(file = "Cargo.toml", "1")]
fn file_and_literal() -> i64;

#[py_script(file = 3)]
fn number() -> i64;

#[py_script(file = concat!("Cargo", ".toml"))]
fn built() -> i64;

#[py_script(file =)]
fn no_value() -> i64;

#[py_script(file)]
fn alone() -> i64;

#[py_script(file("Cargo.toml"))]
fn called() -> i64;

#[py_script("1" file = "Cargo.toml")]
fn no_comma() -> i64;

#[py_script(,)]
fn only_a_comma() -> i64;

#[py_script("1")]
#[py_script("2")]
fn two_attributes() -> i64;

fn main() {}
