//! R19: the tasks die first, while there still is a runtime around them.

#![forbid(unsafe_code)]
// Handles and timers are what these scenarios give back, not what they wait for.
#![allow(clippy::async_yields_async)]

mod support;

use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use epore::net::{TcpListener, TcpStream};
use epore::time::sleep;
use epore::{Handle, JoinHandle, Runtime, block_on, spawn, spawn_blocking, yield_now};
use support::{OnDrop, in_time};

/// A task that waits for ever and calls `at_the_end` when it is dropped.
fn ending(at_the_end: impl FnMut() + 'static) -> JoinHandle<()> {
    let guard = OnDrop(at_the_end);
    spawn(async move {
        let _guard = guard;
        pending().await
    })
}

/// Runs `f`, lets the tasks that it spawned begin, and drops their runtime.
fn drop_after<R: 'static>(f: impl AsyncFnOnce() -> R) -> R {
    let runtime = Runtime::new().unwrap();
    let output = runtime.block_on(async {
        let output = f().await;
        yield_now().await;
        output
    });
    drop(runtime);
    output
}

#[test]
fn tasks_are_dropped_inside_of_the_runtime() {
    let seen = Rc::new(Cell::new(false));
    let flag = seen.clone();
    drop_after(async || drop(ending(move || flag.set(Handle::try_current().is_some()))));
    assert!(seen.get());
    assert!(Handle::try_current().is_none());
}

#[test]
fn handles_say_that_their_tasks_were_cancelled() {
    let (waiting, unpolled) = drop_after(async || {
        let waiting = spawn(pending::<()>());
        yield_now().await;
        (waiting, ending(|| ()))
    });
    for task in [waiting, unpolled] {
        assert!(task.is_finished());
        task.abort();
        assert!(block_on(task).unwrap_err().is_cancelled());
    }
}

#[test]
fn outputs_that_are_there_can_still_be_had() {
    let task = drop_after(async || spawn(async { 42 }));
    assert_eq!(block_on(task).unwrap(), 42);
}

#[test]
fn whoever_awaits_a_task_of_the_runtime_elsewhere_is_woken() {
    in_time("the end of a task with its runtime", || {
        let (first, second) = (Runtime::new().unwrap(), Runtime::new().unwrap());
        let task = first.spawn(pending::<()>());
        let waiter = second.spawn(task);
        second.block_on(yield_now());
        drop(first);
        assert!(second.block_on(waiter).unwrap().unwrap_err().is_cancelled());
    });
}

#[test]
fn a_spawn_while_the_runtime_is_dropped_gives_a_cancelled_task() {
    let spawned = Rc::new(RefCell::new(Vec::new()));
    let dropped = Rc::new(Cell::new(0));
    let (place, counter) = (spawned.clone(), dropped.clone());
    let remote = Rc::new(Cell::new(None));
    let remote_place = remote.clone();
    drop_after(async || {
        drop(ending(move || {
            let counter = counter.clone();
            let guard = OnDrop(move || counter.set(counter.get() + 1));
            place.borrow_mut().push(spawn(async move { drop(guard) }));
            remote_place.set(Some(Handle::current().spawn(async {})));
        }));
    });
    assert_eq!(dropped.get(), 1, "its future is dropped at once");
    let task = spawned.take().pop().unwrap();
    assert!(task.is_finished());
    assert!(block_on(task).unwrap_err().is_cancelled());
    assert!(block_on(remote.take().unwrap()).unwrap_err().is_cancelled());
}

#[test]
fn tasks_may_close_sockets_cancel_timers_and_wake_each_other_as_they_are_dropped() {
    let ended = Rc::new(Cell::new(0));
    let counter = ended.clone();
    drop_after(async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let wakers: Rc<RefCell<Vec<Waker>>> = Rc::default();
        for _ in 0..10 {
            let client = Rc::new(TcpStream::connect(addr).await.unwrap());
            let (server, _) = listener.accept().await.unwrap();
            let mut timer = Box::pin(sleep(Duration::from_secs(3600)));
            let (wakers, counter) = (wakers.clone(), counter.clone());
            let reader = client.clone();
            let mut parts = Some((client, server));
            let task = Rc::new(Cell::new(None::<JoinHandle<()>>));
            let (own, waiter) = (task.clone(), wakers.clone());
            let guard = OnDrop(move || {
                drop(parts.take());
                wakers.borrow().iter().for_each(Waker::wake_by_ref);
                own.take().into_iter().for_each(|task| task.abort());
                drop(spawn_blocking(|| ()));
                counter.set(counter.get() + 1);
            });
            task.set(Some(spawn(poll_fn(move |cx| {
                let _kept = &guard;
                waiter.borrow_mut().push(cx.waker().clone());
                assert!(timer.as_mut().poll(cx).is_pending());
                assert!(reader.poll_read(cx, &mut [0]).is_pending());
                Poll::<()>::Pending
            }))));
        }
    });
    assert_eq!(ended.get(), 10);
}

#[test]
fn tasks_that_hold_each_other_s_handles_are_all_dropped() {
    let dropped = Rc::new(Cell::new(0));
    let counter = dropped.clone();
    drop_after(async || {
        let mut handles = Vec::new();
        for _ in 0..100 {
            let counter = counter.clone();
            let guard = OnDrop(move || counter.set(counter.get() + 1));
            let former: Option<JoinHandle<()>> = handles.pop();
            handles.push(spawn(async move {
                let _guard = guard;
                match former {
                    Some(task) => task.await.unwrap(),
                    None => pending().await,
                }
            }));
        }
    });
    assert_eq!(dropped.get(), 100);
}

#[test]
fn messages_between_tasks_may_be_sent_as_they_are_dropped() {
    let (sender, receiver) = futures::channel::oneshot::channel::<&str>();
    let heard = drop_after(async || {
        let heard = spawn(receiver);
        let mut sender = Some(sender);
        drop(ending(move || sender.take().unwrap().send("farewell").unwrap_or_default()));
        heard
    });
    assert!(block_on(heard).unwrap_err().is_cancelled());
}

#[test]
fn a_runtime_may_be_dropped_inside_of_another() {
    let dropped = Rc::new(Cell::new(false));
    block_on(async {
        let inner = Runtime::new().unwrap();
        let flag = dropped.clone();
        let guard = OnDrop(move || flag.set(true));
        drop(inner.spawn(async move {
            let _guard = guard;
            pending::<()>().await;
        }));
        let task = inner.spawn(pending::<()>());
        spawn(async move { drop(inner) }).await.unwrap();
        assert!(dropped.get());
        assert!(task.await.unwrap_err().is_cancelled());
        sleep(Duration::from_micros(1)).await;
    });
}

#[test]
fn what_outlives_the_runtime_can_be_used_again_or_says_why_not() {
    let (stream, _listener, mut timer) = drop_after(async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let mut cx = Context::from_waker(Waker::noop());
        assert!(stream.poll_read(&mut cx, &mut [0]).is_pending());
        let mut timer = sleep(Duration::from_secs(3600));
        assert!(Pin::new(&mut timer).poll(&mut cx).is_pending());
        (stream, listener, timer)
    });
    in_time("the use of what has outlived its runtime", move || {
        block_on(async {
            let error = stream.read(&mut [0]).await.unwrap_err();
            assert!(error.to_string().contains("belongs to another runtime"), "{error}");
            timer.reset(std::time::Instant::now());
            timer.await;
        });
    });
}
