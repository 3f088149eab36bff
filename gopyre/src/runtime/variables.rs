//! Variables of the environment that CPython does not deal with as it should: up to 3.13 it ends the process over
//! those that it cannot use, and from 3.14 on it looks at some of them no more.

use crate::error::{Error, Result};
use gopyre_sys::Version;
use std::ffi::CStr;

/// What a variable has to hold, if that is not what it does.
type Check = fn(&str, Version) -> Option<&'static str>;

/// Those that CPython looks at in every version.
const VARIABLES: [(&str, Check); 3] = [
    ("PYTHONMALLOC", allocator),
    ("PYTHON_CPU_COUNT", count),
    ("PYTHON_GIL", gil),
];

/// Those that it looks at up to 3.13.
const SETTINGS: [(&str, Check); 3] = [(HASH_SEED, hash_seed), (DIGITS, digits), (FRAMES, frames)];

const HASH_SEED: &str = "PYTHONHASHSEED";
const DIGITS: &str = "PYTHONINTMAXSTRDIGITS";
const FRAMES: &str = "PYTHONTRACEMALLOC";

/// Checks them.
///
/// # Errors
/// [`Error::Start`] with the first that CPython would refuse, and what was expected.
pub(super) fn check(isolated: bool, version: Version) -> Result<()> {
    if isolated {
        return Ok(());
    }
    // From 3.14 on it is an error and not the end of the process.
    let early = if version.minor < 14 {
        &VARIABLES[..]
    } else {
        &[]
    };
    for (name, check) in early.iter().chain(&SETTINGS) {
        if let Some(value) = value(name)
            && let Some(expected) = check(&value, version)
        {
            return Err(Error::Start(format!(
                "expected {expected} in the variable `{name}`, found `{value}`; help: unset it"
            )));
        }
    }
    Ok(())
}

/// What those say that CPython looks at up to 3.13, as the options that it has to be told later.
pub(super) fn settings(isolated: bool) -> Vec<(&'static CStr, i64)> {
    if isolated {
        return Vec::new();
    }
    let told = |name| number(&value(name)?);
    let seed = told(HASH_SEED);
    let options = [
        (c"use_hash_seed", seed.map(|_| 1)),
        (c"hash_seed", seed),
        (c"int_max_str_digits", told(DIGITS)),
        (c"tracemalloc", told(FRAMES)),
        (c"dev_mode", value("PYTHONDEVMODE").map(|_| 1)),
    ];
    let set = options.into_iter();
    set.filter_map(|(option, value)| Some((option, value?)))
        .collect()
}

/// What a variable holds; CPython takes an empty one for none.
fn value(name: &str) -> Option<String> {
    let value = std::env::var_os(name)?.to_string_lossy().into_owned();
    (!value.is_empty()).then_some(value)
}

fn hash_seed(value: &str, _: Version) -> Option<&'static str> {
    let seed = 0..=i64::from(u32::MAX);
    let fits = value == "random" || number(value).is_some_and(|n| seed.contains(&n));
    (!fits).then_some("`random` or a number of at most 4294967295")
}

fn digits(value: &str, version: Version) -> Option<&'static str> {
    let knows = match version.minor {
        9 => version.micro >= 14,
        10 => version.micro >= 7,
        _ => true,
    };
    let fits = !knows || number(value).is_some_and(|n| n == 0 || (640..=MOST).contains(&n));
    (!fits).then_some("0 or a number of at least 640")
}

fn allocator(value: &str, version: Version) -> Option<&'static str> {
    let name = value.strip_suffix("_debug").unwrap_or(value);
    let known = match (name, version.minor) {
        ("default" | "debug", _) => name == value,
        ("malloc" | "pymalloc", _) => !version.free_threaded,
        ("mimalloc", minor) => minor >= 13,
        _ => false,
    };
    (!known).then_some("the name of an allocator that this Python has")
}

fn frames(value: &str, _: Version) -> Option<&'static str> {
    let fits = number(value).is_some_and(|n| (0..=65535).contains(&n));
    (!fits).then_some("a number of frames up to 65535")
}

fn count(value: &str, version: Version) -> Option<&'static str> {
    let fits = version.minor < 13
        || value == "default"
        || number(value).is_some_and(|n| (1..=MOST).contains(&n));
    (!fits).then_some("`default` or a number of processors")
}

fn gil(value: &str, version: Version) -> Option<&'static str> {
    match value {
        _ if version.minor < 13 => None,
        "1" => None,
        "0" if version.free_threaded => None,
        "0" => Some("`1`, as this build of Python cannot do without its GIL,"),
        _ => Some("0 or 1"),
    }
}

/// The largest number that most of them may hold.
const MOST: i64 = i32::MAX as i64;

/// Reads a number as C does.
fn number(value: &str) -> Option<i64> {
    let space = [' ', '\t', '\n', '\x0b', '\x0c', '\r'];
    value.trim_start_matches(space).parse().ok()
}
