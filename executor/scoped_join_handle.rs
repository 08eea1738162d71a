#![forbid(unsafe_code)]

use std::fmt;
use std::pin::Pin;
use std::rc::Weak;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::abort_handle::AbortHandle;
use super::join_error::JoinError;
use super::nursery::Nursery;
use super::ready_list::Member;
use super::slab::Key;
use super::task::JoinRef;

/// Waits for a task of a [`scope`](crate::scope()), and can abort it. Dropping it leaves the task to the scope, which
/// waits for it all the same.
///
/// It is a future of the task's output, or of a [`JoinError`] if the task panicked or was cancelled. It may outlive the
/// scope, and then gives what the task came to.
///
/// ```
/// # epore::block_on(async {
/// let words = ["one".to_owned(), "two".to_owned()];
/// let longest = epore::scope(async |scope| {
///     let tasks = words.each_ref().map(|word| scope.spawn(async { word.len() }));
///     let mut longest = 0;
///     for task in tasks {
///         longest = longest.max(task.await.unwrap());
///     }
///     longest
/// });
/// assert_eq!(longest.await, 3);
/// # });
/// ```
///
/// # Errors
///
/// The result is a [`JoinError`] if the task panicked, was aborted, or its scope was dropped.
///
/// # Panics
///
/// When it is polled again after it has given its result.
///
/// # Cancel safety
///
/// Awaiting `&mut handle` can be given up and begun again; the result is not lost.
pub struct ScopedJoinHandle<'env, T> {
    work: JoinRef<'env, T>,
    /// Whether the result was given.
    given: bool,
    /// Names the task, and wakes it so that an abort is seen. None if the scope had ended before.
    task: Option<Arc<Member>>,
    nursery: Weak<Nursery<'env>>,
}

impl<'env, T> ScopedJoinHandle<'env, T> {
    pub(super) fn new(
        work: JoinRef<'env, T>,
        task: Option<Arc<Member>>,
        nursery: Weak<Nursery<'env>>,
    ) -> ScopedJoinHandle<'env, T> {
        ScopedJoinHandle { work, given: false, task, nursery }
    }

    /// Asks the scope to drop the task's future, if it has not finished.
    ///
    /// The future is dropped the next time the scope comes to the task, never within this call; the handle then gives an
    /// error for which [`is_cancelled`](JoinError::is_cancelled) holds.
    ///
    /// ```
    /// # epore::block_on(epore::scope(async |scope| {
    /// let endless = scope.spawn(std::future::pending::<()>());
    /// endless.abort();
    /// assert!(endless.await.unwrap_err().is_cancelled());
    /// # }));
    /// ```
    pub fn abort(&self) {
        if !self.is_finished() {
            self.abort_handle().abort();
        }
    }

    /// A handle that aborts the task from any thread. It borrows nothing, and may outlive the scope.
    ///
    /// The first one that is asked for costs a task an allocation; so does the first [`abort`](ScopedJoinHandle::abort).
    ///
    /// ```
    /// # epore::block_on(async {
    /// let handle = epore::scope(async |scope| {
    ///     let endless = scope.spawn(std::future::pending::<()>());
    ///     let handle = endless.abort_handle();
    ///     handle.abort();
    ///     assert!(endless.await.unwrap_err().is_cancelled());
    ///     handle
    /// });
    /// assert!(handle.await.is_finished());   // after the scope
    /// # });
    /// ```
    pub fn abort_handle(&self) -> AbortHandle {
        self.work.abort_handle(self.task.clone().map(Waker::from))
    }

    /// Calls `f` with the nursery and the name that the task has in it, if the scope has not ended.
    fn within<R>(&self, f: impl FnOnce(&Nursery<'env>, Key) -> R) -> Option<R> {
        let nursery = self.nursery.upgrade()?;
        Some(f(&nursery, self.task.as_ref()?.key()))
    }

    /// Whether the task has ended, so that awaiting the handle would not wait.
    ///
    /// ```
    /// # epore::block_on(epore::scope(async |scope| {
    /// let task = scope.spawn(async { 42 });
    /// assert!(!task.is_finished());
    /// epore::yield_now().await;
    /// assert!(task.is_finished());
    /// # }));
    /// ```
    pub fn is_finished(&self) -> bool {
        self.work.is_finished()
    }
}

impl<T> Future for ScopedJoinHandle<'_, T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if !self.is_finished() && self.within(|nursery, key| nursery.wait(key, cx.waker())) == Some(true) {
            return Poll::Pending;
        }
        let result = self.work.poll_join(cx);
        self.given |= result.is_ready();
        result
    }
}

impl<T> Drop for ScopedJoinHandle<'_, T> {
    fn drop(&mut self) {
        if self.given {
            return;
        }
        if !self.is_finished() {
            self.within(Nursery::forget_waiter);
            return;
        }
        // A panic that nobody has asked for is the scope's.
        if let Poll::Ready(Err(error)) = self.work.poll_join(&mut Context::from_waker(Waker::noop()))
            && let Ok(payload) = error.try_into_panic()
            && let Some(nursery) = self.nursery.upgrade()
        {
            nursery.note_panic(payload);
        }
    }
}

impl<T> fmt::Debug for ScopedJoinHandle<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedJoinHandle").field("finished", &self.is_finished()).finish()
    }
}
