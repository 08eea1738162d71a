//! `Runtime`: tasks from outside, and what it says of itself. Turning it by hand is in `nested`, dropping it in `shutdown`.

#![forbid(unsafe_code)]

mod support;

use std::cell::Cell;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::time::Duration;

use epore::net::UnixStream;
use epore::time::sleep;
use epore::{Builder, JoinHandle, Runtime, yield_now};
use futures::task::LocalSpawnExt;
use support::in_time;
use support::polls::poll_once;

#[test]
fn tasks_outlive_one_call_of_block_on_and_go_on_with_the_next() {
    let runtime = Runtime::new().unwrap();
    let steps = Rc::new(Cell::new(0));
    let task = runtime.spawn({
        let steps = steps.clone();
        async move {
            for _ in 0..100 {
                steps.set(steps.get() + 1);
                yield_now().await;
            }
        }
    });
    runtime.block_on(yield_now());
    let done = steps.get();
    assert!(done > 0 && done < 100, "one turn did {done} of 100 steps");
    assert_eq!(steps.get(), done, "tasks run within block_on alone");
    runtime.block_on(task).unwrap();
    assert_eq!(steps.get(), 100);
}

#[test]
fn a_runtime_spawns_from_outside_of_it() {
    let runtime = Runtime::new().unwrap();
    let task = runtime.spawn(async { 42 });
    assert!(!task.is_finished());
    assert_eq!(runtime.block_on(task).unwrap(), 42);
}

#[test]
fn blocking_work_is_started_from_outside_of_it() {
    in_time("blocking work from outside", || {
        let runtime = Runtime::new().unwrap();
        let work = runtime.spawn_blocking(|| 42);
        assert_eq!(runtime.block_on(work).unwrap(), 42);
    });
}

#[test]
fn futures_are_spawned_by_the_trait_for_it() {
    let runtime = Runtime::new().unwrap();
    let ran = Rc::new(Cell::new(false));
    let running = Rc::clone(&ran);
    runtime.spawn_local(async move { running.set(true) }).unwrap();
    assert!(!ran.get(), "nothing runs outside of `block_on`");
    runtime.block_on(yield_now());
    assert!(ran.get());
}

#[test]
fn its_handle_names_it_from_any_thread() {
    in_time("a task from another thread", || {
        let runtime = Builder::new().build().unwrap();
        let handle = runtime.handle();
        let task = std::thread::spawn(move || handle.spawn(async { 42 })).join().unwrap();
        assert_eq!(runtime.block_on(task).unwrap(), 42);
    });
}

#[test]
fn debug_says_how_many_tasks_timers_and_sources_it_has() {
    let runtime = Runtime::new().unwrap();
    let shown = || format!("{runtime:?}");
    let tasks = [(); 3].map(|()| runtime.spawn(std::future::pending::<()>()));
    assert_eq!(shown(), "Runtime { tasks: 3, timers: 0, sources: 0, .. }");
    runtime.block_on(async {
        let mut timers = [(); 2].map(|()| sleep(Duration::from_secs(60)));
        for timer in &mut timers {
            assert!(poll_once(Pin::new(timer)).await.is_pending());
        }
        let (socket, _peer) = UnixStream::pair().unwrap();
        assert!(poll_once(pin!(socket.read(&mut [0]))).await.is_pending());
        assert_eq!(shown(), "Runtime { tasks: 3, timers: 2, sources: 1, .. }");
        drop((timers, socket));
        assert_eq!(shown(), "Runtime { tasks: 3, timers: 0, sources: 0, .. }");
        tasks.iter().for_each(JoinHandle::abort);
        for task in tasks {
            assert!(task.await.unwrap_err().is_cancelled());
        }
    });
    assert_eq!(shown(), "Runtime { tasks: 0, timers: 0, sources: 0, .. }");
}
