//! One built library, imported by plain Python: whichever version the suite runs on.

#![allow(clippy::unwrap_used)]

// Only to have the library built.
use gopyre_test_extension as _;
use gopyre_tests::{Folder, this_binary};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The built library: cargo puts it beside the test binary.
fn library() -> PathBuf {
    let name = format!(
        "{}gopyre_test_extension{}",
        std::env::consts::DLL_PREFIX,
        std::env::consts::DLL_SUFFIX
    );
    this_binary().with_file_name(name)
}

/// A folder in which Python finds the module.
fn installed() -> Folder {
    let folder = Folder::new();
    std::fs::copy(library(), folder.path().join("exported_api.so")).unwrap();
    folder
}

/// Runs plain Python, the interpreter of the library that the suite runs on.
fn python(folder: &Path, code: &str) -> Output {
    let runtime = gopyre::Runtime::start().unwrap();
    Command::new(runtime.executable())
        .args(["-X", "faulthandler", "-c", code])
        .env("PYTHONPATH", folder)
        .env("PYTHONIOENCODING", "utf-8")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// What a program prints that ends well.
fn prints(code: &str) -> String {
    let output = python(installed().path(), code);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(
        output.status.success(),
        "{}\n{code}\n{stdout}\n{stderr}",
        output.status
    );
    assert_eq!(stderr, "", "{code}");
    stdout
}

#[test]
fn functions_classes_constants_and_submodules_are_there() {
    let code = "
import exported_api as api
assert api.__doc__ == 'A module of Rust for Python.', api.__doc__
assert api.__name__ == 'exported_api' and api.__file__.endswith('exported_api.so')
assert api.add(2, b=3) == 5 and api.ANSWER == 42
assert api.greet('Ada') == 'Hello, Ada!'
assert api.apply(lambda n: n * n, range(4)) == [0, 1, 4, 9]
counter = api.Counter(20)
assert (counter.incr(10), counter.value) == (30, 30)
assert api.shapes.area(2, 3.5) == 7.0
import exported_api.shapes
from exported_api.shapes import area
assert area is api.shapes.area
import exported_api as again
assert again is api
print('done')
";
    assert_eq!(prints(code), "done\n");
}

#[test]
fn errors_and_panics_are_exceptions_and_leave_python_usable() {
    let code = "
import exported_api as api
import gopyre

def raised(f, *args):
    try:
        f(*args)
    except Exception as e:
        return e

e = raised(api.fail, 'no such file')
assert isinstance(e, FileNotFoundError), repr(e)
e = raised(api.panic)
assert isinstance(e, gopyre.RustPanic) and 'on purpose' in str(e), repr(e)
e = raised(api.add, 1)
assert str(e) == \"add() missing 1 required positional argument: 'b'\", repr(e)
e = raised(api.add, 1, 'x')
assert isinstance(e, TypeError) and \"'b'\" in str(e), repr(e)
e = raised(api.add, 2**63, 0)
assert isinstance(e, OverflowError), repr(e)
e = raised(api.apply, lambda n: 1 // n, [0])
assert isinstance(e, ZeroDivisionError), repr(e)
assert api.add(1, 2) == 3
print('done')
";
    assert_eq!(prints(code), "done\n");
}

#[test]
fn the_gil_stays_as_it_is() {
    let code = "
import sys
before = getattr(sys, '_is_gil_enabled', lambda: True)()
import exported_api
assert getattr(sys, '_is_gil_enabled', lambda: True)() == before
exported_api.greet('x')
assert getattr(sys, '_is_gil_enabled', lambda: True)() == before
print('done')
";
    assert_eq!(prints(code), "done\n");
}

#[test]
fn a_detached_function_lets_other_threads_run() {
    let code = "
import threading, time
import exported_api as api
start = time.monotonic()
threads = [threading.Thread(target=api.wait, args=(400,)) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert time.monotonic() - start < 1.4
print('done')
";
    assert_eq!(prints(code), "done\n");
}

#[test]
fn the_library_can_be_loaded_by_its_path_under_any_name_of_file() {
    let code = format!(
        "
import importlib.machinery, importlib.util, sys
path = {:?}
loader = importlib.machinery.ExtensionFileLoader('exported_api', path)
spec = importlib.util.spec_from_file_location('exported_api', path, loader=loader)
api = importlib.util.module_from_spec(spec)
spec.loader.exec_module(api)
assert api.add(1, 2) == 3 and api.Counter(1).incr(1) == 2
# A second module of the same library has classes of its own.
other = importlib.util.module_from_spec(spec)
spec.loader.exec_module(other)
assert other is not api and other.Counter(5).value == 5
print('done')
",
        library()
    );
    assert_eq!(prints(&code), "done\n");
}

#[test]
fn every_interpreter_of_a_process_may_import_it() {
    let code = "
import sys
if sys.version_info >= (3, 13):
    import _interpreters as interpreters
else:
    import _xxsubinterpreters as interpreters
import exported_api
text = '''
import exported_api as api
assert api.add(1, 2) == 3
assert api.greet('sub') == 'Hello, sub!'
counter = api.Counter(1)
assert counter.incr(1) == 2 and counter.value == 2
try:
    api.fail('no such file')
except FileNotFoundError:
    pass
else:
    raise AssertionError
'''
for _ in range(3):
    number = interpreters.create()
    if sys.version_info >= (3, 13):
        failure = interpreters.exec(number, text)
        assert failure is None, failure
    else:
        interpreters.run_string(number, text)
    interpreters.destroy(number)
    assert exported_api.add(3, 4) == 7
print('done')
";
    assert_eq!(prints(code), "done\n");
}

#[test]
fn an_interpreter_may_be_the_first_to_import_it() {
    let code = "
import sys
if sys.version_info >= (3, 13):
    import _interpreters as interpreters
else:
    import _xxsubinterpreters as interpreters
number = interpreters.create()
text = 'import exported_api; assert exported_api.greet(\"sub\") == \"Hello, sub!\"'
if sys.version_info >= (3, 13):
    failure = interpreters.exec(number, text)
    assert failure is None, failure
else:
    interpreters.run_string(number, text)
interpreters.destroy(number)
import exported_api
assert exported_api.greet('main') == 'Hello, main!'
print('done')
";
    assert_eq!(prints(code), "done\n");
}

#[test]
fn threads_of_rust_may_use_python_until_the_process_ends() {
    for _ in 0..5 {
        let code = "
import atexit, time
import exported_api as api
atexit.register(print, 'at exit')
api.linger(4)
time.sleep(0.05)
print('last line')
";
        assert_eq!(prints(code), "last line\nat exit\n");
    }
}

#[test]
fn an_error_ends_the_interpreter_as_any_other_does() {
    let code = "import exported_api as api\napi.linger(2)\napi.fail('no such file')";
    let output = python(installed().path(), code);
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("FileNotFoundError"), "{stderr}");
}

/// The oldest version is 3.9; anything below is told so and goes on. On machines that have one.
#[test]
fn a_python_that_is_too_old_gets_an_import_error() {
    let pyenv = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".pyenv/versions"));
    let Some(versions) = pyenv.and_then(|dir| std::fs::read_dir(dir).ok()) else {
        return;
    };
    for version in versions.flatten() {
        let name = version.file_name().to_string_lossy().into_owned();
        if !["3.7.", "3.8."].iter().any(|old| name.starts_with(old)) {
            continue;
        }
        let folder = installed();
        let code = "
try:
    import exported_api
except ImportError as e:
    print(e)
";
        let output = Command::new(version.path().join("bin/python3"))
            .args(["-c", code])
            .env("PYTHONPATH", folder.path())
            .output()
            .unwrap();
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && stdout.contains(&name),
            "{output:?}"
        );
        assert!(stdout.contains("3.9"), "{stdout}");
    }
}
