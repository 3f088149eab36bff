use gopyre::py_module;

#[py_module(name = "math")]
fn function() {}

#[py_module(name = "math")]
mod module {}

#[py_module(name = "math")]
extern "C" {
    fn sqrt(x: f64) -> f64;
}

#[py_module(name = "math")]
extern {
    fn floor(x: f64) -> i64;
}

#[py_module(name = "math")]
unsafe extern "Python" {
    fn ceil(x: f64) -> i64;
}

#[py_module(name = "math")]
extern "Python" {
    static PI: f64;
    call!();
}

#[py_module(name = "math")]
#[py_module(name = "cmath")]
#[link(name = "m")]
extern "Python" {
    fn sin(x: f64) -> f64;
}

fn main() {
    // The stubs keep the signatures, so that no caller shows an error.
    let _: f64 = sqrt(1.0) + sin(1.0);
    let _: i64 = floor(1.0) + ceil(1.0);
}
