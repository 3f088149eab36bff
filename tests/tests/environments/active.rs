//! The venv that is active in the environment.

use crate::venvs::base_python;
use crate::{BASE, DIR, clean, given, here, library, python_of, there, venv, venv_of_3_8};
use gopyre::Runtime;
use gopyre_tests::{Folder, in_child};

#[test]
fn the_active_venv_is_used() {
    let child = clean(in_child(|| {
        let dir = given("VIRTUAL_ENV");
        let runtime = Runtime::start().unwrap();
        assert_eq!(here(), there(&python_of(&dir), &[]));
        assert_eq!(runtime.executable(), python_of(&dir));
    }));
    let folder = Folder::new();
    child.env("VIRTUAL_ENV", venv(&folder, &[])).succeeds();
}

#[test]
fn a_venv_that_is_given_wins_over_the_active_one() {
    let child = clean(in_child(|| {
        Runtime::builder().venv(given(DIR)).start().unwrap();
        assert_eq!(here().prefix, given(DIR));
    }));
    let (active, chosen) = (Folder::new(), Folder::new());
    child
        .env("VIRTUAL_ENV", venv(&active, &[]))
        .env(DIR, venv(&chosen, &[]))
        .succeeds();
}

#[test]
fn an_active_venv_of_another_python_is_left_out_and_reported() {
    let child = clean(in_child(|| {
        let runtime = Runtime::start().unwrap();
        let report = runtime.to_string();
        let note = format!(
            "note: `VIRTUAL_ENV` ({}) is left out",
            given("VIRTUAL_ENV").display()
        );
        assert!(
            report.contains(&note) && report.contains("of Python 3.8"),
            "{report}"
        );
        assert_eq!(here().prefix, there(&given(BASE), &[]).prefix);
    }));
    let folder = Folder::new();
    child
        .env("GOPYRE_LIBPYTHON", library())
        .env(BASE, base_python())
        .env("VIRTUAL_ENV", venv_of_3_8(&folder))
        .succeeds();
}
