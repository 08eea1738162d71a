#![forbid(unsafe_code)]

use std::task::{Context, Poll};
use std::time::Instant;

use super::context;
use super::inbox::Request;
use super::inboxes;
use super::misuse::no_runtime;
use super::runtime_id::RuntimeId;
use super::slab::Key;

/// A deadline that can be waited for. Plain data: what it has in a runtime is named by id and key.
#[derive(Debug)]
pub(crate) struct Timer {
    deadline: Instant,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Idle,
    Armed { runtime: RuntimeId, key: Key },
    Fired,
}

impl Timer {
    pub(crate) fn new(deadline: Instant) -> Timer {
        Timer { deadline, state: State::Idle }
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    pub(crate) fn reset(&mut self, deadline: Instant) {
        self.disarm();
        self.state = State::Idle;
        self.deadline = deadline;
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
            State::Armed { runtime, key } if runtime == core.id() => core.poll_timer(key, cx),
            _ => {
                self.disarm();
                let key = core.arm_timer(self.deadline, cx.waker().clone());
                self.state = State::Armed { runtime: core.id(), key };
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
        if let State::Armed { runtime, key } = self.state {
            self.state = State::Idle;
            let own = context::with(|core| {
                let own = core.id() == runtime;
                if own {
                    core.disarm_timer(key);
                }
                own
            });
            if own != Some(true) {
                // A runtime that is gone has no timers left to free.
                drop(inboxes::request(runtime, Request::FreeTimer(key)));
            }
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.disarm();
    }
}
