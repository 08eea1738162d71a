use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::task::{Poll, Waker};

use loom::sync::atomic::{AtomicBool, AtomicUsize};
use loom::thread;

use super::abort_handle::{Abort, AbortHandle};
use super::annex::Annex;
use super::latch::Latch;
use super::members::Members;
use super::ready_list::ReadyList;
use super::slab::Key;
use super::stand_ins::wait;
use crate::model::explore;

/// The waiting end, as the sets and scopes have it: takes one, unlists it, and looks at what it waits for.
async fn next_ready(list: &Arc<ReadyList>) -> Key {
    poll_fn(|cx| {
        loop {
            if let Some(member) = list.pop() {
                member.unlist();
                return Poll::Ready(member.key());
            }
            if list.wait(cx) {
                return Poll::Pending;
            }
        }
    })
    .await
}

#[test]
fn each_wake_of_a_member_is_followed_by_a_look_that_sees_what_was_done_before() {
    explore("two threads wake one member of a list", || {
        let list = Arc::new(ReadyList::default());
        let done = Arc::new(AtomicUsize::new(0));
        let member = list.member(Key::from_bits(7));
        let threads = [(); 2].map(|()| {
            let (waker, done) = (Waker::from(member.clone()), done.clone());
            thread::spawn(move || {
                done.fetch_add(1, Relaxed);
                waker.wake();
            })
        });
        while done.load(Relaxed) < 2 {
            assert_eq!(wait(next_ready(&list)), Key::from_bits(7));
        }
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn members_that_two_threads_wake_are_all_listed() {
    explore("two members of a list", || {
        let list = Arc::new(ReadyList::default());
        let threads = [1, 2].map(|key| {
            let waker = Waker::from(list.member(Key::from_bits(key)));
            thread::spawn(move || waker.wake_by_ref())
        });
        let mut woken = [wait(next_ready(&list)), wait(next_ready(&list))];
        woken.sort_unstable();
        assert_eq!(woken, [1, 2].map(Key::from_bits));
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert!(list.pop().is_none());
    });
}

#[test]
fn a_list_goes_while_a_member_is_woken() {
    explore("a list that is dropped", || {
        let list = Arc::new(ReadyList::default());
        let waker = Waker::from(list.member(Key::from_bits(1)));
        let thread = thread::spawn(move || waker.wake());
        drop(list);
        thread.join().unwrap();
    });
}

#[test]
fn a_latch_lets_all_go() {
    explore("a latch and two that wait", || {
        let latch = Arc::new(Latch::default());
        let waiting = latch.clone();
        let other = thread::spawn(move || wait(waiting.wait()));
        let setting = latch.clone();
        let setter = thread::spawn(move || setting.set());
        wait(latch.wait());
        [other, setter].into_iter().for_each(|thread| thread.join().unwrap());
        assert!(latch.is_set());
    });
}

#[test]
fn a_wait_for_a_latch_is_given_up_while_it_is_set() {
    explore("a latch and one who gives up", || {
        let latch = Arc::new(Latch::default());
        let setting = latch.clone();
        let setter = thread::spawn(move || setting.set());
        let mut given_up = latch.wait();
        let waker = Waker::noop();
        let polled = std::pin::Pin::new(&mut given_up).poll(&mut std::task::Context::from_waker(waker));
        drop(given_up);
        wait(latch.wait());
        assert!(polled.is_pending() || latch.is_set());
        setter.join().unwrap();
    });
}

#[test]
fn a_group_that_closes_waits_for_the_last_and_lets_none_in() {
    explore("a group that closes while one joins and leaves", || {
        let members = Arc::new(Members::default());
        let other = members.clone();
        let joiner = thread::spawn(move || other.join().map(drop).is_some());
        members.close();
        wait(members.finished.wait());
        assert_eq!(members.len(), 0);
        joiner.join().unwrap();
        assert!(members.join().is_none());
    });
}

/// What the group is told to abort.
struct Marked(Arc<AtomicBool>);

impl Abort for Marked {
    fn abort(&self) {
        self.0.store(true, SeqCst);
    }

    fn is_finished(&self) -> bool {
        false
    }
}

#[test]
fn a_member_that_joins_while_the_group_is_cancelled_is_aborted() {
    explore("a member that is introduced while all are aborted", || {
        let members = Arc::new(Members::default());
        let other = members.clone();
        let aborted = Arc::new(AtomicBool::new(false));
        let mark: Arc<dyn Abort> = Arc::new(Marked(aborted.clone()));
        let handle = AbortHandle::new(Arc::downgrade(&mark));
        let joiner = thread::spawn(move || {
            let membership = other.join()?;
            other.introduce(membership.key(), &handle);
            Some(membership)
        });
        members.close();
        members.abort_all();
        let joined = joiner.join().unwrap();
        assert_eq!(aborted.load(SeqCst), joined.is_some());
    });
}

#[test]
fn the_task_that_an_abort_wakes_sees_the_mark() {
    explore("an abort mark and the flag of a member", || {
        let list = Arc::new(ReadyList::default());
        let waker = Waker::from(list.member(Key::from_bits(1)));
        let mark = Annex::new(None, false);
        mark.set_task(Some(waker.clone()));
        let aborting = mark.clone();
        let aborter = thread::spawn(move || aborting.abort());
        let other = thread::spawn(move || waker.wake());
        while !mark.is_aborted() {
            wait(next_ready(&list));
        }
        mark.finish();
        [aborter, other].into_iter().for_each(|thread| thread.join().unwrap());
    });
}
