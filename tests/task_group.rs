//! Tasks that are ended together.

#[path = "support/foreign.rs"]
mod foreign;
mod support;

use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn};
use std::panic::resume_unwind;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use epore::{Runtime, TaskGroup, spawn, yield_now};
use support::panics::{panic_of, panics_in};
use support::polls::{after_yields, count_polls, counted, poll_once, run};
use support::{OnDrop, in_time};

/// Longer than any test runs.
const LONG: Duration = Duration::from_secs(3600);

#[test]
fn a_task_is_in_the_group_until_its_future_is_gone() {
    run(async {
        let group = TaskGroup::new();
        assert!(group.is_empty());
        let one = group.spawn(async { 1 });
        let other = group.clone().spawn(pending::<()>());
        assert_eq!((group.len(), group.is_empty()), (2, false));
        assert_eq!(one.await.unwrap(), 1);
        assert_eq!(group.len(), 1);
        other.abort();
        assert_eq!(group.len(), 1);
        assert!(other.await.unwrap_err().is_cancelled());
        assert!(group.is_empty());
        assert!(poll_once(pin!(group.wait())).await.is_pending(), "it was not closed");
    });
}

#[test]
fn a_task_counts_while_its_future_is_dropped() {
    run(async {
        let (group, seen) = (TaskGroup::new(), Rc::new(RefCell::new(Vec::new())));
        let guard = || {
            let (group, seen) = (group.clone(), Rc::clone(&seen));
            OnDrop(move || seen.borrow_mut().push(group.len()))
        };
        let (ready, aborted) = (guard(), guard());
        drop(group.spawn(poll_fn(move |_| Poll::Ready(_ = &ready))));
        let task = group.spawn(async move {
            let _guard = aborted;
            pending::<()>().await;
        });
        yield_now().await;
        task.abort();
        group.close();
        group.wait().await;
        assert_eq!(*seen.borrow(), [2, 1]);
    });
}

#[test]
fn wait_is_ready_when_the_group_is_closed_and_all_are_gone() {
    run(async {
        let group = TaskGroup::new();
        let mut wait = pin!(group.wait());
        assert!(poll_once(wait.as_mut()).await.is_pending(), "it is not closed");
        let tasks: Vec<_> = [3, 1, 2].map(|yields| group.spawn(after_yields(yields, ()))).into();
        group.close();
        assert!(group.is_closed() && !group.is_cancelled());
        assert!(poll_once(wait.as_mut()).await.is_pending(), "it is not empty");
        wait.await;
        assert!(tasks.iter().all(|task| task.is_finished()) && group.is_empty());
        assert!(poll_once(pin!(group.wait())).await.is_ready());
    });
}

#[test]
fn closing_an_empty_group_wakes_those_who_wait() {
    run(async {
        let group = TaskGroup::new();
        let waiting: Vec<_> = (0..10)
            .map(|_| {
                let group = group.clone();
                spawn(async move { group.wait().await })
            })
            .collect();
        yield_now().await;
        group.close();
        group.close();
        for waiting in waiting {
            waiting.await.unwrap();
        }
    });
}

#[test]
fn the_waiter_is_polled_only_when_all_are_gone() {
    run(async {
        let group = TaskGroup::new();
        for i in 0..1000 {
            drop(group.spawn(after_yields(i % 7, ())));
        }
        group.close();
        let (waiting, polls) = count_polls(group.wait());
        waiting.await;
        assert_eq!((polls.get(), group.len()), (2, 0));
    });
}

#[test]
fn a_closed_group_takes_no_task() {
    let dropped = Rc::default();
    let group = TaskGroup::new();
    run(async {
        let inner = group.clone();
        // Not even from one of its own.
        let task = group.spawn(async move {
            yield_now().await;
            inner.spawn(unreachable()).await.unwrap_err().is_cancelled()
        });
        group.close();
        let late = group.spawn(counted(&dropped));
        assert_eq!((dropped.get(), group.len()), (1, 1));
        assert!(late.is_finished());
        let line = line!() + 1;
        let message = group.spawn(unreachable()).await.unwrap_err().to_string();
        assert!(
            message.contains(&format!("task_group.rs:{line}")) && message.ends_with("as its group was closed"),
            "{message}"
        );
        late.abort();
        assert!(late.await.unwrap_err().is_cancelled());
        assert!(task.await.unwrap());
        group.wait().await;
        drop(group.spawn(unreachable()));
        assert!(poll_once(pin!(group.wait())).await.is_ready());
    });
    drop(group.spawn(counted(&dropped)));
    assert_eq!(dropped.get(), 2);
}

async fn unreachable() {
    unreachable!("a task that was refused never runs")
}

#[test]
fn a_panic_is_for_the_handle_and_counts_off() {
    run(async {
        let group = TaskGroup::new();
        let task = group.spawn(async { resume_unwind(Box::new("on purpose")) });
        drop(group.spawn(async {
            let _guard = OnDrop(|| resume_unwind(Box::new("in a drop")));
            yield_now().await;
        }));
        group.close();
        group.wait().await;
        assert_eq!(task.await.unwrap_err().into_panic().downcast_ref(), Some(&"on purpose"));
    });
}

