#![forbid(unsafe_code)]

use std::time::Duration;

/// A wait may be late by its length divided by this: the kernel allows itself as much (`select_estimate_accuracy` in its
/// fs/select.c, for poll, select and epoll_wait).
const PART: u32 = 1000;

/// Timers that are shorter than 62.5 milliseconds, a sixteenth of a second, tolerate nothing: a thousandth of that is what the
/// kernel's usual timer slack gathers anyhow.
const SHORTEST: Duration = Duration::from_micros(62_500);

/// Timers of more seconds tolerate no more, 4 milliseconds: less than by what an interval counts a tick as missed.
const LONGEST: u64 = 4;

/// The lengths that are told apart: what is too short, and seven of which each is twice the one before.
const CLASSES: usize = 8;

/// How much later than the first deadline a wait may end, so that the timers of some time end together.
///
/// A timer that is alone ends up to a thousandth of its length late, as the kernel has it. One among many would be exact,
/// since the waits between their deadlines are short, and would cost a wait of its own, which is dearer than all else that a
/// timer takes. So the wait is made longer, where that ends two or more, and no timer is later for it than the kernel may end a
/// wait as long as the timer.
#[derive(Default)]
pub(super) struct Tolerance {
    /// The last deadline of the timers of each class, those included that were cancelled: they forbid to be late no longer than
    /// they were to last.
    last: [u64; CLASSES],
}

impl Tolerance {
    /// Takes note of a timer that ends when `length` has passed, at `deadline`.
    #[inline]
    pub(super) fn learn(&mut self, length: Duration, deadline: u64) {
        let last = &mut self.last[class(length)];
        *last = (*last).max(deadline);
    }

    /// By how much a wait may be made longer that would take `left`, until `deadline`.
    pub(super) fn of_wait(&self, left: Duration, deadline: u64) -> Duration {
        let shortest = self.last.iter().position(|&last| last >= deadline);
        let tolerated = shortest.filter(|&class| class > 0).map(length_of).unwrap_or_default() / PART;
        tolerated.saturating_sub(left / PART)
    }
}

fn class(length: Duration) -> usize {
    if length.as_secs() >= LONGEST {
        return CLASSES - 1;
    }
    let sixteenths = length.as_secs() as u32 * 16 + length.subsec_nanos() / SHORTEST.subsec_nanos();
    (u32::BITS - sixteenths.leading_zeros()) as usize
}

/// The least length of a class but the first.
fn length_of(class: usize) -> Duration {
    SHORTEST * (1 << (class - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DENSE: Duration = Duration::from_micros(5);

    fn of_lengths(lengths: &[Duration]) -> Duration {
        let mut tolerance = Tolerance::default();
        lengths.iter().for_each(|&length| tolerance.learn(length, length.as_nanos() as u64));
        tolerance.of_wait(DENSE, 1)
    }

    #[test]
    fn nobody_is_later_than_a_thousandth_of_the_shortest() {
        for power in 0..=40 {
            for nanos in [1 << power, (1 << power) + 1, (2 << power) - 1] {
                let length = Duration::from_nanos(nanos);
                assert!(of_lengths(&[length, 2 * length]) <= length / PART, "{length:?}");
            }
        }
    }

    #[test]
    fn long_timers_tolerate_half_a_thousandth_at_least() {
        for millis in [63, 100, 1000, 4000] {
            let length = Duration::from_millis(millis);
            assert!(of_lengths(&[length]) >= length / (2 * PART) - DENSE, "{length:?}");
        }
        assert_eq!(of_lengths(&[Duration::MAX]), of_lengths(&[Duration::from_secs(4)]));
    }

    #[test]
    fn short_timers_tolerate_nothing() {
        let (short, long) = (Duration::from_millis(62), Duration::from_secs(1));
        assert_eq!(of_lengths(&[short]), Duration::ZERO);
        assert_eq!(of_lengths(&[long, short]), Duration::ZERO);
    }

    #[test]
    fn what_has_ended_forbids_nothing() {
        let mut tolerance = Tolerance::default();
        tolerance.learn(Duration::from_secs(1), 1000);
        tolerance.learn(Duration::from_millis(1), 500);
        assert_eq!(tolerance.of_wait(DENSE, 500), Duration::ZERO);
        assert!(tolerance.of_wait(DENSE, 501) > Duration::ZERO);
    }

    #[test]
    fn a_timer_that_is_alone_is_no_later_than_the_kernel_has_it() {
        let mut tolerance = Tolerance::default();
        let length = Duration::from_secs(1);
        tolerance.learn(length, 1_000_000_000);
        assert_eq!(tolerance.of_wait(length, 1_000_000_000), Duration::ZERO);
    }
}
