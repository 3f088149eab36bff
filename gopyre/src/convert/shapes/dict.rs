//! A dict of a shape on its way.

use super::Shape;
use crate::attach::Attached;
use crate::reference::Ref;
use gopyre_sys as sys;
use std::rc::Rc;

/// A dict that has the keys of a shape, and the values of those fields that have come.
///
/// Where values are put to their places, nobody else has it until it is finished: the garbage collector, in which other
/// code could find it, does not know it.
pub(in crate::convert) struct ShapedDict<'py> {
    dict: Ref<'py>,
    shape: Rc<Shape>,
    /// How many values are set.
    count: usize,
    /// Whether one of them is what the garbage collector has to look into.
    holds: bool,
}

impl<'py> ShapedDict<'py> {
    /// None with an exception where memory is short.
    #[inline]
    pub(in crate::convert) fn new(py: Attached<'py>, shape: Rc<Shape>) -> Option<Self> {
        // SAFETY: attached, a dict that is kept as long as the shape; new references, which the collector need not know.
        let dict = unsafe {
            let dict = match shape.dict {
                Some(dict) => py.PyDict_Copy(dict.as_ptr()),
                None => py.PyDict_New(),
            };
            let dict = Ref::owned_or_none(py, dict)?;
            if shape.values.is_some() {
                py.PyObject_GC_UnTrack(dict.as_ptr().cast());
            }
            dict
        };
        // From 3.14 on it knows every dict.
        let holds = shape.tracked;
        Some(ShapedDict {
            dict,
            shape,
            count: 0,
            holds,
        })
    }

    pub(in crate::convert) fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Whether a field is the one that comes next.
    #[inline]
    pub(in crate::convert) fn expects(&self, field: &'static str) -> bool {
        // Constants are told by their address.
        let same = |known: &&str| known.as_ptr() == field.as_ptr() && known.len() == field.len();
        self.shape.fields.get(self.count).is_some_and(same)
    }

    /// Sets the value of the next field; false with an exception where memory is short.
    #[inline]
    pub(in crate::convert) fn set(&mut self, value: Ref<'py>) -> bool {
        let (py, place) = (self.dict.py(), self.count);
        let name = self.shape.names[place];
        self.count += 1;
        let values = self.shape.values;
        self.holds = self.holds || values.is_some() && is_container(&value);
        let (dict, value) = (self.dict.as_ptr(), value.into_ptr().as_ptr());
        // SAFETY: attached; where places are known, a copy of the shape's dict that nobody else has.
        unsafe { py.set_value(dict, values, (place, name), value) }
    }

    /// The dict with those fields that have come; none with an exception where memory is short.
    #[inline]
    pub(in crate::convert) fn finish(self) -> Option<Ref<'py>> {
        let py = self.dict.py();
        if self.shape.dict.is_some() && self.count < self.shape.names.len() {
            self.cut()?;
        }
        // SAFETY: attached, our own dict, whose values are set.
        unsafe {
            if self.shape.values.is_some() && self.holds {
                py.track(self.dict.as_ptr());
            }
        }
        Some(self.dict)
    }

    /// Takes those keys out whose fields have not come.
    #[cold]
    fn cut(&self) -> Option<()> {
        let py = self.dict.py();
        let delete = |name: &*mut sys::PyObject| {
            // SAFETY: attached, our own dict, a live name.
            unsafe { py.PyDict_DelItem(self.dict.as_ptr(), *name) == 0 }
        };
        self.shape.names[self.count..]
            .iter()
            .all(delete)
            .then_some(())
    }
}

/// Whether an object may have others in it.
#[inline]
fn is_container(value: &Ref<'_>) -> bool {
    let (py, class) = (value.py(), value.type_ptr());
    let scalars = [
        py.PyUnicode_Type(),
        py.PyFloat_Type(),
        py.PyLong_Type(),
        py.PyBool_Type(),
    ];
    !scalars.contains(&class) && !value.is_none()
}
