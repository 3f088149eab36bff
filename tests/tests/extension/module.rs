//! What the module has, and what calling it does.

use crate::prints;

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
fn a_recursion_without_an_end_through_rust_is_a_recursion_error() {
    let code = "
import exported_api as api
import sys
# Frames of an unoptimised build are large.
sys.setrecursionlimit(200)
def again(n): return api.apply(again, [n])
try:
    again(1)
except RecursionError:
    print('stopped', api.add(1, 2))
";
    assert_eq!(prints(code), "stopped 3\n");
}

#[test]
fn what_python_exports_is_found_by_the_module_that_it_is_exported_to() {
    let code = "
import exported_api as api
import gopyre

@gopyre.export
def greet(name): return 'Hello, ' + name

@gopyre.export(to='exported_api')
def mine(): return 'mine'

@gopyre.export(name='mine', to='another_library')
def theirs(): return 'theirs'

@gopyre.export(to='another_library')
def hidden(): pass

assert api.find('greet')('Ada') == 'Hello, Ada'
assert api.find('mine') is mine
try:
    api.find('hidden')
except RuntimeError as e:
    assert str(e).startswith('nothing is exported as `hidden`, only `greet`, `mine`; help: '), str(e)
else:
    assert False
print('done')
";
    assert_eq!(prints(code), "done\n");
}
