//! Types that are told apart where nothing says that they are `'static`, as serde's are not.

use std::any::TypeId;
use std::marker::PhantomData;
use std::mem;

/// What tells a type from all others, up to the lifetimes in it.
#[inline(always)]
pub(super) fn identity<T: ?Sized>() -> TypeId {
    trait Identity {
        fn identity(&self) -> TypeId
        where
            Self: 'static;
    }
    impl<T: ?Sized> Identity for PhantomData<T> {
        fn identity(&self) -> TypeId
        where
            Self: 'static,
        {
            TypeId::of::<T>()
        }
    }
    let marker = PhantomData::<T>;
    let marker: &dyn Identity = &marker;
    // SAFETY: only the lifetime bound changes, and nothing of that lifetime is touched: the marker is empty.
    let marker = unsafe { mem::transmute::<&dyn Identity, &(dyn Identity + 'static)>(marker) };
    marker.identity()
}
