//! Dicts of structs on their way: made as the shape says, where it is known.

use super::{ToPython, number};
use crate::convert::failure::Failure;
use crate::convert::shapes::{Known, ShapedDict};
use crate::reference::Ref;
use gopyre_sys as sys;
use serde::ser::{Serialize, SerializeStruct};
use std::mem;

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
    Shaped(ShapedDict<'py>),
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
        if let Made::Shaped(dict) = &mut self.made
            && dict.expects(name)
        {
            return match dict.set(value) {
                true => Ok(()),
                false => Err(Failure::raised(self.to.py)),
            };
        }
        self.add(name, &value)
    }

    /// Makes the dict, when the first field has come.
    #[inline]
    fn begin(&mut self, first: &'static str) -> Result<(), Failure> {
        let py = self.to.py;
        let known = py.names().shapes().get(self.name, first, self.announced);
        let fields = match known {
            Known::Shape(shape) => {
                let dict = ShapedDict::new(py, shape).ok_or_else(|| Failure::raised(py))?;
                self.made = Made::Shaped(dict);
                return Ok(());
            }
            Known::Varying => None,
            Known::No => Some(Vec::new()),
        };
        // SAFETY: attached; a new reference.
        self.made = Made::Built(unsafe { self.to.owned(py.PyDict_New())? }, fields);
        Ok(())
    }

    /// Adds a field that the dict has not.
    #[inline(never)]
    fn add(&mut self, field: &'static str, value: &Ref<'py>) -> Result<(), Failure> {
        let py = self.to.py;
        match mem::replace(&mut self.made, Made::Nothing) {
            Made::Shaped(dict) => {
                dict.shape().vary();
                self.made = Made::Built(self.finished(dict)?, None);
            }
            other => self.made = other,
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

    #[inline]
    fn finished(&self, dict: ShapedDict<'py>) -> Result<Ref<'py>, Failure> {
        dict.finish().ok_or_else(|| Failure::raised(self.to.py))
    }

    #[inline]
    pub(super) fn finish(mut self) -> Result<Ref<'py>, Failure> {
        let py = self.to.py;
        match mem::replace(&mut self.made, Made::Nothing) {
            Made::Shaped(dict) => self.finished(dict),
            Made::Built(dict, None) | Made::Number(dict) => Ok(dict),
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
