//! Exported functions from several threads of Python.

use crate::{gives, holds};
use gopyre::py_export;
use std::sync::{Condvar, Mutex};
use std::time::Duration;

static MET: (Mutex<u32>, Condvar) = (Mutex::new(0), Condvar::new());

/// Waits until a second thread is here; whether it came.
fn meet() -> bool {
    let (count, changed) = &MET;
    let mut count = count.lock().unwrap();
    *count += 1;
    changed.notify_all();
    let (count, timeout) = changed
        .wait_timeout_while(count, Duration::from_secs(20), |count| *count % 2 == 1)
        .unwrap();
    drop(count);
    !timeout.timed_out()
}

#[py_export]
mod threads {
    use gopyre::Object;
    use std::time::Duration;

    #[detach]
    pub fn meet() -> bool {
        super::meet()
    }

    /// Keeps what it is given while other threads run.
    #[detach]
    pub fn text_after(
        text: &str,
        bytes: &[u8],
        list: Vec<i64>,
        seconds: f64,
    ) -> (String, usize, i64) {
        std::thread::sleep(Duration::from_secs_f64(seconds));
        (text.to_owned(), bytes.len(), list.iter().sum())
    }

    #[detach]
    pub fn panics() {
        panic!("in a detached stretch")
    }

    #[detach]
    pub fn attaches(object: &Object) -> gopyre::Result<usize> {
        object.len()
    }

    /// Of those who read it, one thread at a time may.
    pub struct OneThread(std::cell::Cell<u64>);
    impl OneThread {
        pub fn new() -> Self {
            OneThread(std::cell::Cell::new(0))
        }
        #[detach]
        pub fn hold(&self, seconds: f64) {
            std::thread::sleep(Duration::from_secs_f64(seconds));
        }
        pub fn call(&self, function: &Object) -> gopyre::Result<Object> {
            function.call(())
        }
        pub fn add(&self) -> u64 {
            self.0.set(self.0.get() + 1);
            self.0.get()
        }
    }

    /// Any number of threads may read it.
    pub struct Shared;
    impl Shared {
        pub fn new() -> Self {
            Shared
        }
        #[detach]
        pub fn meet(&self) -> bool {
            super::meet()
        }
    }

    #[derive(Default)]
    pub struct Busy {
        count: u64,
    }
    impl Busy {
        pub fn new() -> Self {
            Busy::default()
        }
        #[detach]
        pub fn hold(&mut self, seconds: f64) {
            self.count += 1;
            std::thread::sleep(Duration::from_secs_f64(seconds));
        }
        pub fn count(&self) -> u64 {
            self.count
        }
        pub fn incr(&mut self) {
            self.count += 1;
        }
    }
}

#[test]
fn detached_functions_run_in_parallel() {
    let met: Vec<bool> = gives(
        "import threads\n\
         from concurrent.futures import ThreadPoolExecutor\n\
         with ThreadPoolExecutor(2) as pool: met = list(pool.map(lambda _: threads.meet(), range(2)))\n\
         met",
    );
    assert_eq!(met, [true, true]);
    let met: Vec<bool> = gives(
        "import threads\n\
         from concurrent.futures import ThreadPoolExecutor\n\
         shared = threads.Shared()\n\
         with ThreadPoolExecutor(2) as pool: met = list(pool.map(lambda _: shared.meet(), range(2)))\n\
         met",
    );
    assert_eq!(met, [true, true]);
}

#[test]
fn arguments_live_as_long_as_a_detached_call() {
    holds(
        "import gc, threading, threads\n\
         out = []\n\
         def run(n):\n    \
             out.append(threads.text_after('x' * n, bytes(n), list(range(n)), 0.05))\n\
         all = [threading.Thread(target=run, args=(n,)) for n in (5, 50, 500)]\n\
         for t in all: t.start()\n\
         gc.collect()\n\
         for t in all: t.join()\n\
         sorted(out, key=lambda r: r[1]) == [('x' * n, n, sum(range(n))) for n in (5, 50, 500)]",
    );
}

#[test]
fn a_detached_function_may_attach_and_may_panic() {
    holds("import threads; threads.attaches([1, 2]) == 2");
    let error = crate::caught("import threads", "threads.panics()");
    assert!(error.starts_with("RustPanic: "), "{error}");
    holds("import threads; threads.attaches([1]) == 1");
}

#[test]
fn an_instance_that_another_thread_changes_is_a_runtime_error() {
    let errors: Vec<String> = gives(
        "import threading, time, threads\n\
         busy = threads.Busy()\n\
         thread = threading.Thread(target=busy.hold, args=(0.5,))\n\
         thread.start()\n\
         time.sleep(0.1)\n\
         errors = []\n\
         for call in (busy.count, busy.incr):\n    \
             try: call()\n    \
             except Exception as error: errors.append(type(error).__name__)\n\
         thread.join()\n\
         errors + [str(busy.count())]",
    );
    assert_eq!(errors, ["RuntimeError", "RuntimeError", "1"]);
}

#[test]
fn what_is_not_sync_is_for_one_thread_at_a_time() {
    let found: (Vec<String>, u64) = gives(
        "import threading, time, threads\n\
         one = threads.OneThread()\n\
         thread = threading.Thread(target=one.hold, args=(0.5,))\n\
         thread.start()\n\
         time.sleep(0.1)\n\
         errors = []\n\
         try: one.add()\n\
         except RuntimeError as error: errors.append(str(error))\n\
         thread.join()\n\
         errors, one.call(one.add)",
    );
    let [error] = &*found.0 else {
        panic!("{found:?}")
    };
    assert!(error.contains("OneThread"), "{error}");
    assert_eq!(found.1, 1);
}

#[test]
fn many_threads_count_without_loss() {
    // With a GIL a method that is not detached has the instance to itself; without one a call may find it taken.
    holds(
        "import threading, threads\n\
         busy = threads.Busy()\n\
         def run():\n    \
             for _ in range(500):\n        \
                 while True:\n            \
                     try: busy.incr()\n            \
                     except RuntimeError: continue\n            \
                     break\n\
         all = [threading.Thread(target=run) for _ in range(4)]\n\
         for t in all: t.start()\n\
         for t in all: t.join()\n\
         busy.count() == 2000",
    );
}
