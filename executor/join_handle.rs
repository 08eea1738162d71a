#![forbid(unsafe_code)]

use std::fmt;
use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::abort_handle::AbortHandle;
use super::join_error::JoinError;
use super::token::TaskToken;
use super::waker;

/// What a handle needs of the work that it stands for.
pub(super) trait Join<T> {
    fn poll_join(&self, cx: &mut Context<'_>) -> Poll<Result<T, JoinError>>;
    fn is_finished(&self) -> bool;
    /// Gives a handle that aborts the work. If the work is a task, `task` wakes it.
    fn abort_handle(&self, task: Option<Waker>) -> AbortHandle;
    /// Has the waker woken when the result is there, which may be at once.
    fn set_waiter(&self, waiter: Waker);
    /// Lets go of whoever waits, as the handle is being dropped.
    fn forget_waiter(&self);
}

/// Waits for a spawned task, and can abort it. Dropping it detaches the task, which goes on.
///
/// It is a future of the task's output, or of a [`JoinError`] if the task panicked or was cancelled.
///
/// ```
/// # epore::block_on(async {
/// let task = epore::spawn(async { 6 * 7 });
/// assert_eq!(task.await.unwrap(), 42);
///
/// let endless = epore::spawn(std::future::pending::<()>());
/// endless.abort();
/// assert!(endless.await.unwrap_err().is_cancelled());
/// # });
/// ```
///
/// # Errors
///
/// The result is a [`JoinError`] if the task panicked, was aborted, or its runtime was dropped.
///
/// # Panics
///
/// When it is polled again after it has given its result.
///
/// # Cancel safety
///
/// Awaiting `&mut handle` can be given up and begun again; the result is not lost.
pub struct JoinHandle<T> {
    work: Rc<dyn Join<T>>,
    /// Whom to wake so that an abort is seen. Blocking work has nobody.
    task: Option<TaskToken>,
}

impl<T> JoinHandle<T> {
    pub(super) fn new(work: Rc<dyn Join<T>>, task: Option<TaskToken>) -> JoinHandle<T> {
        JoinHandle { work, task }
    }

    /// Asks the runtime to drop the task's future, if it has not finished.
    ///
    /// The future is dropped the next time the runtime comes to the task, never within this call; the handle then
    /// gives an error for which [`is_cancelled`](JoinError::is_cancelled) holds. A task of
    /// [`spawn_blocking`](crate::spawn_blocking) can be aborted only before it has begun.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let task = epore::spawn(std::future::pending::<()>());
    /// task.abort();
    /// assert!(!task.is_finished());   // not within the call
    /// assert!(task.await.unwrap_err().is_cancelled());
    /// # });
    /// ```
    pub fn abort(&self) {
        if !self.is_finished() {
            self.abort_handle().abort();
        }
    }

    /// A handle that aborts the task from any thread.
    ///
    /// The first one that is asked for costs a task an allocation; so does the first [`abort`](JoinHandle::abort).
    ///
    /// ```
    /// # epore::block_on(async {
    /// let task = epore::spawn(std::future::pending::<()>());
    /// let handle = task.abort_handle();
    /// let waiting = epore::spawn(task);
    /// handle.abort();
    /// assert!(waiting.await.unwrap().unwrap_err().is_cancelled());
    /// # });
    /// ```
    pub fn abort_handle(&self) -> AbortHandle {
        self.work.abort_handle(self.task.map(|token| ManuallyDrop::into_inner(waker::for_token(token))))
    }

    /// Has the waker woken when the task has ended, which may be at once. It takes the place of whoever polled the handle.
    pub(super) fn set_waiter(&self, waiter: Waker) {
        self.work.set_waiter(waiter);
    }

    /// Whether the task has ended, so that awaiting the handle would not wait.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let task = epore::spawn(async { 42 });
    /// assert!(!task.is_finished());
    /// epore::yield_now().await;
    /// assert!(task.is_finished());
    /// # });
    /// ```
    pub fn is_finished(&self) -> bool {
        self.work.is_finished()
    }
}

impl<T> Drop for JoinHandle<T> {
    fn drop(&mut self) {
        self.work.forget_waiter();
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.work.poll_join(cx)
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").field("finished", &self.is_finished()).finish()
    }
}
