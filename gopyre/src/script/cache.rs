//! Scripts made of run-time text, kept so that the same text compiles once.

use super::Script;
use crate::error::Result;
use crate::fork::Held;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Deref;
use std::panic::Location;
use std::ptr;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many scripts are kept. A program that makes up its texts as it goes must not grow with them.
const CAPACITY: usize = 512;

/// By the hash of the text and its place.
type Scripts = BTreeMap<u64, Vec<Kept>>;

/// A script and where it was called from.
pub(super) struct Kept {
    caller: &'static Location<'static>,
    script: Arc<Script>,
}

static SCRIPTS: Mutex<Option<Scripts>> = Mutex::new(None);

/// How many scripts a thread has at hand.
const PLACES: usize = 64;

thread_local! {
    /// The scripts that this thread ran last, placed by the addresses of text and call site: most come again from
    /// the same ones, and are found here without a lock and without hashing the text.
    static RECENT: [Cell<Option<Rc<Kept>>>; PLACES] = const { [const { Cell::new(None) }; PLACES] };
}

impl Kept {
    /// Whether it was made of this text at this call site.
    #[inline]
    fn is_of(&self, code: &str, caller: &'static Location<'static>) -> bool {
        ptr::eq(self.caller, caller) && self.script.is_of(code)
    }
}

impl Deref for Kept {
    type Target = Script;

    #[inline]
    fn deref(&self) -> &Script {
        &self.script
    }
}

/// The compiled script of a text at a call site.
#[inline]
pub(super) fn script(code: &str, caller: &'static Location<'static>) -> Result<Rc<Kept>> {
    let addresses = (code.as_ptr().addr() ^ ptr::from_ref(caller).addr().rotate_left(16)) as u64;
    let place = (addresses.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize % PLACES;
    let recent = RECENT.try_with(|recent| {
        let kept = recent[place].take()?;
        let found = kept.is_of(code, caller).then(|| Rc::clone(&kept));
        recent[place].set(Some(kept));
        found
    });
    if let Ok(Some(found)) = recent {
        return Ok(found);
    }
    let script = shared(code, caller)?;
    let kept = Rc::new(Kept { caller, script });
    // At a thread's very end there is no place for it. What was there is dropped afterwards, because that may run
    // Python.
    let _before = RECENT.try_with(|recent| recent[place].replace(Some(Rc::clone(&kept))));
    Ok(kept)
}

/// The script that all threads share.
#[inline(never)]
fn shared(code: &str, caller: &'static Location<'static>) -> Result<Arc<Script>> {
    let mut hasher = DefaultHasher::new();
    (code, ptr::from_ref(caller).addr()).hash(&mut hasher);
    let key = hasher.finish();
    let same = |kept: &&Kept| kept.is_of(code, caller);
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
