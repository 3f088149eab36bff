//! The thread's part in making and ending an interpreter.

use super::Attached;
use super::thread::THREAD;
use crate::error::{Error, Result};
use crate::interpreter::State;
use crate::runtime;
use gopyre_sys as sys;
use std::ptr::NonNull;

/// Makes an interpreter, and its state and this thread's part of it.
///
/// # Errors
/// What `make` returns, which is called attached to the main interpreter and returns attached to the new one
/// if it succeeds; [`Error::Start`] where memory is short.
///
/// # Safety
/// `py` must be the main interpreter, and is not to be used by `make` once that has succeeded.
pub(crate) unsafe fn make_interpreter(
    py: Attached<'_>,
    make: impl FnOnce() -> Result<NonNull<sys::PyThreadState>>,
) -> Result<&'static State> {
    let table = &*py;
    // SAFETY: attached.
    let outer = unsafe { table.PyThreadState_Get() };
    let made = make()?;
    // SAFETY: attached to the new interpreter, whose only thread state is this thread's.
    unsafe {
        let state = State::made(table).and_then(|state| {
            let local = THREAD.with(|thread| thread.local(state));
            local.inspect_err(|_| state.end())?.adopt(made.as_ptr());
            Ok(state)
        });
        if state.is_err() {
            end_attached(table, made.as_ptr(), outer);
        } else {
            table.PyEval_SaveThread();
        }
        table.PyEval_RestoreThread(outer);
        state
    }
}

/// Ends the interpreter that this thread is in, detached; its other threads are gone.
///
/// # Safety
/// The interpreter must be one of ours, closed, without thread states other than this thread's.
pub(crate) unsafe fn end_interpreter() -> Result<()> {
    THREAD.with(|thread| {
        let Some(local) = thread.current.get() else {
            return Err(Error::WrongInterpreter);
        };
        // SAFETY: this thread's states, none of which is attached; the gate holds finalize off. What Python
        // calls from here on finds a thread that is in no interpreter we know of.
        unsafe {
            let table = sys::table();
            let raw = local.thread_state()?;
            let main = thread.local(runtime::main()?)?.thread_state()?;
            table.PyEval_RestoreThread(raw);
            local.give_up(table);
            let outer = thread.current.take();
            end_attached(table, raw, main);
            thread.current.set(outer);
            // It was, and what was called may have attached again.
            thread.bound.set(None);
        }
        local.state().end();
        Ok(())
    })
}

/// Ends an interpreter, and leaves the thread detached.
///
/// # Safety
/// `raw` must be attached and the interpreter's last state, `main` this thread's in the main interpreter.
unsafe fn end_attached(
    table: &sys::Table,
    raw: *mut sys::PyThreadState,
    main: *mut sys::PyThreadState,
) {
    // SAFETY: as the caller promises. Below 3.12 there is one GIL, which is held when this returns, with
    // no state attached.
    unsafe {
        table.Py_EndInterpreter(raw);
        if (table.version.major, table.version.minor) < (3, 12) {
            table.PyThreadState_Swap(main);
            table.PyEval_SaveThread();
        }
    }
}
