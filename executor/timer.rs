#![forbid(unsafe_code)]

use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::clock::{later, now};
use super::context;
use super::core::Core;
use super::lease::Lease;
use super::misuse::no_runtime;

/// A deadline that can be waited for. Plain data: what it has in a runtime is named by id and key.
#[derive(Debug)]
pub(crate) enum Timer {
    /// Its time counts from its first poll.
    Lasting(Duration),
    /// Not armed yet. How long it was made to last, if it was made by that.
    Idle(Instant, Option<Duration>),
    Armed(Instant, Lease),
    Fired(Instant),
}

impl Timer {
    pub(crate) fn new(deadline: Instant) -> Timer {
        Timer::Idle(deadline, None)
    }

    /// One that ends when `duration` has passed from now, by the clock of the runtime.
    pub(crate) fn after(duration: Duration) -> Timer {
        Timer::Idle(later(now(), duration), Some(duration))
    }

    pub(crate) fn deadline(&self) -> Instant {
        match *self {
            Timer::Lasting(duration) => later(now(), duration),
            Timer::Idle(deadline, _) | Timer::Armed(deadline, _) | Timer::Fired(deadline) => deadline,
        }
    }

    /// Moves the deadline. Whoever waits goes on waiting, if this thread is in the runtime that they wait in.
    pub(crate) fn reset(&mut self, deadline: Instant) {
        if let Timer::Armed(former, lease) = self
            && lease.within(|core, key| core.move_timer(key, deadline, time_to(deadline))) == Some(true)
        {
            *former = deadline;
        } else {
            *self = Timer::Idle(deadline, None);
        }
    }

    pub(crate) fn has_fired(&self) -> bool {
        matches!(self, Timer::Fired(_))
    }

    /// Ready once the deadline has passed. The first poll arms the timer, on the runtime that it happens in; a poll in
    /// another runtime moves it there.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.has_fired() {
            return Poll::Ready(());
        }
        let polled = context::with(|core| match self {
            Timer::Armed(_, lease) if lease.runtime == core.id() => core.poll_timer(lease.key, cx),
            _ => {
                self.arm(core, cx);
                Poll::Pending
            }
        });
        let Some(polled) = polled else { no_runtime("a timer was awaited") };
        if polled.is_ready() {
            *self = Timer::Fired(self.deadline());
        }
        polled
    }

    /// Arms the timer, unless the runtime is being dropped. A runtime in which it was armed before forgets it.
    fn arm(&mut self, core: &Core, cx: &mut Context<'_>) {
        let (deadline, length) = match *self {
            Timer::Lasting(duration) => (later(core.now(), duration), duration),
            Timer::Idle(deadline, Some(duration)) => (deadline, duration),
            Timer::Idle(deadline, None) | Timer::Armed(deadline, _) | Timer::Fired(deadline) => {
                (deadline, time_to(deadline))
            }
        };
        *self = match core.arm_timer(deadline, length, cx.waker()) {
            Some(key) => Timer::Armed(deadline, Lease { runtime: core.id(), key }),
            None => Timer::Idle(deadline, Some(length)),
        };
    }
}

fn time_to(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(now())
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Timer::Armed(_, lease) = self {
            lease.tell(Core::disarm_timer);
        }
    }
}
