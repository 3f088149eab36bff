//! The globals of a run: fresh every time, and mostly with the same names.

use super::compile::Compiled;
use crate::error::Result;
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
    /// None stands for every value that a run sets.
    globals: Object,
    /// `input`; the dict keeps it and the keys.
    input: Key,
    /// The input's keys, in order.
    keys: Vec<Key>,
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
        let keys = spread(&globals, &copy(input)?, compiled.shape().is_none())?;
        // SAFETY: attached, and a dict.
        let after = unsafe { py.PyDict_Size(globals.as_ptr()) };
        // Where two of them are the same name, the next run could not tell which are set.
        if let Some(keys) = keys
            && (after - before).unsigned_abs() == keys.len() + 1
        {
            compiled.learn(|| Shape::new(&globals, &keys))?;
        }
        Ok(Namespace(globals))
    }

    pub(super) fn run(&self, compiled: &Compiled) -> Result<Ref<'py>> {
        compiled.run(&self.0)
    }
}

/// Makes each string key of a dict a global; returns them if they are wanted and all are plain strings.
///
/// The dict must be one that nobody else has, so that nobody changes it while it is walked through.
fn spread<'py>(globals: &Ref<'py>, copy: &Ref<'py>, wanted: bool) -> Result<Option<Vec<Ref<'py>>>> {
    let py = copy.py();
    let mut keys = wanted.then(Vec::new);
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
        if !is_name || key.type_ptr() != py.PyUnicode_Type() {
            keys = None;
        }
        if let Some(keys) = &mut keys {
            keys.push(key);
        }
    }
    Ok(keys)
}

impl Shape {
    fn new(globals: &Ref<'_>, keys: &[Ref<'_>]) -> Result<Shape> {
        let py = globals.py();
        let empty = copy(globals)?;
        let none = Ref::none(py);
        let input = Ref::name(py, "input")?;
        empty.dict_set(&input, &none)?;
        for key in keys {
            empty.dict_set(key, &none)?;
        }
        Ok(Shape {
            globals: Object::from_ref(empty),
            input: Key(input.as_ptr()),
            keys: keys.iter().map(|key| Key(key.as_ptr())).collect(),
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
        if len != self.keys.len() {
            return Ok(None);
        }
        let globals = copy(&*self.globals.lend(py)?)?;
        let set = |key: Key, value| {
            // SAFETY: attached, a dict of ours, live objects.
            py.check(unsafe { py.PyDict_SetItem(globals.as_ptr(), key.0, value) })
        };
        set(self.input, input.as_ptr())?;
        let mut walk = Entries(0);
        for expected in &self.keys {
            // SAFETY: attached, a dict. Nothing runs meanwhile that could change it: the globals have all the
            // keys, and what the values replace is None.
            let entry = unsafe { walk.next(entries) };
            let Some((_, value)) = entry.filter(|(key, _)| Key(*key) == *expected) else {
                return Ok(None);
            };
            set(*expected, value)?;
        }
        Ok(Some(globals))
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
