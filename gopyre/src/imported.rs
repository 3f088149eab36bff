//! Python modules declared as Rust by `#[py_module]`.

mod check;
mod embedded;
mod kept;

pub use check::check;
pub(crate) use check::check_embedded;
pub use embedded::Embedded;

use crate::attach::{self, Attached, Converting};
use crate::convert::{self, Arguments};
use crate::error::{Error, Result};
use crate::object::Object;
use crate::reference::Ref;
use gopyre_sys as sys;
pub(crate) use kept::Kept;
use serde::de::{DeserializeOwned, Deserializer, Error as _, Unexpected};
use serde::{Deserialize, Serialize};
use std::ptr;

/// A module that a block declares.
#[derive(Debug)]
pub struct DeclaredModule {
    origin: Origin,
    file: &'static str,
    line: u32,
}

/// Where a module comes from.
#[derive(Debug)]
pub enum Origin {
    /// Its text is in this program.
    Embedded(Embedded),
    /// It is installed, under this name.
    Installed(&'static str),
}

/// What a block registers at link time.
#[derive(Debug)]
pub struct RegisteredModule(pub &'static DeclaredModule);

inventory::collect!(RegisteredModule);

/// What a function or a type of a block registers at link time.
#[derive(Debug)]
pub struct RegisteredItem(pub &'static Imported);

inventory::collect!(RegisteredItem);

impl DeclaredModule {
    /// Declares a module, in a line of a Rust file.
    pub const fn new(origin: Origin, file: &'static str, line: u32) -> DeclaredModule {
        DeclaredModule { origin, file, line }
    }

    fn import<'py>(&self, py: Attached<'py>) -> Result<Ref<'py>> {
        match &self.origin {
            Origin::Installed(name) => Ref::import(py, name),
            Origin::Embedded(embedded) => embedded.import(py),
        }
    }

    /// What error messages call the module.
    fn label(&self) -> &'static str {
        match &self.origin {
            Origin::Installed(name) => name,
            Origin::Embedded(embedded) => embedded.stem(),
        }
    }
}

/// A declared function or class.
#[derive(Debug)]
pub struct Item {
    /// The module that has it.
    pub module: &'static DeclaredModule,
    /// What it is.
    pub kind: Kind,
    /// The class that it is of; empty for one of the module itself.
    pub class: &'static str,
    /// What Python calls it; for a constructor, what Rust does.
    pub name: &'static str,
    /// The positional parameters.
    pub positional: &'static [&'static str],
    /// The parameters passed by keyword, and whether each is left out where it is `None`.
    pub keywords: &'static [(&'static str, bool)],
    /// The Rust file of the declaration.
    pub file: &'static str,
    /// Its line.
    pub line: u32,
}

/// What a declared item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Kind {
    /// A function of the module.
    Function,
    /// A class.
    Class,
    /// The constructor of a class.
    New,
    /// A method.
    Method,
    /// An attribute that is read.
    Get,
    /// An attribute that is written.
    Set,
    /// A static or a class method.
    Static,
}

impl Item {
    /// The names that lead from the module to what is called.
    fn path(&self) -> impl Iterator<Item = &'static str> {
        let own = if self.kind == Kind::New {
            ""
        } else {
            self.name
        };
        let both = [self.class, own].into_iter();
        both.flat_map(|part| part.split('.'))
            .filter(|part| !part.is_empty())
    }

    /// What error messages call the item.
    fn label(&self) -> String {
        let parts = [self.module.label(), self.class, self.name];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(".")
    }
}

/// A declared item, and what is looked up once for it.
#[derive(Debug)]
pub struct Imported {
    item: Item,
    value: Kept,
    /// The names of all its keywords, as a tuple.
    names: Kept,
}

impl Imported {
    /// Declares an item.
    pub const fn new(item: Item) -> Imported {
        Imported {
            item,
            value: Kept::new(),
            names: Kept::new(),
        }
    }

