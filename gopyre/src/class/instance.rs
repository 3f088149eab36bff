//! Instances: where the Rust value is, and how it gets there.

use super::Class;
use super::borrow::{Flag, Reader};
use super::layout::{refusal, stranger};
use super::make;
use crate::attach::Attached;
use crate::error::{Error, Result, runtime_error};
use crate::reference::{Ref, head_size};
use gopyre_sys as sys;
use std::any::TypeId;
use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

/// What is behind the head and the front of an instance, at the next address that is aligned for it.
#[repr(C)]
pub(super) struct Body<T> {
    pub(super) flag: Flag,
    pub(super) value: UnsafeCell<MaybeUninit<T>>,
}

/// What is in front of the body, at the same place in every instance of every class of ours.
#[repr(C)]
struct Front {
    /// The list of weak references, which is CPython's.
    weak: *mut sys::PyObject,
    type_id: TypeId,
}

/// How many bytes of an instance there are in front of the body.
pub(super) const FRONT: usize = size_of::<Front>();

/// The size of an object's head, once a class is made (rule 1).
static HEAD: AtomicUsize = AtomicUsize::new(0);

/// Finds out how large an object's head is.
pub(super) fn head(py: Attached<'_>) -> Result<usize> {
    let head = head_size(py)?.next_multiple_of(align_of::<Front>());
    HEAD.store(head, Ordering::Relaxed);
    Ok(head)
}

impl<T> Body<T> {
    /// The body of an instance.
    ///
    /// # Safety
    /// `this` must be an instance of a class whose layout is that of `T`.
    #[inline]
    pub(super) unsafe fn of(this: *mut sys::PyObject) -> *mut Body<T> {
        // SAFETY: within the instance, which has room for the body at the next aligned address.
        unsafe {
            let start = this
                .byte_add(HEAD.load(Ordering::Relaxed))
                .byte_add(FRONT)
                .cast::<u8>();
            let over = start.addr() % align_of::<Body<T>>();
            match over {
                0 => start.cast(),
                _ => start.add(align_of::<Body<T>>() - over).cast(),
            }
        }
    }
}

impl<T: 'static> Body<T> {
    /// The body of an instance, if its value is a `T`.
    ///
    /// # Safety
    /// `this` must be an instance of a class of ours.
    #[inline]
    pub(super) unsafe fn checked(this: *mut sys::PyObject) -> Option<NonNull<Body<T>>> {
        // SAFETY: every instance has the front, filled when it was allocated.
        unsafe {
            let front = this.byte_add(HEAD.load(Ordering::Relaxed)).cast::<Front>();
            match (*front).type_id == TypeId::of::<T>() {
                true => NonNull::new(Body::of(this)),
                false => None,
            }
        }
    }
}

/// Ends the weak references to an instance.
///
/// # Safety
/// `this` must be an instance of a class of ours that is on its end.
pub(super) unsafe fn clear_weak_references(table: &sys::Table, this: *mut sys::PyObject) {
    // SAFETY: every instance has the front.
    unsafe {
        let front = this.byte_add(HEAD.load(Ordering::Relaxed)).cast::<Front>();
        // Without a GIL the last weak reference may be going at this moment.
        let weak = AtomicPtr::from_ptr(&raw mut (*front).weak);
        if !weak.load(Ordering::Acquire).is_null() {
            table.PyObject_ClearWeakRefs(this);
        }
    }
}

/// A new instance without a value; null with an exception where memory is short.
///
/// # Safety
/// The thread must be attached; `class` must be the class of `T`, or a subclass.
pub(super) unsafe fn allocate<T: Class>(
    table: &sys::Table,
    class: *mut sys::PyObject,
) -> *mut sys::PyObject {
    // SAFETY: as the caller promises. The memory is zeroed, which is a body without a value.
    unsafe {
        let this = table.PyType_GenericAlloc(class, 0);
        if !this.is_null() {
            let front = this.byte_add(HEAD.load(Ordering::Relaxed)).cast::<Front>();
            (&raw mut (*front).type_id).write(TypeId::of::<T>());
            (&raw mut (*Body::<T>::of(this)).flag).write(Flag::new());
        }
        this
    }
}

/// A new instance that owns a value.
pub(crate) fn instance<'py, T: Class>(py: Attached<'py>, value: T) -> Result<Ref<'py>> {
    let class = make::class_of::<T>(py)?;
    // SAFETY: attached; the class of `T`; a new instance without a value.
    unsafe {
        let this = Ref::owned(py, allocate::<T>(&py, class.as_ptr()))?;
        let body = Body::<T>::of(this.as_ptr());
        if (*body).flag.begin_initializing() {
            (*body).value.get().write(MaybeUninit::new(value));
            (*body).flag.end_writing();
        }
        Ok(this)
    }
}

/// Puts a value into an instance; one that was there is dropped.
///
/// # Safety
/// `this` must be an instance of a class of ours.
pub(crate) unsafe fn initialize<T: Class>(
    py: Attached<'_>,
    this: *mut sys::PyObject,
    value: T,
) -> Result<()> {
    let name = T::item().name;
    // SAFETY: as the caller promises; while the flag is set nobody else touches the value.
    unsafe {
        let Some(body) = Body::<T>::checked(this) else {
            return Err(stranger(name));
        };
        let body = body.as_ref();
        if body.flag.begin_initializing() {
            body.value.get().write(MaybeUninit::new(value));
            body.flag.end_writing();
            return Ok(());
        }
        let reader = Reader::current(T::SHARING.is_sync);
        if let Err(why) = body.flag.begin_writing(reader) {
            return Err(runtime_error(py, &refusal(name, why)));
        }
        let before = ptr::replace(body.value.get().cast::<T>(), value);
        body.flag.end_writing();
        // Its drop may run Python, which may want the instance.
        drop(before);
        Ok(())
    }
}

/// Whether an object is an instance of `T`'s class or of a subclass.
///
/// # Safety
/// `object` must be a live object of the attached interpreter.
pub(crate) unsafe fn is_instance<T: Class>(py: Attached<'_>, object: *mut sys::PyObject) -> bool {
    let Some(class) = make::made::<T>(py) else {
        return false;
    };
    // SAFETY: attached; live objects.
    unsafe {
        let own = py.Py_TYPE(object);
        own == class || py.PyType_IsSubtype(own, class) != 0
    }
}

/// An instance of `T` has no room for its value.
pub(super) fn too_large(name: &str) -> Error {
    Error::Argument(format!("a value of `{name}` is too large for an instance"))
}
