//! Threads at their end.

use gopyre_tests::in_child;
use std::cell::RefCell;

struct Late;

impl Drop for Late {
    fn drop(&mut self) {
        // The thread may be too near its end for Python, but it ends.
        let _ = gopyre::exec::<i64>("1 / 0", ());
        let _ = gopyre::exec::<gopyre::Object>("object()", ());
        let limit = std::time::Duration::from_secs(9);
        if let Ok(script) = gopyre::Script::new("1") {
            let _ = script.input(()).timeout(limit).exec::<i64>();
        }
    }
}

thread_local! {
    static LATE: RefCell<Option<Late>> = const { RefCell::new(None) };
}

#[test]
fn a_thread_may_fail_in_python_while_it_ends() {
    in_child(|| {
        let end = || {
            gopyre::exec::<i64>("1", ()).unwrap();
            LATE.with(|late| *late.borrow_mut() = Some(Late));
            assert!(gopyre::exec::<i64>("1 / 0", ()).is_err());
            assert!(gopyre::exec::<gopyre::Object>("object()", ()).is_ok());
            let script = gopyre::Script::new("1").unwrap();
            let limit = std::time::Duration::from_secs(9);
            script.input(()).timeout(limit).exec::<i64>().unwrap();
        };
        std::thread::spawn(end).join().unwrap();
        assert_eq!(gopyre::exec::<i64>("1", ()).unwrap(), 1);
    })
    .succeeds();
}

/// Imports what this thread has not, when it ends.
struct Importer;

impl Drop for Importer {
    fn drop(&mut self) {
        let imported = gopyre::exec::<gopyre::Object>("import colorsys, gopyre; colorsys", ());
        assert!(imported.is_ok(), "{imported:?}");
    }
}

thread_local! {
    static IMPORTER: RefCell<Option<Importer>> = const { RefCell::new(None) };
}

#[test]
fn a_thread_may_import_and_have_objects_while_it_ends() {
    in_child(|| {
        gopyre::Module::new("registered_here").register().unwrap();
        let end = || {
            gopyre::exec::<i64>("1", ()).unwrap();
            IMPORTER.with(|importer| *importer.borrow_mut() = Some(Importer));
            gopyre::exec::<gopyre::Object>("import registered_here, sched; sched", ()).unwrap();
        };
        std::thread::spawn(end).join().unwrap();
    })
    .succeeds();
}
