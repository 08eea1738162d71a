#![forbid(unsafe_code)]

mod support;

use std::pin::pin;
use std::sync::mpsc;
use std::task::{Context, Waker};
use std::thread;
use std::time::{Duration, Instant};

use epore::time::{Interval, MissedTickBehavior, interval, interval_at};
use support::panics::panic_of;
use support::polls::{count_polls, drop_at, poll_once, run, turns};

const PERIOD: Duration = Duration::from_millis(10);
const HOUR: Duration = Duration::from_secs(3600);

/// R20: periods that the clock cannot count, or barely.
const LONG: [Duration; 5] = [
    Duration::from_millis(1 << 32),
    Duration::from_nanos(u64::MAX),
    Duration::from_secs(i64::MAX as u64 - 1),
    Duration::from_secs(u64::MAX),
    Duration::MAX,
];

const BEHAVIORS: [MissedTickBehavior; 3] =
    [MissedTickBehavior::Burst, MissedTickBehavior::Delay, MissedTickBehavior::Skip];

fn with(behavior: MissedTickBehavior, mut interval: Interval) -> Interval {
    interval.set_missed_tick_behavior(behavior);
    interval
}

#[test]
fn the_first_tick_is_at_once_and_the_others_a_period_apart_and_never_early() {
    run(async {
        let start = Instant::now();
        let mut interval = interval(PERIOD);
        let first = interval.tick().await;
        assert!(first >= start && first <= Instant::now());
        for nth in 1..5 {
            assert_eq!(interval.tick().await, first + PERIOD * nth);
            assert!(Instant::now() >= first + PERIOD * nth);
        }
    });
}

#[test]
fn the_first_tick_is_there_at_the_second_poll_and_lets_the_others_run() {
    run(async {
        let mut interval = interval(HOUR);
        let other = epore::spawn(async {});
        let (tick, polls) = count_polls(interval.tick());
        tick.await;
        assert_eq!(polls.get(), 2);
        assert!(other.is_finished());
    });
}

#[test]
fn ticks_begin_at_the_given_start() {
    run(async {
        let start = Instant::now() + PERIOD;
        let mut interval = interval_at(start, PERIOD);
        assert_eq!(interval.tick().await, start);
        assert_eq!(interval.tick().await, start + PERIOD);
    });
}

/// R20
#[test]
fn periods_that_the_clock_cannot_count_tick_once_and_then_wait_without_end() {
    run(async {
        for (period, behavior) in LONG.into_iter().flat_map(|period| BEHAVIORS.map(|behavior| (period, behavior))) {
            let mut interval = with(behavior, interval(period));
            interval.tick().await;
            {
                let mut tick = pin!(interval.tick());
                assert!(poll_once(tick.as_mut()).await.is_pending(), "{period:?}");
                turns(3).await;
                assert!(poll_once(tick).await.is_pending(), "{period:?}");
            }
            interval.reset();
            assert!(poll_once(pin!(interval.tick())).await.is_pending(), "{period:?}");
            interval.reset_after(period);
            assert!(poll_once(pin!(interval.tick())).await.is_pending(), "{period:?}");
        }
    });
}

/// R20: as late as the machine's clock allows, with periods of any size.
#[test]
fn a_start_long_ago_overflows_nothing() {
    run(async {
        let ages = (0..64).filter_map(|power| Instant::now().checked_sub(Duration::from_nanos(1 << power)));
        for start in ages {
            for period in LONG.into_iter().chain([Duration::from_nanos(1), PERIOD]) {
                for behavior in BEHAVIORS {
                    let mut interval = with(behavior, interval_at(start, period));
                    assert_eq!(interval.tick().await, start);
                    if period <= PERIOD {
                        assert!(interval.tick().await > start);
                    }
                }
            }
        }
    });
}

#[test]
fn dropping_a_tick_loses_none() {
    run(async {
        let mut interval = interval(PERIOD);
        let start = interval.tick().await;
        for _ in 0..3 {
            assert_eq!(drop_at(1, interval.tick()).await, None);
        }
        assert_eq!(interval.tick().await, start + PERIOD);
        // Dropped when it is due already.
        assert_eq!(drop_at(1, interval.tick()).await, None);
        thread::sleep(PERIOD * 2);
        turns(1).await;
        assert_eq!(interval.tick().await, start + PERIOD * 2);
        assert_eq!(interval.tick().await, start + PERIOD * 3);
    });
}

