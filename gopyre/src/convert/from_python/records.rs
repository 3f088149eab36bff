//! Objects with named values: named tuples, dataclasses, attrs and pydantic models, plain objects.

use super::FromPython;
use super::kinds::Known;
use super::maps::Pairs;
use crate::convert::failure::Failure;
use crate::reference::Ref;
use gopyre_sys::type_flags;

type Names<'py> = Vec<Ref<'py>>;

impl<'a, 'py> FromPython<'a, 'py> {
    /// The names and values of a named tuple; none for any other tuple.
    pub(super) fn named_tuple(self) -> Result<Option<Pairs<'py>>, Failure> {
        let Some(names) = self.class_attr("_fields")? else {
            return Ok(None);
        };
        let Some(names) = self.strings(&names)? else {
            return Ok(None);
        };
        let mut pairs = Vec::with_capacity(names.len());
        for (index, name) in names.into_iter().enumerate() {
            // SAFETY: attached, a tuple; an index past its end raises.
            let value = unsafe {
                Ref::borrowed(
                    self.py(),
                    self.py().PyTuple_GetItem(self.object, index as isize),
                )?
            };
            pairs.push((name, value));
        }
        Ok(Some(pairs))
    }

    /// Whether the object is a pydantic model, which can be iterated but is no sequence.
    pub(super) fn is_model(self) -> Result<bool, Failure> {
        Ok(self.has("__pydantic_fields__")?
            || self.has("__pydantic_core_schema__")?
            || self.has("__fields__")?)
    }

    /// The fields of a dataclass, an attrs class or a pydantic model; none for anything else.
    pub(super) fn model_names(self) -> Result<Option<Names<'py>>, Failure> {
        if self.is_code() {
            return Ok(None);
        }
        if let Some(fields) = self.class_attr("__dataclass_fields__")? {
            return self.dataclass_names(&fields).map(Some);
        }
        if let Some(fields) = self.class_attr("__attrs_attrs__")? {
            let mut names = Vec::new();
            let fields = fields.iter()?;
            while let Some(field) = fields.step()? {
                names.push(field.attr("name")?);
            }
            return Ok(Some(self.only_strings(names)));
        }
        let mut fields = self.class_attr("__pydantic_fields__")?;
        if fields.is_none() && self.has("__pydantic_core_schema__")? {
            fields = self.class_attr("model_fields")?;
        }
        if let Some(fields) = fields {
            let mut names = self.strings(&fields)?.unwrap_or_default();
            if let Some(extra) = self
                .attribute("__pydantic_extra__")?
                .filter(|extra| !extra.is_none())
            {
                names.extend(self.strings(&extra)?.unwrap_or_default());
            }
            return Ok(Some(names));
        }
        if let Some(fields) = self.class_attr("_fields_")? {
            return self.ctypes_names(&fields).map(Some);
        }
        if self.has("__fields__")? {
            // Version 1 keeps the fields, and nothing else, in the object's dict.
            return self.dict_names();
        }
        Ok(None)
    }

    /// The names of a ctypes structure's fields: the first part of each of its tuples.
    fn ctypes_names(self, fields: &Ref<'py>) -> Result<Names<'py>, Failure> {
        let fields = fields.iter()?;
        let mut names = Vec::new();
        while let Some(field) = fields.step()? {
            if field.has_flag(type_flags::TUPLE) {
                // SAFETY: attached, a tuple; an index past its end raises.
                names.push(unsafe {
                    Ref::borrowed(self.py(), self.py().PyTuple_GetItem(field.as_ptr(), 0))?
                });
            }
        }
        Ok(self.only_strings(names))
    }

    /// The names of a dataclass's real fields: neither `ClassVar` nor `InitVar`.
    fn dataclass_names(self, fields: &Ref<'py>) -> Result<Names<'py>, Failure> {
        let items = self.with(fields).items()?;
        let mut names = Vec::with_capacity(items.len());
        for (name, field) in items {
            let kind = match field.attr_or_none("_field_type")? {
                Some(kind) => kind.attr_or_none("name")?,
                None => None,
            };
            let is_field = match kind {
                Some(kind) if kind.has_flag(type_flags::UNICODE) => kind.as_str()? == "_FIELD",
                _ => true,
            };
            if is_field {
                names.push(name);
            }
        }
        Ok(self.only_strings(names))
    }

    /// The public attributes of a plain object, those of its dict and its slots; none for what has neither.
    pub(super) fn plain_names(self) -> Result<Option<Names<'py>>, Failure> {
        const NO_OBJECTS: std::ffi::c_ulong = type_flags::EXCEPTION
            | type_flags::LONG
            | type_flags::UNICODE
            | type_flags::BYTES
            | type_flags::LIST;
        let py = self.py();
        let builtin = [
            py.PyFloat_Type(),
            py.PyComplex_Type(),
            py.PySet_Type(),
            py.PyFrozenSet_Type(),
        ];
        if self.flags() & NO_OBJECTS != 0
            || self.is_code()
            || builtin.into_iter().any(|class| self.is_a(class))
        {
            return Ok(None);
        }
        if let Some(Known::Text | Known::Iso | Known::Timedelta | Known::Callable) = self.known()? {
            return Ok(None);
        }
        let (dict, slots) = (self.dict_names()?, self.slot_names()?);
        if dict.is_none() && slots.is_none() {
            return Ok(None);
        }
        let mut names: Names<'_> = Vec::new();
        for name in dict.into_iter().chain(slots).flatten() {
            let text = name.as_str()?;
            if !text.starts_with('_')
                && !names
                    .iter()
                    .any(|known| known.as_str().is_ok_and(|known| known == text))
            {
                names.push(name);
            }
        }
        // SAFETY: attached, a live object.
        if names.is_empty() && unsafe { py.PyCallable_Check(self.object) } != 0 {
            return Ok(None);
        }
        Ok(Some(names))
    }

    /// The keys of the object's `__dict__`.
    fn dict_names(self) -> Result<Option<Names<'py>>, Failure> {
        match self.to_ref().attr_or_none("__dict__")? {
            Some(dict) if dict.has_flag(type_flags::DICT) => {
                // SAFETY: attached, a dict; the copy is ours, so that nothing changes it meanwhile.
                let copy = unsafe { Ref::owned(self.py(), self.py().PyDict_Copy(dict.as_ptr()))? };
                self.strings(&copy)
            }
            _ => Ok(None),
        }
    }

    /// The `__slots__` of the object's class and its bases.
    fn slot_names(self) -> Result<Option<Names<'py>>, Failure> {
        let py = self.py();
        // SAFETY: attached, a live type object.
        let class = unsafe { Ref::borrowed(py, self.class())? };
        let classes = class.attr("__mro__")?.iter()?;
        let mut all = None;
        while let Some(class) = classes.step()? {
            let Some(slots) = class.attr_or_none("__slots__")? else {
                continue;
            };
            let all = all.get_or_insert_with(Vec::new);
            if slots.has_flag(type_flags::UNICODE) {
                all.push(slots);
            } else {
                all.extend(self.strings(&slots)?.unwrap_or_default());
            }
        }
        Ok(all)
    }

    /// The values of attributes; those that are not set are left out.
    pub(super) fn attributes(self, names: Names<'py>) -> Result<Pairs<'py>, Failure> {
        let mut pairs = Vec::with_capacity(names.len());
        for name in names {
            if let Some(value) = self.attribute_of(&name)? {
                pairs.push((name, value));
            }
        }
        Ok(pairs)
    }

    /// The strings that iterating gives; none where the object is no tuple, list or dict.
    fn strings(self, names: &Ref<'py>) -> Result<Option<Names<'py>>, Failure> {
        if !names.has_flag(type_flags::TUPLE | type_flags::LIST | type_flags::DICT) {
            return Ok(None);
        }
        let items = names.iter()?;
        let mut names = Vec::new();
        while let Some(name) = items.step()? {
            names.push(name);
        }
        Ok(Some(self.only_strings(names)))
    }

    fn only_strings(self, mut names: Names<'py>) -> Names<'py> {
        names.retain(|name| name.has_flag(type_flags::UNICODE));
        names
    }
}
