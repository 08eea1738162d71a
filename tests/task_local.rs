//! Values that belong to a task.

#![forbid(unsafe_code)]

mod support;

use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::thread;

use epore::{LocalKey, TaskLocalFuture, spawn, yield_now};
use futures::future::{join, select};
use support::OnDrop;
use support::panics::panic_of;
use support::polls::{drop_at, poll_once, run};

epore::task_local! {
    static NUMBER: u32;

    /// Has an attribute, and is seen elsewhere.
    #[allow(dead_code)]
    pub(crate) static TEXT: String;
    static LOCAL: Rc<Cell<u32>>;
    static GUARD: Box<dyn Fn() -> u32>
}

mod elsewhere {
    epore::task_local! { pub(super) static SECRET: Option<&'static str>; }
    epore::task_local! {}
}

/// The number that a task sees now.
fn seen() -> Option<u32> {
    NUMBER.try_get().ok()
}

/// Notes the number that its drop sees.
fn on_drop(seen_by: &Rc<RefCell<Vec<Option<u32>>>>) -> OnDrop<impl FnMut() + use<>> {
    let seen_by = Rc::clone(seen_by);
    OnDrop(move || seen_by.borrow_mut().push(seen()))
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn each_task_sees_its_own_value_as_they_take_turns() {
    run(async {
        let tasks: Vec<_> = (0..10)
            .map(|number| {
                spawn(NUMBER.scope(number, async move {
                    for _ in 0..10 {
                        assert_eq!(NUMBER.get(), number);
                        yield_now().await;
                    }
                    NUMBER.get()
                }))
            })
            .collect();
        assert_eq!(seen(), None);
        for (number, task) in tasks.into_iter().enumerate() {
            assert_eq!(task.await.unwrap(), number as u32);
        }
    });
}

#[test]
fn keys_do_not_disturb_each_other() {
    run(NUMBER.scope(
        1,
        TEXT.scope(
            "two".to_owned(),
            elsewhere::SECRET.scope(Some("three"), async {
                yield_now().await;
                assert_eq!((NUMBER.get(), TEXT.get().as_str(), elsewhere::SECRET.get()), (1, "two", Some("three")));
                assert!(LOCAL.try_get().is_err());
            }),
        ),
    ));
}

#[test]
fn an_inner_scope_hides_the_outer_one() {
    run(NUMBER.scope(1, async {
        NUMBER
            .scope(2, async {
                yield_now().await;
                assert_eq!(NUMBER.get(), 2);
                assert_eq!(NUMBER.sync_scope(3, || NUMBER.get()), 3);
                assert_eq!(NUMBER.get(), 2);
            })
            .await;
        assert_eq!(NUMBER.get(), 1);
    }));
}

#[test]
fn the_branches_of_a_join_and_a_select_see_their_own_values() {
    run(async {
        let after_yields = |yields| async move {
            for _ in 0..yields {
                yield_now().await;
            }
            NUMBER.get()
        };
        let both = join(NUMBER.scope(1, after_yields(3)), NUMBER.scope(2, after_yields(5)));
        assert_eq!(both.await, (1, 2));

        let seen_by = Rc::default();
        let guard = on_drop(&seen_by);
        let loser = Box::pin(NUMBER.scope(4, async move {
            let _guard = guard;
            pending::<()>().await;
        }));
        let winner = Box::pin(NUMBER.scope(3, after_yields(2)));
        drop(NUMBER.scope(5, select(winner, loser)).await);
        assert_eq!(*seen_by.borrow(), [Some(4)]);
    });
}

#[test]
fn spawned_tasks_do_not_inherit_a_value() {
    run(NUMBER.scope(1, async {
        assert_eq!(spawn(async { seen() }).await.unwrap(), None);
        assert_eq!(epore::spawn_blocking(seen).await.unwrap(), None);
        assert_eq!(spawn(NUMBER.scope(NUMBER.get() + 1, async { seen() })).await.unwrap(), Some(2));
        assert_eq!(seen(), Some(1));
    }));
}

#[test]
fn the_value_is_there_while_the_future_is_dropped() {
    let seen_by = Rc::default();
    run(async {
        // Unpolled, given up halfway, and ready.
        let guard = on_drop(&seen_by);
        drop(NUMBER.scope(1, async move { drop(guard) }));
        assert_eq!(*seen_by.borrow(), [Some(1)]);

        let guard = on_drop(&seen_by);
        let scope = NUMBER.scope(2, async move {
            let _guard = guard;
            pending::<()>().await;
        });
        assert!(NUMBER.scope(9, drop_at(1, scope)).await.is_none());
        assert_eq!(*seen_by.borrow(), [Some(1), Some(2)]);

        let guard = on_drop(&seen_by);
        let mut future = Box::pin(NUMBER.scope(3, poll_fn(move |_| Poll::Ready(_ = &guard))));
        assert!(poll_once(future.as_mut()).await.is_ready());
        assert_eq!(*seen_by.borrow(), [Some(1), Some(2), Some(3)], "it is dropped as soon as it is ready");
        drop(future);
        assert_eq!(seen_by.borrow().len(), 3);
        assert_eq!(seen(), None);
    });
}

#[test]
fn the_value_is_there_when_a_task_is_aborted_or_its_runtime_dropped() {
    let seen_by = Rc::default();
    run(async {
        let guards = [1, 2].map(|number| {
            let guard = on_drop(&seen_by);
            spawn(NUMBER.scope(number, async move {
                let _guard = guard;
                pending::<()>().await;
            }))
        });
        yield_now().await;
        guards[0].abort();
        yield_now().await;
        assert_eq!(*seen_by.borrow(), [Some(1)]);
    });
    assert_eq!(*seen_by.borrow(), [Some(1), Some(2)]);
}

/// R18: the drop of the value is user code too, and runs when its scope was left.
#[test]
fn the_value_is_dropped_once_after_its_future_and_outside_of_its_scope() {
    let order = Rc::new(RefCell::new(Vec::new()));
    let note = |what: &'static str| {
        let order = Rc::clone(&order);
        OnDrop(move || order.borrow_mut().push((what, GUARD.try_with(|guard| guard()).ok())))
    };
    let value = |what, number| {
        let guard = note(what);
        let value: Box<dyn Fn() -> u32> = Box::new(move || {
            let _guard = &guard;
            number
        });
        value
    };
    run(async {
        let future = note("future");
        let mut scope = Box::pin(GUARD.scope(value("value", 1), async move { drop(future) }));
        scope.as_mut().await;
        assert_eq!(*order.borrow(), [("future", Some(1))]);
        GUARD.sync_scope(value("outer", 2), || drop(scope));
        assert_eq!(*order.borrow(), [("future", Some(1)), ("value", Some(2)), ("outer", None)]);
    });
}

#[test]
fn a_panic_in_a_poll_puts_the_outer_value_back() {
    run(NUMBER.scope(1, async {
        let seen_by = Rc::default();
        let guard = on_drop(&seen_by);
        let mut scope = Box::pin(NUMBER.scope(2, async move {
            let _guard = guard;
            yield_now().await;
            resume_unwind(Box::new("on purpose"));
        }));
        assert!(poll_once(scope.as_mut()).await.is_pending());
        let caught = catch_unwind(AssertUnwindSafe(|| poll(scope.as_mut())));
        assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"on purpose"));
        assert_eq!(NUMBER.get(), 1);
        assert_eq!(*seen_by.borrow(), [Some(2)], "unwinding drops what the future holds in its scope");
        assert_eq!(scope.as_mut().take_value(), Some(2));
        assert!(catch_unwind(|| NUMBER.sync_scope(3, || resume_unwind(Box::new(())))).is_err());
        assert_eq!(NUMBER.get(), 1);
    }));
}

