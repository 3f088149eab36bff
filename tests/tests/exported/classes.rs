//! Classes: constructors, methods, properties, constants, what Python shows of them.

use crate::{caught, gives, holds};
use gopyre::py_export;
use std::sync::atomic::{AtomicUsize, Ordering};

static DROPPED: AtomicUsize = AtomicUsize::new(0);

#[py_export]
mod classes {
    use super::{DROPPED, Ordering};
    use gopyre::{Object, Result};

    /// A box with two sides.
    #[derive(Clone)]
    pub struct Area {
        /// How wide it is.
        #[get]
        #[set]
        width: f64,
        height: f64,
        #[get]
        #[name = "sort"]
        kind: String,
        #[get]
        #[set]
        tags: Vec<String>,
        #[allow(dead_code)]
        hidden: (),
    }

    impl Area {
        /// The unit.
        pub const UNIT: &str = "cm";
        pub const ZERO: Self = Area {
            width: 0.0,
            height: 0.0,
            kind: String::new(),
            tags: Vec::new(),
            hidden: (),
        };
        #[allow(dead_code)]
        const PRIVATE: i64 = 3;

        /// Makes one.
        pub fn new(width: f64, #[default(1.0)] height: f64) -> Self {
            Area {
                width,
                height,
                kind: "area".into(),
                tags: vec![],
                hidden: (),
            }
        }

        /// The area itself.
        #[get]
        pub fn size(&self) -> f64 {
            self.width * self.height
        }

        /// How high it is.
        #[get]
        pub fn height(&self) -> f64 {
            self.height
        }
        #[set]
        pub fn set_height(&mut self, value: f64) -> Result<()> {
            if value < 0.0 {
                return Err(gopyre::Error::Argument(
                    "expected a height, found less than none".into(),
                ));
            }
            self.height = value;
            Ok(())
        }
        #[set]
        #[name = "both"]
        pub fn write_only(&mut self, value: f64) {
            (self.width, self.height) = (value, value);
        }

        pub fn square(side: f64) -> Self {
            Self::new(side, side)
        }
        #[classmethod]
        pub fn named(class: &Object, width: f64) -> Result<Object> {
            class.call((width,))
        }
        #[classmethod]
        pub fn class_name(class: &Object) -> Result<String> {
            class.attr("__name__")?.extract()
        }

        pub fn scale(&mut self, #[default(2.0)] by: f64) {
            self.width *= by;
            self.height *= by;
        }
        pub fn consumed(self) -> f64 {
            self.width + self.height
        }
        pub fn myself(self_: &Object) -> Object {
            self_.clone()
        }
        pub fn kind(self_: &Object, suffix: &str) -> Result<String> {
            Ok(self_.type_name()? + suffix)
        }
        #[detach]
        pub fn slow(&self, n: f64) -> f64 {
            self.width + n
        }
        #[allow(dead_code)]
        fn private(&self) {}
    }

    impl Area {
        pub fn of_a_second_impl(&self) -> bool {
            true
        }
    }

    pub struct Checked {
        value: u8,
    }

    impl Checked {
        #[name = "value_of"]
        pub fn value(&self) -> u8 {
            self.value
        }
        pub fn new(text: &str) -> std::result::Result<Self, std::num::ParseIntError> {
            Ok(Checked {
                value: text.parse()?,
            })
        }
    }

    /// Nobody makes one.
    pub struct NoConstructor;

    #[name = "Renamed"]
    pub struct Other;
    impl Other {
        pub fn new() -> Self {
            Other
        }
    }

    pub struct Pair(
        #[get]
        #[name = "first"]
        i64,
        #[allow(dead_code)] i64,
    );
    impl Pair {
        pub fn new(a: i64, b: i64) -> Self {
            Pair(a, b)
        }
    }

