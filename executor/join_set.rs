#![forbid(unsafe_code)]

use std::fmt;
use std::future::poll_fn;
use std::mem;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::abort_handle::AbortHandle;
use super::blocking::spawn_blocking;
use super::contain::contain;
use super::join_error::JoinError;
use super::join_handle::JoinHandle;
use super::ready_list::ReadyList;
use super::runtime::spawn;
use super::slab::Slab;

/// Tasks that belong together: joined in the order in which they finish, and aborted when the set is dropped.
///
/// Joining looks only at tasks that have finished, so it costs the same however many others there are. A task of a set
/// takes two allocations more than others: one tells the set that it has finished, under a lock that only
/// [`spawn_blocking`](JoinSet::spawn_blocking) ever contends for, and one is shared with its [`AbortHandle`].
///
/// ```
/// # use std::time::Duration;
/// # epore::block_on(async {
/// let mut set = epore::JoinSet::new();
/// for ms in [3, 1, 2] {
///     set.spawn(async move {
///         epore::time::sleep(Duration::from_millis(ms)).await;
///         ms
///     });
/// }
/// let mut sum = 0;
/// while let Some(result) = set.join_next().await {
///     sum += result.unwrap();
/// }
/// assert_eq!(sum, 6);
/// # });
/// ```
pub struct JoinSet<T> {
    /// Those that were not joined yet.
    tasks: Slab<JoinHandle<T>>,
    /// Those of them that have finished.
    finished: Arc<ReadyList>,
}

impl<T> JoinSet<T> {
    /// An empty set. It belongs to no runtime: its tasks run where they are spawned.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let mut set = epore::JoinSet::new();
    /// set.spawn(async { 42 });
    /// assert_eq!(set.join_all().await, [42]);
    /// # });
    /// ```
    pub fn new() -> JoinSet<T> {
        JoinSet { tasks: Slab::default(), finished: Arc::default() }
    }

    /// How many tasks are in the set, those included that have finished and were not joined yet.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let mut set = epore::JoinSet::new();
    /// set.spawn(async {});
    /// epore::yield_now().await;
    /// assert_eq!(set.len(), 1);   // it has finished, and was not joined
    /// set.join_next().await;
    /// assert!(set.is_empty());
    /// # });
    /// ```
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether no task is left to be joined.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let mut set = epore::JoinSet::new();
    /// assert!(set.is_empty());
    /// set.spawn(async {});
    /// assert!(!set.is_empty());
    /// # });
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Waits until a task has finished, takes it out of the set, and gives its result. `None` if the set is empty.
    ///
    /// Tasks come in the order in which they finish.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let mut set = epore::JoinSet::new();
    /// set.spawn(async { 42 });
    /// set.spawn(async { panic!("out of luck") });
    /// assert_eq!(set.join_next().await.unwrap().unwrap(), 42);
    /// assert!(set.join_next().await.unwrap().unwrap_err().is_panic());
    /// assert!(set.join_next().await.is_none());
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// The inner result is a [`JoinError`] if the task panicked or was aborted.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no result: a task leaves the set only when its result is given.
    pub async fn join_next(&mut self) -> Option<Result<T, JoinError>> {
        poll_fn(|cx| self.poll_join_next(cx)).await
    }

