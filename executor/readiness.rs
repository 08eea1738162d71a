#![forbid(unsafe_code)]

use std::task::{Context, Poll};

use super::core::Core;
use super::slab::Key;
use super::sources::Direction;
use super::waiters::WaiterId;
use crate::reactor::{Interest, Ready};

/// What a descriptor was ready for at one time. It remembers the events up to then, so that clearing it later loses none
/// that have come since.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Readiness {
    pub(crate) ready: Ready,
    pub(super) read_events: u32,
    pub(super) write_events: u32,
}

impl Readiness {
    /// The part of it that concerns `ready`.
    pub(crate) fn masked(self, ready: Ready) -> Readiness {
        Readiness { ready: self.ready & ready, ..self }
    }

    /// The part of it that does not concern `ready`.
    pub(crate) fn without(self, ready: Ready) -> Readiness {
        Readiness { ready: self.ready - ready, ..self }
    }
}

/// What those need of their runtime who wait for several conditions at once.
impl Core {
    /// Ready if there is something of what is wanted, all of which comes with the interest. If not, the waiter will be woken
    /// when there may be, as in [`poll_ready`](Core::poll_ready), and has to be forgotten in all directions of the interest
    /// when it waits no more.
    pub(crate) fn poll_readiness(
        &self,
        key: Key,
        interest: Interest,
        wanted: Ready,
        waiter: &mut Option<WaiterId>,
        cx: &mut Context<'_>,
    ) -> Poll<Readiness> {
        if self.is_closing() {
            return Poll::Pending;
        }
        let readiness = self.readiness(key);
        match readiness.map(|readiness| readiness.masked(wanted)) {
            Some(readiness) if !readiness.ready.is_empty() => return Poll::Ready(readiness),
            _ => {}
        }
        Direction::of(interest).for_each(|direction| self.wait_for(key, direction, waiter, cx));
        Poll::Pending
    }

    /// What a descriptor is ready for, as far as is known.
    pub(crate) fn readiness(&self, key: Key) -> Option<Readiness> {
        self.sources.borrow().readiness(key)
    }

    /// Records that the descriptor is ready for nothing of it now.
    pub(crate) fn disprove(&self, key: Key, ready: Ready) {
        let mut sources = self.sources.borrow_mut();
        if let Some(now) = sources.readiness(key) {
            sources.clear(key, now.masked(ready));
        }
    }

    /// As [`disprove`](Core::disprove), of a descriptor that is lent and watched for the interest. If an end is among it, the system is
    /// asked whether that is true: if so, it comes as an event again.
    pub(crate) fn doubt(&self, key: Key, ready: Ready, watched: Interest) {
        let is_in_question = self.sources.borrow_mut().question(key, ready & Ready::CLOSED);
        self.disprove(key, ready);
        if is_in_question {
            self.watch_again(key, watched);
        }
    }

    /// Records that the descriptor was ready for nothing of it, unless there have been events since.
    pub(crate) fn clear_readiness(&self, key: Key, stale: Readiness) {
        self.sources.borrow_mut().clear(key, stale);
    }
}
