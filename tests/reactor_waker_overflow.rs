//! A `Waker` whose counter is full. It stands alone, as it looks for the waker's descriptor among all that are open.

mod support;

use std::fs::{File, read_link};
use std::io::{ErrorKind, Write};
use std::os::fd::BorrowedFd;

use epore::reactor::{Poll, Token, Waker};
use support::open_descriptors;
use support::reactor::{poll_now, poll_one};

#[test]
fn a_wake_with_a_full_counter_is_not_lost() {
    let mut poll = Poll::new().unwrap();
    let waker = Waker::new(poll.registry(), 9).unwrap();
    fill(eventfd());
    assert_eq!(poll_one(&mut poll).token(), Token(9));
    assert!(poll_now(&mut poll).is_empty());
    for _ in 0..3 {
        waker.wake().unwrap();
        assert_eq!(poll_one(&mut poll).token(), Token(9));
        assert!(poll_now(&mut poll).is_empty());
    }
}

/// The only eventfd of this process.
fn eventfd() -> File {
    let is_eventfd =
        |fd: &i32| read_link(format!("/proc/self/fd/{fd}")).is_ok_and(|link| link.ends_with("anon_inode:[eventfd]"));
    let found: Vec<i32> = open_descriptors().into_iter().filter(is_eventfd).collect();
    assert_eq!(found.len(), 1, "only the waker has an eventfd");
    // SAFETY: the waker that owns the descriptor lives until the test ends.
    let borrowed = unsafe { BorrowedFd::borrow_raw(found[0]) };
    File::from(borrowed.try_clone_to_owned().unwrap())
}

fn fill(mut eventfd: File) {
    eventfd.write_all(&(u64::MAX - 1).to_ne_bytes()).unwrap();
    let error = eventfd.write(&1u64.to_ne_bytes()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WouldBlock, "the counter is full");
}
