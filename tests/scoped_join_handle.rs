//! `ScopedJoinHandle`: what a scope says of its tasks one by one.

#![forbid(unsafe_code)]

mod support;

use std::cell::Cell;
use std::future::pending;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::thread;

use epore::{scope, yield_now};
use support::OnDrop;
use support::polls::{after_yields, drop_at, poll_once, run};

#[test]
fn results_are_those_of_the_handles() {
    run(async {
        scope(async |scope| {
            let fine = scope.spawn(async { 42 });
            assert!(!fine.is_finished());
            yield_now().await;
            assert!(fine.is_finished());
            assert_eq!(format!("{fine:?}"), "ScopedJoinHandle { finished: true }");
            assert_eq!(fine.await.unwrap(), 42);

            let line = line!() + 1;
            let panics = scope.spawn(async { resume_unwind(Box::new("on purpose")) });
            let error: epore::JoinError = panics.await.map(|(): ()| ()).unwrap_err();
            assert!(
                error.is_panic() && error.to_string().contains(&format!("scoped_join_handle.rs:{line}:")),
                "{error}"
            );
        })
        .await;
    });
}

#[test]
fn an_abort_drops_the_future_where_the_scope_comes_to_it() {
    run(async {
        let dropped = Cell::new(0);
        let count = || OnDrop(|| dropped.set(dropped.get() + 1));
        scope(async |scope| {
            let (unpolled, waiting) = (count(), count());
            let waiting = scope.spawn(async {
                let _kept = waiting;
                pending::<()>().await;
            });
            yield_now().await;
            let unpolled = scope.spawn(async move { drop(unpolled) });
            waiting.abort();
            unpolled.abort();
            unpolled.abort();
            assert_eq!(dropped.get(), 0);
            assert!(unpolled.await.unwrap_err().is_cancelled());
            assert!(waiting.await.unwrap_err().is_cancelled());
            assert_eq!(dropped.get(), 2);

            let finished = scope.spawn(async { 1 });
            yield_now().await;
            finished.abort();
            assert_eq!(finished.await.unwrap(), 1);
        })
        .await;
    });
}

#[test]
fn an_abort_comes_from_any_thread_and_after_the_end() {
    run(async {
        let handle = scope(async |scope| {
            let endless = scope.spawn(pending::<()>());
            let handle = endless.abort_handle();
            let other = handle.clone();
            yield_now().await;
            let thread = thread::spawn(move || other.abort());
            assert!(endless.await.unwrap_err().is_cancelled());
            thread.join().unwrap();
            handle
        })
        .await;
        assert!(handle.is_finished());
        handle.abort();
    });
}

#[test]
fn a_task_may_abort_itself() {
    run(async {
        let place = Cell::new(None);
        scope(async |scope| {
            let task = scope.spawn(async {
                let own: epore::AbortHandle = place.take().unwrap();
                own.abort();
                pending::<()>().await;
            });
            place.set(Some(task.abort_handle()));
            assert!(task.await.unwrap_err().is_cancelled());
        })
        .await;
    });
}

#[test]
fn a_handle_can_be_given_up_and_awaited_again() {
    run(async {
        scope(async |scope| {
            let mut task = scope.spawn(after_yields(3, 42));
            assert!(drop_at(1, &mut task).await.is_none());
            assert!(poll_once(Pin::new(&mut task)).await.is_pending());
            assert_eq!(task.await.unwrap(), 42);
        })
        .await;
    });
}
