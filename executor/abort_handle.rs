#![forbid(unsafe_code)]

use std::fmt;
use std::sync::Weak;

/// What can be aborted from any thread.
pub(super) trait Abort: Send + Sync {
    fn abort(&self);
    fn is_finished(&self) -> bool;
}

/// Aborts a task from any thread. Made by
/// [`JoinHandle::abort_handle`](crate::JoinHandle::abort_handle).
///
/// It keeps neither the task nor its output alive. Once the task, or its runtime, is gone, it says that the task has
/// finished, and aborting does nothing: it never hits another task. Dropping it leaves the task alone.
///
/// ```
/// # epore::block_on(async {
/// let endless = epore::spawn(std::future::pending::<()>());
/// let handle = endless.abort_handle();
/// std::thread::spawn(move || handle.abort());
/// assert!(endless.await.unwrap_err().is_cancelled());
/// # });
/// ```
#[derive(Clone)]
pub struct AbortHandle {
    work: Weak<dyn Abort>,
}

impl AbortHandle {
    pub(super) fn new(work: Weak<dyn Abort>) -> AbortHandle {
        AbortHandle { work }
    }

    /// Asks the runtime to drop the task's future, if it has not finished, as
    /// [`JoinHandle::abort`](crate::JoinHandle::abort) does.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let slow = epore::spawn(std::future::pending::<()>());
    /// let handle = slow.abort_handle();
    /// handle.abort();
    /// assert!(slow.await.unwrap_err().is_cancelled());
    /// handle.abort();   // does nothing
    /// # });
    /// ```
    pub fn abort(&self) {
        if let Some(work) = self.work.upgrade() {
            work.abort();
        }
    }

    /// Whether the task has ended. After an abort it may take until the runtime comes to the task.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let handle = epore::spawn(async {}).abort_handle();
    /// assert!(!handle.is_finished());
    /// epore::yield_now().await;
    /// assert!(handle.is_finished());
    /// # });
    /// ```
    pub fn is_finished(&self) -> bool {
        self.work.upgrade().is_none_or(|work| work.is_finished())
    }
}

impl fmt::Debug for AbortHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AbortHandle").field("finished", &self.is_finished()).finish()
    }
}
