//! Interpreters beside the main one, by whichever of the two ways the version has.

use crate::{PyInterpreterConfig, PyStatus, PyThreadState, Table};
use std::ffi::CStr;
use std::ptr::{self, NonNull};

/// The GIL that all interpreters share.
const SHARED_GIL: i32 = 1;
/// A GIL of its own.
const OWN_GIL: i32 = 2;

impl Table {
    /// Whether interpreters may have a GIL of their own.
    pub fn can_isolate(&self) -> bool {
        self.optional.Py_NewInterpreterFromConfig.is_some()
    }

    /// Makes an interpreter and attaches this thread to it, with the state that is returned.
    ///
    /// # Errors
    /// What CPython says; the thread is attached as before then.
    ///
    /// # Safety
    /// The thread must be attached.
    pub unsafe fn new_interpreter(&self, own_gil: bool) -> Result<NonNull<PyThreadState>, String> {
        let refused = || "CPython made no further interpreter".to_owned();
        let Some(make) = self.optional.Py_NewInterpreterFromConfig else {
            // SAFETY: attached, as the caller promises.
            return NonNull::new(unsafe { self.Py_NewInterpreter() }).ok_or_else(refused);
        };
        let config = PyInterpreterConfig {
            use_main_obmalloc: i32::from(!own_gil),
            allow_fork: 0,
            allow_exec: 0,
            allow_threads: 1,
            allow_daemon_threads: 0,
            check_multi_interp_extensions: i32::from(own_gil),
            gil: if own_gil { OWN_GIL } else { SHARED_GIL },
        };
        let mut state = ptr::null_mut();
        // SAFETY: attached, as the caller promises; the configuration is read during the call.
        let status: PyStatus = unsafe { make(&mut state, &config) };
        NonNull::new(state).ok_or_else(|| match status.err_msg.is_null() {
            true => refused(),
            // SAFETY: not null, and then a constant C string.
            false => unsafe { CStr::from_ptr(status.err_msg) }
                .to_string_lossy()
                .into_owned(),
        })
    }
}