    /// Calls the function, the static method or the class, with the arguments that `fill` adds.
    #[inline]
    pub fn call<T: DeserializeOwned>(
        &'static self,
        fill: impl FnOnce(&mut Parameters<'_>) -> Result<()>,
    ) -> Result<T> {
        attach::with(|py| {
            let callable = self.value(py)?;
            let mut parameters = Parameters::new(py, &self.item);
            parameters.filled(fill)?;
            let names = parameters.names(&self.names)?;
            let Parameters { values, named, .. } = &mut parameters;
            let result = match *named {
                0 => values.call(callable)?,
                // SAFETY: kept by `self`; a tuple with a name for each of them.
                named => unsafe { values.call_named(callable, named, names.as_ptr())? },
            };
            convert::from_python(&result)
        })
    }

    /// Calls the method of an object, with the arguments that `fill` adds.
    #[inline]
    pub fn call_method<T: DeserializeOwned>(
        &'static self,
        object: &Object,
        fill: impl FnOnce(&mut Parameters<'_>) -> Result<()>,
    ) -> Result<T> {
        attach::with(|py| {
            let mut parameters = Parameters::new(py, &self.item);
            parameters.values.push(object.bind(py)?);
            parameters.filled(fill)?;
            let names = parameters.names(&self.names)?;
            let name = Ref::name(py, self.item.name)?;
            let Parameters { values, named, .. } = &mut parameters;
            // SAFETY: the object is the first argument; a str, and a tuple with a name for each keyword.
            let result = unsafe { values.call_method(name.as_ptr(), *named, names.as_ptr())? };
            convert::from_python(&result)
        })
    }

    /// Reads an attribute of an object.
    #[inline]
    pub fn get<T: DeserializeOwned>(&'static self, object: &Object) -> Result<T> {
        object.with(|this| convert::from_python(&this.attr(self.item.name)?))
    }

    /// Writes an attribute of an object.
    #[inline]
    pub fn set<T, V>(&'static self, object: &Object, value: &V) -> Result<T>
    where
        T: DeserializeOwned,
        V: Serialize + ?Sized,
    {
        object.with(|this| {
            let value = convert::parameter(this.py(), self.item.name, value)?;
            this.set_attr(self.item.name, &value)?;
            convert::from_python(&Ref::none(this.py()))
        })
    }

    /// Reads an instance of the class.
    pub fn instance<'de, D: Deserializer<'de>>(
        &'static self,
        deserializer: D,
    ) -> Result<Object, D::Error> {
        let object = Object::deserialize(deserializer)?;
        match self.stranger(&object) {
            Ok(None) => Ok(object),
            Ok(Some(found)) => {
                let found = Unexpected::Other(&found);
                Err(D::Error::invalid_type(found, &self.item.name))
            }
            Err(error) => Err(D::Error::custom(error)),
        }
    }

    /// Checks that an object is an instance of the class.
    pub fn check_instance(&'static self, object: &Object) -> Result<()> {
        let name = self.item.name;
        match self.stranger(object)? {
            None => Ok(()),
            Some(found) => Err(Error::Argument(format!(
                "expected an instance of `{name}`, found {found}"
            ))),
        }
    }

    /// What an object is, if it is no instance of the class.
    fn stranger(&'static self, object: &Object) -> Result<Option<String>> {
        object.with(|object| {
            let py = object.py();
            let class = self.value(py)?;
            // SAFETY: attached, live objects.
            let is = unsafe { py.PyObject_IsInstance(object.as_ptr(), class) };
            py.check(is)?;
            Ok((is == 0).then(|| convert::describe(object)))
        })
    }

    /// What the item is in Python; kept by `self`.
    #[inline]
    fn value(&'static self, py: Attached<'_>) -> Result<*mut sys::PyObject> {
        self.value.get(py, || self.look_up(py))
    }

    /// Not part of every call's code.
    #[cold]
    fn look_up<'py>(&'static self, py: Attached<'py>) -> Result<Ref<'py>> {
        let mut value = self.item.module.import(py)?;
        for name in self.item.path() {
            value = value.attr(name)?;
        }
        Ok(value)
    }
}

/// The arguments of a call, on their way to Python.
pub struct Parameters<'py> {
    item: &'static Item,
    py: Attached<'py>,
    values: Arguments<'py>,
    /// How many of the values are passed by keyword.
    named: usize,
    /// How many keywords there were so far, those included that are left out.
    seen: u32,
    /// A bit for each keyword that is left out; the macro sees to it that they are at most 128.
    omitted: u128,
}

impl<'py> Parameters<'py> {
    fn new(py: Attached<'py>, item: &'static Item) -> Parameters<'py> {
        Parameters {
            item,
            py,
            values: Arguments::new(py),
            named: 0,
            seen: 0,
            omitted: 0,
        }
    }

    /// Lets `fill` add the arguments, attached throughout: nothing in the type of `self` says that it may not be
    /// used detached.
    #[inline]
    fn filled(&mut self, fill: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let _converting = Converting::begin(self.py);
        fill(self)
    }

    /// Adds a positional argument.
    #[inline]
    pub fn positional<V: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &V,
    ) -> Result<()> {
        self.values.push(convert::parameter(self.py, name, value)?);
        Ok(())
    }

