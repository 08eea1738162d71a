//! Waiting for time to pass: [`sleep`], [`timeout`] and [`interval`].
//!
//! Time is that of [`Instant`](std::time::Instant), the monotonic clock. Resolution is the nanosecond; a timer never
//! fires early, and is late by what the kernel's timer slack (50 µs by default, see prctl(2)) and the running tasks add.
//! Any `Duration` works: one that the clock cannot reach is waited for without end.

mod interval;
mod sleep;
mod timeout;

pub use interval::{Interval, MissedTickBehavior, interval, interval_at};
pub use sleep::{Sleep, sleep, sleep_until};
pub use timeout::{Elapsed, Timeout, timeout, timeout_at};
