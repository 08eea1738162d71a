//! Tasks that belong together.

#[path = "support/foreign.rs"]
mod foreign;
mod support;

use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn};
use std::panic::resume_unwind;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::thread::{self, ThreadId};
use std::time::Duration;

use epore::time::sleep;
use epore::{Builder, JoinSet, Runtime, spawn, yield_now};
use support::OnDrop;
use support::panics::panic_of;
use support::polls::{count_polls, drop_at, poll_once, run};

async fn after_yields<T>(yields: usize, output: T) -> T {
    for _ in 0..yields {
        yield_now().await;
    }
    output
}

#[test]
fn results_come_in_the_order_in_which_the_tasks_finish() {
    run(async {
        let mut set = JoinSet::new();
        for yields in [5, 0, 3, 1, 4, 2] {
            set.spawn(after_yields(yields, yields));
        }
        let mut order = Vec::new();
        while let Some(result) = set.join_next().await {
            order.push(result.unwrap());
        }
        assert_eq!(order, [0, 1, 2, 3, 4, 5]);
    });
}

#[test]
fn tasks_that_had_finished_before_anybody_asked_come_in_order_too() {
    run(async {
        let mut set = JoinSet::new();
        for yields in [2, 0, 1] {
            set.spawn(after_yields(yields, yields));
        }
        for _ in 0..4 {
            yield_now().await;
        }
        let order: Vec<usize> = std::iter::from_fn(|| set.try_join_next()).map(Result::unwrap).collect();
        assert_eq!(order, [0, 1, 2]);
    });
}

#[test]
fn an_empty_set_gives_none_at_once() {
    run(async {
        let mut set = JoinSet::<()>::default();
        assert!(set.is_empty() && set.try_join_next().is_none());
        assert!(matches!(poll_once(pin!(set.join_next())).await, Poll::Ready(None)));
        set.abort_all();
        set.detach_all();
        set.shutdown().await;
        assert_eq!(set.join_all().await, []);
    });
}

#[test]
fn a_task_counts_until_it_is_joined() {
    run(async {
        let mut set = JoinSet::new();
        set.spawn(async {});
        set.spawn(pending());
        assert_eq!(set.len(), 2);
        yield_now().await;
        assert_eq!(set.len(), 2);
        assert!(set.try_join_next().is_some() && set.try_join_next().is_none());
        assert_eq!((set.len(), set.is_empty()), (1, false));
        assert_eq!(format!("{set:?}"), "JoinSet { len: 1 }");
    });
}

#[test]
fn panics_and_aborts_are_results_of_their_tasks_alone() {
    run(async {
        let mut set = JoinSet::new();
        set.spawn(async { resume_unwind(Box::new("on purpose")) });
        set.spawn(async { 42 });
        let aborted = set.spawn(pending());
        aborted.abort();
        let panicked = set.join_next().await.unwrap().unwrap_err();
        assert_eq!(*panicked.into_panic().downcast::<&str>().unwrap(), "on purpose");
        assert_eq!(set.join_next().await.unwrap().unwrap(), 42);
        assert!(set.join_next().await.unwrap().unwrap_err().is_cancelled());
        assert!(aborted.is_finished() && set.is_empty());
    });
}

#[test]
fn abort_all_spares_those_that_have_finished() {
    run(async {
        let mut set = JoinSet::new();
        set.spawn(async { 42 });
        yield_now().await;
        set.spawn(pending());
        set.spawn(pending());
        set.abort_all();
        assert_eq!(set.len(), 3);
        assert_eq!(set.join_next().await.unwrap().unwrap(), 42);
        for _ in 0..2 {
            assert!(set.join_next().await.unwrap().unwrap_err().is_cancelled());
        }
        assert!(set.join_next().await.is_none());
    });
}

/// Notes on which thread it is dropped.
fn noted(dropped: &Rc<RefCell<Vec<ThreadId>>>) -> impl Future<Output = ()> + 'static {
    let dropped = dropped.clone();
    let guard = OnDrop(move || dropped.borrow_mut().push(thread::current().id()));
    async move {
        let _guard = guard;
        pending().await
    }
}

#[test]
fn dropping_the_set_aborts_its_tasks_outside_of_the_drop() {
    run(async {
        let dropped = Rc::default();
        let mut set = JoinSet::new();
        set.spawn(noted(&dropped));
        yield_now().await;
        set.spawn(noted(&dropped));
        drop(set);
        assert!(dropped.borrow().is_empty());
        yield_now().await;
        assert_eq!(*dropped.borrow(), [thread::current().id(); 2]);
    });
}

