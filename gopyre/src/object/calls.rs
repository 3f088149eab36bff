//! Calls, iteration and `with` blocks.

use super::Object;
use crate::attach;
use crate::convert::{self, arguments};
use crate::error::{Error, Result, exception_of, new_exception, panic_message};
use crate::export::python;
use crate::reference::Ref;
use gopyre_sys as sys;
use serde::Serialize;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;

impl Object {
    /// `object(*args)`: a tuple, array or sequence is the positional arguments, `()` is none.
    ///
    /// # Errors
    /// [`Error::Argument`] where `args` is anything else, such as a lone value: write `(x,)`; what the call
    /// raises.
    ///
    /// ```
    /// let max = gopyre::import("builtins")?.attr("max")?;
    /// assert_eq!(max.call((3, 7, 5))?.extract::<i64>()?, 7);
    /// assert!(max.call(3).unwrap_err().to_string().contains("write `(x,)`"));
    /// # Ok::<(), gopyre::Error>(())
    /// ```
    pub fn call(&self, args: impl Serialize) -> Result<Object> {
        self.with(|this| {
            arguments(this.py(), &args)?
                .call(this.as_ptr())
                .map(Object::from_ref)
        })
    }

    /// `object(*args, **kwargs)`: `kwargs` is a map or struct.
    ///
    /// # Errors
    /// As for [`call`](Object::call); [`Error::Argument`] where `kwargs` is no map with string keys.
    ///
    /// ```
    /// let sorted = gopyre::import("builtins")?.attr("sorted")?;
    /// let down = sorted.call_with(([3, 1, 2],), serde_json::json!({ "reverse": true }))?;
    /// assert_eq!(down.extract::<Vec<i64>>()?, [3, 2, 1]);
    /// # Ok::<(), gopyre::Error>(())
    /// ```
    pub fn call_with(&self, args: impl Serialize, kwargs: impl Serialize) -> Result<Object> {
        self.with(|this| {
            let py = this.py();
            let mut args = arguments(py, &args)?;
            let kwargs = keywords(convert::to_python(py, &kwargs)?)?;
            let (first, count) = args.as_raw();
            let kwargs = kwargs.as_ref().map_or(ptr::null_mut(), Ref::as_ptr);
            // SAFETY: attached; `count` live objects; a dict of ours with str keys or null; a new reference.
            unsafe {
                Ref::owned(
                    py,
                    py.PyObject_VectorcallDict(this.as_ptr(), first, count, kwargs),
                )
            }
            .map(Object::from_ref)
        })
    }

    /// `object.name(*args)`
    ///
    /// # Errors
    /// As for [`call`](Object::call), and `AttributeError` where there is no such method.
    ///
    /// ```
    /// let words = gopyre::Object::new("a b c")?.call_method("split", ())?;
    /// assert_eq!(words.extract::<Vec<String>>()?, ["a", "b", "c"]);
    /// # Ok::<(), gopyre::Error>(())
    /// ```
    pub fn call_method(&self, name: &str, args: impl Serialize) -> Result<Object> {
        self.with(|this| {
            let method = this.attr_of(&Ref::text(this.py(), name)?)?;
            arguments(this.py(), &args)?
                .call(method.as_ptr())
                .map(Object::from_ref)
        })
    }

    /// `iter(object)`: lazy, one item a step.
    ///
    /// # Errors
    /// `TypeError` where the object cannot be iterated.
    ///
    /// ```
    /// let count = gopyre::exec::<gopyre::Object>("import itertools; itertools.count(1)", ())?;
    /// let first: gopyre::Result<Vec<i64>> = count.iter()?.take(3).map(|n| n?.extract()).collect();
    /// assert_eq!(first?, [1, 2, 3]);
    /// # Ok::<(), gopyre::Error>(())
    /// ```
    pub fn iter(&self) -> Result<Iter> {
        self.with(|this| {
            Ok(Iter {
                iterator: Some(Object::from_ref(this.iter()?)),
            })
        })
    }

