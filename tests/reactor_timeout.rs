//! R20: the timeouts of `Poll::poll` are exact to the nanosecond, never early, and of any length.

#![forbid(unsafe_code)]

mod support;

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use epore::reactor::{Interest, Poll, Token, Waker};
use support::reactor::{poll_asleep, poll_now, times_slept};

const MILLISECOND: Duration = Duration::from_millis(1);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[test]
fn a_timeout_is_never_early() {
    let mut poll = Poll::new().unwrap();
    let mut events = Vec::with_capacity(1);
    let nanosecond = Duration::from_nanos(1);
    let timeouts = [
        nanosecond,
        Duration::from_nanos(999),
        Duration::from_micros(1),
        Duration::from_micros(999),
        MILLISECOND - nanosecond,
        MILLISECOND,
        MILLISECOND + nanosecond,
        Duration::from_micros(1500),
        Duration::from_micros(20_001),
    ];
    for timeout in timeouts.into_iter().cycle().take(20 * timeouts.len()) {
        let start = Instant::now();
        poll.poll(&mut events, Some(timeout)).unwrap();
        let elapsed = start.elapsed();
        assert!(events.is_empty());
        assert!(elapsed >= timeout, "a poll of {timeout:?} ended after {elapsed:?}");
    }
}

#[test]
fn a_timeout_below_a_millisecond_sleeps_and_does_not_spin() {
    let mut poll = Poll::new().unwrap();
    let mut events = Vec::with_capacity(1);
    let before = times_slept();
    for _ in 0..100 {
        poll.poll(&mut events, Some(Duration::from_micros(500))).unwrap();
    }
    assert!(times_slept() - before > 50, "some may have ended while others had the processor");
}

#[test]
fn a_timeout_of_zero_only_looks() {
    let mut poll = Poll::new().unwrap();
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    poll.registry().register(&ours, 1, Interest::READABLE).unwrap();
    assert!(poll_now(&mut poll).is_empty());
    theirs.write_all(b"x").unwrap();
    assert_eq!(poll_now(&mut poll).len(), 1);
    assert!(poll_now(&mut poll).is_empty());
}

#[test]
fn an_event_ends_the_wait_before_the_timeout() {
    let poll = Poll::new().unwrap();
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    poll.registry().register(&ours, 1, Interest::READABLE).unwrap();
    let blocked = poll_asleep(poll, Some(DAY));
    theirs.write_all(b"x").unwrap();
    let (_, events) = blocked.join().unwrap();
    assert_eq!(events.len(), 1);
}

/// The lengths at which event loops have been seen to overflow, or to wait for ever or not at all.
#[test]
fn huge_timeouts_neither_overflow_nor_end_early() {
    let i32_millis = Duration::from_millis(i32::MAX as u64);
    let timeouts = [
        i32_millis - MILLISECOND,
        i32_millis,
        i32_millis + MILLISECOND,
        Duration::from_millis(1 << 32),
        Duration::from_millis((1 << 32) + 1),
        30 * 365 * DAY,
        Duration::from_nanos(i64::MAX as u64),
        Duration::from_nanos(u64::MAX),
        Duration::from_secs(u64::MAX / 1_000_000_000),
        Duration::from_secs(u64::MAX / 10),
        Duration::from_secs(i64::MAX as u64),
        Duration::from_secs(i64::MAX as u64 + 1),
        Duration::from_secs(u64::MAX),
        Duration::MAX,
    ];
    for timeout in timeouts {
        let poll = Poll::new().unwrap();
        let waker = Waker::new(poll.registry(), 1).unwrap();
        let blocked = poll_asleep(poll, Some(timeout));
        waker.wake().unwrap();
        let (_, events) = blocked.join().unwrap();
        assert_eq!(events.len(), 1, "a poll of {timeout:?} ended before the wake");
        assert_eq!(events[0].token(), Token(1));
    }
}
