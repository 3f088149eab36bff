//! A call's arguments, matched with the parameters as Python matches those of a `def`.

mod mistakes;

use super::call::Call;
use super::signature::{ParameterKind, Signature};
use crate::class::{Class, Exclusive, Shared, is_instance};
use crate::convert;
use crate::error::{Error, Result};
use crate::reference::Ref;
use gopyre_sys as sys;
use serde::Deserialize;
use std::fmt;
use std::ptr;

/// One argument for each parameter.
///
/// Where all is simple it never is in memory: its methods are inlined, and hand on nothing but its parts.
pub struct Arguments<'a, const N: usize> {
    call: Call<'a>,
    function: &'static str,
    signature: &'static Signature,
    /// The arguments, live as long as `'a`; null where one is left out.
    values: [*mut sys::PyObject; N],
    /// What `*args` and `**kwargs` collect: kept here, and also in `values`.
    _collected: Option<Box<Collected<'a>>>,
}

/// What `*args` and `**kwargs` collect.
struct Collected<'a>(#[allow(dead_code, reason = "kept")] [Option<Ref<'a>>; 2]);

impl<const N: usize> fmt::Debug for Arguments<'_, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arguments")
            .field("function", &self.function)
            .finish_non_exhaustive()
    }
}

/// Matches arguments that are not simply one for each parameter.
#[inline(never)]
fn fill<'a>(
    call: Call<'a>,
    function: &'static str,
    signature: &'static Signature,
    values: &mut [*mut sys::PyObject],
) -> Result<Option<Box<Collected<'a>>>> {
    Filling {
        call,
        function,
        signature,
        values,
    }
    .fill()
}

/// Arguments that are being matched.
struct Filling<'a, 'v> {
    call: Call<'a>,
    function: &'static str,
    signature: &'static Signature,
    values: &'v mut [*mut sys::PyObject],
}

impl<'a> Filling<'a, '_> {
    fn fill(mut self) -> Result<Option<Box<Collected<'a>>>> {
        let Call {
            py,
            arguments,
            positional,
            names,
            ..
        } = self.call;
        let parameters = self.signature.parameters;
        if parameters.len() != self.values.len() {
            return Err(Error::Argument(format!(
                "`{}` does not have {} parameters",
                self.function,
                self.values.len()
            )));
        }
        let plain = self.signature.plain();
        for (index, value) in self
            .values
            .iter_mut()
            .enumerate()
            .take(positional.min(plain))
        {
            // SAFETY: within the positional arguments.
            *value = unsafe { *arguments.add(index) };
        }
        let named = match names.is_null() {
            true => 0,
            // SAFETY: attached; a tuple.
            false => unsafe { py.PyTuple_Size(names) },
        };
        let kwargs = self.collect_kwargs(named)?;
        let place = self.signature.position(ParameterKind::Args);
        if positional > plain && place.is_none() {
            return Err(self.too_many());
        }
        let mut args = None;
        if let Some(index) = place {
            // SAFETY: attached; a new tuple takes over references of its own.
            let rest = unsafe {
                let count = positional.saturating_sub(plain);
                let rest = Ref::owned(py, py.PyTuple_New(count as isize))?;
                for place in 0..count {
                    let value = *arguments.add(plain + place);
                    py.Py_IncRef(value);
                    py.check(py.PyTuple_SetItem(rest.as_ptr(), place as isize, value))?;
                }
                rest
            };
            self.values[index] = rest.as_ptr();
            args = Some(rest);
        }
        if let (Some(index), Some(kwargs)) =
            (self.signature.position(ParameterKind::Kwargs), &kwargs)
        {
            self.values[index] = kwargs.as_ptr();
        }
        self.check_complete()?;
        Ok(match (args, kwargs) {
            (None, None) => None,
            (args, kwargs) => Some(Box::new(Collected([args, kwargs]))),
        })
    }

    /// Puts the named arguments in their places; what is left is the `**kwargs`, where there are any.
    fn collect_kwargs(&mut self, named: isize) -> Result<Option<Ref<'a>>> {
        let py = self.call.py;
        let kwargs = match self.signature.has(ParameterKind::Kwargs) {
            true => Some(Ref::dict(py)?),
            false => None,
        };
        for index in 0..named {
            // SAFETY: attached; behind the positional arguments is one for each name, all of them alive.
            let (name, value) = unsafe {
                let name = Ref::borrowed(py, py.PyTuple_GetItem(self.call.names, index))?;
                let place = self.call.positional + index.unsigned_abs();
                (name, *self.call.arguments.add(place))
            };
            let place = name.as_str().ok().and_then(|name| {
                let parameters = self.signature.parameters.iter();
                parameters
                    .enumerate()
                    .find(|(_, parameter)| parameter.name == name && parameter.kind.has_name())
            });
            match (place, &kwargs) {
                (Some((place, _)), _) if self.values[place].is_null() => {
                    self.values[place] = value;
                }
                (Some(_), _) => return Err(self.twice(&name)),
                (None, Some(kwargs)) => {
                    // SAFETY: attached; a live object.
                    let value = unsafe { Ref::borrowed(py, value)? };
                    kwargs.dict_set(&name, &value)?;
                }
                (None, None) => return Err(self.unexpected(&name)),
            }
        }
        Ok(kwargs)
    }
}

