#![forbid(unsafe_code)]

use std::cell::RefCell;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::clock::NEVER;
use super::contain::contain;
use super::context;
use super::core::Core;
use super::lease::Lease;
use super::misuse::{advance_elsewhere, no_runtime, not_paused};
use super::slab::Key;
use super::timers::Timers;

/// Moves a paused clock. Plain data: its target stands in the runtime, and is named by id and key.
#[derive(Debug)]
pub(crate) struct Advance {
    duration: Duration,
    lease: Option<Lease>,
}

impl Advance {
    pub(crate) fn new(duration: Duration) -> Advance {
        Advance { duration, lease: None }
    }

    /// Ready once the clock has moved by the duration and all is done that there was to do by then. The time counts
    /// from the first poll.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let polled = context::with(|core| match self.lease {
            Some(lease) if lease.runtime == core.id() => core.poll_advance(lease.key, cx),
            Some(_) => advance_elsewhere(),
            None => {
                let key = core.begin_advance(self.duration, cx.waker());
                self.lease = key.map(|key| Lease { runtime: core.id(), key });
                Poll::Pending
            }
        });
        polled.unwrap_or_else(|| no_runtime("`time::advance` was awaited"))
    }
}

impl Drop for Advance {
    fn drop(&mut self) {
        if let Some(lease) = self.lease {
            lease.tell(Core::forget_advance);
        }
    }
}

/// What the run loop asks of the clock, and tells it.
impl Core {
    /// Whether the clock will move if nothing happens any more.
    ///
    /// The answer holds if a look at the reactor and at the inbox that comes after it brings nothing: work that has
    /// ended by now on another thread has left its wake-up in the inbox.
    #[inline]
    pub(super) fn may_move_clock(&self) -> bool {
        self.clock.is_paused() && self.may_move_paused_clock()
    }

    #[cold]
    fn may_move_paused_clock(&self) -> bool {
        !self.clock.advances.borrow().is_empty() || self.may_auto_advance()
    }

    /// Whether nothing is left to wait for but the clock.
    fn may_auto_advance(&self) -> bool {
        self.clock.auto_advances()
            && self.timers.borrow().next_deadline().is_some_and(|deadline| deadline != NEVER)
            && !self.sources.borrow().has_waiters()
            && self.blocking.is_idle(self.id())
    }

    /// Moves the clock to the next instant at which something happens. But first it ends the advances that have got to
    /// where they wanted: as there is nothing left to do, all is done that there was to do by now.
    pub(super) fn move_clock(&self) {
        let ended = self.clock.advances.borrow_mut().expire(self.clock.elapsed(), &mut self.wakes());
        if !ended {
            let next_of = |timers: &RefCell<Timers>| timers.borrow().next_deadline().unwrap_or(NEVER);
            let next = next_of(&self.timers).min(next_of(&self.clock.advances));
            if next != NEVER {
                self.clock.move_to(next);
                self.expire_timers();
            }
        }
        self.wake_foreign();
    }
}

/// What the functions of `time` ask of the clock.
impl Core {
    /// Stops the clock. False means that it stood already.
    pub(crate) fn pause_clock(&self) -> bool {
        let running = !self.clock.is_paused();
        if running {
            self.clock.pause();
        }
        running
    }

    /// Lets the clock go on, and ends all advances. False means that it was not paused.
    pub(crate) fn resume_clock(&self) -> bool {
        let paused = self.clock.is_paused();
        if paused {
            self.clock.resume();
            self.clock.advances.borrow_mut().expire(NEVER, &mut self.wakes());
            self.wake_foreign();
        }
        paused
    }

    pub(crate) fn is_clock_paused(&self) -> bool {
        self.clock.is_paused()
    }

    pub(crate) fn set_auto_advance(&self, auto_advance: bool) {
        self.clock.set_auto_advance(auto_advance);
    }

    /// Begins to move the clock, unless the runtime is being dropped, when nothing waits for it any more.
    fn begin_advance(&self, duration: Duration, waker: &Waker) -> Option<Key> {
        if self.is_closing() {
            return None;
        }
        if !self.clock.is_paused() {
            not_paused("`time::advance` was awaited");
        }
        let waker = waker.clone();
        Some(self.clock.advances.borrow_mut().insert(self.clock.target(duration), duration, waker))
    }

    fn poll_advance(&self, key: Key, cx: &mut Context<'_>) -> Poll<()> {
        if self.is_closing() {
            return Poll::Pending;
        }
        Timers::poll(&self.clock.advances, key, cx)
    }

    /// Forgets the target of an advance that was dropped, so that it moves the clock no further.
    fn forget_advance(&self, key: Key) {
        let waker = self.clock.advances.borrow_mut().remove(key);
        contain(|| drop(waker));
    }
}
