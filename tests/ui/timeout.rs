use gopyre::py_script;

#[py_script("1", timeout = "soon")]
fn no_time() -> i64;

#[py_script("1", timeout = "200")]
fn no_unit() -> i64;

#[py_script("1", timeout = "5 MS")]
fn nearly() -> i64;

#[py_script("1", timeout = "0s")]
fn zero() -> i64;

#[py_script("1", timeout = "")]
fn empty() -> i64;

#[py_script("1", timeout = "9999999999999999h")]
fn too_long() -> i64;

#[py_script("1", timeout = 200)]
fn number() -> i64;

#[py_script("1", timeout = 1.5s)]
fn no_quotes() -> i64;

#[py_script("1", timeout = Duration::from_millis(200))]
fn built() -> i64;

#[py_script("1", timeout =)]
fn no_value() -> i64;

#[py_script("1", timeout = "1s", timeout = "2s")]
fn twice() -> i64;

#[py_script(timeout = "1s")]
fn no_script() -> i64;

#[py_script("1", timout = "1s")]
fn misspelled() -> i64;

fn main() {}
