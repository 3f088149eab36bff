//! A CPython that another part of the process has started, and will end when it likes.

use super::READY;
use super::home::Report;
use crate::attach::{self, Attached};
use crate::error::{Error, Result};
use crate::gate::GATE;
use crate::interpreter::{self, State};
use crate::module;
use crate::pool;
use crate::reference::Ref;
use gopyre_sys as sys;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How long the end of CPython waits for threads that are inside.
const PATIENCE: Duration = Duration::from_secs(1);

/// Takes it up as it is.
pub(super) fn adopt(table: &'static sys::Table) -> Result<(&'static State, Report)> {
    // SAFETY: CPython runs; the main interpreter lives as long as it does.
    let raw = NonNull::new(unsafe { table.PyInterpreterState_Main() });
    let raw = raw.ok_or_else(|| Error::Start("no main interpreter".to_owned()))?;
    let state = State::main(raw);
    let report = attach::with_main(state, |py| {
        watch(py)?;
        // SAFETY: attached to it, and it is not ours.
        unsafe { state.watch(&py)? };
        // Every process that imports an extension module ends like this, and most have one thread when they do.
        attach::detach_now(|| GATE.announce());
        module::install(py)?;
        Report::new(py)
    })?;
    Ok((state, report))
}

/// Lets `atexit` tell when CPython ends.
fn watch(py: Attached<'_>) -> Result<()> {
    static ENDS: sys::PyMethodDef = sys::PyMethodDef {
        ml_name: c"gopyre_ends".as_ptr(),
        ml_meth: ends,
        ml_flags: sys::METH_FASTCALL,
        ml_doc: ptr::null(),
    };
    // SAFETY: attached; the definition is static; a new reference.
    let ends = unsafe {
        let function = py.PyCFunction_NewEx(&ENDS, ptr::null_mut(), ptr::null_mut());
        Ref::owned(py, function)?
    };
    let atexit = Ref::import(py, "atexit")?;
    atexit.call_method("register", [&ends]).map(drop)
}

/// Called when the main interpreter is gone, for the case that nothing has told of its end: a script can make `atexit`
/// forget what it was to call.
pub(crate) fn gone(state: &'static State) {
    attach::end_with();
    state.seal();
    GATE.shut(Duration::ZERO, || ());
    READY.store(ptr::null_mut(), Ordering::Release);
}

/// Called when CPython begins to end: finishes the pools, ends the interpreters and keeps everybody out.
unsafe extern "C" fn ends(
    _: *mut sys::PyObject,
    _: *const *mut sys::PyObject,
    _: sys::Py_ssize_t,
) -> *mut sys::PyObject {
    // A thread that ends CPython within a call of ours would wait for itself.
    let patience = if attach::is_inside() {
        Duration::ZERO
    } else {
        PATIENCE
    };
    attach::end_with();
    let end = || {
        // SAFETY: Python calls attached.
        let _ = unsafe {
            attach::in_current(|py| {
                attach::detach_now(|| {
                    let _ = pool::drain(patience);
                    GATE.shut(patience, || drop(interpreter::end_all()));
                });
                // CPython deletes the states of all threads at some point, so none must be let go of after that.
                py.state().seal();
                py.state().collect(py);
            })
        };
        READY.store(ptr::null_mut(), Ordering::Release);
    };
    // Nothing unwinds into C (rule 10).
    let _ = catch_unwind(AssertUnwindSafe(end));
    // SAFETY: attached; a live object, to which the caller gets a reference.
    unsafe {
        let table = sys::table();
        table.Py_IncRef(table._Py_NoneStruct());
        table._Py_NoneStruct()
    }
}

/// A stretch in which a thread of a host program is not attached.
pub(super) struct Detached {
    state: *mut sys::PyThreadState,
    is_from_main: bool,
}

impl Detached {
    /// Detaches where this thread is attached, as far as that can be found out.
    pub(super) fn if_attached(table: &sys::Table) -> Option<Detached> {
        // SAFETY: may be called in a process that has a CPython; the state is compared, not used.
        unsafe {
            if table.Py_IsInitialized() == 0 {
                return None;
            }
            let own = table.PyGILState_GetThisThreadState();
            if own.is_null() || own != table.current_thread_state() {
                return None;
            }
            Detached::attached(table)
        }
    }

    /// Detaches.
    ///
    /// # Safety
    /// The thread must be attached.
    pub(super) unsafe fn attached(table: &sys::Table) -> Option<Detached> {
        // SAFETY: attached, as the caller promises.
        unsafe {
            let is_from_main = table.PyInterpreterState_Get() == table.PyInterpreterState_Main();
            Some(Detached {
                state: table.PyEval_SaveThread(),
                is_from_main,
            })
        }
    }

    /// Whether this thread was attached to the main interpreter.
    pub(super) fn is_from_main(&self) -> bool {
        self.is_from_main
    }
}

impl Drop for Detached {
    fn drop(&mut self) {
        // On the way out of a start that failed there is no installed table.
        if let Ok(Some((table, _))) = sys::Table::in_process() {
            // SAFETY: this thread's own state, detached by `attached`.
            unsafe { table.PyEval_RestoreThread(self.state) };
        }
    }
}
