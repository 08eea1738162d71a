//! Waiting for time to pass: [`sleep`], [`timeout`] and [`interval`].
//!
//! Time is that of [`Instant`], the monotonic clock. Resolution is the nanosecond; a timer never fires early, and is
//! late by what the kernel's timer slack (50 µs by default, see prctl(2)) and the running tasks add, or by a thousandth of
//! its length if that is more: so late the kernel ends a wait, and so late, but for 4 milliseconds at most, timers of 62.5
//! milliseconds and more may be that come close together, to share a wait. With
//! [`Builder::timer_slack`](crate::Builder::timer_slack) they do not. Any `Duration` works: one that the clock cannot reach is
//! waited for without end.
//!
//! # Tests with a paused clock
//!
//! A test of what takes hours should not take hours, nor depend on how fast the machine is. Each runtime has a clock
//! that can be stopped, by [`pause`] or from the start by [`Builder::start_paused`](crate::Builder::start_paused). From
//! then on time stands still for everything in this module, and moves when the test says so, by [`advance`]: from one
//! deadline to the next, each task seeing the very instant that it has waited for.
//!
//! ```
//! use epore::time::{Duration, advance, now, pause, sleep, timeout};
//!
//! /// Tries up to three times, with a minute between.
//! async fn with_retries(mut attempt: impl AsyncFnMut() -> bool) -> bool {
//!     for _ in 0..2 {
//!         if attempt().await {
//!             return true;
//!         }
//!         sleep(Duration::from_secs(60)).await;
//!     }
//!     attempt().await
//! }
//!
//! epore::block_on(async {
//!     pause();
//!     let start = now();
//!     let task = epore::spawn(with_retries(async move || now() - start >= Duration::from_secs(120)));
//!
//!     advance(Duration::from_secs(119)).await;
//!     assert!(!task.is_finished());
//!     advance(Duration::from_secs(1)).await;
//!     assert!(task.await.unwrap());
//! });
//! ```
//!
//! - [`now`] is the time of the runtime. [`Instant::now`] and [`Instant::elapsed`] are the system's, and do not pause: code
//!   that is to be tested this way asks `now`, and makes its deadlines from it.
//! - The clock moves between polls, never during one, and only when all tasks wait. As long as nobody moves it, a
//!   test that waits for a timer waits for ever.
//! - [`auto_advance`] lets a paused clock jump to the next deadline by itself, but not while a socket is waited for or
//!   blocking work goes on: a slow peer does not make a timeout expire.
//! - Sockets, other threads and other runtimes go on as ever.

mod clock;
mod interval;
mod sleep;
mod timeout;

pub use std::time::{Duration, Instant};

pub use clock::{advance, auto_advance, is_paused, now, pause, resume};
pub use interval::{Interval, MissedTickBehavior, interval, interval_at};
pub use sleep::{Sleep, sleep, sleep_until};
pub use timeout::{Elapsed, Timeout, timeout, timeout_at};
