//! `Waker` wakes a blocked `Poll` from any thread.

#![forbid(unsafe_code)]

mod support;

use std::sync::Arc;
use std::thread;

use epore::reactor::{Poll, Token, Waker};
use support::reactor::{poll_asleep, poll_now, poll_one};

#[test]
fn a_wake_from_another_thread_ends_a_blocked_poll() {
    let poll = Poll::new().unwrap();
    let waker = Waker::new(poll.registry(), 9).unwrap();
    let blocked = poll_asleep(poll, None);
    waker.wake().unwrap();
    let (_, events) = blocked.join().unwrap();
    assert_eq!(events.len(), 1);
    assert!(events[0].token() == Token(9) && events[0].is_readable());
}

#[test]
fn a_wake_before_the_poll_is_not_lost() {
    let mut poll = Poll::new().unwrap();
    let waker = Waker::new(poll.registry(), 9).unwrap();
    assert!(poll_now(&mut poll).is_empty(), "a new waker has woken nobody");
    waker.wake().unwrap();
    assert_eq!(poll_one(&mut poll).token(), Token(9));
    assert!(poll_now(&mut poll).is_empty());
}

#[test]
fn many_wakes_are_one_event() {
    let mut poll = Poll::new().unwrap();
    let waker = Arc::new(Waker::new(poll.registry(), 9).unwrap());
    let threads = [(); 4].map(|()| {
        let waker = Arc::clone(&waker);
        thread::spawn(move || (0..250).for_each(|_| waker.wake().unwrap()))
    });
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(poll_one(&mut poll).token(), Token(9));
    assert!(poll_now(&mut poll).is_empty());
}

#[test]
fn each_poll_needs_a_wake_of_its_own() {
    let mut poll = Poll::new().unwrap();
    let waker = Waker::new(poll.registry(), 9).unwrap();
    for _ in 0..1000 {
        waker.wake().unwrap();
        assert_eq!(poll_one(&mut poll).token(), Token(9));
        assert!(poll_now(&mut poll).is_empty());
    }
}

#[test]
fn wakers_of_one_poll_are_told_apart_by_their_tokens() {
    let mut poll = Poll::new().unwrap();
    let first = Waker::new(poll.registry(), 1).unwrap();
    let second = Waker::new(poll.registry(), 2).unwrap();
    second.wake().unwrap();
    assert_eq!(poll_one(&mut poll).token(), Token(2));
    first.wake().unwrap();
    assert_eq!(poll_one(&mut poll).token(), Token(1));
}

#[test]
fn dropping_a_waker_ends_its_registration() {
    let mut poll = Poll::new().unwrap();
    let waker = Waker::new(poll.registry(), 9).unwrap();
    waker.wake().unwrap();
    drop(waker);
    assert!(poll_now(&mut poll).is_empty());
}

#[test]
fn a_waker_outlives_its_poll() {
    let poll = Poll::new().unwrap();
    let waker = Waker::new(poll.registry(), 9).unwrap();
    drop(poll);
    waker.wake().unwrap();
}

/// R8: two threads wake each other in turn, with nothing else to wake them.
#[test]
fn no_wake_is_lost_between_two_threads() {
    const ROUNDS: usize = 20_000;
    let (mut near, mut far) = (Poll::new().unwrap(), Poll::new().unwrap());
    let wake_near = Waker::new(near.registry(), 1).unwrap();
    let wake_far = Waker::new(far.registry(), 2).unwrap();
    let thread = thread::spawn(move || {
        for _ in 0..ROUNDS {
            assert_eq!(poll_one(&mut far).token(), Token(2));
            wake_near.wake().unwrap();
        }
        // Dropped here it would take the event of its last wake with it.
        wake_near
    });
    for _ in 0..ROUNDS {
        wake_far.wake().unwrap();
        assert_eq!(poll_one(&mut near).token(), Token(1));
    }
    thread.join().unwrap();
}