#[test]
fn dropping_the_set_between_two_runs_of_its_runtime_aborts_its_tasks() {
    let runtime = Runtime::new().unwrap();
    let (dropped, mut set) = (Rc::default(), JoinSet::new());
    runtime.block_on(async {
        set.spawn(noted(&dropped));
        yield_now().await;
    });
    drop(set);
    assert!(dropped.borrow().is_empty());
    runtime.block_on(sleep(Duration::ZERO));
    assert_eq!(dropped.borrow().len(), 1);
}

#[test]
fn shutdown_waits_until_all_futures_are_gone() {
    run(async {
        let dropped = Rc::default();
        let mut set = JoinSet::new();
        (0..3).for_each(|_| drop(set.spawn(noted(&dropped))));
        set.spawn(async { resume_unwind(Box::new("dropped with the rest")) });
        yield_now().await;
        set.shutdown().await;
        assert_eq!((dropped.borrow().len(), set.len()), (3, 0));
    });
}

#[test]
fn a_shutdown_that_is_dropped_can_be_begun_again() {
    run(async {
        let dropped = Rc::default();
        let mut set = JoinSet::new();
        set.spawn(noted(&dropped));
        assert!(drop_at(1, set.shutdown()).await.is_none());
        assert_eq!(set.len(), 1);
        yield_now().await;
        assert_eq!(dropped.borrow().len(), 1);
        set.shutdown().await;
        assert!(set.is_empty());
    });
}

#[test]
fn detached_tasks_go_on_and_tell_nobody() {
    run(async {
        let ended = Rc::new(Cell::new(0));
        let mut set = JoinSet::new();
        for yields in [0, 3] {
            let ended = ended.clone();
            set.spawn(async move {
                after_yields(yields, ()).await;
                ended.set(ended.get() + 1);
            });
        }
        yield_now().await;
        set.detach_all();
        assert!(set.is_empty() && set.join_next().await.is_none());
        set.spawn(pending());
        for _ in 0..5 {
            yield_now().await;
        }
        assert_eq!(ended.get(), 2);
        assert!(set.try_join_next().is_none());
    });
}

#[test]
fn whoever_waits_when_all_are_detached_finds_the_set_empty() {
    run(async {
        let set = Rc::new(RefCell::new(JoinSet::<()>::new()));
        set.borrow_mut().spawn(pending());
        let shared = set.clone();
        let waiting = spawn(async move { poll_fn(|cx| shared.borrow_mut().poll_join_next(cx)).await.is_none() });
        yield_now().await;
        set.borrow_mut().detach_all();
        assert!(waiting.await.unwrap());
    });
}

#[test]
fn join_all_gives_all_outputs() {
    run(async {
        let mut set = JoinSet::new();
        for yields in [2, 0, 1] {
            set.spawn(after_yields(yields, yields));
        }
        assert_eq!(set.join_all().await, [0, 1, 2]);
    });
}

#[test]
fn join_all_passes_a_panic_on_and_aborts_the_others() {
    run(async {
        let dropped = Rc::default();
        let mut set = JoinSet::new();
        set.spawn(noted(&dropped));
        yield_now().await;
        set.spawn(async { resume_unwind(Box::new("on purpose")) });
        let error = spawn(set.join_all()).await.unwrap_err();
        assert_eq!(*error.into_panic().downcast::<&str>().unwrap(), "on purpose");
        yield_now().await;
        assert_eq!(dropped.borrow().len(), 1);
    });
}

#[test]
fn join_all_panics_when_a_task_was_aborted() {
    run(async {
        let mut set = JoinSet::<()>::new();
        set.spawn(pending()).abort();
        let error = spawn(set.join_all()).await.unwrap_err();
        let message = error.into_panic().downcast::<String>().unwrap();
        assert!(message.contains("gives outputs only"), "{message}");
    });
}

#[test]
fn dropping_join_next_loses_no_result() {
    run(async {
        let mut set = JoinSet::new();
        set.spawn(after_yields(2, 42));
        assert!(drop_at(1, set.join_next()).await.is_none());
        assert!(drop_at(2, set.join_next()).await.flatten().is_some_and(|result| result.unwrap() == 42));
    });
}

#[test]
fn ten_thousand_tasks_are_each_looked_at_once() {
    run(async {
        let mut set = JoinSet::new();
        for i in 0..10_000_usize {
            set.spawn(after_yields(i % 7, i));
        }
        let mut seen = vec![false; 10_000];
        let (joining, polls) = count_polls(async {
            while let Some(result) = set.join_next().await {
                assert!(!std::mem::replace(&mut seen[result.unwrap()], true));
            }
        });
        joining.await;
        assert!(seen.into_iter().all(|seen| seen));
        assert!(polls.get() <= 9, "the waiter was polled {} times", polls.get());
    });
}

