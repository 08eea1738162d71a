#![forbid(unsafe_code)]

use std::fmt;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_task::{FutureObj, LocalFutureObj, LocalSpawn, Spawn, SpawnError};
use pin_project_lite::pin_project;

use super::contain::contain;
use super::inbox::Request;
use super::join_error::{Cancellation, JoinError};
use super::misuse::no_runtime;
use super::promise::{Duty, Promise};
use super::runtime_id::RuntimeId;
use super::{context, inboxes};

/// Names a runtime, and spawns futures on it from any thread.
///
/// It does not keep the runtime alive: on one that is gone, what is spawned is cancelled at once.
///
/// It implements the spawning traits of `futures_task`. [`LocalSpawn`], for futures that are not `Send`, works on the
/// runtime's own thread while the runtime runs, and elsewhere says that the runtime is shut down.
///
/// ```
/// # epore::block_on(async {
/// let handle = epore::Handle::current();
/// let thread = std::thread::spawn(move || handle.spawn(async { 6 * 7 }));
/// let task = epore::spawn_blocking(|| thread.join().unwrap()).await.unwrap();
/// assert_eq!(task.await.unwrap(), 42);
/// # });
/// ```
#[derive(Clone)]
pub struct Handle {
    runtime: RuntimeId,
}

impl Handle {
    pub(super) fn new(runtime: RuntimeId) -> Handle {
        Handle { runtime }
    }

    /// The runtime that this thread is in.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let handle = epore::Handle::current();
    /// assert_eq!(handle.spawn(async { 42 }).await.unwrap(), 42);
    /// # });
    /// ```
    ///
    /// # Panics
    ///
    /// Outside of a runtime; [`try_current`](Handle::try_current) does not.
    #[track_caller]
    pub fn current() -> Handle {
        match Handle::try_current() {
            Some(handle) => handle,
            None => no_runtime("`Handle::current` was called"),
        }
    }

    /// The runtime that this thread is in, if it is in one.
    ///
    /// ```
    /// use epore::Handle;
    ///
    /// assert!(Handle::try_current().is_none());
    /// assert!(epore::block_on(async { Handle::try_current() }).is_some());
    /// ```
    pub fn try_current() -> Option<Handle> {
        context::with(|core| Handle::new(core.id()))
    }

    /// Spawns a future on the runtime, from any thread.
    ///
    /// The future must be `Send`, as it may have to travel; [`epore::spawn`](crate::spawn) takes any.
    ///
    /// ```
    /// let runtime = epore::Runtime::new()?;
    /// let handle = runtime.handle();
    /// let thread = std::thread::spawn(move || handle.spawn(async { "from another thread" }));
    /// let task = thread.join().unwrap();
    /// assert_eq!(runtime.block_on(task).unwrap(), "from another thread");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// On the runtime's own thread, when 4,294,967,293 tasks are alive. From another the task is cancelled then.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> RemoteHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let site = Location::caller();
        let promise = Promise::new(site);
        let remote = Remote { future: Some(future), duty: Duty(Arc::clone(&promise)) };
        if let Err(request) = self.send(remote, site) {
            // The runtime is gone. Dropping the future settles its promise as cancelled.
            contain(|| drop(request));
        }
        RemoteHandle::new(promise)
    }

    fn send<F>(&self, future: F, site: &'static Location<'static>) -> Result<(), Request>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let spawn = move || {
            context::with(|core| drop(core.spawn(future, site)));
        };
        if self.is_current() {
            spawn();
            return Ok(());
        }
        inboxes::request(self.runtime, Box::new(spawn))
    }

    fn is_current(&self) -> bool {
        context::with(|core| core.id() == self.runtime && !core.is_closing()) == Some(true)
    }

    fn is_alive(&self) -> bool {
        inboxes::of(self.runtime).belongs_to(self.runtime)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("alive", &self.is_alive()).finish_non_exhaustive()
    }
}

