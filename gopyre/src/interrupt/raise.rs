//! The exception that stops a run, and its way into the run's thread.

use super::watch;
use crate::attach::Attached;
use crate::error::Result;
use crate::interpreter::{Each, State};
use crate::object::Object;
use crate::reference::Ref;
use gopyre_sys as sys;
use std::cell::RefCell;
use std::ffi::{c_int, c_ulong, c_void};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How far the chain of an exception is followed.
const LONGEST: usize = 64;

static CLASS: Each<Object> = Each::new();

thread_local! {
    /// Set while this thread's exception, wherever it is caught, raises itself again.
    static RELENTLESS: RefCell<Option<Arc<AtomicBool>>> = const { RefCell::new(None) };
}

/// Raises in one thread.
#[derive(Debug)]
pub(super) struct Raiser {
    thread: c_ulong,
    class: Object,
    relentless: Arc<AtomicBool>,
}

/// A run's turn on its thread; the run around it gets the thread back.
pub(super) struct Turn(Option<Arc<AtomicBool>>);

impl Raiser {
    /// For this thread.
    pub(super) fn new(py: Attached<'_>) -> Result<(Raiser, Turn)> {
        let class = class(py)?.clone();
        let relentless = Arc::new(AtomicBool::new(false));
        let turn = Turn(swap(Some(Arc::clone(&relentless))));
        // SAFETY: may be called on any thread.
        let thread = unsafe { py.PyThread_get_thread_ident() };
        let raiser = Raiser {
            thread,
            class,
            relentless,
        };
        Ok((raiser, turn))
    }

    /// The interpreter in which the thread runs.
    pub(super) fn state(&self) -> &'static State {
        self.class.state()
    }

    /// Lets the exception land in the thread at its next bytecode.
    pub(super) fn raise(&self, py: Attached<'_>, relentless: bool) {
        self.relentless.store(relentless, Ordering::Relaxed);
        if let Ok(class) = self.class.pointer(py) {
            // SAFETY: attached; a class; a thread that is gone is not found.
            unsafe { py.PyThreadState_SetAsyncExc(self.thread, class) };
        }
    }

    /// Takes back what has not landed.
    pub(super) fn withdraw(&self, py: Attached<'_>) {
        // SAFETY: attached; null withdraws.
        unsafe { py.PyThreadState_SetAsyncExc(self.thread, ptr::null_mut()) };
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        swap(self.0.take());
    }
}

/// Puts a run's flag in the place of that of the run around it. A thread that is ending has no place for it.
fn swap(flag: Option<Arc<AtomicBool>>) -> Option<Arc<AtomicBool>> {
    RELENTLESS
        .try_with(|own| own.replace(flag))
        .unwrap_or_default()
}

/// Whether an exception is, or was brought about by, the one that stops a run.
pub(crate) fn is_stop(exception: &Ref<'_>) -> bool {
    let py = exception.py();
    let Some(Ok(class)) = CLASS.get(py).map(|class| class.pointer(py)) else {
        return false;
    };
    let mut next = Some(exception.clone());
    // A chain may be a ring.
    for _ in 0..LONGEST {
        let Some(exception) = next else { break };
        if exception.type_ptr() == class {
            return true;
        }
        // SAFETY: attached, an exception; new references or null.
        next = unsafe {
            let context = || Ref::owned_or_none(py, py.PyException_GetContext(exception.as_ptr()));
            Ref::owned_or_none(py, py.PyException_GetCause(exception.as_ptr())).or_else(context)
        };
    }
    false
}

/// Lets this thread work undisturbed until the exception is raised from outside again.
pub(crate) fn hush(py: Attached<'_>) {
    let relentless = |flag: &Arc<AtomicBool>| flag.swap(false, Ordering::Relaxed);
    // A thread that is ending has no run any more.
    let raised = RELENTLESS.try_with(|flag| flag.borrow().as_ref().is_some_and(relentless));
    if raised == Ok(true) {
        // SAFETY: attached; null withdraws what has not landed.
        unsafe { py.PyThreadState_SetAsyncExc(py.PyThread_get_thread_ident(), ptr::null_mut()) };
    }
}

/// The class, for Python code that wants to name it.
pub(crate) fn class_object(py: Attached<'_>) -> Result<Ref<'_>> {
    class(py)?.bind(py)
}

/// The class: a `BaseException`, so that `except Exception` lets it pass.
fn class<'py>(py: Attached<'py>) -> Result<&'py Object> {
    if let Some(class) = CLASS.get(py) {
        return Ok(class);
    }
    let slots = [
        sys::PyType_Slot {
            slot: sys::TP_INIT,
            pfunc: init as *mut c_void,
        },
        sys::PyType_Slot {
            slot: 0,
            pfunc: ptr::null_mut(),
        },
    ];
    let spec = sys::PyType_Spec {
        name: c"gopyre.Interrupted".as_ptr(),
        basicsize: 0,
        itemsize: 0,
        flags: 0,
        slots: slots.as_ptr().cast_mut(),
    };
    // SAFETY: attached; a static class; the specification is read during the call, its name is static.
    let class = unsafe {
        let base = Ref::borrowed(py, py.PyExc_BaseException())?;
        let bases = Ref::owned(py, py.PyTuple_New(1))?;
        py.check(py.PyTuple_SetItem(bases.as_ptr(), 0, base.into_ptr().as_ptr()))?;
        Ref::owned(py, py.PyType_FromSpecWithBases(&spec, bases.as_ptr()))?
    };
    if py.state().is_main() {
        watch::follow_forks(py)?;
    }
    Ok(CLASS.set(py, Object::from_ref(class)))
}

/// `tp_init`: an instance is made where the exception is raised or caught; when handlers have had their
/// time, the next one is on its way before this one is handled.
unsafe extern "C" fn init(
    this: *mut sys::PyObject,
    _: *mut sys::PyObject,
    _: *mut sys::PyObject,
) -> c_int {
    let relentless = |flag: &Arc<AtomicBool>| flag.load(Ordering::Relaxed);
    let raised = RELENTLESS.try_with(|flag| flag.borrow().as_ref().is_some_and(relentless));
    if raised == Ok(true) {
        // SAFETY: Python calls attached, with an instance of the class.
        unsafe {
            let table = sys::table();
            table.PyThreadState_SetAsyncExc(table.PyThread_get_thread_ident(), table.Py_TYPE(this));
        }
    }
    0
}
