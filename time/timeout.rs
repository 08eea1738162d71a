#![forbid(unsafe_code)]

use std::error::Error;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use pin_project_lite::pin_project;

use crate::executor::Timer;

/// Gives `future` up if it is not ready before `duration` has passed.
///
/// The time counts from the first poll, and the clock is not even read for a future that is ready at once. The future
/// is polled before the time is looked at, so one that is ready at the deadline still wins.
///
/// ```
/// # use std::time::Duration;
/// # epore::block_on(async {
/// use epore::time::timeout;
///
/// let never = std::future::pending::<()>();
/// assert!(timeout(Duration::from_millis(1), never).await.is_err());
/// assert_eq!(timeout(Duration::from_millis(1), async { 42 }).await, Ok(42));
/// # });
/// ```
///
/// # Errors
///
/// [`Elapsed`] if the time passed first.
///
/// # Panics
///
/// The future panics when it has to wait outside of a runtime.
///
/// # Cancel safety
///
/// That of `future`, which is dropped with it.
pub fn timeout<F: IntoFuture>(duration: Duration, future: F) -> Timeout<F::IntoFuture> {
    Timeout { future: future.into_future(), timer: Timer::Lasting(duration) }
}

/// Gives `future` up if it is not ready before `deadline`. Otherwise as [`timeout`].
///
/// ```
/// # use std::time::{Duration, Instant};
/// # epore::block_on(async {
/// let deadline = Instant::now() + Duration::from_millis(1);
/// for _ in 0..3 {
///     // Three attempts, but one deadline for all of them.
///     let attempt = epore::time::timeout_at(deadline, std::future::pending::<()>());
///     assert!(attempt.await.is_err());
/// }
/// # });
/// ```
///
/// # Errors
///
/// [`Elapsed`] if the deadline passed first.
///
/// # Panics
///
/// The future panics when it has to wait outside of a runtime.
///
/// # Cancel safety
///
/// That of `future`, which is dropped with it.
pub fn timeout_at<F: IntoFuture>(deadline: Instant, future: F) -> Timeout<F::IntoFuture> {
    Timeout { future: future.into_future(), timer: Timer::new(deadline) }
}

pin_project! {
    /// The future of [`timeout`] and [`timeout_at`].
    ///
    /// ```
    /// # epore::block_on(async {
    /// use std::pin::pin;
    /// use epore::time::{Duration, auto_advance, now, pause, timeout};
    ///
    /// pause();
    /// auto_advance(true);
    /// let start = now();
    /// let mut limited = pin!(timeout(Duration::from_secs(60), std::future::pending::<()>()));
    /// assert!(timeout(Duration::from_secs(1), limited.as_mut()).await.is_err());
    /// assert!(limited.await.is_err());
    /// assert_eq!(now(), start + Duration::from_secs(60));
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// The result is [`Elapsed`] if the time passed first.
    ///
    /// # Panics
    ///
    /// When it has to wait outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// That of the future it was given, which is dropped with it. Awaited by reference, it can be given up and begun
    /// again; the time goes on.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct Timeout<F> {
        #[pin]
        future: F,
        timer: Timer,
    }
}

impl<F> Timeout<F> {
    /// The future that it limits.
    ///
    /// ```
    /// # use epore::time::{Duration, timeout};
    /// let limited = timeout(Duration::from_secs(1), std::future::ready(42));
    /// assert_eq!(limited.get_ref().clone().into_inner(), 42);
    /// ```
    pub fn get_ref(&self) -> &F {
        &self.future
    }

    /// The future that it limits, to change it.
    ///
    /// ```
    /// # use epore::time::{Duration, timeout};
    /// # epore::block_on(async {
    /// let mut limited = timeout(Duration::from_secs(1), std::future::ready(1));
    /// *limited.get_mut() = std::future::ready(2);
    /// assert_eq!(limited.await, Ok(2));
    /// # });
    /// ```
    pub fn get_mut(&mut self) -> &mut F {
        &mut self.future
    }

    /// Takes the limit off, and gives the future back as far as it has come.
    ///
    /// ```
    /// # use epore::time::{Duration, timeout};
    /// # epore::block_on(async {
    /// let future = timeout(Duration::from_secs(1), async { 42 }).into_inner();
    /// assert_eq!(future.await, 42);
    /// # });
    /// ```
    pub fn into_inner(self) -> F {
        self.future
    }
}

impl<F: Future> Future for Timeout<F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Poll::Ready(output) = this.future.poll(cx) {
            return Poll::Ready(Ok(output));
        }
        this.timer.poll(cx).map(|()| Err(Elapsed(())))
    }
}

/// The error of a [`timeout`]: the time passed before the future was ready.
///
/// ```
/// # epore::block_on(async {
/// use std::io;
/// use epore::time::{Duration, timeout};
///
/// async fn hello() -> io::Result<&'static str> {
///     timeout(Duration::from_millis(1), std::future::pending()).await?
/// }
///
/// let error = hello().await.unwrap_err();
/// assert_eq!(error.kind(), io::ErrorKind::TimedOut);
/// assert_eq!(error.to_string(), "the time limit has passed");
/// # });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed(());

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the time limit has passed")
    }
}

impl Error for Elapsed {}

impl From<Elapsed> for io::Error {
    fn from(error: Elapsed) -> io::Error {
        io::Error::new(io::ErrorKind::TimedOut, error)
    }
}