#[test]
fn a_panic_in_the_drop_of_the_future_puts_the_outer_value_back() {
    let scope = NUMBER.scope(2, {
        let guard = OnDrop(|| resume_unwind(Box::new("on purpose")));
        async move { drop(guard) }
    });
    NUMBER.sync_scope(1, || {
        assert!(catch_unwind(AssertUnwindSafe(|| drop(scope))).is_err());
        assert_eq!(NUMBER.get(), 1);
    });
    assert_eq!(seen(), None);
}

#[test]
fn without_a_scope_there_is_a_panic_that_names_the_key() {
    let line = line!() + 1;
    let (message, place) = panic_of(|| NUMBER.get());
    assert!(message.contains("`NUMBER` has no value here"), "{message}");
    assert!(place.ends_with(&format!("task_local.rs:{line}")), "{place}");
    let (message, _) = panic_of(|| TEXT.with(String::len));
    assert!(message.contains("`TEXT.scope(value, future)`"), "{message}");
}

/// R12
#[test]
fn inside_of_with_the_key_can_be_read_and_no_scope_entered() {
    NUMBER.sync_scope(1, || {
        NUMBER.with(|outer| {
            assert_eq!(NUMBER.with(|inner| (*outer, *inner)), (1, 1));
            let line = line!() + 1;
            let (message, place) = panic_of(|| NUMBER.sync_scope(2, || unreachable!()));
            assert!(message.contains("inside of `NUMBER.with`"), "{message}");
            assert!(place.ends_with(&format!("task_local.rs:{line}")), "{place}");
            let mut scope = NUMBER.scope(3, ready(()));
            let (message, _) = panic_of(|| poll(Pin::new(&mut scope)));
            assert!(message.contains("inside of `NUMBER.with`"), "{message}");
            assert_eq!(NUMBER.get(), 1);
            assert_eq!(TEXT.sync_scope("other keys can".to_owned(), || TEXT.with(String::len)), 14);
        });
        assert_eq!(NUMBER.get(), 1);
    });
}

