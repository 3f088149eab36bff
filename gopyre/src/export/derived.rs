//! What exported types have because of their traits.

use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::mem::discriminant;

/// The text that `{:?}` writes, for `__repr__`.
pub fn debug<T: Debug + ?Sized>(value: &T) -> String {
    format!("{value:?}")
}

/// The hash of a value, for `__hash__`; the same for equal values of this process.
pub fn hash<T: Hash + ?Sized>(value: &T) -> i64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish().cast_signed()
}

/// The hash of an enum without fields.
pub fn hash_variant<T>(value: &T) -> i64 {
    hash(&discriminant(value))
}

/// Whether two values of an enum without fields are equal.
pub fn same_variant<T>(one: &T, other: &T) -> bool {
    discriminant(one) == discriminant(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_equal_hashes() {
        assert_eq!(hash("a"), hash("a"));
        assert_ne!(hash("a"), hash("b"));
        assert_eq!(hash_variant(&Some(1)), hash_variant(&Some(2)));
        assert!(same_variant(&Some(1), &Some(2)) && !same_variant(&Some(1), &None));
    }
}
