//! What the list becomes: a struct of pointers, one safe-to-unwind method each, and its filling.

/// Stops a thread that CPython wants to end.
///
/// Below 3.14 a thread that asks for the GIL during finalization is ended by `pthread_exit`, which
/// unwinds. The unwinding must not run through frames that hold references, so it ends here, in the
/// first frame it meets: the thread sleeps for the rest of the process.
pub(crate) struct Park;

impl Drop for Park {
    #[cold]
    fn drop(&mut self) {
        loop {
            std::thread::park();
        }
    }
}

/// Writes the table's struct, its methods, and `Table::fill`.
macro_rules! table {
    (
        required { $(fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)?;)* }
        optional { $(fn $oname:ident($($oarg:ident: $oty:ty),* $(,)?) $(-> $oret:ty)?;)* }
        types { $($class:ident),* $(,)? }
        singletons { $($single:ident),* $(,)? }
        exceptions { $($exception:ident),* $(,)? }
        flags { $($flag:ident),* $(,)? }
    ) => {
        /// CPython's functions and objects, each found by name in one library.
        #[allow(non_snake_case)]
        #[derive(Debug)]
        pub struct Table {
            /// The build the functions come from.
            pub version: $crate::Version,
            /// Where an object keeps its type pointer, where that was found.
            pub(crate) type_offset: Option<std::num::NonZero<usize>>,
            /// Where other things are, where that was found.
            pub(crate) layout: $crate::layout::Layout,
            $(pub(crate) $name: unsafe extern "C-unwind" fn($($ty),*) $(-> $ret)?,)*
            /// Functions that not every version has.
            pub(crate) optional: Optional,
            $(pub(crate) $class: *mut PyObject,)*
            $(pub(crate) $single: *mut PyObject,)*
            $(pub(crate) $exception: *const *mut PyObject,)*
            /// Configuration variables, where they are exported.
            pub flags: Flags,
        }

        /// Functions that not every version has.
        #[allow(non_snake_case)]
        #[derive(Debug)]
        pub(crate) struct Optional {
            $(pub(crate) $oname: Option<unsafe extern "C-unwind" fn($($oty),*) $(-> $oret)?>,)*
        }

        /// Configuration variables that are read when CPython starts.
        #[allow(non_snake_case)]
        #[derive(Debug)]
        pub struct Flags {
            $(#[doc = concat!("`", stringify!($flag), "`, where it is exported.")]
            pub $flag: Option<*mut c_int>,)*
        }

        // SAFETY: addresses in a library that is never closed; whether a call is allowed is the caller's word.
        unsafe impl Send for Table {}
        // SAFETY: as above; nothing in it changes but what is atomic.
        unsafe impl Sync for Table {}

        #[allow(non_snake_case, clippy::too_many_arguments)]
        impl Table {
            $(
                #[doc = concat!("Calls `", stringify!($name), "`.")]
                ///
                /// # Safety
                /// As the C API documents it; the calling thread must be attached where that asks for the GIL.
                #[inline]
                pub unsafe fn $name(&self, $($arg: $ty),*) $(-> $ret)? {
                    let park = $crate::table::Park;
                    // SAFETY: the pointer was found under this name (rule 1); the arguments are the caller's word.
                    let result = unsafe { (self.$name)($($arg),*) };
                    std::mem::forget(park);
                    result
                }
            )*
            $(
                #[doc = concat!("The type object `", stringify!($class), "`, borrowed.")]
                #[inline]
                pub fn $class(&self) -> *mut PyObject {
                    self.$class
                }
            )*
            $(
                #[doc = concat!("The object `", stringify!($single), "`, borrowed.")]
                #[inline]
                pub fn $single(&self) -> *mut PyObject {
                    self.$single
                }
            )*
            $(
                #[doc = concat!("The class `", stringify!($exception), "`, borrowed; null before CPython has started.")]
                #[inline]
                pub fn $exception(&self) -> *mut PyObject {
                    // SAFETY: the address of a pointer variable of a library that is never closed (rule 1).
                    unsafe { *self.$exception }
                }
            )*

            /// Looks up every name of the list, or says which required ones are missing.
            ///
            /// # Safety
            /// `find` must return addresses in a CPython library that is never closed.
            pub(crate) unsafe fn fill(
                version: $crate::Version,
                find: impl Fn(&str) -> Option<*mut c_void>,
            ) -> Result<Table, Vec<String>> {
                let mut missing = Vec::new();
                let mut address = |name: &str| {
                    find(name).unwrap_or_else(|| {
                        missing.push(name.to_owned());
                        std::ptr::null_mut()
                    })
                };
                $(let $name = address(stringify!($name));)*
                $(let $class = address(stringify!($class)).cast();)*
                $(let $single = address(stringify!($single)).cast();)*
                $(let $exception = address(stringify!($exception)).cast_const().cast();)*
                if !missing.is_empty() {
                    return Err(missing);
                }
                let mut table = Table {
                    version,
                    type_offset: None,
                    layout: $crate::layout::Layout::default(),
                    // SAFETY: not null (checked above), and the C function of that name has this signature.
                    $($name: unsafe { std::mem::transmute::<*mut c_void, unsafe extern "C-unwind" fn($($ty),*) $(-> $ret)?>($name) },)*
                    optional: Optional {
                        $($oname: find(stringify!($oname)).map(|address| {
                            // SAFETY: as for the required ones.
                            unsafe { std::mem::transmute::<*mut c_void, unsafe extern "C-unwind" fn($($oty),*) $(-> $oret)?>(address) }
                        }),)*
                    },
                    $($class,)*
                    $($single,)*
                    $($exception,)*
                    flags: Flags { $($flag: find(stringify!($flag)).map(|address| address.cast()),)* },
                };
                table.type_offset = $crate::layout::type_offset(&table);
                Ok(table)
            }
        }
    };
}
pub(crate) use table;
