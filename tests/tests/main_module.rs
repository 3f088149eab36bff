//! `__main__`: what `run` and `run_file` leave there, and what a file finds when it runs.

use gopyre::Result;
use gopyre_tests::{Folder, in_child};

#[test]
fn a_file_finds_its_own_name_and_its_names_stay() {
    let child = in_child(|| {
        let folder = Folder::new();
        let text = "
import sys
found = (__name__, __file__, sys.argv[0], sys.argv[1:])
def double(n):
    return n * 2
";
        folder.file("job.py", text);
        let path = folder.path().join("job.py");
        let name = path.display().to_string();
        gopyre::Runtime::builder().args(["one"]).start().unwrap();
        let before: String = gopyre::exec("import sys; sys.argv[0]", ()).unwrap();
        gopyre::run_file(&path).unwrap();
        let found: Found = gopyre::exec("import __main__; __main__.found", ()).unwrap();
        let expected = (
            "__main__".to_owned(),
            name.clone(),
            name,
            vec!["one".to_owned()],
        );
        assert_eq!(found, expected);
        assert_eq!(
            gopyre::call::<i64>("__main__", "double", (21,)).unwrap(),
            42
        );
        let after: String = gopyre::exec("import sys; sys.argv[0]", ()).unwrap();
        assert_eq!(after, before);
    });
    child.succeeds();
}

type Found = (String, String, String, Vec<String>);

#[test]
fn a_file_may_do_anything_to_the_arguments() {
    let child = in_child(|| {
        let folder = Folder::new();
        for text in [
            "import sys; sys.argv.clear()",
            "import sys; sys.argv = ()",
            "import sys; del sys.argv",
            "import sys; sys.argv = ['a']; 1 / 0",
            "import sys; assert sys.argv == [__file__]",
        ] {
            folder.file("job.py", text);
            let outcome = gopyre::run_file(folder.path().join("job.py"));
            assert_eq!(
                outcome.is_err(),
                text.contains("1 / 0"),
                "{text}: {outcome:?}"
            );
        }
    });
    child.succeeds();
}

#[test]
fn state_stays_between_runs() -> Result<()> {
    gopyre::run("main_module_test = [1]")?;
    gopyre::run("main_module_test.append(2)")?;
    let state: Vec<i64> = gopyre::exec("import __main__; __main__.main_module_test", ())?;
    assert_eq!(state, [1, 2]);
    Ok(())
}
