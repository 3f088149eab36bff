//! A Python exception, read once and kept without Python.

use super::classes::{self, Classes};
use super::{Result, raise, refused, suggestion, traceback};
use crate::attach::Attached;
use crate::interrupt;
use crate::object::Object;
use crate::reference::Ref;
use crate::script::Source;
use gopyre_sys as sys;
use std::cell::Cell;
use std::fmt;
use std::ptr;
use std::sync::{Arc, OnceLock};

/// An exception that Python raised.
///
/// All of it is read when the exception is caught: nothing here needs Python or waits for it.
/// `source()` is the cause, or else the context.
///
/// ```
/// let error = gopyre::exec::<()>("raise KeyError('price') from ValueError('no number')", ()).unwrap_err();
/// let exception = error.exception().unwrap();
/// assert_eq!((exception.type_name(), exception.message()), ("KeyError", "'price'"));
/// assert_eq!(exception.cause().unwrap().message(), "no number");
/// assert_eq!(exception.frames().last().unwrap().line, 1);
/// ```
pub struct Exception {
    pub(super) message: String,
    /// What Python adds to the message when it prints it.
    pub(super) suggestion: Option<String>,
    pub(super) classes: Classes,
    pub(super) places: Vec<Place>,
    pub(super) notes: Vec<String>,
    pub(super) cause: Option<Box<Exception>>,
    pub(super) context: Option<Box<Exception>>,
    /// What an exception group holds.
    pub(super) members: Vec<Exception>,
    /// Where the text of a `SyntaxError` stands.
    pub(super) syntax: Option<SyntaxPlace>,
    pub(super) object: Option<Object>,
    /// It is, or was brought about by, the exception that stops a run.
    pub(super) stopped: bool,
    pub(super) frames: OnceLock<Vec<Frame>>,
    pub(super) traceback: OnceLock<String>,
}

/// A line of a traceback.
#[derive(Debug)]
#[non_exhaustive]
pub struct Frame {
    /// The file as Python names it; the Rust file for a script declared there.
    pub file: String,
    /// The line in `file`, from 1.
    pub line: u32,
    /// The function, or `<module>`.
    pub function: String,
    /// The line's text without indentation, where it can be found.
    pub source: Option<String>,
}

/// A frame as it was caught, before anybody asked for its source line.
pub(super) struct Place {
    pub(super) file: String,
    pub(super) line: u32,
    pub(super) function: String,
    pub(super) source: Option<Arc<Source>>,
    /// First and last column in bytes from 0, where the version keeps them and both are on `line`.
    pub(super) columns: Option<(usize, usize)>,
}

/// What a `SyntaxError` says of its place.
pub(crate) struct SyntaxPlace {
    pub(super) file: String,
    pub(crate) line: u32,
    /// In characters from 1, in bytes where there is no text; 0 where unknown.
    pub(crate) column: u32,
    pub(super) end_column: u32,
    /// The line, where CPython has found it.
    pub(crate) text: Option<String>,
    pub(crate) message: String,
}

/// How many exceptions of a chain are kept; a longer chain is cut.
const CHAIN: usize = 32;

/// The exceptions of a chain that have been read.
struct Seen {
    count: usize,
    objects: [*mut sys::PyObject; CHAIN],
}

impl Seen {
    fn only(object: &Ref<'_>) -> Seen {
        let mut objects = [ptr::null_mut(); CHAIN];
        objects[0] = object.as_ptr();
        Seen { count: 1, objects }
    }

    fn has(&self, object: &Ref<'_>) -> bool {
        self.objects[..self.count].contains(&object.as_ptr())
    }

    /// Takes note of one more, if there is room.
    fn add(&mut self, object: &Ref<'_>) -> bool {
        let place = self.objects.get_mut(self.count);
        let is_new = place.map(|place| *place = object.as_ptr()).is_some();
        self.count += usize::from(is_new);
        is_new
    }
}

