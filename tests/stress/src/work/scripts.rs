//! Scripts of all three kinds, and calls of functions.

use crate::random::Random;
use crate::world::World;
use gopyre::{Error, Result, Script, Value, py_module, py_script};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    name: String,
    prices: Vec<f64>,
    count: u32,
    next: Option<Box<Order>>,
}

#[py_script(
    r#"
    def total(order):
        here = sum(order["prices"]) * order["count"]
        return here + (total(order["next"]) if order["next"] else 0)
    {"total": total(input), "order": input}
"#
)]
fn totals(input: &Order) -> Result<Totals>;

#[derive(Deserialize)]
struct Totals {
    total: f64,
    order: Order,
}

#[py_script("a * 10 ** 12 + b", timeout = "60s")]
fn wide(a: i64, b: i64) -> i128;

#[py_script("assert input % 2 == 0, f'{input} is odd'\ninput // 2")]
fn half(input: i64) -> Result<i64>;

#[py_module(name = "textwrap")]
extern "Python" {
    fn shorten(text: &str, width: usize, #[kw] placeholder: Option<&str>) -> Result<String>;
}

#[py_module(name = "fractions")]
extern "Python" {
    type Fraction;
    #[new]
    fn new(numerator: i64, denominator: i64) -> Result<Fraction>;
    #[get]
    fn numerator(self: &Fraction) -> Result<i64>;
    fn limit_denominator(self: &Fraction, most: i64) -> Result<Fraction>;
}

/// Declared functions, with values and errors.
pub(crate) fn declared(_: &World, random: &mut Random) -> Result<()> {
    let n = random.number(1000);
    let order = Order {
        name: format!("order {n}"),
        prices: (0..random.below(20)).map(|p| p as f64 / 4.0).collect(),
        count: n as u32,
        next: random.one_in(2).then(|| {
            Box::new(Order {
                name: "naïve ☃".to_owned(),
                prices: vec![0.5],
                count: 2,
                next: None,
            })
        }),
    };
    let expected = order.prices.iter().sum::<f64>() * f64::from(order.count)
        + f64::from(u8::from(order.next.is_some()));
    let found = totals(&order)?;
    assert_eq!((found.total, found.order), (expected, order));
    assert_eq!(
        wide(n, -n),
        i128::from(n) * 1_000_000_000_000 - i128::from(n)
    );
    match half(n) {
        Ok(half) => assert_eq!(half * 2, n),
        Err(error) => assert_eq!(error.to_string(), format!("AssertionError: {n} is odd")),
    }
    Ok(())
}

/// Texts that are compiled now, that were compiled before, and that cannot be compiled.
pub(crate) fn texts(_: &World, random: &mut Random) -> Result<()> {
    let n = random.number(1000);
    let input = BTreeMap::from([("a", n), ("b", 2)]);
    assert_eq!(gopyre::exec::<i64>("a * b", &input)?, n * 2);
    match random.below(8) {
        0 => {
            let once = format!("a + {}", random.below(1 << 40));
            assert!(gopyre::exec::<i64>(&once, &input)? >= n);
        }
        1 => {
            let own = Script::new("[a] * b")?;
            assert_eq!(own.exec::<Vec<i64>>(&input)?, [n, n]);
        }
        2 => {
            let found = gopyre::exec::<()>("a +", &input);
            assert!(matches!(found, Err(Error::Syntax(_))), "{found:?}");
        }
        3 => {
            let value: Value = gopyre::exec("{'list': [a, None, 0.5], 'text': str(a)}", &input)?;
            assert_eq!(
                (&value["list"][0], &value["text"]),
                (&n.into(), &n.to_string().into())
            );
        }
        _ => {
            let code = "
                import json, re
                found = re.findall(r'\\d+', f'{a} and {b}')
                json.loads(json.dumps([int(n) for n in found]))
            ";
            assert_eq!(gopyre::exec::<Vec<i64>>(code, &input)?, [n, 2]);
        }
    }
    Ok(())
}

/// Functions and classes of modules.
pub(crate) fn calls(_: &World, random: &mut Random) -> Result<()> {
    let n = random.number(1000);
    assert_eq!(gopyre::call::<f64>("math", "fabs", (-n,))?, n as f64);
    assert_eq!(shorten("one two three", 9, Some("..."))?, "one...");
    let half = Fraction::new(n, 2 * n.max(1))?;
    assert_eq!(half.limit_denominator(10)?.numerator()?, i64::from(n > 0));
    let error = gopyre::call::<()>("math", "sqrt", (-1 - n,)).err();
    let error = error.map(|error| error.to_string()).unwrap_or_default();
    assert!(error.starts_with("ValueError: "), "{error}");
    let missing = gopyre::import("gopyre_stress_absent").err();
    let missing = missing.as_ref().and_then(Error::exception);
    assert!(missing.is_some_and(|error| error.is("ImportError")));
    Ok(())
}
