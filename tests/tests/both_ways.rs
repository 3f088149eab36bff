//! The scenario of GoPyLink, which links Go with Python, in both directions: functions and a counter of Rust
//! that Python uses, and functions and a counter of Python that Rust uses.

#![allow(clippy::unwrap_used, clippy::panic)]

use gopyre::{Error, Module, Object, Result, exec, exported, py_export, run};

#[py_export]
mod both_ways {
    /// Greets.
    #[name = "Hello"]
    pub fn hello(name: &str) -> String {
        format!("Hello, {name}!")
    }

    #[name = "Add"]
    pub fn add(a: i64, b: i64) -> i64 {
        a + b
    }

    /// Counts.
    pub struct Counter {
        value: i64,
    }

    impl Counter {
        pub fn new(#[default(0)] value: i64) -> Self {
            Counter { value }
        }
        #[name = "Incr"]
        pub fn incr(&mut self, #[default(1)] n: i64) -> i64 {
            self.value += n;
            self.value
        }
        #[name = "Value"]
        pub fn value(&self) -> i64 {
            self.value
        }
    }
}

/// What a program of Python exports, once for all tests of the process.
const EXPORTS: &str = r#"
import gopyre, weakref
if not hasattr(gopyre, "both_ways_counters"):
    gopyre.both_ways_counters = weakref.WeakSet()

    @gopyre.export(to="both_ways")
    def greet(name):
        return f"Hello, {name}, from Python"

    @gopyre.export(to="both_ways")
    def multiply(a, b):
        return a * b

    @gopyre.export(to="both_ways")
    class Counter:
        def __init__(self, value=0):
            self.value = value
            gopyre.both_ways_counters.add(self)

        def incr(self, n=1):
            if n < 0:
                raise ValueError(f"expected a number to add, found {n}")
            self.value += n
            return self.value
"#;

fn of_python(name: &str) -> Result<Object> {
    static ONCE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let once = ONCE.lock().unwrap();
    run(EXPORTS)?;
    drop(once);
    exported(name)
}

#[test]
fn python_uses_functions_of_rust() -> Result<()> {
    let code = "
        import both_ways
        both_ways.Hello('Ada'), both_ways.Hello(name='Ada'), both_ways.Add(20, 22), both_ways.Add(b=-1, a=1)
    ";
    let found: (String, String, i64, i64) = exec(code, ())?;
    let hello = "Hello, Ada!".to_owned();
    assert_eq!(found, (hello.clone(), hello, 42, 0));
    Ok(())
}

#[test]
fn python_makes_counters_of_rust_and_each_counts_by_itself() -> Result<()> {
    let code = "
        from both_ways import Counter
        one, two = Counter(20), Counter()
        [one.Incr(10), one.Incr(n=-10), one.Incr(), two.Incr(), one.Value(), two.Value()]
    ";
    let found: Vec<i64> = exec(code, ())?;
    assert_eq!(found, [30, 20, 21, 1, 21, 1]);
    let code = "from both_ways import Counter\nCounter(1).Decr(1)";
    let error = exec::<()>(code, ()).unwrap_err();
    let exception = error.exception().unwrap();
    assert_eq!(exception.type_name(), "AttributeError");
    let end = "Counter' object has no attribute 'Decr'";
    assert!(exception.message().ends_with(end), "{error}");
    Ok(())
}

#[test]
fn rust_uses_functions_of_python() -> Result<()> {
    let greeting: String = of_python("greet")?.call(("Ada",))?.extract()?;
    assert_eq!(greeting, "Hello, Ada, from Python");
    let multiply = of_python("multiply")?;
    assert_eq!(multiply.call((6, 7))?.extract::<i64>()?, 42);
    assert_eq!(multiply.call(("ab", 2))?.extract::<String>()?, "abab");
    // A call that is wrong is the error that it is in Python.
    let error = multiply.call((6,)).unwrap_err();
    let expected = "TypeError: multiply() missing 1 required positional argument: 'b'";
    assert_eq!(error.to_string(), expected);
    Ok(())
}

