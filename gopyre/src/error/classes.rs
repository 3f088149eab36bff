//! The names of an exception's class and its bases.

use super::exception::{items, text_of};
use crate::reference::Ref;
use gopyre_sys as sys;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Each as a traceback prints it, and bare; the class itself comes first.
pub(super) type Classes = Arc<[(String, String)]>;

/// Those of classes that are made in C and not at run time: they live as long as the process, and nobody can
/// give them other names or bases.
static KNOWN: Mutex<BTreeMap<usize, Classes>> = Mutex::new(BTreeMap::new());

/// The names of an object's class and its bases.
pub(super) fn of(object: &Ref<'_>) -> Classes {
    let address = object.type_ptr().addr();
    let is_static = !object.has_flag(sys::type_flags::HEAPTYPE);
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if is_static && let Some(classes) = known().get(&address) {
        return Arc::clone(classes);
    }
    let classes = read(object);
    if is_static && !classes.is_empty() {
        known().insert(address, Arc::clone(&classes));
    }
    classes
}

fn read(object: &Ref<'_>) -> Classes {
    // SAFETY: the type of a live object.
    let class = unsafe { Ref::borrowed(object.py(), object.type_ptr()) };
    match class.and_then(|class| class.attr("__mro__")) {
        Ok(bases) => items(&bases).map(|class| names(&class)).collect(),
        Err(_) => Classes::default(),
    }
}

/// A class as a traceback prints it, and its bare name.
fn names(class: &Ref<'_>) -> (String, String) {
    let text = |name| {
        class
            .attr(name)
            .map(|value| text_of(&value))
            .unwrap_or_default()
    };
    let (module, name) = (text("__module__"), text("__qualname__"));
    let printed = match module.as_str() {
        "builtins" | "__main__" | "" => name.clone(),
        _ => format!("{module}.{name}"),
    };
    let bare = name.rsplit('.').next().unwrap_or_default().to_owned();
    (printed, bare)
}
