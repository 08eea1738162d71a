#![forbid(unsafe_code)]

mod support;

use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, mpsc};
use std::thread;

use epore::{AbortHandle, Builder, JoinHandle, Runtime, spawn, spawn_blocking, yield_now};
use support::polls::run;
use support::{OnDrop, wait_until};

#[test]
fn it_aborts_from_another_thread_and_the_future_is_dropped_on_its_own() {
    run(async {
        let here = thread::current().id();
        let (dropped, dropped_on) = mpsc::channel();
        let guard = OnDrop(move || dropped.send(thread::current().id()).unwrap());
        let task = spawn(async move {
            let _guard = guard;
            pending::<()>().await
        });
        yield_now().await;
        let handle = task.abort_handle();
        let aborter = thread::spawn(move || {
            handle.abort();
            handle
        });
        assert!(task.await.unwrap_err().is_cancelled());
        assert_eq!(dropped_on.recv(), Ok(here));
        assert!(aborter.join().unwrap().is_finished());
    });
}

#[test]
fn on_its_own_thread_it_drops_the_future_outside_of_the_call() {
    run(async {
        let alive = Rc::new(());
        let held = alive.clone();
        let task = spawn(async move {
            let _held = held;
            pending::<()>().await
        });
        yield_now().await;
        let handle = task.abort_handle();
        handle.abort();
        assert_eq!((Rc::strong_count(&alive), handle.is_finished(), task.is_finished()), (2, false, false));
        yield_now().await;
        assert_eq!((Rc::strong_count(&alive), handle.is_finished(), task.is_finished()), (1, true, true));
    });
}

#[test]
fn an_abort_during_the_poll_is_seen_at_the_next_wait() {
    run(async {
        let (polled, is_polled) = mpsc::channel();
        let (aborted, is_aborted) = mpsc::channel();
        let task = spawn(async move {
            polled.send(()).unwrap();
            is_aborted.recv().unwrap();
            pending::<()>().await
        });
        let handle = task.abort_handle();
        let aborter = thread::spawn(move || {
            is_polled.recv().unwrap();
            handle.abort();
            aborted.send(()).unwrap();
        });
        assert!(task.await.unwrap_err().is_cancelled());
        aborter.join().unwrap();
    });
}

#[test]
fn after_the_end_an_abort_changes_nothing() {
    run(async {
        let task = spawn(async { 42 });
        let early = task.abort_handle();
        yield_now().await;
        let late = task.abort_handle();
        for handle in [early, late] {
            assert!(handle.is_finished());
            handle.abort();
        }
        yield_now().await;
        assert_eq!(task.await.unwrap(), 42);
    });
}

#[test]
fn a_task_that_takes_the_slot_of_another_is_not_hit_by_its_handle() {
    run(async {
        for _ in 0..1000 {
            let first = spawn(async {});
            let handle = first.abort_handle();
            first.await.unwrap();
            let second = spawn(async {
                yield_now().await;
                42
            });
            handle.abort();
            assert_eq!(second.await.unwrap(), 42);
        }
    });
}

/// The tasks have the same slot and generation, and mostly their runtimes the same place.
#[test]
fn a_task_of_the_next_runtime_is_not_hit() {
    let mut handles: Vec<AbortHandle> = Vec::new();
    for _ in 0..100 {
        let runtime = Runtime::new().unwrap();
        let task = runtime.spawn(async {
            yield_now().await;
            42
        });
        let left = runtime.spawn(pending::<()>());
        for handle in &handles {
            assert!(handle.is_finished());
            handle.abort();
        }
        handles.extend([task.abort_handle(), left.abort_handle()]);
        assert_eq!(runtime.block_on(task).unwrap(), 42);
        assert!(!left.is_finished());
        drop(runtime);
        assert!(left.is_finished());
    }
}

#[test]
fn threads_that_abort_all_the_time_hit_their_own_tasks_alone() {
    run(async {
        let (send, handles) = mpsc::channel::<AbortHandle>();
        let aborter = thread::spawn(move || {
            handles.into_iter().for_each(|handle| {
                handle.abort();
                handle.clone().abort();
            });
        });
        for _ in 0..5000 {
            let (brief, endless) = (spawn(yield_now()), spawn(pending::<()>()));
            send.send(endless.abort_handle()).unwrap();
            let spared = spawn(yield_now());
            // This one may have ended, and its slot have gone to another, before the thread comes to it.
            send.send(brief.abort_handle()).unwrap();
            assert!(endless.await.unwrap_err().is_cancelled());
            spared.await.unwrap();
            drop(brief);
        }
        drop(send);
        aborter.join().unwrap();
    });
}

