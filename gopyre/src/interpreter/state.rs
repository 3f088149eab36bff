//! What gopyre keeps for each interpreter of the process.

use crate::attach::{Attached, Local};
use crate::buffer::Borrowed;
use crate::error::{Error, Result};
use crate::fork::Held;
use crate::runtime;
use gopyre_sys as sys;
use std::ffi::{CStr, CString, c_void};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// One interpreter: its identity, and what other threads have left for it to let go of.
#[derive(Debug)]
pub(crate) struct State {
    raw: NonNull<sys::PyInterpreterState>,
    /// What tells it from an interpreter that has ended and was at the same address; 0 is the main one.
    id: i64,
    /// Python code, or another part of the process, has made it, and ends it when it likes.
    foreign: bool,
    /// Set while `left` holds anything, so that an attach need not look.
    has_left: AtomicBool,
    /// The interpreter is gone.
    ended: AtomicBool,
    /// Threads in it without the consent of its owner.
    visitors: AtomicUsize,
    left: Mutex<Left>,
}

/// Things that only an attached thread may let go of.
#[derive(Debug, Default)]
struct Left {
    references: Vec<NonNull<sys::PyObject>>,
    views: Vec<Borrowed>,
    threads: Vec<Local>,
    /// The parts of threads that live; not those in the main interpreter, which never ends before them.
    living: Vec<&'static Local>,
    /// The interpreter is being ended: nothing more is taken.
    closed: bool,
}

// SAFETY: the interpreter lives as long as its state is reachable and not ended; references and thread
// states in `left` are owned by it and touched by attached threads alone (rule 5).
unsafe impl Send for State {}
// SAFETY: as above.
unsafe impl Sync for State {}

/// Every interpreter that has not ended, as far as it is known.
static STATES: Mutex<Vec<&'static State>> = Mutex::new(Vec::new());

/// The name of the capsules, and their key in an interpreter's dict. It has an address of this copy of the crate
/// in it: another one in the process must not replace them.
fn capsule_name() -> &'static CStr {
    static NAME: OnceLock<CString> = OnceLock::new();
    NAME.get_or_init(|| {
        let name = format!("gopyre.State.{:p}", &raw const NAME);
        CString::new(name).unwrap_or_default()
    })
}

