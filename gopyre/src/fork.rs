//! Forks of the process: a lock that another thread holds at that moment would never be given back there.

use crate::attach;
use crate::gate::GATE;
use crate::interpreter;
use crate::output;
use crate::script;
use std::any::Any;
use std::cell::RefCell;
use std::ffi::c_int;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

/// A lock that is held.
pub(crate) type Held = Box<dyn Any>;

thread_local! {
    /// What this thread holds while it forks.
    static HELD: RefCell<Vec<Held>> = const { RefCell::new(Vec::new()) };
}

#[cfg(unix)]
unsafe extern "C" {
    fn pthread_atfork(
        before: Option<extern "C" fn()>,
        in_parent: Option<extern "C" fn()>,
        in_child: Option<extern "C" fn()>,
    ) -> c_int;
}

/// Has every fork made by a thread that holds the locks which code that goes on in the fork may need.
///
/// Each is held by others for a look or a change alone, never while Python runs or is waited for (rule 7),
/// so the thread has them soon, whatever else it holds.
pub(crate) fn watch() {
    static ONCE: Once = Once::new();
    #[cfg(unix)]
    ONCE.call_once(|| {
        // SAFETY: the functions are static. Without memory for them a fork is as others make it.
        unsafe { pthread_atfork(Some(hold), Some(release), Some(release_in_child)) };
    });
}

extern "C" fn hold() {
    let held = vec![
        attach::hold(),
        GATE.hold(),
        interpreter::hold(),
        script::hold_cache(),
        script::hold_sources(),
        output::hold(),
    ];
    // At a thread's very end there is no place for them.
    let _ = HELD.try_with(|own| own.replace(held));
}

extern "C" fn release() {
    let _ = HELD.try_with(RefCell::take);
}

/// Whether this process is the child of a fork.
static IS_CHILD: AtomicBool = AtomicBool::new(false);

/// Whether this process is the child of a fork: locks that are not ours may be held by threads that are gone.
pub(crate) fn is_child() -> bool {
    IS_CHILD.load(Ordering::Relaxed)
}

extern "C" fn release_in_child() {
    release();
    IS_CHILD.store(true, Ordering::Relaxed);
    attach::forked();
    output::forked();
}
