//! Whether the packages of the base can be imported.

use crate::venvs::base_python;
use crate::{BASE, DIR, clean, given, here, output, python_of, there, venv};
use gopyre::Runtime;
use gopyre_tests::{Folder, in_child};
use std::path::Path;

/// The scenario: a venv of one kind, asked to be of the other.
fn system_site_is(wanted: bool) {
    let dir = given(DIR);
    Runtime::builder()
        .venv(&dir)
        .system_site(wanted)
        .start()
        .unwrap();
    let here = here().path;
    let file = dir.join("pyvenv.cfg");
    let text = std::fs::read_to_string(&file).unwrap();
    let changed = text.replace(
        &format!("include-system-site-packages = {}", !wanted),
        &format!("include-system-site-packages = {wanted}"),
    );
    assert_ne!(text, changed);
    std::fs::write(&file, changed).unwrap();
    assert_eq!(here, there(&python_of(&dir), &[]).path);
}

#[test]
fn system_packages_come_into_a_venv_without_them() {
    let child = clean(in_child(|| system_site_is(true)));
    let folder = Folder::new();
    let dir = venv(&folder, &[]);
    child.env(DIR, dir).env("PYTHONNOUSERSITE", "1").succeeds();
}

#[test]
fn system_packages_leave_a_venv_with_them() {
    let child = clean(in_child(|| system_site_is(false)));
    let folder = Folder::new();
    let dir = venv(&folder, &["--system-site-packages"]);
    child.env(DIR, dir).env("PYTHONNOUSERSITE", "1").succeeds();
}

#[test]
fn without_a_venv_system_packages_are_there_or_not() {
    for wanted in [true, false] {
        let child = clean(in_child(|| {
            let wanted = given(DIR) == Path::new("true");
            Runtime::builder().system_site(wanted).start().unwrap();
            let own = there(&given(BASE), if wanted { &[] } else { &["-S"] });
            assert_eq!(here().path, own.path);
        }));
        child
            .env(DIR, wanted.to_string())
            .env(BASE, base_python())
            .env("PYTHONNOUSERSITE", "1")
            .succeeds();
    }
}

#[test]
fn folders_that_the_bases_pth_files_add_leave_with_its_packages() {
    // The user's packages stand for the base's, which a test must not write into.
    let child = clean(in_child(|| {
        let dir = given(DIR);
        Runtime::builder().system_site(false).start().unwrap();
        let path = here().path;
        let own = there(&given(BASE), &["-S"]).path;
        let listed = dir.join("listed");
        assert!(there(&given(BASE), &[]).path.contains(&listed));
        assert_eq!(path, own);
        // What is asked for in another way stays.
        assert!(path.contains(&dir.join("asked")));
    }));
    let folder = Folder::new();
    let dir = folder.path();
    for name in ["listed", "asked"] {
        std::fs::create_dir(dir.join(name)).unwrap();
    }
    let user = "import site, sys; site.PREFIXES; print(site._get_path(sys.argv[1]))";
    let user = output(base_python(), &["-c", user, dir.to_str().unwrap()]);
    let user = Path::new(user.trim_end());
    std::fs::create_dir_all(user).unwrap();
    let listed = dir.join("listed");
    let asked = dir.join("asked");
    let text = format!(
        "# a comment\n\nimport sys\n{}\n{}\nabsent\n",
        listed.display(),
        asked.display()
    );
    std::fs::write(user.join("more.pth"), text).unwrap();
    child
        .env(DIR, dir)
        .env(BASE, base_python())
        .env("PYTHONUSERBASE", dir)
        .env("PYTHONPATH", &asked)
        .succeeds();
}
