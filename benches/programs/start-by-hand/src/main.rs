//! Opens the library, starts Python on a thread of its own, makes one call, ends.

use libloading::Library;
use std::error::Error;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::thread;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Result<()> {
    let path = std::env::var_os("GOPYRE_LIBPYTHON").ok_or("no `GOPYRE_LIBPYTHON`")?;
    // SAFETY: a libpython, which is never closed.
    let library: &Library = Box::leak(Box::new(unsafe { Library::new(path)? }));
    let begin = || -> Result<()> {
        // SAFETY: the functions have these signatures in every CPython; nobody else starts it.
        unsafe {
            let start = library.get::<unsafe extern "C" fn(c_int)>(b"Py_InitializeEx")?;
            let detach =
                library.get::<unsafe extern "C" fn() -> *mut c_void>(b"PyEval_SaveThread")?;
            start(0);
            detach();
        }
        Ok(())
    };
    thread::spawn(begin)
        .join()
        .map_err(|_| "Python does not start")??;
    let code: &CStr = c"a, b = 2, 3\nassert a + b == 5";
    // SAFETY: as above; Python runs, and a C string is run by an attached thread.
    let outcome = unsafe {
        let attach = library.get::<unsafe extern "C" fn() -> c_int>(b"PyGILState_Ensure")?;
        let run = library.get::<unsafe extern "C" fn(*const c_char, *const c_void) -> c_int>(
            b"PyRun_SimpleStringFlags",
        )?;
        attach();
        run(code.as_ptr(), std::ptr::null())
    };
    match outcome {
        0 => Ok(()),
        _ => Err("the call failed".into()),
    }
}
