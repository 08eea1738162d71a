#![forbid(unsafe_code)]

use std::future::poll_fn;
use std::time::{Duration, Instant};

use crate::executor::{self, Advance, Core, already_paused, context, no_runtime, not_paused};

/// The time of the runtime that this thread is in; outside of one, that of [`Instant::now`].
///
/// It differs from the system's once the clock has been [paused](pause), and never goes backwards.
///
/// ```
/// # use epore::time::{Duration, advance, now, pause};
/// # epore::block_on(async {
/// pause();
/// let start = now();
/// advance(Duration::from_secs(1)).await;
/// assert_eq!(now() - start, Duration::from_secs(1));
/// # });
/// ```
pub fn now() -> Instant {
    executor::now()
}

/// Stops the clock of the runtime, for tests. From here on time moves only when [`advance`] says so, or, asked for, by
/// [`auto_advance`].
///
/// Timers that are armed keep their deadlines. The clock stays paused until [`resume`], from one
/// [`block_on`](crate::Runtime::block_on) to the next too. Other runtimes have clocks of their own.
///
/// ```
/// # use epore::time::{Duration, now, pause};
/// # epore::block_on(async {
/// pause();
/// let start = now();
/// std::thread::sleep(Duration::from_millis(1));
/// assert_eq!(now(), start);
/// # });
/// ```
///
/// # Panics
///
/// Outside of a runtime, and when the clock is paused already.
#[track_caller]
pub fn pause() {
    match context::with(Core::pause_clock) {
        Some(true) => {}
        Some(false) => already_paused(),
        None => no_runtime("`time::pause` was called"),
    }
}

/// Lets the paused clock of the runtime go on from where it stands, as fast as the system's.
///
/// Each [`advance`] that is under way ends.
///
/// ```
/// # use epore::time::{Duration, advance, now, pause, resume, sleep};
/// # epore::block_on(async {
/// pause();
/// let start = now();
/// advance(Duration::from_secs(60)).await;
/// resume();
/// sleep(Duration::from_millis(1)).await;
/// assert!(now() - start >= Duration::from_millis(60_001));
/// # });
/// ```
///
/// # Panics
///
/// Outside of a runtime, and when the clock is not paused.
#[track_caller]
pub fn resume() {
    match context::with(Core::resume_clock) {
        Some(true) => {}
        Some(false) => not_paused("`time::resume` was called"),
        None => no_runtime("`time::resume` was called"),
    }
}

/// Whether the clock of the runtime is paused. Outside of one there is none that could be.
///
/// ```
/// # use epore::time::{is_paused, pause};
/// # epore::block_on(async {
/// assert!(!is_paused());
/// pause();
/// assert!(is_paused());
/// # });
/// ```
pub fn is_paused() -> bool {
    context::with(Core::is_clock_paused) == Some(true)
}

/// Moves the paused clock of the runtime by `duration`, from one deadline to the next.
///
/// The clock moves when no task is left that could run: to the first deadline there is, which its timers see as the
/// time exactly; and when the tasks that these have woken have run and wait again, to the next. So a task that sleeps
/// for a second ten times has done it after `advance(10 s)`, and one that was spawned just before has armed its timers.
/// It is ready when the time has passed, and all tasks have done what they had to do by then. `Duration::ZERO` moves
/// nothing, and lets the tasks do that.
///
/// A task that never waits keeps the clock from moving. What is waited for on sockets or other threads does not: await
/// first what must have happened before. Several that advance at once share the way: the clock gets as far as the
/// furthest of them wants it. It counts up to 584 years from when the runtime began, and stays there.
///
/// ```
/// # use epore::time::{Duration, advance, interval, pause};
/// # epore::block_on(async {
/// use std::{cell::Cell, rc::Rc};
///
/// pause();
/// let ticks = Rc::new(Cell::new(0));
/// epore::spawn({
///     let ticks = ticks.clone();
///     async move {
///         let mut interval = interval(Duration::from_secs(1));
///         loop {
///             interval.tick().await;
///             ticks.set(ticks.get() + 1);
///         }
///     }
/// });
/// advance(Duration::from_millis(10_500)).await;
/// assert_eq!(ticks.get(), 11); // At 0, 1, 2 … 10 seconds.
/// # });
/// ```
///
/// # Panics
///
/// The future panics when it is first polled outside of a runtime, or while the clock is not paused; and when it is
/// polled again in another runtime.
///
/// # Cancel safety
///
/// It can be dropped at any time. The clock then stays where it has got to.
pub async fn advance(duration: Duration) {
    let mut advance = Advance::new(duration);
    poll_fn(|cx| advance.poll(cx)).await;
}

/// Says whether the clock of the runtime, while it is paused, moves by itself when nothing else can happen: at first it
/// does not.
///
/// It moves as by [`advance`], to the next deadline and no further, when no task can run, no future waits for a
/// descriptor, and no blocking work is queued or running: [`spawn_blocking`](crate::spawn_blocking) and name look-ups.
/// So it never overtakes a peer that is slow to answer, or a thread that is slow to compute. But then a task that
/// accepts connections, or reads from one that stays open, keeps the clock from moving as long as it waits.
///
/// What the runtime cannot know of is a waker held by a thread that the program has started itself: a channel, say,
/// whose sender is such a thread. Use [`spawn_blocking`](crate::spawn_blocking) for it, or move the clock by hand.
///
/// ```
/// # use epore::time::{Duration, auto_advance, now, pause, sleep, timeout};
/// # epore::block_on(async {
/// pause();
/// auto_advance(true);
/// let start = now();
/// sleep(Duration::from_secs(3600)).await;
/// assert_eq!(now() - start, Duration::from_secs(3600));
///
/// // Takes its time, but none of the paused clock's.
/// let slow = epore::spawn_blocking(|| std::thread::sleep(Duration::from_millis(20)));
/// timeout(Duration::from_millis(1), slow).await.unwrap().unwrap();
/// # });
/// ```
///
/// # Panics
///
/// Outside of a runtime.
#[track_caller]
pub fn auto_advance(enabled: bool) {
    if context::with(|core| core.set_auto_advance(enabled)).is_none() {
        no_runtime("`time::auto_advance` was called");
    }
}
