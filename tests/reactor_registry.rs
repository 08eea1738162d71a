//! `Registry`: from any thread, and what it refuses.

#![forbid(unsafe_code)]

mod support;

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread;

use epore::reactor::{Interest, Poll, Token};
use support::reactor::{poll_asleep, poll_now, poll_one};

#[test]
fn a_clone_registers_while_another_thread_is_blocked_in_poll() {
    let poll = Poll::new().unwrap();
    let registry = poll.registry().try_clone().unwrap();
    let blocked = poll_asleep(poll, None);

    let (ours, mut theirs) = UnixStream::pair().unwrap();
    registry.register(&ours, 11, Interest::READABLE).unwrap();
    assert!(!blocked.is_finished(), "nothing is ready yet");
    theirs.write_all(b"x").unwrap();
    let (_, events) = blocked.join().unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].token(), Token(11));
}

#[test]
fn a_shared_registry_registers_from_many_threads_while_another_is_blocked_in_poll() {
    let mut poll = Poll::new().unwrap();
    let registry = Arc::new(poll.registry().try_clone().unwrap());
    let blocked = poll_asleep(poll, None);
    let threads = [20, 21, 22, 23].map(|token| {
        let registry = Arc::clone(&registry);
        thread::spawn(move || {
            let (ours, mut theirs) = UnixStream::pair().unwrap();
            registry.register(&ours, token, Interest::READABLE).unwrap();
            theirs.write_all(b"x").unwrap();
            (ours, theirs)
        })
    });
    let _pairs = threads.map(|thread| thread.join().unwrap());

    let (returned, mut events) = blocked.join().unwrap();
    poll = returned;
    events.extend(poll_now(&mut poll));
    let mut tokens: Vec<_> = events.iter().map(|event| event.token().0).collect();
    tokens.sort();
    assert_eq!(tokens, [20, 21, 22, 23]);
}

#[test]
fn a_clone_deregisters_while_another_thread_is_blocked_in_poll() {
    let poll = Poll::new().unwrap();
    let registry = poll.registry().try_clone().unwrap();
    let (gone, mut gone_peer) = UnixStream::pair().unwrap();
    let (kept, mut kept_peer) = UnixStream::pair().unwrap();
    registry.register(&gone, 1, Interest::READABLE).unwrap();
    registry.register(&kept, 2, Interest::READABLE).unwrap();
    let blocked = poll_asleep(poll, None);

    registry.deregister(&gone).unwrap();
    gone_peer.write_all(b"x").unwrap();
    kept_peer.write_all(b"x").unwrap();
    let (mut poll, events) = blocked.join().unwrap();
    assert_eq!(events.iter().map(|event| event.token()).collect::<Vec<_>>(), [Token(2)]);
    assert!(poll_now(&mut poll).is_empty());
}

#[test]
fn a_clone_outlives_its_poll() {
    let poll = Poll::new().unwrap();
    let registry = poll.registry().try_clone().unwrap();
    drop(poll);
    let (ours, _theirs) = UnixStream::pair().unwrap();
    registry.register(&ours, 1, Interest::READABLE).unwrap();
    registry.deregister(&ours).unwrap();
}

/// R7: the same descriptor twice is a clear error, and the first registration stands.
#[test]
fn registering_twice_already_exists() {
    let mut poll = Poll::new().unwrap();
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    poll.registry().register(&ours, 1, Interest::READABLE).unwrap();
    let error = poll.registry().register(&ours, 2, Interest::WRITABLE).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    theirs.write_all(b"x").unwrap();
    let event = poll_one(&mut poll);
    assert!(event.token() == Token(1) && event.is_readable() && !event.is_writable());
}

#[test]
fn registering_a_regular_file_is_permission_denied() {
    let poll = Poll::new().unwrap();
    let file = File::open(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap();
    let error = poll.registry().register(&file, 1, Interest::READABLE).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
}

#[test]
fn registering_a_poll_in_itself_is_invalid_input() {
    let poll = Poll::new().unwrap();
    let error = poll.registry().register(&poll, 1, Interest::READABLE).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[test]
fn what_is_not_registered_is_not_found() {
    let poll = Poll::new().unwrap();
    let (ours, _theirs) = UnixStream::pair().unwrap();
    assert_eq!(poll.registry().deregister(&ours).unwrap_err().kind(), ErrorKind::NotFound);
    let error = poll.registry().reregister(&ours, 1, Interest::READABLE).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);

    poll.registry().register(&ours, 1, Interest::READABLE).unwrap();
    poll.registry().deregister(&ours).unwrap();
    assert_eq!(poll.registry().deregister(&ours).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn no_events_come_after_deregister() {
    let mut poll = Poll::new().unwrap();
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    poll.registry().register(&ours, 1, Interest::READABLE).unwrap();
    theirs.write_all(b"x").unwrap();
    poll.registry().deregister(&ours).unwrap();
    drop(theirs);
    assert!(poll_now(&mut poll).is_empty());
}

/// R7: the number of a closed descriptor can be registered anew.
#[test]
fn closing_a_descriptor_ends_its_registration() {
    let mut poll = Poll::new().unwrap();
    for token in 0..100 {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        poll.registry().register(&ours, token, Interest::READABLE).unwrap();
        theirs.write_all(b"x").unwrap();
        assert_eq!(poll_one(&mut poll).token(), Token(token));
    }
    assert!(poll_now(&mut poll).is_empty());
}

/// R7: epoll watches what a descriptor stands for, not its number.
#[test]
fn a_duplicate_keeps_the_registration_of_a_closed_descriptor() {
    let mut poll = Poll::new().unwrap();
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    let duplicate = ours.try_clone().unwrap();
    poll.registry().register(&ours, 1, Interest::READABLE).unwrap();
    drop(ours);

    theirs.write_all(b"x").unwrap();
    assert_eq!(poll_one(&mut poll).token(), Token(1));
    let error = poll.registry().deregister(&duplicate).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "only the closed number could name the registration");

    drop(duplicate);
    drop(theirs);
    assert!(poll_now(&mut poll).is_empty(), "it ends with the last duplicate");
}

/// R7: the way out that the module's documentation names.
#[test]
fn a_descriptor_that_is_deregistered_before_it_is_closed_leaves_nothing_behind() {
    let mut poll = Poll::new().unwrap();
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    let duplicate = ours.try_clone().unwrap();
    poll.registry().register(&ours, 1, Interest::READABLE).unwrap();
    poll.registry().deregister(&ours).unwrap();
    drop(ours);
    theirs.write_all(b"x").unwrap();
    assert!(poll_now(&mut poll).is_empty());
    poll.registry().register(&duplicate.as_fd(), 2, Interest::READABLE).unwrap();
    assert_eq!(poll_one(&mut poll).token(), Token(2));
}
