//! `MissedTickBehavior`: what an interval does about ticks that nobody has waited for in time.

#![forbid(unsafe_code)]

mod support;

use std::thread;
use std::time::{Duration, Instant};

use epore::time::{Interval, MissedTickBehavior, interval};
use support::polls::{count_polls, run};

const PERIOD: Duration = Duration::from_millis(10);

fn with(behavior: MissedTickBehavior, mut interval: Interval) -> Interval {
    interval.set_missed_tick_behavior(behavior);
    interval
}

/// Whether an instant is a whole number of periods after the start.
fn is_multiple(tick: Instant, start: Instant, period: Duration) -> bool {
    (tick - start).as_nanos().is_multiple_of(period.as_nanos())
}

#[test]
fn a_burst_takes_all_missed_ticks_at_once_and_in_order() {
    run(async {
        let mut interval = interval(PERIOD);
        let start = interval.tick().await;
        thread::sleep(PERIOD * 5);
        let (all_due, polls) = count_polls(async {
            for nth in 1..=5 {
                assert_eq!(interval.tick().await, start + PERIOD * nth);
            }
        });
        all_due.await;
        // Each is armed by one poll and found to have passed by the next.
        assert_eq!(polls.get(), 6);
        for nth in 6..9 {
            assert_eq!(interval.tick().await, start + PERIOD * nth);
            assert!(Instant::now() >= start + PERIOD * nth);
        }
    });
}

#[test]
fn a_burst_lets_other_tasks_run_between_its_ticks() {
    run(async {
        let mut interval = interval(PERIOD);
        interval.tick().await;
        thread::sleep(PERIOD * 3);
        for _ in 0..3 {
            let other = epore::spawn(async {});
            interval.tick().await;
            assert!(other.is_finished());
        }
    });
}

#[test]
fn skip_goes_on_with_the_first_multiple_of_the_period_that_is_to_come() {
    run(async {
        let mut interval = with(MissedTickBehavior::Skip, interval(PERIOD));
        let start = interval.tick().await;
        thread::sleep(PERIOD * 3 + PERIOD / 2);
        let before = Instant::now();
        assert_eq!(interval.tick().await, start + PERIOD);
        let next = interval.tick().await;
        assert!(next >= start + PERIOD * 4, "{:?}", next - start);
        assert!(is_multiple(next, start, PERIOD), "{:?}", next - start);
        assert!(next > before && next <= Instant::now());
    });
}

#[test]
fn skip_never_drifts_however_late_the_ticks_are() {
    run(async {
        let period = Duration::from_micros(317);
        let mut interval = with(MissedTickBehavior::Skip, interval(period));
        let start = interval.tick().await;
        let mut former = start;
        for nth in 0..20 {
            let tick = interval.tick().await;
            assert!(tick > former && is_multiple(tick, start, period), "{:?}", tick - start);
            assert!(tick <= Instant::now());
            former = tick;
            thread::sleep(period * (nth % 4));
        }
    });
}

#[test]
fn delay_counts_the_next_period_from_the_tick_that_was_late() {
    run(async {
        let mut interval = with(MissedTickBehavior::Delay, interval(PERIOD));
        let start = interval.tick().await;
        thread::sleep(PERIOD * 3);
        let before = Instant::now();
        assert_eq!(interval.tick().await, start + PERIOD);
        let after = Instant::now();
        let next = interval.tick().await;
        assert!(next >= before + PERIOD && next <= after + PERIOD);
    });
}

#[test]
fn delay_with_a_short_period_does_not_burst() {
    run(async {
        let period = Duration::from_millis(1);
        let mut interval = with(MissedTickBehavior::Delay, interval(period));
        interval.tick().await;
        thread::sleep(period * 3);
        let before = Instant::now();
        interval.tick().await;
        assert!(interval.tick().await >= before + period);
    });
}
