//! Making a class of what the macro says of it, once in each interpreter.

use super::instance::{self, FRONT, too_large};
use super::{Class, ClassItem, Property};
use crate::attach::Attached;
use crate::error::{Error, Result};
use crate::export::{FunctionItem, FunctionKind, definition, getset};
use crate::interpreter::Each;
use crate::object::Object;
use crate::reference::Ref;
use gopyre_sys as sys;
use std::any::TypeId;
use std::collections::HashMap;
use std::ffi::{CString, c_int, c_void};
use std::ptr;
use std::sync::{PoisonError, RwLock};

/// The classes of an interpreter, by the type of their values.
static CLASSES: Each<RwLock<HashMap<TypeId, Object>>> = Each::new();

/// The class of `T`, made at its first use.
pub(super) fn class_of<T: Class>(py: Attached<'_>) -> Result<Ref<'_>> {
    match found(py, TypeId::of::<T>()) {
        Some(class) => class.bind(py),
        None => {
            let item = T::item();
            if (item.layout.type_id)() != TypeId::of::<T>() {
                return Err(Error::Argument(format!(
                    "the layout of `{}` is another type's",
                    item.name
                )));
            }
            class_of_item(py, item)
        }
    }
}

/// The class of `T`, borrowed, if there is one.
pub(super) fn made<T: Class>(py: Attached<'_>) -> Option<*mut sys::PyObject> {
    let classes = CLASSES.get(py)?;
    let classes = classes.read().unwrap_or_else(PoisonError::into_inner);
    classes.get(&TypeId::of::<T>())?.pointer(py).ok()
}

fn found(py: Attached<'_>, id: TypeId) -> Option<Object> {
    let classes = CLASSES.get(py)?;
    let classes = classes.read().unwrap_or_else(PoisonError::into_inner);
    classes.get(&id).cloned()
}

/// The class that an item describes, made at its first use.
pub(crate) fn class_of_item<'py>(py: Attached<'py>, item: &'static ClassItem) -> Result<Ref<'py>> {
    let id = (item.layout.type_id)();
    if let Some(class) = found(py, id) {
        return class.bind(py);
    }
    // Not under the lock, because it runs Python (rule 7); of two threads one wins.
    let class = Object::from_ref(make(py, item)?);
    let classes = match CLASSES.get(py) {
        Some(classes) => classes,
        None => CLASSES.set(py, RwLock::default()),
    };
    let mut classes = classes.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(kept) = classes.get(&id).cloned() {
        drop(classes);
        drop(class);
        return kept.bind(py);
    }
    classes.insert(id, class.clone());
    drop(classes);
    let class = class.bind(py)?;
    // Now that the class is found: its constants may be instances of it.
    if let Err(error) = set_values(&class, item) {
        let classes = CLASSES.get(py);
        let removed = classes.and_then(|classes| {
            let mut classes = classes.write().unwrap_or_else(PoisonError::into_inner);
            classes.remove(&id)
        });
        drop(removed);
        return Err(error);
    }
    Ok(class)
}

fn set_values(class: &Ref<'_>, item: &'static ClassItem) -> Result<()> {
    let py = class.py();
    for value in item.values {
        let name = Ref::text(py, value.name)?;
        set(class, &name, &(value.make)()?.bind(py)?)?;
    }
    Ok(())
}

fn make<'py>(py: Attached<'py>, item: &'static ClassItem) -> Result<Ref<'py>> {
    let class = bare(py, item)?;
    for function in item.functions {
        let name = Ref::text(py, function.name())?;
        set(&class, &name, &method(&class, function)?)?;
    }
    for property in item.properties {
        let name = Ref::text(py, property.name)?;
        set(&class, &name, &attribute(&class, property)?)?;
    }
    Ok(class)
}

fn set(class: &Ref<'_>, name: &Ref<'_>, value: &Ref<'_>) -> Result<()> {
    let py = class.py();
    // SAFETY: attached; live objects.
    py.check(unsafe { py.PyObject_SetAttr(class.as_ptr(), name.as_ptr(), value.as_ptr()) })
}

/// The class with its slots and nothing else.
fn bare<'py>(py: Attached<'py>, item: &'static ClassItem) -> Result<Ref<'py>> {
    let head = instance::head(py)?;
    let layout = &item.layout;
    let size = c_int::try_from(head + FRONT + layout.size).map_err(|_| too_large(item.name))?;
    let doc = match &item.constructor {
        Some(constructor) => {
            let doc = match item.doc {
                "" => constructor.doc(),
                doc => doc,
            };
            constructor.signature().class_doc(item.name, doc)
        }
        None => item.doc.to_owned(),
    };
    let text = |text: &str| CString::new(text.replace('\0', "")).unwrap_or_default();
    let doc = text(&doc);
    // CPython before 3.12 keeps the pointer to the name.
    let name = text(&format!("{}.{}", item.module, item.name)).into_raw();
    let members = [
        sys::PyMemberDef {
            name: c"__weaklistoffset__".as_ptr(),
            kind: sys::T_PYSSIZET,
            offset: head as isize,
            flags: sys::READONLY,
            doc: ptr::null(),
        },
        sys::PyMemberDef {
            name: ptr::null(),
            kind: 0,
            offset: 0,
            flags: 0,
            doc: ptr::null(),
        },
    ];
    let slot = |slot, pfunc| sys::PyType_Slot { slot, pfunc };
    let slots = [
        slot(sys::TP_NEW, layout.new as *mut c_void),
        slot(sys::TP_INIT, layout.init as *mut c_void),
        slot(sys::TP_DEALLOC, layout.dealloc as *mut c_void),
        slot(sys::TP_TRAVERSE, layout.traverse as *mut c_void),
        slot(sys::TP_CLEAR, layout.clear as *mut c_void),
        slot(sys::TP_DOC, doc.as_ptr().cast_mut().cast()),
        slot(sys::TP_MEMBERS, members.as_ptr().cast_mut().cast()),
        slot(0, ptr::null_mut()),
    ];
    let flags = sys::type_flags::DEFAULT | sys::type_flags::BASE | sys::type_flags::GC;
    let spec = sys::PyType_Spec {
        name,
        basicsize: size,
        itemsize: 0,
        flags: flags as u32,
        slots: slots.as_ptr().cast_mut(),
    };
    // SAFETY: attached; the specification is read during the call, and the name stays; a new reference.
    unsafe { Ref::owned(py, py.PyType_FromSpec(&spec)) }
}

/// A method of any kind.
fn method<'py>(class: &Ref<'py>, function: &'static FunctionItem) -> Result<Ref<'py>> {
    let py = class.py();
    let def = definition(function);
    // SAFETY: attached; a class; the definition is static; new references. The receiver of a method
    // is checked by its descriptor.
    unsafe {
        match function.kind() {
            FunctionKind::Method => Ref::owned(py, py.PyDescr_NewMethod(class.as_ptr(), def)),
            FunctionKind::Class => Ref::owned(py, py.PyDescr_NewClassMethod(class.as_ptr(), def)),
            FunctionKind::Static | FunctionKind::Function => {
                let function = py.PyCFunction_NewEx(def, class.as_ptr(), ptr::null_mut());
                let function = Ref::owned(py, function)?;
                Ref::owned(py, py.PyStaticMethod_New(function.as_ptr()))
            }
        }
    }
}

/// An attribute with its functions.
fn attribute<'py>(class: &Ref<'py>, property: &'static Property) -> Result<Ref<'py>> {
    let py = class.py();
    // SAFETY: attached; a class; the definition is static; a new reference.
    unsafe {
        let descriptor = py.PyDescr_NewGetSet(class.as_ptr(), getset(property));
        Ref::owned(py, descriptor)
    }
}
