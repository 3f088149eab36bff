//! The place of a value that serde complains about after it has buffered the whole, as it does for
//! internally tagged, untagged and flattened types.
//!
//! Serde's buffer knows no places. But where one value alone in the whole is like the one it names, that
//! is the one. A whole that holds anything but plain data is not searched: what is in there, nobody knows.

use super::describe;
use super::path;
use crate::attach::Attached;
use crate::reference::Ref;
use gopyre_sys as sys;
use std::ptr;

/// What is looked for.
#[derive(Clone, Copy)]
pub(super) enum Wanted<'a> {
    /// A value of this description.
    Scalar(&'a str),
    Seq,
    Length(usize),
    Map,
    /// A dict without this key.
    Without(&'a str),
}

/// How many values are looked at.
const MOST: usize = 10_000;
/// How deep they may be.
const DEEPEST: usize = 128;

/// The path to what is wanted, and its description; none where there is no such value, or several.
#[cold]
pub(super) fn locate(
    py: Attached<'_>,
    whole: *mut sys::PyObject,
    wanted: Wanted<'_>,
) -> Option<(String, String)> {
    // SAFETY: attached, a live object.
    let whole = unsafe { Ref::borrowed(py, whole) }.ok()?;
    let mut search = Search {
        wanted,
        looked_at: 0,
        path: String::new(),
        found: None,
    };
    search.visit(&whole, 0)?;
    search.found
}

struct Search<'a> {
    wanted: Wanted<'a>,
    looked_at: usize,
    /// Of what is being looked at.
    path: String,
    found: Option<(String, String)>,
}

impl Search<'_> {
    /// Looks at a value and all in it; none ends the search without a result.
    fn visit(&mut self, value: &Ref<'_>, depth: usize) -> Option<()> {
        let (py, class) = (value.py(), value.type_ptr());
        self.looked_at += 1;
        if self.looked_at > MOST || depth > DEEPEST {
            return None;
        }
        if class == py.PyDict_Type() {
            self.visit_dict(value, depth)
        } else if class == py.PyList_Type() || class == py.PyTuple_Type() {
            self.visit_sequence(value, depth)
        } else {
            let words = scalar(value)?;
            match self.wanted {
                Wanted::Scalar(wanted) if wanted == words => self.hit(value),
                _ => Some(()),
            }
        }
    }

    fn visit_dict(&mut self, dict: &Ref<'_>, depth: usize) -> Option<()> {
        let py = dict.py();
        let mut has_key = false;
        let (mut position, mut key, mut value) = (0, ptr::null_mut(), ptr::null_mut());
        // SAFETY: attached, a dict; the copy is ours alone, key and value are borrowed from it.
        let copy = unsafe { Ref::owned(py, py.PyDict_Copy(dict.as_ptr())) }.ok()?;
        // SAFETY: as above.
        while unsafe { py.PyDict_Next(copy.as_ptr(), &mut position, &mut key, &mut value) } != 0 {
            // SAFETY: as above.
            let (key, value) =
                unsafe { (Ref::borrowed(py, key).ok()?, Ref::borrowed(py, value).ok()?) };
            // The complaint may be about a key, which has no place of its own.
            let words = scalar(&key)?;
            if matches!(self.wanted, Wanted::Scalar(wanted) if wanted == words) {
                return None;
            }
            let name = describe::text(py, key.as_ptr());
            has_key |=
                matches!((self.wanted, &name), (Wanted::Without(key), Some(name)) if key == name);
            let before = self.path.len();
            self.path.push_str(&path::key(py, key.as_ptr()));
            self.visit(&value, depth + 1)?;
            self.path.truncate(before);
        }
        match self.wanted {
            Wanted::Map => self.hit(dict),
            Wanted::Without(_) if !has_key => self.hit(dict),
            _ => Some(()),
        }
    }

    fn visit_sequence(&mut self, items: &Ref<'_>, depth: usize) -> Option<()> {
        let py = items.py();
        let copy = match items.type_ptr() == py.PyList_Type() {
            // SAFETY: attached, a list; a new tuple, which nobody changes.
            true => unsafe { Ref::owned(py, py.PyList_AsTuple(items.as_ptr())) }.ok()?,
            false => items.clone(),
        };
        // SAFETY: attached, a tuple.
        let len = unsafe { py.PyTuple_Size(copy.as_ptr()) };
        for index in 0..len {
            // SAFETY: attached, a tuple, an index below its length.
            let item =
                unsafe { Ref::borrowed(py, py.PyTuple_GetItem(copy.as_ptr(), index)) }.ok()?;
            let before = self.path.len();
            self.path.push_str(&path::index(index.unsigned_abs()));
            self.visit(&item, depth + 1)?;
            self.path.truncate(before);
        }
        match self.wanted {
            Wanted::Seq => self.hit(items),
            Wanted::Length(wanted) if wanted == len.unsigned_abs() => self.hit(items),
            _ => Some(()),
        }
    }

    /// One that is like what is wanted; a second one ends the search.
    fn hit(&mut self, value: &Ref<'_>) -> Option<()> {
        if self.found.is_some() {
            self.found = None;
            return None;
        }
        let words = describe::object(value.py(), value.as_ptr());
        self.found = Some((self.path.clone(), words));
        Some(())
    }
}

/// A plain value in the words that are used of serde's; none for anything else.
fn scalar(value: &Ref<'_>) -> Option<String> {
    let (py, class) = (value.py(), value.type_ptr());
    if class == py.PyFloat_Type() {
        // SAFETY: attached, an exact float, for which this never raises.
        return Some(describe::float(unsafe {
            py.PyFloat_AsDouble(value.as_ptr())
        }));
    }
    let plain = [py.PyUnicode_Type(), py.PyLong_Type(), py.PyBool_Type()];
    let plain = plain.contains(&class) || value.is_none();
    plain.then(|| describe::object(py, value.as_ptr()))
}