impl Exception {
    /// The class as a traceback prints it, such as `ValueError` or `json.decoder.JSONDecodeError`.
    pub fn type_name(&self) -> &str {
        self.classes.printed()
    }

    /// What `str(exception)` gives.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether the class or a base of it has this name, with or without its module.
    ///
    /// ```
    /// let error = gopyre::exec::<()>("import json; json.loads('{')", ()).unwrap_err();
    /// let exception = error.exception().unwrap();
    /// assert!(exception.is("json.decoder.JSONDecodeError"));
    /// assert!(exception.is("JSONDecodeError") && exception.is("ValueError"));
    /// assert!(!exception.is("OSError"));
    /// ```
    pub fn is(&self, class: &str) -> bool {
        self.classes.is(class)
    }

    /// The traceback as Python prints it, with cause and context, ending in a line feed.
    pub fn traceback(&self) -> &str {
        self.traceback.get_or_init(|| traceback::format(self))
    }

    /// The stack, outermost first, without frames of gopyre itself.
    pub fn frames(&self) -> &[Frame] {
        self.frames
            .get_or_init(|| self.places.iter().map(Place::frame).collect())
    }

    /// What `add_note` added.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The exception after `from`.
    pub fn cause(&self) -> Option<&Exception> {
        self.cause.as_deref()
    }

    /// The exception that was being handled, where it is not suppressed.
    pub fn context(&self) -> Option<&Exception> {
        self.context.as_deref()
    }

    /// The live exception.
    pub fn object(&self) -> Option<&Object> {
        self.object.as_ref()
    }

    /// Takes the exception that is raised on this thread; none where another one is being read, whose
    /// reading has raised this.
    ///
    /// One that was raised for an error of Rust is that error again.
    pub(super) fn raised(py: Attached<'_>) -> Option<Result<Exception>> {
        // SAFETY: attached; the reference is ours.
        let raised = unsafe { Ref::owned_or_none(py, py.PyErr_GetRaisedException()) }?;
        if let Some(error) = raise::take(&raised) {
            return Some(Err(error));
        }
        let _reading = Reading::begin()?;
        let stopped = interrupt::is_stop(&raised);
        interrupt::hush(py);
        let mut exception = Exception::made(&raised);
        exception.stopped = stopped;
        if !py.state().is_main() {
            let help = refused::help(&exception);
            exception.notes.extend(help);
        }
        // Reading runs Python code, whose own failures are of no interest here.
        // SAFETY: attached.
        unsafe { py.PyErr_Clear() };
        Some(Ok(exception))
    }

    /// An exception that is not raised.
    pub(super) fn made(object: &Ref<'_>) -> Exception {
        Exception::read(object, &mut Seen::only(object))
    }

    /// Reads an exception that [`Seen`] has taken note of.
    fn read(object: &Ref<'_>, seen: &mut Seen) -> Exception {
        let py = object.py();
        let classes = classes::of(object);
        let is = |name: &str| classes.is_special(name);
        let message = match object.to_str().and_then(|text| text.to_text_lossy()) {
            Ok(text) => text,
            Err(_) => "<exception str() failed>".to_owned(),
        };
        let attr = |name| {
            object
                .attr_or_none(name)
                .ok()
                .flatten()
                .filter(|value| !value.is_none())
        };
        let mut next = |inner: Ref<'_>| {
            let new = is_exception(&inner) && !seen.has(&inner) && seen.add(&inner);
            new.then(|| Box::new(Exception::read(&inner, seen)))
        };
        // SAFETY: attached, and an exception; new references or null.
        let (cause, context) = unsafe {
            (
                Ref::owned_or_none(py, py.PyException_GetCause(object.as_ptr())),
                Ref::owned_or_none(py, py.PyException_GetContext(object.as_ptr())),
            )
        };
        let is_shown = |_: &Ref<'_>| {
            let suppressed = attr("__suppress_context__");
            suppressed.is_none_or(|flag| flag.as_ptr() != py._Py_TrueStruct())
        };
        let cause = cause.and_then(&mut next);
        let context = context.filter(is_shown).and_then(next);
        let mut members = Vec::new();
        if is("BaseExceptionGroup") {
            let members_of = attr("exceptions");
            for member in members_of.iter().flat_map(items).filter(is_exception) {
                if seen.add(&member) {
                    members.push(Exception::read(&member, seen));
                }
            }
        }
        Exception {
            message,
            suggestion: suggestion::suggest(object, is, || innermost(object)),
            places: places(object),
            notes: if has_own_attributes(object) {
                attr("__notes__")
                    .iter()
                    .flat_map(items)
                    .map(|note| text_of(&note))
                    .collect()
            } else {
                Vec::new()
            },
            cause,
            context,
            members,
            syntax: if is("SyntaxError") {
                SyntaxPlace::read(object)
            } else {
                None
            },
            object: Some(Object::from_ref(object.clone())),
            stopped: false,
            classes,
            frames: OnceLock::new(),
            traceback: OnceLock::new(),
        }
    }
}

