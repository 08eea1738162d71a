#![forbid(unsafe_code)]

mod support;

use std::cell::Cell;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::thread;

use epore::net::AsyncFd;
use epore::{Handle, JoinError, JoinHandle, RemoteHandle, Runtime, block_on, yield_now};
use futures::task::{LocalSpawn, LocalSpawnExt, Spawn, SpawnExt};
use support::panics::panic_of;
use support::{OnDrop, in_time};

#[test]
fn a_thread_spawns_on_the_runtime_and_any_thread_awaits_it() {
    in_time("a task from a thread", || {
        block_on(async {
            let here = thread::current().id();
            let handle = Handle::current();
            let task = epore::spawn_blocking(move || handle.spawn(async { thread::current().id() })).await.unwrap();
            assert_eq!(task.await.unwrap(), here);

            let task = Handle::current().spawn(async { 42 });
            let elsewhere = epore::spawn_blocking(move || block_on(task));
            assert_eq!(elsewhere.await.unwrap().unwrap(), 42);
        });
    });
}

#[test]
fn a_spawn_wakes_a_runtime_that_sleeps() {
    in_time("a spawn on a runtime that sleeps", || {
        let runtime = Runtime::new().unwrap();
        let handle = runtime.handle();
        let (sender, receiver) = futures::channel::oneshot::channel();
        let thread = thread::spawn(move || handle.spawn(async move { sender.send(42).unwrap() }));
        assert_eq!(runtime.block_on(receiver), Ok(42));
        assert!(runtime.block_on(thread.join().unwrap()).is_ok());
    });
}

#[test]
fn a_spawn_on_a_runtime_that_is_gone_is_cancelled_and_drops_the_future_at_once() {
    let runtime = Runtime::new().unwrap();
    let handle = runtime.handle();
    assert_eq!(format!("{handle:?}"), "Handle { alive: true, .. }");
    drop(runtime);
    assert_eq!(format!("{handle:?}"), "Handle { alive: false, .. }");
    let dropped = std::sync::Arc::new(());
    let witness = dropped.clone();
    let task = handle.spawn(async move { drop(witness) });
    assert!(task.is_finished());
    assert_eq!(std::sync::Arc::strong_count(&dropped), 1);
    assert!(block_on(task).unwrap_err().is_cancelled());
    assert!(handle.spawn_obj(Box::new(async {}).into()).unwrap_err().is_shutdown());
    assert!(Spawn::status(&handle).unwrap_err().is_shutdown());
}

#[test]
fn a_handle_of_a_runtime_that_is_gone_never_reaches_the_next_one() {
    for _ in 0..100 {
        let stale = Runtime::new().unwrap().handle();
        let next = Runtime::new().unwrap();
        assert!(stale.spawn(async {}).is_finished());
        assert!(!next.handle().spawn(async {}).is_finished());
    }
}

#[test]
fn handle_current_outside_of_a_runtime_says_where_and_what_to_do() {
    assert!(Handle::try_current().is_none());
    let (message, place) = panic_of(|| Handle::current().spawn(async {}));
    assert_eq!(place, format!("{}:{}", file!(), line!() - 1));
    assert!(message.contains("`Handle::current` was called outside of a runtime"), "{message}");
    assert!(message.contains("inside `epore::block_on`"), "{message}");
}

#[test]
fn the_spawning_traits_of_futures_work() {
    let runtime = Runtime::new().unwrap();
    let ran = Rc::new(Cell::new(0));
    let count = || {
        let ran = ran.clone();
        async move { ran.set(ran.get() + 1) }
    };
    runtime.spawn_local(count()).unwrap();
    let handle = runtime.handle();
    assert!(handle.spawn_local(count()).unwrap_err().is_shutdown(), "the runtime does not run");
    assert!(Spawn::status(&handle).is_ok() && LocalSpawn::status_local(&handle).is_err());
    let (local, remote) = (count(), count());
    runtime.block_on(async {
        assert!(LocalSpawn::status_local(&handle).is_ok());
        handle.spawn_local(local).unwrap();
        let output = LocalSpawnExt::spawn_local_with_handle(&handle, async move {
            remote.await;
            "local"
        });
        assert_eq!(output.unwrap().await, "local");
        assert_eq!(SpawnExt::spawn_with_handle(&handle, async { "any" }).unwrap().await, "any");
        handle.spawn(async {}).await.unwrap();
        Spawn::spawn_obj(&handle, Box::new(async {}).into()).unwrap();
        let elsewhere = handle.clone();
        let refused = epore::spawn_blocking(move || elsewhere.spawn_local(async {}).is_err());
        assert!(refused.await.unwrap(), "local futures are for the runtime's thread");
    });
    assert_eq!(ran.get(), 3);
}

#[test]
fn a_future_that_is_spawned_on_the_own_thread_is_dropped_there_once() {
    let drops = Rc::new(Cell::new(0));
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let counter = drops.clone();
        let guard = OnDrop(move || counter.set(counter.get() + 1));
        Handle::current()
            .spawn_local(poll_fn(move |_| {
                let _kept = &guard;
                Poll::Ready(())
            }))
            .unwrap();
        assert_eq!(drops.get(), 0);
        yield_now().await;
        assert_eq!(drops.get(), 1);
    });
}

/// Whether a type has a trait: a constant of the type itself is found before one that a trait gives it.
macro_rules! has {
    ($bound:ident, $type:ty) => {{
        struct Ask<T>(PhantomData<T>);
        #[allow(dead_code)] // It is not needed where the answer is yes.
        trait Otherwise {
            const ANSWER: bool = false;
        }
        impl<T> Otherwise for Ask<T> {}
        #[allow(dead_code)] // It is not found where the answer is no.
        impl<T: $bound> Ask<T> {
            const ANSWER: bool = true;
        }
        Ask::<$type>::ANSWER
    }};
}

#[test]
fn what_names_things_may_be_sent_and_shared_and_what_owns_them_may_not() {
    assert!(has!(Send, Handle) && has!(Sync, Handle) && has!(Clone, Handle));
    assert!(has!(Send, RemoteHandle<i32>) && has!(Sync, RemoteHandle<i32>));
    assert!(!has!(Send, RemoteHandle<Rc<i32>>) && !has!(Sync, RemoteHandle<Rc<i32>>));
    assert!(has!(Send, JoinError) && has!(Sync, JoinError));
    assert!(has!(Send, epore::time::Sleep) && has!(Sync, epore::time::Sleep));
    assert!(has!(Send, epore::net::TcpStream) && has!(Sync, epore::net::TcpStream));
    assert!(has!(Send, epore::net::TcpListener) && has!(Sync, epore::net::TcpListener));
    assert!(has!(Send, AsyncFd<OwnedFd>) && has!(Sync, AsyncFd<OwnedFd>));
    assert!(has!(Send, AsyncFd<BorrowedFd<'static>>) && has!(Sync, AsyncFd<Arc<OwnedFd>>));
    assert!(!has!(Send, AsyncFd<Rc<OwnedFd>>) && !has!(Sync, AsyncFd<Rc<OwnedFd>>));
    assert!(!has!(Send, AsyncFd<Box<dyn AsFd>>) && !has!(Sync, AsyncFd<Box<dyn AsFd>>));
    assert!(!has!(Send, Runtime) && !has!(Sync, Runtime));
    assert!(!has!(Send, JoinHandle<i32>) && !has!(Sync, JoinHandle<i32>));
}
