//! Interpreters within a process, and the one lock or none that they have.

use crate::prints;

/// Begins the programs that run code in another interpreter, with a GIL of its own where there are such.
const ELSEWHERE: &str = "
import sys
if sys.version_info >= (3, 13):
    import _interpreters as interpreters
else:
    import _xxsubinterpreters as interpreters

def elsewhere(code):
    number = interpreters.create()
    run = interpreters.exec if sys.version_info >= (3, 13) else interpreters.run_string
    failure = run(number, code)
    assert failure is None, failure
    interpreters.destroy(number)
";

#[test]
fn every_interpreter_of_a_process_may_import_it() {
    let code = format!(
        "{ELSEWHERE}
import exported_api
for _ in range(3):
    elsewhere('''
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
''')
    assert exported_api.add(3, 4) == 7
print('done')
"
    );
    assert_eq!(prints(&code), "done\n");
}

#[test]
fn an_interpreter_may_be_the_first_to_import_it() {
    let code = format!(
        "{ELSEWHERE}
elsewhere('import exported_api; assert exported_api.greet(\"sub\") == \"Hello, sub!\"')
import exported_api
assert exported_api.greet('main') == 'Hello, main!'
print('done')
"
    );
    assert_eq!(prints(&code), "done\n");
}

#[test]
fn each_of_two_libraries_may_be_in_each_interpreter() {
    let code = format!(
        "{ELSEWHERE}
import fuzzy
elsewhere('''
import exported_api, fuzzy
for _ in range(3):
    assert exported_api.greet('sub') == 'Hello, sub!' and fuzzy.distance('a', 'b') == 1
    counter = exported_api.Counter(1)
    assert type(counter.joined(counter)) is exported_api.Counter
''')
import exported_api
assert exported_api.greet('main') == 'Hello, main!' and fuzzy.distance('a', 'b') == 1
print('done')
"
    );
    assert_eq!(prints(&code), "done\n");
}

#[test]
fn the_gil_stays_as_it_is() {
    let code = "
import sys, sysconfig
enabled = getattr(sys, '_is_gil_enabled', lambda: True)
# A free-threaded build begins without.
assert enabled() == (not sysconfig.get_config_var('Py_GIL_DISABLED'))
before = enabled()
import exported_api
assert enabled() == before
exported_api.greet('x')
assert enabled() == before
print('done')
";
    assert_eq!(prints(code), "done\n");
}
