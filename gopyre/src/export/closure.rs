//! Closures as Python functions.

mod callback;
mod given;
mod result;

pub use callback::Callback;

use super::call::{self, Call};
use super::deep::let_go_of_chain;
use super::definition::{c_text, method_def};
use super::panic::{self, let_go};
use super::signature::FunctionKind;
use crate::attach::{self, Attached};
use crate::error::Result;
use crate::object::Object;
use crate::reference::Ref;
use gopyre_sys as sys;
use std::ffi::{CStr, CString, c_void};
use std::fmt;
use std::ptr;
use std::sync::{Arc, OnceLock};

/// Makes a Python function of a Rust one.
///
/// `f` is an `Fn` of up to twelve parameters that deserialize, such as a closure; [`Object`] is any object.
/// Python passes them by position; `Option`s at the end may be left out. The result serializes, or is a
/// `Result`, whose error is raised: see [`Error`](crate::Error) for the classes. A panic is raised, too, as
/// `gopyre.RustPanic`. An error that comes back to Rust through Python is the same value.
///
/// What `f` captures is dropped when Python lets go of the function, on whichever thread does that. `f` may
/// be called by several threads at a time.
///
/// ```
/// let add = gopyre::function("add", |a: i64, b: i64| a + b)?;
/// assert_eq!(add.call((2, 3))?.extract::<i64>()?, 5);
///
/// let read = gopyre::function("read", |path: String| std::fs::read_to_string(path))?;
/// let kind: String = gopyre::exec(r#"
///     try:
///         read("/no/such/file")
///     except FileNotFoundError as error:
///         kind = type(error).__name__
///     kind
/// "#, serde_json::json!({}).as_object().map(|_| Input { read: &read }))?;
/// assert_eq!(kind, "FileNotFoundError");
/// # #[derive(serde::Serialize)]
/// # struct Input<'a> { read: &'a gopyre::Object }
/// # Ok::<(), gopyre::Error>(())
/// ```
///
/// # Errors
/// The runtime cannot start, or is finalized.
pub fn function<F, Args>(name: &str, f: F) -> Result<Object>
where
    F: Callback<Args>,
{
    let closure = Arc::new(Closure::new(name, f));
    attach::with(|py| closure_object(py, &closure, None).map(Object::from_ref))
}

/// A closure with its name; every interpreter makes a function object of its own for it.
pub(crate) struct Closure {
    name: String,
    /// What makes CPython show the signature.
    doc: CString,
    body: callback::Body,
}

impl fmt::Debug for Closure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closure")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Closure {
    pub(crate) fn new<F, Args>(name: &str, f: F) -> Closure
    where
        F: Callback<Args>,
    {
        Closure {
            name: name.to_owned(),
            doc: c_text(&format!("{name}({})\n--\n\n", F::parameters())),
            body: f.body(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

/// What a function object keeps alive, and what it points to.
struct Held {
    closure: Arc<Closure>,
    _name: CString,
    def: sys::PyMethodDef,
}

/// The name of the capsules. It has an address of this copy of the crate in it.
fn capsule_name() -> &'static CStr {
    static NAME: OnceLock<CString> = OnceLock::new();
    NAME.get_or_init(|| c_text(&format!("gopyre.Closure.{:p}", &raw const NAME)))
}

/// A function object for a closure, in a module or in none.
pub(crate) fn closure_object<'py>(
    py: Attached<'py>,
    closure: &Arc<Closure>,
    module: Option<&Ref<'py>>,
) -> Result<Ref<'py>> {
    panic::watch();
    let name = c_text(&closure.name);
    let held = Box::into_raw(Box::new(Held {
        def: method_def(name.as_ptr(), entry, 0, closure.doc.as_ptr()),
        closure: Arc::clone(closure),
        _name: name,
    }));
    // SAFETY: attached; the capsule owns what it points to once it is made; the function refers to the
    // capsule until it is gone itself, and so may point to the definition in it.
    unsafe {
        let name = capsule_name().as_ptr();
        let capsule = py.PyCapsule_New(held.cast::<c_void>(), name, Some(gone));
        if capsule.is_null() {
            drop(Box::from_raw(held));
        }
        let capsule = Ref::owned(py, capsule)?;
        let def = &raw const (*held).def;
        let module = module.map_or(ptr::null_mut(), Ref::as_ptr);
        Ref::owned(py, py.PyCFunction_NewEx(def, capsule.as_ptr(), module))
    }
}

/// Lets go of a closure.
unsafe extern "C" fn gone(capsule: *mut sys::PyObject) {
    // SAFETY: Python calls attached, with a capsule made above, whose pointer is ours to free.
    unsafe {
        let table = sys::table();
        let held = table.PyCapsule_GetPointer(capsule, capsule_name().as_ptr());
        if !held.is_null() {
            let_go_of_chain(table, held, |held| {
                let_go(|| drop(Box::from_raw(held.cast::<Held>())));
            });
        }
    }
}

/// What Python calls.
unsafe extern "C" fn entry(
    capsule: *mut sys::PyObject,
    arguments: *const *mut sys::PyObject,
    count: isize,
    names: *mut sys::PyObject,
) -> *mut sys::PyObject {
    // SAFETY: Python calls attached, with the capsule that the function was made with and that it keeps
    // alive, and with arguments as `METH_FASTCALL | METH_KEYWORDS` promises.
    unsafe {
        let held = sys::table().PyCapsule_GetPointer(capsule, capsule_name().as_ptr());
        let Some(Held { closure, .. }) = held.cast::<Held>().as_ref() else {
            return ptr::null_mut();
        };
        call::run(|py| {
            let call = Call::new(py, capsule, FunctionKind::Function, arguments, count, names);
            (closure.body)(&closure.name, call)
        })
    }
}
