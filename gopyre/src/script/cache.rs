//! Scripts made of run-time text, kept so that the same text compiles once.

use super::Script;
use crate::error::Result;
use crate::fork::Held;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::Location;
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many scripts are kept. A program that makes up its texts as it goes must not grow with them.
const CAPACITY: usize = 512;

/// By the hash of the text and its place.
type Scripts = BTreeMap<u64, Vec<Kept>>;

struct Kept {
    caller: &'static Location<'static>,
    script: Arc<Script>,
}

static SCRIPTS: Mutex<Option<Scripts>> = Mutex::new(None);

/// The compiled script of a text at a call site.
pub(super) fn script(code: &str, caller: &'static Location<'static>) -> Result<Arc<Script>> {
    let mut hasher = DefaultHasher::new();
    (code, ptr::from_ref(caller).addr()).hash(&mut hasher);
    let key = hasher.finish();
    let same = |kept: &&Kept| ptr::eq(kept.caller, caller) && kept.script.is_of(code);
    let find = |scripts: &Scripts| {
        let found = scripts.get(&key)?.iter().find(same)?;
        Some(Arc::clone(&found.script))
    };
    if let Some(found) = with_scripts(|scripts| find(scripts)) {
        return Ok(found);
    }
    let script = Arc::new(Script::named(code.to_owned(), caller)?);
    // Dropped outside the lock, because dropping code may run Python (rule 7).
    let _dropped = with_scripts(|scripts| {
        let full = scripts.len() >= CAPACITY;
        let dropped = if full {
            std::mem::take(scripts)
        } else {
            Scripts::new()
        };
        scripts.entry(key).or_default().push(Kept {
            caller,
            script: Arc::clone(&script),
        });
        dropped
    });
    Ok(script)
}

fn with_scripts<R>(f: impl FnOnce(&mut Scripts) -> R) -> R {
    f(scripts().get_or_insert_default())
}

/// Held for a look or a change, never while Python runs (rule 7).
fn scripts() -> MutexGuard<'static, Option<Scripts>> {
    SCRIPTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Holds the scripts, for a fork.
pub(crate) fn hold() -> Held {
    Box::new(scripts())
}
