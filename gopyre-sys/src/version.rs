//! Which CPython a library is.

use std::fmt;

/// The version and build of a CPython.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Version {
    /// The first number, 3.
    pub major: u8,
    /// The second number, 9 to 15.
    pub minor: u8,
    /// The third number.
    pub micro: u8,
    /// A build without a global interpreter lock.
    pub free_threaded: bool,
    /// A build with CPython's own assertions and reference counts (`--with-pydebug`).
    pub debug: bool,
}

impl Version {
    /// The oldest version that gopyre supports.
    pub const OLDEST: (u8, u8) = (3, 9);

    /// Reads the text of `Py_GetVersion`, such as `3.13.5 (main, ...) [GCC 12.2.0]`.
    ///
    /// # Errors
    /// What was found instead of a CPython that gopyre supports.
    pub(crate) fn parse(text: &str, debug: bool) -> Result<Version, String> {
        let unknown = || format!("expected the version of a CPython, found `{text}`");
        let number = text.split([' ', '+']).next().unwrap_or_default();
        if text.contains("PyPy") {
            return Err(format!("PyPy (Python {number}), expected CPython"));
        }
        let mut parts = number.split('.').map(|part| {
            let end = part
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(part.len());
            part[..end].parse::<u8>().ok()
        });
        let mut next = || parts.next().flatten().ok_or_else(unknown);
        let (major, minor, micro) = (next()?, next()?, next()?);
        if (major, minor) < Self::OLDEST {
            return Err(format!(
                "CPython {number} is older than 3.9, the oldest that gopyre supports"
            ));
        }
        Ok(Version {
            major,
            minor,
            micro,
            free_threaded: text.contains("free-threading build"),
            debug,
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.micro)?;
        f.write_str(if self.free_threaded { "t" } else { "" })?;
        f.write_str(if self.debug { "d" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Version, String> {
        Version::parse(text, false)
    }

    #[test]
    fn a_release_a_candidate_and_a_development_build_are_read() {
        for (text, shown) in [
            (
                "3.9.18 (main, Jan  1 2024, 00:00:00) \n[GCC 12.2.0]",
                "3.9.18",
            ),
            ("3.15.0a2 (main, Nov  1 2026, 00:00:00) [GCC 15]", "3.15.0"),
            ("3.14.0rc3 (main) [Clang 17]", "3.14.0"),
            ("3.12.1+ (heads/3.12:abc, Jan  1 2024) [GCC 12]", "3.12.1"),
        ] {
            assert_eq!(parse(text).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn free_threaded_builds_are_recognised_in_both_wordings() {
        for text in [
            "3.13.5 experimental free-threading build (main, Jul) [GCC 12]",
            "3.14.0 free-threading build (main, Jul) [GCC 12]",
        ] {
            let version = parse(text).unwrap();
            assert!(version.free_threaded, "{text}");
            assert!(version.to_string().ends_with('t'));
        }
    }

    #[test]
    fn older_versions_are_refused_by_number() {
        let reason = parse("3.8.18 (default) [GCC 12]").unwrap_err();
        assert_eq!(
            reason,
            "CPython 3.8.18 is older than 3.9, the oldest that gopyre supports"
        );
        assert!(
            parse("2.7.18 (default)")
                .unwrap_err()
                .starts_with("CPython 2.7.18")
        );
    }

    #[test]
    fn pypy_is_refused_by_name() {
        let reason =
            parse("3.10.14 (39dc8d3c85a7, Aug 2024)\n[PyPy 7.3.17 with GCC 10]").unwrap_err();
        assert_eq!(reason, "PyPy (Python 3.10.14), expected CPython");
    }

    #[test]
    fn anything_else_is_refused_with_its_text() {
        for text in ["", "three", "3.x", "3.12"] {
            assert!(parse(text).unwrap_err().contains(text), "{text}");
        }
    }
}
