#![forbid(unsafe_code)]

use std::future::{Future, pending, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use epore::{Runtime, spawn};

use crate::support::polls::{run, turns};
use crate::support::tcp::registered_pair;

/// A waker of which it is known how often it is held.
struct Counted;

impl Wake for Counted {
    fn wake(self: Arc<Self>) {}
}

/// Polls a future that is not ready, and gives what its waker is made of: each other reference to it is a waker that was kept.
fn poll_pending<F: Future>(future: Pin<&mut F>) -> Arc<Counted> {
    let counted = Arc::new(Counted);
    let waker = Waker::from(Arc::clone(&counted));
    assert!(future.poll(&mut Context::from_waker(&waker)).is_pending());
    counted
}

/// A read that was given up outside of its runtime left its waker behind, for as long as nothing came on the socket.
#[test]
fn a_read_dropped_outside_of_its_runtime_leaves_no_waker() -> io::Result<()> {
    let runtime = Runtime::new()?;
    let (stream, _peer) = runtime.block_on(registered_pair())?;
    for on_another_thread in [false, true] {
        let mut buffer = [0; 1];
        let mut read = Box::pin(stream.read(&mut buffer));
        let counted = runtime.block_on(poll_fn(|_| Poll::Ready(poll_pending(read.as_mut()))));
        assert_eq!(Arc::strong_count(&counted), 2);
        if on_another_thread {
            thread::scope(|scope| drop(scope.spawn(move || drop(read))));
        } else {
            drop(read);
        }
        runtime.block_on(turns(2));
        assert_eq!(Arc::strong_count(&counted), 1, "on another thread: {on_another_thread}");
    }
    Ok(())
}

/// So did one that was polled in another runtime, where it is an error, before it was dropped.
#[test]
fn a_read_that_was_polled_elsewhere_leaves_no_waker() -> io::Result<()> {
    let runtime = Runtime::new()?;
    let (stream, _peer) = runtime.block_on(registered_pair())?;
    let mut buffer = [0; 1];
    let mut read = Box::pin(stream.read(&mut buffer));
    let counted = runtime.block_on(poll_fn(|_| Poll::Ready(poll_pending(read.as_mut()))));
    let error = epore::block_on(read.as_mut()).unwrap_err();
    assert!(error.to_string().contains("another runtime"), "{error}");
    drop(read);
    runtime.block_on(turns(2));
    assert_eq!(Arc::strong_count(&counted), 1);
    Ok(())
}

/// A task whose handle was dropped kept the waker that the handle had been polled with until it ended.
#[test]
fn a_dropped_handle_lets_go_of_its_waker() {
    run(async {
        let mut handle = spawn(pending::<()>());
        let counted = poll_pending(Pin::new(&mut handle));
        assert_eq!(Arc::strong_count(&counted), 2);
        drop(handle);
        assert_eq!(Arc::strong_count(&counted), 1);
    });
}

/// So did one whose handle was for other threads.
#[test]
fn a_dropped_remote_handle_lets_go_of_its_waker() -> io::Result<()> {
    let runtime = Runtime::new()?;
    let mut handle = runtime.handle().spawn(pending::<()>());
    runtime.block_on(turns(1));
    let counted = poll_pending(Pin::new(&mut handle));
    assert_eq!(Arc::strong_count(&counted), 2);
    drop(handle);
    assert_eq!(Arc::strong_count(&counted), 1);
    Ok(())
}
