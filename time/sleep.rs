#![forbid(unsafe_code)]

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use crate::executor::Timer;

/// Waits until `duration` has passed from now, that is from this call.
///
/// ```
/// # use std::time::{Duration, Instant};
/// # epore::block_on(async {
/// let start = Instant::now();
/// epore::time::sleep(Duration::from_millis(1)).await;
/// assert!(start.elapsed() >= Duration::from_millis(1));
/// # });
/// ```
///
/// # Panics
///
/// The future panics when it is first polled outside of a runtime.
///
/// # Cancel safety
///
/// It can be dropped at any time, and polled again after another branch of a `select!` has won.
pub fn sleep(duration: Duration) -> Sleep {
    Sleep { timer: Timer::after(duration) }
}

/// Waits until `deadline`. One that has passed lets the other tasks run once and is ready then.
///
/// ```
/// # use std::time::{Duration, Instant};
/// # epore::block_on(async {
/// let deadline = Instant::now() + Duration::from_millis(1);
/// epore::time::sleep_until(deadline).await;
/// assert!(Instant::now() >= deadline);
/// # });
/// ```
///
/// # Panics
///
/// The future panics when it is first polled outside of a runtime.
///
/// # Cancel safety
///
/// It can be dropped at any time. Polled again, it has the same deadline.
pub fn sleep_until(deadline: Instant) -> Sleep {
    Sleep { timer: Timer::new(deadline) }
}

/// The future of [`sleep`] and [`sleep_until`].
///
/// It is plain data, `Send`, `Sync` and `Unpin`. Its timer is armed by the first poll, in the runtime of that poll.
///
/// ```
/// # epore::block_on(async {
/// use epore::time::{Duration, auto_advance, now, pause, sleep, timeout};
///
/// pause();
/// auto_advance(true);
/// let start = now();
/// let mut sleep = sleep(Duration::from_secs(60));
/// assert!(timeout(Duration::from_secs(1), &mut sleep).await.is_err());
/// sleep.await;
/// assert_eq!(now(), start + Duration::from_secs(60));
/// # });
/// ```
///
/// # Panics
///
/// When it is first polled outside of a runtime.
///
/// # Cancel safety
///
/// Awaiting `&mut sleep` can be given up and begun again; the deadline stays.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct Sleep {
    timer: Timer,
}

impl Sleep {
    /// When it is to end.
    ///
    /// ```
    /// # epore::block_on(async {
    /// use epore::time::{Duration, now, pause, sleep};
    ///
    /// pause();
    /// let sleep = sleep(Duration::from_secs(1));
    /// assert_eq!(sleep.deadline(), now() + Duration::from_secs(1));
    /// # });
    /// ```
    pub fn deadline(&self) -> Instant {
        self.timer.deadline()
    }

    /// Whether it has ended, as seen by its last poll.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let mut sleep = epore::time::sleep(std::time::Duration::from_millis(1));
    /// assert!(!sleep.is_elapsed());
    /// (&mut sleep).await;
    /// assert!(sleep.is_elapsed());
    /// # });
    /// ```
    pub fn is_elapsed(&self) -> bool {
        self.timer.has_fired()
    }

    /// Moves the deadline, whether or not the former one has passed.
    ///
    /// A task that waits for the sleep is woken at the new deadline, if this is called in its runtime and before the former
    /// deadline has passed. Otherwise the sleep must be polled again.
    ///
    /// ```
    /// # use std::time::{Duration, Instant};
    /// # epore::block_on(async {
    /// let mut sleep = epore::time::sleep(Duration::from_secs(3600));
    /// let deadline = Instant::now() + Duration::from_millis(1);
    /// sleep.reset(deadline);
    /// (&mut sleep).await;
    /// assert_eq!(sleep.deadline(), deadline);
    /// # });
    /// ```
    pub fn reset(&mut self, deadline: Instant) {
        self.timer.reset(deadline);
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.timer.poll(cx)
    }
}
