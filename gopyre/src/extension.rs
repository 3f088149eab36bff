//! Exported modules as extension modules: a library that plain Python imports.
//!
//! The library is linked to no CPython. Whichever process imports it has one, which is taken up as it is;
//! so one built file serves every version.

use crate::attach;
use crate::error::{Error, Result, raise};
use crate::module::{self, ModuleItem};
use crate::reference::{Ref, head_size};
use crate::runtime;
use gopyre_sys as sys;
use std::ffi::{CString, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::{Mutex, PoisonError};

/// `Py_mod_exec`: a function that fills the module.
const EXEC: c_int = 2;
/// `Py_mod_multiple_interpreters`, from 3.12 on.
const MULTIPLE_INTERPRETERS: c_int = 3;
/// `Py_MOD_PER_INTERPRETER_GIL_SUPPORTED`
const PER_INTERPRETER_GIL: usize = 2;
/// `Py_mod_gil`, from 3.13 on.
const GIL: c_int = 4;
/// `Py_MOD_GIL_NOT_USED`
const GIL_NOT_USED: usize = 1;

/// `PyModuleDef_Slot`
#[repr(C)]
struct Slot {
    slot: c_int,
    value: *mut c_void,
}

/// What CPython is told of a module. It keeps the address for ever.
struct Definition {
    item: &'static ModuleItem,
    /// A `PyModuleDef`. Its size depends on that of an object's head, so it is put together at run time.
    def: *mut sys::PyObject,
}

// SAFETY: the address of memory that is never freed and that only CPython writes to.
unsafe impl Send for Definition {}

/// Every module that was imported; held for a look or a push, never while Python runs (rule 7).
static DEFINITIONS: Mutex<Vec<Definition>> = Mutex::new(Vec::new());

/// The body of `PyInit_<name>`: the module's definition, or null with an `ImportError`.
///
/// # Safety
/// The thread must be attached to a CPython.
pub unsafe fn init(item: &'static ModuleItem) -> *mut c_void {
    let defined = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: attached, as the caller promises.
        unsafe { runtime::take_up()? };
        module::extend(item);
        define(item)
    }));
    match defined {
        Ok(Ok(def)) => def.cast(),
        Ok(Err(error)) => refuse(item, &format!("{error:?}")),
        Err(_) => refuse(item, "panicked at its start"),
    }
}

/// Raises an `ImportError`, if need be in a CPython that is too old for everything else.
fn refuse(item: &ModuleItem, reason: &str) -> *mut c_void {
    let text = format!("`{}` cannot be imported: {reason}", item.name).replace('\0', "\\0");
    let text = CString::new(text).unwrap_or_default();
    // SAFETY: Python calls attached.
    unsafe { sys::raise_import_error(&text) };
    ptr::null_mut()
}

/// The definition of a module, made at its first import.
fn define(item: &'static ModuleItem) -> Result<*mut sys::PyObject> {
    if let Some(found) = find(|definition| ptr::eq(definition.item, item)) {
        return Ok(found.def);
    }
    // SAFETY: Python calls attached.
    let def = unsafe { attach::in_current(|py| make(py, item))?? };
    let mut definitions = DEFINITIONS.lock().unwrap_or_else(PoisonError::into_inner);
    definitions.push(Definition { item, def });
    Ok(def)
}

fn find(is: impl Fn(&Definition) -> bool) -> Option<Definition> {
    let definitions = DEFINITIONS.lock().unwrap_or_else(PoisonError::into_inner);
    let found = definitions.iter().find(|definition| is(definition))?;
    Some(Definition { ..*found })
}

