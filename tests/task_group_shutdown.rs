//! Ending a group in good order, within a time.

#![forbid(unsafe_code)]

mod support;

use std::cell::Cell;
use std::future::pending;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use epore::{TaskGroup, yield_now};
use futures::future::join;
use support::polls::{after_yields, counted, drop_at, run};

/// Longer than any test runs.
const LONG: Duration = Duration::from_secs(3600);

#[test]
fn abort_all_drops_the_futures_in_their_own_turn() {
    run(async {
        let (group, dropped) = (TaskGroup::new(), Rc::default());
        let tasks = [(); 3].map(|()| group.spawn(counted(&dropped)));
        yield_now().await;
        let never_polled = group.spawn(counted(&dropped));
        group.abort_all();
        assert_eq!((dropped.get(), group.len()), (0, 4));
        for task in tasks {
            assert!(task.await.unwrap_err().is_cancelled());
        }
        assert!(never_polled.await.unwrap_err().is_cancelled());
        assert_eq!((dropped.get(), group.len()), (4, 0));
        assert_eq!(group.spawn(async { 42 }).await.unwrap(), 42, "it is not closed");
    });
}

#[test]
fn shutdown_lets_those_finish_that_listen() {
    run(async {
        let group = TaskGroup::new();
        let tasks: Vec<_> = (0..10)
            .map(|i| {
                let inner = group.clone();
                group.spawn(async move {
                    inner.cancelled().await;
                    after_yields(i, i).await
                })
            })
            .collect();
        assert_eq!(group.shutdown(LONG).await, 0);
        assert!(group.is_closed() && group.is_cancelled() && group.is_empty());
        for (i, task) in tasks.into_iter().enumerate() {
            assert_eq!(task.await.unwrap(), i);
        }
        assert_eq!(group.shutdown(Duration::ZERO).await, 0);
    });
}

#[test]
fn shutdown_aborts_those_that_are_left_and_waits_until_they_are_gone() {
    run(async {
        let (group, dropped) = (TaskGroup::new(), Rc::new(Cell::new(0)));
        for _ in 0..3 {
            drop(group.spawn(counted(&dropped)));
        }
        let inner = group.clone();
        let polite = group.spawn(async move {
            inner.cancelled().await;
            42
        });
        assert_eq!(group.shutdown(Duration::from_millis(5)).await, 3);
        assert_eq!((dropped.get(), group.len()), (3, 0));
        assert_eq!(polite.await.unwrap(), 42);
    });
}

#[test]
fn with_no_time_at_all_each_task_still_has_a_turn() {
    run(async {
        let group = TaskGroup::new();
        let inner = group.clone();
        let polite = group.spawn(async move { inner.cancelled().await });
        let deaf = group.spawn(pending::<()>());
        assert_eq!(group.shutdown(Duration::ZERO).await, 1);
        assert!(polite.await.is_ok());
        assert!(deaf.await.unwrap_err().is_cancelled());
    });
}

#[test]
fn an_endless_limit_aborts_nobody() {
    run(async {
        let group = TaskGroup::new();
        let task = group.spawn(after_yields(100, 42));
        assert_eq!(group.shutdown(Duration::MAX).await, 0);
        assert_eq!(task.await.unwrap(), 42);
    });
}

#[test]
fn a_shutdown_that_is_dropped_has_closed_and_cancelled_and_can_be_called_again() {
    run(async {
        let (group, dropped) = (TaskGroup::new(), Rc::new(Cell::new(0)));
        drop(group.spawn(counted(&dropped)));
        drop(group.shutdown(Duration::ZERO));
        assert!(!group.is_closed() && !group.is_cancelled(), "it was never polled");
        assert!(drop_at(1, group.shutdown(LONG)).await.is_none());
        assert!(group.is_closed() && group.is_cancelled());
        assert_eq!((group.len(), dropped.get()), (1, 0));
        let both = join(group.shutdown(Duration::ZERO), group.shutdown(LONG)).await;
        assert_eq!((both, dropped.get()), ((1, 0), 1));
    });
}

/// R12, R18
#[test]
fn a_task_may_shut_its_own_group_down_and_is_aborted_with_it() {
    run(async {
        let (group, dropped) = (TaskGroup::new(), Rc::new(Cell::new(0)));
        let (inner, guard) = (group.clone(), counted(&dropped));
        let task = group.spawn(async move {
            let _guard = guard;
            inner.shutdown(Duration::ZERO).await
        });
        group.wait().await;
        assert!(task.await.unwrap_err().is_cancelled());
        assert_eq!(dropped.get(), 1);
    });
}

/// A thread closes and aborts while the runtime spawns: nobody slips through.
#[test]
fn a_shutdown_on_another_thread_leaves_nobody() {
    for _ in 0..200 {
        run(async {
            let (group, dropped) = (TaskGroup::new(), Rc::new(Cell::new(0)));
            let remote = group.clone();
            let thread = thread::spawn(move || epore::block_on(remote.shutdown(Duration::ZERO)));
            let mut spawned = 0;
            while !group.is_closed() {
                drop(group.spawn(counted(&dropped)));
                spawned += 1;
                yield_now().await;
            }
            group.wait().await;
            assert_eq!((group.len(), dropped.get()), (0, spawned));
            assert!(thread.join().unwrap() <= spawned);
        });
    }
}

#[test]
fn an_empty_group_shuts_down_outside_of_a_runtime() {
    let group = TaskGroup::new();
    let cx = &mut Context::from_waker(Waker::noop());
    assert_eq!(pin!(group.shutdown(Duration::ZERO)).poll(cx), Poll::Ready(0));
    assert!(pin!(group.wait()).poll(cx).is_ready());
}
