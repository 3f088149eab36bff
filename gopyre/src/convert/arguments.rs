//! A call's positional arguments: what serializes to a tuple, array or sequence, as an array of objects.

use super::depth::Depth;
use super::failure::Failure;
use super::handle;
use super::to_python::ToPython;
use crate::attach::{Attached, Converting};
use crate::error::{Error, Result};
use crate::reference::Ref;
use gopyre_sys as sys;
use serde::ser::{
    Impossible, Serialize, SerializeSeq, SerializeTuple, SerializeTupleStruct, Serializer,
};
use std::mem::MaybeUninit;

/// How many arguments need no allocation.
const INLINE: usize = 8;

/// Owned arguments, with a free place in front that the called function may use.
pub(crate) struct Arguments<'py> {
    py: Attached<'py>,
    inline: [Place; INLINE + 1],
    /// All of them, the free place included, once they are more than `inline` holds.
    spilled: Vec<Place>,
    count: usize,
}

/// A place for an argument, which has one once it is counted.
type Place = MaybeUninit<*mut sys::PyObject>;

impl<'py> Arguments<'py> {
    #[inline]
    pub(crate) fn new(py: Attached<'py>) -> Self {
        Arguments {
            py,
            inline: [Place::uninit(); INLINE + 1],
            spilled: Vec::new(),
            count: 0,
        }
    }

    #[inline]
    pub(crate) fn push(&mut self, value: Ref<'py>) {
        let value = Place::new(value.into_ptr().as_ptr());
        self.count += 1;
        match self.inline.get_mut(self.count) {
            Some(place) => *place = value,
            None => self.spill(value),
        }
    }

    /// Not part of every call's code.
    #[cold]
    fn spill(&mut self, value: Place) {
        if self.spilled.is_empty() {
            self.spilled.extend_from_slice(&self.inline);
        }
        self.spilled.push(value);
    }

    /// The first argument's place, and how many there are.
    #[inline]
    pub(crate) fn as_raw(&mut self) -> (*const *mut sys::PyObject, usize) {
        let places = if self.spilled.is_empty() {
            &mut self.inline[..]
        } else {
            &mut self.spilled
        };
        // Mutable, because the callee may write to the free place.
        // SAFETY: both begin with that.
        let first = unsafe { places.as_mut_ptr().add(1) };
        (first.cast_const().cast(), self.count)
    }

    /// Calls with these arguments, the last `named` of which `names` names.
    ///
    /// # Safety
    /// `callable` must be a live object and `names` a live tuple of as many str.
    #[inline]
    pub(crate) unsafe fn call_named(
        &mut self,
        callable: *mut sys::PyObject,
        named: usize,
        names: *mut sys::PyObject,
    ) -> Result<Ref<'py>> {
        let (first, count) = self.as_raw();
        let count = (count - named) | sys::ARGUMENTS_OFFSET;
        // SAFETY: attached; as the caller promises, and as for `call`.
        unsafe { Ref::owned(self.py, self.py.call_named(callable, first, count, names)) }
    }

    /// Calls the method `name` of the first argument with the others, as `call_named` does.
    ///
    /// # Safety
    /// There must be a first argument; `name` must be a live str, and `names` a live tuple of as many
    /// str, or null where `named` is 0.
    #[inline]
    pub(crate) unsafe fn call_method(
        &mut self,
        name: *mut sys::PyObject,
        named: usize,
        names: *mut sys::PyObject,
    ) -> Result<Ref<'py>> {
        let (first, count) = self.as_raw();
        let count = (count - named) | sys::ARGUMENTS_OFFSET;
        // SAFETY: attached; as the caller promises, and as for `call`.
        unsafe {
            Ref::owned(
                self.py,
                self.py.PyObject_VectorcallMethod(name, first, count, names),
            )
        }
    }

    /// Calls with these arguments.
    #[inline]
    pub(crate) fn call(&mut self, callable: *mut sys::PyObject) -> Result<Ref<'py>> {
        let (first, count) = self.as_raw();
        // SAFETY: attached; live objects; the place before the first may be used by the callee, which
        // puts back what was there.
        unsafe {
            Ref::owned(
                self.py,
                self.py
                    .call_array(callable, first, count | sys::ARGUMENTS_OFFSET),
            )
        }
    }
}

impl Drop for Arguments<'_> {
    #[inline]
    fn drop(&mut self) {
        let (first, count) = self.as_raw();
        for index in 0..count {
            // SAFETY: attached; `count` references that are ours.
            unsafe { self.py.Py_DecRef(*first.add(index)) };
        }
    }
}

/// Converts positional arguments.
///
/// # Errors
/// [`Error::Argument`] where `args` is no tuple, array or sequence, with the mend.
#[inline]
pub(crate) fn arguments<'py, A: Serialize + ?Sized>(
    py: Attached<'py>,
    args: &A,
) -> Result<Arguments<'py>> {
    let mut arguments = Arguments::new(py);
    arguments.fill(args)?;
    Ok(arguments)
}