thread_local! {
    static READING: Cell<bool> = const { Cell::new(false) };
}

/// An exception is being read on this thread. What that raises is not read in turn: it might have no end.
struct Reading;

impl Reading {
    fn begin() -> Option<Reading> {
        (!READING.replace(true)).then(|| Reading)
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        READING.set(false);
    }
}

/// Whether it is what CPython's functions for exceptions may be given: a class may say anything of its
/// cause, its context and its members.
fn is_exception(object: &Ref<'_>) -> bool {
    object.has_flag(sys::type_flags::EXCEPTION)
}

/// Whether an exception may have attributes that its class has not.
pub(super) fn has_own_attributes(exception: &Ref<'_>) -> bool {
    // SAFETY: attached, a live object, of a class made in C.
    exception.has_flag(sys::type_flags::HEAPTYPE)
        || unsafe { exception.py().has_own_attributes(exception.as_ptr()) }
}

/// The items of any iterable, up to its first error.
pub(super) fn items<'py>(object: &Ref<'py>) -> impl Iterator<Item = Ref<'py>> + use<'py> {
    let iterator = object.iter().ok();
    std::iter::from_fn(move || iterator.as_ref()?.next().ok()?)
}

/// A str as it is, anything else through `str()`.
pub(super) fn text_of(object: &Ref<'_>) -> String {
    let is_str = object.type_ptr() == object.py().PyUnicode_Type();
    let text = match is_str {
        true => object.to_text_lossy(),
        false => object.to_str().and_then(|text| text.to_text_lossy()),
    };
    text.unwrap_or_default()
}

/// A number that CPython keeps as an attribute; 0 where there is none.
fn number_of(object: &Ref<'_>, name: &'static str) -> u32 {
    let Ok(Some(value)) = object.attr_or_none(name) else {
        return 0;
    };
    let mut overflow = 0;
    let py = object.py();
    // SAFETY: attached, a live object; anything but an int gives -1 and an exception.
    let number = unsafe { py.PyLong_AsLongLongAndOverflow(value.as_ptr(), &mut overflow) };
    if number < 0 {
        // SAFETY: attached.
        unsafe { py.PyErr_Clear() };
    }
    u32::try_from(number).unwrap_or_default()
}

/// The frames of an exception's traceback, outermost first.
fn places(object: &Ref<'_>) -> Vec<Place> {
    let py = object.py();
    // SAFETY: attached, an exception; a new reference or null.
    let mut next = unsafe { Ref::owned_or_none(py, py.PyException_GetTraceback(object.as_ptr())) };
    let mut places = Vec::new();
    while let Some(entry) = next {
        places.extend(Place::read(&entry));
        next = entry.attr("tb_next").ok().filter(|value| !value.is_none());
    }
    places
}

