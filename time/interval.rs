#![forbid(unsafe_code)]

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use super::sleep::{Sleep, sleep_until};
use crate::executor::{later, now};

/// How late a tick may be before [`MissedTickBehavior::Delay`] counts the next period from the late tick. Every tick is
/// late by the kernel's timer slack and by the poll of another task; without this an interval would drift by them.
const TOLERANCE: Duration = Duration::from_millis(5);

/// Ticks now and whenever `period` has passed again.
///
/// The first tick is at once, which means as soon as the other tasks have run. Then ticks are due at `period` after the
/// first, twice `period` after it and so on, however long the work between them takes.
/// What happens if it takes longer than `period` is up to the [`MissedTickBehavior`].
///
/// ```
/// # use std::time::Duration;
/// # epore::block_on(async {
/// let period = Duration::from_millis(1);
/// let mut interval = epore::time::interval(period);
/// let first = interval.tick().await;
/// let second = interval.tick().await;
/// assert_eq!(second - first, period);
/// # });
/// ```
///
/// # Panics
///
/// If `period` is zero.
#[track_caller]
pub fn interval(period: Duration) -> Interval {
    interval_at(now(), period)
}

/// Ticks at `start` and whenever `period` has passed again. Otherwise as [`interval`].
///
/// ```
/// # use std::time::{Duration, Instant};
/// # epore::block_on(async {
/// let start = Instant::now() + Duration::from_millis(1);
/// let mut interval = epore::time::interval_at(start, Duration::from_millis(1));
/// assert_eq!(interval.tick().await, start);
/// # });
/// ```
///
/// # Panics
///
/// If `period` is zero.
#[track_caller]
pub fn interval_at(start: Instant, period: Duration) -> Interval {
    assert!(
        !period.is_zero(),
        "an interval's period is zero, so that it would tick without end: give it at least a nanosecond, or use \
         `epore::yield_now` to let the other tasks run"
    );
    Interval { sleep: sleep_until(start), period, behavior: MissedTickBehavior::default() }
}

/// What an [`Interval`] does about ticks that nobody took when they were due, as a task was busy or did not ask.
///
/// With a period of 10 ms, and work that takes 25 ms after the tick at 10, ticks come at these milliseconds:
///
/// | behavior | taken at | what it keeps |
/// | --- | --- | --- |
/// | `Burst` | 0, 10, 35, 35, 40, 50, … | the number of ticks |
/// | `Delay` | 0, 10, 35, 45, 55, … | the distance between ticks |
/// | `Skip` | 0, 10, 35, 40, 50, … | the multiples of the period |
///
/// ```
/// # epore::block_on(async {
/// use epore::time::{Duration, MissedTickBehavior, advance, auto_advance, interval, now, pause};
///
/// pause();
/// auto_advance(true);
/// let (start, ms) = (now(), Duration::from_millis);
/// let mut interval = interval(ms(10));
/// interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
/// interval.tick().await;
/// interval.tick().await;
/// advance(ms(25)).await;   // the work
/// assert_eq!(interval.tick().await, start + ms(20));   // taken at 35
/// assert_eq!(interval.tick().await, start + ms(40));
/// # });
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissedTickBehavior {
    /// Takes the missed ticks one after another without waiting, until none is left. Other tasks run between them.
    #[default]
    Burst,
    /// Counts the next period from when the late tick was taken. A tick counts as late when it is by more than 5 ms, or
    /// by more than a period that is shorter.
    Delay,
    /// Leaves out the missed ticks, and goes on with the first that is still to come.
    Skip,
}

impl MissedTickBehavior {
    /// When the next tick is due, after the one of `tick` was taken at `now`, which is not before it.
    fn next(self, tick: Instant, now: Instant, period: Duration) -> Instant {
        let late = now.saturating_duration_since(tick);
        match self {
            MissedTickBehavior::Delay if late > TOLERANCE.min(period) => later(now, period),
            MissedTickBehavior::Skip if late >= period => later(now, period - remainder(late, period)),
            _ => later(tick, period),
        }
    }
}

/// What is left of `time` after as many whole periods as it holds.
fn remainder(time: Duration, period: Duration) -> Duration {
    Duration::from_nanos_u128(time.as_nanos() % period.as_nanos())
}

/// Ticks at a fixed period. Made by [`interval`] and [`interval_at`].
///
/// It is plain data, `Send` and `Sync`. Its timer is armed when a tick is waited for, in the runtime of that poll; in
/// between it costs nothing, and a tick allocates nothing.
///
/// ```
/// # epore::block_on(async {
/// use epore::time::{Duration, auto_advance, interval, now, pause};
///
/// pause();
/// auto_advance(true);
/// let start = now();
/// let mut seconds = interval(Duration::from_secs(1));
/// for second in 0..60 {
///     assert_eq!(seconds.tick().await, start + Duration::from_secs(second));
/// }
/// # });
/// ```
#[derive(Debug)]
pub struct Interval {
    /// Ends at the next tick.
    sleep: Sleep,
    period: Duration,
    behavior: MissedTickBehavior,
}

