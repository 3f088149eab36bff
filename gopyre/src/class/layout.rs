//! How an instance holds a Rust value, and what CPython calls to make it and to let go of it.

use super::Class;
use super::borrow::{Flag, Reader};
use super::instance::{self, Body};
use crate::attach;
use crate::error::{Error, raise_plainly, type_error};
use crate::export::{construct, let_go, let_go_of_chain};
use crate::object::Object;
use gopyre_sys as sys;
use std::any::TypeId;
use std::ffi::{c_int, c_void};
use std::fmt;
use std::marker::PhantomData;
use std::ptr;

/// The size of a type's instances, and its slots.
pub struct ClassLayout {
    pub(super) type_id: fn() -> TypeId,
    /// How many bytes behind the head an instance needs at most.
    pub(super) size: usize,
    pub(super) new: NewFunction,
    pub(super) init: InitFunction,
    pub(super) dealloc: unsafe extern "C" fn(*mut sys::PyObject),
    pub(super) traverse: TraverseFunction,
    pub(super) clear: unsafe extern "C" fn(*mut sys::PyObject) -> c_int,
}

type NewFunction = unsafe extern "C" fn(
    *mut sys::PyObject,
    *mut sys::PyObject,
    *mut sys::PyObject,
) -> *mut sys::PyObject;

type InitFunction =
    unsafe extern "C" fn(*mut sys::PyObject, *mut sys::PyObject, *mut sys::PyObject) -> c_int;

type TraverseFunction =
    unsafe extern "C" fn(*mut sys::PyObject, sys::VisitFunction, *mut c_void) -> c_int;

impl fmt::Debug for ClassLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClassLayout")
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl ClassLayout {
    /// The layout of a type's instances.
    pub const fn of<T: Class>() -> ClassLayout {
        ClassLayout {
            type_id: TypeId::of::<T>,
            // The head ends at a multiple of a word.
            size: size_of::<Body<T>>() + align_of::<Body<T>>() - size_of::<usize>(),
            new: new::<T>,
            init: init::<T>,
            dealloc: dealloc::<T>,
            traverse: traverse::<T>,
            clear: clear::<T>,
        }
    }
}

/// Whether several threads may read a value of a type at a time: those that are `Sync`.
///
/// ```ignore
/// const SHARING: Sharing<Counter> = { use Unshared as _; Sharing::<Counter>::OF };
/// ```
#[derive(Debug)]
pub struct Sharing<T> {
    pub(super) is_sync: bool,
    of: PhantomData<fn(T)>,
}

impl<T> Sharing<T> {
    /// One thread at a time.
    pub const NONE: Sharing<T> = Sharing {
        is_sync: false,
        of: PhantomData,
    };
}

impl<T: Sync> Sharing<T> {
    /// Any number of threads.
    pub const OF: Sharing<T> = Sharing {
        is_sync: true,
        of: PhantomData,
    };
}

/// What `Sharing::OF` is for a type that is not `Sync`.
pub trait Unshared: Sized {
    /// One thread at a time.
    const OF: Self;
}

impl<T> Unshared for Sharing<T> {
    const OF: Sharing<T> = Sharing::NONE;
}

/// What looks for reference cycles.
pub struct Visit<'a> {
    visit: sys::VisitFunction,
    arg: *mut c_void,
    outcome: c_int,
    alive: PhantomData<&'a ()>,
}

impl fmt::Debug for Visit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visit").finish_non_exhaustive()
    }
}

impl Visit<'_> {
    /// Shows an object in a field. One whose reference is shared with a handle elsewhere is not counted as
    /// this field's.
    pub fn object(&mut self, object: &Object) {
        if self.outcome != 0 {
            return;
        }
        if let Some(object) = object.own_reference() {
            // SAFETY: a live object, to which the field has a reference; the collector's own function.
            self.outcome = unsafe { (self.visit)(object, self.arg) };
        }
    }
}

/// `tp_new`: room for a value, which the constructor is to put there.
unsafe extern "C" fn new<T: Class>(
    class: *mut sys::PyObject,
    _: *mut sys::PyObject,
    _: *mut sys::PyObject,
) -> *mut sys::PyObject {
    let item = T::item();
    // SAFETY: Python calls attached, with the class or a subclass of it.
    unsafe {
        if item.constructor.is_some() {
            return instance::allocate::<T>(sys::table(), class);
        }
        let message = format!("No constructor defined for {}", item.name);
        let raised = attach::in_current(|py| crate::error::raise(py, type_error(py, &message)));
        if let Err(error) = raised {
            raise_plainly(&error);
        }
        ptr::null_mut()
    }
}