#[test]
fn a_task_of_the_set_may_use_the_set() {
    run(async {
        let set = Rc::new(RefCell::new(JoinSet::new()));
        let inner = set.clone();
        let handle = set.borrow_mut().spawn(async move {
            inner.borrow_mut().spawn(async { 1 });
            // Its own result is not there yet.
            assert!(inner.borrow_mut().try_join_next().is_none());
            let other = poll_fn(|cx| inner.borrow_mut().poll_join_next(cx)).await;
            other.unwrap().unwrap() + 1
        });
        // Of several who wait the last is woken, so this one lets the inner one come to its end first.
        while !handle.is_finished() {
            yield_now().await;
        }
        assert_eq!(set.borrow_mut().try_join_next().unwrap().unwrap(), 2);
        assert!(set.borrow().is_empty());
    });
}

/// R14, R18: the set is dropped in the poll of its own task, which lives on until that poll has ended.
#[test]
fn a_task_may_drop_the_set_that_it_is_in() {
    run(async {
        let place = Rc::new(Cell::new(None::<JoinSet<()>>));
        let (inner, dropped) = (place.clone(), Rc::default());
        let mut set = JoinSet::new();
        let other = noted(&dropped);
        let handle = set.spawn(async move {
            drop(inner.take());
            other.await;
        });
        place.set(Some(set));
        yield_now().await;
        yield_now().await;
        assert!(handle.is_finished());
        assert_eq!(dropped.borrow().len(), 1);
    });
}

#[test]
fn the_tasks_of_a_runtime_that_is_gone_are_cancelled() {
    let runtime = Runtime::new().unwrap();
    let mut set = JoinSet::new();
    runtime.block_on(async {
        set.spawn(async { 42 });
        set.spawn(pending());
        yield_now().await;
    });
    drop(runtime);
    run(async {
        assert_eq!(set.join_next().await.unwrap().unwrap(), 42);
        assert!(set.join_next().await.unwrap().unwrap_err().is_cancelled());
        set.spawn(async { 43 });
        assert_eq!(set.join_next().await.unwrap().unwrap(), 43);
    });
}

#[test]
fn blocking_work_is_a_member_like_others() {
    let runtime = Builder::new().max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let (release, released) = std::sync::mpsc::channel::<()>();
        let mut set = JoinSet::new();
        set.spawn_blocking(move || {
            released.recv().unwrap();
            1
        });
        set.spawn_blocking(|| unreachable!("it is aborted before it has begun")).abort();
        assert!(set.join_next().await.unwrap().unwrap_err().is_cancelled());
        set.spawn(async { 2 });
        assert_eq!(set.join_next().await.unwrap().unwrap(), 2);
        assert!(poll_once(pin!(set.join_next())).await.is_pending());
        release.send(()).unwrap();
        assert_eq!(set.join_next().await.unwrap().unwrap(), 1);

        for i in 0..1000 {
            set.spawn_blocking(move || i);
        }
        let mut outputs = set.join_all().await;
        outputs.sort_unstable();
        assert!(outputs.into_iter().eq(0..1000));
    });
}

/// R12: a waiter that is no token is woken by the task that ends, and may use the set.
#[test]
fn a_foreign_waker_may_use_the_set_when_it_is_woken() {
    run(async {
        let set = Rc::new(RefCell::new(JoinSet::new()));
        set.borrow_mut().spawn(async { 42 });
        let joined = Rc::new(Cell::new(None));
        let act = {
            let (set, joined) = (set.clone(), joined.clone());
            Rc::new(move || joined.set(set.borrow_mut().try_join_next()))
        };
        let waker = foreign::waker(foreign::On::Wake, act);
        assert!(set.borrow_mut().poll_join_next(&mut Context::from_waker(&waker)).is_pending());
        yield_now().await;
        assert_eq!(joined.take().unwrap().unwrap(), 42);
    });
}

#[test]
fn outside_of_a_runtime_spawn_says_so() {
    let mut set = JoinSet::<()>::new();
    let line = line!() + 1;
    let (message, place) = panic_of(|| set.spawn(async {}));
    assert!(message.contains("outside of a runtime"), "{message}");
    assert!(place.ends_with(&format!("join_set.rs:{line}")), "{place}");
    let (message, _) = panic_of(|| set.spawn_blocking(|| ()));
    assert!(message.contains("outside of a runtime"), "{message}");
    assert!(set.is_empty());
}

#[test]
fn the_last_waker_to_ask_is_the_one_that_is_woken() {
    run(async {
        let mut set = JoinSet::new();
        set.spawn(after_yields(1, 42));
        assert!(set.poll_join_next(&mut Context::from_waker(Waker::noop())).is_pending());
        let mut joined = pin!(set.join_next());
        assert!(poll_once(Pin::new(&mut joined)).await.is_pending());
        assert_eq!(joined.await.unwrap().unwrap(), 42);
    });
}
