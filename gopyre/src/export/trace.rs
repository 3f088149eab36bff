//! Which objects the fields of an exported type hold, for Python's collector of reference cycles.
//!
//! The macro calls the same methods for every field. Of those in scope the compiler takes the ones of
//! [`TracedField`] where the field's type is [`Trace`], else those of [`OtherField`], which do nothing.

use super::Visit;
use crate::object::Object;
use std::collections::{BTreeMap, HashMap, VecDeque};

/// A type that holds objects.
pub trait Trace {
    /// Shows each object.
    fn trace(&self, visit: &mut Visit<'_>);

    /// Lets go of each object.
    fn clear(&mut self);
}

/// A field, to be looked at.
#[derive(Debug)]
pub struct Field<'a, T>(pub &'a T);

/// A field, to be cleared.
#[derive(Debug)]
pub struct FieldMut<'a, T>(pub &'a mut T);

/// What is done for a field that holds objects.
pub trait TracedField {
    /// Shows each object.
    fn trace_field(&self, visit: &mut Visit<'_>);
}

/// What is done for a field that holds objects, to clear it.
pub trait TracedFieldMut {
    /// Lets go of each object.
    fn clear_field(&mut self);
}

/// What is done for any other field.
pub trait OtherField {
    /// Does nothing.
    fn trace_field(&self, _visit: &mut Visit<'_>) {}
}

/// What is done for any other field, to clear it.
pub trait OtherFieldMut {
    /// Does nothing.
    fn clear_field(&mut self) {}
}

impl<T: Trace> TracedField for &Field<'_, T> {
    fn trace_field(&self, visit: &mut Visit<'_>) {
        self.0.trace(visit);
    }
}

impl<T: Trace> TracedFieldMut for &mut FieldMut<'_, T> {
    fn clear_field(&mut self) {
        self.0.clear();
    }
}

impl<T> OtherField for Field<'_, T> {}
impl<T> OtherFieldMut for FieldMut<'_, T> {}

impl Trace for Object {
    fn trace(&self, visit: &mut Visit<'_>) {
        visit.object(self);
    }

    fn clear(&mut self) {
        // Where there is no None, there is no Python that looks for cycles.
        if let Ok(none) = Object::new(()) {
            *self = none;
        }
    }
}

impl<T: Trace> Trace for Option<T> {
    fn trace(&self, visit: &mut Visit<'_>) {
        self.iter().for_each(|value| value.trace(visit));
    }

    fn clear(&mut self) {
        *self = None;
    }
}

impl<T: Trace> Trace for Box<T> {
    fn trace(&self, visit: &mut Visit<'_>) {
        (**self).trace(visit);
    }

    fn clear(&mut self) {
        (**self).clear();
    }
}

impl<T: Trace, const N: usize> Trace for [T; N] {
    fn trace(&self, visit: &mut Visit<'_>) {
        self.iter().for_each(|value| value.trace(visit));
    }

    fn clear(&mut self) {
        self.iter_mut().for_each(Trace::clear);
    }
}

macro_rules! sequences {
    ($($name:ident),*) => {$(
        impl<T: Trace> Trace for $name<T> {
            fn trace(&self, visit: &mut Visit<'_>) {
                self.iter().for_each(|value| value.trace(visit));
            }

            fn clear(&mut self) {
                *self = $name::new();
            }
        }
    )*};
}

sequences!(Vec, VecDeque);

impl<K, V: Trace> Trace for BTreeMap<K, V> {
    fn trace(&self, visit: &mut Visit<'_>) {
        self.values().for_each(|value| value.trace(visit));
    }

    fn clear(&mut self) {
        *self = BTreeMap::new();
    }
}

impl<K, V: Trace, S: Default> Trace for HashMap<K, V, S> {
    fn trace(&self, visit: &mut Visit<'_>) {
        self.values().for_each(|value| value.trace(visit));
    }

    fn clear(&mut self) {
        *self = HashMap::default();
    }
}

macro_rules! tuples {
    ($($($name:ident)*;)*) => {$(
        #[allow(non_snake_case)]
        impl<$($name: Trace),*> Trace for ($($name,)*) {
            fn trace(&self, visit: &mut Visit<'_>) {
                let ($($name,)*) = self;
                $($name.trace(visit);)*
            }

            fn clear(&mut self) {
                let ($($name,)*) = self;
                $($name.clear();)*
            }
        }
    )*};
}

tuples! {
    A;
    A B;
    A B C;
    A B C D;
}

#[cfg(test)]
mod tests {
    use super::{Field, FieldMut};
    #[allow(unused_imports)]
    use super::{
        OtherField as _, OtherFieldMut as _, Trace, TracedField as _, TracedFieldMut as _, Visit,
    };

    #[derive(Debug, PartialEq)]
    struct Held(bool);

    impl Trace for Held {
        fn trace(&self, _: &mut Visit<'_>) {}
        fn clear(&mut self) {
            self.0 = false;
        }
    }

    #[test]
    #[allow(clippy::needless_borrow)]
    fn what_holds_objects_is_told_from_what_does_not() {
        let mut held = (Held(true), [Held(true)]);
        (&mut &mut FieldMut(&mut held)).clear_field();
        assert_eq!(held, (Held(false), [Held(false)]));
        let mut other = String::from("kept");
        (&mut &mut FieldMut(&mut other)).clear_field();
        assert_eq!(other, "kept");
        let _ = Field(&other);
    }
}