/// R12: from a poll, and from the drop of a future, its own and that of another.
#[test]
fn everything_can_be_called_from_polls_and_drops() {
    run(async {
        let group = TaskGroup::new();
        let act = |group: TaskGroup, acted: Rc<Cell<usize>>| {
            move || {
                drop(group.spawn(async {}));
                group.abort_all();
                group.cancel();
                group.close();
                drop(group.spawn(async {}));
                assert!(group.is_cancelled() && group.is_closed() && !format!("{group:?}").is_empty());
                let noop = &mut Context::from_waker(Waker::noop());
                let _polled = pin!(group.wait()).poll(noop);
                assert!(Pin::new(&mut group.cancelled()).poll(noop).is_ready());
                acted.set(acted.get() + 1);
            }
        };
        let acted = Rc::new(Cell::new(0));
        let on_drop = OnDrop(act(group.clone(), Rc::clone(&acted)));
        let on_poll = act(group.clone(), Rc::clone(&acted));
        drop(group.spawn(async move {
            let _guard = on_drop;
            yield_now().await;
            on_poll();
            pending::<()>().await;
        }));
        group.wait().await;
        assert_eq!((acted.get(), group.len()), (2, 0));
    });
}

/// R13: wakers that are no tokens are cloned, woken and dropped with no lock held.
#[test]
fn a_foreign_waker_may_use_the_group() {
    in_time("wakers that use the group", || {
        for on in [foreign::On::Clone, foreign::On::Wake, foreign::On::Drop] {
            run(async {
                let group = TaskGroup::new();
                let called = Rc::new(Cell::new(0));
                let act = {
                    let (group, called) = (group.clone(), Rc::clone(&called));
                    Rc::new(move || {
                        called.set(called.get() + 1);
                        group.cancel();
                        group.close();
                        let noop = &mut Context::from_waker(Waker::noop());
                        assert!(Pin::new(&mut group.cancelled()).poll(noop).is_ready());
                        assert!(pin!(group.wait()).poll(noop).is_ready() == group.is_empty());
                    })
                };
                let waker = foreign::waker(on, act);
                let (mut wait, mut cancelled) = (Box::pin(group.wait()), group.cancelled());
                let _polled = wait.as_mut().poll(&mut Context::from_waker(&waker));
                for waker in [&waker, Waker::noop(), &waker] {
                    let _polled = Pin::new(&mut cancelled).poll(&mut Context::from_waker(waker));
                }
                drop(group.spawn(async {}));
                group.cancel();
                group.close();
                yield_now().await;
                drop((wait, cancelled));
                assert!(called.get() > 0, "{on:?}");
            });
        }
    });
}

#[test]
fn the_tasks_of_a_group_that_was_dropped_go_on() {
    run(async {
        let task = TaskGroup::new().spawn(after_yields(3, 42));
        assert_eq!(task.await.unwrap(), 42);

        let group = TaskGroup::new();
        let cancelled = spawn(group.cancelled());
        yield_now().await;
        drop(group);
        yield_now().await;
        assert!(!cancelled.is_finished(), "dropping is not cancelling");
    });
}

#[test]
fn a_group_outlives_the_runtimes_of_its_tasks() {
    let (group, dropped) = (TaskGroup::new(), Rc::default());
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        drop(group.spawn(counted(&dropped)));
        yield_now().await;
        drop(group.spawn(counted(&dropped)));
    });
    assert_eq!(group.len(), 2);
    drop(runtime);
    assert_eq!((group.len(), dropped.get()), (0, 2));
    run(async {
        drop(group.spawn(after_yields(1, ())));
        assert_eq!(group.shutdown(LONG).await, 0);
    });
}

/// R12: a runtime that is being dropped refuses what its tasks spawn into a group that is open.
#[test]
fn a_task_that_is_dropped_with_its_runtime_may_use_the_group() {
    let (group, dropped) = (TaskGroup::new(), Rc::default());
    let runtime = Runtime::new().unwrap();
    let (inner, late) = (group.clone(), RefCell::new(Some(counted(&dropped))));
    let guard = OnDrop(move || {
        assert!(inner.spawn(late.take().unwrap()).is_finished());
        assert_eq!(inner.len(), 1, "it is itself being dropped");
        inner.cancel();
        inner.abort_all();
    });
    runtime.block_on(async {
        drop(group.spawn(async move {
            let _guard = guard;
            pending::<()>().await;
        }));
        yield_now().await;
    });
    drop(runtime);
    assert_eq!((group.len(), dropped.get()), (0, 1));
}

