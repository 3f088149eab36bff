//! What the names in the annotations of a stub are, and what has to be imported for them.

use crate::export::ModuleItem;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// The names that annotations are made of, and where they come from.
const KNOWN: [(&str, &str); 18] = [
    ("Any", "typing"),
    ("ClassVar", "typing"),
    ("Final", "typing"),
    ("Iterable", "collections.abc"),
    ("Mapping", "collections.abc"),
    ("PathLike", "os"),
    ("Self", "typing_extensions"),
    ("bool", "builtins"),
    ("bytearray", "builtins"),
    ("bytes", "builtins"),
    ("dict", "builtins"),
    ("float", "builtins"),
    ("int", "builtins"),
    ("list", "builtins"),
    ("memoryview", "builtins"),
    ("object", "builtins"),
    ("str", "builtins"),
    ("timedelta", "datetime"),
];

/// `tuple` and the decorators, which Python finds among its builtins as well.
const MORE: [&str; 4] = ["tuple", "property", "staticmethod", "classmethod"];

/// The names of a module, and what its stub imports.
pub(super) struct Scope {
    module: &'static str,
    /// The modules of each class of the program's module.
    classes: HashMap<&'static str, Vec<&'static str>>,
    /// What the module, or the class that is being written, calls other things.
    taken: HashSet<&'static str>,
    in_class: HashSet<&'static str>,
    names: BTreeMap<String, BTreeSet<String>>,
    modules: BTreeSet<&'static str>,
}

impl Scope {
    pub(super) fn new(top: &ModuleItem, item: &ModuleItem) -> Scope {
        let mut classes = HashMap::new();
        collect(top, &mut classes);
        let last = |name: &'static str| name.rsplit('.').next().unwrap_or(name);
        let functions = item.functions.iter().map(|function| function.name());
        let taken = functions
            .chain(item.classes.iter().map(|class| class().name))
            .chain(item.values.iter().map(|value| value.name))
            .chain(item.modules.iter().map(|module| last(module.name)));
        Scope {
            module: item.name,
            classes,
            taken: taken.collect(),
            in_class: HashSet::new(),
            names: BTreeMap::new(),
            modules: BTreeSet::new(),
        }
    }

    /// Sets the names of the class that is being written; none behind it.
    pub(super) fn enter(&mut self, names: impl Iterator<Item = &'static str>) {
        self.in_class = names.collect();
    }

    /// Writes an annotation, and notes what it needs. In front of each class of the program's there is an `@`.
    pub(super) fn annotation(&mut self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(start) = rest.find(is_letter) {
            let (before, from) = rest.split_at(start);
            let end = from.find(|c| !is_letter(c)).unwrap_or(from.len());
            let (name, behind) = from.split_at(end);
            match before.strip_suffix('@') {
                Some(before) => out.extend([before, self.class(name)]),
                None => {
                    out.push_str(before);
                    out.push_str(&self.name(name));
                }
            }
            rest = behind;
        }
        out.push_str(rest);
        out
    }

    /// Writes the name of a class of the program's.
    fn class<'n>(&mut self, name: &'n str) -> &'n str {
        if let Some(modules) = self.classes.get(name)
            && !modules.contains(&self.module)
            && let Some(module) = modules.first()
        {
            let names = self.names.entry((*module).to_owned()).or_default();
            names.insert(name.to_owned());
        }
        name
    }

    /// Writes the name of one of Python's types.
    pub(super) fn name(&mut self, name: &str) -> String {
        let known = KNOWN.iter().find(|(known, _)| *known == name);
        let module = match known {
            Some((_, module)) => *module,
            None if MORE.contains(&name) => "builtins",
            None => return name.to_owned(),
        };
        let is_taken = self.taken.contains(name) || self.in_class.contains(name);
        if is_taken || self.classes.contains_key(name) {
            self.modules.insert(module);
            return format!("_{}.{name}", module.replace('.', "_"));
        }
        if module != "builtins" {
            let names = self.names.entry(module.to_owned()).or_default();
            names.insert(name.to_owned());
        }
        name.to_owned()
    }

    /// Writes the imports.
    pub(super) fn imports(&self) -> String {
        let modules = self.modules.iter().map(|module| {
            let alias = module.replace('.', "_");
            format!("import {module} as _{alias}\n")
        });
        let names = self.names.iter().map(|(module, names)| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            format!("from {module} import {}\n", names.join(", "))
        });
        modules.chain(names).collect()
    }
}

fn is_letter(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Finds the classes of a module and of those in it.
fn collect(item: &ModuleItem, classes: &mut HashMap<&'static str, Vec<&'static str>>) {
    for class in item.classes {
        classes.entry(class().name).or_default().push(item.name);
    }
    for inner in item.modules {
        collect(inner, classes);
    }
}
