//! Proves that type stubs say what the exported modules are, and that mypy holds callers to them.
//!
//! `tests/matrix/packages` brings mypy from PyPI, once for each Python.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "venvs/mod.rs"]
mod venvs;

use gopyre_tests::Folder;
use std::process::Command;
use venvs::Packages;

#[gopyre::py_export]
mod typed {
    //! Typed functions.
    //!
    //! With "quotes", """three""" and a \ in them.

    use gopyre::{Object, Result, Value};
    use std::collections::{BTreeMap, HashMap};
    use std::path::{Path, PathBuf};
    use std::time::Duration;

    /// How many.
    pub const LIMIT: i64 = 3;

    /// Adds "two".
    pub fn add(a: i64, #[default(3)] b: i64) -> i64 {
        a + b
    }
    pub fn texts(texts: &[String], separator: Option<&str>) -> String {
        texts.join(separator.unwrap_or(", "))
    }
    pub fn maps(map: HashMap<String, f64>) -> BTreeMap<String, Vec<f64>> {
        map.into_iter()
            .map(|(key, value)| (key, vec![value]))
            .collect()
    }
    pub fn many(
        #[args] rest: Vec<i64>,
        #[default(1.5)] scale: f64,
        #[kwargs] more: HashMap<String, bool>,
    ) -> Result<(usize, f64)> {
        Ok((rest.len() + more.len(), scale))
    }
    pub fn paths(path: &Path) -> PathBuf {
        path.to_owned()
    }
    pub fn anything(value: Value, object: Object) -> Option<Object> {
        value.is_null().then_some(object)
    }
    pub fn bytes(bytes: &[u8], wait: Duration) -> usize {
        bytes.len() + wait.as_secs() as usize
    }

    /// Points.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Point {
        /// To the right.
        #[get]
        #[set]
        x: f64,
        #[get]
        y: f64,
    }
    impl Point {
        /// Where everything begins.
        pub const ORIGIN: Self = Point { x: 0.0, y: 0.0 };
        pub fn new(x: f64, #[default(0.0)] y: f64) -> Self {
            Point { x, y }
        }
        /// Moves it.
        ///
        /// Twice.
        pub fn moved(&self, by: &Point) -> Point {
            Point {
                x: self.x + by.x,
                y: self.y + by.y,
            }
        }
        pub fn diagonal(n: f64) -> Point {
            Point { x: n, y: n }
        }
        #[classmethod]
        pub fn named(class: &Object) -> Result<String> {
            class.attr("__name__")?.extract()
        }
        /// A method with the name of a type.
        pub fn list(&self) -> Vec<f64> {
            vec![self.x, self.y]
        }
        pub fn lists(&self) -> Vec<Point> {
            vec![self.clone()]
        }
        pub fn __len__(&self) -> usize {
            2
        }
        pub fn __getitem__(&self, index: usize) -> Option<f64> {
            [self.x, self.y].get(index).copied()
        }
        pub fn __exit__(&mut self, _a: Object, _b: Object, _c: Object) {}
    }
    impl std::ops::Mul<f64> for &Point {
        type Output = Point;
        fn mul(self, by: f64) -> Point {
            Point {
                x: self.x * by,
                y: self.y * by,
            }
        }
    }
    impl std::ops::AddAssign<&Point> for Point {
        fn add_assign(&mut self, by: &Point) {
            *self = self.moved(by);
        }
    }

    pub struct Points(Vec<Point>);
    impl Points {
        pub fn new() -> Self {
            Points(vec![])
        }
    }
    impl Iterator for Points {
        type Item = Point;
        fn next(&mut self) -> Option<Point> {
            self.0.pop()
        }
    }

    #[derive(Clone, Copy)]
    pub enum Color {
        Red,
        Green,
    }
    pub fn mixed(a: Color, b: Option<Color>) -> Color {
        b.unwrap_or(a)
    }

    pub struct Empty;

    pub mod deep {
        use super::Point;
        pub fn center(points: Vec<f64>, start: &Point) -> Point {
            Point::new(points.iter().sum(), start.y)
        }
        /// Takes the name of a type.
        pub fn float(x: f64) -> f64 {
            x
        }
    }
}

/// Its classes are named like what stubs are made of.
#[gopyre::py_export]
mod alike {
    use std::collections::HashMap;

