#![forbid(unsafe_code)]

use std::collections::VecDeque;
use std::io;
use std::mem;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use super::contain::contain;
use super::context;
use super::handle::RemoteHandle;
use super::inboxes;
use super::join_error::JoinError;
use super::join_handle::JoinHandle;
use super::misuse::{no_runtime, no_thread};
use super::promise::{Duty, Promise};
use super::runtime_id::RuntimeId;
use super::sync::{Condvar, Mutex, MutexGuard, thread};
use super::trace;

/// What a thread is to do.
trait Job: Send {
    /// Whether nobody has given it up.
    fn is_wanted(&self) -> bool;

    fn run(self: Box<Self>);
}

/// Threads for work that blocks. They are started on demand up to a limit, end when they have been idle for a while,
/// and are never joined: a name look-up that is stuck must not keep the program from ending.
pub(super) struct Pool {
    max_threads: usize,
    keep_alive: Duration,
    state: Mutex<State>,
    work: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Box<dyn Job>>,
    /// Jobs that are queued or running.
    unfinished: usize,
    threads: usize,
    /// Threads that wait for work, those included that were notified and have not woken yet.
    idle: usize,
    closed: bool,
    /// The runtime that is to be woken when there are no unfinished jobs left.
    awaiting_idle: Option<RuntimeId>,
}

impl State {
    /// Adds a job. Instead of growing the queue it first takes those out that nobody wants any more, so that they take no
    /// more room than the others. They are handed back, to be dropped without the lock.
    #[must_use]
    fn push(&mut self, job: Box<dyn Job>) -> VecDeque<Box<dyn Job>> {
        let mut unwanted = VecDeque::new();
        if self.jobs.len() == self.jobs.capacity() {
            (self.jobs, unwanted) = mem::take(&mut self.jobs).into_iter().partition(|job| job.is_wanted());
            self.unfinished -= unwanted.len();
            // Half must be free, or the next search would come too soon to be worth it.
            self.jobs.reserve(self.jobs.len().max(8));
        }
        self.jobs.push_back(job);
        self.unfinished += 1;
        unwanted
    }
}

impl Pool {
    pub(super) fn new(max_threads: usize, keep_alive: Duration) -> Arc<Pool> {
        Arc::new(Pool { max_threads, keep_alive, state: Mutex::default(), work: Condvar::new() })
    }

    /// Queues a job, and sees to it that a thread comes for it.
    fn submit(self: &Arc<Self>, job: Box<dyn Job>) -> io::Result<()> {
        let mut state = self.lock();
        if state.closed {
            drop(state);
            // Dropping the job settles its promise as cancelled.
            drop(job);
            return Ok(());
        }
        let unwanted = state.push(job);
        let needs_thread = state.idle < state.jobs.len() && state.threads < self.max_threads;
        if needs_thread {
            state.threads += 1;
        } else if state.idle >= state.jobs.len() {
            self.work.notify_one();
        }
        drop(state);
        unwanted.into_iter().for_each(|job| contain(|| drop(job)));
        if needs_thread { self.start_thread() } else { Ok(()) }
    }

    fn start_thread(self: &Arc<Self>) -> io::Result<()> {
        let pool = Arc::clone(self);
        let started = thread::Builder::new().name("epore-blocking".into()).spawn(move || pool.work());
        let Err(error) = started else { return Ok(()) };
        let mut state = self.lock();
        state.threads -= 1;
        if state.threads > 0 {
            // The threads there are will come for the job in time.
            return Ok(());
        }
        let jobs = mem::take(&mut state.jobs);
        state.unfinished -= jobs.len();
        drop(state);
        drop(jobs);
        Err(error)
    }

    fn work(&self) {
        let mut state = self.lock();
        loop {
            while let Some(job) = state.jobs.pop_front() {
                drop(state);
                contain(|| job.run());
                state = self.finish();
            }
            if state.closed {
                break;
            }
            state.idle += 1;
            let (woken, waited) =
                self.work.wait_timeout(state, self.keep_alive).unwrap_or_else(PoisonError::into_inner);
            state = woken;
            state.idle -= 1;
            if waited.timed_out() && state.jobs.is_empty() {
                break;
            }
        }
        state.threads -= 1;
    }

