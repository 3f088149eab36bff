//! The methods that Python itself calls, written out.

use crate::{caught, gives, holds};
use gopyre::py_export;

#[py_export]
mod dunders {
    use gopyre::{Object, Result};
    use std::collections::BTreeMap;

    #[derive(Clone)]
    pub struct Shelf {
        items: Vec<String>,
        log: Vec<String>,
    }

    impl Shelf {
        pub fn new(#[args] items: Vec<String>) -> Self {
            Shelf { items, log: vec![] }
        }
        #[get]
        pub fn log(&self) -> Vec<String> {
            self.log.clone()
        }
        pub fn __len__(&self) -> usize {
            self.items.len()
        }
        pub fn __bool__(&self) -> bool {
            self.items.iter().any(|item| !item.is_empty())
        }
        pub fn __getitem__(&self, index: isize) -> Option<String> {
            let index = index
                .checked_rem_euclid(self.items.len() as isize)
                .filter(|_| index < self.items.len() as isize)?;
            self.items.get(index as usize).cloned()
        }
        pub fn __setitem__(&mut self, index: usize, value: String) -> Result<()> {
            self.items[index] = value;
            Ok(())
        }
        pub fn __delitem__(&mut self, index: usize) {
            self.items.remove(index);
        }
        pub fn __contains__(&self, item: &str) -> bool {
            self.items.iter().any(|own| own == item)
        }
        pub fn __iter__(&self) -> Items {
            Items {
                left: self.items.clone(),
            }
        }
        pub fn __call__(&self, a: i64, #[default(2)] b: i64) -> i64 {
            a * b + self.items.len() as i64
        }
        pub fn __repr__(&self) -> String {
            format!("Shelf({})", self.items.join(", "))
        }
        pub fn __str__(&self) -> String {
            self.items.join(" ")
        }
        pub fn __hash__(&self) -> i64 {
            self.items.len() as i64
        }
        pub fn __eq__(&self, other: &Shelf) -> bool {
            self.items == other.items
        }
        pub fn __lt__(&self, other: &Self) -> bool {
            self.items.len() < other.items.len()
        }
        pub fn __add__(&self, other: &Shelf) -> Self {
            Shelf {
                items: [&*self.items, &*other.items].concat(),
                log: vec![],
            }
        }
        pub fn __mul__(&self, n: usize) -> Self {
            Shelf {
                items: vec![&*self.items; n].concat(),
                log: vec![],
            }
        }
        pub fn __rmul__(&self, n: usize) -> Self {
            self.__mul__(n)
        }
        pub fn __iadd__(&mut self, item: String) {
            self.items.push(item);
        }
        pub fn __matmul__(&self, other: i64) -> i64 {
            other
        }
        pub fn __pow__(&self, n: i64, modulo: Option<i64>) -> i64 {
            n + modulo.unwrap_or(0)
        }
        pub fn __neg__(&self) -> Self {
            Shelf {
                items: self.items.iter().rev().cloned().collect(),
                log: vec![],
            }
        }
        pub fn __int__(&self) -> usize {
            self.items.len()
        }
        pub fn __float__(&self) -> f64 {
            0.5
        }
        pub fn __index__(&self) -> usize {
            1
        }
        pub fn __exit__(
            &mut self,
            kind: Option<Object>,
            error: Option<Object>,
            _traceback: Option<Object>,
        ) -> Result<bool> {
            let kind = kind
                .map(|kind| kind.attr("__name__")?.extract::<String>())
                .transpose()?;
            let text = error.map(|error| error.str()).transpose()?;
            self.log.push(format!("{kind:?} {text:?}"));
            Ok(kind.is_some_and(|kind| kind == "KeyError"))
        }
        pub fn __getattr__(&self, name: &str) -> Result<String> {
            match name.strip_prefix("item_") {
                Some(rest) => Ok(rest.to_owned()),
                None => {
                    Err(gopyre::exec::<Object>("raise AttributeError(input)", name).unwrap_err())
                }
            }
        }
        pub fn __reduce__(self_: &Object) -> Result<(Object, Object)> {
            Ok((
                self_.attr("__class__")?,
                gopyre::call("builtins", "tuple", (self_,))?,
            ))
        }
        pub fn __format__(&self, spec: &str) -> String {
            format!("<{spec}>")
        }
    }

    pub struct Items {
        left: Vec<String>,
    }
    impl Items {
        pub fn __next__(&mut self) -> Option<String> {
            (!self.left.is_empty()).then(|| self.left.remove(0))
        }
    }

    pub struct Lookup {
        entries: BTreeMap<String, Option<i64>>,
    }
    impl Lookup {
        pub fn new(entries: BTreeMap<String, Option<i64>>) -> Self {
            Lookup { entries }
        }
        pub fn __getitem__(&self, key: &str) -> Option<Option<i64>> {
            self.entries.get(key).copied()
        }
    }
}