    /// A `with` block: runs `f` with what `__enter__` returns, then `__exit__`.
    ///
    /// An error or a panic of `f` reaches `__exit__` as the exception that it would be coming out of a
    /// [`function`](crate::function()). `None` means that `__exit__` suppressed the error. A panic goes on after
    /// `__exit__`, whatever that says.
    ///
    /// # Errors
    /// `TypeError` where the object is no context manager; that of `f`, unless it is suppressed; what
    /// `__enter__` or `__exit__` raises.
    ///
    /// ```
    /// let lock = gopyre::exec::<gopyre::Object>("import threading; threading.Lock()", ())?;
    /// let held = lock.enter(|_| lock.call_method("locked", ())?.extract::<bool>())?;
    /// assert_eq!(held, Some(true));
    /// assert!(!lock.call_method("locked", ())?.extract::<bool>()?);
    /// # Ok::<(), gopyre::Error>(())
    /// ```
    pub fn enter<R>(&self, f: impl FnOnce(Object) -> Result<R>) -> Result<Option<R>> {
        let (exit, value) = self.with(|this| {
            // As `with` does: both are looked up on the class before anything is entered.
            // SAFETY: the type of a live object.
            let class = unsafe { Ref::borrowed(this.py(), this.type_ptr())? };
            let enter = class.attr_or_none("__enter__")?;
            let exit = class.attr_or_none("__exit__")?;
            let (Some(enter), Some(exit)) = (enter, exit) else {
                return Err(no_context_manager(&class));
            };
            let value = enter.call([this])?;
            Ok((Object::from_ref(exit), Object::from_ref(value)))
        })?;
        match catch_unwind(AssertUnwindSafe(|| f(value))) {
            Ok(Ok(result)) => {
                self.exit(&exit, None)?;
                Ok(Some(result))
            }
            Ok(Err(error)) => match self.exit(&exit, Some(&Thrown::Error(&error)))? {
                true => Ok(None),
                false => Err(error),
            },
            Err(panic) => {
                let message = panic_message(&*panic);
                // The panic matters more than what `__exit__` has to say to it.
                let _ = self.exit(&exit, Some(&Thrown::Panic(message.unwrap_or_default())));
                resume_unwind(panic)
            }
        }
    }

    /// Calls `__exit__`; says whether it suppressed what was thrown.
    fn exit(&self, exit: &Object, thrown: Option<&Thrown<'_>>) -> Result<bool> {
        self.with(|this| {
            let py = this.py();
            let exit = exit.bind(py)?;
            let none = Ref::none(py);
            let Some(thrown) = thrown else {
                return exit.call([this, &none, &none, &none]).map(|_| false);
            };
            let exception = thrown.exception(py)?;
            // SAFETY: attached; a live exception; the traceback is a new reference or null.
            let (class, traceback) = unsafe {
                let traceback = py.PyException_GetTraceback(exception.as_ptr());
                (
                    Ref::borrowed(py, exception.type_ptr())?,
                    Ref::owned_or_none(py, traceback),
                )
            };
            let answer = exit.call([
                this,
                &class,
                &exception,
                traceback.as_ref().unwrap_or(&none),
            ])?;
            // SAFETY: attached, a live object.
            let truth = unsafe { py.PyObject_IsTrue(answer.as_ptr()) };
            py.check(truth).map(|()| truth == 1)
        })
    }
}

/// What left a `with` block early.
enum Thrown<'e> {
    Error(&'e Error),
    Panic(String),
}

impl Thrown<'_> {
    fn exception<'py>(&self, py: attach::Attached<'py>) -> Result<Ref<'py>> {
        match self {
            Thrown::Error(error) => exception_of(py, error),
            Thrown::Panic(message) => {
                new_exception(&python::rust_panic(py)?, [&Ref::text(py, message)?])
            }
        }
    }
}

