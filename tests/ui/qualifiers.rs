use gopyre::py_script;

#[py_script("1")]
fn body(x: i64) -> i64 {
    x + 1
}

#[py_script("1")]
const fn at_compile_time(names: Vec<String>) -> i64;

#[py_script("1")]
async fn later() -> gopyre::Result<i64>;

#[py_script("1")]
unsafe fn dangerous() -> i64;

#[py_script("1")]
extern "C" fn foreign() -> i64;

#[py_script("1")]
unsafe extern fn bare() -> i64;

#[py_script("1")]
fn variadic(x: i64, more: ...) -> i64;

async fn caller() {
    // The stubs keep the signatures, so that no caller shows an error.
    let _: gopyre::Result<i64> = later().await;
    let _: i64 = unsafe { dangerous() } + body(1) + variadic(1);
}

fn main() {
    let _ = (caller, at_compile_time(Vec::new()), foreign(), unsafe { bare() });
}
