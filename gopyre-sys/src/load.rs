//! Opening a library, checking it, and keeping it for the life of the process.

use crate::{Table, Version};
use std::ffi::{CStr, c_char, c_void};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Why a library cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("`{}`: {reason}", path.display())]
pub struct LoadError {
    /// The library.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: Reason,
}

/// What is wrong with a library.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// The system's loader refuses it.
    #[error("{0}")]
    Open(String),
    /// It is no CPython, or none of a supported version.
    #[error("{0}")]
    Version(String),
    /// It lacks functions that every supported CPython has.
    #[error("missing symbols {}", .0.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))]
    Symbols(Vec<String>),
}

/// A shared library, closed on drop like any other.
struct Library(libloading::Library);

impl Library {
    /// Opens a library; `global` makes its symbols visible to extension modules.
    fn open(path: &Path, global: bool) -> Result<Library, String> {
        #[cfg(unix)]
        {
            use libloading::os::unix;
            let visibility = if global {
                unix::RTLD_GLOBAL
            } else {
                unix::RTLD_LOCAL
            };
            // SAFETY: the constructors of a libpython only fill its own variables.
            let opened = unsafe { unix::Library::open(Some(path), unix::RTLD_NOW | visibility) };
            opened
                .map(|library| Library(library.into()))
                .map_err(|e| detail(&e))
        }
        #[cfg(not(unix))]
        {
            let _ = global;
            // SAFETY: the entry point of a Python DLL only fills its own variables.
            let opened = unsafe { libloading::Library::new(path) };
            opened.map(Library).map_err(|e| detail(&e))
        }
    }

    /// The process itself: what the program and its global libraries export.
    #[cfg(unix)]
    fn this() -> Library {
        Library(libloading::os::unix::Library::this().into())
    }

    fn find(&self, name: &str) -> Option<*mut c_void> {
        // SAFETY: the address is not used here; its type is given where it is used.
        let symbol = unsafe { self.0.get::<*mut c_void>(name.as_bytes()) };
        symbol.ok().map(|symbol| *symbol)
    }

    /// The build, from `Py_GetVersion`, which may be called before CPython starts.
    fn version(&self) -> Result<Version, String> {
        let address = self
            .find("Py_GetVersion")
            .ok_or("no CPython: it has no `Py_GetVersion`")?;
        // The first call writes the text, and some versions let a second one read it half written.
        static ASKING: Mutex<()> = Mutex::new(());
        let asking = ASKING.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: every CPython's function of that name has this signature and returns a constant string.
        let text = unsafe {
            let get: unsafe extern "C" fn() -> *const c_char = std::mem::transmute(address);
            CStr::from_ptr(get())
        };
        drop(asking);
        // Builds that count references export this, and no others do.
        let debug = self.find("_Py_NegativeRefcount").is_some();
        Version::parse(&text.to_string_lossy(), debug)
    }

    fn table(&self) -> Result<Table, Reason> {
        let version = self.version().map_err(Reason::Version)?;
        // SAFETY: callers keep the library for good before they call anything in the table.
        unsafe { Table::fill(version, |name| self.find(name)) }.map_err(Reason::Symbols)
    }
}

/// The loader's own words, which libloading keeps as the source of its error.
fn detail(error: &libloading::Error) -> String {
    let source = std::error::Error::source(error);
    source.map_or_else(|| error.to_string(), ToString::to_string)
}

impl Table {
    /// Opens a libpython and looks up the whole list.
    ///
    /// A library that is refused is closed again. One that is accepted stays open for the life of the
    /// process, its symbols visible to the extension modules that need them.
    ///
    /// # Errors
    /// The path with the loader's reason, the version, or every missing symbol.
    pub fn load(path: &Path) -> Result<Table, LoadError> {
        let refuse = |reason| LoadError {
            path: path.to_owned(),
            reason,
        };
        // First without global visibility: a library that is refused must leave no trace.
        let library = Library::open(path, false).map_err(|e| refuse(Reason::Open(e)))?;
        let table = library.table().map_err(refuse)?;
        let kept = Library::open(path, true).map_err(|e| refuse(Reason::Open(e)))?;
        std::mem::forget((library, kept));
        Ok(table)
    }

    /// The CPython that is in this process already, with the path of its library or program.
    ///
    /// # Errors
    /// As for [`load`](Table::load), where there is one that cannot be used.
    pub fn in_process() -> Result<Option<(Table, Option<PathBuf>)>, LoadError> {
        #[cfg(unix)]
        {
            let this = Library::this();
            if let Some(address) = this.find("Py_GetVersion") {
                let path = mapping_of(address as usize);
                let refuse = |reason| LoadError {
                    path: path.clone().unwrap_or_default(),
                    reason,
                };
                let table = this.table().map_err(refuse)?;
                std::mem::forget(this);
                return Ok(Some((table, path)));
            }
            // A library that something else opened without global visibility.
            if let Some(path) = mapped_libpython() {
                return Ok(Some((Table::load(&path)?, Some(path))));
            }
        }
        Ok(None)
    }
}

/// Raises an `ImportError` in the CPython of this process, whatever its version; nothing where there is none.
///
/// # Safety
/// The thread must be attached to that CPython.
pub unsafe fn raise_import_error(message: &CStr) {
    #[cfg(unix)]
    {
        let this = Library::this();
        let found = (this.find("PyErr_SetString"), this.find("PyExc_ImportError"));
        if let (Some(raise), Some(class)) = found {
            // SAFETY: every CPython's function of that name has this signature, and the variable holds the
            // class, once it runs; it does where a thread is attached.
            unsafe {
                let raise: unsafe extern "C" fn(*mut c_void, *const c_char) =
                    std::mem::transmute(raise);
                raise(*class.cast::<*mut c_void>(), message.as_ptr());
            }
        }
        std::mem::forget(this);
    }
    #[cfg(not(unix))]
    let _ = message;
}

/// The lines of the process's memory map that name a file, where the system has such a map.
#[cfg(unix)]
fn mappings() -> impl Iterator<Item = (usize, usize, PathBuf)> {
    let text = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let parse = |line: &str| {
        let (range, rest) = line.split_once(' ')?;
        let (start, end) = range.split_once('-')?;
        let path = &rest[rest.find('/')?..];
        let address = |text| usize::from_str_radix(text, 16).ok();
        Some((address(start)?, address(end)?, PathBuf::from(path)))
    };
    text.lines()
        .filter_map(parse)
        .collect::<Vec<_>>()
        .into_iter()
}

#[cfg(unix)]
fn mapping_of(address: usize) -> Option<PathBuf> {
    let (_, _, path) = mappings().find(|(start, end, _)| (*start..*end).contains(&address))?;
    Some(path)
}

#[cfg(unix)]
fn mapped_libpython() -> Option<PathBuf> {
    let named = |path: &PathBuf| {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        name.is_some_and(|name| {
            name.starts_with("libpython3.") && !name.starts_with("libpython3.so")
        })
    };
    mappings().map(|(_, _, path)| path).find(named)
}
