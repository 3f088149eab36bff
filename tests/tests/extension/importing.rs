//! Where the module is found, and under which names, however often.

use crate::{installed, interpreter, library, prints, prints_in, python};
use gopyre_tests::Folder;
use std::path::{Path, PathBuf};

/// Begins the programs that load a library by its path.
const LOAD: &str = "
import importlib, importlib.machinery, importlib.util, sys
def load(path, name='exported_api'):
    loader = importlib.machinery.ExtensionFileLoader(name, path)
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module
";

#[test]
fn the_library_can_be_loaded_by_its_path_under_any_name_of_file() {
    let code = format!(
        "{LOAD}
path = {:?}
api = load(path)
assert api.add(1, 2) == 3 and api.Counter(1).incr(1) == 2
# A second module of the same library is another one.
other = load(path)
assert other is not api and other.Counter(5).value == 5
print('done')
",
        library("gopyre_test_extension")
    );
    assert_eq!(prints(&code), "done\n");
}

#[test]
fn it_opens_no_libpython() {
    let code = "
def libraries():
    try:
        with open('/proc/self/maps') as maps:
            return {line.split()[-1] for line in maps if 'libpython' in line}
    except FileNotFoundError:
        return set()

before = libraries()
import exported_api
exported_api.greet('x')
assert libraries() == before, (before, libraries())
print('done')
";
    assert_eq!(prints(code), "done\n");
}

/// The system's own often have no libpython at all.
#[test]
fn an_interpreter_with_cpython_linked_into_it_may_import_it() {
    let folder = installed();
    let code = "
import exported_api
assert exported_api.greet('x') == 'Hello, x!' and exported_api.Counter(1).incr(2) == 3
print('done')
";
    for minor in 9..=15 {
        let interpreter = PathBuf::from(format!("/usr/bin/python3.{minor}"));
        if interpreter.exists() {
            assert_eq!(prints_in(&interpreter, &folder, code), "done\n");
        }
    }
}

#[test]
fn a_package_may_have_it_inside() {
    let folder = installed();
    let package = folder.path().join("package");
    std::fs::create_dir(&package).unwrap();
    std::fs::write(
        package.join("__init__.py"),
        "from .exported_api import add\n",
    )
    .unwrap();
    let file = "exported_api.so";
    std::fs::rename(folder.path().join(file), package.join(file)).unwrap();
    let code = "
import package
assert package.add(1, 2) == 3
api = package.exported_api
assert api.__name__ == 'package.exported_api', api
assert api.shapes.area(2, 3) == 6.0 and api.Counter(1).value == 1
print('done')
";
    assert_eq!(prints_in(&interpreter(), &folder, code), "done\n");
}

#[test]
fn it_may_be_the_init_of_a_package() {
    let folder = Folder::new();
    let package = folder.path().join("exported_api");
    std::fs::create_dir(&package).unwrap();
    std::fs::copy(
        library("gopyre_test_extension"),
        package.join("__init__.so"),
    )
    .unwrap();
    std::fs::write(
        package.join("written.py"),
        "from . import add\nFIVE = add(2, 3)\n",
    )
    .unwrap();
    let code = "
import exported_api.shapes
import exported_api.written
assert exported_api.written.FIVE == 5 and exported_api.shapes.area(2, 3) == 6.0
print('done')
";
    assert_eq!(prints_in(&interpreter(), &folder, code), "done\n");
}

#[test]
fn another_name_than_its_own_is_an_import_error() {
    let folder = installed();
    let from = folder.path().join("exported_api.so");
    std::fs::copy(from, folder.path().join("other.so")).unwrap();
    let code = "
import exported_api
try:
    import other
except ImportError as e:
    assert 'PyInit_other' in str(e), e
    print('refused', exported_api.add(1, 2))
";
    assert_eq!(prints_in(&interpreter(), &folder, code), "refused 3\n");
}

#[test]
fn it_may_be_reloaded_and_imported_anew() {
    let code = "
import importlib, sys
import exported_api as api
counter = api.Counter(4)
assert importlib.reload(api) is api
assert importlib.reload(api.shapes) is api.shapes
assert counter.incr(1) == 5 and api.add(1, 2) == 3 and api.shapes.area(1, 2) == 2.0
for name in [name for name in sys.modules if name.startswith('exported_api')]:
    del sys.modules[name]
import exported_api as again
assert again is not api and again.add(1, 2) == 3 and again.shapes.area(1, 2) == 2.0
assert isinstance(counter, again.Counter) and again.Counter(1).incr(1) == 2 and counter.incr(1) == 6
print('done')
";
    assert_eq!(prints(code), "done\n");
}

