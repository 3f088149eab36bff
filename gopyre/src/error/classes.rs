//! The class of an exception, and its bases.

use super::exception::{items, text_of};
use crate::reference::Ref;
use gopyre_sys as sys;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What is known of an exception's class.
pub(super) type Classes = Arc<Class>;

/// A class of exceptions, by name.
#[derive(Default)]
pub(super) struct Class {
    /// The names of the class and its bases, as a traceback prints them, and bare; the class itself comes first.
    names: Vec<(String, String)>,
    /// Its instances say more than every exception does.
    says_more: bool,
}

/// The classes that have attributes of their own which matter here.
const SAY_MORE: [&str; 5] = [
    "AttributeError",
    "BaseExceptionGroup",
    "ImportError",
    "NameError",
    "SyntaxError",
];

impl Class {
    pub(super) fn new(names: Vec<(String, String)>) -> Classes {
        let says_more = |(printed, _): &(String, String)| SAY_MORE.contains(&printed.as_str());
        let says_more = names.iter().any(says_more);
        Arc::new(Class { names, says_more })
    }

    /// The class as a traceback prints it.
    pub(super) fn printed(&self) -> &str {
        self.names.first().map_or("", |(printed, _)| printed)
    }

    /// Whether the class or a base of it has this name, with or without its module.
    pub(super) fn is(&self, name: &str) -> bool {
        self.names
            .iter()
            .any(|(printed, bare)| printed == name || bare == name)
    }

    /// Whether the class is, or is derived from, one of those that have attributes which matter here.
    pub(super) fn is_special(&self, name: &str) -> bool {
        self.says_more && self.names.iter().any(|(printed, _)| printed == name)
    }
}

/// Those of classes that are made in C and not at run time: they live as long as the process, and nobody can
/// give them other names or bases.
static KNOWN: Mutex<BTreeMap<usize, Classes>> = Mutex::new(BTreeMap::new());

/// The class of an object.
pub(super) fn of(object: &Ref<'_>) -> Classes {
    let address = object.type_ptr().addr();
    let is_static = !object.has_flag(sys::type_flags::HEAPTYPE);
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if is_static && let Some(classes) = known().get(&address) {
        return Arc::clone(classes);
    }
    let classes = read(object);
    if is_static && !classes.names.is_empty() {
        known().insert(address, Arc::clone(&classes));
    }
    classes
}

fn read(object: &Ref<'_>) -> Classes {
    // SAFETY: the type of a live object.
    let class = unsafe { Ref::borrowed(object.py(), object.type_ptr()) };
    match class.and_then(|class| class.attr("__mro__")) {
        Ok(bases) => Class::new(items(&bases).map(|class| names(&class)).collect()),
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
