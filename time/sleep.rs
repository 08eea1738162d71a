#![forbid(unsafe_code)]

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use crate::executor::Timer;

/// Waits until `duration` has passed from now, that is from this call.
///
/// ```
/// # use std::time::Duration;
/// # epore::block_on(async {
/// epore::time::sleep(Duration::from_millis(1)).await;
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
/// Panics and cancel safety are those of [`sleep`].
///
/// ```
/// # use std::time::{Duration, Instant};
/// # epore::block_on(async {
/// let deadline = Instant::now() + Duration::from_millis(1);
/// epore::time::sleep_until(deadline).await;
/// assert!(Instant::now() >= deadline);
/// # });
/// ```
pub fn sleep_until(deadline: Instant) -> Sleep {
    Sleep { timer: Timer::new(deadline) }
}

/// The future of [`sleep`] and [`sleep_until`].
///
/// It is plain data, `Send`, `Sync` and `Unpin`. Its timer is armed by the first poll, in the runtime of that poll.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct Sleep {
    timer: Timer,
}

impl Sleep {
    /// When it is to end.
    pub fn deadline(&self) -> Instant {
        self.timer.deadline()
    }

    /// Whether it has ended, as seen by its last poll.
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
    /// sleep.reset(Instant::now());
    /// sleep.await;
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
