//! How deep a conversion is.

use super::failure::Failure;

/// How many containers may be inside one another.
pub(super) const LEVELS: u16 = 128;
/// How many newtypes and `Some`s, which Python does not see, may be around what is converted.
const WRAPPERS: u16 = 1024;
/// How many of those an enum member around its value counts as: reading it takes that much more of the stack.
const MEMBER: u16 = 4;

/// A place's distance from the root; it keeps recursion away from the end of the stack.
#[derive(Clone, Copy, Default)]
pub(super) struct Depth {
    levels: u16,
    wrappers: u16,
}

impl Depth {
    /// Inside a container.
    #[inline]
    pub(super) fn inside(self) -> Result<Depth, Failure> {
        if self.levels >= LEVELS {
            return Err(Failure::too_deep());
        }
        Ok(Depth {
            levels: self.levels + 1,
            ..self
        })
    }

    /// Inside something that leaves no trace in Python.
    #[inline]
    pub(super) fn wrapped(self) -> Result<Depth, Failure> {
        self.around(1)
    }

    /// Inside an enum member, which gives way to its value.
    pub(super) fn of_member(self) -> Result<Depth, Failure> {
        self.around(MEMBER)
    }

    #[inline]
    fn around(self, wrappers: u16) -> Result<Depth, Failure> {
        let wrappers = self.wrappers + wrappers;
        if wrappers > WRAPPERS {
            return Err(Failure::too_deep());
        }
        Ok(Depth { wrappers, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::{Depth, LEVELS};

    #[test]
    fn ends_after_so_many_levels() {
        let mut depth = Depth::default();
        for _ in 0..LEVELS {
            depth = depth.inside().unwrap();
        }
        assert!(depth.inside().is_err());
        assert!(depth.wrapped().is_ok());
    }
}