#[test]
fn containers_behave_like_pythons() {
    let setup = "from dunders import *\ns = Shelf('a', 'b', 'c')\n";
    holds(&format!(
        "{setup}len(s) == 3 and bool(s) and not Shelf() and not Shelf('')"
    ));
    holds(&format!("{setup}(s[0], s[-1]) == ('a', 'c')"));
    holds(&format!(
        "{setup}s[1] = 'x'; del s[0]; list(s) == ['x', 'c']"
    ));
    holds(&format!("{setup}'a' in s and 'z' not in s"));
    holds(&format!(
        "{setup}[x for x in s] == ['a', 'b', 'c'] and sorted(s) == ['a', 'b', 'c']"
    ));
    let setup = "from dunders import *\ns = Shelf('a')\nl = Lookup({'k': 1, 'n': None})";
    assert!(caught(setup, "s[3]").starts_with("IndexError"));
    assert_eq!(caught(setup, "l['x']"), "KeyError: 'x'");
    holds(&format!("{setup}\nl['k'] == 1 and l['n'] is None"));
    assert!(caught(setup, "s['x']").starts_with("TypeError"));
    assert!(caught(setup, "s[0] = 3").starts_with("TypeError"));
    let error = caught(setup, "s[7] = 'x'");
    assert!(error.starts_with("RustPanic: "), "{error}");
    holds(&format!(
        "{setup}\niter(i := iter(s)) is i and next(i) == 'a' and next(i, 0) == 0"
    ));
}

#[test]
fn instances_are_called_shown_compared_and_hashed() {
    let setup = "from dunders import *\ns = Shelf('a', 'b')\n";
    holds(&format!(
        "{setup}s(3) == 8 and s(3, b=4) == 14 and callable(s)"
    ));
    holds(&format!(
        "{setup}repr(s) == 'Shelf(a, b)' and str(s) == 'a b' and f'{{s:x}}' == '<x>'"
    ));
    holds(&format!(
        "{setup}s == Shelf('a', 'b') and s != Shelf('a') and s != 3 and not s == 'a b'"
    ));
    holds(&format!(
        "{setup}hash(s) == 2 and len({{s, Shelf('a', 'b')}}) == 1"
    ));
    holds(&format!(
        "{setup}Shelf() < s and s > Shelf() and sorted([s, Shelf()])[0] == Shelf()"
    ));
    let error = caught(setup, "s < 3");
    assert!(error.starts_with("TypeError: '<' not supported"), "{error}");
    assert!(error.ends_with("Shelf' and 'int'"), "{error}");
    let error = caught(setup, "s()");
    assert!(error.starts_with("TypeError: "), "{error}");
    assert!(
        error.contains("__call__() missing 1 required positional argument: 'a'"),
        "{error}"
    );
    holds(&format!(
        "{setup}int(s) == 2 and float(s) == 0.5 and [5, 6][s] == 6"
    ));
}

#[test]
fn operators_leave_what_they_cannot_do_to_the_other_side() {
    let setup = "from dunders import *\ns = Shelf('a')\n";
    holds(&format!(
        "{setup}list(s + Shelf('b')) == ['a', 'b'] and list(-(s + Shelf('b'))) == ['b', 'a']"
    ));
    holds(&format!("{setup}list(s * 2) == ['a', 'a'] == list(2 * s)"));
    holds(&format!(
        "{setup}same = s; s += 'b'; s is same and list(s) == ['a', 'b']"
    ));
    holds(&format!(
        "{setup}s @ 3 == 3 and s ** 4 == 4 and pow(s, 4, 5) == 9"
    ));
    let error = caught(setup, "s + 3");
    assert!(
        error.starts_with("TypeError: unsupported operand type(s) for +: "),
        "{error}"
    );
    assert!(error.ends_with("Shelf' and 'int'"), "{error}");
    let error = caught(setup, "s * None");
    assert!(error.starts_with("TypeError: "), "{error}");
    holds(&format!(
        "{setup}class Right:\n    def __radd__(self, other): return 'right'\n    def __eq__(self, other): return True\n\
         s + Right() == 'right' and s == Right()"
    ));
    holds(&format!(
        "{setup}s.__add__(3) is NotImplemented and s.__eq__(3) is NotImplemented"
    ));
}

#[test]
fn a_with_block_ends_with_what_happened() {
    let log: Vec<String> = gives(
        "from dunders import *\n\
         s = Shelf()\n\
         with s as same: assert same is s\n\
         with s: raise KeyError('k')\n\
         try:\n    \
             with s: raise ValueError('v')\n\
         except ValueError: pass\n\
         s.log",
    );
    assert_eq!(
        log,
        [
            "None None",
            "Some(\"KeyError\") Some(\"'k'\")",
            "Some(\"ValueError\") Some(\"v\")"
        ]
    );
}

#[test]
fn attributes_and_pickles_are_what_the_methods_say() {
    holds("from dunders import *; s = Shelf(); s.item_x == 'x' and not hasattr(s, 'other')");
    holds(
        "import copy, pickle; from dunders import *; s = Shelf('a'); pickle.loads(pickle.dumps(s)) == s == copy.copy(s)",
    );
}
