//! A full fence between one that comes often and one that comes once, paid for by the latter.
//!
//! On Linux the kernel sees to it that every thread passes a fence when asked to (`membarrier`), so the one that
//! comes often need not. Elsewhere, and where a sandbox forbids it, both have their own.
//!
//! In a process that has announced it, that takes a microsecond, and some 10 milliseconds otherwise. The announcement
//! takes as much as that where there are several threads, and nothing where there is one.

use std::sync::atomic::{AtomicBool, Ordering, compiler_fence, fence};

/// Whether the kernel sees to the fence of the one that comes often.
static IS_REMOTE: AtomicBool = AtomicBool::new(false);

/// Asks whether the kernel does that, before anybody comes.
pub(super) fn prepare() {
    if !IS_REMOTE.load(Ordering::Relaxed) && kernel::can_fence() {
        IS_REMOTE.store(true, Ordering::Relaxed);
    }
}

/// The side of the one that comes often.
#[inline]
pub(super) fn light() {
    match IS_REMOTE.load(Ordering::Relaxed) {
        true => compiler_fence(Ordering::SeqCst),
        false => fence(Ordering::SeqCst),
    }
}

/// Announces the one that comes once.
pub(super) fn announce() {
    kernel::announce();
}

/// The side of the one that comes once.
pub(super) fn heavy() {
    fence(Ordering::SeqCst);
    if IS_REMOTE.load(Ordering::Relaxed) && !kernel::fence_announced() && !kernel::fence() {
        // A sandbox was closed since the start. Any processor writes down in this time what it has stored.
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod kernel {
    use std::ffi::{c_int, c_long};

    #[cfg(target_arch = "x86_64")]
    const MEMBARRIER: c_long = 324;
    #[cfg(target_arch = "aarch64")]
    const MEMBARRIER: c_long = 283;
    const QUERY: c_int = 0;
    const GLOBAL: c_int = 1;
    const PRIVATE: c_int = 1 << 3;
    const REGISTER_PRIVATE: c_int = 1 << 4;

    unsafe extern "C" {
        fn syscall(number: c_long, ...) -> c_long;
    }

    pub(super) fn can_fence() -> bool {
        let commands = ask(QUERY);
        commands > 0 && commands & c_long::from(GLOBAL) != 0
    }

    pub(super) fn announce() {
        ask(REGISTER_PRIVATE);
    }

    /// Has all threads pass a full fence, if that was announced.
    pub(super) fn fence_announced() -> bool {
        ask(PRIVATE) == 0
    }

    /// Waits until all threads have passed a full fence.
    pub(super) fn fence() -> bool {
        ask(GLOBAL) == 0
    }

    fn ask(command: c_int) -> c_long {
        // SAFETY: `membarrier(command, flags, cpu)` reads and writes no memory of the process.
        unsafe { syscall(MEMBARRIER, command, 0 as c_int, 0 as c_int) }
    }
}

#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
mod kernel {
    pub(super) fn can_fence() -> bool {
        false
    }

    pub(super) fn announce() {}

    pub(super) fn fence_announced() -> bool {
        false
    }

    pub(super) fn fence() -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;
    use std::time::{Duration, Instant};

    /// How often, in rounds for `time` or until the first one, two threads that each raised a flag, and then passed
    /// their side of a fence, both saw the other's flag down.
    fn missed(time: Duration, often: fn(), once: fn()) -> usize {
        let (round, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let flags = [const { AtomicUsize::new(0) }; 2];
        let side = |own: usize, number: usize, fence: fn()| {
            flags[own].store(number, Ordering::Relaxed);
            fence();
            flags[1 - own].load(Ordering::Relaxed) < number
        };
        let is_over = usize::MAX;
        std::thread::scope(|scope| {
            let other = scope.spawn(|| {
                for number in 1.. {
                    loop {
                        match round.load(Ordering::Acquire) {
                            now if now == number => break,
                            now if now == is_over => return,
                            _ => std::hint::spin_loop(),
                        }
                    }
                    let saw = usize::from(side(0, number, often));
                    done.store(number << 1 | saw, Ordering::Release);
                }
            });
            let (start, mut missed, mut number) = (Instant::now(), 0, 0);
            while start.elapsed() < time && missed == 0 {
                number += 1;
                round.store(number, Ordering::Release);
                let saw = side(1, number, once);
                let theirs = loop {
                    match done.load(Ordering::Acquire) {
                        done if done >> 1 == number => break done & 1 == 1,
                        _ => std::hint::spin_loop(),
                    }
                };
                missed += usize::from(saw && theirs);
            }
            round.store(is_over, Ordering::Release);
            other.join().expect("it only counts");
            missed
        })
    }

    #[test]
    fn one_side_of_the_fence_sees_the_other() {
        prepare();
        announce();
        assert_eq!(missed(Duration::from_secs(1), light, heavy), 0);
        let unannounced = || {
            fence(Ordering::SeqCst);
            assert_eq!(kernel::fence(), kernel::can_fence());
        };
        assert_eq!(missed(Duration::from_secs(1), light, unannounced), 0);
    }

    #[test]
    fn a_fence_on_one_side_alone_is_none() {
        // One processor sees what it does in order.
        if std::thread::available_parallelism().is_ok_and(|count| count.get() == 1) {
            return;
        }
        let (none, full) = (
            || compiler_fence(Ordering::SeqCst),
            || fence(Ordering::SeqCst),
        );
        assert_eq!(missed(Duration::from_secs(60), none, full), 1);
    }
}
