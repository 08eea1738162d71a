#![forbid(unsafe_code)]

use std::cell::Cell;
use std::future::{Future, pending};
use std::io;
use std::mem::ManuallyDrop;
use std::panic::panic_any;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use epore::{RemoteHandle, Runtime, block_on};

use crate::foreign::{self, On};
use crate::support::OnDrop;
use crate::support::panics::panics_in;
use crate::support::polls::turns;

/// A future that is ready at once, and holds something until it is dropped.
struct Holding<T>(T);

impl<T> Future for Holding<T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }
}

/// Another thread that waited for it could go on while the future, and what it had borrowed, was still there.
#[test]
fn a_remote_handle_is_ready_when_the_future_is_gone() -> io::Result<()> {
    let runtime = Runtime::new()?;
    let handle = Arc::new(Mutex::new(None::<RemoteHandle<()>>));
    let seen = Arc::new(Mutex::new(None));
    let guard = OnDrop({
        let (handle, seen) = (Arc::clone(&handle), Arc::clone(&seen));
        move || *seen.lock().unwrap() = handle.lock().unwrap().as_ref().map(RemoteHandle::is_finished)
    });
    *handle.lock().unwrap() = Some(runtime.handle().spawn(Holding(guard)));
    runtime.block_on(turns(2));
    assert_eq!(*seen.lock().unwrap(), Some(false), "whether it was finished when the future was dropped");
    let handle = handle.lock().unwrap().take().unwrap();
    assert!(handle.is_finished());
    block_on(handle).unwrap();
    Ok(())
}

/// The result had been given away by then, and nobody learned of the panic.
#[test]
fn a_panic_in_the_drop_of_a_remote_future_is_the_result() -> io::Result<()> {
    let runtime = Runtime::new()?;
    let handle = runtime.handle().spawn(Holding(OnDrop(|| panic_any("drop"))));
    assert!(runtime.block_on(handle).unwrap_err().is_panic());
    Ok(())
}

/// The waker of whoever waited is dropped with the handle, and its panic came out of there.
#[test]
fn the_drop_of_a_handle_contains_the_panic_of_its_waker() -> io::Result<()> {
    let runtime = Runtime::new()?;
    let (local, remote) = (runtime.spawn(pending::<()>()), runtime.handle().spawn(pending::<()>()));
    runtime.block_on(turns(1));
    drop_polled_by_a_bomb(local);
    drop_polled_by_a_bomb(remote);
    Ok(())
}

fn drop_polled_by_a_bomb(mut handle: impl Future + Unpin) {
    let bomb = ManuallyDrop::new(foreign::waker(On::Drop, Rc::new(|| panic_any("drop"))));
    assert!(Pin::new(&mut handle).poll(&mut Context::from_waker(&bomb)).is_pending());
    let panics = panics_in(|| drop(handle));
    assert_eq!(panics.len(), 1, "{panics:?}");
}

/// The future is dropped at once there, and its panic came out of the call.
#[test]
fn spawning_on_a_runtime_that_is_gone_does_not_panic() -> io::Result<()> {
    let handle = Runtime::new()?.handle();
    let bomb = OnDrop(|| panic_any("drop"));
    let task = handle.spawn(async move {
        let _held = bomb;
        pending::<()>().await;
    });
    assert!(task.is_finished());
    assert!(block_on(task).unwrap_err().is_cancelled());
    Ok(())
}

/// The waker was kept for a task that had run to its end meanwhile, and never woken.
#[test]
fn a_task_that_finishes_while_a_waker_is_cloned_wakes_it() -> io::Result<()> {
    let runtime = Rc::new(Runtime::new()?);
    let mut handle = runtime.spawn(async { 7 });
    let woken = Rc::new(Cell::new(false));
    let (runner, is_woken) = (Rc::clone(&runtime), Rc::clone(&woken));
    let waker = foreign::waker_of_all(Rc::new(move |on| match on {
        On::Clone => runner.block_on(turns(2)),
        On::Wake => is_woken.set(true),
        On::Drop => {}
    }));
    let polled = Pin::new(&mut handle).poll(&mut Context::from_waker(&waker));
    assert!(polled.is_pending() && handle.is_finished() && woken.get());
    assert_eq!(runtime.block_on(handle).unwrap(), 7);
    Ok(())
}
