use gopyre::py_script;
use std::sync::Arc;

struct Shape;

impl Shape {
    #[py_script("1")]
    fn by_reference(&self) -> i64;

    #[py_script("1")]
    fn by_value(mut self, x: i64) -> i64;

    #[py_script("1")]
    fn typed(self: Arc<Self>) -> i64;
}

#[py_script("1")]
fn patterns((a, b): (i64, i64), _: i64, [c, ..]: [i64; 2]) -> i64;

#[py_script("1")]
fn modes(mut a: i64, ref b: i64, c @ 0..: u8) -> i64;

#[py_script("1")]
fn attributes(#[kw] a: i64, #[default(3)] b: i64, #[cfg(unix)] c: i64) -> i64;

#[py_script("1")]
fn documented(
    /// The first.
    a: i64,
) -> i64;

#[py_script("1")]
fn input_among_others(input: i64, scale: f64) -> i64;

#[py_script("1")]
fn builtins(__builtins__: i64) -> i64;

#[py_script("1")]
fn keywords(r#class: i64, lambda: i64, r#in: i64, True: i64, r#match: i64) -> i64;

#[py_script("1")]
fn constant(__debug__: bool) -> i64;

fn main() {
    let shape = Shape;
    let _ = shape.by_reference() + shape.by_value(1) + Arc::new(Shape).typed();
    let _ = patterns((1, 2), 3, [4, 5]) + modes(1, 2, 3) + attributes(1, 2, 3) + documented(1);
    let _ = input_among_others(1, 2.0) + builtins(1);
    let _ = keywords(1, 2, 3, 4, 5) + constant(true);
}
