#![forbid(unsafe_code)]

use std::cell::RefCell;
use std::mem;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::heap::Heap;
use super::slab::Key;
use super::tolerance::Tolerance;
use super::wakes::Wakes;

/// The timers of a runtime, each with the waker of who waits for it.
///
/// Deadlines are nanoseconds since the runtime began. A timer whose deadline has passed leaves the heap, and is kept
/// until its owner asks, or forgets it.
#[derive(Default)]
pub(super) struct Timers {
    heap: Heap<Waker>,
    tolerance: Tolerance,
}

impl Timers {
    /// Adds a timer whose deadline is when `length` has passed, as its owner sees it.
    pub(super) fn insert(&mut self, deadline: u64, length: Duration, waker: Waker) -> Key {
        self.tolerance.learn(length, deadline);
        self.heap.insert(deadline, waker)
    }

    /// Cancels a timer, if it is still there. Its waker is handed back, to be dropped outside of all borrows.
    #[must_use]
    pub(super) fn remove(&mut self, timer: Key) -> Option<Waker> {
        self.heap.remove(timer)
    }

    /// Gives a timer another deadline. False means that it has fired.
    pub(super) fn move_to(&mut self, timer: Key, deadline: u64, length: Duration) -> bool {
        self.tolerance.learn(length, deadline);
        self.heap.move_to(timer, deadline)
    }

    /// Ready if the timer has fired. If not, whoever asks will be woken when it does.
    pub(super) fn poll(timers: &RefCell<Timers>, timer: Key, cx: &mut Context<'_>) -> Poll<()> {
        let known = match timers.borrow().heap.get(timer) {
            Some(waker) => waker.will_wake(cx.waker()),
            None => return Poll::Ready(()),
        };
        if !known {
            // Cloning and dropping wakers is foreign code, which runs outside of the borrow.
            let waker = cx.waker().clone();
            let former = timers.borrow_mut().replace_waker(timer, waker);
            drop(former);
        }
        Poll::Pending
    }

    fn replace_waker(&mut self, timer: Key, waker: Waker) -> Option<Waker> {
        self.heap.get_mut(timer).map(|former| mem::replace(former, waker))
    }

    /// Whether no timer is left to fire.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    pub(super) fn next_deadline(&self) -> Option<u64> {
        self.heap.first_deadline()
    }

    /// By how much a wait may be made longer that takes `left`, until the next deadline.
    pub(super) fn tolerance(&self, left: Duration) -> Duration {
        self.next_deadline().map(|deadline| self.tolerance.of_wait(left, deadline)).unwrap_or_default()
    }

    /// Fires all timers whose deadline is not after `now`, and wakes whom they wake, earliest first. Says whether any
    /// has fired.
    pub(super) fn expire(&mut self, now: u64, wakes: &mut Wakes<'_>) -> bool {
        let mut fired = false;
        while let Some(waker) = self.heap.take_first(now) {
            fired = true;
            wakes.push(mem::replace(waker, Waker::noop().clone()));
        }
        fired
    }

    /// Forgets any one timer, or says that there is none. Its waker is to be dropped outside of all borrows.
    pub(super) fn pop(&mut self) -> Option<Waker> {
        self.heap.pop()
    }
}
