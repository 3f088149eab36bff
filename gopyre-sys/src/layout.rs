//! The one fact about object layout that is worth having: where the type pointer is.

use crate::{PyObject, Table};

/// Finds the offset of the type pointer by looking at objects whose type is known.
///
/// The type of a built-in class, `type` included, is `type`. The head of an object is 16 bytes, 32 in
/// a free-threaded build, more in special debug builds.
pub(crate) fn type_offset(table: &Table) -> Option<usize> {
    const WORD: usize = size_of::<usize>();
    let class = table.PyType_Type();
    let known = [
        class,
        table.PyUnicode_Type(),
        table.PyLong_Type(),
        table.PyDict_Type(),
    ];
    (0..8).map(|index| index * WORD).find(|&offset| {
        known.iter().all(|object| {
            // SAFETY: these are static type objects, several hundred bytes long and aligned to words (rule 1).
            unsafe { object.byte_add(offset).cast::<*mut PyObject>().read() == class }
        })
    })
}

impl Table {
    /// An object's type, borrowed.
    ///
    /// # Safety
    /// `object` must be a live object and the thread attached.
    #[inline]
    #[allow(non_snake_case)]
    pub unsafe fn Py_TYPE(&self, object: *mut PyObject) -> *mut PyObject {
        match self.type_offset {
            // SAFETY: every object starts with the same head, whose type pointer is at this offset (rule 1).
            Some(offset) => unsafe { object.byte_add(offset).cast::<*mut PyObject>().read() },
            // SAFETY: as the caller promises; the object keeps its type alive.
            None => unsafe {
                let class = self.PyObject_Type(object);
                self.Py_DecRef(class);
                class
            },
        }
    }
}