#[test]
fn rust_makes_counters_of_python_and_lets_go_of_them() -> Result<()> {
    let class = of_python("Counter")?;
    let mine = |counter: &Object| -> Result<bool> {
        exec("import gopyre; input in gopyre.both_ways_counters", counter)
    };
    let (one, two) = (class.call((20,))?, class.call(())?);
    assert_eq!(one.call_method("incr", (10,))?.extract::<i64>()?, 30);
    assert_eq!(two.call_method("incr", ())?.extract::<i64>()?, 1);
    assert_eq!(one.attr("value")?.extract::<i64>()?, 30);
    let error = one.call_method("incr", (-1,)).unwrap_err();
    let expected = "ValueError: expected a number to add, found -1";
    assert_eq!(error.to_string(), expected);
    assert_eq!(one.attr("value")?.extract::<i64>()?, 30);
    // A handle holds an instance, and its last one lets go of it.
    assert!(mine(&one)? && mine(&two)?);
    drop(error);
    let other = one.clone();
    drop(one);
    assert!(mine(&other)?);
    let gone: Object = exec("import weakref; weakref.ref(input)", &other)?;
    drop(other);
    assert!(gone.call(())?.is_none());
    Ok(())
}

#[test]
fn a_counter_of_either_side_is_used_by_the_other_through_what_it_has_exported() -> Result<()> {
    run("
import gopyre, both_ways

@gopyre.export(name='both_ways_sum', to='both_ways')
def sum_with(counter, numbers):
    for n in numbers:
        getattr(counter, 'Incr', None) and counter.Incr(n) or counter.incr(n)
    return both_ways.Add(0, counter.Value() if hasattr(counter, 'Value') else counter.value)
")?;
    let sum = exported("both_ways_sum")?;
    let of_rust: Object = exec("import both_ways; both_ways.Counter(10)", ())?;
    assert_eq!(sum.call((&of_rust, [1, 2, 3]))?.extract::<i64>()?, 16);
    assert_eq!(of_rust.call_method("Value", ())?.extract::<i64>()?, 16);
    let of_python = of_python("Counter")?.call((10,))?;
    assert_eq!(sum.call((of_python, [1, 2, 3]))?.extract::<i64>()?, 16);
    Ok(())
}

#[test]
fn a_wrong_export_or_a_wrong_name_is_an_error_that_says_so() -> Result<()> {
    of_python("greet")?;
    let raised = |code: &str| exec::<()>(code, ()).unwrap_err().to_string();
    assert_eq!(
        raised("import gopyre\n@gopyre.export(to='both_ways')\ndef greet(): pass"),
        "ValueError: `greet` is exported to `both_ways` already"
    );
    assert_eq!(
        raised("import gopyre\ngopyre.export(5)"),
        "TypeError: expected a function or a class, found int 5"
    );
    let Err(Error::Argument(text)) = exported("grete") else {
        panic!("found")
    };
    let start = "nothing is exported as `grete`, only `";
    assert!(
        text.starts_with(start) && text.contains("`greet`"),
        "{text}"
    );
    Ok(())
}

#[test]
fn a_module_that_is_built_by_hand_does_the_same() -> Result<()> {
    Module::new("both_ways_by_hand")
        .function("Hello", |name: String| format!("Hello, {name}!"))
        .function("Add", |a: i64, b: i64| a + b)
        .class::<both_ways::Counter>()
        .register()?;
    let code = "
        import both_ways_by_hand as m
        m.Hello('Ada'), m.Add(20, 22), m.Counter(20).Incr(10)
    ";
    let found: (String, i64, i64) = exec(code, ())?;
    assert_eq!(found, ("Hello, Ada!".to_owned(), 42, 30));
    Ok(())
}
