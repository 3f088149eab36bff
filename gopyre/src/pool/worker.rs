//! The threads of a pool.

use super::queue::{Job, Queue};
use crate::error::{Error, Result};
use crate::interpreter::Interpreter;
use crate::script;
use std::cell::Cell;
use std::ptr;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

/// What a pool and its workers share.
pub(super) struct Shared {
    pub(super) queue: Queue,
    pub(super) workers: usize,
    threads: Mutex<Vec<JoinHandle<()>>>,
    process: u32,
}

thread_local! {
    /// The pool that this thread works for.
    static POOL: Cell<*const Shared> = const { Cell::new(ptr::null()) };
}

impl Shared {
    pub(super) fn new(workers: usize, capacity: usize) -> Shared {
        Shared {
            queue: Queue::new(capacity),
            workers,
            threads: Mutex::default(),
            process: std::process::id(),
        }
    }

    /// Whether this thread is one of the workers.
    pub(super) fn is_own_thread(&self) -> bool {
        ptr::eq(POOL.get(), self)
    }

    /// Gives a job to the workers; waits for room. In a fork of the process there are none.
    pub(super) fn push(&self, job: Job) {
        if self.is_elsewhere() {
            job.fail(Error::Finalized);
        } else {
            self.queue.push(job);
        }
    }

    fn is_elsewhere(&self) -> bool {
        self.process != std::process::id()
    }

    /// Starts the workers, and waits until each is ready.
    pub(super) fn start(self: &Arc<Shared>, isolated: bool, setup: Option<String>) -> Result<()> {
        let (ready, outcome) = channel();
        let setup: Option<Arc<str>> = setup.map(Into::into);
        for _ in 0..self.workers {
            let (ready, setup) = (ready.clone(), setup.clone());
            let shared = Arc::clone(self);
            self.spawn(move || begin(shared, isolated, setup, &ready))?;
        }
        drop(ready);
        for _ in 0..self.workers {
            outcome.recv().map_err(|_| lost())??;
        }
        Ok(())
    }

    fn spawn(&self, body: impl FnOnce() + Send + 'static) -> Result<()> {
        let thread = thread::Builder::new().name("gopyre-worker".to_owned());
        let failed = |error| Error::Start(format!("no thread for a worker: {error}"));
        let thread = thread.spawn(body).map_err(failed)?;
        self.threads().push(thread);
        Ok(())
    }

    /// Held for a change of the list alone.
    fn threads(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Finishes what is in the queue and ends the workers. One of them must not wait for itself: then they
    /// end on their own.
    pub(super) fn end(&self) {
        self.queue.close();
        if self.is_own_thread() || self.is_elsewhere() {
            return;
        }
        loop {
            // One that dies adds another before it is over.
            let thread = self.threads().pop();
            let Some(thread) = thread else { break };
            let _ = thread.join();
        }
    }
}

fn lost() -> Error {
    Error::Start("a worker ended before it was ready".to_owned())
}

/// A worker's first steps.
fn begin(shared: Arc<Shared>, isolated: bool, setup: Option<Arc<str>>, ready: &Sender<Result<()>>) {
    POOL.set(Arc::as_ptr(&shared));
    let prepare = || {
        let interpreter = isolated.then(Interpreter::new).transpose()?;
        if let Some(code) = setup {
            let run = || script::run_named(&code, "<pool setup>");
            match &interpreter {
                Some(interpreter) => interpreter.enter(run)??,
                None => run()?,
            }
        }
        Ok(interpreter)
    };
    match prepare() {
        Ok(interpreter) => {
            let _ = ready.send(Ok(()));
            Worker {
                shared,
                interpreter,
                over: false,
            }
            .work();
        }
        Err(error) => drop(ready.send(Err(error))),
    }
}

/// A worker; one that dies is replaced by its drop.
struct Worker {
    shared: Arc<Shared>,
    /// None for one that is a thread of the main interpreter.
    interpreter: Option<Interpreter>,
    over: bool,
}

impl Worker {
    fn work(mut self) {
        POOL.set(Arc::as_ptr(&self.shared));
        while let Some(job) = self.shared.queue.pop() {
            let _done = Busy(&self.shared.queue);
            self.perform(job);
        }
        self.over = true;
    }

    fn perform(&self, job: Job) {
        let Some(interpreter) = &self.interpreter else {
            return job.work();
        };
        let mut job = Some(job);
        let mut work = || job.take().map(Job::work);
        if let Err(error) = interpreter.enter(&mut work)
            && let Some(job) = job
        {
            job.fail(error);
        }
    }
}

/// A worker's time with a job.
struct Busy<'a>(&'a Queue);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.done();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let (shared, interpreter) = (Arc::clone(&self.shared), self.interpreter.take());
        // What is in the queue stays there where the system has no further thread.
        let _ = self.shared.spawn(move || {
            Worker {
                shared,
                interpreter,
                over: false,
            }
            .work();
        });
    }
}
