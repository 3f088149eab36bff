//! What waits for a worker.

use crate::error::Error;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Something to be done once.
pub(super) trait Work: Sync {
    /// Does it, unless it was done or given up already.
    fn work(&self);
    /// Gives it up.
    fn fail(&self, error: Error);
}

/// A piece of work on its way to a worker. One that is dropped on the way is given up, so that nobody
/// waits for it for ever.
pub(super) struct Job(Option<Source>);

enum Source {
    Owned(Arc<dyn Work + Send>),
    /// On the stack of a thread that waits until it is done.
    Borrowed(*const (dyn Work + 'static)),
}

// SAFETY: work may be done on any thread, and what is borrowed lives until it is done.
unsafe impl Send for Job {}

impl Job {
    pub(super) fn owned(work: Arc<dyn Work + Send>) -> Job {
        Job(Some(Source::Owned(work)))
    }

    /// # Safety
    /// `work` must stay where it is until it is done or given up.
    pub(super) unsafe fn borrowed(work: &dyn Work) -> Job {
        let work: *const (dyn Work + '_) = work;
        // SAFETY: the two types differ in a lifetime alone, for which the caller answers.
        let work = unsafe {
            std::mem::transmute::<*const (dyn Work + '_), *const (dyn Work + 'static)>(work)
        };
        Job(Some(Source::Borrowed(work)))
    }

    pub(super) fn work(self) {
        self.end(|work| work.work());
    }

    pub(super) fn fail(self, error: Error) {
        self.end(|work| work.fail(error));
    }

    fn end(mut self, f: impl FnOnce(&dyn Work)) {
        match self.0.take() {
            Some(Source::Owned(work)) => f(&*work),
            // SAFETY: not done yet, so it is where it was.
            Some(Source::Borrowed(work)) => f(unsafe { &*work }),
            None => {}
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if let Some(source) = self.0.take() {
            Job(Some(source)).fail(Error::Cancelled);
        }
    }
}

/// A queue with room for so many jobs.
pub(super) struct Queue {
    line: Mutex<Line>,
    capacity: usize,
    /// There is a job, or the queue is closed.
    filled: Condvar,
    /// There is room.
    freed: Condvar,
}

#[derive(Default)]
struct Line {
    jobs: VecDeque<Job>,
    /// Workers with a job.
    busy: usize,
    closed: bool,
}

impl Queue {
    pub(super) fn new(capacity: usize) -> Queue {
        Queue {
            line: Mutex::default(),
            capacity,
            filled: Condvar::new(),
            freed: Condvar::new(),
        }
    }

    /// Held for a change of the line, never while a job or Python runs (rule 7).
    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a job; waits for room.
    pub(super) fn push(&self, job: Job) {
        let full = |line: &mut Line| line.jobs.len() >= self.capacity;
        let mut line = self
            .freed
            .wait_while(self.line(), full)
            .unwrap_or_else(PoisonError::into_inner);
        line.jobs.push_back(job);
        drop(line);
        self.filled.notify_one();
    }

    /// Adds a job if there is room.
    pub(super) fn try_push(&self, job: Job) -> Result<(), Job> {
        let mut line = self.line();
        if line.jobs.len() >= self.capacity {
            return Err(job);
        }
        line.jobs.push_back(job);
        drop(line);
        self.filled.notify_one();
        Ok(())
    }

    /// The next job, to be followed by [`done`](Queue::done); none where the queue is closed and empty.
    pub(super) fn pop(&self) -> Option<Job> {
        let idle = |line: &mut Line| line.jobs.is_empty() && !line.closed;
        let mut line = self
            .filled
            .wait_while(self.line(), idle)
            .unwrap_or_else(PoisonError::into_inner);
        let job = line.jobs.pop_front()?;
        line.busy += 1;
        drop(line);
        self.freed.notify_one();
        Some(job)
    }

    /// A worker is done with its job.
    pub(super) fn done(&self) {
        self.line().busy -= 1;
    }

    /// Whether there is neither a job nor a worker with one.
    pub(super) fn is_idle(&self) -> bool {
        let line = self.line();
        line.jobs.is_empty() && line.busy == 0
    }

    /// Lets workers end when the queue is empty.
    pub(super) fn close(&self) {
        self.line().closed = true;
        self.filled.notify_all();
    }
}
