//! Instances as parameters and results, and their borrows.

use crate::{caught, gives, holds};
use gopyre::py_export;

#[py_export]
mod instances {
    use gopyre::{Object, Result};

    #[derive(Clone, Debug, PartialEq)]
    pub struct Item {
        #[get]
        n: i64,
    }
    impl Item {
        pub fn new(n: i64) -> Self {
            Item { n }
        }
        pub fn set(&mut self, n: i64) {
            self.n = n;
        }
        pub fn take(&mut self, other: &mut Item) {
            self.n += std::mem::take(&mut other.n);
        }
        pub fn add(&self, other: &Self) -> Self {
            Item {
                n: self.n + other.n,
            }
        }
        pub fn call_while_exclusive(&mut self, function: &Object) -> Result<Object> {
            function.call(())
        }
        pub fn call_while_shared(&self, function: &Object) -> Result<Object> {
            function.call(())
        }
    }

    pub fn by_reference(item: &Item) -> i64 {
        item.n
    }
    pub fn by_mutable_reference(item: &mut Item, n: i64) {
        item.n = n;
    }
    pub fn by_value(mut item: Item) -> Item {
        item.n += 1;
        item
    }
    pub fn maybe(item: Option<&Item>) -> Option<i64> {
        item.map(|item| item.n)
    }
    pub fn maybe_value(item: Option<Item>) -> Option<Item> {
        item
    }
    pub fn many(n: i64) -> Vec<Item> {
        (0..n).map(Item::new).collect()
    }
    #[allow(clippy::type_complexity)]
    pub fn nested(n: i64) -> Result<(Option<Item>, Vec<(Item, i64)>, i64)> {
        Ok((Some(Item::new(n)), vec![(Item::new(n), n)], n))
    }
    pub fn two(a: &mut Item, b: &Item) -> i64 {
        a.n + b.n
    }
    pub fn object(item: &Object) -> Object {
        item.clone()
    }
    pub const FIRST: Item = Item { n: 1 };
    pub const SOME: (i64, Option<Item>) = (0, Some(Item { n: 2 }));
}

#[test]
fn instances_are_parameters() {
    let setup = "from instances import *\ni = Item(3)\n";
    holds(&format!(
        "{setup}by_reference(i) == 3 and by_reference(item=i) == 3"
    ));
    holds(&format!("{setup}by_mutable_reference(i, 7); i.n == 7"));
    holds(&format!(
        "{setup}j = by_value(i); (i.n, j.n, j is i) == (3, 4, False)"
    ));
    holds(&format!(
        "{setup}maybe(i) == 3 and maybe() is None and maybe(None) is None"
    ));
    holds(&format!(
        "{setup}maybe_value(i) == i and maybe_value() is None"
    ));
    holds(&format!("{setup}object(i) is i"));
    holds(&format!(
        "{setup}class Sub(Item): pass\nby_reference(Sub(9)) == 9"
    ));
}

#[test]
fn instances_are_results() {
    let setup = "from instances import *\n";
    holds(&format!("{setup}[i.n for i in many(3)] == [0, 1, 2]"));
    holds(&format!("{setup}nested(4) == (Item(4), [(Item(4), 4)], 4)"));
    holds(&format!(
        "{setup}Item(1).add(Item(2)).n == 3 and type(Item(1).add(Item(1))) is Item"
    ));
    holds(&format!("{setup}FIRST == Item(1) and SOME == (0, Item(2))"));
}

#[test]
fn what_is_no_instance_is_a_type_error() {
    for (call, found) in [
        ("by_reference(3)", "int 3"),
        ("by_reference(None)", "None"),
        ("maybe('x')", "str 'x'"),
        ("by_value([])", "list"),
    ] {
        let error = caught("from instances import *", call);
        assert!(error.starts_with("TypeError: "), "{error}");
        assert!(error.contains("Item") && error.contains(found), "{error}");
    }
}

#[test]
fn a_value_is_changed_by_one_at_a_time() {
    let setup = "from instances import *\ni, j = Item(1), Item(2)\n";
    holds(&format!("{setup}i.take(j); (i.n, j.n) == (3, 0)"));
    holds(&format!("{setup}i.add(i).n == 2"));
    for expression in [
        "i.take(i)",
        "two(i, i)",
        "i.call_while_exclusive(lambda: i.n)",
        "i.call_while_exclusive(lambda: i.set(3))",
        "i.call_while_shared(lambda: i.set(3))",
    ] {
        let error = caught(setup, expression);
        assert!(error.starts_with("RuntimeError: "), "{expression}: {error}");
        // And then it is free again.
        holds(&format!(
            "{setup}try: {expression}\nexcept RuntimeError: pass\ni.set(8); i.n == 8"
        ));
    }
    holds(&format!("{setup}i.call_while_shared(lambda: i.n) == 1"));
    holds(&format!("{setup}i.call_while_exclusive(lambda: j.n) == 2"));
}

#[test]
fn rust_gets_instances_as_objects() -> gopyre::Result<()> {
    let item: gopyre::Object = gives("from instances import *; Item(5)");
    assert_eq!(item.attr("n")?.extract::<i64>()?, 5);
    item.call_method("set", (6,))?;
    let n: i64 = gopyre::call("instances", "by_reference", (&item,))?;
    assert_eq!(n, 6);
    Ok(())
}
