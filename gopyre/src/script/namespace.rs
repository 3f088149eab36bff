//! The globals of a run: fresh every time, and mostly with the same names.

use super::compile::Compiled;
use crate::error::{Error, Result};
use crate::object::Object;
use crate::reference::Ref;
use gopyre_sys as sys;
use std::ptr;

/// The globals of one run.
pub(super) struct Namespace<'py>(Ref<'py>);

/// What the globals of a script look like when its input is like the first one: a dict that has their names
/// already, so that a run copies it and sets values, and no dict grows.
#[derive(Debug)]
pub(super) struct Shape {
    /// None stands for every value that a run sets. Nobody else has it: the garbage collector, in which other code
    /// could find it, does not know it.
    globals: Object,
    /// `input` and the input's keys, in order, which are the last ones of the dict.
    keys: Vec<Key>,
    /// How many keys the dict has before.
    before: usize,
    /// Where its copies have their values.
    values: Option<sys::Values>,
}

/// A str's address.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Key(*mut sys::PyObject);

// SAFETY: compared, and given to Python by attached threads alone.
unsafe impl Send for Key {}
// SAFETY: as above.
unsafe impl Sync for Key {}

impl<'py> Namespace<'py> {
    /// `input`, and each string key of it if it is a dict. Not `__builtins__`, on which Python itself relies.
    #[inline]
    pub(super) fn new(compiled: &Compiled, input: &Ref<'py>) -> Result<Namespace<'py>> {
        // One of a class of its own may have its own idea of what is in it.
        if input.type_ptr() == input.py().PyDict_Type()
            && let Some(shape) = compiled.shape()
            && let Some(globals) = shape.filled(input)?
        {
            return Ok(Namespace(globals));
        }
        Namespace::build(compiled, input)
    }

    /// Makes them of the template.
    #[inline(never)]
    fn build(compiled: &Compiled, input: &Ref<'py>) -> Result<Namespace<'py>> {
        let py = input.py();
        if !input.has_flag(sys::type_flags::DICT) {
            let globals = compiled.namespace(py)?;
            globals.dict_set(&Ref::name(py, "input")?, input)?;
            return Ok(Namespace(globals));
        }
        let globals = compiled.namespace(py)?;
        // SAFETY: attached, and a dict.
        let before = unsafe { py.PyDict_Size(globals.as_ptr()) };
        globals.dict_set(&Ref::name(py, "input")?, input)?;
        let copy = copy(input)?;
        let plain = spread(&globals, &copy)?;
        // SAFETY: attached, and dicts.
        let (after, keys) = unsafe {
            (
                py.PyDict_Size(globals.as_ptr()),
                py.PyDict_Size(copy.as_ptr()),
            )
        };
        // Where two of them are the same name, the next run could not tell which are set.
        if plain && after - before == keys + 1 {
            compiled.learn(|| Shape::new(&globals, before.unsigned_abs()))?;
        }
        Ok(Namespace(globals))
    }

    pub(super) fn run(&self, compiled: &Compiled) -> Result<Ref<'py>> {
        compiled.run(&self.0)
    }
}

/// Makes each string key of a dict a global; says whether all are plain strings.
///
/// The dict must be one that nobody else has, so that nobody changes it while it is walked through.
fn spread<'py>(globals: &Ref<'py>, copy: &Ref<'py>) -> Result<bool> {
    let py = copy.py();
    let mut plain = true;
    let mut entries = Entries(0);
    // SAFETY: attached, a dict that is ours alone and not changed meanwhile.
    while let Some((key, value)) = unsafe { entries.next(copy) } {
        // SAFETY: live objects, borrowed from the copy.
        let (key, value) = unsafe { (Ref::borrowed(py, key)?, Ref::borrowed(py, value)?) };
        let is_name = key.has_flag(sys::type_flags::UNICODE)
            && key.as_str().map_or(true, |name| name != "__builtins__");
        if is_name {
            globals.dict_set(&key, &value)?;
        }
        plain &= is_name && key.type_ptr() == py.PyUnicode_Type();
    }
    Ok(plain)
}