impl Interval {
    /// Waits for the next tick, and gives the instant at which it was due.
    ///
    /// That instant is never in the future; it is in the past by as much as the tick is late. A tick that is due already
    /// lets the other tasks run once.
    ///
    /// ```
    /// # use std::time::{Duration, Instant};
    /// # epore::block_on(async {
    /// let mut interval = epore::time::interval(Duration::from_millis(1));
    /// for _ in 0..3 {
    ///     assert!(interval.tick().await <= Instant::now());
    /// }
    /// # });
    /// ```
    ///
    /// # Panics
    ///
    /// The future panics when it is polled outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no tick: the next call waits for the same one.
    pub async fn tick(&mut self) -> Instant {
        poll_fn(|cx| self.poll_tick(cx)).await
    }

    /// Gives the instant of the next tick once it is due. Otherwise the task is woken when it is; of several tasks, the
    /// last one to ask. It is the poll form of [`tick`](Interval::tick).
    ///
    /// ```
    /// # epore::block_on(async {
    /// use std::future::poll_fn;
    /// use std::time::{Duration, Instant};
    ///
    /// let mut interval = epore::time::interval(Duration::from_millis(1));
    /// let tick = poll_fn(|cx| interval.poll_tick(cx)).await;
    /// assert!(tick <= Instant::now());
    /// # });
    /// ```
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// Who stops polling loses no tick. The timer stays armed, and its task may be woken once for nothing.
    pub fn poll_tick(&mut self, cx: &mut Context<'_>) -> Poll<Instant> {
        ready!(Pin::new(&mut self.sleep).poll(cx));
        let tick = self.sleep.deadline();
        self.sleep.reset(self.behavior.next(tick, now(), self.period));
        Poll::Ready(tick)
    }

    /// Puts the next tick a period from now. The ticks that follow count from it.
    ///
    /// A task that waits for a tick is woken at its new time, under the conditions of [`Sleep::reset`]. So it is with the
    /// other methods that reset.
    ///
    /// ```
    /// # use std::time::{Duration, Instant};
    /// # epore::block_on(async {
    /// let period = Duration::from_millis(1);
    /// let mut interval = epore::time::interval(period);
    /// let before = Instant::now();
    /// interval.reset();
    /// assert!(interval.tick().await >= before + period);
    /// # });
    /// ```
    pub fn reset(&mut self) {
        self.reset_after(self.period);
    }

    /// Puts the next tick at once. The ticks that follow count from it.
    ///
    /// ```
    /// # use std::time::{Duration, Instant};
    /// # epore::block_on(async {
    /// let hour = Duration::from_secs(3600);
    /// let mut interval = epore::time::interval(hour);
    /// let first = interval.tick().await;
    /// interval.reset_immediately();
    /// assert!(interval.tick().await < first + hour);
    /// # });
    /// ```
    pub fn reset_immediately(&mut self) {
        self.reset_at(now());
    }

    /// Puts the next tick `duration` from now. The ticks that follow count from it.
    ///
    /// ```
    /// # use std::time::{Duration, Instant};
    /// # epore::block_on(async {
    /// let mut interval = epore::time::interval(Duration::from_secs(3600));
    /// let first = interval.tick().await;
    /// interval.reset_after(Duration::from_millis(1));
    /// assert!(interval.tick().await >= first + Duration::from_millis(1));
    /// # });
    /// ```
    pub fn reset_after(&mut self, duration: Duration) {
        self.reset_at(later(now(), duration));
    }

    /// Puts the next tick at `deadline`. The ticks that follow count from it.
    ///
    /// ```
    /// # use std::time::{Duration, Instant};
    /// # epore::block_on(async {
    /// let mut interval = epore::time::interval(Duration::from_secs(3600));
    /// let deadline = Instant::now() + Duration::from_millis(1);
    /// interval.reset_at(deadline);
    /// assert_eq!(interval.tick().await, deadline);
    /// # });
    /// ```
    pub fn reset_at(&mut self, deadline: Instant) {
        self.sleep.reset(deadline);
    }

    /// How far apart the ticks are.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let interval = epore::time::interval(Duration::from_millis(250));
    /// assert_eq!(interval.period(), Duration::from_millis(250));
    /// ```
    pub fn period(&self) -> Duration {
        self.period
    }

    /// What happens to ticks that were missed.
    ///
    /// ```
    /// use epore::time::{MissedTickBehavior, interval};
    ///
    /// let interval = interval(std::time::Duration::from_secs(1));
    /// assert_eq!(interval.missed_tick_behavior(), MissedTickBehavior::Burst);
    /// ```
    pub fn missed_tick_behavior(&self) -> MissedTickBehavior {
        self.behavior
    }

    /// Says what is to happen to ticks that are missed from now on.
    ///
    /// ```
    /// use epore::time::{MissedTickBehavior, interval};
    ///
    /// let mut interval = interval(std::time::Duration::from_secs(1));
    /// interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
    /// assert_eq!(interval.missed_tick_behavior(), MissedTickBehavior::Skip);
    /// ```
    pub fn set_missed_tick_behavior(&mut self, behavior: MissedTickBehavior) {
        self.behavior = behavior;
    }
}
