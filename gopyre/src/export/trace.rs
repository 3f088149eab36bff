//! Which objects the fields of an exported type hold, for Python's collector of reference cycles.
//!
//! The macro calls the same methods for every field. Of those in scope the compiler takes the ones of
//! [`TracedField`] where the field's type is [`Trace`], else those of [`OtherField`], which do nothing. What a
//! field's own type hides, such as a struct with objects in it, the collector does not see.

use super::Visit;
use crate::object::Object;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError, RwLock, TryLockError};
use std::time::Duration;

/// A type that may hold objects.
pub trait Trace {
    /// Whether it does.
    const HOLDS: bool = true;

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
    const HOLDS: bool = T::HOLDS;

    fn trace(&self, visit: &mut Visit<'_>) {
        each::<T>(self, visit);
    }

    fn clear(&mut self) {
        empty::<T>(self);
    }
}

impl<T: Trace> Trace for Box<T> {
    const HOLDS: bool = T::HOLDS;

    fn trace(&self, visit: &mut Visit<'_>) {
        (**self).trace(visit);
    }

    fn clear(&mut self) {
        (**self).clear();
    }
}

impl<T: Trace, const N: usize> Trace for [T; N] {
    const HOLDS: bool = T::HOLDS;

    fn trace(&self, visit: &mut Visit<'_>) {
        each::<T>(self, visit);
    }

    fn clear(&mut self) {
        self.iter_mut().for_each(Trace::clear);
    }
}

/// Shows the objects of each item.
fn each<'t, T: Trace + 't>(items: impl IntoIterator<Item = &'t T>, visit: &mut Visit<'_>) {
    if T::HOLDS {
        items.into_iter().for_each(|item| item.trace(visit));
    }
}

/// Lets go of all that a collection holds, if that may be objects.
fn empty<T: Trace>(collection: &mut impl Default) {
    if T::HOLDS {
        *collection = Default::default();
    }
}

macro_rules! sequences {
    ($($name:ident),*) => {$(
        impl<T: Trace> Trace for $name<T> {
            const HOLDS: bool = T::HOLDS;

            fn trace(&self, visit: &mut Visit<'_>) {
                each::<T>(self, visit);
            }

            fn clear(&mut self) {
                empty::<T>(self);
            }
        }
    )*};
}

sequences!(Vec, VecDeque);

impl<K, V: Trace> Trace for BTreeMap<K, V> {
    const HOLDS: bool = V::HOLDS;

    fn trace(&self, visit: &mut Visit<'_>) {
        each::<V>(self.values(), visit);
    }

    fn clear(&mut self) {
        empty::<V>(self);
    }
}

impl<K, V: Trace, S: Default> Trace for HashMap<K, V, S> {
    const HOLDS: bool = V::HOLDS;

    fn trace(&self, visit: &mut Visit<'_>) {
        each::<V>(self.values(), visit);
    }

    fn clear(&mut self) {
        empty::<V>(self);
    }
}

/// Locks, each with the way to look without waiting.
///
/// While nobody has borrowed the value that they are in, nobody has a lock of these or a borrow, unless for good:
/// the collector sees the same each time.
macro_rules! locks {
    ($($lock:ident $look:ident;)*) => {$(
        impl<T: Trace> Trace for $lock<T> {
            const HOLDS: bool = T::HOLDS;

            fn trace(&self, visit: &mut Visit<'_>) {
                match self.$look() {
                    Ok(value) => value.trace(visit),
                    Err(TryLockError::Poisoned(value)) => value.into_inner().trace(visit),
                    Err(TryLockError::WouldBlock) => {}
                }
            }

            fn clear(&mut self) {
                let value = self.get_mut();
                value.unwrap_or_else(PoisonError::into_inner).clear();
            }
        }
    )*};
}

locks! {
    Mutex try_lock;
    RwLock try_read;
}

impl<T: Trace> Trace for RefCell<T> {
    const HOLDS: bool = T::HOLDS;

    fn trace(&self, visit: &mut Visit<'_>) {
        if let Ok(value) = self.try_borrow() {
            value.trace(visit);
        }
    }

    fn clear(&mut self) {
        self.get_mut().clear();
    }
}

macro_rules! tuples {
    ($($($name:ident)*;)*) => {$(
        #[allow(non_snake_case)]
        impl<$($name: Trace),*> Trace for ($($name,)*) {
            const HOLDS: bool = $($name::HOLDS)||*;

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

/// What may be beside an object in a tuple.
macro_rules! plain {
    ($($name:ty),*) => {$(
        impl Trace for $name {
            const HOLDS: bool = false;

            fn trace(&self, _: &mut Visit<'_>) {}

            fn clear(&mut self) {}
        }
    )*};
}

plain!(
    bool, char, i8, u8, i16, u16, i32, u32, i64, u64, i128, u128, isize, usize, f32, f64
);
plain!((), String, &'static str, PathBuf, Duration);

#[cfg(test)]
mod tests {
    use super::{Field, FieldMut, Mutex};
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
        let mut beside = (7, Some(Held(true)), vec![Held(true)], vec![8]);
        (&mut &mut FieldMut(&mut beside)).clear_field();
        assert_eq!(beside, (7, None, vec![], vec![8]));
        let mut locked = Mutex::new([Held(true)]);
        (&mut &mut FieldMut(&mut locked)).clear_field();
        assert_eq!(locked.into_inner().unwrap(), [Held(false)]);
        const { assert!(!<Vec<(i64, String)> as Trace>::HOLDS) };
        let mut other = String::from("kept");
        (&mut &mut FieldMut(&mut other)).clear_field();
        assert_eq!(other, "kept");
        let _ = Field(&other);
    }
}