#[test]
fn the_group_its_futures_and_those_of_its_methods_may_be_sent() {
    fn is_send<T: Send>(_: &T) {}
    fn is_sync<T: Sync + Unpin + 'static>(_: &T) {}
    let group = TaskGroup::new();
    is_send(&group);
    is_sync(&group);
    is_send(&group.cancelled());
    is_sync(&group.cancelled());
    is_send(&group.wait());
    is_send(&group.shutdown(LONG));
    is_send(&group.run_until_cancelled(async {}));
}

#[test]
fn other_threads_cancel_close_abort_and_wait() {
    run(async {
        let (group, dropped) = (TaskGroup::new(), Rc::new(Cell::new(0)));
        for _ in 0..3 {
            drop(group.spawn(counted(&dropped)));
        }
        let remote = group.clone();
        let (waited, waits) = mpsc::channel();
        let thread = thread::spawn(move || {
            remote.cancel();
            remote.close();
            remote.abort_all();
            // In a runtime of its own.
            epore::block_on(remote.wait());
            waited.send(remote.len()).unwrap();
        });
        group.cancelled().await;
        group.wait().await;
        assert_eq!(dropped.get(), 3);
        let waits = epore::spawn_blocking(move || waits.recv().unwrap());
        assert_eq!(waits.await.unwrap(), 0);
        thread.join().unwrap();
    });
}

#[test]
fn members_of_several_runtimes_are_waited_for() {
    let group = TaskGroup::new();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let group = group.clone();
            thread::spawn(move || {
                run(async move {
                    let inner = group.clone();
                    let tasks: Vec<_> = (0..100)
                        .map(|i| {
                            let inner = inner.clone();
                            group.spawn(async move {
                                inner.cancelled().await;
                                after_yields(i % 5, ()).await;
                            })
                        })
                        .collect();
                    for task in tasks {
                        task.await.unwrap();
                    }
                });
            })
        })
        .collect();
    support::wait_until("all have joined", || group.len() == 400);
    assert_eq!(run(group.shutdown(LONG)), 0);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn outside_of_a_runtime_spawn_says_so_and_leaves_the_group_empty() {
    let group = TaskGroup::new();
    let line = line!() + 1;
    let (message, place) = panic_of(|| group.spawn(async {}));
    assert!(message.contains("outside of a runtime"), "{message}");
    assert!(place.ends_with(&format!("task_group.rs:{line}")), "{place}");
    assert!(group.is_empty());
}

thread_local! {
    static KEPT: RefCell<Option<Box<dyn std::any::Any>>> = const { RefCell::new(None) };
}

/// R17
#[test]
fn a_group_may_be_used_at_the_end_of_its_thread() {
    let thread = thread::spawn(|| {
        let (runtime, group) = (Runtime::new().unwrap(), TaskGroup::new());
        let mut task = None;
        runtime.block_on(async {
            task = Some(group.spawn(pending::<()>()));
            yield_now().await;
        });
        let mut waiting = group.cancelled();
        assert!(Pin::new(&mut waiting).poll(&mut Context::from_waker(Waker::noop())).is_pending());
        let user = OnDrop(move || {
            group.cancel();
            group.abort_all();
            assert_eq!(epore::block_on(async { group.spawn(async { 42 }).await.unwrap() }), 42);
        });
        KEPT.set(Some(Box::new((user, waiting, runtime, task))));
    });
    thread.join().unwrap();
}

#[test]
fn nothing_panics_when_a_waiting_task_unwinds() {
    let panics = panics_in(|| {
        run(async {
            let group = TaskGroup::new();
            let waker = foreign::waker(foreign::On::Drop, Rc::new(|| panic!("a waker's drop")));
            let mut waiting = group.cancelled();
            assert!(Pin::new(&mut waiting).poll(&mut Context::from_waker(&waker)).is_pending());
            let task = spawn(async move {
                let _waiting = waiting;
                panic!("on purpose")
            });
            let error = task.await.unwrap_err();
            assert_eq!(error.into_panic().downcast_ref(), Some(&"on purpose"));
            std::mem::forget(waker);
        });
    });
    let messages: Vec<_> = panics.iter().map(|(message, _)| message.as_str()).collect();
    assert_eq!(messages, ["on purpose", "a waker's drop"]);
}

#[test]
fn futures_of_members_are_polled_where_they_are_pinned() {
    run(async {
        let group = TaskGroup::new();
        let mut place = None;
        let mut polls = 0;
        let future = poll_fn(move |cx| {
            let here = std::ptr::from_ref(&polls).addr();
            assert_eq!(*place.get_or_insert(here), here);
            polls += 1;
            if polls == 3 {
                return Poll::Ready(polls);
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        });
        assert_eq!(group.spawn(future).await.unwrap(), 3);
    });
}

#[test]
fn debug_says_how_it_stands() {
    let group = TaskGroup::new();
    assert_eq!(format!("{group:?}"), "TaskGroup { len: 0, closed: false, cancelled: false }");
    group.cancel();
    group.close();
    assert_eq!(format!("{group:?}"), "TaskGroup { len: 0, closed: true, cancelled: true }");
    assert_eq!(format!("{:?}", group.cancelled()), "Cancelled { .. }");
}
