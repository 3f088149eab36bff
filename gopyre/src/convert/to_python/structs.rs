//! Dicts of structs on their way: made as the shape says, where it is known.

use super::{ToPython, number};
use crate::convert::failure::Failure;
use crate::convert::shapes::{Known, Shape};
use crate::reference::Ref;
use gopyre_sys as sys;
use serde::ser::{Serialize, SerializeStruct};
use std::rc::Rc;

/// A dict of a struct, or the number that serde_json sends as a struct.
pub(in crate::convert) struct StructBuilder<'py> {
    to: ToPython<'py>,
    name: &'static str,
    announced: usize,
    made: Made<'py>,
}

/// How far a struct is.
enum Made<'py> {
    Nothing,
    /// A dict of the shape, and how many of its values are set.
    Shaped(Ref<'py>, Rc<Shape>, usize),
    /// A dict that began empty, and its fields where they are to be learned.
    Built(Ref<'py>, Option<Vec<&'static str>>),
    Number(Ref<'py>),
}

impl<'py> StructBuilder<'py> {
    #[inline]
    pub(super) fn new(to: ToPython<'py>, name: &'static str, announced: usize) -> Self {
        StructBuilder {
            to,
            name,
            announced,
            made: Made::Nothing,
        }
    }

    pub(super) fn number(to: ToPython<'py>) -> Self {
        StructBuilder {
            made: Made::Number(Ref::none(to.py)),
            ..StructBuilder::new(to, "", 1)
        }
    }

    #[inline]
    pub(super) fn field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Failure> {
        if let Made::Number(number) = &mut self.made {
            *number = number::parsed(self.to, &value.serialize(self.to)?)?;
            return Ok(());
        }
        let value = self.to.object(value).map_err(|e| e.at_name(name))?;
        if let Made::Nothing = self.made {
            self.begin(name)?;
        }
        if let Made::Shaped(dict, shape, count) = &mut self.made
            && let Some(name) = shape.name(*count, name)
        {
            *count += 1;
            return set(dict, name, &value);
        }
        self.add(name, &value)
    }

    /// Makes the dict, when the first field has come.
    #[inline]
    fn begin(&mut self, first: &'static str) -> Result<(), Failure> {
        let py = self.to.py;
        let known = py.names().shapes().get(self.name, first, self.announced);
        // SAFETY: attached; new references.
        self.made = unsafe {
            match known {
                Known::Shape(shape) => Made::Shaped(self.to.owned(shape.dict(py))?, shape, 0),
                Known::Varying => Made::Built(self.to.owned(py.PyDict_New())?, None),
                Known::No => Made::Built(self.to.owned(py.PyDict_New())?, Some(Vec::new())),
            }
        };
        Ok(())
    }

    /// Adds a field that the dict has not.
    #[inline(never)]
    fn add(&mut self, field: &'static str, value: &Ref<'py>) -> Result<(), Failure> {
        let py = self.to.py;
        if let Made::Shaped(_, shape, _) = &self.made {
            py.names()
                .shapes()
                .forget(py, self.name, shape, self.announced);
            self.cut()?;
        }
        let name = py.names().get(py, field);
        if name.is_null() {
            return Err(Failure::raised(py));
        }
        match &mut self.made {
            Made::Built(dict, fields) => {
                if let Some(fields) = fields {
                    fields.push(field);
                }
                set(dict, name, value)
            }
            _ => Ok(()),
        }
    }

    /// Takes those keys out whose fields have not come.
    fn cut(&mut self) -> Result<(), Failure> {
        let Made::Shaped(dict, shape, count) = &self.made else {
            return Ok(());
        };
        let py = self.to.py;
        for name in shape.rest(*count) {
            // SAFETY: attached, our own dict, live names.
            if unsafe { py.PyDict_DelItem(dict.as_ptr(), *name) } < 0 {
                return Err(Failure::raised(py));
            }
        }
        self.made = Made::Built(dict.clone(), None);
        Ok(())
    }

    #[inline]
    pub(super) fn finish(mut self) -> Result<Ref<'py>, Failure> {
        if let Made::Shaped(_, shape, count) = &self.made
            && !shape.rest(*count).is_empty()
        {
            self.cut()?;
        }
        let py = self.to.py;
        match self.made {
            Made::Shaped(dict, ..) | Made::Built(dict, None) | Made::Number(dict) => Ok(dict),
            Made::Built(dict, Some(fields)) => {
                let names = py.names();
                names
                    .shapes()
                    .learn(py, names, self.name, self.announced, fields);
                Ok(dict)
            }
            // SAFETY: attached; a new reference.
            Made::Nothing => unsafe { self.to.owned(py.PyDict_New()) },
        }
    }
}

/// Sets a value in a dict of ours.
#[inline]
fn set(dict: &Ref<'_>, name: *mut sys::PyObject, value: &Ref<'_>) -> Result<(), Failure> {
    let py = dict.py();
    // SAFETY: attached, a dict, a live str, a live object.
    match unsafe { py.PyDict_SetItem(dict.as_ptr(), name, value.as_ptr()) } {
        0 => Ok(()),
        _ => Err(Failure::raised(py)),
    }
}

impl<'py> SerializeStruct for StructBuilder<'py> {
    type Ok = Ref<'py>;
    type Error = Failure;

    #[inline]
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Failure> {
        self.field(name, value)
    }

    #[inline]
    fn end(self) -> Result<Ref<'py>, Failure> {
        self.finish()
    }
}