    /// Counts a job as finished. Whoever waits for its result has been woken already.
    fn finish(&self) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        state.unfinished -= 1;
        if state.unfinished == 0
            && let Some(runtime) = state.awaiting_idle.take()
        {
            drop(state);
            // A request for nothing, which the runtime awakes to. If it is gone nobody waits.
            let _gone = inboxes::request(runtime, Box::new(|| ()));
            state = self.lock();
        }
        state
    }

    /// Whether no job is queued or running. If one is, the runtime is woken when the last has finished.
    pub(super) fn is_idle(&self, runtime: RuntimeId) -> bool {
        let mut state = self.lock();
        let idle = state.unfinished == 0;
        state.awaiting_idle = (!idle).then_some(runtime);
        idle
    }

    /// Drops the jobs that nobody has begun, and lets the threads end when they are done with what they do.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        let mut jobs = mem::take(&mut state.jobs);
        drop(state);
        self.work.notify_all();
        while let Some(job) = jobs.pop_front() {
            contain(|| drop(job));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs a closure that blocks on another thread, and gives a handle to its result.
///
/// The threads are started on demand, up to the limit of [`Builder::max_blocking_threads`](crate::Builder), beyond which
/// closures queue; idle threads end after a while. A closure that has begun cannot be stopped: neither
/// [`abort`](JoinHandle::abort) nor the end of the runtime waits for it or interrupts it. One that has not begun is
/// dropped by both.
///
/// ```
/// # epore::block_on(async {
/// let size = epore::spawn_blocking(|| std::fs::metadata("Cargo.toml").map(|file| file.len()));
/// assert!(size.await.unwrap().unwrap() > 0);
/// # });
/// ```
///
/// # Panics
///
/// Outside of a runtime, or if the system refuses the first thread. A panic of the closure becomes the handle's
/// [`JoinError`](crate::JoinError).
#[track_caller]
pub fn spawn_blocking<T, F>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let site = Location::caller();
    match context::with(|core| start(&core.blocking, f, site)) {
        Some(Ok(promise)) => JoinHandle::of_blocking(Rc::new(promise)),
        Some(Err(error)) => no_thread(&error),
        None => no_runtime("`spawn_blocking` was called"),
    }
}

/// As [`spawn_blocking`], for callers who can report that the system refuses the first thread, and whose futures are to
/// be `Send`. The work is given up when the handle is dropped.
#[track_caller]
pub(crate) fn try_spawn_blocking<T, F>(f: F) -> io::Result<Wanted<T>>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let site = Location::caller();
    match context::with(|core| start(&core.blocking, f, site)) {
        Some(started) => started.map(|promise| Wanted(RemoteHandle::new(promise))),
        None => no_runtime("a name was looked up"),
    }
}

pub(super) fn start<T, F>(pool: &Arc<Pool>, f: F, site: &'static Location<'static>) -> io::Result<Arc<Promise<T>>>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let f = trace::work(f, site);
    let promise = Promise::new(site);
    pool.submit(Box::new(Work { duty: Duty(Arc::clone(&promise)), f }))?;
    Ok(promise)
}

/// A closure, and the promise of its result.
struct Work<T, F> {
    duty: Duty<T>,
    f: F,
}

impl<T, F> Job for Work<T, F>
where
    F: FnOnce() -> T + Send,
    T: Send,
{
    fn is_wanted(&self) -> bool {
        !self.duty.0.is_finished()
    }

    fn run(self: Box<Self>) {
        let Work { duty, f } = *self;
        if duty.0.begin() {
            let result = catch_unwind(AssertUnwindSafe(f));
            duty.0.settle(result.map_err(|payload| JoinError::panic(duty.0.site, payload)));
        }
    }
}

/// A handle to work that is given up when it is dropped: if nobody has begun it, nobody will.
pub(crate) struct Wanted<T>(RemoteHandle<T>);

impl<T> Future for Wanted<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx)
    }
}

impl<T> Drop for Wanted<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