#[test]
fn two_libraries_share_what_python_has_of_gopyre_and_nothing_else() {
    let code = "
import exported_api, fuzzy, gopyre

def raised(f, *arguments):
    try:
        f(*arguments)
    except Exception as e:
        return e

assert type(raised(fuzzy.Dictionary().add, '')) is gopyre.RustError
assert type(raised(exported_api.panic)) is gopyre.RustPanic
# The one calls the other, and errors pass through both.
assert exported_api.apply(lambda n: fuzzy.distance('a', 'b' * n), [1, 2]) == [1, 2]
assert type(raised(exported_api.apply, lambda n: fuzzy.Dictionary().add(''), [1])) is gopyre.RustError
assert type(raised(exported_api.apply, fuzzy.Dictionary(), [1])) is TypeError
exported_api.linger(2)
print('done')
";
    assert_eq!(prints(code), "done\n");
}

/// Both copies have a finder that knows the modules inside.
#[test]
fn two_copies_of_a_library_are_two_modules() {
    let folder = installed();
    let copy = folder.path().join("copy.so");
    std::fs::copy(folder.path().join("exported_api.so"), &copy).unwrap();
    let code = format!(
        "{LOAD}
import exported_api
copy = load({copy:?})
assert copy.Counter is not exported_api.Counter
assert copy.Counter(1).incr(1) == exported_api.Counter(1).incr(1) == 2
del sys.modules['exported_api.shapes']
assert importlib.import_module('exported_api.shapes').area(1, 2) == 2.0
print('done')
"
    );
    assert_eq!(prints_in(&interpreter(), &folder, &code), "done\n");
}

/// Once one of them is imported, its library knows the others too.
#[test]
fn each_module_of_a_library_is_imported_by_its_own_file() {
    let code = "
import importlib, sys

for name in sys.argv[1:]:
    importlib.import_module(name)
import exported_api, exported_more
for module in exported_api, exported_more:
    assert module.__file__.endswith(module.__name__ + '.so'), module.__file__
Part = exported_more.parts.Part
assert exported_more.joined(Part(1), Part(2)) == 3
assert exported_api.Counter(1).joined(exported_api.Counter(2)).value == 3
print('done')
";
    let folder = installed();
    let [api, more] = ["exported_api.so", "exported_more.so"].map(|name| folder.path().join(name));
    let run = |first: &str| {
        let end = python(&interpreter(), &folder, &["-c", code, first]);
        assert!(end.code() == Some(0) && end.stdout == "done\n", "{end}");
    };
    std::fs::copy(&api, &more).unwrap();
    run("exported_api");
    run("exported_more");
    // Two names of one file are one library to the system.
    std::fs::remove_file(&more).unwrap();
    std::os::unix::fs::symlink(&api, &more).unwrap();
    run("exported_api");
    run("exported_more");
}

#[test]
fn a_library_hides_no_module_that_is_installed() {
    let folder = installed();
    let code = "
import exported_api, exported_more
print(exported_more.__spec__.origin, hasattr(exported_more, 'parts'))
";
    assert_eq!(prints_in(&interpreter(), &folder, code), "Rust True\n");
    let file = folder.file("exported_more.py", "");
    let printed = prints_in(&interpreter(), &folder, code);
    assert_eq!(printed, format!("{} False\n", file.display()));
}

/// As the import hooks of profilers and tracers do.
#[test]
fn a_finder_that_asks_all_others_is_no_hindrance() {
    let code = "
import sys
import exported_api

class Hook:
    def find_spec(self, name, path=None, target=None):
        for finder in sys.meta_path:
            if finder is not self:
                spec = finder.find_spec(name, path, target)
                if spec is not None:
                    seen.append(name)
                    return spec

seen = []
for place in 0, len(sys.meta_path) + 1:
    hook = Hook()
    sys.meta_path.insert(place, hook)
    del sys.modules['exported_api.shapes']
    import exported_api.shapes
    assert exported_api.shapes.area(1, 2) == 2.0
    sys.meta_path.remove(hook)
assert 'exported_api.shapes' in seen, seen
print('done')
";
    assert_eq!(prints(code), "done\n");
}

#[test]
fn the_example_does_what_its_script_says() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/extension/spell.py");
    let end = python(&interpreter(), &installed(), &[script.to_str().unwrap()]);
    assert_eq!(end.code(), Some(0), "{end}");
    assert!(end.stdout.starts_with("Python 3."), "{end}");
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
        let code = "
try:
    import exported_api
except ImportError as e:
    print(e)
";
        let printed = prints_in(&version.path().join("bin/python3"), &installed(), code);
        assert!(
            printed.contains(&name) && printed.contains("3.9"),
            "{printed}"
        );
    }
}
