#![forbid(unsafe_code)]

use std::fmt;
use std::future::poll_fn;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::core::refuse;
use super::join_error::Cancellation;
use super::join_handle::JoinHandle;
use super::latch::{Latch, Wait};
use super::members::{Member, Members};
use super::runtime::spawn;
use super::timer::Timer;

/// Tasks that are ended together: closed to others, asked to stop, waited for, and aborted if they take too long.
///
/// It is a handle: clones stand for the same group. Unlike a [`JoinSet`](crate::JoinSet) it keeps no outputs, and
/// dropping it, even the last clone, leaves its tasks alone. A task is in the group from when it is spawned until its
/// future is dropped, whether it has finished, panicked or was aborted.
///
/// It is `Send` and `Sync`, so that a thread which learns that the program is to end can say so. A task of a group takes
/// one allocation more than others, which is shared with its [`AbortHandle`](crate::AbortHandle).
///
/// ```
/// # use std::time::Duration;
/// use epore::net::TcpListener;
///
/// # epore::block_on(async {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let group = epore::TaskGroup::new();
///
/// let connections = group.clone();
/// group.spawn(async move {
///     while let Some(Ok((stream, _))) = connections.run_until_cancelled(listener.accept()).await {
///         connections.spawn(async move { stream.write_all(b"hello").await });
///     }
/// });
///
/// let aborted = group.shutdown(Duration::from_secs(10)).await;
/// assert_eq!(aborted, 0);
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct TaskGroup {
    members: Arc<Members>,
    cancelled: Arc<Latch>,
}

impl TaskGroup {
    /// A group without tasks. It belongs to no runtime: its tasks run where they are spawned.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let group = epore::TaskGroup::new();
    /// let task = group.spawn(async { 42 });
    /// assert_eq!(task.await.unwrap(), 42);
    /// assert!(group.is_empty());
    /// # });
    /// ```
    pub fn new() -> TaskGroup {
        TaskGroup::default()
    }

