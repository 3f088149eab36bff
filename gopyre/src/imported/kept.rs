//! What is looked up once.

use crate::attach::Attached;
use crate::error::Result;
use crate::interpreter::Each;
use crate::object::Object;
use crate::reference::Ref;
use gopyre_sys as sys;

/// A Python object that is made at its first use in an interpreter and kept for as long as that lives.
#[derive(Debug)]
pub(crate) struct Kept(Each<Object>);

impl Kept {
    pub(crate) const fn new() -> Kept {
        Kept(Each::new())
    }

    /// The object, borrowed; it lives as long as its interpreter.
    ///
    /// # Errors
    /// Those of `make`, which is asked again the next time.
    #[inline]
    pub(crate) fn get<'py>(
        &'static self,
        py: Attached<'py>,
        make: impl FnOnce() -> Result<Ref<'py>>,
    ) -> Result<*mut sys::PyObject> {
        match self.0.get(py) {
            Some(object) => object.pointer(py),
            // Not under a lock, because it runs Python (rule 7); of two threads one wins.
            None => self.keep(py, make()?),
        }
    }

    #[cold]
    fn keep<'py>(&'static self, py: Attached<'py>, made: Ref<'py>) -> Result<*mut sys::PyObject> {
        self.0.set(py, Object::from_ref(made)).pointer(py)
    }
}
