//! Panics of Rust code that Python has called.

use super::python;
use crate::attach;
use crate::error::{Error, Result, new_exception, raise_plainly};
use crate::reference::Ref;
use gopyre_sys as sys;
use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::{ptr, thread};

thread_local! {
    /// Where the last panic in a call from Python was.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Sees to it that the place of a panic in a call from Python is noted: it becomes an exception, and is not told on
/// standard error. All other panics go to the hook that was there.
pub(super) fn watch() {
    static WATCHED: Once = Once::new();
    // The hook cannot be changed while a thread unwinds; the next function that is made does it.
    if WATCHED.is_completed() || thread::panicking() {
        return;
    }
    WATCHED.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !attach::is_called() {
                return before(info);
            }
            let place = info.location().map(ToString::to_string);
            let _ = PLACE.try_with(|last| last.replace(place));
        }));
    });
}

/// A panic in words: its message and its place.
fn words(payload: Box<dyn Any + Send>) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned());
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
    // What else was thrown may not even be dropped without a panic.
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(payload);
    }
    let text = text.filter(|text| !text.is_empty());
    let text = text.unwrap_or_else(|| "a panic without a message".to_owned());
    match PLACE.try_with(|place| place.take()).ok().flatten() {
        Some(place) => format!("{text}, at {place}"),
        None => text,
    }
}

/// Raises `gopyre.RustPanic`.
///
/// # Safety
/// The thread must be attached.
#[cold]
pub(super) unsafe fn raise(payload: Box<dyn Any + Send>) {
    let text = words(payload);
    // SAFETY: attached, as the caller promises.
    let raised = unsafe {
        attach::in_current(|py| -> Result<()> {
            let exception = new_exception(&python::rust_panic(py)?, [&Ref::text(py, &text)?])?;
            py.PyErr_SetObject(exception.type_ptr(), exception.as_ptr());
            Ok(())
        })
    };
    if let Ok(Err(error)) | Err(error) = raised {
        // SAFETY: as above.
        unsafe { raise_plainly(&Error::Panic(format!("{text} ({error})"))) };
    }
}

/// Lets go of what Python has let go of: whatever `f` does, and whatever exception is under way, Python goes
/// on as before. A panic goes to `sys.unraisablehook`.
///
/// # Safety
/// The thread must be attached.
pub(crate) unsafe fn let_go(f: impl FnOnce()) {
    // SAFETY: attached, as the caller promises; the reference is given back by `PyErr_Restore`.
    unsafe {
        let table = sys::table();
        let under_way = table.PyErr_GetRaisedException();
        // At the end of an interpreter it is let go of nevertheless.
        let mut f = Some(f);
        let mut run = || {
            if let Some(f) = f.take() {
                f();
            }
        };
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            if attach::in_current(|_| run()).is_err() {
                run();
            }
        }));
        if let Err(payload) = outcome {
            raise(payload);
            table.PyErr_WriteUnraisable(ptr::null_mut());
        }
        if !under_way.is_null() {
            let class = table.Py_TYPE(under_way);
            table.Py_IncRef(class);
            let traceback = table.PyException_GetTraceback(under_way);
            table.PyErr_Restore(class, under_way, traceback);
        }
    }
}
