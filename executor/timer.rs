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
pub(crate) struct Timer {
    deadline: Instant,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Not armed yet. How long it was made to last, if it was made by that.
    Idle(Option<Duration>),
    Armed(Lease),
    Fired,
}

impl Timer {
    pub(crate) fn new(deadline: Instant) -> Timer {
        Timer { deadline, state: State::Idle(None) }
    }

    /// One that ends when `duration` has passed from now, by the clock of the runtime.
    pub(crate) fn after(duration: Duration) -> Timer {
        Timer { deadline: later(now(), duration), state: State::Idle(Some(duration)) }
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Moves the deadline. Whoever waits goes on waiting, if this thread is in the runtime that they wait in.
    pub(crate) fn reset(&mut self, deadline: Instant) {
        self.deadline = deadline;
        if let State::Armed(lease) = self.state
            && lease.within(|core, key| core.move_timer(key, deadline, time_to(deadline))) == Some(true)
        {
            return;
        }
        self.disarm();
        self.state = State::Idle(None);
    }

    pub(crate) fn has_fired(&self) -> bool {
        matches!(self.state, State::Fired)
    }

    /// Ready once the deadline has passed. The first poll arms the timer, on the runtime that it happens in; a poll in
    /// another runtime moves it there.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.has_fired() {
            return Poll::Ready(());
        }
        let polled = context::with(|core| match self.state {
            State::Armed(lease) if lease.runtime == core.id() => core.poll_timer(lease.key, cx),
            _ => {
                let length = match self.state {
                    State::Idle(Some(length)) => length,
                    _ => time_to(self.deadline),
                };
                self.disarm();
                if let Some(key) = core.arm_timer(self.deadline, length, cx.waker()) {
                    self.state = State::Armed(Lease { runtime: core.id(), key });
                }
                Poll::Pending
            }
        });
        let Some(polled) = polled else { no_runtime("a timer was awaited") };
        if polled.is_ready() {
            self.disarm();
            self.state = State::Fired;
        }
        polled
    }

    fn disarm(&mut self) {
        if let State::Armed(lease) = self.state {
            self.state = State::Idle(None);
            lease.tell(Core::disarm_timer);
        }
    }
}

fn time_to(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(now())
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.disarm();
    }
}
