//! Where a thread keeps its current thread state, so that asking for it need not be a call.
//!
//! From 3.12 on that is a variable of the thread, in a block of a few words which the dynamic linker shows. Which
//! word it is, is found by looking: the one that is the state while the thread is attached and null while it is not.
//! Where there is not exactly one such word, or no way to look, CPython's function is called.

use crate::{PyThreadState, Table};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The place's number in the block, the same in all threads.
static WORD: AtomicUsize = AtomicUsize::new(UNKNOWN);
const UNKNOWN: usize = usize::MAX;
const NONE: usize = usize::MAX - 1;

impl Table {
    /// Where this thread keeps its current thread state, as long as it lives; null where that is not known.
    ///
    /// # Safety
    /// `state` must be this thread's attached state.
    pub unsafe fn current_place(&self, state: *mut PyThreadState) -> *const *mut PyThreadState {
        let word = WORD.load(Ordering::Relaxed);
        let place = self.own_words().nth(word);
        // SAFETY: a word of this thread's own block.
        let place = place.filter(|place| unsafe { place.read() } == state);
        place.unwrap_or(ptr::null())
    }

    /// Finds out where threads keep their current thread state, once: for that the thread is detached, and attached
    /// again.
    ///
    /// # Safety
    /// `state` must be this thread's attached state, with nothing that a moment without it would disturb.
    pub unsafe fn find_current_place(&self, state: *mut PyThreadState) {
        if WORD.load(Ordering::Relaxed) != UNKNOWN {
            return;
        }
        // SAFETY: words of this thread's own block.
        let is = |place: *const *mut PyThreadState, state| unsafe { place.read() == state };
        let words = self.own_words().enumerate();
        let mut found: Vec<_> = words.filter(|(_, place)| is(*place, state)).collect();
        // SAFETY: attached with it, and then not, as the caller promises.
        unsafe {
            self.PyEval_SaveThread();
            found.retain(|(_, place)| is(*place, ptr::null_mut()));
            self.PyEval_RestoreThread(state);
        }
        found.retain(|(_, place)| is(*place, state));
        let word = match found[..] {
            [(word, _)] => word,
            _ => NONE,
        };
        WORD.store(word, Ordering::Relaxed);
    }

    /// The words of the block that this thread has of the library's variables.
    fn own_words(&self) -> impl Iterator<Item = *const *mut PyThreadState> + use<> {
        let (block, count) = linker::block_of(self.PyEval_SaveThread as usize);
        (0..count).map(move |index| block.cast::<*mut PyThreadState>().wrapping_add(index))
    }
}

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod linker {
    use std::ffi::{c_char, c_int, c_void};
    use std::ptr;

    /// `Elf64_Phdr`.
    #[repr(C)]
    struct Segment {
        kind: u32,
        flags: u32,
        offset: u64,
        address: u64,
        physical: u64,
        in_file: u64,
        size: u64,
        align: u64,
    }

    const LOADED: u32 = 1;
    const THREADS: u32 = 7;

    /// `dl_phdr_info`.
    #[repr(C)]
    struct Library {
        base: usize,
        name: *const c_char,
        segments: *const Segment,
        count: u16,
        added: u64,
        removed: u64,
        block_number: usize,
        /// This thread's block; null while it has none.
        block: *const c_void,
    }

    unsafe extern "C" {
        fn dl_iterate_phdr(
            see: unsafe extern "C" fn(*const Library, usize, *mut c_void) -> c_int,
            data: *mut c_void,
        ) -> c_int;
    }

    struct Search {
        function: usize,
        block: *const c_void,
        words: usize,
    }

    /// This thread's block of the library that has the function, and how many words are in it.
    pub(super) fn block_of(function: usize) -> (*const c_void, usize) {
        unsafe extern "C" fn see(library: *const Library, size: usize, data: *mut c_void) -> c_int {
            // SAFETY: the linker lends its own description, of the size that it says, and our search.
            let (library, search) = unsafe {
                if size < size_of::<Library>() {
                    return 1;
                }
                (&*library, &mut *data.cast::<Search>())
            };
            // SAFETY: the linker's own list, of the length that it says.
            let segments =
                unsafe { std::slice::from_raw_parts(library.segments, usize::from(library.count)) };
            let has_function = |segment: &&Segment| {
                let start = library.base.wrapping_add(segment.address as usize);
                segment.kind == LOADED
                    && search.function.wrapping_sub(start) < segment.size as usize
            };
            if !segments.iter().any(|segment| has_function(&segment)) {
                return 0;
            }
            let threads = segments.iter().find(|segment| segment.kind == THREADS);
            if let Some(threads) = threads
                && !library.block.is_null()
                && library.block.addr() % size_of::<usize>() == 0
            {
                search.block = library.block;
                search.words = threads.size as usize / size_of::<usize>();
            }
            1
        }
        let mut search = Search {
            function,
            block: ptr::null(),
            words: 0,
        };
        // SAFETY: the search outlives the call, which is on this thread.
        unsafe { dl_iterate_phdr(see, (&raw mut search).cast()) };
        (search.block, search.words)
    }
}

#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
mod linker {
    use std::ffi::c_void;
    use std::ptr;

    pub(super) fn block_of(_: usize) -> (*const c_void, usize) {
        (ptr::null(), 0)
    }
}
