//! Modules that cannot be imported in a further interpreter, and the way out.

use super::Exception;

/// What CPython and packages say of such a module.
const SAID: [&str; 3] = [
    "does not support loading in subinterpreters",
    "cannot load module more than once per process",
    "Interpreter change detected",
];

/// The way out, where an import in an interpreter other than the main one was refused.
pub(super) fn help(exception: &Exception) -> Option<String> {
    let mut next = Some(exception);
    while let Some(exception) = next {
        let refused = SAID.iter().any(|said| exception.message.contains(said));
        if refused && exception.is("ImportError") {
            let package = package(&exception.message).or_else(|| importing(exception));
            let package =
                package.map_or_else(|| "this module".to_owned(), |name| format!("`{name}`"));
            return Some(format!(
                "help: {package} cannot be imported in an interpreter beside the main one; run this in the \
                 main one, on a pool of `PoolKind::Threads`, or in worker processes with `Executor::processes`"
            ));
        }
        next = exception.cause().or_else(|| exception.context());
    }
    None
}

/// The package of the module that the message names.
fn package(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("module ")?;
    let name = rest.split_whitespace().next()?;
    let is_name = message.contains(SAID[0]);
    name.split('.').next().filter(|_| is_name)
}

/// The package whose `__init__` was running.
fn importing(exception: &Exception) -> Option<&str> {
    exception.places.iter().find_map(|place| {
        let (_, file) = place.file.split_once("-packages/")?;
        file.split('/').next()
    })
}
