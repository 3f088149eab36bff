use gopyre::py_script;

#[py_script(file = "scripts/missing.py")]
fn missing() -> i64;

#[py_script(file = "../../missing.py")]
fn outside() -> i64;

#[py_script(file = "/etc/score.py")]
fn absolute() -> i64;

#[py_script(file = r"C:\scripts\score.py")]
fn drive() -> i64;

#[py_script(file = r"scripts\score.py")]
fn backslash() -> i64;

#[py_script(file = "")]
fn empty() -> i64;

#[py_script(file = ".")]
fn folder() -> i64;

fn main() {}