/// `tp_init`: calls the constructor. Without one `tp_new` has refused.
unsafe extern "C" fn init<T: Class>(
    this: *mut sys::PyObject,
    arguments: *mut sys::PyObject,
    keywords: *mut sys::PyObject,
) -> c_int {
    match &T::item().constructor {
        // SAFETY: Python calls attached, with an instance of the class or a subclass, a tuple, and a dict or null.
        Some(item) => unsafe { construct(item, this, arguments, keywords) },
        None => 0,
    }
}

/// `tp_dealloc`: drops the value.
unsafe extern "C" fn dealloc<T: Class>(this: *mut sys::PyObject) {
    // SAFETY: Python calls attached, with an instance that nothing refers to, as weak references and the
    // collector then know.
    unsafe {
        let table = sys::table();
        table.PyObject_GC_UnTrack(this.cast());
        instance::clear_weak_references(table, this);
        let_go_of_chain(table, this.cast(), finish::<T>);
    }
}

/// Drops the value of an instance, and frees its memory.
unsafe fn finish<T: Class>(this: *mut c_void) {
    // SAFETY: attached, with an instance that nothing refers to; `tp_free` is a class's own function for its
    // instances, and an instance of a heap type holds a reference to it.
    unsafe {
        let table = sys::table();
        let this = this.cast::<sys::PyObject>();
        let class = table.Py_TYPE(this);
        let body = Body::<T>::of(this);
        if (*body).flag.is_initialized() {
            let_go(|| ptr::drop_in_place((*body).value.get().cast::<T>()));
        }
        let free = table.PyType_GetSlot(class, sys::TP_FREE);
        if !free.is_null() {
            let free: unsafe extern "C" fn(*mut c_void) = std::mem::transmute(free);
            free(this.cast());
        }
        table.Py_DecRef(class);
    }
}

/// `tp_traverse`: shows the collector what the value refers to.
///
/// A value in use is passed over, which makes the collector take what it refers to for used from elsewhere:
/// it is, by the call that has borrowed it. No borrow begins or ends while the collector works, so that it
/// sees the same each time that it looks.
unsafe extern "C" fn traverse<T: Class>(
    this: *mut sys::PyObject,
    visit: sys::VisitFunction,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: the collector calls attached, and the other threads of the interpreter stand still. Nothing
    // that is called here runs Python or changes a reference count.
    unsafe {
        let class = sys::table().Py_TYPE(this);
        let outcome = visit(class, arg);
        let body = Body::<T>::of(this);
        if outcome != 0 || !(*body).flag.is_free() {
            return outcome;
        }
        let mut visit = Visit {
            visit,
            arg,
            outcome: 0,
            alive: PhantomData,
        };
        let value = &*(*body).value.get().cast::<T>();
        let shown = std::panic::AssertUnwindSafe(|| value.trace(&mut visit));
        if let Err(payload) = std::panic::catch_unwind(shown) {
            std::mem::forget(payload);
        }
        visit.outcome
    }
}

/// `tp_clear`: lets go of what `tp_traverse` shows.
unsafe extern "C" fn clear<T: Class>(this: *mut sys::PyObject) -> c_int {
    // SAFETY: Python calls attached, with an instance of the class, and keeps it alive meanwhile.
    unsafe {
        let body = Body::<T>::of(this);
        let flag: &Flag = &(*body).flag;
        if flag
            .begin_writing(Reader::current(T::SHARING.is_sync))
            .is_ok()
        {
            let_go(|| {
                (*(*body).value.get().cast::<T>()).clear();
            });
            flag.end_writing();
        }
        0
    }
}

/// What is said of a value that a call needs and cannot have.
pub(super) fn refusal(name: &str, refused: super::borrow::Refused) -> String {
    use super::borrow::Refused;
    match refused {
        Refused::Uninitialized => {
            format!("`{name}` is not initialized; help: call `super().__init__(..)` first")
        }
        Refused::Changing => format!("`{name}` is being changed by a call that has not returned"),
        Refused::InUse => format!("`{name}` is in use by a call that has not returned"),
        Refused::Elsewhere => format!("`{name}` is in use by another thread"),
    }
}

/// What is said of a receiver that is an instance of another class.
pub(super) fn stranger(name: &str) -> Error {
    Error::Argument(format!(
        "expected an instance of `{name}`, found another class's"
    ))
}
