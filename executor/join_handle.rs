#![forbid(unsafe_code)]

use std::fmt;
use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::abort_handle::AbortHandle;
use super::join_error::JoinError;
use super::task::JoinRef;
use super::token::TaskToken;
use super::waker;

/// What a handle needs of blocking work.
pub(super) trait Join<T> {
    fn poll_join(&self, cx: &mut Context<'_>) -> Poll<Result<T, JoinError>>;
    fn is_finished(&self) -> bool;
    fn abort_handle(&self) -> AbortHandle;
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
    work: Work<T>,
}

enum Work<T> {
    /// With the name by which it is woken so that an abort is seen. One that was refused has none.
    Task(JoinRef<'static, T>, Option<TaskToken>),
    Blocking(BlockingWork<T>),
}

/// It goes through a trait, since only what can be sent to another thread has a promise.
struct BlockingWork<T>(Rc<dyn Join<T>>);

impl<T> Drop for BlockingWork<T> {
    fn drop(&mut self) {
        self.0.forget_waiter();
    }
}

impl<T> JoinHandle<T> {
    #[inline]
    pub(super) fn of_task(task: JoinRef<'static, T>, token: Option<TaskToken>) -> JoinHandle<T> {
        JoinHandle { work: Work::Task(task, token) }
    }

    pub(super) fn of_blocking(work: Rc<dyn Join<T>>) -> JoinHandle<T> {
        JoinHandle { work: Work::Blocking(BlockingWork(work)) }
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
        match &self.work {
            Work::Task(task, token) => {
                task.abort_handle(token.map(|token| ManuallyDrop::into_inner(waker::for_token(token))))
            }
            Work::Blocking(work) => work.0.abort_handle(),
        }
    }

    /// Has the waker woken when the task has ended, which may be at once. It takes the place of whoever polled the handle.
    pub(super) fn set_waiter(&self, waiter: Waker) {
        match &self.work {
            Work::Task(task, _) => task.set_waiter(waiter),
            Work::Blocking(work) => work.0.set_waiter(waiter),
        }
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
        match &self.work {
            Work::Task(task, _) => task.is_finished(),
            Work::Blocking(work) => work.0.is_finished(),
        }
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &self.work {
            Work::Task(task, _) => task.poll_join(cx),
            Work::Blocking(work) => work.0.poll_join(cx),
        }
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").field("finished", &self.is_finished()).finish()
    }
}