    pub struct Mapping;
    #[name = "int"]
    pub struct Number {
        #[get]
        value: i64,
    }
    impl Number {
        pub fn new(#[default(3)] value: i64) -> Self {
            Number { value }
        }
    }
    #[derive(Clone)]
    pub enum Final {
        No,
        Yes,
    }
    #[derive(Clone)]
    pub struct IsNone;
    pub const LIMIT: f64 = 1.5;
    pub fn all(a: &Mapping, b: &Number, c: HashMap<String, i64>, d: Final) -> Option<IsNone> {
        let Mapping = a;
        (c.is_empty() && b.value == 0 && matches!(d, Final::No)).then_some(IsNone)
    }
}

#[gopyre::py_export]
mod single {
    pub fn nothing() {}
}

fn stub(module: &str) -> gopyre::Stub {
    let all = gopyre::stubs().into_iter();
    let mut found = all.filter(|stub| stub.module == module);
    found
        .next()
        .unwrap_or_else(|| panic!("no stub of {module}"))
}

#[test]
fn every_module_has_a_stub_in_its_place() {
    let all = gopyre::stubs();
    let names: Vec<(&str, &str)> = all
        .iter()
        .map(|stub| (&*stub.module, stub.path.to_str().unwrap()))
        .collect();
    assert_eq!(
        names,
        [
            ("alike", "alike.pyi"),
            ("single", "single.pyi"),
            ("typed", "typed/__init__.pyi"),
            ("typed.deep", "typed/deep.pyi"),
        ]
    );
}

#[test]
fn names_types_defaults_and_documentation_are_in_it() {
    let text = stub("typed").text;
    for part in [
        "\"\"\"Typed functions.\n\nWith \"quotes\", \\\"\\\"\\\"three\\\"\\\"\\\" and a \\\\ in them.\n\"\"\"\n",
        "from . import deep as deep\n",
        "LIMIT: Final[int]\n\"\"\"How many.\"\"\"\n",
        "def add(a: int, b: int = 3) -> int:\n    \"\"\"Adds \"two\".\"\"\"\n",
        "def texts(texts: Iterable[str], separator: str | None = None) -> str: ...\n",
        "def maps(map: Mapping[str, float]) -> dict[str, list[float]]: ...\n",
        "def many(*rest: int, scale: float = 1.5, **more: bool) -> tuple[int, float]: ...\n",
        "def paths(path: str | PathLike[str]) -> str: ...\n",
        "def anything(value: Any, object: Any) -> Any: ...\n",
        "def bytes(bytes: _builtins.bytes | bytearray | memoryview, wait: timedelta) -> int: ...\n",
        "class Point:\n    \"\"\"Points.\"\"\"\n",
        "    ORIGIN: ClassVar[Point]\n    \"\"\"Where everything begins.\"\"\"\n",
        "    def __init__(self, x: float, y: float = 0.0) -> None: ...\n",
        "    def moved(self, by: Point) -> Point:\n        \"\"\"Moves it.\n\n        Twice.\n        \"\"\"\n",
        "    @staticmethod\n    def diagonal(n: float) -> Point: ...\n",
        "    @classmethod\n    def named(cls) -> str: ...\n",
        "    def lists(self) -> _builtins.list[Point]: ...\n",
        "    @property\n    def x(self) -> float:\n        \"\"\"To the right.\"\"\"\n    @x.setter\n    def x(self, value: float) -> None: ...\n",
        "    def __eq__(self, other: object) -> bool: ...\n",
        "    __hash__: ClassVar[None]  # type: ignore[assignment]\n",
        "    def __iadd__(self, other: Point) -> Self: ...\n",
        "    def __next__(self) -> Point: ...\n",
        "    def __iter__(self) -> Self: ...\n",
        "    Red: ClassVar[Color]\n",
        "class Empty: ...\n",
    ] {
        assert!(text.contains(part), "no {part} in\n{text}");
    }
    let text = stub("typed.deep").text;
    assert!(text.contains("from typed import Point\n"), "{text}");
    assert!(
        text.contains("def float(x: _builtins.float) -> _builtins.float:"),
        "{text}"
    );
}