/// Held for a look or a change of the list, never while Python runs (rule 7).
fn states() -> MutexGuard<'static, Vec<&'static State>> {
    STATES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Holds what is kept for the interpreters, for a fork.
pub(crate) fn hold() -> Held {
    let states = states();
    let left: Vec<_> = states.iter().map(|state| state.left()).collect();
    Box::new((states, left))
}

/// Whether the interpreter has its modules, which at its end go before its dict.
///
/// # Safety
/// The thread must be attached to it.
unsafe fn has_modules(table: &sys::Table) -> bool {
    // SAFETY: attached; new references; the exception that may be under way is put back.
    unsafe {
        let under_way = table.PyErr_GetRaisedException();
        let name = table.PyUnicode_FromStringAndSize(c"sys".as_ptr(), 3);
        let module = match name.is_null() {
            true => ptr::null_mut(),
            false => table.PyImport_GetModule(name),
        };
        // Where there are modules, it is no error that one is missing.
        let has = table.PyErr_Occurred().is_null();
        table.PyErr_Clear();
        table.Py_DecRef(module);
        table.Py_DecRef(name);
        if !under_way.is_null() {
            let class = table.Py_TYPE(under_way);
            table.Py_IncRef(class);
            let traceback = table.PyException_GetTraceback(under_way);
            table.PyErr_Restore(class, under_way, traceback);
        }
        has
    }
}

impl State {
    /// The state of the interpreter that this thread is attached to, made if need be.
    ///
    /// # Safety
    /// The thread must be attached.
    pub(crate) unsafe fn current(table: &sys::Table) -> Result<&'static State> {
        // SAFETY: attached, as the caller promises.
        let (state, is_new) = unsafe { State::attached(table, true)? };
        if is_new && !state.is_main() {
            // SAFETY: attached to it.
            unsafe { state.watch(table) }.inspect_err(|_| state.end())?;
        }
        Ok(state)
    }

    /// The state of an interpreter that this thread has made and is attached to. Nothing in it tells of its end,
    /// which is ours to tell: a script could make it do so before.
    ///
    /// # Safety
    /// The thread must be attached.
    pub(crate) unsafe fn made(table: &sys::Table) -> Result<&'static State> {
        // SAFETY: attached, as the caller promises.
        unsafe { State::attached(table, false).map(|(state, _)| state) }
    }

    /// The state of the interpreter that this thread is attached to, and whether it is new; then it is foreign as
    /// told, or the main one.
    unsafe fn attached(table: &sys::Table, foreign: bool) -> Result<(&'static State, bool)> {
        // SAFETY: attached, as the callers promise.
        let (raw, id) = unsafe {
            let raw = table.PyInterpreterState_Get();
            (raw, table.PyInterpreterState_GetID(raw))
        };
        let raw = NonNull::new(raw).ok_or_else(|| Error::Start("no interpreter".to_owned()))?;
        Ok(State::listed(raw, id, foreign && id != 0))
    }

    /// The state of the main interpreter; the thread need not be attached.
    pub(crate) fn main(raw: NonNull<sys::PyInterpreterState>) -> &'static State {
        State::listed(raw, 0, false).0
    }

    /// The state of that number, and whether it is new. It lives as long as the process: handles refer to
    /// it after its interpreter has ended.
    fn listed(
        raw: NonNull<sys::PyInterpreterState>,
        id: i64,
        foreign: bool,
    ) -> (&'static State, bool) {
        let mut states = states();
        if let Some(state) = states.iter().find(|state| state.id == id) {
            return (state, false);
        }
        let state: &'static State = Box::leak(Box::new(State {
            raw,
            id,
            foreign,
            has_left: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            visitors: AtomicUsize::new(0),
            left: Mutex::default(),
        }));
        states.push(state);
        (state, true)
    }

    /// Puts an object into the interpreter's own dict that goes when the interpreter does.
    ///
    /// # Safety
    /// The thread must be attached to the interpreter, which must be somebody else's.
    pub(crate) unsafe fn watch(&'static self, table: &sys::Table) -> Result<()> {
        unsafe extern "C" fn gone(capsule: *mut sys::PyObject) {
            // SAFETY: Python calls attached, with the capsule made below, whose pointer is a state.
            let state = unsafe {
                let pointer = sys::table().PyCapsule_GetPointer(capsule, capsule_name().as_ptr());
                pointer.cast::<State>().as_ref()
            };
            let Some(state) = state else { return };
            // SAFETY: as above.
            unsafe {
                match has_modules(sys::table()) {
                    // A script has taken it away.
                    true => drop(state.watch(sys::table())),
                    false if state.is_main() => runtime::gone(state),
                    false => state.end(),
                }
            }
        }
        let memory = || Error::Start("no memory for an interpreter's state".to_owned());
        // SAFETY: attached; the dict is borrowed, or null without an exception; the capsule's name and
        // destructor are static.
        unsafe {
            let dict = table.PyInterpreterState_GetDict(self.raw());
            if dict.is_null() {
                return Err(memory());
            }
            let pointer = ptr::from_ref(self).cast_mut().cast::<c_void>();
            let capsule = table.PyCapsule_New(pointer, capsule_name().as_ptr(), Some(gone));
            let name = capsule_name().to_bytes();
            let key = table.PyUnicode_FromStringAndSize(name.as_ptr().cast(), name.len() as isize);
            let kept = !capsule.is_null()
                && !key.is_null()
                && table.PyDict_SetItem(dict, key, capsule) == 0;
            if !kept {
                table.PyErr_Clear();
            }
            table.Py_DecRef(key);
            table.Py_DecRef(capsule);
            if kept { Ok(()) } else { Err(memory()) }
        }
    }

    #[inline]
    pub(crate) fn raw(&self) -> *mut sys::PyInterpreterState {
        self.raw.as_ptr()
    }

    #[inline]
    pub(crate) fn is_main(&self) -> bool {
        self.id == 0
    }

    /// Whether somebody else ends the interpreter, when they like.
    pub(crate) fn is_foreign(&self) -> bool {
        self.foreign
    }

    /// Whether the interpreter is gone.
    #[inline]
    pub(crate) fn is_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Whether this thread is attached to the interpreter.
    ///
    /// # Safety
    /// The thread must be attached.
    #[inline]
    pub(crate) unsafe fn is_current(&self, table: &sys::Table) -> bool {
        // SAFETY: attached, as the caller promises.
        unsafe {
            let raw = table.PyInterpreterState_Get();
            raw == self.raw() && table.PyInterpreterState_GetID(raw) == self.id
        }
    }

    /// Takes note of a thread that comes to the interpreter.
    ///
    /// # Errors
    /// [`Error::Finalized`] where the interpreter is being ended.
    pub(crate) fn add_thread(&self, local: &'static Local) -> Result<()> {
        let mut left = self.left();
        if left.closed {
            return Err(Error::Finalized);
        }
        left.living.push(local);
        Ok(())
    }

    /// Takes a reference that was dropped where the interpreter is not attached.
    pub(crate) fn leave_reference(&self, object: NonNull<sys::PyObject>) {
        self.leave(|left| left.references.push(object));
    }

    /// Takes a view of Python's memory that was dropped there.
    pub(crate) fn leave_view(&self, view: Borrowed) {
        self.leave(|left| left.views.push(view));
    }

    /// Takes what a thread that has ended had in the interpreter.
    pub(crate) fn leave_thread(&self, local: &'static Local) {
        self.leave(|left| {
            left.living.retain(|other| !ptr::eq(*other, local));
            // SAFETY: its thread, which has ended, has given it up, and it is in `living` no more.
            left.threads.push(unsafe { *local.unleak() });
        });
    }

    fn left(&self) -> MutexGuard<'_, Left> {
        // Held for a change of lists alone, never while Python runs (rule 7).
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts something there, unless the interpreter is at its end: then that is leaked (rule 5).
    fn leave(&self, put: impl FnOnce(&mut Left)) {
        let mut left = self.left();
        if left.closed {
            return;
        }
        put(&mut left);
        drop(left);
        self.has_left.store(true, Ordering::Release);
    }

    /// Lets go of what other threads have left.
    #[inline]
    pub(crate) fn collect(&self, py: Attached<'_>) {
        if self.has_left.load(Ordering::Relaxed) {
            self.collect_now(py);
        }
    }

    #[cold]
    fn collect_now(&self, py: Attached<'_>) {
        self.has_left.store(false, Ordering::Release);
        let (references, views, threads) = {
            let mut left = self.left();
            (
                std::mem::take(&mut left.references),
                std::mem::take(&mut left.views),
                std::mem::take(&mut left.threads),
            )
        };
        for object in references {
            // SAFETY: attached, and the reference was given up by its owner (rule 5).
            unsafe { py.Py_DecRef(object.as_ptr()) };
        }
        for view in views {
            view.release(&py);
        }
        Local::release(threads, py);
    }

    /// Enters the interpreter's count of threads that are in it without its owner's consent.
    ///
    /// # Errors
    /// [`Error::Finalized`] where the interpreter is being ended.
    pub(crate) fn visit(&'static self) -> Result<Visit> {
        let left = self.left();
        if left.closed {
            return Err(Error::Finalized);
        }
        self.visitors.fetch_add(1, Ordering::Relaxed);
        drop(left);
        Ok(Visit(self))
    }

    /// Takes no thread and nothing else any more: what is left here from now on is leaked (rule 5).
    pub(crate) fn seal(&self) {
        self.left().closed = true;
    }

    /// Takes no thread and nothing else any more. Called detached, by the owner: nobody else is inside,
    /// save visitors, which are waited for.
    pub(crate) fn close(&self) {
        self.seal();
        while self.visitors.load(Ordering::Acquire) > 0 {
            std::thread::sleep(Duration::from_micros(50));
        }
    }

    /// Takes everything again: the interpreter goes on.
    pub(crate) fn reopen(&self) {
        self.left().closed = false;
    }

    /// Whether every thread state of the interpreter is one of ours.
    ///
    /// # Safety
    /// The state must be closed, and no thread of Python's be in the interpreter.
    pub(crate) unsafe fn has_only_ours(&self, py: Attached<'_>) -> bool {
        let ours: Vec<_> = {
            let left = self.left();
            let living = left.living.iter().filter_map(|local| local.own_state());
            let ended = left.threads.iter().filter_map(Local::own_state);
            living.chain(ended).collect()
        };
        // SAFETY: attached; the list changes only where a thread comes or goes.
        unsafe {
            let mut next = py.PyInterpreterState_ThreadHead(self.raw());
            while !next.is_null() {
                if !ours.contains(&next) {
                    return false;
                }
                next = py.PyThreadState_Next(next);
            }
        }
        true
    }

    /// Lets go of everything that other threads have in the interpreter.
    ///
    /// # Safety
    /// The state must be closed.
    pub(crate) unsafe fn clear(&self, py: Attached<'_>) {
        self.collect_now(py);
        // A thread that ends meanwhile finds the state closed and leaves its part where it is.
        let living = self.left().living.clone();
        for local in living {
            if !py.is(local) {
                // SAFETY: attached; a thread that lives and is outside.
                unsafe { local.strip(py) };
            }
        }
    }

    /// The interpreter is gone; what is left there is leaked (rule 5).
    pub(crate) fn end(&'static self) {
        // Nothing in the lists lets go of anything of Python's when it is dropped.
        *self.left() = Left {
            closed: true,
            ..Left::default()
        };
        self.ended.store(true, Ordering::Release);
        states().retain(|state| state.id != self.id);
    }
}

/// A thread's stay in an interpreter without its owner's consent.
pub(crate) struct Visit(&'static State);

impl Drop for Visit {
    fn drop(&mut self) {
        self.0.visitors.fetch_sub(1, Ordering::Release);
    }
}