#[test]
fn the_resets_move_the_next_tick_and_those_after_it() {
    run(async {
        let mut interval = interval(HOUR);
        interval.tick().await;

        let before = Instant::now();
        interval.reset_immediately();
        let tick = interval.tick().await;
        assert!(tick >= before && tick <= Instant::now());

        let before = Instant::now();
        interval.reset_after(PERIOD);
        let tick = interval.tick().await;
        assert!(tick >= before + PERIOD && tick <= Instant::now());

        let deadline = Instant::now() + PERIOD;
        interval.reset_at(deadline);
        assert_eq!(interval.tick().await, deadline);
        assert!(poll_once(pin!(interval.tick())).await.is_pending());
    });
}

#[test]
fn a_reset_counts_a_whole_period_from_now() {
    run(async {
        let mut interval = interval(PERIOD);
        let start = interval.tick().await;
        thread::sleep(PERIOD * 2);
        let before = Instant::now();
        interval.reset();
        let after = Instant::now();
        let tick = interval.tick().await;
        assert!(tick >= before + PERIOD && tick <= after + PERIOD, "{:?}", tick - start);
        assert_eq!(interval.tick().await, tick + PERIOD);
    });
}

#[test]
fn a_tick_that_is_waited_for_comes_at_the_time_it_is_reset_to() {
    run(async {
        let mut interval = interval(HOUR);
        interval.tick().await;
        let (due, polls) = count_polls(std::future::poll_fn(|cx| {
            let polled = interval.poll_tick(cx);
            if polled.is_pending() {
                interval.reset_immediately();
            }
            polled
        }));
        due.await;
        assert_eq!(polls.get(), 2);
    });
}

#[test]
fn a_period_of_zero_panics_and_says_what_to_do() {
    let line = line!() + 1;
    let (message, place) = panic_of(|| interval(Duration::ZERO));
    assert!(message.contains("give it at least a nanosecond"), "{message}");
    assert!(place.ends_with(&format!("interval.rs:{line}")), "{place}");
    let line = line!() + 1;
    let (_, place) = panic_of(|| interval_at(Instant::now(), Duration::ZERO));
    assert!(place.ends_with(&format!("interval.rs:{line}")), "{place}");
}

#[test]
fn outside_of_a_runtime_it_says_so() {
    let mut interval = interval(PERIOD);
    let mut cx = Context::from_waker(Waker::noop());
    let (message, _) = panic_of(|| interval.poll_tick(&mut cx));
    assert!(message.contains("outside of a runtime"), "{message}");
}

#[test]
fn what_was_asked_for_can_be_read() {
    let mut interval = interval(PERIOD);
    assert_eq!(interval.period(), PERIOD);
    assert_eq!(interval.missed_tick_behavior(), MissedTickBehavior::Burst);
    assert_eq!(MissedTickBehavior::default(), MissedTickBehavior::Burst);
    for behavior in BEHAVIORS {
        interval.set_missed_tick_behavior(behavior);
        assert_eq!(interval.missed_tick_behavior(), behavior);
    }
}

#[test]
fn it_is_plain_data_and_goes_on_in_another_runtime_and_thread() {
    let (send, intervals) = mpsc::channel::<Interval>();
    let thread = thread::spawn(move || {
        let mut interval = intervals.recv().unwrap();
        run(async { interval.tick().await })
    });
    let mut moved = interval(PERIOD);
    let start = run(async {
        let start = moved.tick().await;
        // Waited for once here, so that its timer is armed in this runtime.
        assert!(poll_once(pin!(moved.tick())).await.is_pending());
        start
    });
    send.send(moved).unwrap();
    assert_eq!(thread.join().unwrap(), start + PERIOD);

    fn is_plain<T: Send + Sync + Unpin>() {}
    is_plain::<Interval>();
}