    /// Takes the result of a task that has finished, without waiting. `None` if there is none, for which
    /// [`is_empty`](JoinSet::is_empty) says why.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let mut set = epore::JoinSet::new();
    /// set.spawn(async { 42 });
    /// assert!(set.try_join_next().is_none());
    /// epore::yield_now().await;
    /// assert_eq!(set.try_join_next().unwrap().unwrap(), 42);
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// As [`join_next`](JoinSet::join_next).
    pub fn try_join_next(&mut self) -> Option<Result<T, JoinError>> {
        let finished = self.finished.pop()?;
        let mut task = self.tasks.remove(finished.key())?;
        match Pin::new(&mut task).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => Some(result),
            Poll::Pending => unreachable!("a task tells its set that it has finished when its result is there"),
        }
    }

    /// The poll form of [`join_next`](JoinSet::join_next). Pending means that the task is woken when one of the set has
    /// finished; of several tasks, the last one to ask.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let mut set = epore::JoinSet::new();
    /// set.spawn(async { 42 });
    /// let result = std::future::poll_fn(|cx| set.poll_join_next(cx)).await;
    /// assert_eq!(result.unwrap().unwrap(), 42);
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// As [`join_next`](JoinSet::join_next).
    ///
    /// # Cancel safety
    ///
    /// Who stops polling loses no result: a task leaves the set only when its result is given. Who asked last may be
    /// woken once for nothing.
    pub fn poll_join_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, JoinError>>> {
        loop {
            if let Some(result) = self.try_join_next() {
                return Poll::Ready(Some(result));
            }
            if self.is_empty() {
                return Poll::Ready(None);
            }
            if self.finished.wait(cx) {
                return Poll::Pending;
            }
        }
    }

    /// Aborts all tasks. They stay in the set, to be joined as cancelled, or with their output if they had finished.
    ///
    /// Their futures are dropped when the runtime comes to them, never within this call.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let mut set = epore::JoinSet::new();
    /// set.spawn(std::future::pending::<()>());
    /// set.abort_all();
    /// assert!(set.join_next().await.unwrap().unwrap_err().is_cancelled());
    /// # });
    /// ```
    pub fn abort_all(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }

    /// Aborts all tasks, and waits until all are gone. Results and panics of those that had finished are dropped.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let mut set = epore::JoinSet::new();
    /// set.spawn(std::future::pending::<()>());
    /// set.shutdown().await;
    /// assert!(set.is_empty());
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the set with the tasks that are not gone yet; they are aborted all the same.
    pub async fn shutdown(&mut self) {
        self.abort_all();
        while self.join_next().await.is_some() {}
    }

    /// Takes all tasks out of the set, and lets them go on.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let (send, receive) = std::sync::mpsc::channel();
    /// let mut set = epore::JoinSet::new();
    /// set.spawn(async move { send.send(42).unwrap() });
    /// set.detach_all();
    /// drop(set);
    /// epore::yield_now().await;
    /// assert_eq!(receive.recv(), Ok(42));
    /// # });
    /// ```
    pub fn detach_all(&mut self) {
        // Whoever waits finds the set empty.
        if let Some(waiter) = self.clear() {
            waiter.wake();
        }
    }

    /// Waits for all tasks, and gives their outputs in the order in which they finished.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let mut set = epore::JoinSet::new();
    /// for i in 0..3 {
    ///     set.spawn(async move { i * i });
    /// }
    /// assert_eq!(set.join_all().await, [0, 1, 4]);
    /// # });
    /// ```
    ///
    /// # Panics
    ///
    /// The future panics when a task has panicked, with its payload, or was aborted. The tasks that are left are aborted.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future aborts the tasks that are left, and drops the outputs of the others.
    pub async fn join_all(mut self) -> Vec<T> {
        let mut outputs = Vec::with_capacity(self.len());
        while let Some(result) = self.join_next().await {
            match result.map_err(JoinError::try_into_panic) {
                Ok(output) => outputs.push(output),
                Err(Ok(payload)) => resume_unwind(payload),
                Err(Err(error)) => panic!("`JoinSet::join_all` gives outputs only, but {error}"),
            }
        }
        outputs
    }

    fn insert(&mut self, task: JoinHandle<T>) -> AbortHandle {
        let handle = task.abort_handle();
        let key = self.tasks.insert(task);
        let member = Waker::from(self.finished.member(key));
        if let Some(task) = self.tasks.get(key) {
            task.set_waiter(member);
        }
        handle
    }

    /// Detaches all tasks, and hands back whoever waits for one. Tasks that finish from now on tell nobody.
    fn clear(&mut self) -> Option<Waker> {
        let (mut tasks, finished) = (mem::take(&mut self.tasks), mem::take(&mut self.finished));
        while let Some(task) = tasks.pop() {
            contain(|| drop(task));
        }
        finished.take_waiter()
    }
}

impl<T: 'static> JoinSet<T> {
    /// Spawns a task into the set, as [`spawn`](crate::spawn()) does. The future need not be `Send`.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let mut set = epore::JoinSet::new();
    /// let endless = set.spawn(std::future::pending());
    /// set.spawn(async { 42 });
    /// endless.abort();
    /// assert_eq!(set.len(), 2);
    /// # });
    /// ```
    ///
    /// # Panics
    ///
    /// As [`spawn`](crate::spawn()), outside of a runtime above all.
    #[track_caller]
    pub fn spawn<F>(&mut self, future: F) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        self.insert(spawn(future))
    }

    /// Runs a closure that blocks on another thread, as a member of the set. See [`spawn_blocking`](crate::spawn_blocking):
    /// aborting it, which dropping the set does, has an effect only before it has begun.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let mut set = epore::JoinSet::new();
    /// set.spawn_blocking(|| 42);
    /// assert_eq!(set.join_next().await.unwrap().unwrap(), 42);
    /// # });
    /// ```
    ///
    /// # Panics
    ///
    /// As [`spawn_blocking`](crate::spawn_blocking).
    #[track_caller]
    pub fn spawn_blocking<F>(&mut self, f: F) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        self.insert(spawn_blocking(f))
    }
}

impl<T> Default for JoinSet<T> {
    fn default() -> JoinSet<T> {
        JoinSet::new()
    }
}

impl<T> Drop for JoinSet<T> {
    fn drop(&mut self) {
        self.abort_all();
        let waiter = self.clear();
        contain(|| drop(waiter));
    }
}

impl<T> fmt::Debug for JoinSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinSet").field("len", &self.len()).finish()
    }
}