    pub struct Dropped;
    impl Dropped {
        pub fn new() -> Self {
            Dropped
        }
    }
    impl Drop for Dropped {
        fn drop(&mut self) {
            DROPPED.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub struct PanicsAtLast;
    impl PanicsAtLast {
        pub fn new() -> Self {
            PanicsAtLast
        }
    }
    impl Drop for PanicsAtLast {
        fn drop(&mut self) {
            panic!("no end today");
        }
    }

    pub struct Panics;
    impl Panics {
        pub fn new() -> Self {
            panic!("no instance today")
        }
    }
}

#[test]
fn constructors_take_arguments_as_functions_do() {
    let sizes: Vec<f64> = gives(
        "from classes import Area; [Area(2).size, Area(2, 3).size, Area(height=3, width=2).size]",
    );
    assert_eq!(sizes, [2.0, 6.0, 6.0]);
    // CPython 3.9 keeps no signature of a class that C makes.
    holds(
        "import inspect, sys, classes\n\
         sys.version_info < (3, 10) \\\n\
         or str(inspect.signature(classes.Area)) == '(width, height=1.0)'",
    );
}

#[test]
fn a_constructor_that_fails_raises() {
    holds("from classes import Checked; Checked('7').value_of() == 7");
    let error = caught("from classes import Checked", "Checked('x')");
    assert!(error.ends_with("invalid digit found in string"), "{error}");
    let error = caught("from classes import Panics", "Panics()");
    assert!(error.starts_with("RustPanic: "), "{error}");
    assert!(error.contains("no instance today"), "{error}");
}

#[test]
fn a_class_without_a_constructor_says_so() {
    let error = caught("from classes import NoConstructor", "NoConstructor()");
    assert_eq!(error, "TypeError: No constructor defined for NoConstructor");
}

#[test]
fn properties_are_read_and_written() {
    holds(
        "from classes import Area\n\
         a = Area(2, 3)\n\
         a.width = 4\n\
         a.height = 5\n\
         (a.width, a.height, a.size, a.sort) == (4.0, 5.0, 20.0, 'area')",
    );
    holds("from classes import Area; a = Area(1); a.both = 3; a.size == 9.0");
    holds("from classes import Area; a = Area(1); a.tags = ['x', 'y']; a.tags == ['x', 'y']");
    holds("from classes import Pair; Pair(3, 4).first == 3");
    let setup = "from classes import Area\na = Area(2)";
    let error = caught(setup, "a.size = 3");
    assert!(error.starts_with("AttributeError: "), "{error}");
    let error = caught(setup, "del a.width");
    assert!(error.contains("Error: "), "{error}");
    let error = caught(setup, "a.width = 'x'");
    assert!(error.starts_with("TypeError: "), "{error}");
    assert!(error.contains("expected f64, found str 'x'"), "{error}");
    let error = caught(setup, "a.height = -1");
    assert!(
        error.contains("expected a height, found less than none"),
        "{error}"
    );
    let error = caught(setup, "a.both");
    assert!(error.starts_with("AttributeError: "), "{error}");
    let error = caught(setup, "a.hidden");
    assert!(error.starts_with("AttributeError: "), "{error}");
}

#[test]
fn methods_of_all_kinds_are_called() {
    holds("from classes import Area; a = Area(2, 3); a.scale(); a.scale(by=0.5); a.size == 6.0");
    holds("from classes import Area; Area.square(3).size == 9.0 and Area(1).square(2).size == 4.0");
    holds("from classes import Area; Area.named(3).width == 3.0 and Area.class_name() == 'Area'");
    holds("from classes import Area; a = Area(2, 3); a.consumed() == 5.0 and a.size == 6.0");
    holds(
        "from classes import Area; a = Area(2, 3); a.myself() is a and a.kind(suffix='!') == 'Area!'",
    );
    holds("from classes import Area; Area(2).slow(n=1) == 3.0 and Area(1).of_a_second_impl()");
    holds("from classes import Area; Area.scale(a := Area(1), 3) is None and a.width == 3.0");
    let error = caught("from classes import Area", "Area.scale(3)");
    assert!(error.starts_with("TypeError: "), "{error}");
}

#[test]
fn constants_of_a_class_are_there() {
    holds("from classes import Area; Area.UNIT == 'cm' and Area.ZERO.size == 0.0");
    holds("from classes import Area; isinstance(Area.ZERO, Area)");
    let names: Vec<String> =
        gives("from classes import Area; sorted(n for n in vars(Area) if not n.startswith('_'))");
    let expected = [
        "UNIT",
        "ZERO",
        "both",
        "class_name",
        "consumed",
        "height",
        "kind",
        "myself",
        "named",
        "of_a_second_impl",
        "scale",
        "size",
        "slow",
        "sort",
        "square",
        "tags",
        "width",
    ];
    assert_eq!(names, expected);
}

#[test]
fn python_shows_what_a_class_is() {
    holds("from classes import Area; Area.__doc__ == 'A box with two sides.'");
    holds(
        "from classes import Area; Area.scale.__name__ == 'scale' and Area.size.__doc__ == 'The area itself.'",
    );
    holds("from classes import Area; Area.width.__doc__ == 'How wide it is.'");
    holds(
        "from classes import Area; (Area.__name__, Area.__qualname__, Area.__module__) == ('Area', 'Area', 'classes')",
    );
    holds(
        "import classes; classes.Renamed.__name__ == 'Renamed' and not hasattr(classes, 'Other')",
    );
    holds(
        "import inspect; from classes import Area; str(inspect.signature(Area.scale)) == '(self, /, by=2.0)'",
    );
    holds(
        "import inspect; from classes import Area; str(inspect.signature(Area(1).scale)) == '(by=2.0)'",
    );
    holds(
        "import inspect; from classes import Area; str(inspect.signature(Area.square)) == '(side)'",
    );
    holds(
        "import inspect; from classes import Area; str(inspect.signature(Area.named)) == '(width)'",
    );
    let help: String =
        gives("import pydoc; from classes import Area; pydoc.plain(pydoc.render_doc(Area))");
    for part in [
        "A box with two sides.",
        "scale(self, /, by=2.0)",
        "The area itself.",
    ] {
        assert!(help.contains(part), "no {part} in {help}");
    }
}

#[test]
fn a_class_of_python_may_derive_from_one_of_rust() {
    holds(
        "from classes import Area\n\
         class Room(Area):\n    \
             def __init__(self, name, width):\n        \
                 super().__init__(width, height=2)\n        \
                 self.name = name\n    \
             def scale(self, by=10):\n        \
                 super().scale(by)\n        \
                 return self\n\
         room = Room('kitchen', 3)\n\
         room.scale()\n\
         (isinstance(room, Area), room.name, room.size, room.kind('!'), Room.class_name(),\n \
          Room.square(2).size) == (True, 'kitchen', 600.0, 'Room!', 'Room', 4.0)",
    );
    let error = caught(
        "from classes import Area\n\
         class Forgetful(Area):\n    \
             def __init__(self): pass",
        "Forgetful().scale()",
    );
    assert!(error.starts_with("RuntimeError: "), "{error}");
}

#[test]
fn the_value_goes_with_the_last_reference() {
    let before = DROPPED.load(Ordering::Relaxed);
    gives::<()>(
        "import classes, gc; x = [classes.Dropped() for _ in range(5)]; del x; gc.collect(); None",
    );
    assert_eq!(DROPPED.load(Ordering::Relaxed) - before, 5);
}

#[test]
fn a_drop_that_panics_is_an_unraisable_exception() {
    let seen: (Vec<String>, i64) = gives(
        "import classes, gc, sys\n\
         seen, hook = [], sys.unraisablehook\n\
         sys.unraisablehook = lambda u: seen.append(f'{type(u.exc_value).__name__}: {u.exc_value}')\n\
         try:\n    \
             x = classes.PanicsAtLast()\n    \
             del x\n    \
             gc.collect()\n\
         finally: sys.unraisablehook = hook\n\
         seen, 1",
    );
    let [text] = &*seen.0 else { panic!("{seen:?}") };
    let start = "RustPanic: no end today, at tests/tests/exported/classes.rs:";
    assert!(text.starts_with(start), "{text}");
}

#[test]
fn an_instance_is_of_one_rust_class() {
    let error = caught(
        "from classes import Area, Checked",
        "type('Both', (Area, Checked), {})",
    );
    assert!(
        error.starts_with("TypeError: multiple bases have instance lay-out conflict"),
        "{error}"
    );
    let error = caught(
        "from classes import Area, Checked; a = Area(1)",
        "a.__class__ = Checked",
    );
    assert!(error.starts_with("TypeError: "), "{error}");
    let error = caught(
        "from classes import Area, Checked",
        "Area.scale(Checked('1'))",
    );
    assert!(
        error.starts_with("TypeError: descriptor 'scale' for 'classes.Area' objects doesn't apply"),
        "{error}"
    );
    // A subclass of Python's has what instances of Python's have.
    holds(
        "import weakref\n\
         from classes import Area\n\
         class Plain(Area): pass\n\
         class Slotted(Area): __slots__ = ('extra',)\n\
         p, s = Plain(1), Slotted(2)\n\
         p.anything, s.extra = 1, 2\n\
         (vars(p), s.extra, p.width, s.width, weakref.ref(s)() is s, weakref.ref(Area(1))() is None) \
         == ({'anything': 1}, 2, 1.0, 2.0, True, True)",
    );
}
