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

    /// How many timers there are. Those that have fired count until their owners ask, or forget them.
    pub(super) fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether no timer is left to fire.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    pub(super) fn next_deadline(&self) -> Option<u64> {
        self.heap.first_deadline()
    }

    /// By how much a wait may be made longer that takes `left`, until `deadline`, the next one. By nothing, unless it ends two
    /// timers then.
    pub(super) fn tolerance(&self, left: Duration, deadline: u64) -> Duration {
        let tolerated = self.tolerance.of_wait(left, deadline);
        let ends_two = || self.heap.has_two_by(deadline.saturating_add(tolerated.as_nanos() as u64));
        if !tolerated.is_zero() && ends_two() { tolerated } else { Duration::ZERO }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of the first wait in all of these.
    const LEFT: Duration = Duration::from_micros(5);

    /// One timer for each of the deadlines in microseconds, all for as long as that.
    fn timers(deadlines: &[u64]) -> (Timers, Vec<Key>) {
        let mut timers = Timers::default();
        let keys = deadlines.iter().map(|&micros| insert(&mut timers, micros, Duration::from_micros(micros))).collect();
        (timers, keys)
    }

    fn insert(timers: &mut Timers, micros: u64, length: Duration) -> Key {
        timers.insert(micros * 1000, length, Waker::noop().clone())
    }

    fn tolerance(timers: &Timers) -> Duration {
        timers.tolerance(LEFT, timers.next_deadline().unwrap())
    }

    #[test]
    fn a_wait_is_longer_only_where_it_ends_two_long_timers() {
        let of = |deadlines: &[u64]| tolerance(&timers(deadlines).0);
        assert_eq!(of(&[1_000_000]), Duration::ZERO);
        assert_eq!(of(&[1_000_000, 1_100_000]), Duration::ZERO);
        assert_eq!(of(&[50_000, 50_010]), Duration::ZERO);
        let tolerated = of(&[1_000_000, 1_000_100]);
        assert!(tolerated > Duration::ZERO && tolerated <= Duration::from_millis(1), "{tolerated:?}");
    }

    #[test]
    fn a_short_timer_among_long_ones_is_not_late_for_them() {
        let short = Duration::from_millis(10);
        let (mut timers, keys) = timers(&[1_000_000, 1_000_100, 2_000_000]);
        assert!(!tolerance(&timers).is_zero());
        assert!(timers.move_to(keys[2], 1_000_050_000, short));
        assert_eq!(tolerance(&timers), Duration::ZERO);

        let (mut timers, _) = self::timers(&[1_000_000, 1_000_100]);
        insert(&mut timers, 1_000_050, short);
        assert_eq!(tolerance(&timers), Duration::ZERO);
    }
}
