//! The end of an interpreter that has imported the module, and imports in it.

use crate::{installed, interpreter, prints, python};

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
    let end = python(&interpreter(), &installed(), &["-c", code]);
    assert_eq!(end.code(), Some(1), "{end}");
    assert!(end.stderr.contains("FileNotFoundError"), "{end}");
}

#[test]
fn at_exit_it_can_still_be_imported() {
    let code = "
import atexit
@atexit.register
def late():
    import exported_api
    print(exported_api.greet('x'), exported_api.shapes.area(1, 2))
";
    assert_eq!(prints(code), "Hello, x! 2.0\n");
}

/// After that the import system is gone, and what is left of it leads to the library by its path alone.
#[test]
fn an_interpreter_that_has_ended_gets_an_import_error() {
    let code = "
import _imp, builtins, importlib.machinery, importlib.util, sys
path = sys.path[1] + '/exported_api.so'
loader = importlib.machinery.ExtensionFileLoader('exported_api', path)
spec = importlib.util.spec_from_file_location('exported_api', path, loader=loader)

class Late:
    def __del__(self, create=_imp.create_dynamic, spec=spec, write=sys.stdout.write):
        try:
            create(spec)
            write('imported\\n')
        except ImportError as error:
            write(f'{error}\\n')

builtins.late = Late()
if FIRST == 'second':
    import exported_api
    exported_api.greet('x')
";
    let refused = "`exported_api` cannot be imported: the Python runtime is finalized\n";
    for first in ["'first'", "'second'"] {
        assert_eq!(prints(&code.replace("FIRST", first)), refused, "{first}");
    }
}

#[test]
fn threads_may_import_it_while_the_interpreter_ends() {
    // There, daemon threads that import nothing of ours fail as often. In 3.10 one that waits for the GIL may get it
    // after its interpreter is freed; in 3.13 without a GIL the end may wait for a lock that one of them has, which it
    // has stopped.
    let version = gopyre::Runtime::start().unwrap().version();
    if version.minor == 10 || version.minor == 13 && version.free_threaded {
        return;
    }
    let code = "
import threading, time
def work():
    try:
        import exported_api
        while True:
            exported_api.greet('x')
    except BaseException:
        pass
for _ in range(4):
    threading.Thread(target=work, daemon=True).start()
time.sleep(PAUSE)
print('done')
";
    for pause in ["0", "0.002", "0.01", "0.03", "0.1"] {
        assert_eq!(prints(&code.replace("PAUSE", pause)), "done\n", "{pause}");
    }
}