/// The waiter, and what abort handles need, share one word of the task.
#[test]
fn made_while_its_task_is_awaited_it_leaves_the_waiter_in_place() {
    for aborts in [false, true] {
        run(async {
            let mut task = spawn(yield_now());
            let waiting = spawn(poll_fn(move |cx| {
                let result = Pin::new(&mut task).poll(cx);
                if result.is_pending() {
                    let handle = task.abort_handle();
                    aborts.then(|| handle.abort());
                }
                result
            }));
            // The waiter is woken by the task alone.
            for _ in 0..5 {
                yield_now().await;
            }
            assert!(waiting.is_finished());
            assert_eq!(waiting.await.unwrap().is_err_and(|error| error.is_cancelled()), aborts);
        });
    }
}

#[test]
fn it_keeps_neither_the_task_nor_its_output_alive() {
    run(async {
        let (future, output) = (Rc::new(()), Rc::new(()));
        let task = spawn({
            let (future, output) = (future.clone(), output.clone());
            async move {
                yield_now().await;
                drop(future);
                output
            }
        });
        let handle = task.abort_handle();
        drop(task);
        assert!(!handle.is_finished());
        yield_now().await;
        yield_now().await;
        assert_eq!((Rc::strong_count(&future), Rc::strong_count(&output)), (1, 1));
        assert!(handle.is_finished());
        handle.abort();
    });
}

#[test]
fn a_detached_task_can_be_aborted() {
    run(async {
        let alive = Rc::new(());
        let held = alive.clone();
        let task = spawn(async move {
            let _held = held;
            pending::<()>().await
        });
        let handle = task.abort_handle();
        drop(task);
        yield_now().await;
        handle.abort();
        yield_now().await;
        assert_eq!(Rc::strong_count(&alive), 1);
        assert!(handle.is_finished());
    });
}

#[test]
fn a_task_can_abort_itself_through_it() {
    run(async {
        let own = Rc::new(std::cell::OnceCell::<AbortHandle>::new());
        let task = spawn({
            let own = own.clone();
            async move {
                own.get().unwrap().abort();
                assert!(!own.get().unwrap().is_finished());
                pending::<()>().await
            }
        });
        own.set(task.abort_handle()).unwrap();
        assert!(task.await.unwrap_err().is_cancelled());
    });
}

#[test]
fn a_task_spawned_while_the_runtime_is_dropped_is_finished() {
    let runtime = Runtime::new().unwrap();
    let (send, handles) = mpsc::channel();
    let guard = OnDrop(move || {
        let late: JoinHandle<()> = spawn(pending());
        late.abort_handle().abort();
        send.send(late.abort_handle().is_finished()).unwrap();
    });
    let _left = runtime.spawn(async move {
        let _guard = guard;
        pending::<()>().await
    });
    drop(runtime);
    assert_eq!(handles.recv(), Ok(true));
}

#[test]
fn blocking_work_is_aborted_before_it_has_begun_and_only_then() {
    let runtime = Builder::new().max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let (release, released) = mpsc::channel::<()>();
        let (began, has_begun) = mpsc::channel();
        let first = spawn_blocking(move || {
            began.send(()).unwrap();
            released.recv().unwrap();
            42
        });
        let second = spawn_blocking(|| unreachable!("it was aborted"));
        let handles = [first.abort_handle(), second.abort_handle()];
        has_begun.recv().unwrap();
        let [begun, waiting] = handles.clone();
        thread::spawn(move || handles.each_ref().map(AbortHandle::abort)).join().unwrap();
        assert!(waiting.is_finished() && !begun.is_finished());
        assert!(second.await.map(|(): ()| ()).unwrap_err().is_cancelled());
        release.send(()).unwrap();
        assert_eq!(first.await.unwrap(), 42);
        assert!(begun.is_finished());
    });
}

#[test]
fn the_output_of_detached_blocking_work_is_dropped_when_it_ends() {
    run(async {
        let output = Arc::new(());
        let clone = output.clone();
        let task = spawn_blocking(move || clone);
        let handle = task.abort_handle();
        drop(task);
        wait_until("the output is dropped", || Arc::strong_count(&output) == 1);
        wait_until("the handle knows", || handle.is_finished());
    });
}

#[test]
fn debug_says_whether_the_task_has_ended() {
    run(async {
        let task = spawn(async {});
        let handle = task.abort_handle();
        assert_eq!(format!("{handle:?}"), "AbortHandle { finished: false }");
        task.await.unwrap();
        assert_eq!(format!("{handle:?}"), "AbortHandle { finished: true }");
    });
}

#[test]
fn it_goes_everywhere() {
    fn is_shared<T: Send + Sync + Unpin + Clone + 'static>() {}
    is_shared::<AbortHandle>();
}