    /// Adds an argument that is passed by keyword.
    #[inline]
    pub fn keyword<V: Serialize + ?Sized>(&mut self, name: &'static str, value: &V) -> Result<()> {
        self.positional(name, value)?;
        self.named += 1;
        self.seen += 1;
        Ok(())
    }

    /// Adds an argument that is passed by keyword, if it is anything.
    #[inline]
    pub fn optional<V: Serialize>(&mut self, name: &'static str, value: &Option<V>) -> Result<()> {
        match value {
            Some(value) => self.keyword(name, value),
            None => {
                self.omitted |= 1u128.wrapping_shl(self.seen);
                self.seen += 1;
                Ok(())
            }
        }
    }

    /// The tuple of the names of the keywords; made anew where some are left out.
    #[inline]
    fn names(&self, all: &'static Kept) -> Result<Names<'py>> {
        if self.named == 0 {
            return Ok(Names::None);
        }
        let py = self.py;
        if self.seen as usize != self.item.keywords.len() || self.seen > u128::BITS {
            return Err(miscounted(self.item, self.seen));
        }
        if self.omitted == 0 {
            return all.get(py, || self.present()).map(Names::Kept);
        }
        self.present().map(Names::Own)
    }

    #[cold]
    fn present(&self) -> Result<Ref<'py>> {
        let py = self.py;
        let keywords = (0..).zip(self.item.keywords);
        let present = keywords.filter(|(index, _)| self.omitted.wrapping_shr(*index) & 1 == 0);
        // SAFETY: attached; the tuple has a place for each name and takes over its reference.
        unsafe {
            let tuple = Ref::owned(py, py.PyTuple_New(self.named as isize))?;
            for (index, (_, (name, _))) in (0..).zip(present) {
                let name = Ref::name(py, name)?.into_ptr().as_ptr();
                py.check(py.PyTuple_SetItem(tuple.as_ptr(), index, name))?;
            }
            Ok(tuple)
        }
    }
}

#[cold]
fn miscounted(item: &Item, seen: u32) -> Error {
    Error::Argument(format!(
        "expected the {} keywords of `{}`, found {seen}",
        item.keywords.len(),
        item.name
    ))
}

/// The tuple of a call's keywords.
enum Names<'py> {
    None,
    Kept(*mut sys::PyObject),
    Own(Ref<'py>),
}

impl Names<'_> {
    fn as_ptr(&self) -> *mut sys::PyObject {
        match self {
            Names::None => ptr::null_mut(),
            Names::Kept(names) => *names,
            Names::Own(names) => names.as_ptr(),
        }
    }
}
