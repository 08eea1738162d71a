use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use loom::sync::atomic::AtomicBool;
use loom::thread::{self, ThreadId};

use super::blocking::Pool;
use super::handle::Handle;
use super::stand_ins::{Runtime, wait};
use crate::model::explore;

fn runtime() -> (Runtime, Handle) {
    let runtime = Runtime::open(&Pool::new(1, Duration::ZERO));
    let handle = Handle::new(runtime.core.id());
    (runtime, handle)
}

#[test]
fn a_task_that_is_sent_runs_and_its_result_comes_back() {
    explore("a task is sent to a runtime, which awaits it", || {
        let (runtime, handle) = runtime();
        let sender = thread::spawn(move || handle.spawn(async { 42 }));
        let sent = sender.join().unwrap();
        assert_eq!(runtime.block_on(sent).unwrap(), 42);
        runtime.close();
    });
}

#[test]
fn the_thread_that_sends_a_task_waits_for_it() {
    explore("a task is sent and awaited by its sender", || {
        let (runtime, handle) = runtime();
        let sender = handle.clone();
        let done = Arc::new(AtomicBool::new(false));
        let doing = done.clone();
        let sender = thread::spawn(move || {
            let result = wait(sender.spawn(async { 42 })).unwrap();
            doing.store(true, SeqCst);
            // The end of it all, so that the runtime's thread can stop.
            drop(sender.spawn(async {}));
            result
        });
        runtime.block_on(std::future::poll_fn(|_| match done.load(SeqCst) {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        }));
        runtime.close();
        assert_eq!(sender.join().unwrap(), 42);
    });
}

#[test]
fn a_task_that_is_sent_at_the_end_is_cancelled() {
    explore("a task is sent while its runtime ends", || {
        let (runtime, handle) = runtime();
        let sender = thread::spawn(move || wait(handle.spawn(async { 42 })));
        runtime.close();
        assert!(sender.join().unwrap().unwrap_err().is_cancelled());
    });
}

/// Notes that it was dropped, and fails elsewhere than on its runtime's thread.
struct OnThread(ThreadId, Arc<AtomicBool>);

impl Drop for OnThread {
    fn drop(&mut self) {
        assert_eq!(thread::current().id(), self.0);
        self.1.store(true, SeqCst);
    }
}

#[test]
fn a_task_that_another_thread_aborts_is_dropped_on_its_own() {
    explore("a task is aborted from another thread", || {
        let (runtime, handle) = runtime();
        let home = thread::current().id();
        let dropped = Arc::new(AtomicBool::new(false));
        let noting = dropped.clone();
        let task = handle.spawn(async move {
            // Made by the task itself, which is at home.
            let _at_home = OnThread(home, noting);
            pending::<()>().await;
        });
        let task = Arc::new(task);
        let aborting = task.clone();
        let aborter = thread::spawn(move || aborting.abort());
        runtime.block_on(std::future::poll_fn(|cx| match task.is_finished() {
            true => std::task::Poll::Ready(()),
            false => {
                cx.waker().wake_by_ref();
                thread::yield_now();
                std::task::Poll::Pending
            }
        }));
        aborter.join().unwrap();
        runtime.close();
    });
}
