use gopyre::py_script;

#[py_script("")]
fn empty() -> i64;

#[py_script(r#"

"#)]
fn whitespace() -> i64;

#[py_script("a = 1\nb = '\0'")]
fn nul() -> i64;

#[py_script("1 + 1"python)]
fn suffix() -> i64;

#[py_script(b"1 + 1")]
fn bytes() -> i64;

#[py_script(c"1 + 1")]
fn c_string() -> i64;

#[py_script('1')]
fn character() -> i64;

#[py_script(42)]
fn number() -> i64;

#[py_script(concat!("1 +", "1"))]
fn built() -> i64;

#[py_script(include_str!("scripts/score.py"))]
fn included() -> i64;

const SCRIPT: &str = "1 + 1";

#[py_script(SCRIPT)]
fn constant() -> i64;

#[py_script("1" + "1")]
fn added() -> i64;

#[py_script(1 +)]
fn no_expression() -> i64;

fn main() {}
