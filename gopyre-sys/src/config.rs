//! The start of CPython, by whichever of its two ways the version has.

use crate::Table;
use std::ffi::{CStr, CString, c_int};
use std::path::{Path, PathBuf};
use std::ptr;

/// How CPython is started.
#[derive(Debug, Default)]
pub struct Config {
    /// The interpreter that the library belongs to, from which CPython finds its own files.
    pub program: PathBuf,
    /// `PYTHONHOME`, if it is set explicitly.
    pub home: Option<PathBuf>,
    /// Without environment variables, user site-packages and the like.
    pub isolated: bool,
    /// Options that variables of the environment set, where 3.14 and later do not look at those themselves.
    pub settings: Vec<(&'static CStr, i64)>,
}

impl Table {
    /// Starts CPython on this thread, without signal handlers and in UTF-8 mode.
    ///
    /// # Errors
    /// What CPython says, or that a path holds a NUL byte.
    ///
    /// # Safety
    /// CPython must not be started, and no other thread may start it meanwhile.
    pub unsafe fn initialize(&self, config: &Config) -> Result<(), String> {
        // The new way takes no path that is not UTF-8.
        let is_utf8 = |path: &PathBuf| path.to_str().is_some();
        let is_utf8 = is_utf8(&config.program) && config.home.as_ref().is_none_or(is_utf8);
        let by_variables = self.optional.Py_SetProgramName.is_some() && !is_utf8;
        match self.optional.PyInitConfig_Create {
            // SAFETY: as the caller promises.
            Some(_) if !by_variables => unsafe { self.initialize_from_config(config) },
            // SAFETY: as the caller promises.
            _ => unsafe { self.initialize_from_variables(config) },
        }
    }

    /// The way of 3.14 and later, whose defaults are an isolated interpreter in the C locale.
    unsafe fn initialize_from_config(&self, config: &Config) -> Result<(), String> {
        let optional = &self.optional;
        let (Some(create), Some(free), Some(set_int), Some(set_str), Some(error), Some(start)) = (
            optional.PyInitConfig_Create,
            optional.PyInitConfig_Free,
            optional.PyInitConfig_SetInt,
            optional.PyInitConfig_SetStr,
            optional.PyInitConfig_GetError,
            optional.Py_InitializeFromInitConfig,
        ) else {
            return Err("expected all of the `PyInitConfig` functions, found some".to_owned());
        };
        let open = c_int::from(!config.isolated);
        let numbers = [
            (c"isolated", c_int::from(config.isolated)),
            (c"use_environment", open),
            (c"user_site_directory", open),
            (c"safe_path", 1),
            (c"utf8_mode", 1),
            (c"install_signal_handlers", 0),
            (c"parse_argv", 0),
            (c"configure_c_stdio", 0),
            (c"site_import", 1),
            (c"pathconfig_warnings", 0),
        ];
        let numbers = numbers.map(|(name, value)| (name, i64::from(value)));
        let mut numbers = numbers.iter().chain(&config.settings);
        let mut texts = vec![(c"program_name", bytes(utf8(&config.program)?)?)];
        if let Some(home) = &config.home {
            texts.push((c"home", bytes(utf8(home)?)?));
        }
        // SAFETY: the configuration is made, used and freed here; names and values are C strings.
        unsafe {
            let handle = create();
            if handle.is_null() {
                return Err("no memory for the configuration".to_owned());
            }
            let set = numbers.all(|(name, value)| set_int(handle, name.as_ptr(), *value) == 0)
                && texts
                    .iter()
                    .all(|(name, value)| set_str(handle, name.as_ptr(), value.as_ptr()) == 0);
            let outcome = if set && start(handle) == 0 {
                Ok(())
            } else {
                let mut message = ptr::null();
                error(handle, &mut message);
                Err(match message.is_null() {
                    true => "no reason given".to_owned(),
                    false => CStr::from_ptr(message).to_string_lossy().into_owned(),
                })
            };
            free(handle);
            outcome
        }
    }

    /// The way up to 3.13: variables, then `Py_InitializeEx`.
    unsafe fn initialize_from_variables(&self, config: &Config) -> Result<(), String> {
        let flags = &self.flags;
        let isolated = c_int::from(config.isolated);
        for (flag, value) in [
            (flags.Py_UTF8Mode, 1),
            (flags.Py_IsolatedFlag, isolated),
            (flags.Py_IgnoreEnvironmentFlag, isolated),
            (flags.Py_NoUserSiteDirectory, isolated),
        ] {
            if let Some(flag) = flag {
                // SAFETY: exported variables of a library that has not started, so nobody else reads them.
                unsafe { flag.write(value) };
            }
        }
        let program = wide(&config.program)?;
        let home = config.home.as_deref().map(wide).transpose()?;
        // SAFETY: the strings are leaked, because CPython keeps the pointers; the rest is the caller's promise.
        unsafe {
            if let Some(set) = self.optional.Py_SetProgramName {
                set(program.leak().as_ptr());
            }
            if let (Some(set), Some(home)) = (self.optional.Py_SetPythonHome, home) {
                set(home.leak().as_ptr());
            }
            self.Py_InitializeEx(0);
        }
        Ok(())
    }
}

fn utf8(path: &Path) -> Result<&Path, String> {
    match path.to_str() {
        Some(_) => Ok(path),
        None => Err(format!("expected a path in UTF-8, found {path:?}")),
    }
}

fn bytes(path: &Path) -> Result<CString, String> {
    CString::new(path.as_os_str().as_encoded_bytes())
        .map_err(|_| format!("expected a path without NUL bytes, found {path:?}"))
}

/// A path as C's wide string; bytes that are no UTF-8 become lone surrogates, as `os.fsdecode` does.
#[cfg(not(windows))]
fn wide(path: &Path) -> Result<Vec<u32>, String> {
    let mut wide = Vec::new();
    for chunk in bytes(path)?.as_bytes().utf8_chunks() {
        wide.extend(chunk.valid().chars().map(u32::from));
        wide.extend(chunk.invalid().iter().map(|byte| 0xdc00 + u32::from(*byte)));
    }
    wide.push(0);
    Ok(wide)
}

/// A path as C's wide string.
#[cfg(windows)]
fn wide(path: &Path) -> Result<Vec<u16>, String> {
    use std::os::windows::ffi::OsStrExt;
    bytes(path)?;
    Ok(path.as_os_str().encode_wide().chain([0]).collect())
}
