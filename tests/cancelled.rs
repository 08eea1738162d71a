//! `Cancelled`: waiting until the members of a group are to end.

#[path = "support/foreign.rs"]
mod foreign;
mod support;

use std::cell::Cell;
use std::future::pending;
use std::panic::resume_unwind;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Waker};
use std::thread;

use epore::{Cancelled, TaskGroup, spawn, yield_now};
use futures::future::{join, join_all, select};
use futures::stream::{FuturesUnordered, StreamExt};
use support::polls::{after_yields, count_polls, counted, poll_once, run};

#[test]
fn cancel_wakes_all_who_wait_for_it_at_once() {
    run(async {
        let group = TaskGroup::new();
        let tasks: Vec<_> = (0..100)
            .map(|_| {
                let inner = group.clone();
                group.spawn(async move { join(inner.cancelled(), inner.cancelled()).await })
            })
            .collect();
        let (waiting, polls) = count_polls(group.cancelled());
        let waiting = spawn(waiting);
        yield_now().await;
        group.cancel();
        group.cancel();
        assert!(group.is_cancelled() && !group.is_closed());
        join_all(tasks).await;
        waiting.await.unwrap();
        assert_eq!(polls.get(), 2);
        assert!(poll_once(pin!(group.cancelled())).await.is_ready());
        assert_eq!(group.spawn(async { 42 }).await.unwrap(), 42, "it is not closed");
    });
}

#[test]
fn a_waiter_that_was_dropped_is_not_woken() {
    let woken = Rc::new(Cell::new(0));
    let waker = |waiter: usize| {
        let woken = Rc::clone(&woken);
        foreign::waker(foreign::On::Wake, Rc::new(move || woken.set(woken.get() + waiter)))
    };
    let group = TaskGroup::new();
    let mut waiters: Vec<Cancelled> = (0..4).map(|_| group.cancelled()).collect();
    for (i, waiter) in waiters.iter_mut().enumerate() {
        assert!(Pin::new(waiter).poll(&mut Context::from_waker(&waker(10_usize.pow(i as u32)))).is_pending());
    }
    drop(waiters.remove(1));
    // The place is used again, and one that is polled again has its last waker woken alone.
    let mut another = group.cancelled();
    assert!(Pin::new(&mut another).poll(&mut Context::from_waker(&waker(10_000))).is_pending());
    assert!(Pin::new(&mut waiters[0]).poll(&mut Context::from_waker(&waker(100_000))).is_pending());
    group.cancel();
    assert_eq!(woken.get(), 111_100);
    drop(waiters);
    assert!(Pin::new(&mut another).poll(&mut Context::from_waker(Waker::noop())).is_ready());
}

#[test]
fn cancelled_works_in_a_select_and_any_combinator() {
    run(async {
        let group = TaskGroup::new();
        let mut all: FuturesUnordered<Cancelled> = (0..10).map(|_| group.cancelled()).collect();
        let won = select(group.cancelled(), Box::pin(after_yields(2, 42))).await;
        assert!(matches!(won, futures::future::Either::Right((42, _))));
        assert!(poll_once(pin!(all.next())).await.is_pending());
        let remote = group.clone();
        let thread = thread::spawn(move || remote.cancel());
        assert_eq!(all.by_ref().count().await, 10);
        thread.join().unwrap();
    });
}

#[test]
fn a_future_runs_until_the_group_is_cancelled() {
    run(async {
        let group = TaskGroup::new();
        let dropped = Rc::default();
        assert_eq!(group.run_until_cancelled(after_yields(2, 42)).await, Some(42));
        let (inner, endless) = (group.clone(), counted(&dropped));
        let task = group.spawn(async move { inner.run_until_cancelled(endless).await });
        yield_now().await;
        group.cancel();
        assert_eq!(task.await.unwrap(), None);
        assert_eq!(dropped.get(), 1);
    });
}

#[test]
fn a_loop_around_futures_that_are_always_ready_ends() {
    run(async {
        let group = TaskGroup::new();
        let mut turns = 0;
        while group.run_until_cancelled(async { turns += 1 }).await.is_some() {
            if turns == 10 {
                group.cancel();
            }
        }
        assert_eq!(turns, 10);
    });
}

#[test]
fn a_future_that_cancels_its_own_group_is_not_waited_for() {
    run(async {
        let group = TaskGroup::new();
        let own = async {
            group.cancel();
            pending::<()>().await;
        };
        assert_eq!(group.run_until_cancelled(own).await, None);
    });
}

/// R12
#[test]
fn a_group_that_is_cancelled_while_a_waker_is_cloned_is_not_waited_for() {
    let group = TaskGroup::new();
    let remote = group.clone();
    let waker = foreign::waker(foreign::On::Clone, Rc::new(move || remote.cancel()));
    assert!(Pin::new(&mut group.cancelled()).poll(&mut Context::from_waker(&waker)).is_ready());
}

#[test]
fn a_waker_is_cloned_once_however_often_it_polls() {
    let (group, clones) = (TaskGroup::new(), Rc::new(Cell::new(0)));
    let counter = Rc::clone(&clones);
    let waker = foreign::waker(foreign::On::Clone, Rc::new(move || counter.set(counter.get() + 1)));
    let mut waiting = group.cancelled();
    for _ in 0..3 {
        assert!(Pin::new(&mut waiting).poll(&mut Context::from_waker(&waker)).is_pending());
    }
    assert_eq!(clones.get(), 1);
}

#[test]
fn a_waker_that_panics_keeps_no_other_asleep() {
    run(async {
        let group = TaskGroup::new();
        let waker = foreign::waker(foreign::On::Wake, Rc::new(|| resume_unwind(Box::new("on purpose"))));
        let mut bad = [group.cancelled(), group.cancelled()];
        assert!(Pin::new(&mut bad[0]).poll(&mut Context::from_waker(&waker)).is_pending());
        let good = spawn(group.cancelled());
        yield_now().await;
        assert!(Pin::new(&mut bad[1]).poll(&mut Context::from_waker(&waker)).is_pending());
        group.cancel();
        good.await.unwrap();

        let mut wait = Box::pin(group.wait());
        assert!(wait.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        let task = group.spawn(async { 42 });
        group.close();
        group.wait().await;
        assert_eq!(task.await.unwrap(), 42, "the panic is not that of the task");
    });
}