/// The frame that raised.
fn innermost<'py>(object: &Ref<'py>) -> Option<Ref<'py>> {
    let py = object.py();
    // SAFETY: attached, an exception; a new reference or null.
    let mut entry =
        unsafe { Ref::owned_or_none(py, py.PyException_GetTraceback(object.as_ptr())) }?;
    while let Some(next) = entry.attr("tb_next").ok().filter(|next| !next.is_none()) {
        entry = next;
    }
    entry.attr("tb_frame").ok()
}

impl Place {
    /// Reads one traceback entry; none for a frame of gopyre itself.
    fn read(entry: &Ref<'_>) -> Option<Place> {
        let py = entry.py();
        let frame = entry.attr("tb_frame").ok()?;
        // SAFETY: attached; the attribute of a traceback is a frame; a new reference.
        let code = unsafe { Ref::owned(py, py.PyFrame_GetCode(frame.as_ptr())) }.ok()?;
        let file = text_of(&code.attr("co_filename").ok()?);
        if file == crate::script::INTERNAL {
            return None;
        }
        let line = number_of(entry, "tb_lineno");
        let offset = i32::try_from(number_of(entry, "tb_lasti")).ok()?;
        // A script can make an entry of any number.
        let instructions = code.attr("co_code").ok()?;
        // SAFETY: attached, a live object; -1 for one without a length.
        let length = unsafe { py.PyObject_Size(instructions.as_ptr()) };
        let is_inside = (offset as isize) < length;
        let location = match is_inside {
            // SAFETY: attached, a code object, and an offset in its code.
            true => unsafe { py.PyCode_Addr2Location(code.as_ptr(), offset) },
            false => None,
        };
        let columns = location.and_then(|[first, start, last, end]| {
            let one_line = first == last && u32::try_from(first).ok()? == line;
            one_line.then_some((usize::try_from(start).ok()?, usize::try_from(end).ok()?))
        });
        let loader = || {
            let globals = frame.attr("f_globals").ok()?;
            globals.dict_get(&Ref::name(py, "__loader__").ok()?).ok()?
        };
        Some(Place {
            source: Source::of(&file, line, loader),
            function: code
                .attr("co_name")
                .map(|name| text_of(&name))
                .unwrap_or_default(),
            file,
            line,
            columns,
        })
    }

    fn frame(&self) -> Frame {
        Frame {
            file: self.file.clone(),
            line: self.line,
            function: self.function.clone(),
            source: self.line_text().map(|line| line.trim().to_owned()),
        }
    }

    /// The source line: a script's from memory, a file's from the disk.
    pub(super) fn line_text(&self) -> Option<String> {
        let line = match &self.source {
            Some(source) => source.line(self.line)?.to_owned(),
            None => {
                let text = std::fs::read(&self.file).ok()?;
                let text = String::from_utf8_lossy(&text);
                text.lines()
                    .nth(usize::try_from(self.line).ok()?.checked_sub(1)?)?
                    .to_owned()
            }
        };
        (!line.trim().is_empty()).then_some(line)
    }
}

impl SyntaxPlace {
    pub(super) fn read(object: &Ref<'_>) -> Option<SyntaxPlace> {
        let text = |name| match object.attr_or_none(name) {
            Ok(Some(value)) if !value.is_none() => Some(text_of(&value)),
            _ => None,
        };
        Some(SyntaxPlace {
            file: text("filename")?,
            line: number_of(object, "lineno"),
            column: number_of(object, "offset"),
            end_column: number_of(object, "end_offset"),
            text: text("text"),
            message: text("msg").unwrap_or_default(),
        })
    }
}

impl Exception {
    /// Whether it came of a run's being stopped.
    pub(crate) fn is_stop(&self) -> bool {
        self.stopped
    }

    /// Where and what, for a `SyntaxError`.
    pub(crate) fn syntax_place(&self) -> Option<&SyntaxPlace> {
        self.syntax.as_ref()
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.type_name())?;
        match self.message.lines().next() {
            Some(line) if !line.is_empty() => write!(f, ": {line}"),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.traceback().trim_end())
    }
}

impl std::error::Error for Exception {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let inner = self.cause().or(self.context())?;
        Some(inner)
    }
}