impl<'a, const N: usize> Arguments<'a, N> {
    #[inline]
    pub(super) fn new(
        call: Call<'a>,
        function: &'static str,
        signature: &'static Signature,
    ) -> Result<Arguments<'a, N>> {
        let mut collected = None;
        let is_simple = call.names.is_null() && N == call.positional && signature.is_met_by(N);
        let values = if is_simple {
            // SAFETY: within the positional arguments.
            std::array::from_fn(|index| unsafe { *call.arguments.add(index) })
        } else {
            // In memory of its own, so that the simple case needs none.
            let mut values = [ptr::null_mut(); N];
            collected = fill(call, function, signature, &mut values)?;
            values
        };
        Ok(Arguments {
            call,
            function,
            signature,
            values,
            _collected: collected,
        })
    }

    /// The argument, or none where it is left out.
    #[inline(always)]
    fn value(&self, index: usize) -> Option<*mut sys::PyObject> {
        self.values
            .get(index)
            .copied()
            .filter(|value| !value.is_null())
    }

    #[inline(always)]
    fn name(&self, index: usize) -> &'static str {
        self.signature
            .parameters
            .get(index)
            .map_or("", |parameter| parameter.name)
    }

    #[inline(always)]
    fn required(&self, index: usize) -> Result<*mut sys::PyObject> {
        let missing = || mistakes::missing_one(self.call, self.function, self.name(index));
        self.value(index).ok_or_else(missing)
    }

    /// Reads an argument.
    ///
    /// # Errors
    /// It is no `T`; the error names the function and the parameter.
    #[inline(always)]
    pub fn get<T: Deserialize<'a>>(&self, index: usize) -> Result<T> {
        self.read(self.required(index)?, index)
    }

    /// Reads an argument that may be left out.
    ///
    /// # Errors
    /// As for [`get`](Arguments::get).
    #[inline(always)]
    pub fn get_or<T: Deserialize<'a>>(
        &self,
        index: usize,
        default: impl FnOnce() -> T,
    ) -> Result<T> {
        match self.value(index) {
            Some(value) => self.read(value, index),
            None => Ok(default()),
        }
    }

    #[inline(always)]
    fn read<T: Deserialize<'a>>(&self, value: *mut sys::PyObject, index: usize) -> Result<T> {
        // SAFETY: an argument of the call, alive as long as that.
        unsafe { convert::argument(self.call.py, value, self.function, self.name(index)) }
    }

    /// An argument that is an instance of a Rust class, to be read.
    ///
    /// # Errors
    /// `TypeError` where it is none; `RuntimeError` where it is being changed.
    pub fn shared<T: Class>(&self, index: usize) -> Result<Shared<'a, T>> {
        let value = self.instance::<T>(index)?;
        // SAFETY: an instance of a class of ours, alive as long as the call.
        unsafe { Shared::of_instance(self.call.py, value) }
    }

    /// An argument that is an instance of a Rust class, to be changed.
    ///
    /// # Errors
    /// `TypeError` where it is none; `RuntimeError` where it is in use.
    pub fn exclusive<T: Class>(&self, index: usize) -> Result<Exclusive<'a, T>> {
        let value = self.instance::<T>(index)?;
        // SAFETY: as for `shared`.
        unsafe { Exclusive::of_instance(self.call.py, value) }
    }

    /// Like [`shared`](Arguments::shared); none for `None`, and where it is left out.
    ///
    /// # Errors
    /// As for [`shared`](Arguments::shared).
    pub fn shared_or_none<T: Class>(&self, index: usize) -> Result<Option<Shared<'a, T>>> {
        match self.value(index) {
            Some(value) if value != self.call.py._Py_NoneStruct() => self.shared(index).map(Some),
            _ => Ok(None),
        }
    }

    /// Whether an argument is an instance of a Rust class.
    pub fn is_instance<T: Class>(&self, index: usize) -> bool {
        self.value(index)
            // SAFETY: a live object.
            .is_some_and(|value| unsafe { is_instance::<T>(self.call.py, value) })
    }

    fn instance<T: Class>(&self, index: usize) -> Result<*mut sys::PyObject> {
        let value = self.required(index)?;
        // SAFETY: a live object.
        match unsafe { is_instance::<T>(self.call.py, value) } {
            true => Ok(value),
            // SAFETY: as above.
            false => Err(unsafe {
                let (function, name) = (self.function, self.name(index));
                mistakes::no_instance(self.call, function, name, value, T::item().name)
            }),
        }
    }

    /// The argument as it is.
    pub(super) fn object(&self, index: usize) -> Result<Ref<'a>> {
        // SAFETY: a live object.
        unsafe { Ref::borrowed(self.call.py, self.required(index)?) }
    }

    /// Reads what `*args` collects.
    ///
    /// # Errors
    /// As for [`get`](Arguments::get).
    pub fn args<T: Deserialize<'a>>(&self, index: usize) -> Result<T> {
        self.collected(index)
    }

    /// Reads what `**kwargs` collects.
    ///
    /// # Errors
    /// As for [`get`](Arguments::get).
    pub fn kwargs<T: Deserialize<'a>>(&self, index: usize) -> Result<T> {
        self.collected(index)
    }

    /// Reads a tuple or a dict that lives as long as `self` does and no longer: the arguments in it live
    /// as long as the call, and nothing else in it can be borrowed.
    fn collected<T: Deserialize<'a>>(&self, index: usize) -> Result<T> {
        self.read(self.required(index)?, index)
    }
}
