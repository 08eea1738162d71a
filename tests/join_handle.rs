#![forbid(unsafe_code)]

mod support;

use std::cell::Cell;
use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::thread::{self, ThreadId};

use epore::{JoinHandle, Runtime, block_on, spawn, yield_now};
use support::OnDrop;
use support::panics::panic_of;

/// A task that waits for ever, and notes on which thread it is dropped.
fn endless(dropped: &Rc<Cell<Option<ThreadId>>>) -> JoinHandle<()> {
    let dropped = dropped.clone();
    let guard = OnDrop(move || dropped.set(Some(thread::current().id())));
    spawn(async move {
        let _guard = guard;
        pending().await
    })
}

#[test]
fn a_handle_gives_the_output_before_and_after_the_task_has_ended() {
    block_on(async {
        assert_eq!(spawn(async { "early" }).await.unwrap(), "early");
        let task = spawn(async { "late" });
        yield_now().await;
        assert!(task.is_finished());
        assert_eq!(task.await.unwrap(), "late");
    });
}

#[test]
fn dropping_the_handle_detaches_the_task() {
    let steps = Rc::new(Cell::new(0));
    block_on(async {
        let counter = steps.clone();
        drop(spawn(async move {
            for _ in 0..10 {
                counter.set(counter.get() + 1);
                yield_now().await;
            }
        }));
        for _ in 0..10 {
            yield_now().await;
        }
    });
    assert_eq!(steps.get(), 10);
}

#[test]
fn the_output_of_a_detached_task_is_dropped_when_it_ends() {
    let dropped = Rc::new(Cell::new(false));
    block_on(async {
        let flag = dropped.clone();
        drop(spawn(async move { OnDrop(move || flag.set(true)) }));
        assert!(!dropped.get());
        yield_now().await;
        assert!(dropped.get());
    });
}

/// R14: abort marks; the executor drops, on its own thread, when it comes to the task.
#[test]
fn an_abort_while_waiting_drops_the_future_outside_of_the_call() {
    block_on(async {
        let dropped = Rc::default();
        let task = endless(&dropped);
        yield_now().await;
        task.abort();
        assert_eq!((dropped.get(), task.is_finished()), (None, false));
        assert!(task.await.unwrap_err().is_cancelled());
        assert_eq!(dropped.get(), Some(thread::current().id()));
    });
}

/// R14
#[test]
fn a_remote_abort_drops_the_future_on_the_thread_of_the_runtime() {
    block_on(async {
        let here = thread::current().id();
        let (sender, dropped_on) = futures::channel::oneshot::channel();
        let mut sender = Some(sender);
        let guard = OnDrop(move || sender.take().unwrap().send(thread::current().id()).unwrap());
        let task = epore::Handle::current().spawn(async move {
            let _guard = guard;
            pending::<()>().await
        });
        yield_now().await;
        let aborter = thread::spawn(move || {
            task.abort();
            task
        });
        assert_eq!(dropped_on.await.unwrap(), here);
        assert!(aborter.join().unwrap().await.unwrap_err().is_cancelled());
    });
}

#[test]
fn an_abort_before_the_first_poll_drops_the_future_unpolled() {
    block_on(async {
        let polled = Rc::new(Cell::new(false));
        let flag = polled.clone();
        let task = spawn(async move { flag.set(true) });
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        assert!(!polled.get());
    });
}

#[test]
fn a_task_that_aborts_itself_ends_at_its_next_wait_and_not_before() {
    block_on(async {
        let own = Rc::new(Cell::new(None::<JoinHandle<()>>));
        let steps = Rc::new(Cell::new(0));
        own.set(Some(spawn({
            let (own, steps) = (own.clone(), steps.clone());
            async move {
                let handle = own.take().unwrap();
                handle.abort();
                assert!(!handle.is_finished());
                own.set(Some(handle));
                steps.set(1);
                yield_now().await;
                steps.set(2);
            }
        })));
        yield_now().await;
        let handle = own.take().unwrap();
        assert!(handle.await.unwrap_err().is_cancelled());
        assert_eq!(steps.get(), 1);
    });
}

