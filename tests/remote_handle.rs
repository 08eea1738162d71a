//! `RemoteHandle`: a task as other threads see it.

#![forbid(unsafe_code)]

mod support;

use std::future::pending;
use std::pin::Pin;
use std::task::{Context, Waker};

use epore::{Handle, Runtime, block_on, yield_now};
use support::in_time;
use support::panics::panic_of;

#[test]
fn dropping_a_remote_handle_detaches_the_task() {
    in_time("a detached remote task", || {
        block_on(async {
            let (sender, receiver) = futures::channel::oneshot::channel();
            drop(Handle::current().spawn(async {
                yield_now().await;
                sender.send(42).unwrap();
            }));
            assert_eq!(receiver.await, Ok(42));
        });
    });
}

#[test]
fn an_abort_before_the_first_poll_cancels() {
    block_on(async {
        let task = Handle::current().spawn(async { unreachable!("it was aborted") });
        task.abort();
        assert!(task.is_finished());
        assert!(task.await.map(|(): ()| ()).unwrap_err().is_cancelled());
        yield_now().await;
    });
}

#[test]
fn an_abort_while_waiting_and_after_the_end() {
    block_on(async {
        let task = Handle::current().spawn(pending::<()>());
        yield_now().await;
        task.abort();
        task.abort();
        assert!(!task.is_finished(), "the runtime has not come to it");
        assert!(task.await.unwrap_err().is_cancelled());

        let task = Handle::current().spawn(async { 42 });
        yield_now().await;
        task.abort();
        assert_eq!(task.await.unwrap(), 42);
    });
}

#[test]
fn a_panic_is_delivered_with_the_place_of_the_spawn() {
    block_on(async {
        let error = Handle::current().spawn(async { panic!("remote") }).await.map(|(): ()| ()).unwrap_err();
        let text = error.to_string();
        assert!(text.contains(&format!("{}:{}:", file!(), line!() - 2)), "{text}");
        assert!(text.ends_with("panicked: remote"), "{text}");
    });
}

#[test]
fn tasks_that_wait_when_the_runtime_goes_are_cancelled() {
    let runtime = Runtime::new().unwrap();
    let handle = runtime.handle();
    let unread = handle.spawn(async { 42 });
    let begun = handle.spawn(pending::<()>());
    runtime.block_on(async {
        yield_now().await;
    });
    let late = handle.spawn(async { 42 });
    drop(runtime);
    assert!(block_on(begun).unwrap_err().is_cancelled());
    assert!(block_on(late).unwrap_err().is_cancelled());
    assert!(block_on(unread).map_or_else(|error| error.is_cancelled(), |output| output == 42));
}

#[test]
fn a_remote_handle_that_is_polled_after_its_result_says_so() {
    block_on(async {
        let mut task = Handle::current().spawn(async {});
        yield_now().await;
        let mut cx = Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut task).poll(&mut cx).is_ready());
        let (message, _) = panic_of(|| Pin::new(&mut task).poll(&mut cx));
        assert!(message.contains("after it had given its result"), "{message}");
    });
}
