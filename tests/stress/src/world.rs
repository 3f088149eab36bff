//! What the threads share.

use crate::ledger::lock;
use gopyre::{Error, Interpreter, Interrupt, Module, Object, Pool, PoolKind, Result, Script};
use std::io;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Interpreters that were made.
pub(crate) static INTERPRETERS: AtomicI64 = AtomicI64::new(0);

/// How many tokens may lie about at a time.
const BAG: usize = 64;

/// How many interpreters threads find to enter.
const SHARED: usize = 3;

pub(crate) struct World {
    /// Tokens on their way from thread to thread, with their numbers.
    bag: Mutex<Vec<(Object, i64)>>,
    /// The tokens that were made since the last quiet point.
    made: AtomicU64,
    /// How many tokens are gone since then.
    gone: Script,
    /// Interpreters that threads enter while others let go of them.
    interpreters: Mutex<Vec<Arc<Interpreter>>>,
    /// Handles of runs that any thread may stop.
    pub(crate) stops: [Interrupt; 4],
    /// A lock that threads wait for in the middle of their Python work.
    pub(crate) contended: Mutex<u64>,
    /// The pools that all threads use all the time.
    pub(crate) pools: Vec<Pool>,
    /// Tasks that were spawned and not waited for, and those of them that ran.
    pub(crate) spawned: AtomicU64,
    pub(crate) ran: Arc<AtomicU64>,
    started: Instant,
}

impl World {
    pub(crate) fn new() -> Result<World> {
        // `__del__` has no bytecode, so no interrupt can land in it.
        gopyre::run(
            "
            # What the work imports, so that a short run does not find it grown.
            import concurrent.futures.thread, functools, json, queue, re, threading
            local = threading.local()
            gone = []
            class Token:
                def __init__(self, n, cyclic):
                    self.n = n
                    self.me = self if cyclic else None
                __del__ = staticmethod(functools.partial(gone.append, None))
            ",
        )?;
        Module::new("gopyre_stress")
            .function("after", |n: i64| n + 1)
            .function("refuse", |n: i64| -> io::Result<()> {
                Err(io::Error::new(io::ErrorKind::NotFound, format!("no {n}")))
            })
            .register()?;
        let pool = |kind| Pool::builder().workers(2).kind(kind).queue(8).start();
        Ok(World {
            bag: Mutex::default(),
            made: AtomicU64::new(0),
            gone: Script::new(
                "
                import gc, __main__
                for _ in range(3): gc.collect()
                n = len(__main__.gone)
                __main__.gone.clear()
                n
                ",
            )?,
            interpreters: Mutex::new((0..SHARED).map(|_| shared()).collect::<Result<_>>()?),
            stops: Default::default(),
            contended: Mutex::default(),
            pools: [PoolKind::Auto, PoolKind::Interpreters, PoolKind::Threads]
                .into_iter()
                .map(pool)
                .collect::<Result<_>>()?,
            spawned: AtomicU64::new(0),
            ran: Arc::default(),
            started: Instant::now(),
        })
    }

    /// Makes a token, a Python object whose end is counted.
    pub(crate) fn token(&self, n: i64, cyclic: bool) -> Result<Object> {
        let token = gopyre::call("__main__", "Token", (n, cyclic))?;
        self.made.fetch_add(1, Relaxed);
        Ok(token)
    }

    /// Leaves an object for another thread; gives one back where there are too many.
    #[must_use = "dropped where the caller likes"]
    pub(crate) fn leave(&self, object: Object, n: i64) -> Option<(Object, i64)> {
        let mut bag = lock(&self.bag);
        bag.push((object, n));
        (bag.len() > BAG).then(|| bag.swap_remove(0))
    }

    /// Takes an object that another thread may have left.
    pub(crate) fn take(&self) -> Option<(Object, i64)> {
        lock(&self.bag).pop()
    }

    /// Whether so many interpreters more may come and go: CPython keeps some of each, and a long run must not
    /// fill the memory with that.
    pub(crate) fn may_make(&self, count: i64) -> bool {
        let room = 24 + self.started.elapsed().as_secs() as i64;
        let made = |made| (made + count <= room).then_some(made + count);
        INTERPRETERS.fetch_update(Relaxed, Relaxed, made).is_ok()
    }

    /// An interpreter that other threads may have entered, or a new one; and one to let go of, which may
    /// be entered, too, or the same.
    pub(crate) fn interpreter(
        &self,
        n: usize,
    ) -> Result<(Arc<Interpreter>, Option<Arc<Interpreter>>)> {
        let some = |shared: &[Arc<Interpreter>]| shared.get(n % shared.len().max(1)).cloned();
        let found = some(&lock(&self.interpreters));
        if let Some(found) = found.filter(|_| !n.is_multiple_of(7) || !self.may_make(1)) {
            return Ok((found, None));
        }
        let new = shared()?;
        let mut shared = lock(&self.interpreters);
        shared.push(Arc::clone(&new));
        let away = (shared.len() > SHARED).then(|| shared.swap_remove(n % SHARED));
        Ok((new, away))
    }

    /// Lets go of the tokens that lie about, at a quiet point, and checks that nothing was lost.
    ///
    /// # Errors
    /// What is lost is [`Error::Argument`].
    pub(crate) fn settle(&self) -> Result<()> {
        let bag = std::mem::take(&mut *lock(&self.bag));
        drop(bag);
        for pool in &self.pools {
            // Behind everything that was spawned without anybody waiting.
            pool.map(0..16, |_| thread::sleep(Duration::from_millis(1)))?;
        }
        let tasks = (self.spawned.load(SeqCst), self.ran.load(SeqCst));
        let tokens = (self.made.swap(0, SeqCst), self.gone.exec(())?);
        for (what, (begun, ended)) in [("tasks", tasks), ("tokens", tokens)] {
            if begun != ended {
                let message = format!("{what} were lost: {begun} begun, {ended} ended");
                return Err(Error::Argument(message));
            }
        }
        Ok(())
    }
}

/// An interpreter for all threads, which has imported what the work in it imports.
fn shared() -> Result<Arc<Interpreter>> {
    let interpreter = Interpreter::new()?;
    interpreter.enter(|| gopyre::run("import gopyre_stress, json, threading"))??;
    Ok(Arc::new(interpreter))
}

/// Makes an interpreter that imports what programs import, and ends it.
pub(crate) fn come_and_go() -> Result<()> {
    let interpreter = Interpreter::new()?;
    interpreter.enter(|| {
        gopyre::run("import asyncio, decimal, datetime, json, re, threading, uuid, zoneinfo")
    })?
}
