//! The thread that watches over runs.

use super::Run;
use crate::attach::Attached;
use crate::error::{Error, Result};
use crate::reference::Ref;
use crate::script;
use gopyre_sys as sys;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

/// What a process watches over.
struct Watch {
    process: u32,
    list: Mutex<List>,
    news: Condvar,
}

#[derive(Default)]
struct List {
    runs: Vec<Weak<Run>>,
    /// The thread has been started.
    awake: bool,
    /// There is something new to look at.
    news: bool,
}

/// The watch of this process, or of the one that it is a fork of.
static WATCH: AtomicPtr<Watch> = AtomicPtr::new(ptr::null_mut());

/// A fork makes one of its own: the other's thread is not in it, its lock may never be given back, and its
/// runs are, but for those of the thread that forked, none any more.
fn watch() -> &'static Watch {
    let process = std::process::id();
    loop {
        let found = WATCH.load(Ordering::Acquire);
        // SAFETY: null, or made below and never freed.
        if let Some(watch) = unsafe { found.as_ref() }
            && watch.process == process
        {
            return watch;
        }
        let made = Box::into_raw(Box::new(Watch {
            process,
            list: Mutex::default(),
            news: Condvar::new(),
        }));
        if WATCH
            .compare_exchange(found, made, Ordering::AcqRel, Ordering::Relaxed)
            .is_err()
        {
            // SAFETY: made above, and nobody has it.
            drop(unsafe { Box::from_raw(made) });
        }
    }
}

/// Watches over one more run.
pub(super) fn add(run: &Arc<Run>) -> Result<()> {
    let watch = watch();
    let mut list = watch.list();
    list.runs.retain(|run| run.strong_count() > 0);
    list.runs.push(Arc::downgrade(run));
    if !list.awake {
        let thread = std::thread::Builder::new().name("gopyre-watch".to_owned());
        let failed = |error| Error::Start(format!("no thread to watch over the run: {error}"));
        thread.spawn(|| watch.go()).map_err(failed)?;
        list.awake = true;
    }
    list.news = true;
    drop(list);
    watch.news.notify_one();
    Ok(())
}

/// Lets the thread look at once.
pub(super) fn look() {
    let watch = watch();
    watch.list().news = true;
    watch.news.notify_one();
}

impl Watch {
    /// Held for a look or a change, never while Python runs (rule 7).
    fn list(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn go(&self) {
        loop {
            let (stopping, wake) = sort(&self.list().runs);
            for run in stopping {
                if run.pursue().is_err() && run.raiser.state().is_main() {
                    // Python is finalized: nothing runs any more, and nothing will.
                    return;
                }
            }
            self.wait(wake);
        }
    }

    /// Sleeps until then, or until there are news.
    fn wait(&self, wake: Option<Instant>) {
        let mut list = self.list();
        while !list.news {
            let Some(wake) = wake else {
                list = self.news.wait(list).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = wake.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let (guard, _) = self
                .news
                .wait_timeout(list, left)
                .unwrap_or_else(PoisonError::into_inner);
            list = guard;
        }
        list.news = false;
    }
}

/// The runs that are being stopped, and when to look at the others.
fn sort(runs: &[Weak<Run>]) -> (Vec<Arc<Run>>, Option<Instant>) {
    let now = Instant::now();
    let mut stopping = Vec::new();
    let mut wake: Option<Instant> = None;
    for run in runs.iter().filter_map(Weak::upgrade) {
        let next = match run.check(now) {
            ControlFlow::Break(next) => {
                stopping.push(run);
                Some(next)
            }
            ControlFlow::Continue(next) => next,
        };
        wake = [wake, next].into_iter().flatten().min();
    }
    (stopping, wake)
}

/// Lets a run that forks be watched over in the fork, too.
pub(super) fn follow_forks(py: Attached<'_>) -> Result<()> {
    static FORKED: sys::PyMethodDef = sys::PyMethodDef {
        ml_name: c"forked".as_ptr(),
        ml_meth: forked,
        ml_flags: sys::METH_FASTCALL,
        ml_doc: ptr::null(),
    };
    let namespace = Ref::dict(py)?;
    // SAFETY: attached; the definition is static; a new reference.
    let function = unsafe {
        let function = py.PyCFunction_NewEx(&FORKED, ptr::null_mut(), ptr::null_mut());
        Ref::owned(py, function)?
    };
    namespace.dict_set(&Ref::name(py, "forked")?, &function)?;
    script::run_internal(&namespace, include_str!("fork.py"))
}

/// Called in a fork, on the one thread that there is.
unsafe extern "C" fn forked(
    _: *mut sys::PyObject,
    _: *const *mut sys::PyObject,
    _: sys::Py_ssize_t,
) -> *mut sys::PyObject {
    // Without memory for a thread the runs have no limit. Nothing unwinds into C (rule 10).
    let _ = catch_unwind(AssertUnwindSafe(|| {
        super::own_runs().iter().try_for_each(add)
    }));
    // SAFETY: attached; a live object, to which the caller gets a reference.
    unsafe {
        let table = sys::table();
        table.Py_IncRef(table._Py_NoneStruct());
        table._Py_NoneStruct()
    }
}