#[test]
fn an_output_that_is_there_in_spite_of_an_abort_during_the_poll_is_given() {
    block_on(async {
        let own = Rc::new(Cell::new(None::<JoinHandle<i32>>));
        let task = own.clone();
        own.set(Some(spawn(async move {
            let handle = task.take().unwrap();
            handle.abort();
            task.set(Some(handle));
            42
        })));
        yield_now().await;
        assert_eq!(own.take().unwrap().await.unwrap(), 42);
    });
}

#[test]
fn an_abort_after_the_end_changes_nothing() {
    block_on(async {
        let task = spawn(async { 42 });
        yield_now().await;
        task.abort();
        yield_now().await;
        task.abort();
        assert_eq!(task.await.unwrap(), 42);
    });
}

#[test]
fn a_second_abort_changes_nothing() {
    block_on(async {
        let dropped = Rc::default();
        let task = endless(&dropped);
        task.abort();
        task.abort();
        yield_now().await;
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
    });
}

#[test]
fn the_latest_waker_to_poll_a_handle_is_the_one_that_is_woken() {
    block_on(async {
        let task = Rc::new(Cell::new(Some(spawn(async {
            yield_now().await;
            42
        }))));
        let mut handle = task.take().unwrap();
        let first = Pin::new(&mut handle).poll(&mut Context::from_waker(Waker::noop()));
        assert!(first.is_pending());
        let second = spawn(handle);
        assert_eq!(second.await.unwrap().unwrap(), 42);
    });
}

#[test]
fn a_handle_can_be_awaited_in_another_runtime_of_the_thread() {
    let (first, second) = (Runtime::new().unwrap(), Runtime::new().unwrap());
    let (sender, receiver) = futures::channel::oneshot::channel();
    let mut task = first.spawn(async { receiver.await.unwrap() });
    let woken = second.spawn(async move {
        let early = poll_fn(|cx| Poll::Ready(Pin::new(&mut task).poll(cx).is_pending())).await;
        (early, task.await.unwrap())
    });
    second.block_on(yield_now());
    first.block_on(async {
        sender.send(42).unwrap();
        yield_now().await;
        yield_now().await;
    });
    assert_eq!(second.block_on(woken).unwrap(), (true, 42));
}

#[test]
fn a_handle_can_abort_from_another_runtime_of_the_thread() {
    let (first, second) = (Runtime::new().unwrap(), Runtime::new().unwrap());
    let task = first.spawn(pending::<()>());
    first.block_on(yield_now());
    second.block_on(async { task.abort() });
    assert!(first.block_on(task).unwrap_err().is_cancelled());
}

#[test]
fn a_handle_that_is_polled_after_its_result_says_so() {
    block_on(async {
        let mut task = spawn(async {});
        yield_now().await;
        let mut cx = Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut task).poll(&mut cx).is_ready());
        assert!(task.is_finished());
        let (message, _) = panic_of(|| Pin::new(&mut task).poll(&mut cx));
        assert!(message.contains("after it had given its result"), "{message}");
    });
}

#[test]
fn a_task_that_polls_its_own_handle_finds_it_unfinished() {
    block_on(async {
        let own = Rc::new(Cell::new(None::<JoinHandle<bool>>));
        let task = own.clone();
        own.set(Some(spawn(async move {
            let mut handle = task.take().unwrap();
            let polled = Pin::new(&mut handle).poll(&mut Context::from_waker(Waker::noop()));
            task.set(Some(handle));
            polled.is_pending()
        })));
        yield_now().await;
        assert!(own.take().unwrap().await.unwrap());
    });
}

#[test]
fn debug_says_whether_the_task_has_ended() {
    block_on(async {
        let task = spawn(async {});
        assert_eq!(format!("{task:?}"), "JoinHandle { finished: false }");
        yield_now().await;
        assert_eq!(format!("{task:?}"), "JoinHandle { finished: true }");
        drop(task);
    });
}

#[test]
fn a_handle_is_a_pointer_and_a_token() {
    assert_eq!(size_of::<JoinHandle<()>>(), 24);
}
