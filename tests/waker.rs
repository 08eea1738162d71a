#![forbid(unsafe_code)]

mod support;

use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::sync::mpsc;
use std::task::{Poll, Waker};
use std::thread;

use epore::{Runtime, block_on, spawn, yield_now};
use support::{OnDrop, in_time};

/// The waker of whoever awaits this.
async fn own_waker() -> Waker {
    poll_fn(|cx| Poll::Ready(cx.waker().clone())).await
}

/// Everything that a waker can do, on a thread of its own.
fn use_elsewhere(waker: Waker) {
    thread::spawn(move || {
        let clone = waker.clone();
        clone.wake_by_ref();
        assert!(clone.will_wake(&waker));
        waker.wake();
        drop(clone);
    })
    .join()
    .unwrap();
}

#[test]
fn clones_wake_the_same_task_and_tasks_have_different_wakers() {
    block_on(async {
        let main = own_waker().await;
        let task = spawn(own_waker()).await.unwrap();
        assert!(main.will_wake(&main.clone()) && main.will_wake(&own_waker().await));
        assert!(!main.will_wake(&task));
    });
}

/// R14, R15
#[test]
fn a_waker_may_be_used_on_another_thread_after_its_task_has_ended() {
    block_on(async {
        let waker = spawn(own_waker()).await.unwrap();
        use_elsewhere(waker.clone());
        waker.wake();
        yield_now().await;
    });
}

/// R14, R15
#[test]
fn a_waker_may_be_used_on_any_thread_after_its_runtime_is_gone() {
    let wakers = block_on(async {
        let pending_task = Rc::new(RefCell::new(None));
        let place = pending_task.clone();
        drop(spawn(async move {
            place.replace(Some(own_waker().await));
            pending::<()>().await;
        }));
        yield_now().await;
        [own_waker().await, pending_task.take().unwrap(), spawn(own_waker()).await.unwrap()]
    });
    for waker in wakers {
        use_elsewhere(waker.clone());
        waker.wake();
    }
}

#[test]
fn a_stale_waker_never_reaches_the_next_task_in_the_slot() {
    block_on(async {
        let mut stale = Vec::new();
        let polls = Rc::new(Cell::new(0));
        for _ in 0..100 {
            stale.push(spawn(own_waker()).await.unwrap());
        }
        let counter = polls.clone();
        drop(spawn(poll_fn(move |_| -> Poll<()> {
            counter.set(counter.get() + 1);
            Poll::Pending
        })));
        yield_now().await;
        for waker in stale {
            waker.wake();
            yield_now().await;
        }
        assert_eq!(polls.get(), 1);
    });
}

/// A stale waker is a hint: at worst a stranger is polled once for each wake.
#[test]
fn a_waker_of_a_runtime_that_is_gone_at_worst_polls_a_stranger_once() {
    let stale = block_on(async { [own_waker().await, spawn(own_waker()).await.unwrap()] });
    let runtime = Runtime::new().unwrap();
    let polls = Rc::new(Cell::new(0));
    let dropped = Rc::new(Cell::new(false));
    for _ in 0..8 {
        let (counter, flag) = (polls.clone(), dropped.clone());
        let guard = OnDrop(move || flag.set(true));
        drop(runtime.spawn(poll_fn(move |_| -> Poll<()> {
            let _kept = &guard;
            counter.set(counter.get() + 1);
            Poll::Pending
        })));
    }
    let mut main_polls = 0;
    runtime.block_on(poll_fn(|cx| {
        main_polls += 1;
        match main_polls {
            1 => stale.iter().for_each(Waker::wake_by_ref),
            2 => stale.iter().for_each(|waker| use_elsewhere(waker.clone())),
            _ => {}
        }
        cx.waker().wake_by_ref();
        if main_polls < 300 { Poll::Pending } else { Poll::Ready(()) }
    }));
    assert!((8..=8 + 6).contains(&polls.get()), "8 tasks were polled {} times after 6 stale wakes", polls.get());
    assert_eq!(main_polls, 300);
    assert!(!dropped.get());
}

#[test]
fn a_waker_of_another_runtime_on_the_same_thread_wakes() {
    in_time("a wake between runtimes of one thread", || {
        let (first, second) = (Runtime::new().unwrap(), Runtime::new().unwrap());
        let (sender, receiver) = futures::channel::oneshot::channel();
        let task = first.spawn(receiver);
        first.block_on(yield_now());
        second.block_on(async { sender.send(42).unwrap() });
        assert_eq!(first.block_on(task).unwrap(), Ok(42));
    });
}

#[test]
fn a_wake_without_any_runtime_reaches_the_one_it_is_for() {
    in_time("a wake outside of all runtimes", || {
        let runtime = Runtime::new().unwrap();
        let (sender, receiver) = futures::channel::oneshot::channel();
        let task = runtime.spawn(receiver);
        runtime.block_on(yield_now());
        sender.send(42).unwrap();
        assert_eq!(runtime.block_on(task).unwrap(), Ok(42));
    });
}

/// R14: tasks die on their own thread, whatever other threads do with their wakers meanwhile.
#[test]
fn wakers_are_used_on_other_threads_while_their_tasks_and_runtimes_come_and_go() {
    in_time("wakes of what comes and goes", || {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let (sender, receiver) = mpsc::channel::<Waker>();
                let thread = thread::spawn(move || {
                    for waker in receiver {
                        let clone = waker.clone();
                        clone.wake();
                        waker.wake_by_ref();
                    }
                });
                (sender, thread)
            })
            .collect();
        let here = thread::current().id();
        for round in 0..500 {
            block_on(async {
                let mut tasks = Vec::new();
                for (sender, _) in &threads {
                    let sender = sender.clone();
                    let guard = OnDrop(move || assert_eq!(thread::current().id(), here));
                    let task = spawn(async move {
                        let _guard = guard;
                        for _ in 0..3 {
                            sender.send(own_waker().await).unwrap();
                            yield_now().await;
                        }
                        if round % 2 == 0 {
                            pending::<()>().await;
                        }
                    });
                    if round % 3 == 0 {
                        task.abort();
                    }
                    tasks.push(task);
                }
                for _ in 0..round % 6 {
                    yield_now().await;
                }
            });
        }
        for (sender, thread) in threads {
            drop(sender);
            thread.join().unwrap();
        }
    });
}
