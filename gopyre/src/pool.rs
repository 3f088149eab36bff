//! Workers that run typed functions side by side.

mod queue;
mod scoped;
mod task;
mod worker;

pub use task::Task;

use crate::attach;
use crate::error::{Error, Result};
use crate::runtime::Runtime;
use scoped::{Many, One};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};
use worker::Shared;

/// A number of workers that run closures, each in an interpreter of its own where that makes them parallel.
///
/// What the workers are depends on the Python, unless [`kind`](PoolBuilder::kind) says what they shall be:
///
/// | Python | workers | parallel |
/// |---|---|---|
/// | 3.12 and later | [interpreters](crate::Interpreter), each with its own GIL | yes |
/// | free-threaded builds | threads | yes |
/// | 3.9 to 3.11 | threads that share the GIL | no |
///
/// A closure may call everything of this crate. With workers that are interpreters it takes and returns
/// Rust values, no [`Object`](crate::Object): one of another interpreter is
/// [`Error::WrongInterpreter`](crate::Error::WrongInterpreter).
///
/// Between two calls into Python a worker holds no GIL. A panic is [`Error::Panic`] for whoever asked, and the
/// worker goes on. Dropping the pool finishes what was spawned, and waits for it.
///
/// ```
/// #[gopyre::py_script("sum(i * i for i in range(n))")]
/// fn squares(n: u32) -> gopyre::Result<u64>;
///
/// let pool = gopyre::Pool::new(2)?;
/// let sums = pool.map([10, 20, 30], squares)?;
/// assert_eq!(sums.into_iter().collect::<gopyre::Result<Vec<_>>>()?, [285, 2470, 8555]);
///
/// let task = pool.spawn(|| squares(100));
/// assert_eq!(task.join()??, 328_350);
/// # Ok::<(), gopyre::Error>(())
/// ```
pub struct Pool {
    shared: Arc<Shared>,
    parallel: bool,
}

/// What a pool's workers are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PoolKind {
    /// Whatever is parallel on this Python; threads where nothing is.
    #[default]
    Auto,
    /// An interpreter each, sharing the GIL below 3.12.
    Interpreters,
    /// Threads in the main interpreter, where objects can be shared.
    Threads,
}

/// A pool being configured.
///
/// ```
/// let pool = gopyre::Pool::builder()
///     .workers(2)
///     .kind(gopyre::PoolKind::Interpreters)
///     .setup("import json")
///     .queue(16)
///     .start()?;
/// assert_eq!(pool.workers(), 2);
/// # Ok::<(), gopyre::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a pool starts with `start`"]
pub struct PoolBuilder {
    workers: usize,
    kind: PoolKind,
    setup: Option<String>,
    queue: Option<usize>,
}

/// The pools that live, for the end of the runtime.
static POOLS: Mutex<Vec<Weak<Shared>>> = Mutex::new(Vec::new());

impl Pool {
    /// Starts a pool of this many workers.
    ///
    /// # Errors
    /// As for [`PoolBuilder::start`].
    pub fn new(workers: usize) -> Result<Pool> {
        Pool::builder().workers(workers).start()
    }

    /// Configures a pool. Without [`workers`](PoolBuilder::workers) it has one for each processor.
    pub fn builder() -> PoolBuilder {
        PoolBuilder {
            workers: std::thread::available_parallelism().map_or(1, Into::into),
            kind: PoolKind::Auto,
            setup: None,
            queue: None,
        }
    }

    /// Runs `f` on a worker and waits for its result. Called by one of this pool's workers it runs `f` at once.
    ///
    /// What `f` borrows need not be `'static`: this returns when the worker is done with it.
    ///
    /// # Errors
    /// [`Error::Panic`] where `f` panicked, [`Error::Finalized`] after the runtime's end.
    ///
    /// ```
    /// let pool = gopyre::Pool::new(1)?;
    /// let words = vec!["a", "b"];
    /// let joined: String = pool.run(|| gopyre::exec("'-'.join(input)", &words))??;
    /// assert_eq!(joined, "a-b");
    /// # Ok::<(), gopyre::Error>(())
    /// ```
    pub fn run<R: Send>(&self, f: impl FnOnce() -> R + Send) -> Result<R> {
        if self.shared.is_own_thread() {
            return task::outcome(f).0;
        }
        let one = One::new(f);
        // SAFETY: `wait` returns after the job is done, and nothing in between can end this call.
        let job = unsafe { one.job() };
        attach::detach_now(|| {
            self.shared.push(job);
            one.wait();
        });
        one.result()
    }

