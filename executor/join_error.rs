#![forbid(unsafe_code)]

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::io;
use std::panic::Location;
use std::sync::{Mutex, PoisonError};

/// Why a task has no output: it was cancelled, or it panicked.
///
/// Its display names the place where the task was spawned.
///
/// ```
/// # epore::block_on(async {
/// let task = epore::spawn(async { panic!("out of cheese") });
/// let error = task.await.unwrap_err();
/// assert!(error.is_panic());
/// assert_eq!(error.into_panic().downcast_ref::<&str>(), Some(&"out of cheese"));
/// # });
/// ```
pub struct JoinError {
    /// Boxed, since room for an error is part of every task, and few fail.
    failure: Box<Failure>,
}

struct Failure {
    site: &'static Location<'static>,
    cause: Cause,
}

enum Cause {
    Cancelled(Cancellation),
    /// The lock makes the error `Sync`, which a payload alone is not.
    Panic(Mutex<Box<dyn Any + Send>>),
}

/// Why a task was cancelled.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cancellation {
    Aborted,
    RuntimeDropped,
    GroupClosed,
    ScopeEnded,
}

impl JoinError {
    pub(super) fn cancelled(site: &'static Location<'static>, why: Cancellation) -> JoinError {
        JoinError { failure: Box::new(Failure { site, cause: Cause::Cancelled(why) }) }
    }

    pub(super) fn panic(site: &'static Location<'static>, payload: Box<dyn Any + Send>) -> JoinError {
        JoinError { failure: Box::new(Failure { site, cause: Cause::Panic(Mutex::new(payload)) }) }
    }

    /// Whether the task was aborted, or its runtime, its scope or its group had ended, before it finished. The display says which.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let task = epore::spawn(std::future::pending::<()>());
    /// task.abort();
    /// let error = task.await.unwrap_err();
    /// assert!(error.is_cancelled() && !error.is_panic());
    /// # });
    /// ```
    pub fn is_cancelled(&self) -> bool {
        matches!(self.failure.cause, Cause::Cancelled(_))
    }

    /// Whether the task panicked.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let error = epore::spawn(async { panic!("oops") }).await.unwrap_err();
    /// assert!(error.is_panic() && !error.is_cancelled());
    /// assert!(error.to_string().ends_with("panicked: oops"));
    /// # });
    /// ```
    pub fn is_panic(&self) -> bool {
        !self.is_cancelled()
    }

    /// The payload of the panic, for instance for [`resume_unwind`](std::panic::resume_unwind).
    ///
    /// ```
    /// # epore::block_on(async {
    /// let error = epore::spawn(async { panic!("oops") }).await.unwrap_err();
    /// let caught = std::panic::catch_unwind(|| std::panic::resume_unwind(error.into_panic()));
    /// assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"oops"));
    /// # });
    /// ```
    ///
    /// # Panics
    ///
    /// If the task did not panic but was cancelled; [`try_into_panic`](JoinError::try_into_panic) does not.
    #[track_caller]
    pub fn into_panic(self) -> Box<dyn Any + Send + 'static> {
        match self.try_into_panic() {
            Ok(payload) => payload,
            Err(error) => panic!("{error}, so there is no panic to take: ask is_panic first"),
        }
    }

    /// The payload of the panic.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let task = epore::spawn(async { panic!("oops") });
    /// match task.await.unwrap_err().try_into_panic() {
    ///     Ok(payload) => assert_eq!(payload.downcast_ref(), Some(&"oops")),
    ///     Err(cancelled) => panic!("{cancelled}"),
    /// }
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// The error itself, if the task was cancelled.
    pub fn try_into_panic(self) -> Result<Box<dyn Any + Send + 'static>, JoinError> {
        let Failure { site, cause } = *self.failure;
        match cause {
            Cause::Panic(payload) => Ok(payload.into_inner().unwrap_or_else(PoisonError::into_inner)),
            Cause::Cancelled(why) => Err(JoinError::cancelled(site, why)),
        }
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the task spawned at {} ", self.failure.site)?;
        match &self.failure.cause {
            Cause::Cancelled(Cancellation::Aborted) => f.write_str("was cancelled"),
            Cause::Cancelled(Cancellation::RuntimeDropped) => f.write_str("was cancelled, as its runtime was dropped"),
            Cause::Cancelled(Cancellation::GroupClosed) => f.write_str("was cancelled, as its group was closed"),
            Cause::Cancelled(Cancellation::ScopeEnded) => f.write_str("was cancelled, as its scope has ended"),
            Cause::Panic(payload) => {
                let payload = payload.lock().unwrap_or_else(PoisonError::into_inner);
                match message(&**payload) {
                    Some(message) => write!(f, "panicked: {message}"),
                    None => f.write_str("panicked"),
                }
            }
        }
    }
}

/// The text of a panic, if its payload is one of the two kinds that `panic!` makes.
fn message(payload: &(dyn Any + Send)) -> Option<&str> {
    let text = payload.downcast_ref::<&'static str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JoinError({self})")
    }
}

impl Error for JoinError {}

impl From<JoinError> for io::Error {
    fn from(error: JoinError) -> io::Error {
        io::Error::other(error)
    }
}
