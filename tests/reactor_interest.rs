//! `Interest`: what is to be told of a descriptor, and how often.

mod support;

use std::io::{self, Write};
use std::os::unix::net::UnixStream;

use epore::reactor::{Interest, Poll};
use support::reactor::{poll_now, poll_one};

const ALL: [Interest; 4] = [Interest::READABLE, Interest::WRITABLE, Interest::PRIORITY, Interest::ERROR];

fn conditions(interest: Interest) -> [bool; 4] {
    [interest.is_readable(), interest.is_writable(), interest.is_priority(), interest.is_error()]
}

#[test]
fn each_interest_is_one_of_all_and_says_its_own() {
    for (place, interest) in ALL.into_iter().enumerate() {
        assert_eq!(conditions(interest), std::array::from_fn(|each| each == place));
        assert!(!interest.is_level() && !interest.is_one_shot());
    }
}

#[test]
fn interests_are_joined() {
    for one in ALL {
        for other in ALL {
            let mut joined = one;
            joined |= other;
            assert_eq!(joined, one | other);
            assert_eq!(joined, other | one);
            let expected = conditions(one).into_iter().zip(conditions(other)).map(|(one, other)| one || other);
            assert!(expected.eq(conditions(joined)));
        }
    }
}

#[test]
fn one_that_is_level_triggered_makes_all_so_and_one_shot_alike() {
    let (edge, level) = (Interest::READABLE, Interest::WRITABLE.level());
    assert!(level.is_level() && (edge | level).is_level() && (level | edge).is_level());
    assert!(!(edge | Interest::WRITABLE).is_level());
    let one_shot = Interest::WRITABLE.one_shot();
    assert!(one_shot.is_one_shot() && (edge | one_shot).is_one_shot() && !(edge | level).is_one_shot());
    assert_eq!(conditions(level.one_shot()), conditions(Interest::WRITABLE));
}

#[test]
fn only_what_was_asked_for_is_told_as_often_as_was_asked_for() -> io::Result<()> {
    for (interest, tells, then) in [
        (Interest::READABLE, 1, 0),
        (Interest::READABLE.level(), 1, 1),
        (Interest::READABLE.one_shot(), 1, 0),
        (Interest::PRIORITY, 0, 0),
    ] {
        let mut poll = Poll::new()?;
        let (stream, mut peer) = UnixStream::pair()?;
        poll.registry().register(&stream, 0, interest)?;
        peer.write_all(b"x")?;
        assert_eq!((poll_now(&mut poll).len(), poll_now(&mut poll).len()), (tells, then), "{interest:?}");
        // More bytes are an event of their own, but not to whom one was enough.
        peer.write_all(b"y")?;
        let more = usize::from(tells == 1 && !interest.is_one_shot());
        assert_eq!(poll_now(&mut poll).len(), more, "{interest:?}");
    }
    Ok(())
}

#[test]
fn an_interest_in_both_directions_tells_of_both_at_once() -> io::Result<()> {
    let mut poll = Poll::new()?;
    let (stream, mut peer) = UnixStream::pair()?;
    peer.write_all(b"x")?;
    poll.registry().register(&stream, 0, Interest::READABLE | Interest::WRITABLE)?;
    let event = poll_one(&mut poll);
    assert!(event.is_readable() && event.is_writable());
    Ok(())
}
