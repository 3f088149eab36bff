//! Python objects that travel through serde as they are.
//!
//! Serde's data model has no place for a handle. So an [`Object`] announces itself as a newtype struct
//! of a name that is known by its address, and goes through a cell of the thread, filled just before
//! and emptied at once. Any other serializer or deserializer meets an error that says so.

use super::failure::Failure;
use crate::attach::Attached;
use crate::object::Object;
use crate::reference::Ref;
use serde::de::{Deserializer, Visitor};
use serde::ser::{Error as _, Serialize, Serializer};
use std::cell::Cell;
use std::fmt;
use std::mem::ManuallyDrop;
use std::ptr;

static TOKEN: &str = "$gopyre::private::Object";

thread_local! {
    static GOING: Cell<*const Object> = const { Cell::new(ptr::null()) };
    /// Without a destructor, so that there is a cell until the thread's very end.
    static COMING: Cell<Option<ManuallyDrop<Object>>> = const { Cell::new(None) };
    /// An object was asked for where there is none.
    static MISSED: Cell<bool> = const { Cell::new(false) };
}

/// Whether a newtype struct's name is the token. Strings may be merged, so this is a hint: the cell decides.
#[inline]
pub(super) fn is_token(name: &'static str) -> bool {
    ptr::eq(name.as_ptr(), TOKEN.as_ptr())
}

/// What stands for the object in a serializer that does not know the token.
struct Payload;

impl Serialize for Payload {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom("a Python object can only go to Python"))
    }
}

/// Serializes an object; only our own serializer can.
pub(crate) fn serialize_object<S: Serializer>(
    serializer: S,
    object: &Object,
) -> Result<S::Ok, S::Error> {
    struct Empty;
    impl Drop for Empty {
        fn drop(&mut self) {
            GOING.set(ptr::null());
        }
    }
    let _empty = Empty;
    GOING.set(object);
    serializer.serialize_newtype_struct(TOKEN, &Payload)
}

/// The object that is being serialized; none if the cell is empty.
pub(super) fn going(py: Attached<'_>) -> Option<Result<Ref<'_>, Failure>> {
    let object = GOING.replace(ptr::null());
    // SAFETY: set by `serialize_object` on this thread, which has borrowed the object until it returns
    // and then empties the cell.
    let object = unsafe { object.as_ref() }?;
    Some(object.bind(py).map_err(Failure::from))
}

/// The object that is being serialized, to be kept.
pub(super) fn going_object() -> Option<Object> {
    let object = GOING.replace(ptr::null());
    // SAFETY: as for `going`.
    unsafe { object.as_ref() }.cloned()
}

/// Deserializes an object; only our own deserializer can.
pub(crate) fn deserialize_object<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Object, D::Error> {
    deserializer.deserialize_newtype_struct(TOKEN, Taker)
}

/// Hands an object to the visitor of [`deserialize_object`].
pub(super) fn coming<'de, V: Visitor<'de>>(
    object: Ref<'_>,
    visitor: V,
) -> Result<V::Value, Failure> {
    struct Empty;
    impl Drop for Empty {
        fn drop(&mut self) {
            drop(exchange(None));
        }
    }
    let _empty = Empty;
    drop(exchange(Some(Object::from_ref(object))));
    visitor.visit_unit()
}

/// Puts something else into the cell of objects that come.
fn exchange(object: Option<Object>) -> Option<Object> {
    let before = COMING.replace(object.map(ManuallyDrop::new));
    before.map(ManuallyDrop::into_inner)
}

#[cold]
fn elsewhere<E: serde::de::Error>() -> E {
    MISSED.set(true);
    E::custom(ELSEWHERE)
}

/// Whether [`elsewhere`] was said since this was asked last: serde's untagged enums keep it to themselves.
pub(super) fn missed() -> bool {
    MISSED.take()
}

struct Taker;

pub(super) const ELSEWHERE: &str = "a Python object can only come from Python, and not through a buffer of serde's \
                         (untagged, internally tagged, flatten)";

impl<'de> Visitor<'de> for Taker {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Python object")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Object, E> {
        exchange(None).ok_or_else(elsewhere)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, _: D) -> Result<Object, D::Error> {
        Err(elsewhere())
    }
}
