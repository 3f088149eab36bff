//! Threads at their end.

use gopyre_tests::in_child;
use std::cell::RefCell;

struct Late;

impl Drop for Late {
    fn drop(&mut self) {
        // The thread may be too near its end for Python, but it ends.
        let _ = gopyre::exec::<i64>("1 / 0", ());
        let _ = gopyre::exec::<gopyre::Object>("object()", ());
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
        };
        std::thread::spawn(end).join().unwrap();
        assert_eq!(gopyre::exec::<i64>("1", ()).unwrap(), 1);
    })
    .succeeds();
}