/// What `with` raises for an object of this class since Python 3.11; before that, it is an
/// `AttributeError` of the method's name.
fn no_context_manager(class: &Ref<'_>) -> Error {
    let py = class.py();
    let raise = || {
        let name = class.attr("__qualname__")?.to_text_lossy()?;
        let text = format!("'{name}' object does not support the context manager protocol");
        let text = Ref::text(py, &text)?;
        // SAFETY: attached; a class that lives as long as CPython, and an object.
        unsafe { py.PyErr_SetObject(py.PyExc_TypeError(), text.as_ptr()) };
        Ok(())
    };
    match raise() {
        Ok(()) => Error::raised(py),
        Err(error) => error,
    }
}

/// Keyword arguments: a dict with string keys, that nobody else has; none for an empty input.
fn keywords(kwargs: Ref<'_>) -> Result<Option<Ref<'_>>> {
    if kwargs.is_none() {
        return Ok(None);
    }
    let refuse = |found: &str| {
        Error::Argument(format!(
            "expected a map of keyword arguments, found {found}"
        ))
    };
    if !kwargs.has_flag(sys::type_flags::DICT) {
        return Err(refuse(&convert::describe(&kwargs)));
    }
    let py = kwargs.py();
    // A call takes room for as many as there are and then reads them, while another thread, or what garbage
    // collection runs, may change a dict that it knows.
    // SAFETY: attached, and a dict; a new reference.
    let kwargs = unsafe { Ref::owned(py, py.PyDict_Copy(kwargs.as_ptr()))? };
    let (mut position, mut key, mut value) = (0, ptr::null_mut(), ptr::null_mut());
    // SAFETY: attached, a dict that is ours alone and not changed meanwhile.
    while unsafe { py.PyDict_Next(kwargs.as_ptr(), &mut position, &mut key, &mut value) } != 0 {
        // SAFETY: a live object, borrowed from the dict.
        let key = unsafe { Ref::borrowed(py, key)? };
        if !key.has_flag(sys::type_flags::UNICODE) {
            return Err(refuse(&format!("the key {}", convert::describe(&key))));
        }
    }
    Ok(Some(kwargs))
}

/// The items of an object, one at a time.
#[derive(Debug)]
pub struct Iter {
    /// None after the end.
    iterator: Option<Object>,
}

impl Iterator for Iter {
    type Item = Result<Object>;

    /// The next item; after an error or the end there are none.
    fn next(&mut self) -> Option<Result<Object>> {
        let item = self
            .iterator
            .as_ref()?
            .with(|this| Ok(this.next()?.map(Object::from_ref)));
        if !matches!(item, Ok(Some(_))) {
            self.iterator = None;
        }
        item.transpose()
    }
}

/// Imports a module.
///
/// # Errors
/// `ModuleNotFoundError` where there is none, and whatever the module raises.
///
/// ```
/// let json = gopyre::import("json")?;
/// assert_eq!(json.call_method("dumps", ([1, 2],))?.extract::<String>()?, "[1, 2]");
/// # Ok::<(), gopyre::Error>(())
/// ```
pub fn import(module: &str) -> Result<Object> {
    attach::with(|py| Ref::import(py, module).map(Object::from_ref))
}

/// Imports `module`, calls `function(*args)`, reads the result.
///
/// `function` may be dotted, such as `datetime.fromisoformat`. In `__main__` are the names that
/// [`run`](crate::run) has left there.
///
/// # Errors
/// There is no such module or function; `args` is no tuple, array or sequence; what the call raises; the
/// result is no `T`.
///
/// ```
/// let root: f64 = gopyre::call("math", "sqrt", (16.0,))?;
/// assert_eq!(root, 4.0);
/// # Ok::<(), gopyre::Error>(())
/// ```
pub fn call<T: serde::de::DeserializeOwned>(
    module: &str,
    function: &str,
    args: impl Serialize,
) -> Result<T> {
    attach::with(|py| {
        let mut target = Ref::import(py, module)?;
        for name in function.split('.') {
            target = target.attr_of(&Ref::text(py, name)?)?;
        }
        convert::from_python(&arguments(py, &args)?.call(target.as_ptr())?)
    })
}