impl Shape {
    /// Of the globals of a run, of which the first so many are the same in every run.
    fn new(globals: &Ref<'_>, before: usize) -> Result<Shape> {
        let py = globals.py();
        let none = Ref::none(py);
        let (empty, globals) = (Ref::dict(py)?, copy(globals)?);
        let mut all = Vec::new();
        let mut entries = Entries(0);
        // SAFETY: attached, a dict that is ours alone and not changed meanwhile.
        while let Some((key, value)) = unsafe { entries.next(&globals) } {
            // SAFETY: live objects, borrowed from the dict.
            let (key, value) = unsafe { (Ref::borrowed(py, key)?, Ref::borrowed(py, value)?) };
            empty.dict_set(&key, &none)?;
            all.push((key, value));
        }
        let keys: Vec<_> = all.iter().map(|(key, _)| key.as_ptr()).collect();
        // SAFETY: attached, a dict of ours that nobody else is to find and change, and of which nobody knows yet.
        let values = unsafe {
            py.PyObject_GC_UnTrack(empty.as_ptr().cast());
            py.find_values(empty.as_ptr(), &keys)
        };
        for (key, value) in all.iter().take(before) {
            empty.dict_set(key, value)?;
        }
        // SAFETY: as above; what it was given may have made it known.
        unsafe { py.PyObject_GC_UnTrack(empty.as_ptr().cast()) };
        Ok(Shape {
            globals: Object::from_ref(empty),
            keys: keys.into_iter().skip(before).map(Key).collect(),
            before,
            values,
        })
    }

    /// The globals of a run with this dict as its input; none where its keys are not those of the shape.
    #[inline]
    fn filled<'py>(&self, input: &Ref<'py>) -> Result<Option<Ref<'py>>> {
        let py = input.py();
        // Without a GIL somebody might change the input meanwhile.
        let own = py.version.free_threaded.then(|| copy(input)).transpose()?;
        let entries = own.as_ref().unwrap_or(input);
        // SAFETY: attached, and a dict.
        let len = unsafe { py.PyDict_Size(entries.as_ptr()) }.unsigned_abs();
        if len + 1 != self.keys.len() {
            return Ok(None);
        }
        let globals = copy(&*self.globals.lend(py)?)?;
        self.set(&globals, 0, input.as_ptr())?;
        let mut walk = Entries(0);
        for place in 1..self.keys.len() {
            // SAFETY: attached, a dict. Nothing runs meanwhile that could change it: the globals have all the
            // keys, and what the values replace is None.
            let entry = unsafe { walk.next(entries) };
            let Some((_, value)) = entry.filter(|(key, _)| Key(*key) == self.keys[place]) else {
                return Ok(None);
            };
            self.set(&globals, place, value)?;
        }
        // SAFETY: attached, a dict of ours, which from now on others may have.
        unsafe { py.track(globals.as_ptr()) };
        Ok(Some(globals))
    }

    /// Sets the value of one of the keys in a copy that nobody else has.
    #[inline]
    fn set(&self, globals: &Ref<'_>, place: usize, value: *mut sys::PyObject) -> Result<()> {
        let py = globals.py();
        let key = (self.before + place, self.keys[place].0);
        // SAFETY: attached, a live object; a copy of the shape's dict, which has the keys that it had when the places
        // were found (rule 1).
        let is_set = unsafe {
            py.Py_IncRef(value);
            py.set_value(globals.as_ptr(), self.values, key, value)
        };
        match is_set {
            true => Ok(()),
            false => Err(Error::raised(py)),
        }
    }
}

/// A copy of a dict.
#[inline]
fn copy<'py>(dict: &Ref<'py>) -> Result<Ref<'py>> {
    let py = dict.py();
    // SAFETY: attached, and a dict; a new reference.
    unsafe { Ref::owned(py, py.PyDict_Copy(dict.as_ptr())) }
}

/// A walk through a dict.
struct Entries(isize);

impl Entries {
    /// The next key and its value, borrowed.
    ///
    /// # Safety
    /// The thread must be attached, and `dict` a dict that does not change meanwhile.
    #[inline]
    unsafe fn next(&mut self, dict: &Ref<'_>) -> Option<(*mut sys::PyObject, *mut sys::PyObject)> {
        let (mut key, mut value) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: as the caller promises.
        let more = unsafe {
            dict.py()
                .PyDict_Next(dict.as_ptr(), &mut self.0, &mut key, &mut value)
        };
        (more != 0).then_some((key, value))
    }
}
