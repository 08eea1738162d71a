//! The three ways in which an interest is reported: edge, level and one-shot.

#![forbid(unsafe_code)]

mod support;

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use epore::reactor::{Interest, Poll, Token};
use support::reactor::{poll_now, poll_one};

fn registered(interest: Interest) -> (Poll, UnixStream, UnixStream) {
    let poll = Poll::new().unwrap();
    let (ours, theirs) = UnixStream::pair().unwrap();
    poll.registry().register(&ours, 3, interest).unwrap();
    (poll, ours, theirs)
}

#[test]
fn an_edge_is_reported_once_for_each_change() {
    let (mut poll, _ours, mut theirs) = registered(Interest::READABLE);
    assert!(poll_now(&mut poll).is_empty());
    for _ in 0..3 {
        theirs.write_all(b"x").unwrap();
        let event = poll_one(&mut poll);
        assert!(event.token() == Token(3) && event.is_readable());
        assert!(poll_now(&mut poll).is_empty(), "what was not read is not reported again");
    }
}

#[test]
fn what_is_ready_before_it_is_registered_is_an_edge() {
    let poll = &mut Poll::new().unwrap();
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    theirs.write_all(b"x").unwrap();
    poll.registry().register(&ours, 3, Interest::READABLE).unwrap();
    assert!(poll_one(poll).is_readable());
    assert!(poll_now(poll).is_empty());
}

#[test]
fn a_level_is_reported_for_as_long_as_it_holds() {
    let (mut poll, mut ours, mut theirs) = registered(Interest::READABLE.level());
    theirs.write_all(b"x").unwrap();
    for _ in 0..3 {
        assert!(poll_one(&mut poll).is_readable());
    }
    ours.read_exact(&mut [0]).unwrap();
    assert!(poll_now(&mut poll).is_empty());
}

#[test]
fn a_one_shot_is_reported_once_until_it_is_reregistered() {
    for interest in [Interest::READABLE.one_shot(), Interest::READABLE.level().one_shot()] {
        let (mut poll, ours, mut theirs) = registered(interest);
        theirs.write_all(b"x").unwrap();
        assert!(poll_one(&mut poll).is_readable());
        theirs.write_all(b"x").unwrap();
        assert!(poll_now(&mut poll).is_empty(), "a change does not arm it again");

        poll.registry().reregister(&ours, 4, interest).unwrap();
        assert_eq!(poll_one(&mut poll).token(), Token(4));
        assert!(poll_now(&mut poll).is_empty());
    }
}

#[test]
fn a_spent_one_shot_reports_no_hang_up() {
    let (mut poll, ours, mut theirs) = registered(Interest::READABLE.one_shot());
    theirs.write_all(b"x").unwrap();
    assert!(poll_one(&mut poll).is_readable());
    drop(theirs);
    assert!(poll_now(&mut poll).is_empty());
    poll.registry().reregister(&ours, 3, Interest::READABLE.one_shot()).unwrap();
    assert!(poll_one(&mut poll).is_read_closed());
}

#[test]
fn a_reregistered_edge_reports_what_is_ready_now() {
    let (mut poll, ours, mut theirs) = registered(Interest::READABLE);
    theirs.write_all(b"x").unwrap();
    assert!(poll_one(&mut poll).is_readable());
    assert!(poll_now(&mut poll).is_empty());
    poll.registry().reregister(&ours, 5, Interest::READABLE | Interest::WRITABLE).unwrap();
    let event = poll_one(&mut poll);
    assert!(event.token() == Token(5) && event.is_readable() && event.is_writable());
}

#[test]
fn only_the_directions_asked_for_are_reported() {
    let (mut poll, ours, mut theirs) = registered(Interest::WRITABLE);
    theirs.write_all(b"x").unwrap();
    let event = poll_one(&mut poll);
    assert!(event.is_writable() && !event.is_readable());
    poll.registry().reregister(&ours, 3, Interest::READABLE).unwrap();
    let event = poll_one(&mut poll);
    assert!(event.is_readable() && !event.is_writable());
}

#[test]
fn joined_interests_are_level_or_one_shot_if_either_is() {
    let (readable, writable) = (Interest::READABLE, Interest::WRITABLE);
    let both = readable | writable;
    assert!(both.is_readable() && both.is_writable() && !both.is_priority());
    assert!(!both.is_level() && !both.is_one_shot());
    assert!((readable.level() | writable).is_level() && (readable | writable.level()).is_level());
    assert!((readable.one_shot() | writable).is_one_shot() && (readable | writable.one_shot()).is_one_shot());

    let mut joined = Interest::PRIORITY.level();
    joined |= readable;
    assert_eq!(joined, (Interest::PRIORITY | readable).level());
    assert_eq!(both.level().one_shot(), both.one_shot().level(), "the order does not matter");
}