#[test]
fn a_class_named_like_a_type_of_pythons_is_told_from_it() {
    let text = stub("alike").text;
    for part in [
        "import typing as _typing\n",
        "LIMIT: _typing.Final[float]\n",
        "    def __init__(self, value: _builtins.int = 3) -> None: ...\n",
        "    def value(self) -> _builtins.int: ...\n",
        "    Yes: ClassVar[Final]\n",
        "def all(a: Mapping, b: int, c: _collections_abc.Mapping[str, _builtins.int], d: Final) -> IsNone | None: ...\n",
    ] {
        assert!(text.contains(part), "no {part} in\n{text}");
    }
}

#[test]
fn a_stub_is_python_of_the_oldest_version() {
    for stub in gopyre::stubs() {
        let code = "import ast; ast.parse(input, feature_version=(3, 9)); None";
        gopyre::exec::<()>(code, &stub.text)
            .unwrap_or_else(|error| panic!("{error:?}\n{}", stub.text));
    }
}

#[test]
fn a_stub_that_cannot_be_written_names_its_place() {
    let folder = Folder::new();
    let file = folder.file("file", "");
    let error = stub("single").write_to(&file).unwrap_err();
    assert!(
        error.to_string().contains(file.to_str().unwrap()),
        "{error}"
    );
}

/// A caller that is right, in every line.
const RIGHT: &str = r#"
import datetime, pathlib
import typed
from typed import Color, Point, Points
from typed.deep import center

total: int = typed.add(1) + typed.add(1, b=2) + typed.LIMIT
text: str = typed.texts(["a"], separator="-") + typed.texts(("a", "b"))
lists: dict[str, list[float]] = typed.maps({"a": 1.0})
pair: tuple[int, float] = typed.many(1, 2, scale=2.0, x=True)
path: str = typed.paths(pathlib.Path("x")) + typed.paths("y")
size: int = typed.bytes(b"x", datetime.timedelta(seconds=1))
point: Point = Point(1.0).moved(Point.diagonal(2.0)) * 2.0
point.x = point.y + 1
point += Point(1.0, y=2.0)
numbers: list[float] = point.list()
first: float = point[0]
same: bool = point == 3
name: str = Point.named()
for each in Points():
    first = each.x
with point as entered:
    first = entered.x
color: Color = typed.mixed(Color.Red, None)
moved: Point = center([1.0], Point.ORIGIN) if len(point) else point
"#;

/// Lines that are wrong, each by itself.
const WRONG: [&str; 12] = [
    "typed.add('1')",
    "typed.add()",
    "typed.add(1, c=2)",
    "x: str = typed.add(1)",
    "typed.texts([1])",
    "typed.many('a')",
    "typed.Point('a')",
    "typed.Point(1.0).missing",
    "typed.Point(1.0).y = 2.0",
    "typed.mixed(3, None)",
    "typed.single",
    "hash(typed.Point(1.0)) + typed.LIMIT.x",
];

#[test]
fn mypy_accepts_the_stubs_and_holds_callers_to_them() {
    // The stubs are the same on every Python, and mypy takes minutes on these two.
    let version = gopyre::Runtime::start().unwrap().version();
    if version.debug || version.free_threaded {
        return;
    }
    let packages = Packages::make("mypy", &["mypy"]);
    if !packages.has("mypy") {
        return;
    }
    let folder = Folder::new();
    for stub in gopyre::stubs() {
        stub.write_to(folder.path()).unwrap();
    }
    folder.file("right.py", RIGHT);
    folder.file("wrong.py", &format!("import typed\n{}\n", WRONG.join("\n")));
    let files = ["typed", "alike.pyi", "single.pyi", "right.py", "wrong.py"];
    let output = Command::new(packages.dir.join("bin/python"))
        .args(["-m", "mypy", "--strict", "--no-error-summary"])
        .arg("--cache-dir=/dev/null")
        .args(files)
        .current_dir(folder.path())
        .output()
        .unwrap();
    let report = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    for (line, code) in (2..).zip(WRONG) {
        let place = format!("wrong.py:{line}: error: ");
        assert!(report.contains(&place), "accepted: {code}\n{report}");
    }
    // Notes may name the stub that a caller is held to.
    let elsewhere = |line: &&str| !line.starts_with("wrong.py:") && !line.contains(": note: ");
    assert_eq!(report.lines().find(elsewhere), None, "{report}");
}
