#![forbid(unsafe_code)]

mod support;

use std::cell::RefCell;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use epore::Runtime;
use epore::time::{Sleep, sleep, sleep_until};
use support::polls::{count_polls, poll_once, run, turns};

const MILLISECOND: Duration = Duration::from_millis(1);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// R20: durations that a test can wait for.
const SHORT: [Duration; 5] =
    [Duration::ZERO, Duration::from_nanos(1), Duration::from_micros(999), MILLISECOND, Duration::from_millis(20)];

/// R20: durations at which counters of other kinds overflow: milliseconds in 31 bits, which are 24.8 days, and in 32;
/// nanoseconds in 63 and 64 bits; seconds.
const LONG: [Duration; 11] = [
    Duration::from_millis(24 * 86_400_000 + 69_120_000 - 1),
    Duration::from_millis(24 * 86_400_000 + 69_120_000 + 1),
    Duration::from_millis((1 << 31) - 1),
    Duration::from_millis(1 << 31),
    Duration::from_millis(1 << 32),
    Duration::from_secs(30 * 365 * DAY.as_secs()),
    Duration::from_nanos(i64::MAX as u64),
    Duration::from_nanos(u64::MAX),
    Duration::from_secs(u64::MAX / 10),
    Duration::from_secs(i64::MAX as u64),
    Duration::MAX,
];

/// The instant that is so far away, as far as the clock counts.
fn instant_after(duration: Duration) -> Option<Instant> {
    Instant::now().checked_add(duration)
}

/// R20
#[test]
fn short_sleeps_end_and_never_early() {
    run(async {
        for duration in SHORT {
            for _ in 0..5 {
                let before = Instant::now();
                sleep(duration).await;
                assert!(before.elapsed() >= duration, "{:?} instead of {duration:?}", before.elapsed());

                let deadline = Instant::now() + duration;
                sleep_until(deadline).await;
                assert!(Instant::now() >= deadline);
            }
        }
    });
}

/// R20
#[test]
fn long_sleeps_stay_pending_and_do_not_spin() {
    run(async {
        for duration in LONG {
            let sleeps = [Some(sleep(duration)), instant_after(duration).map(sleep_until)];
            for long in sleeps.into_iter().flatten() {
                let (long, polls) = count_polls(long);
                let long = epore::spawn(long);
                sleep(MILLISECOND).await;
                turns(10).await;
                assert!(!long.is_finished(), "{duration:?}");
                assert_eq!(polls.get(), 1, "{duration:?}");
                long.abort();
                assert!(long.await.unwrap_err().is_cancelled());
            }
        }
    });
}

/// R20
#[test]
fn a_runtime_that_has_only_long_sleeps_is_woken_from_outside() {
    for duration in LONG {
        let (polled, was_polled) = mpsc::channel::<Waker>();
        let waking = thread::spawn(move || was_polled.recv().unwrap().wake());
        let mut polls = 0;
        epore::block_on(async {
            let mut long = pin!(sleep(duration));
            std::future::poll_fn(|cx| {
                polls += 1;
                assert!(long.as_mut().poll(cx).is_pending(), "{duration:?}");
                if polls == 1 {
                    polled.send(cx.waker().clone()).unwrap();
                    return Poll::Pending;
                }
                Poll::Ready(())
            })
            .await;
        });
        assert_eq!(polls, 2, "{duration:?}");
        waking.join().unwrap();
    }
}

#[test]
fn a_deadline_that_has_passed_lets_other_tasks_run_once() {
    run(async {
        let long_ago = Instant::now().checked_sub(Duration::from_secs(1)).expect("the machine is up for a second");
        let other = epore::spawn(async {});
        sleep_until(long_ago).await;
        assert!(other.is_finished());
    });
}

#[test]
fn a_deadline_before_the_runtime_began_has_passed() {
    let before = Instant::now();
    run(sleep_until(before));
}

