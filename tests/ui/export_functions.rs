use gopyre::{Object, py_export};
use std::collections::HashMap;

#[py_export]
mod api {
    use super::*;

    pub async fn later() {}
    pub unsafe fn dangerous() {}
    pub extern "C" fn foreign() {}
    pub fn generic<T>(x: T) {}
    pub fn sized<const N: usize>() {}

    pub fn pattern((a, b): (f64, f64)) {}
    pub fn unnamed(_: f64) {}
    pub fn hidden(x: impl Copy) {}
    pub fn dynamic(x: &dyn Fn()) {}
    pub fn pointer(x: fn(i64) -> i64) {}
    pub fn changed(x: &mut Vec<f64>) {}
    pub fn forever(x: &'static str) {}
    pub fn nested(x: Vec<&str>) {}
    pub fn lambda(lambda: f64) {}

    pub fn endless() -> ! {
        loop {}
    }
    pub fn opaque() -> impl Iterator<Item = i64> {
        [1].into_iter()
    }

    pub fn documented(
        /// The first.
        x: f64,
    ) {
    }
    pub fn chosen(#[cfg(unix)] x: f64) {}
    pub fn no_value(#[default] x: f64) {}
    pub fn assigned(#[default = 3] x: f64) {}
    pub fn two_values(#[default(1, 2)] x: f64) {}
    pub fn twice(#[default(1)] #[default(2)] x: f64) {}
    pub fn slip(#[defualt(1)] x: i64) {}
    pub fn required_after(#[default(1)] x: i64, y: i64) {}

    pub fn collected(#[args] x: Option<Vec<i64>>) {}
    pub fn collected_text(#[args] x: &str) {}
    pub fn named(#[kwargs] x: &[i64]) {}
    pub fn defaulted(#[args] #[default(vec![])] x: Vec<i64>) {}
    pub fn both(#[args] #[kwargs] x: HashMap<String, Object>) {}
    pub fn two_args(#[args] x: Vec<i64>, #[args] y: Vec<i64>) {}
    pub fn after_kwargs(#[kwargs] x: HashMap<String, i64>, y: i64) {}
    pub fn more_in_it(#[args(x)] x: Vec<i64>) {}

    #[detatch]
    pub fn misspelt() {}
    #[detach(now)]
    pub fn argued() {}
    #[get]
    pub fn property() {}
    #[pyfunction]
    pub fn imported() {}
    #[name]
    pub fn nameless() {}
    #[name = "a b"]
    pub fn spaced() {}
    pub fn import() {}
    #[detach]
    fn private() {}
    #[py_export]
    pub fn again() {}
}

fn main() {
    api::import();
    api::required_after(1, 2);
}
