//! Files of one folder that import each other.

use gopyre::{Result, py_module};

#[py_module(dir = "tests/modules/plain/", file = "main.py")]
extern "Python" {
    #[name = "call"]
    fn plain_call() -> Result<Vec<String>>;
    fn raises() -> Result<()>;
    fn same() -> Result<bool>;
}

#[py_module(dir = "tests/modules/pack", file = "model.py")]
extern "Python" {
    #[name = "call"]
    fn pack_call(x: i64) -> Result<Vec<i64>>;
    fn version() -> Result<String>;
    fn standard() -> Result<bool>;
}

#[py_module(dir = "tests/modules/pack", file = "helper.py")]
extern "Python" {
    fn twice(x: i64) -> Result<i64>;
}

#[test]
fn files_of_a_folder_import_each_other() -> Result<()> {
    assert_eq!(plain_call()?, ["helper", "7", "inner", "other", "json"]);
    assert!(same()?);
    assert_eq!(pack_call(4)?, [8, 8, 8]);
    assert_eq!(twice(4)?, 8);
    assert_eq!(version()?, "1.2");
    assert!(standard()?);
    let error = raises().unwrap_err();
    let frames = error.exception().unwrap().frames();
    assert_eq!(&*frames[1].file, "tests/modules/plain/helper.py");
    assert_eq!(
        frames[1].source.as_deref().map(str::trim),
        Some("raise ValueError(\"in the helper\")")
    );
    assert!(gopyre::import("helper").is_err());
    Ok(())
}
