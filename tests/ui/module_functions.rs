use gopyre::{Result, py_module};

#[py_module(name = "math")]
extern "Python" {
    async fn later() -> Result<f64>;
    const fn early() -> f64;
    unsafe fn dangerous() -> f64;
    fn body() -> f64 {
        1.0
    }
    fn variadic(x: f64, ...) -> f64;
    fn pattern((a, b): (f64, f64)) -> f64;
    fn unnamed(_: f64) -> f64;
    fn borrowed(x: f64) -> Result<&'static str>;
    fn hidden(x: f64) -> Result<impl Copy>;

    fn twice() -> f64;
    fn twice() -> f64;

    #[nam = "sqrt"]
    fn slip(x: f64) -> f64;
    #[getter]
    fn synonym(x: f64) -> f64;
    #[name]
    fn no_value(x: f64) -> f64;
    #[name = 3]
    fn number(x: f64) -> f64;
    #[name = "a b"]
    fn space(x: f64) -> f64;
    #[name = "a"]
    #[name = "b"]
    fn two_names(x: f64) -> f64;
    #[kw]
    fn on_the_function(x: f64) -> f64;

    fn default(#[default(3)] x: f64) -> f64;
    fn keyword(#[kwarg] x: f64) -> f64;
    fn documented(
        /// The first.
        x: f64,
    ) -> f64;
    fn after(#[kw] x: f64, y: f64) -> f64;
    fn marked_twice(#[kw] #[kw] x: f64) -> f64;
    fn same(#[kw] x: f64, #[kw = "x"] y: f64) -> f64;
    fn no_keyword(#[kw = "x y"] x: f64) -> f64;
    fn called(#[kw("x")] x: f64) -> f64;
}

fn main() {
    let _ = body() + pattern((1.0, 2.0)) + unnamed(1.0) + default(1.0) + after(1.0, 2.0);
}