/// Puts a `PyModuleDef` together.
fn make(py: attach::Attached<'_>, item: &ModuleItem) -> Result<*mut sys::PyObject> {
    let mut slots = vec![Slot {
        slot: EXEC,
        value: exec as *mut c_void,
    }];
    // A version that does not know a slot refuses the module.
    let version = (py.version.major, py.version.minor);
    if version >= (3, 12) {
        slots.push(Slot {
            slot: MULTIPLE_INTERPRETERS,
            value: ptr::without_provenance_mut(PER_INTERPRETER_GIL),
        });
    }
    if version >= (3, 13) {
        slots.push(Slot {
            slot: GIL,
            value: ptr::without_provenance_mut(GIL_NOT_USED),
        });
    }
    slots.push(Slot {
        slot: 0,
        value: ptr::null_mut(),
    });
    let text = |text: &str| CString::new(text.replace('\0', "\\0")).unwrap_or_default();
    let (name, doc) = (text(item.name), text(item.doc));
    let doc = match item.doc {
        "" => ptr::null(),
        _ => doc.into_raw().cast_const(),
    };
    let head = head_size(py)?;
    let word = size_of::<*mut c_void>();
    if head % word != 0 {
        return Err(Error::Start("an object's head of an odd size".to_owned()));
    }
    let null = ptr::null_mut::<c_void>();
    let mut words = vec![null; head / word];
    words.extend([
        null, // m_init
        null, // m_index
        null, // m_copy
        name.into_raw().cast(),
        doc.cast_mut().cast(),
        null, // m_size
        null, // m_methods
        Box::into_raw(slots.into_boxed_slice()).cast(),
        null, // m_traverse
        null, // m_clear
        null, // m_free
    ]);
    let def = Box::into_raw(words.into_boxed_slice()).cast::<sys::PyObject>();
    // SAFETY: attached; a definition that is never freed, with the head that this build has; the function
    // makes an object of it.
    unsafe {
        let made = py.PyModuleDef_Init(def.cast());
        Ref::borrowed(py, made).map(|made| made.into_ptr().as_ptr())
    }
}

/// Fills a new module; Python's import system finds those inside it by this program's finder.
fn fill(made: &Ref<'_>, item: &'static ModuleItem) -> Result<()> {
    let py = made.py();
    module::install(py)?;
    // One that is the `__init__` of a package has a path already.
    if !item.modules.is_empty() && made.attr_or_none("__path__")?.is_none() {
        // SAFETY: attached; a new reference.
        let places = unsafe { Ref::owned(py, py.PyList_New(0))? };
        made.set_attr("__path__", &places)?;
    }
    // The modules inside are imported by their names, for which this one must be found, also where it is
    // loaded by its path.
    let modules = Ref::import(py, "sys")?.attr("modules")?;
    let name = Ref::text(py, item.name)?;
    if !modules.call_method("get", [&name])?.is_none() {
        return module::fill_item(made, item);
    }
    modules.call_method("__setitem__", [&name, made])?;
    let filled = module::fill_item(made, item);
    modules.call_method("pop", [&name, &Ref::none(py)])?;
    filled
}

/// `Py_mod_exec`: fills a new module, in whichever interpreter imports it.
unsafe extern "C" fn exec(module: *mut sys::PyObject) -> c_int {
    let fill = || -> Result<c_int> {
        // SAFETY: Python calls attached, with a module that it has made of one of our definitions.
        unsafe {
            attach::in_current(|py| {
                let def = py.PyModule_GetDef(module).cast::<sys::PyObject>();
                let done = match find(|definition| ptr::eq(definition.def, def)) {
                    Some(definition) => {
                        Ref::borrowed(py, module).and_then(|made| fill(&made, definition.item))
                    }
                    None => Err(Error::Argument("no module of ours".to_owned())),
                };
                match done {
                    Ok(()) => 0,
                    Err(error) => {
                        raise(py, error);
                        -1
                    }
                }
            })
        }
    };
    match catch_unwind(AssertUnwindSafe(fill)) {
        Ok(Ok(status)) => status,
        outcome => {
            let reason = match outcome {
                Ok(Err(error)) => error.to_string(),
                _ => "panicked at its start".to_owned(),
            };
            let text = CString::new(reason.replace('\0', "\\0")).unwrap_or_default();
            // SAFETY: Python calls attached.
            unsafe { sys::raise_import_error(&text) };
            -1
        }
    }
}