impl Arguments<'_> {
    /// Adds whatever `args` holds.
    #[inline]
    fn fill<A: Serialize + ?Sized>(&mut self, args: &A) -> Result<()> {
        let _converting = Converting::begin(self.py);
        let to = ToArguments(self, Depth::default());
        args.serialize(to).map_err(Error::from)
    }
}

impl From<Trouble> for Error {
    #[cold]
    fn from(trouble: Trouble) -> Error {
        match trouble {
            Trouble::Shape(found) => Error::Argument(format!(
                "expected a tuple, an array or a sequence of arguments, found {found}; help: write `(x,)` for one argument"
            )),
            Trouble::Inside(failure) => failure.into(),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("found {0}")]
    Shape(&'static str),
    #[error(transparent)]
    Inside(#[from] Failure),
}

impl serde::ser::Error for Trouble {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Trouble::Inside(Failure::custom(message))
    }
}

struct ToArguments<'a, 'py>(&'a mut Arguments<'py>, Depth);

impl ToArguments<'_, '_> {
    /// Inside something that leaves no trace in Python.
    #[inline]
    fn wrapped(self) -> Result<Self, Trouble> {
        Ok(ToArguments(self.0, self.1.wrapped()?))
    }
}

type Never = Impossible<(), Trouble>;

macro_rules! refuse {
    ($($method:ident($($ty:ty)?) $found:literal;)*) => {$(
        fn $method(self $(, _: $ty)?) -> Result<Self::Ok, Trouble> {
            Err(Trouble::Shape($found))
        }
    )*};
}

impl Serializer for ToArguments<'_, '_> {
    type Ok = ();
    type Error = Trouble;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Never;
    type SerializeStructVariant = Never;

    fn serialize_unit(self) -> Result<Self::Ok, Trouble> {
        Ok(())
    }

    #[inline]
    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Trouble> {
        Ok(self)
    }

    #[inline]
    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Trouble> {
        Ok(self)
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, Trouble> {
        Ok(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Self::Ok, Trouble> {
        value.serialize(self.wrapped()?)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<Self::Ok, Trouble> {
        if handle::is_token(name)
            && let Some(object) = handle::going(self.0.py)
        {
            return self.0.spread(object?);
        }
        value.serialize(self.wrapped()?)
    }

    refuse! {
        serialize_bool(bool) "a bool";
        serialize_i8(i8) "an integer";
        serialize_i16(i16) "an integer";
        serialize_i32(i32) "an integer";
        serialize_i64(i64) "an integer";
        serialize_u8(u8) "an integer";
        serialize_u16(u16) "an integer";
        serialize_u32(u32) "an integer";
        serialize_u64(u64) "an integer";
        serialize_i128(i128) "an integer";
        serialize_u128(u128) "an integer";
        serialize_f32(f32) "a float";
        serialize_f64(f64) "a float";
        serialize_char(char) "a character";
        serialize_str(&str) "a string";
        serialize_bytes(&[u8]) "bytes";
        serialize_none() "none";
        serialize_unit_struct(&'static str) "a unit struct";
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
    ) -> Result<Self::Ok, Trouble> {
        Err(Trouble::Shape("an enum"))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Self::Ok, Trouble> {
        Err(Trouble::Shape("an enum"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Never, Trouble> {
        Err(Trouble::Shape("an enum"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Never, Trouble> {
        Err(Trouble::Shape("a map"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Never, Trouble> {
        Err(Trouble::Shape("a struct"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Never, Trouble> {
        Err(Trouble::Shape("an enum"))
    }
}

impl<'py> Arguments<'py> {
    /// Adds the items of a Python tuple or list.
    fn spread(&mut self, object: Ref<'py>) -> Result<(), Trouble> {
        if !object.has_flag(sys::type_flags::TUPLE | sys::type_flags::LIST) {
            return Err(Trouble::Shape(
                "a Python object that is neither tuple nor list",
            ));
        }
        let items = object.iter().map_err(Failure::from)?;
        while let Some(item) = items.step().map_err(Failure::from)? {
            self.push(item);
        }
        Ok(())
    }

    #[inline]
    fn add<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Trouble> {
        let value = value
            .serialize(ToPython::new(self.py))
            .map_err(|failure| failure.at_index(self.count))?;
        self.push(value);
        Ok(())
    }
}

impl SerializeSeq for ToArguments<'_, '_> {
    type Ok = ();
    type Error = Trouble;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Trouble> {
        self.0.add(value)
    }

    fn end(self) -> Result<(), Trouble> {
        Ok(())
    }
}

impl SerializeTuple for ToArguments<'_, '_> {
    type Ok = ();
    type Error = Trouble;

    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Trouble> {
        self.0.add(value)
    }

    #[inline]
    fn end(self) -> Result<(), Trouble> {
        Ok(())
    }
}

impl SerializeTupleStruct for ToArguments<'_, '_> {
    type Ok = ();
    type Error = Trouble;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Trouble> {
        self.0.add(value)
    }

    fn end(self) -> Result<(), Trouble> {
        Ok(())
    }
}
