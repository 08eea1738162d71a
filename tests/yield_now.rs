//! `YieldNow`.

#![forbid(unsafe_code)]

mod support;

use std::cell::RefCell;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use epore::{YieldNow, yield_now};
use support::polls::{count_polls, poll_once, run};

#[test]
fn it_is_ready_at_the_second_poll_and_stays_so() {
    run(async {
        let mut yielding = pin!(yield_now());
        assert_eq!(poll_once(yielding.as_mut()).await, Poll::Pending);
        assert_eq!(poll_once(yielding.as_mut()).await, Poll::Ready(()));
        assert_eq!(poll_once(yielding.as_mut()).await, Poll::Ready(()));
        let (yielding, polls) = count_polls(yield_now());
        yielding.await;
        assert_eq!(polls.get(), 2);
    });
}

#[test]
fn tasks_that_yield_take_turns() {
    run(async {
        let order = Rc::new(RefCell::new(Vec::new()));
        let tasks = ["a", "b", "c"].map(|name| {
            let order = Rc::clone(&order);
            epore::spawn(async move {
                for _ in 0..2 {
                    order.borrow_mut().push(name);
                    yield_now().await;
                }
            })
        });
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(*order.borrow(), ["a", "b", "c", "a", "b", "c"]);
    });
}

#[test]
fn one_that_is_dropped_leaves_its_task_one_poll() {
    run(async {
        let (counted, polls) = count_polls(async {
            assert_eq!(poll_once(pin!(yield_now())).await, Poll::Pending);
            epore::time::sleep(std::time::Duration::from_millis(1)).await;
        });
        epore::spawn(counted).await.unwrap();
        // The first, the one that was asked for, and that of the timer.
        assert_eq!(polls.get(), 3);
    });
}

#[test]
fn it_needs_no_runtime() {
    let mut yielding = pin!(yield_now());
    let mut cx = Context::from_waker(Waker::noop());
    assert!(yielding.as_mut().poll(&mut cx).is_pending());
    assert!(yielding.as_mut().poll(&mut cx).is_ready());
}

#[test]
fn it_is_plain_data() {
    fn is_plain<T: Send + Sync + Unpin>() {}
    is_plain::<YieldNow>();
}
