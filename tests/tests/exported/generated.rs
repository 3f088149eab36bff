//! Calls of every form, made up: what Rust functions take, give and refuse is what a `def` of the same
//! signature takes, gives and refuses, to the letter.

use crate::gives;
use gopyre::py_export;

#[py_export]
mod generated {
    use std::collections::BTreeMap;

    pub fn none() {}
    pub fn one(a: i64) -> i64 {
        a
    }
    pub fn two(a: i64, b: i64) -> (i64, i64) {
        (a, b)
    }
    pub fn three(a: i64, b: i64, c: i64) -> (i64, i64, i64) {
        (a, b, c)
    }
    pub fn four(a: i64, b: i64, c: i64, d: i64) -> (i64, i64, i64, i64) {
        (a, b, c, d)
    }
    pub fn one_default(a: i64, #[default(3)] b: i64) -> (i64, i64) {
        (a, b)
    }
    pub fn all_defaults(#[default(1)] a: i64, b: Option<i64>) -> (i64, Option<i64>) {
        (a, b)
    }
    pub fn any_args(a: i64, #[args] rest: Vec<i64>) -> (i64, Vec<i64>) {
        (a, rest)
    }
    pub fn kwargs(#[kwargs] options: BTreeMap<String, i64>) -> BTreeMap<String, i64> {
        options
    }
    pub fn keyword_only(#[args] rest: Vec<i64>, b: i64, c: i64) -> (Vec<i64>, i64, i64) {
        (rest, b, c)
    }
    #[allow(clippy::type_complexity)]
    pub fn everything(
        a: i64,
        #[default(2)] b: i64,
        #[args] rest: Vec<i64>,
        c: i64,
        #[default(4)] d: i64,
        #[kwargs] options: BTreeMap<String, i64>,
    ) -> (i64, i64, Vec<i64>, i64, i64, BTreeMap<String, i64>) {
        (a, b, rest, c, d, options)
    }
}

const COMPARE: &str = "
import generated, itertools, random

class defs:
    def none(): pass
    def one(a): return a
    def two(a, b): return a, b
    def three(a, b, c): return a, b, c
    def four(a, b, c, d): return a, b, c, d
    def one_default(a, b=3): return a, b
    def all_defaults(a=1, b=None): return a, b
    def any_args(a, *rest): return a, list(rest)
    def kwargs(**options): return options
    def keyword_only(*rest, b, c): return list(rest), b, c
    def everything(a, b=2, *rest, c, d=4, **options): return a, b, list(rest), c, d, options

def outcome(f, positional, named):
    try:
        return f(*positional, **named)
    except TypeError as error:
        return f'TypeError: {error}'

calls, different = 0, []
names = ['a', 'b', 'c', 'd', 'x', 'options', 'naïve']
for name, f in vars(defs).items():
    if name.startswith('__'):
        continue
    f.__qualname__ = name
    for count in range(6):
        for size in range(5):
            for chosen in itertools.combinations(names, size):
                positional = range(10, 10 + count)
                named = dict(zip(chosen, range(20, 30)))
                if size == 4 and random.random() > 0.1:
                    continue
                if random.random() < 0.5:
                    named = dict(reversed(named.items()))
                ours, theirs = outcome(getattr(generated, name), positional, named), outcome(f, positional, named)
                calls += 1
                if ours != theirs:
                    different.append(f'{name}(*{list(positional)}, **{named}): {ours!r}, but a def: {theirs!r}')
different[:5], calls
";

#[test]
fn whatever_is_called_how_ever_it_is_as_with_a_def() {
    let (different, calls): (Vec<String>, usize) = gives(COMPARE);
    assert!(different.is_empty(), "{}", different.join("\n"));
    assert!(calls > 4000, "{calls}");
}
