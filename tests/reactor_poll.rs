//! `Poll`: what one call brings, and what a `Poll` is to others.

#![forbid(unsafe_code)]

mod support;

use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::time::Duration;

use epore::reactor::{Event, Interest, Poll, Registry, Token, Waker};
use support::reactor::{poll_now, poll_one};

fn ready_pairs<const N: usize>(poll: &Poll) -> [(UnixStream, UnixStream); N] {
    std::array::from_fn(|index| {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        poll.registry().register(&ours, index, Interest::READABLE).unwrap();
        theirs.write_all(b"x").unwrap();
        (ours, theirs)
    })
}

#[test]
fn the_capacity_bounds_the_events_and_the_rest_come_with_the_next_calls() {
    let mut poll = Poll::new().unwrap();
    let _pairs = ready_pairs::<5>(&poll);
    let mut events = Vec::with_capacity(2);
    let capacity = events.capacity();
    assert_eq!(capacity, 2);

    let mut tokens = Vec::new();
    for expected in [2, 2, 1, 0] {
        poll.poll(&mut events, Some(Duration::ZERO)).unwrap();
        assert_eq!(events.len(), expected);
        assert_eq!(events.capacity(), capacity, "the buffer is never grown");
        tokens.extend(events.iter().map(Event::token));
    }
    tokens.sort();
    assert_eq!(tokens, [0, 1, 2, 3, 4].map(Token));
}

#[test]
fn a_buffer_without_capacity_is_invalid_input() {
    let mut poll = Poll::new().unwrap();
    let _pairs = ready_pairs::<1>(&poll);
    let error = poll.poll(&mut Vec::new(), None).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    assert!(error.to_string().contains("capacity"), "{error}");
    assert_eq!(poll_now(&mut poll).len(), 1, "the event is still there");
}

#[test]
fn a_poll_replaces_the_events_of_the_one_before() {
    let mut poll = Poll::new().unwrap();
    let _pairs = ready_pairs::<1>(&poll);
    let mut events = Vec::with_capacity(4);
    poll.poll(&mut events, None).unwrap();
    assert_eq!(events.len(), 1);
    poll.poll(&mut events, Some(Duration::ZERO)).unwrap();
    assert!(events.is_empty());
}

#[test]
fn every_bit_of_a_token_comes_back() {
    for token in [0, 1, usize::MAX, 0xAAAA_AAAA_5555_5555] {
        // Each has a poll of its own: a child that another test forks may hold the last stream open for a while.
        let mut poll = Poll::new().unwrap();
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        poll.registry().register(&ours, token, Interest::READABLE).unwrap();
        theirs.write_all(b"x").unwrap();
        assert_eq!(poll_one(&mut poll).token(), Token(token));
    }
}

#[test]
fn a_connection_makes_a_listener_readable_and_its_client_writable() {
    let mut poll = Poll::new().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    poll.registry().register(&listener, 1, Interest::READABLE).unwrap();
    assert!(poll_now(&mut poll).is_empty());

    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let event = poll_one(&mut poll);
    assert!(event.token() == Token(1) && event.is_readable() && !event.is_writable());

    poll.registry().register(&client, 2, Interest::WRITABLE).unwrap();
    let event = poll_one(&mut poll);
    assert!(event.token() == Token(2) && event.is_writable() && !event.is_readable());
}

#[test]
fn a_poll_nested_in_another_is_readable_when_it_has_events() {
    let (mut outer, mut inner) = (Poll::new().unwrap(), Poll::new().unwrap());
    outer.registry().register(&inner, 7, Interest::READABLE.level()).unwrap();
    assert!(poll_now(&mut outer).is_empty());

    let pairs = ready_pairs::<1>(&inner);
    let event = poll_one(&mut outer);
    assert!(event.token() == Token(7) && event.is_readable());
    assert_eq!(poll_one(&mut inner).token(), Token(0));
    assert!(poll_now(&mut outer).is_empty(), "the inner poll has been emptied");
    drop(pairs);
}

#[test]
fn a_poll_and_its_registry_are_one_descriptor() {
    let poll = Poll::new().unwrap();
    assert_eq!(poll.as_raw_fd(), poll.as_fd().as_raw_fd());
    assert_eq!(poll.registry().as_fd().as_raw_fd(), poll.as_raw_fd());
}

/// R27: what a program executes has no part in its epoll instance.
#[test]
fn a_child_inherits_no_descriptor_of_the_reactor() {
    let poll = Poll::new().unwrap();
    let _registry = poll.registry().try_clone().unwrap();
    let _waker = Waker::new(poll.registry(), 0).unwrap();
    let list = |process: &str| {
        let output = Command::new("ls").args(["-l", &format!("/proc/{process}/fd")]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };

    let ours = list(&std::process::id().to_string());
    assert!(ours.contains("[eventpoll]") && ours.contains("[eventfd]"), "{ours}");
    let childs = list("self");
    assert!(childs.contains("/proc/"), "the child lists its own folder: {childs}");
    assert!(!childs.contains("[eventpoll]") && !childs.contains("[eventfd]"), "{childs}");
}

#[test]
fn an_event_is_an_epoll_event_and_no_more() {
    assert_eq!(size_of::<Event>(), size_of::<libc::epoll_event>());
    assert_eq!(align_of::<Event>(), align_of::<libc::epoll_event>());
    assert_eq!(size_of::<Token>(), size_of::<usize>());
}

#[test]
fn the_reactor_may_move_between_threads() {
    fn send<T: Send>() {}
    fn sync<T: Sync>() {}
    send::<Poll>();
    send::<Registry>();
    sync::<Registry>();
    send::<Waker>();
    sync::<Waker>();
    send::<Event>();
}