#[test]
fn a_sleep_that_has_ended_is_ready_again() {
    run(async {
        let mut short = pin!(sleep(MILLISECOND));
        assert!(!short.is_elapsed());
        short.as_mut().await;
        assert!(short.is_elapsed());
        for _ in 0..3 {
            assert!(poll_once(short.as_mut()).await.is_ready());
        }
    });
}

#[test]
fn reset_moves_the_deadline_nearer() {
    run(async {
        for duration in LONG {
            let mut moved = pin!(sleep(duration));
            assert!(poll_once(moved.as_mut()).await.is_pending());
            let deadline = Instant::now() + MILLISECOND;
            moved.reset(deadline);
            assert_eq!(moved.deadline(), deadline);
            moved.as_mut().await;
            assert!(Instant::now() >= deadline);
        }
    });
}

#[test]
fn reset_moves_the_deadline_away() {
    run(async {
        let mut moved = pin!(sleep(MILLISECOND));
        assert!(poll_once(moved.as_mut()).await.is_pending());
        let deadline = Instant::now() + Duration::from_millis(20);
        moved.reset(deadline);
        moved.as_mut().await;
        assert!(Instant::now() >= deadline);
        for far in LONG.into_iter().filter_map(instant_after) {
            moved.reset(far);
            assert!(!moved.is_elapsed());
            assert!(poll_once(moved.as_mut()).await.is_pending());
        }
    });
}

#[test]
fn a_sleep_that_has_ended_can_be_reset() {
    run(async {
        let mut again = pin!(sleep(Duration::ZERO));
        for _ in 0..3 {
            again.as_mut().await;
            let deadline = Instant::now() + MILLISECOND;
            again.reset(deadline);
            assert!(!again.is_elapsed());
            again.as_mut().await;
            assert!(Instant::now() >= deadline);
        }
    });
}

#[test]
fn a_sleep_goes_on_in_another_runtime() {
    let mut moved = Box::pin(sleep(Duration::from_millis(20)));
    for _ in 0..3 {
        assert!(run(poll_once(moved.as_mut())).is_pending());
    }
    let moved = thread::spawn(move || {
        run(moved.as_mut());
        moved
    });
    let moved = moved.join().unwrap();
    assert!(moved.is_elapsed());
    assert!(Instant::now() >= moved.deadline());
}

#[test]
fn a_sleep_can_be_dropped_on_another_thread() {
    run(async {
        for _ in 0..100 {
            let mut moved = Box::pin(sleep(DAY));
            assert!(poll_once(moved.as_mut()).await.is_pending());
            thread::spawn(move || drop(moved)).join().unwrap();
        }
        sleep(MILLISECOND).await;
    });
}

#[test]
fn a_sleep_outlives_its_runtime() {
    let runtime = Runtime::new().unwrap();
    let mut long = Box::pin(sleep(DAY));
    assert!(runtime.block_on(poll_once(long.as_mut())).is_pending());
    drop(runtime);
    long.reset(Instant::now());
    run(long);
}

#[test]
fn the_last_to_poll_a_sleep_is_woken() {
    run(async {
        let shared = Rc::new(RefCell::new(sleep(Duration::from_millis(5))));
        assert!(Pin::new(&mut *shared.borrow_mut()).poll(&mut Context::from_waker(Waker::noop())).is_pending());
        let polled = Rc::clone(&shared);
        epore::spawn(std::future::poll_fn(move |cx| Pin::new(&mut *polled.borrow_mut()).poll(cx))).await.unwrap();
        assert!(shared.borrow().is_elapsed());
    });
}

#[test]
#[should_panic(expected = "a timer was awaited")]
fn sleeping_outside_of_a_runtime_panics_with_a_word_of_advice() {
    let _never: Poll<()> = pin!(sleep(MILLISECOND)).poll(&mut Context::from_waker(Waker::noop()));
}

#[test]
fn a_sleep_is_unpin_plain_data() {
    fn is_plain<T: Send + Sync + Unpin>() {}
    is_plain::<Sleep>();
}