/// R12: no panic in a drop, which may be one of many while a task unwinds.
#[test]
fn a_future_that_is_dropped_inside_of_with_is_dropped_without_its_value() {
    let seen_by = Rc::default();
    let guard = on_drop(&seen_by);
    let scope = NUMBER.scope(2, async move { drop(guard) });
    NUMBER.sync_scope(1, || NUMBER.with(|_| drop(scope)));
    assert_eq!(*seen_by.borrow(), [Some(1)]);
}

#[test]
fn a_future_that_was_ready_says_so_when_it_is_polled_again() {
    let mut scope = NUMBER.scope(1, ready(()));
    assert!(poll(Pin::new(&mut scope)).is_ready());
    let (message, _) = panic_of(|| poll(Pin::new(&mut scope)));
    assert!(message.contains("polled after it was ready"), "{message}");
    assert_eq!(seen(), None);
}

#[test]
fn a_value_can_be_taken_back_at_any_time() {
    run(async {
        let mut scope = pin!(NUMBER.scope(1, async {
            yield_now().await;
            seen()
        }));
        assert!(poll_once(scope.as_mut()).await.is_pending());
        assert_eq!(scope.as_mut().take_value(), Some(1));
        assert_eq!(scope.as_mut().take_value(), None);
        assert_eq!(scope.as_mut().await, None);
    });
}

#[test]
fn values_and_futures_need_not_be_send() {
    let value = Rc::new(Cell::new(1));
    let counter = Rc::clone(&value);
    run(async move {
        let task = spawn(LOCAL.scope(counter, async {
            yield_now().await;
            LOCAL.with(|counter| counter.set(counter.get() + 1));
        }));
        task.await.unwrap();
    });
    assert_eq!((value.get(), Rc::strong_count(&value)), (2, 1), "the value is gone with its task");
}

#[test]
fn a_scope_is_send_and_unpin_if_its_parts_are() {
    fn is_send<T: Send>(_: &T) {}
    fn is_sync<T: Sync>(_: &T) {}
    is_sync::<LocalKey<Rc<Cell<u32>>>>(&LOCAL);
    let mut scope: TaskLocalFuture<u32, _> = NUMBER.scope(1, ready(()));
    is_send(&scope);
    assert_eq!(Pin::new(&mut scope).take_value(), Some(1));

    let future = NUMBER.scope(2, async {
        yield_now().await;
        NUMBER.get()
    });
    is_send(&future);
    let thread = thread::spawn(move || run(future));
    assert_eq!(thread.join().unwrap(), 2);
}

#[test]
fn a_scope_moves_between_threads_and_leaves_nothing_behind() {
    let mut scope = Box::pin(TEXT.scope("travels".to_owned(), async {
        let first = TEXT.get();
        yield_now().await;
        first + &TEXT.get()
    }));
    assert!(poll(scope.as_mut()).is_pending());
    assert!(TEXT.try_get().is_err());
    assert_eq!(thread::spawn(move || run(scope)).join().unwrap(), "travelstravels");
}

thread_local! {
    static KEPT: RefCell<Option<Box<dyn std::any::Any>>> = const { RefCell::new(None) };
}

/// R17: whichever was used first, the key or the thread-local that uses it at the end.
#[test]
fn at_the_end_of_a_thread_a_key_works_as_before() {
    for use_key_first in [true, false] {
        let thread = thread::spawn(move || {
            let use_key = || assert_eq!(TEXT.sync_scope("text".to_owned(), || TEXT.get()), "text");
            if use_key_first {
                use_key();
            }
            let waiting = Box::pin(TEXT.scope("waiting".to_owned(), async {
                let _guard = OnDrop(|| assert_eq!(TEXT.get(), "waiting"));
                pending::<()>().await;
            }));
            let mut waiting = Some(waiting);
            assert!(poll(waiting.as_mut().unwrap().as_mut()).is_pending());
            KEPT.set(Some(Box::new(OnDrop(move || {
                assert!(TEXT.try_get().is_err());
                use_key();
                drop(waiting.take());
                assert_eq!(run(TEXT.scope("at the end".to_owned(), async { TEXT.get() })), "at the end");
            }))));
            if !use_key_first {
                use_key();
            }
        });
        thread.join().unwrap();
    }
}

#[test]
fn debug_names_the_key() {
    assert_eq!(format!("{NUMBER:?}"), "LocalKey { name: \"NUMBER\", .. }");
    assert_eq!(format!("{:?}", NUMBER.scope(1, ready(()))), "TaskLocalFuture { key: \"NUMBER\", .. }");
}
