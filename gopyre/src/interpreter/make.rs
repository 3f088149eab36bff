//! Making interpreters.

use super::State;
use super::{end, fork, turns};
use crate::attach::{self, Attached};
use crate::error::{Error, Result};
use crate::interpreter::Each;
use crate::module;
use crate::output;
use crate::reference::Ref;
use crate::runtime;
use crate::script;
use gopyre_sys as sys;
use std::ptr::NonNull;
use std::sync::{Mutex, PoisonError};

/// What the main interpreter must import before another one does: their C parts set up what all
/// interpreters share, and not all of them, in every version, bear that two do it at a time.
const SHARED: [&str; 8] = [
    "datetime", "decimal", "sqlite3", "ssl", "asyncio", "json", "zoneinfo", "uuid",
];

/// Set once the main interpreter has imported them.
static PREPARED: Each<()> = Each::new();

/// Held while an interpreter is made, by a thread that took it detached: one at a time.
static MAKING: Mutex<()> = Mutex::new(());

/// A new interpreter, and whether it runs while others do.
pub(super) fn interpreter() -> Result<(&'static State, bool)> {
    let main = runtime::ready()?;
    let _making = attach::detach_now(|| MAKING.lock().unwrap_or_else(PoisonError::into_inner));
    let (state, own_gil, setup) = attach::visit(main, |py| {
        prepare(py);
        let setup = Setup::of(py)?;
        let own_gil = py.can_isolate();
        // SAFETY: the main interpreter; what makes the new one uses nothing of it afterwards.
        let state = unsafe { attach::make_interpreter(py, || new(&py, own_gil))? };
        Ok((state, own_gil, setup))
    })?;
    end::own(state);
    if !own_gil {
        turns::take(main, state);
    }
    let outcome = attach::within(state, || {
        attach::with(|py| {
            setup.apply(py)?;
            if own_gil {
                avoid_refused(py)?;
            }
            equip(py)
        })
    });
    match outcome.and_then(|outcome| outcome) {
        Ok(()) => Ok((state, own_gil || main_has_no_gil())),
        Err(error) => {
            end::drop(state);
            Err(error)
        }
    }
}

/// Gives an interpreter that was just started what is ours in it.
pub(crate) fn equip(py: Attached<'_>) -> Result<()> {
    place_collections_abc(py)?;
    module::install(py)?;
    output::install(py)
}

/// Makes `collections.abc` what `collections` will make it: from 3.13.1 on that does so in the middle of its own
/// import, and a thread that imports `collections.abc` just then would be told that there is none.
fn place_collections_abc(py: Attached<'_>) -> Result<()> {
    let version = py.version;
    if (version.major, version.minor, version.micro) >= (3, 13, 1) {
        let modules = Ref::import(py, "sys")?.attr("modules")?;
        let name = Ref::text(py, "collections.abc")?;
        modules.call_method("setdefault", [&name, &Ref::import(py, "_collections_abc")?])?;
    }
    Ok(())
}

/// Whether an interpreter gets a GIL of its own.
pub(crate) fn can_isolate() -> bool {
    attach::with(|py| Ok(py.can_isolate())).unwrap_or(false)
}

/// Whether the build has no GIL, so that everything runs at the same time.
fn main_has_no_gil() -> bool {
    runtime::Runtime::get().is_some_and(|runtime| runtime.version().free_threaded)
}

/// Imports what must be there first; what this Python does not have it cannot import anywhere.
fn prepare(py: Attached<'_>) {
    if PREPARED.get(py).is_none() {
        for name in SHARED {
            drop(Ref::import(py, name));
        }
        // Without `os.fork` there is nothing to guard.
        drop(fork::guard(py));
        PREPARED.set(py, ());
    }
}

/// Makes an interpreter; the thread is then attached to it.
fn new(table: &sys::Table, own_gil: bool) -> Result<NonNull<sys::PyThreadState>> {
    // SAFETY: attached to the main interpreter.
    let made = unsafe { table.new_interpreter(own_gil) }.map_err(Error::Start)?;
    Ok(made)
}

/// Lets `zoneinfo` do without its C half in 3.12, where that needs the one of `datetime`, which is refused.
fn avoid_refused(py: Attached<'_>) -> Result<()> {
    if (py.version.major, py.version.minor) == (3, 12) {
        let text = "import sys; sys.modules['_zoneinfo'] = None";
        script::run_internal(&Ref::dict(py)?, text)?;
    }
    Ok(())
}

/// What the main interpreter was told at its start and since, and a new one is told, too.
struct Setup {
    path: Vec<Vec<u8>>,
    argv: Vec<Vec<u8>>,
}

impl Setup {
    fn of(py: Attached<'_>) -> Result<Setup> {
        Ok(Setup {
            path: texts(py, "path")?,
            argv: texts(py, "argv")?,
        })
    }

    fn apply(&self, py: Attached<'_>) -> Result<()> {
        for (name, texts) in [(c"path", &self.path), (c"argv", &self.argv)] {
            // SAFETY: attached; new references; the functions take references of their own.
            unsafe {
                let list = Ref::owned(py, py.PyList_New(0))?;
                for text in texts {
                    let (data, size) = (text.as_ptr().cast(), text.len() as isize);
                    let text = Ref::owned(py, py.PyUnicode_DecodeFSDefaultAndSize(data, size))?;
                    py.check(py.PyList_Append(list.as_ptr(), text.as_ptr()))?;
                }
                py.check(py.PySys_SetObject(name.as_ptr(), list.as_ptr()))?;
            }
        }
        Ok(())
    }
}

/// The strings of a list of `sys`, as bytes; what else a script may have put there is left out.
fn texts(py: Attached<'_>, name: &'static str) -> Result<Vec<Vec<u8>>> {
    let mut texts = Vec::new();
    let list = Ref::of_sys(py, name)?;
    let Some(list) = list.filter(|list| list.has_flag(sys::type_flags::LIST)) else {
        return Ok(texts);
    };
    let items = list.iter()?;
    while let Some(item) = items.next()? {
        if item.has_flag(sys::type_flags::UNICODE) {
            texts.push(item.to_path_bytes()?);
        }
    }
    Ok(texts)
}
