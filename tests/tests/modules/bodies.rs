//! When the body of an embedded module runs.

use gopyre::{Result, py_module};
use std::thread;

#[py_module(file = "tests/modules/once.py")]
extern "Python" {
    fn runs() -> Result<i64>;
}

#[test]
fn two_threads_that_come_first_run_the_body_once() -> Result<()> {
    let threads: Vec<_> = (0..8).map(|_| thread::spawn(runs)).collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap()?, 1);
    }
    Ok(())
}

#[py_module(file = "tests/modules/flaky.py")]
extern "Python" {
    fn tries() -> Result<i64>;
}

#[test]
fn a_module_that_raises_is_tried_again() -> Result<()> {
    for expected in ["not yet: 1", "not yet: 2"] {
        let error = tries().unwrap_err();
        let exception = error.exception().unwrap();
        assert_eq!(exception.message(), expected);
        assert_eq!(exception.frames().len(), 1, "{error:?}");
        let name = "gopyre_modules.gopyre_tests.tests_modules_flaky";
        assert!(!gopyre::exec::<bool>(
            "import sys; input in sys.modules",
            name
        )?);
    }
    assert_eq!(tries()?, 3);
    Ok(())
}
