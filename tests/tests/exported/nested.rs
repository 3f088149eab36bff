//! Modules in modules.

use crate::{gives, holds};
use gopyre::py_export;

#[py_export]
mod outer {
    //! The outer one.

    pub fn level() -> i64 {
        1
    }

    pub mod inner {
        //! The inner one.
        use super::shapes::Circle;

        pub fn level() -> i64 {
            2
        }
        pub fn grown(circle: &Circle) -> Circle {
            Circle::new(circle.radius() + 1.0)
        }
        pub const DEPTH: i64 = 2;

        pub mod innermost {
            pub fn level() -> i64 {
                super::level() + 1
            }
        }
    }

    #[name = "forms"]
    pub mod shapes {
        #[derive(Debug)]
        pub struct Circle {
            radius: f64,
        }
        impl Circle {
            pub fn new(radius: f64) -> Self {
                Circle { radius }
            }
            #[get]
            pub fn radius(&self) -> f64 {
                self.radius
            }
        }
    }

    #[allow(dead_code)]
    mod private {
        pub fn level() {}
    }
    #[cfg(any())]
    pub mod not_there {}
}

#[test]
fn submodules_are_attributes_and_imports() {
    holds(
        "import outer; (outer.level(), outer.inner.level(), outer.inner.innermost.level()) == (1, 2, 3)",
    );
    holds(
        "import outer.inner.innermost as m; m.level() == 3 and m.__name__ == 'outer.inner.innermost'",
    );
    holds("from outer.inner import DEPTH, innermost; DEPTH == 2 and innermost.level() == 3");
    holds("from outer import inner; inner.__doc__ == 'The inner one.'");
    holds("import sys, outer.inner; sys.modules['outer.inner'] is outer.inner");
    holds("import outer; not hasattr(outer, 'private') and not hasattr(outer, 'not_there')");
}

#[test]
fn classes_of_one_are_parameters_of_another() {
    holds("import outer; outer.inner.grown(outer.forms.Circle(2)).radius == 3.0");
    let module: String = gives("from outer.forms import Circle; Circle.__module__");
    assert_eq!(module, "outer.forms");
}
