#![forbid(unsafe_code)]

mod support;

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use epore::{Runtime, block_on, spawn, yield_now};
use support::panics::panic_of;

#[test]
fn tasks_start_in_the_order_in_which_they_were_spawned_and_none_at_once() {
    block_on(async {
        let order = Rc::new(RefCell::new(Vec::new()));
        let tasks: Vec<_> = (0..300)
            .map(|i| {
                let order = order.clone();
                spawn(async move { order.borrow_mut().push(i) })
            })
            .collect();
        assert!(order.borrow().is_empty());
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(*order.borrow(), (0..300).collect::<Vec<_>>());
    });
}

#[test]
fn tasks_that_yield_take_turns() {
    let order = Rc::new(RefCell::new(String::new()));
    block_on(async {
        let tasks = ['a', 'b', 'c'].map(|name| {
            let order = order.clone();
            spawn(async move {
                for _ in 0..3 {
                    order.borrow_mut().push(name);
                    yield_now().await;
                }
            })
        });
        for task in tasks {
            task.await.unwrap();
        }
    });
    assert_eq!(*order.borrow(), "abcabcabc");
}

/// A task that counts its polls and leaves its waker with the test.
fn counted(polls: &Rc<Cell<u32>>, waker: &Rc<RefCell<Option<Waker>>>) {
    let (polls, waker) = (polls.clone(), waker.clone());
    drop(spawn(poll_fn(move |cx| {
        polls.set(polls.get() + 1);
        waker.replace(Some(cx.waker().clone()));
        Poll::<()>::Pending
    })));
}

#[test]
fn a_task_that_is_woken_many_times_is_polled_once() {
    block_on(async {
        let (polls, waker) = Default::default();
        counted(&polls, &waker);
        yield_now().await;
        for round in 1..10 {
            assert_eq!(polls.get(), round);
            let waker = waker.take().unwrap();
            waker.wake_by_ref();
            let clone = waker.clone();
            clone.wake();
            waker.wake();
            yield_now().await;
            yield_now().await;
        }
    });
}

#[test]
fn a_wake_during_the_poll_counts() {
    block_on(async {
        let mut polls = 0;
        let task = spawn(poll_fn(move |cx| {
            polls += 1;
            cx.waker().wake_by_ref();
            if polls < 1000 { Poll::Pending } else { Poll::Ready(polls) }
        }));
        assert_eq!(task.await.unwrap(), 1000);
    });
}

#[test]
fn a_task_can_spawn_and_await_tasks_of_its_own() {
    async fn count(depth: u32) -> u32 {
        match depth {
            0 => 1,
            _ => {
                let children = [(); 2].map(|()| spawn(Box::pin(count(depth - 1))));
                let mut sum = 1;
                for child in children {
                    sum += child.await.unwrap();
                }
                sum
            }
        }
    }
    assert_eq!(block_on(count(9)), (1 << 10) - 1);
}

#[test]
fn a_hundred_thousand_tasks_run() {
    let done = Rc::new(Cell::new(0));
    block_on(async {
        let tasks: Vec<_> = (0..100_000)
            .map(|_| {
                let done = done.clone();
                spawn(async move {
                    yield_now().await;
                    done.set(done.get() + 1);
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    assert_eq!(done.get(), 100_000);
}

#[test]
fn the_slots_of_tasks_that_have_ended_are_used_again() {
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        for _ in 0..100_000 {
            spawn(async {}).await.unwrap();
        }
    });
    assert_eq!(format!("{runtime:?}"), "Runtime { tasks: 0, timers: 0, sources: 0, .. }");
}

#[test]
fn spawn_outside_of_a_runtime_says_where_and_what_to_do() {
    let (message, place) = panic_of(|| spawn(async {}));
    assert_eq!(place, format!("{}:{}", file!(), line!() - 1));
    assert!(message.contains("`spawn` was called outside of a runtime"), "{message}");
    assert!(message.contains("inside `epore::block_on`"), "{message}");
}

#[test]
fn spawn_blocking_outside_of_a_runtime_says_where_and_what_to_do() {
    let (message, place) = panic_of(|| epore::spawn_blocking(|| ()));
    assert_eq!(place, format!("{}:{}", file!(), line!() - 1));
    assert!(message.contains("`spawn_blocking` was called outside of a runtime"), "{message}");
}

#[test]
fn a_timer_awaited_outside_of_a_runtime_says_what_to_do() {
    let mut sleep = epore::time::sleep(Duration::ZERO);
    let (message, _) = panic_of(|| Pin::new(&mut sleep).poll(&mut Context::from_waker(Waker::noop())));
    assert!(message.contains("a timer was awaited outside of a runtime"), "{message}");
}
