#![forbid(unsafe_code)]

mod support;

use std::future::{pending, poll_fn, ready};
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use epore::Runtime;
use epore::time::{advance, now, pause, sleep, timeout, timeout_at};
use support::polls::{count_polls, poll_once, run};
use support::tcp::pair;

const MILLISECOND: Duration = Duration::from_millis(1);
const DAY: Duration = Duration::from_secs(86_400);

/// R20
const LONG: [Duration; 7] = [
    Duration::from_millis((1 << 31) - 1),
    Duration::from_millis(1 << 31),
    Duration::from_millis(1 << 32),
    Duration::from_secs(30 * 365 * 86_400),
    Duration::from_nanos(u64::MAX),
    Duration::from_secs(u64::MAX / 10),
    Duration::MAX,
];

/// R20
#[test]
fn what_never_ends_is_given_up_in_time_and_not_early() {
    run(async {
        for duration in [Duration::ZERO, Duration::from_nanos(1), Duration::from_micros(999), 20 * MILLISECOND] {
            let before = Instant::now();
            timeout(duration, pending::<()>()).await.unwrap_err();
            assert!(before.elapsed() >= duration);
            let deadline = Instant::now() + duration;
            timeout_at(deadline, pending::<()>()).await.unwrap_err();
            assert!(Instant::now() >= deadline);
        }
    });
}

/// R20
#[test]
fn long_limits_let_the_future_end() {
    run(async {
        for duration in LONG {
            let (limited, polls) = count_polls(timeout(duration, sleep(MILLISECOND)));
            assert_eq!(limited.await, Ok(()));
            assert_eq!(polls.get(), 2, "{duration:?}");
        }
    });
}

#[test]
fn the_future_is_polled_before_the_time_is_looked_at() {
    let past = Instant::now();
    run(async {
        assert_eq!(timeout(Duration::ZERO, ready(42)).await, Ok(42));
        assert_eq!(timeout_at(past, ready(42)).await, Ok(42));

        let mut polls = 0;
        let second = poll_fn(|_| {
            polls += 1;
            if polls == 2 { Poll::Ready(polls) } else { Poll::Pending }
        });
        assert_eq!(timeout_at(past, second).await, Ok(2), "ready when the time is over");
    });
}

#[test]
fn what_is_ready_at_once_needs_no_runtime() {
    let mut limited = pin!(timeout(MILLISECOND, ready(42)));
    assert_eq!(limited.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(Ok(42)));
}

#[test]
fn the_time_counts_from_the_first_poll() {
    epore::block_on(async {
        pause();
        let mut limited = pin!(timeout(DAY, pending::<()>()));
        advance(DAY).await;
        assert!(poll_once(limited.as_mut()).await.is_pending());
        advance(DAY - MILLISECOND).await;
        assert!(poll_once(limited.as_mut()).await.is_pending());
        advance(MILLISECOND).await;
        assert!(poll_once(limited.as_mut()).await.is_ready());
    });
}

#[test]
fn the_future_is_dropped_with_its_timeout() {
    run(async {
        let held = Rc::new(());
        let holder = Rc::clone(&held);
        let limited = timeout(MILLISECOND, async move {
            let _held = holder;
            pending::<()>().await;
        });
        limited.await.unwrap_err();
        assert_eq!(Rc::strong_count(&held), 1);
    });
}

#[test]
fn a_timeout_that_is_dropped_wakes_nobody() {
    run(async {
        let (task, polls) = count_polls(async {
            {
                let mut limited = pin!(timeout(MILLISECOND, pending::<()>()));
                assert!(poll_once(limited.as_mut()).await.is_pending());
            }
            pending::<()>().await;
        });
        let _task = epore::spawn(task);
        sleep(5 * MILLISECOND).await;
        assert_eq!(polls.get(), 1);
    });
}

/// Its time goes on from the first poll, wherever that was.
#[test]
fn a_timeout_goes_on_in_another_runtime() {
    let first = Runtime::new().unwrap();
    let mut moved = Box::pin(timeout(DAY, pending::<()>()));
    let before = Instant::now();
    assert!(first.block_on(poll_once(moved.as_mut())).is_pending());
    let after = Instant::now();
    epore::block_on(async {
        pause();
        assert!(poll_once(moved.as_mut()).await.is_pending());
        advance(before + DAY - MILLISECOND - now()).await;
        assert!(poll_once(moved.as_mut()).await.is_pending());
        advance(after + DAY - now()).await;
        assert!(poll_once(moved.as_mut()).await.is_ready());
    });
    drop(first);
}

/// R11
#[test]
fn the_time_passes_for_a_future_that_always_yields() {
    run(async {
        let busy = async {
            loop {
                epore::yield_now().await;
            }
        };
        let elapsed: Result<(), _> = timeout(MILLISECOND, busy).await;
        elapsed.unwrap_err();
    });
}

/// R11
#[test]
fn the_time_passes_for_a_future_whose_socket_is_always_ready() -> io::Result<()> {
    run(async {
        let (stream, peer) = pair()?;
        drop(peer);
        let busy = async {
            loop {
                stream.read(&mut [0; 16]).await?;
            }
        };
        let elapsed: Result<io::Result<()>, _> = timeout(MILLISECOND, busy).await;
        elapsed.unwrap_err();
        Ok(())
    })
}

#[test]
fn the_inner_of_two_timeouts_comes_first() {
    run(async {
        let inner = timeout(MILLISECOND, pending::<()>());
        assert!(timeout(Duration::MAX, inner).await.unwrap().is_err());
        let inner = timeout(Duration::MAX, pending::<()>());
        assert!(timeout(MILLISECOND, inner).await.is_err());
    });
}

#[test]
fn the_future_can_be_seen_changed_and_taken_back() {
    run(async {
        let mut limited = timeout(Duration::ZERO, pending());
        assert_eq!(poll_once(pin!(limited.get_mut())).await, Poll::Pending::<u32>);
        *limited.get_mut() = pending();
        assert!(poll_once(Pin::new(&mut limited)).await.is_pending());
        // The time goes on, whatever becomes of the future.
        assert!(limited.await.is_err());

        let limited = timeout(Duration::ZERO, Box::pin(sleep(MILLISECOND)));
        assert!(!limited.get_ref().is_elapsed());
        limited.into_inner().await;
    });
}
