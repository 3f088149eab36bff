//! How deep a conversion is.

use super::failure::Failure;

/// How many containers may be inside one another.
pub(super) const LEVELS: u16 = 128;
/// How many newtypes and `Some`s, which Python does not see, may be around what is converted.
const WRAPPERS: u16 = 1024;

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
        if self.wrappers >= WRAPPERS {
            return Err(Failure::too_deep());
        }
        Ok(Depth {
            wrappers: self.wrappers + 1,
            ..self
        })
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
