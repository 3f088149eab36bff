use gopyre::{Result, py_script};

#[py_script("1")]
fn opaque() -> impl Iterator<Item = i64>;

#[py_script("1")]
fn opaque_inside() -> Result<Vec<impl std::fmt::Debug>>;

#[py_script("1")]
fn borrowed(x: &i64) -> &i64;

#[py_script("1")]
fn text() -> Result<&'static str>;

#[py_script("1")]
fn inside() -> gopyre::Result<Vec<(&'static [u8], Option<&'static String>)>>;

#[py_script("1")]
fn never() -> !;

fn main() {
    let _ = opaque;
    let _ = opaque_inside;
    let _: Result<&'static str> = text();
}