    /// Spawns a task into the group, as [`spawn`](crate::spawn()) does. The future need not be `Send`.
    ///
    /// A group that is [closed](TaskGroup::close) takes no task: the future is dropped at once, and the handle says that
    /// it was cancelled. So once a group was waited for, nothing can come after. A task of the group that needs a helper
    /// to the end awaits one of its own, from [`spawn`](crate::spawn()) or in a [`JoinSet`](crate::JoinSet).
    ///
    /// ```
    /// # epore::block_on(async {
    /// let group = epore::TaskGroup::new();
    /// let task = group.spawn(async { 42 });
    /// group.close();
    /// let late = group.spawn(async { 43 });
    /// assert_eq!(task.await.unwrap(), 42);
    /// assert!(late.await.unwrap_err().is_cancelled());
    /// # });
    /// ```
    ///
    /// # Panics
    ///
    /// As [`spawn`](crate::spawn()), outside of a runtime above all, unless the group is closed.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let Some(membership) = self.members.join() else {
            return refuse(future, Cancellation::GroupClosed, Location::caller());
        };
        let key = membership.key();
        let handle = spawn(Member::new(future, membership));
        self.members.introduce(key, &handle.abort_handle());
        handle
    }

    /// How many tasks are in the group.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let group = epore::TaskGroup::new();
    /// group.spawn(async {});
    /// group.spawn(std::future::pending::<()>());
    /// assert_eq!(group.len(), 2);
    /// epore::yield_now().await;
    /// assert_eq!(group.len(), 1);
    /// # });
    /// ```
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether no task is in the group.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let group = epore::TaskGroup::new();
    /// group.spawn(async {});
    /// assert!(!group.is_empty());
    /// epore::yield_now().await;
    /// assert!(group.is_empty());
    /// # });
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Closes the group: from now on it takes no task. Those that are in it go on.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let group = epore::TaskGroup::new();
    /// let task = group.spawn(async { 42 });
    /// group.close();
    /// assert!(group.is_closed() && group.len() == 1);
    /// assert_eq!(task.await.unwrap(), 42);
    /// # });
    /// ```
    pub fn close(&self) {
        self.members.close();
    }

    /// Whether the group was closed.
    ///
    /// ```
    /// let group = epore::TaskGroup::new();
    /// let other = group.clone();
    /// assert!(!group.is_closed());
    /// other.close();
    /// assert!(group.is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        self.members.is_closed()
    }

    /// Waits until the group is closed and all its tasks are gone.
    ///
    /// It does not close the group: while nobody does, it waits, even if no task is left. A task of the group that
    /// waits for it waits for itself.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let group = epore::TaskGroup::new();
    /// let tasks = [group.spawn(async { 1 }), group.spawn(async { 2 })];
    /// group.close();
    /// group.wait().await;
    /// assert!(tasks.iter().all(|task| task.is_finished()));
    /// # });
    /// ```
    ///
    /// # Panics
    ///
    /// Never: it needs no runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time. Any number of tasks may wait.
    pub async fn wait(&self) {
        self.members.finished.wait().await;
    }

    /// Asks the tasks of the group to stop. It is up to them to see it, by [`cancelled`](TaskGroup::cancelled),
    /// [`run_until_cancelled`](TaskGroup::run_until_cancelled) or [`is_cancelled`](TaskGroup::is_cancelled).
    ///
    /// The group is not closed by it, and cannot be un-cancelled. It may be called on any thread.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let group = epore::TaskGroup::new();
    /// let remote = group.clone();
    /// std::thread::spawn(move || remote.cancel());
    /// group.cancelled().await;
    /// assert!(group.is_cancelled());
    /// # });
    /// ```
    pub fn cancel(&self) {
        self.cancelled.set();
    }

    /// Whether the tasks were asked to stop.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let group = epore::TaskGroup::new();
    /// let inner = group.clone();
    /// let task = group.spawn(async move {
    ///     let mut steps = 0;
    ///     while !inner.is_cancelled() {
    ///         steps += 1;
    ///         epore::yield_now().await;
    ///     }
    ///     steps
    /// });
    /// epore::yield_now().await;
    /// group.cancel();
    /// assert_eq!(task.await.unwrap(), 1);
    /// # });
    /// ```
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.is_set()
    }

    /// Waits until the tasks are asked to stop. The future borrows nothing, and does nothing until it has to wait.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let group = epore::TaskGroup::new();
    /// let cancelled = group.cancelled();
    /// let task = group.spawn(async move {
    ///     cancelled.await;
    ///     "bye"
    /// });
    /// group.cancel();
    /// assert_eq!(task.await.unwrap(), "bye");
    /// # });
    /// ```
    ///
    /// # Panics
    ///
    /// Never: it needs no runtime.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time. Any number of tasks may wait.
    pub fn cancelled(&self) -> Cancelled {
        Cancelled(self.cancelled.wait())
    }

    /// Runs a future until it is ready, or the tasks are asked to stop: then it is dropped, and the result is `None`.
    ///
    /// Once the group is cancelled the future is not polled any more, so a loop around futures that are always ready ends
    /// too. What is given back does not borrow the group, and can be spawned.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let group = epore::TaskGroup::new();
    /// assert_eq!(group.run_until_cancelled(async { 42 }).await, Some(42));
    /// let task = group.spawn(group.run_until_cancelled(std::future::pending::<()>()));
    /// group.cancel();
    /// assert_eq!(task.await.unwrap(), None);
    /// # });
    /// ```
    ///
    /// # Panics
    ///
    /// When the future does, or when it is polled again after it has given its result.
    ///
    /// # Cancel safety
    ///
    /// Dropping it drops the future. What is lost when the group is cancelled depends on that future: use one that is
    /// itself safe to cancel.
    pub fn run_until_cancelled<F: Future>(&self, future: F) -> impl Future<Output = Option<F::Output>> + use<F> {
        let mut cancelled = self.cancelled();
        async move {
            let mut future = pin!(future);
            poll_fn(|cx| {
                if cancelled.0.is_over() {
                    return Poll::Ready(None);
                }
                match future.as_mut().poll(cx) {
                    Poll::Ready(output) => Poll::Ready(Some(output)),
                    Poll::Pending => Pin::new(&mut cancelled).poll(cx).map(|()| None),
                }
            })
            .await
        }
    }

    /// Aborts all tasks that are in the group, from any thread. It does not close the group.
    ///
    /// Their futures are dropped when the runtime comes to them, never within this call.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let group = epore::TaskGroup::new();
    /// let task = group.spawn(std::future::pending::<()>());
    /// group.abort_all();
    /// assert!(task.await.unwrap_err().is_cancelled());
    /// assert!(!group.is_closed());
    /// # });
    /// ```
    pub fn abort_all(&self) {
        self.members.abort_all();
    }

    /// Ends the group: closes it, asks its tasks to stop, waits at most `limit` for them to do so, then aborts those
    /// that are left and waits until they are gone. Gives how many had to be aborted.
    ///
    /// Afterwards nothing is left of any task but its output. A task can be aborted only where it awaits, and while its
    /// runtime runs: one that computes on and on, or stands still in another runtime, delays this beyond the limit. Any
    /// `limit` works; `Duration::MAX` aborts nobody.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # epore::block_on(async {
    /// let group = epore::TaskGroup::new();
    /// let (inner, deaf) = (group.clone(), group.spawn(std::future::pending::<()>()));
    /// let polite = group.spawn(async move { inner.cancelled().await });
    ///
    /// assert_eq!(group.shutdown(Duration::from_millis(1)).await, 1);
    /// assert!(polite.await.is_ok());
    /// assert!(deaf.await.unwrap_err().is_cancelled());
    /// # });
    /// ```
    ///
    /// # Panics
    ///
    /// The future panics outside of a runtime, if it has to wait. A task of the group that awaits it is aborted itself
    /// when the limit has passed.
    ///
    /// # Cancel safety
    ///
    /// Once polled, it has closed the group and asked its tasks to stop; dropping it takes nothing back, and aborts
    /// nobody. It may be called again, with a limit of its own.
    pub async fn shutdown(&self, limit: Duration) -> usize {
        self.close();
        self.cancel();
        let mut finished = self.members.finished.wait();
        let mut timer = Timer::after(limit);
        let in_time = poll_fn(|cx| match Pin::new(&mut finished).poll(cx) {
            Poll::Ready(()) => Poll::Ready(true),
            Poll::Pending => timer.poll(cx).map(|()| false),
        });
        if in_time.await {
            return 0;
        }
        let aborted = self.members.abort_all();
        finished.await;
        aborted
    }
}

impl fmt::Debug for TaskGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskGroup")
            .field("len", &self.len())
            .field("closed", &self.is_closed())
            .field("cancelled", &self.is_cancelled())
            .finish()
    }
}

/// The future of [`TaskGroup::cancelled`]. It keeps no task alive.
///
/// ```
/// # epore::block_on(async {
/// use std::pin::pin;
/// use futures::future::{Either, select};
///
/// let group = epore::TaskGroup::new();
/// group.cancel();
/// match select(group.cancelled(), pin!(std::future::pending::<()>())).await {
///     Either::Left(((), _work)) => assert!(group.is_cancelled()),
///     Either::Right(_) => panic!("the work came to an end"),
/// }
/// # });
/// ```
///
/// # Panics
///
/// Never: it needs no runtime, and polled again after it was ready it is ready again.
///
/// # Cancel safety
///
/// It can be dropped at any time.
#[must_use = "futures do nothing unless they are awaited"]
pub struct Cancelled(Wait);

impl Future for Cancelled {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx)
    }
}

impl fmt::Debug for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancelled").finish_non_exhaustive()
    }
}
