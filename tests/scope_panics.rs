//! Panics of what belongs to a scope.

#![forbid(unsafe_code)]

mod support;

use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn};
use std::panic::resume_unwind;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use epore::{ScopedJoinHandle, scope, yield_now};
use support::OnDrop;
use support::panics::panic_of;
use support::polls::{after_yields, run};

#[test]
fn the_drop_of_one_task_that_panics_leaves_none_out() {
    let (dropped, log) = (Cell::new(0), RefCell::new(Vec::new()));
    let mut work = Box::pin(scope(async |scope| {
        for i in 0..10 {
            let noted = OnDrop(|| {
                dropped.set(dropped.get() + 1);
                if dropped.get() % 2 == 0 {
                    resume_unwind(Box::new("in a drop"));
                }
            });
            let log = &log;
            let task = scope.spawn(async move {
                let _noted = noted;
                log.borrow_mut().push(i);
                pending::<()>().await;
            });
            if i == 5 {
                yield_now().await;
            }
            drop(task);
        }
        pending::<()>().await;
    }));
    for _ in 0..2 {
        assert!(work.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    assert!((6..10).contains(&log.borrow().len()), "some were never polled: {log:?}");
    drop(work);
    assert_eq!(dropped.get(), 10);
}

#[test]
fn a_panic_that_nobody_takes_is_the_scopes_when_all_have_finished() {
    let ended = Cell::new(false);
    let work = scope(async |scope| {
        drop(scope.spawn(async { resume_unwind(Box::new(1_i32)) }));
        scope.spawn(async { panic!("the first") });
        let late = scope.spawn(async { panic!("asked for too late") });
        yield_now().await;
        drop(late);
        scope.spawn(async {
            after_yields(5, ()).await;
            ended.set(true);
        });
    });
    let payload = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(work))).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&1_i32), "it is the first of them");
    assert!(ended.get());
}

#[test]
fn a_panic_whose_handle_is_dropped_after_it_is_the_scopes() {
    let (message, _) = panic_of(|| {
        run(scope(async |scope| {
            let task = scope.spawn(async { panic!("left in the handle") });
            yield_now().await;
            assert!(task.is_finished());
        }));
    });
    assert_eq!(message, "left in the handle");
    // The handle that a task holds of itself goes with its future.
    let work = scope(async |scope| {
        let place = Rc::new(Cell::new(None::<ScopedJoinHandle<'_, ()>>));
        let own = place.clone();
        let task = scope.spawn(poll_fn(move |cx| match own.take() {
            None => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            handle => {
                own.set(handle);
                resume_unwind(Box::new("of itself"))
            }
        }));
        place.set(Some(task));
    });
    let payload = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(work))).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&"of itself"));
}

#[test]
fn a_panic_that_is_taken_is_not_the_scopes() {
    run(async {
        let output = scope(async |scope| {
            let task = scope.spawn(async { resume_unwind(Box::new("taken")) });
            task.await.map(|(): ()| ()).unwrap_err().is_panic()
        });
        assert!(output.await);
        // Nor is one whose handle is the output, for somebody may still ask.
        let handle = scope(async |scope| scope.spawn(async { resume_unwind(Box::new("kept")) })).await;
        assert!(handle.await.map(|(): ()| ()).unwrap_err().is_panic());
    });
}

#[test]
fn a_panic_of_the_body_passes_at_once_and_the_tasks_are_dropped() {
    let dropped = Cell::new(0);
    let work = scope(async |scope| {
        for _ in 0..3 {
            let noted = OnDrop(|| {
                dropped.set(dropped.get() + 1);
                resume_unwind(Box::new("in a drop"));
            });
            scope.spawn(async move {
                let _noted = noted;
                pending::<()>().await;
            });
        }
        yield_now().await;
        panic!("of the body");
    });
    let mut work = pin!(work);
    let mut cx = Context::from_waker(Waker::noop());
    assert!(work.as_mut().poll(&mut cx).is_pending());
    let (message, _) = panic_of(|| work.as_mut().poll(&mut cx).map(|(): ()| ()));
    assert_eq!((message.as_str(), dropped.get()), ("of the body", 3));
    let (message, _) = panic_of(|| work.as_mut().poll(&mut cx).map(|(): ()| ()));
    assert!(message.contains("after it was ready"), "{message}");
}