impl Spawn for Handle {
    #[track_caller]
    fn spawn_obj(&self, future: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.send(future, Location::caller()).map_err(|request| {
            contain(|| drop(request));
            SpawnError::shutdown()
        })
    }

    fn status(&self) -> Result<(), SpawnError> {
        if self.is_alive() { Ok(()) } else { Err(SpawnError::shutdown()) }
    }
}

impl LocalSpawn for Handle {
    #[track_caller]
    fn spawn_local_obj(&self, future: LocalFutureObj<'static, ()>) -> Result<(), SpawnError> {
        if !self.is_current() {
            return Err(SpawnError::shutdown());
        }
        let site = Location::caller();
        context::with(|core| drop(core.spawn(future, site)));
        Ok(())
    }

    fn status_local(&self) -> Result<(), SpawnError> {
        if self.is_current() { Ok(()) } else { Err(SpawnError::shutdown()) }
    }
}

/// Waits, on any thread, for a task that was spawned through a [`Handle`]. Dropping it detaches the task.
///
/// It is `Send` and `Sync` if the output is `Send`.
///
/// ```
/// let runtime = epore::Runtime::new()?;
/// let handle = runtime.handle();
/// let task = std::thread::spawn(move || handle.spawn(async { 42 })).join().unwrap();
/// assert_eq!(runtime.block_on(task).unwrap(), 42);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// The result is a [`JoinError`] if the task panicked or was aborted, or if its runtime is gone.
///
/// # Panics
///
/// When it is polled again after it has given its result.
///
/// # Cancel safety
///
/// Awaiting `&mut handle` can be given up and begun again; the result is not lost.
pub struct RemoteHandle<T> {
    promise: Arc<Promise<T>>,
}

impl<T> RemoteHandle<T> {
    pub(super) fn new(promise: Arc<Promise<T>>) -> RemoteHandle<T> {
        RemoteHandle { promise }
    }

    /// Asks the runtime to drop the task's future, if it has not finished.
    ///
    /// The future is dropped on the runtime's own thread when it comes to the task.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let task = epore::Handle::current().spawn(std::future::pending::<()>());
    /// task.abort();
    /// assert!(task.await.unwrap_err().is_cancelled());
    /// # });
    /// ```
    pub fn abort(&self) {
        self.promise.abort();
    }

    /// Whether the task has ended, so that awaiting the handle would not wait.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let task = epore::Handle::current().spawn(async {});
    /// assert!(!task.is_finished());
    /// epore::yield_now().await;
    /// assert!(task.is_finished());
    /// # });
    /// ```
    pub fn is_finished(&self) -> bool {
        self.promise.is_finished()
    }
}

impl<T> Future for RemoteHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.promise.poll_join(cx)
    }
}

impl<T> fmt::Debug for RemoteHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteHandle").field("finished", &self.is_finished()).finish()
    }
}

impl<T> Drop for RemoteHandle<T> {
    fn drop(&mut self) {
        self.promise.forget_waiter();
    }
}

pin_project! {
    /// A future whose result is owed to another thread.
    struct Remote<F: Future> {
        #[pin]
        future: Option<F>,
        duty: Duty<F::Output>,
    }
}

impl<F: Future> Future for Remote<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        let promise = &this.duty.0;
        promise.begin();
        let panicked = |payload| JoinError::panic(promise.site, payload);
        let result = if promise.poll_aborted(cx) {
            Err(JoinError::cancelled(promise.site, Cancellation::Aborted))
        } else {
            let Some(future) = this.future.as_mut().as_pin_mut() else { return Poll::Ready(()) };
            match catch_unwind(AssertUnwindSafe(|| future.poll(cx))) {
                Ok(Poll::Pending) => return Poll::Pending,
                Ok(Poll::Ready(output)) => Ok(output),
                Err(payload) => Err(panicked(payload)),
            }
        };
        // The result is there when the future is gone, as it is for other tasks.
        let dropped = catch_unwind(AssertUnwindSafe(|| this.future.set(None)));
        promise.settle(dropped.map_err(panicked).and(result));
        Poll::Ready(())
    }
}
