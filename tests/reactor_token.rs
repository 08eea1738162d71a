//! `Token`: the name of a descriptor, which its events carry.

mod support;

use std::collections::{BTreeSet, HashSet};
use std::io::{self, Write};
use std::os::unix::net::UnixStream;

use epore::reactor::{Interest, Poll, Token};
use support::reactor::{poll_now, poll_one};

#[test]
fn a_token_is_its_number() {
    assert_eq!(Token::from(7), Token(7));
    assert_eq!(Token(7).0, 7);
    assert!(Token(7) < Token(8));
    assert_eq!(HashSet::from([Token(1), Token(1)]).len(), 1);
    assert_eq!(BTreeSet::from([Token(2), Token(1)]).first(), Some(&Token(1)));
}

#[test]
fn an_event_carries_each_token_as_it_was_given() -> io::Result<()> {
    for number in [0, 1, u32::MAX as usize, 1 << 32, usize::MAX] {
        let mut poll = Poll::new()?;
        let (stream, mut peer) = UnixStream::pair()?;
        poll.registry().register(&stream, number, Interest::READABLE)?;
        peer.write_all(b"x")?;
        assert_eq!(poll_one(&mut poll).token(), Token(number));
    }
    Ok(())
}

#[test]
fn several_descriptors_may_have_one_token() -> io::Result<()> {
    let mut poll = Poll::new()?;
    let (one, other) = UnixStream::pair()?;
    for stream in [&one, &other] {
        poll.registry().register(stream, Token(3), Interest::WRITABLE)?;
    }
    let tokens: Vec<Token> = poll_now(&mut poll).iter().map(|event| event.token()).collect();
    assert_eq!(tokens, [Token(3); 2]);
    Ok(())
}