    /// Puts `f` in the queue; waits while that is full.
    ///
    /// A worker of this pool that finds the queue full runs `f` at once.
    ///
    /// ```
    /// let pool = gopyre::Pool::new(2)?;
    /// let task = pool.spawn(|| gopyre::exec::<i64>("6 * 7", ()));
    /// assert_eq!(task.join()??, 42);
    /// # Ok::<(), gopyre::Error>(())
    /// ```
    pub fn spawn<R: Send + 'static>(&self, f: impl FnOnce() -> R + Send + 'static) -> Task<R> {
        let (task, job) = Task::new(f, &self.shared);
        if self.shared.is_own_thread() {
            if let Err(job) = self.shared.queue.try_push(job) {
                job.work();
            }
        } else {
            attach::detach_now(|| self.shared.push(job));
        }
        task
    }

    /// Runs `f` for every item, on all workers, and waits for the results, which are in the items' order.
    ///
    /// Called by one of this pool's workers it runs all at once, one after the other.
    ///
    /// # Errors
    /// [`Error::Panic`] where `f` panicked, that of the first such item; items that were not begun by then
    /// are dropped. [`Error::Finalized`] after the runtime's end.
    pub fn map<T: Send, R: Send>(
        &self,
        items: impl IntoIterator<Item = T>,
        f: impl Fn(T) -> R + Sync,
    ) -> Result<Vec<R>> {
        if self.shared.is_own_thread() {
            return items
                .into_iter()
                .map(|item| task::outcome(|| f(item)).0)
                .collect();
        }
        let many = Many::new(items.into_iter().collect(), f, self.workers());
        attach::detach_now(|| {
            for _ in 0..many.runners() {
                // SAFETY: `wait` returns after all jobs are done, and nothing in between can end this call.
                self.shared.push(unsafe { many.job() });
            }
            many.wait();
        });
        many.results()
    }

    /// The number of workers.
    pub fn workers(&self) -> usize {
        self.shared.workers
    }

    /// Whether the workers run Python at the same time; otherwise they take turns.
    pub fn is_parallel(&self) -> bool {
        self.parallel
    }
}

impl PoolBuilder {
    /// Sets the number of workers.
    pub fn workers(mut self, n: usize) -> Self {
        self.workers = n;
        self
    }

    /// Says what the workers shall be.
    pub fn kind(mut self, kind: PoolKind) -> Self {
        self.kind = kind;
        self
    }

    /// Runs statements in the `__main__` of each worker before its first task.
    ///
    /// Workers that are threads share one `__main__`, in which it runs once for each of them.
    pub fn setup(mut self, code: impl Into<String>) -> Self {
        self.setup = Some(code.into());
        self
    }

    /// Sets how many tasks may wait for a worker; without it, 16 for each worker.
    pub fn queue(mut self, capacity: usize) -> Self {
        self.queue = Some(capacity);
        self
    }

    /// Starts the workers and waits until each has run the set-up.
    ///
    /// # Errors
    /// [`Error::Argument`] without workers or without room in the queue; what the set-up raises; whatever keeps
    /// an interpreter or the runtime from starting.
    pub fn start(self) -> Result<Pool> {
        let PoolBuilder {
            workers,
            kind,
            setup,
            queue,
        } = self;
        let capacity = queue.unwrap_or_else(|| workers.saturating_mul(16));
        for (what, count) in [("worker", workers), ("place in the queue", capacity)] {
            if count == 0 {
                return Err(Error::Argument(format!(
                    "expected at least one {what}, found 0"
                )));
            }
        }
        let free_threaded = Runtime::start()?.version().free_threaded;
        let isolated = match kind {
            PoolKind::Auto => !free_threaded && crate::interpreter::can_isolate(),
            PoolKind::Interpreters => true,
            PoolKind::Threads => false,
        };
        let shared = Arc::new(Shared::new(workers, capacity));
        let pool = Pool {
            shared: Arc::clone(&shared),
            parallel: free_threaded || isolated && crate::interpreter::can_isolate(),
        };
        // Where one fails, dropping the pool ends those that have started.
        attach::detach_now(|| shared.start(isolated, setup))?;
        let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
        pools.retain(|pool| pool.strong_count() > 0);
        pools.push(Arc::downgrade(&shared));
        Ok(pool)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        attach::detach_now(|| self.shared.end());
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("workers", &self.workers())
            .field("parallel", &self.parallel)
            .finish_non_exhaustive()
    }
}

/// Waits until every pool has done what it was given, for the end of the runtime.
///
/// # Errors
/// [`Error::Busy`] where that takes longer than `patience`, and on a worker's thread.
pub(crate) fn drain(patience: Duration) -> Result<()> {
    let deadline = Instant::now() + patience;
    let pools: Vec<Arc<Shared>> = {
        let pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
        pools.iter().filter_map(Weak::upgrade).collect()
    };
    for pool in pools {
        while !pool.queue.is_idle() {
            if pool.is_own_thread() || Instant::now() >= deadline {
                return Err(Error::Busy);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    Ok(())
}
